"""The keywords that every ufunc takes: ``where=``, ``dtype=``, ``out=...``, and those that say how to convert.

A call with keywords is the plain call with something done before or after it: ``np.divide(a, b, out=c, where=m)`` is
``c[...] = np.where(m, a / b, c)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.front.values import TRUE, Abstract, Known, TupleOf, is_none
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Scalar, as_dtype, np_dtype

if TYPE_CHECKING:
    from s2sad.front.calls import Calls

CONVERSIONS = ("casting", "order", "subok")
PARTIAL = {
    "divide": (1,), "floor_divide": (1,), "remainder": (1,), "fmod": (1,), "reciprocal": (0,), "power": (0, 1),
    "float_power": (0, 1), "log": (0,), "log2": (0,), "log10": (0,), "log1p": (0,), "sqrt": (0,), "arcsin": (0,),
    "arccos": (0,), "arccosh": (0,), "arctanh": (0,), "exp": (0,), "exp2": (0,), "expm1": (0,), "sinh": (0,),
    "cosh": (0,),
}  # fmt: skip
"""Operands that may lie outside of a function's domain: where the mask is false they are taken to be 1, which is in it,
so that nothing warns there."""


def with_keywords(machine: Calls, f: np.ufunc, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract | None:  # noqa: E501
    """A call of a ufunc with keywords that its primitive does not take; None where it has none of them."""
    out = kwargs.get("out")
    if isinstance(out, TupleOf) and len(out.items) == 1:
        (out,) = out.items
    whole = isinstance(out, Known) and out.value is Ellipsis
    if not whole and not {"where", "dtype", *CONVERSIONS} & set(kwargs):
        return None
    rest = {k: v for k, v in kwargs.items() if k not in ("where", "dtype", *CONVERSIONS, "out")}
    casting = kwargs.get("casting", Known("same_kind"))
    if not isinstance(casting, Known):
        machine.refuse(f"np.{f.__name__} with a casting= that is not known")
    dtype = kwargs.get("dtype")
    if dtype is not None and not is_none(dtype):
        args = tuple(cast(machine, f, a, dtype, casting.value) for a in args)
    elif casting.value in ("no", "equiv", "safe"):
        check_casting(machine, f, args, casting.value)
    mask = kwargs.get("where", TRUE)
    if isinstance(mask, Known) and mask.value is True:
        result = machine.call(Known(f), args, rest)
    else:
        result = masked(machine, f, args, rest, mask, None if whole or out is None or is_none(out) else out)
    if whole:
        return machine.as_array(result)
    if out is None or is_none(out):
        return result
    target = machine.type_of(out)
    if casting.value == "unsafe" and isinstance(target, Array):
        result = machine.call(Known(np.asarray), (result, Known(np_dtype(target.dtype))))
    return machine.store_out(out, result)


def on_numbers(machine: Calls, prim: Primitive, args: tuple[Abstract, ...]) -> tuple[Abstract, ...]:
    """The operands of a function that shares its operation with an operator of Python.

    Of Python floats ``np.add`` gives a number of NumPy, for which 1 / 0 is inf and (-1) ** 0.5 is nan.
    """
    if prim.spelling.style != "operator" and prim.name != "abs":
        return args
    types = [machine.type_of(a) for a in args]
    kinds = {t.dtype for t in types if isinstance(t, Scalar) and t.weak}
    if not all(map(weak, types)) or not kinds & {"f64", "c128"}:
        return args
    one = next((k for k, a in enumerate(args) if not isinstance(a, Known)), 0)
    made = machine.call(Known(np.complex128 if "c128" in kinds else np.float64), (args[one],))
    return *args[:one], made, *args[one + 1 :]


def check_casting(machine: Calls, f: np.ufunc, args: tuple[Abstract, ...], casting: Any) -> None:
    """Raise what NumPy raises where ``casting=`` forbids to convert the operands."""
    types = [machine.type_of(machine.as_array(a)) for a in args]
    given = [type(np_dtype(t.dtype).type(0).item()) if weak(t) else np_dtype(t.dtype) for t in types]  # type: ignore[union-attr]
    try:
        f.resolve_dtypes((*given, *(None,) * f.nout), casting=casting)
    except TypeError as error:
        machine.wrong(f"np.{f.__name__} with casting={casting!r}: {error}", why="Python would raise UFuncTypeError")


def weak(t: Any) -> bool:
    """Whether it is the type of a Python number, which takes the dtype of what it meets."""
    return isinstance(t, Scalar) and t.weak


def cast(machine: Calls, f: np.ufunc, operand: Abstract, dtype: Abstract, casting: Any) -> Abstract:
    """An operand in the type that ``dtype=`` asks the function to compute in."""
    if not isinstance(dtype, Known):
        machine.refuse(f"np.{f.__name__} with a dtype= that is not known")
    wanted = as_dtype(dtype.value)
    if all(t.endswith("?") for t in f.types if "O" not in t):
        machine.refuse(f"np.{f.__name__} with dtype=", instead="use astype on the result")
    operand = machine.as_array(operand)
    found = machine.type_of(operand)
    assert isinstance(found, Array | Scalar)
    if not np.can_cast(np_dtype(found.dtype), wanted, casting):
        machine.wrong(
            f"np.{f.__name__} computes in {wanted}, which does not hold {found.dtype}",
            why="Python would raise UFuncTypeError", instead="use astype on the operand",
        )  # fmt: skip
    return machine.call(Known(np.asarray), (operand, Known(wanted)))


def masked(
    machine: Calls, f: np.ufunc, args: tuple[Abstract, ...], kwargs: dict[str, Abstract], mask: Abstract,
    out: Abstract | None,
) -> Abstract:  # fmt: skip
    """Computed where the mask is true. Elsewhere the result is what ``out`` holds, or not defined, and then zero."""
    if f.nout != 1:
        machine.refuse(f"np.{f.__name__} with where=", instead="use np.where on each of its results")
    mask = machine.as_array(mask)
    safe = list(args)
    for k in PARTIAL.get(f.__name__, ()):
        safe[k] = machine.call(Known(np.where), (mask, safe[k], Known(1)))
    result = machine.call(Known(f), tuple(safe), kwargs)
    other: Abstract = Known(0) if out is None else out
    found = machine.type_of(result)
    if out is None and isinstance(found, Array | Scalar) and found.dtype == "bool":
        other = Known(False)
    return machine.call(Known(np.where), (mask, result, other))



