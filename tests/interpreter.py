"""Running traces in tests: the meaning that emitted source and every pass are held to."""

from __future__ import annotations

import copy
from typing import Any

from s2sad.ir.core import Trace, Value
from s2sad.ir.evaluate import evaluate as _evaluate
from s2sad.ir.evaluate import match_arguments
from s2sad.ir.verify import verify


def evaluate(trace: Trace, values: dict[Value, Any] | dict[str, Any]) -> Any:
    """The result of a trace, given its parameters' values by ``Value`` or path. The inputs stay as they are."""
    verify(trace)
    return _evaluate(trace, values)


def call(trace: Trace, *args: Any, **captures: Any) -> Any:
    """The result of a trace on user-level arguments (then seeds, in order); captures by path."""
    return evaluate(trace, match_arguments(trace, copy.deepcopy(args), captures))
