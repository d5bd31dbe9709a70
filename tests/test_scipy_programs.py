"""Programs that put SciPy's solvers, integrals, tables and sparse systems together: both modes, to second order."""

from __future__ import annotations

import pytest

from s2sad.testing import check_grads
from tests.scipy_programs import PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    f, args, options = PROGRAMS[name]
    check_grads(f, args, **options)
