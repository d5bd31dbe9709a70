"""What derivatives are called after: the name of the primal with an ending."""

from __future__ import annotations

from s2sad.ir.core import Arg, Value


def bar_name(arg: Arg) -> str | None:
    """What a cotangent is called. The cotangent of a cotangent is a tangent."""
    if not isinstance(arg, Value) or not arg.name:
        return None
    primal = arg.name.removesuffix("_bar")
    return f"{primal}_bar" if primal == arg.name else f"{primal}_dot"
