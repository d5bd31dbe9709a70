"""Where ``out`` stands among the arguments of NumPy's functions that are given by position.

NumPy has it in the middle of them (``np.sum(a, axis, dtype, out, keepdims)``); what s2sad knows of these functions has
it as a keyword only, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.front.values import NONE, Abstract, Known, TupleOf, View, is_none, pack
from s2sad.ir.types import Array, Scalar, is_inexact, np_dtype

if TYPE_CHECKING:
    from s2sad.front.calls import Calls

_FORMS = {
    "sum prod nansum nanprod": "a axis dtype out keepdims initial where",
    "mean nanmean": "a axis dtype out keepdims",
    "var std nanvar nanstd": "a axis dtype out ddof keepdims",
    "max min amax amin nanmax nanmin": "a axis out keepdims initial where",
    "any all ptp": "a axis out keepdims",
    "argmax argmin": "a axis out",
    "cumsum cumprod nancumsum nancumprod": "a axis dtype out",
    "median nanmedian": "a axis out overwrite_input keepdims",
    "quantile percentile nanquantile nanpercentile": "a q axis out overwrite_input method keepdims",
    "trace": "a offset axis1 axis2 dtype out",
    "clip": "a a_min a_max out",
    "round around": "a decimals out",
    "take": "a indices axis out mode",
    "choose": "a choices out mode",
    "compress": "condition a axis out",
    "dot outer": "a b out",
    "concatenate concat stack": "arrays axis out",
    "fix isposinf isneginf": "x out",
}
_METHODS = {
    "sum prod mean var std max min any all argmax argmin cumsum cumprod trace round take choose dot": None,
    "clip": "a min max out", "compress": "a condition axis out",
}  # fmt: skip
_UFUNC_METHODS = {
    "reduce": "array axis dtype out keepdims initial where", "accumulate": "array axis dtype out",
    "reduceat": "array indices axis dtype out",
}  # fmt: skip
_BY_NAME = {name: tuple(text.split()) for names, text in _FORMS.items() for name in names.split()}
_BY_METHOD = {
    name: _BY_NAME[name] if text is None else tuple(text.split())
    for names, text in _METHODS.items() for name in names.split()
}  # fmt: skip
_BY_FUNCTION = {id(getattr(np, name)): form for name, form in _BY_NAME.items() if hasattr(np, name)}
for _names, _form in (
    ("fft ifft rfft irfft hfft ihfft", "a n axis norm out"),
    ("fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn", "a s axes norm out"),
):
    _BY_FUNCTION |= {id(getattr(np.fft, name)): tuple(_form.split()) for name in _names.split()}


def _forgets(transform: Callable[..., Any], kind: type) -> bool:
    """Whether this version of NumPy takes ``out=`` of a transform and writes nothing there (2.4 does so)."""
    out: np.ndarray[Any, Any] = np.full((2, 2), np.nan, kind)
    try:
        transform(np.ones((2, 2), complex), out=out)
    except TypeError:  # before version 2 there is no ``out=``
        return False
    return bool(np.all(np.isnan(out)))


_TRIED = ((np.fft.ifft2, complex), (np.fft.irfft2, float), (np.fft.hfft, float))
_FORGETFUL = {id(transform) for transform, kind in _TRIED if _forgets(transform, kind)}

_SUMS = ("sum", "prod", "mean", "cumsum", "cumprod", "trace")
_SUMMING = frozenset(id(getattr(np, name)) for name in (*_SUMS, *(f"nan{n}" for n in _SUMS if n != "trace")))

Arguments = tuple[tuple[Abstract, ...], dict[str, Abstract]]


def of_function(f: Callable[..., Any], args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    """The arguments of a call of a function, what stands at ``out`` and behind it by keyword."""
    if isinstance(f, np.ufunc):
        if len(args) <= f.nin or len(args) > f.nin + f.nout:
            return args, kwargs
        out = args[-1] if f.nout == 1 else pack(args[f.nin :])
        return args[: f.nin], {**kwargs, "out": out}
    form = _BY_FUNCTION.get(id(f))
    if id(f) in _FORGETFUL:
        args, kwargs = _named(form, args, kwargs)
        return args, {k: v for k, v in kwargs.items() if k != "out"}
    if form is None and isinstance(getattr(f, "__self__", None), np.ufunc):
        form = tuple(_UFUNC_METHODS.get(f.__name__, "").split())
    return _named(form, args, kwargs)


def of_method(name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    """The same for a method of an array, which is the first of ``args``."""
    return _named(_BY_METHOD.get(name), args, kwargs)


def in_its_dtype(machine: Calls, f: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    """The arguments of a sum, product or mean, with the dtype of ``out`` where that is the wider one: NumPy sums in it.

    ``f``: the function, or the name of the method of an array.
    """
    out = kwargs.get("out", NONE)
    if isinstance(out, TupleOf) and len(out.items) == 1:
        out = out.items[0]
    method = isinstance(getattr(f, "__self__", None), np.ufunc) and f.__name__ in _UFUNC_METHODS
    if not method and f not in _SUMS and id(f) not in _SUMMING or not args or not isinstance(out, View):
        return args, kwargs
    name = f if isinstance(f, str) else f.__name__
    place = (_UFUNC_METHODS[name].split() if method else list(_BY_NAME[name])).index("dtype")
    given = args[place] if len(args) > place else kwargs.get("dtype", NONE)
    have, want = machine.type_of(machine.as_array(args[0])), machine.type_of(out)
    if not is_none(given) or not isinstance(have, Array | Scalar) or not isinstance(want, Array):
        return args, kwargs
    wide = np.result_type(np_dtype(have.dtype), np_dtype(want.dtype))
    if wide == np_dtype(have.dtype) or not is_inexact(have):
        return args, kwargs
    if len(args) > place:
        return (*args[:place], Known(wide), *args[place + 1 :]), kwargs
    return args, {**kwargs, "dtype": Known(wide)}


def _named(form: tuple[str, ...] | None, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    if not form or len(args) <= form.index("out") or len(args) > len(form):
        return args, kwargs
    place = form.index("out")
    return args[:place], {**dict(zip(form[place:], args[place:], strict=False)), **kwargs}
