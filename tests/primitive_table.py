"""One row per primitive: sample calls inside its domain and off its kinks. The rows drive every check of a primitive.

``Row.calls`` are the samples, ``Row.wrt`` the parameters to differentiate (floats of the sample where left out).
A row's name is the primitive's name in the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest


@dataclass(frozen=True)
class Sample:
    """One call of a primitive."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __repr__(self) -> str:
        parts = [np.array2string(np.asarray(a)).replace("\n", "") for a in self.args]
        return ", ".join(parts + [f"{k}={v!r}" for k, v in self.kwargs.items()])


@dataclass(frozen=True)
class Row:
    """Samples of one primitive. ``order``: how often it can be differentiated at them (2 unless the formula ends)."""

    name: str
    calls: tuple[Sample, ...]
    order: int = 2


def call(*args: Any, **kwargs: Any) -> Sample:
    return Sample(args, kwargs)


def row(name: str, *calls: Sample, order: int = 2) -> Row:
    return Row(name, calls, order)


A = np.array
R = np.random.default_rng(7)
MATRIX = R.uniform(0.5, 1.5, (3, 4))
CUBE = R.uniform(0.5, 1.5, (2, 3, 2))
SIGNED = A([[-1.3, 0.4, 2.2], [0.7, -0.2, -1.9]])
SMALL = A([-0.6, -0.1, 0.3, 0.8])  # inside (-1, 1)
LARGE = A([1.2, 1.9, 3.4])  # above 1
POSITIVE = A([0.2, 0.9, 1.4, 3.1])
COLUMN, LINE = A([[0.4], [1.6]]), A([0.7, 1.1, 2.3])
ZERO = A([1.5, 0.0, -0.7, 2.0])
ZEROS = A([1.5, 0.0, -0.7, 0.0])


def unary(name: str, *arrays: np.ndarray, order: int = 2) -> Row:
    """Samples of a function of one operand: each array, and a scalar of it."""
    return row(name, *(call(x) for x in arrays), call(float(arrays[0].flat[0])), order=order)


def binary(name: str, x1: Any = (COLUMN, LINE, 1.3), x2: Any = (LINE, 0.8, COLUMN), order: int = 2) -> Row:
    """Samples of a function of two operands, broadcast either way, and of two scalars."""
    return row(name, *(call(a, b) for a, b in zip(x1, x2, strict=True)), call(1.3, 0.6), order=order)


ELEMENTWISE = [
    binary("add"), binary("sub"), binary("mul"), binary("div"), binary("mod"), binary("floordiv"),
    row("pow", call(COLUMN, LINE), call(LINE, 2), call(LINE, 3.0), call(SIGNED, 2), call(SIGNED, 3), call(1.3, 0.7),
        call(-1.3, 3), call(LINE, -1), call(2.0, LINE), call(0.0, 2), call(ZERO, 2.0), call(0.0, 0)),
    unary("neg", SIGNED), unary("pos", SIGNED), unary("abs", SIGNED),
    row("max", call(1.3, 0.6), call(0.2, 0.6), call(1.3, 0.6, 2.0)), binary("greater"), binary("lesser"),
    row("min", call(1.3, 0.6), call(0.2, 0.6), call(1.3, 0.6, 0.2)),
    row("float", call(1.3), call(np.float64(0.2))),
    unary("np.square", SIGNED), unary("np.sqrt", POSITIVE), unary("np.cbrt", SIGNED), unary("np.reciprocal", SIGNED),
    binary("np.float_power"), binary("np.hypot"), unary("np.exp", SIGNED), unary("np.exp2", SIGNED),
    unary("np.expm1", SIGNED), unary("np.log", POSITIVE), unary("np.log2", POSITIVE),
    unary("np.log10", POSITIVE),
    unary("np.log1p", POSITIVE), binary("np.logaddexp"), binary("np.logaddexp2"), unary("np.sin", SIGNED),
    unary("np.cos", SIGNED), unary("np.tan", SIGNED), unary("np.arcsin", SMALL), unary("np.arccos", SMALL),
    unary("np.arctan", SIGNED), binary("np.arctan2"), unary("np.sinc", SIGNED, A([0.0, 0.01, -0.02, 0.5])),
    unary("np.deg2rad", SIGNED), unary("np.radians", SIGNED), unary("np.rad2deg", SIGNED), unary("np.degrees", SIGNED),
    unary("np.sinh", SIGNED), unary("np.cosh", SIGNED), unary("np.tanh", SIGNED), unary("np.arcsinh", SIGNED),
    unary("np.arccosh", LARGE), unary("np.arctanh", SMALL), unary("np.fabs", SIGNED), binary("np.maximum"),
    binary("np.minimum"), binary("np.fmax"), binary("np.fmin"), binary("np.copysign"), binary("np.fmod"),
    unary("np.conjugate", SIGNED), row("np.real", call(SIGNED), call(0.4)), row("np.imag", call(SIGNED)),
    row("np.heaviside", call(SIGNED, 0.5)),
    row("np.clip", call(SIGNED, -0.5, 1.0), call(SIGNED, None, 1.0), call(SIGNED, 0.1, None), call(0.3, 0.0, 1.0),
        call(SIGNED, A([-0.5, 0.6, -2.0]), 3.0)),
    row("np.where", call(SIGNED > 0, SIGNED, 2.0), call(LINE > 1.0, COLUMN, LINE),
        call(A([True, False]), 1.5, A([2.5, 0.1]))),
    row("np.ldexp", call(SIGNED, 3), call(SIGNED, A([1, 2, -1]))),
    unary("np.nan_to_num", SIGNED),
    row("math.sqrt", call(0.7)), row("math.exp", call(0.7)), row("math.expm1", call(0.7)), row("math.log", call(0.7)),
    row("math.log2", call(0.7)), row("math.log10", call(0.7)), row("math.log1p", call(0.7)),
    row("math.pow", call(0.7, 1.9)), row("math.hypot", call(0.7, 1.9)), row("math.sin", call(0.7)),
    row("math.cos", call(0.7)), row("math.tan", call(0.7)), row("math.asin", call(0.7)), row("math.acos", call(0.7)),
    row("math.atan", call(0.7)), row("math.atan2", call(0.7, -1.9)), row("math.sinh", call(0.7)),
    row("math.cosh", call(0.7)), row("math.tanh", call(0.7)), row("math.asinh", call(0.7)),
    row("math.acosh", call(1.7)), row("math.atanh", call(0.7)), row("math.erf", call(0.7)), row("math.erfc", call(0.7)),
    row("math.gamma", call(0.7), call(-1.3), call(6.5)), row("math.lgamma", call(0.7), call(-1.3), call(30.5)),
    row("math.fabs", call(-0.7)), row("math.copysign", call(0.7, -1.9)), row("math.fmod", call(7.3, 1.9)),
    row("math.remainder", call(7.3, 1.9)), row("math.ldexp", call(0.7, 3)), row("math.degrees", call(0.7)),
    row("math.radians", call(0.7)), row("math.cbrt", call(0.7)), row("math.exp2", call(0.7)),
    row("reciprocal_or_zero", call(SIGNED), call(1.3)), row("masked_product", call(SIGNED, LINE)),
    row("log_of_base", call(POSITIVE)),
    row("polygamma", call(0, 0.7), call(1, 2.2), call(2, 4.1), call(3, 20.5)),
]  # fmt: skip


def reduction(name: str, *samples: Sample, **fixed: Any) -> Row:
    """Samples over every form of axis and keepdims, and those given."""
    calls = [call(MATRIX, **fixed), call(LINE, **fixed), call(MATRIX, axis=0, **fixed), call(MATRIX, axis=-1, **fixed)]
    calls += [call(MATRIX, axis=1, keepdims=True, **fixed), call(CUBE, axis=(0, 2), **fixed)]
    calls += [call(CUBE, keepdims=True, **fixed), call(CUBE, axis=(-1,), keepdims=True, **fixed)]
    calls += [call(CUBE, axis=1, **fixed), call(1.7, **fixed)]
    return row(name, *calls, *samples)


REDUCTIONS = [
    reduction("np.sum"), reduction("np.mean"),
    reduction("np.prod", call(ZERO), call(ZEROS), call(np.stack([ZERO, ZEROS, POSITIVE]), axis=1)),
    reduction("np.max"), reduction("np.min"),
    reduction("np.var", call(MATRIX, axis=0, ddof=1)), reduction("np.std", call(MATRIX, axis=0, ddof=1)),
    row("np.cumsum", call(LINE), call(MATRIX), call(MATRIX, axis=0), call(CUBE, axis=-1), call(1.7)),
    row("np.cumprod", call(LINE), call(MATRIX), call(MATRIX, axis=0), call(CUBE, axis=-1), call(ZERO), call(ZEROS)),
    row("unbroadcast", call(MATRIX, (4,)), call(MATRIX, (3, 1)), call(MATRIX, ()), call(MATRIX, (3, 4)),
        call(CUBE, (1, 2))),
    row("expand_reduced", call(1.5, (2, 3)), call(LINE, (2, 3), 0), call(COLUMN, (2, 3), 1, True),
        call(LINE, (2, 3, 4), (0, 2))),
    row("linear_scan", call(LINE, POSITIVE[:3]), call(LINE, POSITIVE[:3], 0, True), call(MATRIX, MATRIX**2, 1),
        call(CUBE, CUBE**2, 1, True)),
    row("scan_segments", call(POSITIVE, POSITIVE[::-1], (1, 2)), call(MATRIX, 0.0, (0, 2), 1, True, first=1.0)),
    row("others_in_segments", call(POSITIVE, (0, 2)), call(MATRIX, (1, 3), 1)),
    row("shift", call(LINE), call(MATRIX, 1), call(MATRIX, 0, True)),
]  # fmt: skip

CREATION = [
    row("np.array", call([1.5, 2.5]), call([[1.5, 2.5], [0.5, 1.0]]), call([LINE, LINE]), call(LINE), call(1.5),
        call((LINE, [1.0, 2.0, 3.0]))),
    row("np.ascontiguousarray", call(MATRIX.T)), row("np.copy", call(MATRIX), call(1.5)),
    row("ndarray.copy", call(MATRIX), call(np.float64(1.5))),
    row("astype", call(MATRIX, np.float64), call(np.float64(2.5), float)),
    row("np.float64", call(1.5), call(LINE)), row("np.full", call((2, 3), 1.5), call((2, 3), LINE), call(3, 0.5)),
    row("np.full_like", call(MATRIX, 1.5)),
    row("np.linspace", call(0.5, 2.0, 5), call(0.5, LINE, 4), call(COLUMN, LINE, 3), call(0.5, 2.0, 5, endpoint=False)),
    row("range_by", call(0.5, 3.2, 0.4)), row("range_between", call(0.5, 3.2)),
    row("np.arange", call(5), call(2.5)), row("ndarray.item", call(A([1.5])), call(A(2.5))),
]  # fmt: skip

TABLE = [*ELEMENTWISE, *REDUCTIONS, *CREATION]


def samples(rows: list[Row]) -> list[Any]:
    """Pytest parameters: one per sample call."""
    return [pytest.param(r, sample, id=f"{r.name}-{k}") for r in rows for k, sample in enumerate(r.calls)]
