"""Where ``out`` stands among the arguments of NumPy's functions that are given by position.

NumPy has it in the middle of them (``np.sum(a, axis, dtype, out, keepdims)``); what s2sad knows of these functions has
it as a keyword only, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front.values import Abstract, pack

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

Arguments = tuple[tuple[Abstract, ...], dict[str, Abstract]]


def of_function(f: Callable[..., Any], args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    """The arguments of a call of a function, what stands at ``out`` and behind it by keyword."""
    if isinstance(f, np.ufunc):
        if len(args) <= f.nin or len(args) > f.nin + f.nout:
            return args, kwargs
        out = args[-1] if f.nout == 1 else pack(args[f.nin :])
        return args[: f.nin], {**kwargs, "out": out}
    form = _BY_FUNCTION.get(id(f))
    if form is None and isinstance(getattr(f, "__self__", None), np.ufunc):
        form = tuple(_UFUNC_METHODS.get(f.__name__, "").split())
    return _named(form, args, kwargs)


def of_method(name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    """The same for a method of an array, which is the first of ``args``."""
    return _named(_BY_METHOD.get(name), args, kwargs)


def _named(form: tuple[str, ...] | None, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Arguments:
    if not form or len(args) <= form.index("out") or len(args) > len(form):
        return args, kwargs
    place = form.index("out")
    return args[:place], {**dict(zip(form[place:], args[place:], strict=False)), **kwargs}
