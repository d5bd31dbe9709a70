"""The keywords that every ufunc takes: ``where=``, ``dtype=``, ``out=...``, and those that say how to convert.

A call with keywords is the plain call with something done before or after it: ``np.divide(a, b, out=c, where=m)`` is
``c[...] = np.where(m, a / b, c)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.front.values import TRUE, Abstract, Known, TupleOf, is_none, pack
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Scalar, as_dtype, np_dtype
from s2sad.prims.primitive import NotKnown, constant_of

if TYPE_CHECKING:
    from s2sad.front.calls import Calls

TYPES = ("dtype", "signature", "sig")
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
    if not whole and not {"where", *TYPES, *CONVERSIONS} & set(kwargs):
        return None
    rest = {k: v for k, v in kwargs.items() if k not in ("where", *TYPES, *CONVERSIONS, "out")}
    casting = kwargs.get("casting", Known("same_kind"))
    if not isinstance(casting, Known):
        machine.refuse(f"np.{f.__name__} with a casting= that is not known")
    signature = signature_of(machine, f, kwargs)
    if signature is not None:
        args = in_types(machine, f, args, signature, casting.value)
    elif casting.value in ("no", "equiv", "safe"):
        resolved(machine, f, args, None, casting.value)
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


def signature_of(machine: Calls, f: np.ufunc, kwargs: dict[str, Abstract]) -> tuple[Any, ...] | None:
    """The dtypes that ``dtype=`` or ``signature=`` fix, of operands and results; None where neither is given."""
    name = next((n for n in TYPES if n in kwargs and not is_none(kwargs[n])), None)
    if name is None:
        return None
    given = machine.to_arg(kwargs[name])
    try:
        value = constant_of(machine.plain(given))
    except NotKnown:
        machine.refuse(f"np.{f.__name__} with a {name}= that is not known")
    if name == "dtype":
        return (*(None,) * f.nin, *(as_dtype(value),) * f.nout)
    if isinstance(value, str):
        value = value.replace("->", "") if "->" in value else (*(None,) * f.nin, value)
    return tuple(None if part is None else np.dtype(part) for part in value)


def in_types(
    machine: Calls, f: np.ufunc, args: tuple[Abstract, ...], signature: tuple[Any, ...], casting: Any
) -> tuple[Abstract, ...]:
    """The operands in the types that a function computes in, of which some are fixed."""
    found = resolved(machine, f, args, signature, casting)
    if any(dtype.kind not in "bifcu" for dtype in found):
        machine.refuse(f"np.{f.__name__} of objects", instead="use another dtype=")
    changed = [found[k] for k in range(f.nin)]
    return tuple(machine.call(Known(np.asarray), (a, Known(d))) for a, d in zip(args, changed, strict=True))


def resolved(
    machine: Calls, f: np.ufunc, args: tuple[Abstract, ...], signature: tuple[Any, ...] | None, casting: Any
) -> tuple[np.dtype[Any], ...]:
    """The dtypes of operands and results; raises what NumPy raises where ``casting=`` forbids to convert them."""
    types = [machine.type_of(machine.as_array(a)) for a in args]
    given = [type(np_dtype(t.dtype).type(0).item()) if weak(t) else np_dtype(t.dtype) for t in types]  # type: ignore[union-attr]
    options = {} if signature is None else {"signature": signature}
    try:
        return f.resolve_dtypes((*given, *(None,) * f.nout), casting=casting, **options)  # type: ignore[arg-type]
    except TypeError:
        found = " and ".join(str(g.__name__ if isinstance(g, type) else g) for g in given)
        fixed = "" if signature is None else " in " + ", ".join(sorted({str(d) for d in signature if d is not None}))
        machine.wrong(
            f"np.{f.__name__} of {found}{fixed}, which casting={casting!r} forbids",
            why="Python would raise UFuncTypeError", instead="use astype on the operand",
        )  # fmt: skip


def weak(t: Any) -> bool:
    """Whether it is the type of a Python number, which takes the dtype of what it meets."""
    return isinstance(t, Scalar) and t.weak


def masked(
    machine: Calls, f: np.ufunc, args: tuple[Abstract, ...], kwargs: dict[str, Abstract], mask: Abstract,
    out: Abstract | None,
) -> Abstract:  # fmt: skip
    """Computed where the mask is true. Elsewhere the result is what ``out`` holds, or not defined, and then zero."""
    mask = machine.as_array(mask)
    safe = list(args)
    for k in PARTIAL.get(f.__name__, ()):
        safe[k] = machine.call(Known(np.where), (mask, safe[k], Known(1)))
    result = machine.call(Known(f), tuple(safe), kwargs)
    if not isinstance(result, TupleOf):
        return chosen(machine, mask, result, out)
    outs = out.items if isinstance(out, TupleOf) else [None] * f.nout
    return pack([chosen(machine, mask, r, o) for r, o in zip(result.items, outs, strict=True)])


def chosen(machine: Calls, mask: Abstract, result: Abstract, out: Abstract | None) -> Abstract:
    """A result where the mask is true, and elsewhere what is there already."""
    found = machine.type_of(result)
    if out is not None and not is_none(out):
        return machine.call(Known(np.where), (mask, result, out))
    boolean = isinstance(found, Array | Scalar) and found.dtype == "bool"
    return machine.call(Known(np.where), (mask, result, Known(False) if boolean else Known(0)))
