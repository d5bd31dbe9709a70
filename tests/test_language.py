"""docs/language.md says what is so: what it calls accepted is right, what it calls refused is refused in its words."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad
from tests.language_rows import ACCEPTED, P, X, function, rows, today

ROWS = list(rows())
TAKEN = [r for r in ROWS if r.outcome == ACCEPTED]
REFUSED = [r for r in ROWS if r.outcome != ACCEPTED]


def test_the_page_is_long_enough_and_names_each_row_once():
    assert len(TAKEN) > 70
    assert len(REFUSED) > 15
    assert len({r.name for r in ROWS}) == len(ROWS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", TAKEN, ids=lambda r: r.name.replace(" ", "_"))
def test_what_is_accepted_is_right(row):
    f = function(row.code)
    gx, gp = s2sad.grad(f, argnums=(0, 1))(X, P.copy())
    direction = np.array([0.3, -0.5, 0.9])
    _, tangent = s2sad.jvp(f, (X, P.copy()), (1.0, direction))
    h = 1e-6
    want = (f(X + h, P + h * direction) - f(X - h, P - h * direction)) / (2 * h)
    np.testing.assert_allclose(gx + gp @ direction, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(tangent, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("row", REFUSED, ids=lambda r: r.name.replace(" ", "_"))
def test_what_is_refused_is_refused_as_the_page_says(row):
    assert today(row) == row
    assert row.outcome.startswith("refused: ")
