"""docs/transforms.md says what is so, and names every function of the family."""

from __future__ import annotations

import pytest

import s2sad
from s2sad.front.derivatives import TRANSFORMS
from tests.transforms_page import PAGE, ROWS, Row, section

PUBLIC = sorted({n for n in s2sad.__all__ for f in TRANSFORMS if getattr(s2sad, n) is f} - {"trace"})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_section_is_as_generated(row: Row) -> None:
    head, *found = PAGE.read_text(encoding="utf-8").split("\n## ")
    written = {text.partition("\n")[0]: "## " + text.strip("\n") for text in found}
    text, line = section(row)
    assert written.get(row.name) == text.strip("\n"), "python -m tests.transforms_page writes it anew"
    assert line in head.splitlines()


def test_every_transform_has_a_section() -> None:
    assert sorted(row.name for row in ROWS if row.name in PUBLIC) == PUBLIC
    assert all(len(row.costs) > 1 for row in ROWS), "what it costs, and what other ways do"
