"""Functions of libraries whose result is a constant where their arguments are known when the derivative is made:
designs of filters, nodes of quadratures, zeros of functions, numbers of combinatorics.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.libraries.solutions import means

LONGEST = 512  # numbers that are written out in generated code


def constant_where_known(function: Callable[..., Any], otherwise: Callable[..., Abstract] | None = None) -> None:
    """Say that a call with known arguments is run while tracing; with others, its source is traced."""

    @means(function)
    def meaning(machine: Calls, *args: Abstract, **options: Abstract) -> Abstract:
        try:
            given, named = [machine.concrete(a) for a in args], {k: machine.concrete(v) for k, v in options.items()}
        except LookupError:
            given = None
        if given is not None:
            found = function(*given, **named)
            parts = found if isinstance(found, tuple) else (found,)
            if all(isinstance(p, int | float | complex | np.ndarray | np.number) for p in parts) and all(
                np.size(p) <= LONGEST for p in parts
            ):
                made = [constant_array(machine, p) for p in parts]
                return pack(made) if isinstance(found, tuple) else made[0]
        if otherwise is not None:
            return otherwise(machine, args, options)
        return machine.call_function(function, args, options)


def constant_array(machine: Calls, found: Any) -> Abstract:
    """A number or an array as it is written in generated code."""
    if not isinstance(found, np.ndarray | np.number):
        return Known(found)
    values = machine.constant_container(found.tolist())
    return machine.call(Known(np.array), (values,), {}) if found.ndim else values


def constants_where_known(library: Any, names: str) -> None:
    """As ``constant_where_known``, of those of these functions that the library's version has."""
    for name in names.split():
        if hasattr(library, name):
            constant_where_known(getattr(library, name))
