"""What may be run while the program is read: functions of known things that change nothing."""

from __future__ import annotations

import datetime
import decimal
import fractions
import types
from typing import Any

import numpy as np

PURE_MODULES = frozenset(("builtins", "math", "cmath", "_operator", "itertools", "numpy"))
PURE_OWNERS = (
    str, bytes, int, float, complex, tuple, frozenset, range, np.generic, np.dtype, type, fractions.Fraction,
    decimal.Decimal, datetime.date, datetime.time, datetime.timedelta,
)  # fmt: skip
"""Objects that do not change; their methods that are written in C are run while tracing."""
IMPURE = frozenset(("open", "input", "eval", "exec", "compile", "__import__", "id", "breakpoint", "globals", "locals", "vars", "dir"))  # noqa: E501
READING = frozenset(
    """
    get keys values items copy index count union intersection difference symmetric_difference issubset issuperset
    isdisjoint
    """.split()  # noqa: SIM905
)
"""Methods of known dicts, lists and sets that change nothing."""


def pure(f: Any) -> bool:
    """Whether a function written in C gives the same for the same arguments, and changes nothing."""
    owner = getattr(f, "__self__", None)
    if isinstance(owner, types.ModuleType):
        return owner.__name__ in PURE_MODULES and f.__name__ not in IMPURE
    if isinstance(owner, dict | list | set):
        return f.__name__ in READING
    return isinstance(owner, PURE_OWNERS)


def asks_about_types(f: Any) -> bool:
    """Whether a function of NumPy, called with known things, answers a question about dtypes (``np.issubdtype``)."""
    module = str(getattr(f, "__module__", None))
    return module in ("numpy", "numpy._core.numerictypes", "numpy.core.numerictypes") and not isinstance(f, type)


def makes_number(f: Any) -> bool:
    """Whether it is a class of numbers."""
    return f in (float, int, complex) or isinstance(f, type) and issubclass(f, np.number)
