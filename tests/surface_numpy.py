"""Samples of every function of NumPy's main namespace, ``math``, ``cmath`` and ``statistics`` that has a derivative.

A sample is an expression (statements before it are parted by ``;``). The lower-case names of ``VALUES`` in it are what
is differentiated; what is written out, and the upper-case names of ``FIXED``, stays as it is.
"""

# ruff: noqa: E501

from __future__ import annotations

import cmath
import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.compiler.load import load

A = np.array
R = np.random.default_rng(11)
NAN = np.nan
VALUES: dict[str, Any] = {
    "x": 0.7, "y": -1.3, "t": 1.6,  # numbers
    "v": A([0.9, -1.3, 2.2, 0.4]), "w": A([-0.6, 1.7, 0.3, 1.1]),  # vectors
    "u": A([0.8, 1.9, 0.3, 1.2]),  # above 0
    "s": A([-0.6, -0.1, 0.3, 0.8]),  # inside (-1, 1)
    "g": A([-1.0, 0.1, 1.3, 2.9]),  # rising
    "r": A([0.7, 1.1, 2.3]),
    "b": A([0.35, 0.62]),
    "o": A([1.4]), "e": np.zeros(0),
    "m": R.uniform(0.5, 1.5, (3, 4)), "n": R.normal(size=(4, 2)), "k": R.normal(size=(3, 4)),
    "q": R.normal(size=(3, 3)) + 3 * np.eye(3),
    "c": R.uniform(0.5, 1.5, (2, 3, 4)), "d": R.normal(size=(2, 4, 3)),
    "col": A([[0.4], [1.6], [-0.8]]), "line": A([[0.3, 2.1, -1.2, 0.8]]),
    "z": A([0.7 + 0.2j, -0.4 + 1.1j, 1.3 - 0.6j]), "h": A([0.2 - 0.3j, 0.9 + 0.4j, -1.1 + 0.5j]), "i": 0.6 + 0.8j,
    "zm": R.normal(size=(2, 3)) + 1j * R.normal(size=(2, 3)),
    "sp": A([0.7, 1.3, 0.4], np.float32), "sm": A([[0.9, 1.1, 0.3], [1.1, -0.2, 0.6]], np.float32),
    "ld": A([0.7, 1.3, 0.4], np.longdouble),
}  # fmt: skip
FIXED: dict[str, Any] = {
    "np": np, "math": math, "cmath": cmath, "statistics": statistics,
    "MASK": A([True, False, True, True]), "MASKS": A([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]], bool), "I": A([2, 0, 3, 0]),
    "HOLE": A([False, True, False, False]), "HOLES": A([[0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0]], bool),
    "BINS": A([-2.0, -1.0, 0.0, 1.0, 3.0]), "NAN": NAN, "INF": np.inf,
}  # fmt: skip

ELEMENTWISE: dict[str, tuple[str, ...]] = {
    "abs absolute fabs": ("{f}(v)", "{f}(m)", "{f}(y)", "{f}(sp)", "{f}(e)"),
    "negative positive square conj conjugate": ("{f}(v)", "{f}(y)", "{f}(z)", "{f}(i)", "{f}(sp)", "{f}(e)", "{f}(c)"),
    "sin cos tan arctan atan sinh cosh tanh arcsinh asinh exp exp2 expm1": ("{f}(v)", "{f}(y)", "{f}(z)", "{f}(i)", "{f}(sp)", "{f}(o)", "{f}(m[:, ::2])"),
    "cbrt": ("{f}(v)", "{f}(y)", "{f}(sp)"),
    "sqrt log log2 log10 log1p reciprocal": ("{f}(u)", "{f}(x)", "{f}(z)", "{f}(i)", "{f}(sp)", "{f}(m)"),
    "arcsin asin arccos acos arctanh atanh": ("{f}(s)", "{f}(x)", "{f}(z)", "{f}(i)"),
    "arccosh acosh": ("{f}(u + 1.5)", "{f}(t)", "{f}(z)"),
    "deg2rad radians rad2deg degrees": ("{f}(v)", "{f}(x)"),
    "add subtract multiply divide true_divide": ("{f}(v, w)", "{f}(m, v)", "{f}(col, line)", "{f}(x, y)", "{f}(z, h)", "{f}(z, r)", "{f}(sp, sm)", "{f}(v, 2)", "{f}(e, x)", "{f}(o, m)"),
    "power pow float_power": ("{f}(u, w)", "{f}(m, line)", "{f}(x, y)", "{f}(v, 2)", "{f}(v, 3)", "{f}(u, -1.5)", "{f}(z, h)", "{f}(z, 2)", "{f}(2.0, w)"),
    "fmod mod remainder": ("{f}(v, u)", "{f}(m, line)", "{f}(x, y)", "{f}(w, 0.7)"),
    "maximum minimum fmax fmin logaddexp logaddexp2 hypot arctan2 atan2 copysign": ("{f}(v, w)", "{f}(m, line)", "{f}(x, y)", "{f}(col, line)", "{f}(v, 0.5)", "{f}(sp, sm)"),
    "heaviside": ("{f}(v, 0.5) * v", "{f}(0.0, x)", "{f}(A0, v)"),
    "sinc i0": ("{f}(v)", "{f}(x)", "{f}(m)", "{f}(np.zeros(3) * r)"),
    "clip": ("np.clip(v, -0.5, 1.0)", "np.clip(v, s, None)", "np.clip(m, x, t)", "np.clip(v, max=x)", "np.clip(v, min=w, max=3.0)", "v.clip(0.1)", "np.clip(v, -0.5, 1.0, out=np.zeros(4))"),
    "nan_to_num": ("np.nan_to_num(v)", "np.nan_to_num(np.where(HOLE, NAN, v))", "np.nan_to_num(np.where(HOLE, NAN, v), nan=x)", "np.nan_to_num(z)", "np.nan_to_num(y)", "a = np.where(HOLE, NAN, v); np.nan_to_num(a, copy=False, nan=x); a"),
    "ldexp": ("np.ldexp(v, 3)", "np.ldexp(v, I)"),
    "frexp": ("np.frexp(v)[0]", "np.frexp(x)[0]"), "modf": ("np.modf(v)", "np.modf(x)", "np.modf(m)"), "divmod": ("np.divmod(v, u)", "np.divmod(x, y)"),
    "real imag": ("{f}(z)", "{f}(v) * v", "{f}(i)", "{f}(zm)"), "angle": ("np.angle(z)", "np.angle(i)", "np.angle(z, deg=True)", "np.angle(v) * v"),
    "real_if_close": ("np.real_if_close(v)", "np.real_if_close(z)", "np.real_if_close(v * 1.0)"),
    "where": ("np.where(v > 0.5, v, w)", "np.where(MASK, x, v)", "np.where(MASKS, m, line)", "np.where(z.real > 0, z, h)", "v[np.where(v > 0.5)]"),
    "astype": ("np.astype(v, complex)", "v.astype(complex)", "v.astype(int) * v", "np.astype(v, np.float64)"),
    "nextafter": ("np.nextafter(v, 3.0)", "np.nextafter(x, w)"), "broadcast_shapes": ("np.zeros(np.broadcast_shapes((3, 1), (4,))) + m",),
    "allclose array_equal array_equiv": ("w if {f}(v, w) else v * v",), "isrealobj iscomplexobj": ("v * v if {f}(v) else v", "z * z if {f}(z) else z"),
    "unwrap": ("np.unwrap(v * 4.0)", "np.unwrap(k * 5.0, axis=0)", "np.unwrap(v * 4, period=3.0)", "np.unwrap(v * 4, discont=4.0)"),
}  # fmt: skip

UFUNC_FORMS: dict[str, tuple[str, ...]] = {
    "ufunc (out, where, dtype)": (
        "out = np.zeros(4); np.add(v, w, out=out); out * v", "out = np.ones(4) * x; np.multiply(v, w, out=out, where=MASK); out",
        "np.divide(v, w, out=np.zeros(4), where=w > 0)", "np.sqrt(v, where=v > 0, out=np.zeros(4))", "np.add(v, w, where=MASK, out=np.zeros(4))",
        "np.exp(v, dtype=np.float64)", "np.multiply(sp, sp, dtype=np.float64)", "out = np.zeros((3, 4)); np.sin(v, out=out); out", "out = np.zeros(4); np.log(u, out); out",
        "np.add(v, w, out=(np.zeros(4),))", "out = v * 1.0; np.negative(out, out=out, where=MASK); out", "a = np.zeros(4); d = np.zeros(4); np.modf(v, a, d); a * d", "np.divmod(v, u, out=(np.zeros(4), None))",
        "np.add(v, 1, casting='safe')", "out = np.zeros(3); np.sum(m, 1, None, out); out", "out = np.zeros(3); m.std(1, None, out, 1); out", "out = np.zeros((3, 4)); np.add.accumulate(m, 1, None, out); out"),
    "ufunc.reduce": (
        "np.add.reduce(m)", "np.add.reduce(m, axis=1)", "np.add.reduce(c, axis=(0, -1))", "np.add.reduce(m, axis=None)", "np.multiply.reduce(m)", "np.multiply.reduce(m, axis=-1, keepdims=True)",
        "np.maximum.reduce(m, axis=1)", "np.minimum.reduce(m)", "np.maximum.reduce(v, initial=1.0)", "np.add.reduce(m, where=MASKS)", "np.add.reduce(m, axis=1, initial=x)", "np.multiply.reduce(m, where=MASKS, axis=1)",
        "np.maximum.reduce(m, where=MASKS, initial=-9.0, axis=1)", "np.logaddexp.reduce(v)", "np.logaddexp.reduce(m, axis=1)", "np.logaddexp.reduce(c, axis=(0, 2))", "np.logaddexp.reduce(m, axis=None, keepdims=True)",
        "np.hypot.reduce(v)", "np.hypot.reduce(m, axis=1)", "np.fmax.reduce(m, axis=0)", "np.fmin.reduce(v)", "np.subtract.reduce(v)", "np.divide.reduce(u)", "np.logaddexp2.reduce(v)", "np.power.reduce(np.abs(m) + 0.5)",
        "np.add.reduce([x, y, t])", "np.logaddexp.reduce(m, axis=-1, keepdims=True)", "np.add.reduce(z)", "np.multiply.reduce(z)"),
    "ufunc.accumulate": (
        "np.add.accumulate(v)", "np.add.accumulate(m, axis=1)", "np.multiply.accumulate(m)", "np.maximum.accumulate(v)", "np.minimum.accumulate(m, axis=1)", "np.maximum.accumulate(m, axis=0)",
        "np.logaddexp.accumulate(v)", "np.logaddexp.accumulate(m, axis=1)", "np.subtract.accumulate(v)", "np.divide.accumulate(u)", "np.hypot.accumulate(v)", "np.fmax.accumulate(v)"),
    "ufunc.outer": (
        "np.add.outer(v, w)", "np.multiply.outer(m, v)", "np.subtract.outer(v, x)", "np.maximum.outer(v, w)", "np.divide.outer(v, u)", "np.power.outer(u, r)", "np.logaddexp.outer(v, r)", "np.arctan2.outer(v, r)", "np.hypot.outer(v, r)",
        "np.minimum.outer(m, r)", "np.multiply.outer(z, h)", "np.copysign.outer(v, r)", "np.float_power.outer(u, r)", "np.fmod.outer(u, r)"),
    "ufunc.at": (
        "a = v * 1.0; np.add.at(a, I, w); a", "a = v * 1.0; np.add.at(a, [0, 0, 1], x); a", "a = np.zeros((3, 4)); np.add.at(a, ([0, 0, 2], [1, 1, 3]), r); a", "a = v * 1.0; np.subtract.at(a, I, w); a",
        "a = v * 1.0; np.multiply.at(a, I, w); a", "a = v * 1.0; np.divide.at(a, I, u); a", "a = v * 1.0; np.maximum.at(a, I, w); a", "a = v * 1.0; np.minimum.at(a, I, w); a", "a = m * 1.0; np.add.at(a, 1, v); a",
        "a = v * 1.0; np.negative.at(a, [0, 2]); a", "a = u * 1.0; np.sqrt.at(a, [0, 2]); a", "a = m * 1.0; np.add.at(a, (slice(None), [0, 0]), 1.5 * x); a", "a = u * 1.0; np.power.at(a, I, w); a", "a = m * 1.0; np.multiply.at(a, [0, 0, 2], k); a"),
    "ufunc.reduceat": (
        "np.add.reduceat(v, [0, 2])", "np.add.reduceat(m, [0, 2, 1], axis=1)", "np.multiply.reduceat(v, [0, 1, 3])", "np.maximum.reduceat(v, [0, 2])", "np.minimum.reduceat(m, [0, 2], axis=0)", "np.logaddexp.reduceat(v, [0, 2])",
        "np.add.reduceat(m, [1, 1, 0])", "np.subtract.reduceat(v, [0, 2])"),
}  # fmt: skip

REDUCTIONS: dict[str, tuple[str, ...]] = {
    "sum prod mean": (
        "{f}(m)", "{f}(v)", "{f}(m, axis=0)", "{f}(c, axis=(0, -1))", "{f}(c, -2, keepdims=True)", "{f}(m, where=MASKS)", "{f}(m, axis=1, where=MASKS, keepdims=True)", "{f}(z)", "{f}(zm, axis=1)", "{f}(x)",
        "{f}(sp, dtype=np.float64)", "{f}(o)", "out = np.zeros(4); {f}(m, axis=0, out=out); out", "{f}([x, y, t])", "{f}(m[::-1, ::2])", "{f}(c, axis=())", "{f}(m, axis=0, where=MASKS[:, :1] | True)"),
    "sum prod": ("{f}(m, initial=x)", "{f}(m, axis=1, initial=2.0, where=MASKS)", "{f}(e) + x"),
    "max min amax amin": (
        "{f}(m)", "{f}(v)", "{f}(m, axis=0)", "{f}(c, axis=(0, -1))", "{f}(c, -2, keepdims=True)", "{f}(m, initial=0.9)", "{f}(m, where=MASKS, initial=0.9)", "{f}(m, axis=1, where=MASKS, initial=x)", "out = np.zeros(4); {f}(m, axis=0, out=out); out",
        "{f}([x, y, t])", "{f}(x)"),
    "var std": (
        "{f}(m)", "{f}(v)", "{f}(m, axis=0)", "{f}(c, axis=(0, -1))", "{f}(c, -2, keepdims=True)", "{f}(m, ddof=1)", "{f}(m, axis=1, ddof=1)", "{f}(m, axis=1, where=MASKS)", "{f}(z)", "{f}(zm, axis=1)", "{f}(m, correction=1)",
        "{f}(m, axis=1, mean=np.mean(m, axis=1, keepdims=True))", "{f}([x, y, t])", "out = np.zeros(4); {f}(m, axis=0, out=out); out"),
    "nansum nanprod nanmean nanmax nanmin nanmedian": (
        "{f}(np.where(HOLES, NAN, m))", "{f}(np.where(HOLE, NAN, v))", "{f}(np.where(HOLES, NAN, m), axis=0)", "{f}(np.where(HOLES, NAN, m), axis=-1, keepdims=True)", "{f}(c, axis=(0, 2))", "{f}(v)", "{f}(m, 1)", "{f}(x)"),
    "nansum nanprod nanmean nanvar nanstd": ("{f}(np.where(HOLES, NAN, m), axis=1, where=MASKS)",), "nanmax nanmin": ("{f}(np.where(HOLES, NAN, m), axis=1, where=MASKS, initial=x)",),
    "nanvar nanstd": ("{f}(np.where(HOLES, NAN, m))", "{f}(np.where(HOLE, NAN, v))", "{f}(np.where(HOLES, NAN, m), axis=1)", "{f}(np.where(HOLES, NAN, m), axis=1, ddof=1, keepdims=True)", "{f}(c, axis=(0, 2))"),
    "nancumsum nancumprod": ("{f}(np.where(HOLE, NAN, v))", "{f}(np.where(HOLES, NAN, m))", "{f}(np.where(HOLES, NAN, m), axis=1)"),
    "cumsum cumprod": ("{f}(v)", "{f}(m)", "{f}(m, axis=1)", "{f}(m, axis=-2)", "{f}(z)", "{f}(x)", "{f}(sp, dtype=np.float64)", "out = np.zeros(4); {f}(v, out=out); out", "{f}([x, y, t])", "{f}(e)"),
    "cumulative_sum cumulative_prod": ("{f}(v)", "{f}(m, axis=1)", "{f}(m, axis=0, include_initial=True)", "{f}(v, include_initial=True)"),
    "median": ("np.median(v)", "np.median(r)", "np.median(m)", "np.median(m, axis=1)", "np.median(c, axis=(0, 2))", "np.median(m, axis=-1, keepdims=True)", "np.median(c, axis=(0, 1), keepdims=True)", "np.median([x, y, t])", "np.median(m, overwrite_input=False)", "np.median(o)", "np.median(sm, axis=0)"),
    "percentile nanpercentile": ("{f}(v, 30)", "{f}(v, [10, 50, 77.0])", "{f}(m, 30, axis=1)", "{f}(c, [20, 60], axis=(0, 2))", "{f}(m, 25, axis=0, keepdims=True)", "{f}(m, 62.0)", "{f}(v, 41.0 + 3 * x)", *(f"{{f}}(v, 35, method='{q}')" for q in ("lower", "higher", "nearest", "midpoint", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf", "inverted_cdf", "averaged_inverted_cdf", "closest_observation"))),
    "quantile": ("np.quantile(m, b, axis=1, weights=u, method='inverted_cdf')", "np.quantile(c, 0.4, axis=(2, 0), weights=n * n, method='inverted_cdf')"), "quantile nanquantile": ("{f}(v, 0.3)", "{f}(v, [0.1, 0.5, 0.77])", "{f}(m, 0.3, axis=1)", "{f}(c, [0.2, 0.6], axis=(0, 2))", "{f}(m, 0.25, axis=0, keepdims=True)", "{f}(v, 0.4 * x)", "{f}(v, b)", "{f}(m, 0.4, 1, method='weibull')", "{f}(v, 0.0) + {f}(v, 1.0)", "{f}([x, y, t], 0.4)", "{f}(m, [[0.1, 0.4], [0.3, 0.9]], axis=0)", "{f}(m, b, axis=1, weights=m * m, method='inverted_cdf')", "{f}(m, 0.4, weights=m, method='inverted_cdf')", "{f}(sm, 0.4, axis=0)"),
    "nanpercentile": ("np.nanpercentile(np.where(HOLE, NAN, v), 40)", "np.nanpercentile(np.where(HOLES, NAN, m), 40, axis=1)", "np.nanpercentile(np.where(HOLES, NAN, m), [20, 70], axis=0)"),
    "nanquantile": ("np.nanquantile(np.where(HOLE, NAN, v), 0.4)", "np.nanquantile(np.where(HOLES, NAN, m), 0.4, axis=1, keepdims=True)", "np.nanquantile(np.where(HOLES, NAN, m), [0.2, 0.7])"),
    "average": ("np.average(v)", "np.average(v, weights=u)", "np.average(m, axis=0)", "np.average(m, axis=1, weights=u)", "np.average(m, weights=m * m)", "np.average(m, axis=1, weights=u, returned=True)", "np.average(c, axis=(0, 2), weights=c[:, 0, :])", "np.average(m, axis=0, weights=r, keepdims=True)"),
    "ptp": ("np.ptp(v)", "np.ptp(m, axis=1)", "np.ptp(m, axis=0, keepdims=True)"),
    "cov": ("np.cov(k)", "np.cov(k, rowvar=False)", "np.cov(v, w)", "np.cov(k, bias=True)", "np.cov(k, ddof=0)", "np.cov(v)", "np.cov(k, fweights=I + 1)", "np.cov(k, aweights=u)", "np.cov(k, v)", "np.cov(zm)", "np.cov([v, w])", "np.cov(sm)"),
    "corrcoef": ("np.corrcoef(k)", "np.corrcoef(v, w)", "np.corrcoef(k, rowvar=False)"),
    "trace": ("np.trace(q)", "np.trace(c, 1, 1, 2)", "np.trace(c, axis1=0, axis2=1)"),
    "trapezoid": ("np.trapezoid(v)", "np.trapezoid(v, g)", "np.trapezoid(m, dx=0.3)", "np.trapezoid(m, g, axis=1)", "np.trapezoid(m, axis=0)", "np.trapezoid(m, k)", "np.trapezoid(v, dx=x)", "np.trapezoid([x, y, t], [0.0, 0.5, 2.0])"),
    "apply_along_axis": ("np.apply_along_axis(np.sum, 0, m)", "np.apply_along_axis(lambda a: a * a[0], 1, m)", "np.apply_along_axis(lambda a: np.sum(a ** 2), 1, c)"),
    "apply_over_axes": ("np.apply_over_axes(np.sum, c, [0, 2])",),
    "count_nonzero": ("np.count_nonzero(v) * v",),
}  # fmt: skip

ORDERS: dict[str, tuple[str, ...]] = {
    "sort": ("np.sort(v)", "np.sort(m)", "np.sort(m, axis=0)", "np.sort(m, axis=None)", "np.sort(c, axis=-2)", "np.sort(v, kind='stable')", "np.sort([x, y, t])", "a = v * 1.0; a.sort(); a", "a = m * 1.0; a.sort(axis=0); a", "np.sort(v, stable=True)"),
    "sort_complex": ("np.sort_complex(z)",),
    "argsort": ("v[np.argsort(v)]", "np.take_along_axis(m, np.argsort(m, axis=0), axis=0)"),
    "partition": ("np.sort(np.partition(v, 1)[:1])", "np.partition(v, 2)[2]", "np.partition(m, 1, axis=0)[1]"), "argpartition": ("v[np.argpartition(v, 2)[2]]",),
    "lexsort": ("v[np.lexsort((v, I))]", "m[:, np.lexsort(m)]"),
    "unique": ("np.unique(v)", "np.unique(v, return_index=True)[0]", "np.unique(v, return_inverse=True)[0]", "np.unique(m)", "np.unique(v[I], return_counts=True)[0]", "np.unique(n[I], axis=0)", "np.unique(m, axis=1, return_inverse=True)"),
    "unique_values": ("np.unique_values(v)",), "unique_counts": ("np.unique_counts(v).values",), "unique_inverse": ("np.unique_inverse(v).values",), "unique_all": ("np.unique_all(v)[0]",),
    "searchsorted digitize": ("{f}(g, g) * v" ,), "searchsorted": ("np.searchsorted(g, v) * v", "u[np.searchsorted(g, s, side='right') - 1]"), "digitize": ("np.digitize(v, BINS) * v", "w[np.digitize(s, g)]"),
    "histogramdd": ("np.histogramdd((v, w), bins=(2, 3), weights=u)[0]", "np.histogramdd(n, bins=[BINS, BINS], weights=v)[0]", "np.histogramdd((v, w, u), 2, [(-2, 3), (-1, 2), (0, 2)], density=True, weights=u)[0]"),
    "histogram2d": ("np.histogram2d(np.arange(4.0), np.arange(4.0) ** 2, bins=3, weights=v)[0]",),
    "bincount": ("np.bincount(I, weights=v)", "np.bincount(I, v, minlength=6)", "np.bincount(I, minlength=4) * v"),
    "histogram": ("np.histogram(v, bins=BINS, weights=u)[0]", "np.histogram(v, BINS)[0] * w", "np.histogram(v, bins=3)[1]", "np.histogram(v, bins=BINS, weights=u, density=True)[0]", "np.histogram(v, 4, (-2, 3), weights=u)[0]", "np.histogram(v, bins='fd')[1]"),
    "histogram_bin_edges": ("np.histogram_bin_edges(v, 3)",), "iterable": ("v * np.iterable(v)",),
    "union1d": ("np.union1d(v, w)",), "intersect1d": ("np.intersect1d(v, v[:2])",), "setdiff1d": ("np.setdiff1d(v, v[:2])",), "setxor1d": ("np.setxor1d(v, w[:2])",), "isin": ("np.isin(v, v[:2]) * v",),
    "argmax argmin nanargmax nanargmin": ("v[{f}(v)]", "w[{f}(m, axis=1)]"),
    "nonzero flatnonzero argwhere": ("v[np.nonzero(v > 0)]", "v[np.flatnonzero(v > 0)]", "v[np.argwhere(v > 0)[:, 0]]"),
    "trim_zeros": ("np.trim_zeros(np.concatenate((np.zeros(2), v, np.zeros(1))))", "np.trim_zeros(v, 'f')"),
    "diff": ("np.diff(v)", "np.diff(v, 2)", "np.diff(m, axis=0)", "np.diff(c, 2, -1)", "np.diff(v, prepend=x)", "np.diff(v, append=w)", "np.diff(m, axis=0, prepend=line)", "np.diff(v, prepend=0.0, append=t)", "np.diff([x, y, t])"),
    "ediff1d": ("np.ediff1d(v)", "np.ediff1d(m)", "np.ediff1d(v, to_begin=x)", "np.ediff1d(v, to_end=r, to_begin=[1.0])"),
    "gradient": ("np.gradient(v)", "np.gradient(v, 0.3)", "np.gradient(v, g)", "np.gradient(m)", "np.gradient(m, axis=0)", "np.gradient(v, edge_order=2)", "np.gradient(v, g, edge_order=2)", "np.gradient(v, g - [-1.0, 0.1, 1.3, 2.9] + np.arange(4.0))", "np.gradient(m, r, g)", "np.gradient(m, 0.2, 0.5)", "np.gradient(m, x, axis=-1)", "np.gradient(c, axis=(1, 2))"),
    "interp": (
        "np.interp(x, g, v)", "np.interp(s, g, v)", "np.interp(m, g, v)", "np.interp(v * 3, g, w)", "np.interp(v * 3, g, w, left=x, right=t)", "np.interp(v * 3, g, w, period=2.5)", "np.interp([x, y], g, v)", "np.interp(x, [0.0, 0.5, 2.0], r)", "np.interp(s, g, v + 1j * w)", "np.interp(v * 1.7 + 0.1, v, w, period=3.3)"),
    "convolve": ("np.convolve(v, x)",), "convolve correlate": ("{f}(v, r)", "{f}(r, v)", "{f}(v, r, 'same')", "{f}(v, r, mode='valid')", "{f}(z, h)", "{f}(v, w, 'full')", "{f}(z, v, 'full')", "{f}(r, v, 'same')", "{f}(b, r, 'same')"),
}  # fmt: skip

PRODUCTS: dict[str, tuple[str, ...]] = {
    "dot": ("np.dot(v, w)", "np.dot(m, v)", "np.dot(m, n)", "np.dot(x, v)", "np.dot(c, n)", "np.dot(z, h)", "m.dot(v)", "out = np.zeros((3, 2)); np.dot(m, n, out=out); out", "np.dot([x, y], b)"),
    "matmul": ("np.matmul(m, n)", "np.matmul(c, d)", "np.matmul(m, v)", "np.matmul(v, w)", "c @ n", "zm @ z", "out = np.zeros((3, 2)); np.matmul(m, n, out=out); out", "np.matmul(c, d, axes=[(0, 1), (1, 2), (0, 1)]) if False else c @ d"),
    "inner": ("np.inner(v, w)", "np.inner(m, k)", "np.inner(c, v)", "np.inner(z, h)"), "outer": ("np.outer(v, r)", "np.outer(m, x)", "np.outer(z, h)", "np.outer(v, r, out=np.zeros((4, 3)))"),
    "vdot": ("np.vdot(v, w)", "np.vdot(m, k)", "np.vdot(z, h)"), "vecdot": ("np.vecdot(v, w)", "np.vecdot(m, v)", "np.vecdot(z, h)", "np.vecdot(m, k, axis=0)"),
    "matvec": ("np.matvec(m, v)", "np.matvec(c, v)", "np.matvec(zm, z)"), "vecmat": ("np.vecmat(r, m)", "np.vecmat(r, c)", "np.vecmat(h[:2], zm)"),
    "tensordot": ("np.tensordot(m, n, 1)", "np.tensordot(c, d, axes=((1, 2), (2, 1)))", "np.tensordot(m, k)", "np.tensordot(v, r, 0)", "np.tensordot(c, m, axes=([1, 2], [0, 1]))", "np.tensordot(c, v, axes=(-1, 0))", "np.tensordot(zm, z, 1)"),
    "kron": ("np.kron(v, r)", "np.kron(m, n)", "np.kron(v, m)", "np.kron(c, v)", "np.kron(z, h)", "np.kron(x, m)"),
    "cross": ("np.cross(r, [x, y, t])", "np.cross(q, r)", "np.cross(m.T, q[0])", "np.cross(q, q.T, axis=0)", "np.cross(z, h)", "np.cross(q, q.T, axisa=0, axisb=1, axisc=0)", "np.cross(d, r)", "np.cross(b, b * b)", "np.cross(n[1] - n[0], n[2:])", "np.cross(m[:, :2] * 2, q[:, :2])", "np.cross(b, r)", "np.cross(q, b)", "np.cross(n.T, n[::-1].T, axis=0)"),
    "einsum": (
        "np.einsum('ij,jk->ik', m, n)", "np.einsum('ij,jk', m, n)", "np.einsum('ii', q)", "np.einsum('ii->i', q)", "np.einsum('ij->ji', m)", "np.einsum('ij->', m)", "np.einsum('...ij,...jk->...ik', c, d)", "np.einsum('i,i', v, w)", "np.einsum('i,j,k->ijk', v, r, b)",
        "np.einsum('bij,bjk,k->b', c, d, r)", "np.einsum(m, [0, 1], n, [1, 2], [0, 2])", "np.einsum(m, [0, 1], n, [1, 2])", "np.einsum(c, [..., 0], v, [0], [...])", "np.einsum('...i->...', c)", "np.einsum('iij->j', np.stack([q, q.T, q @ q]))", "np.einsum('ij,kj->ik', m, k, optimize=True)",
        "np.einsum('ij,ij,i->j', m, k, r)", "np.einsum('i,ij,j', r, m, v)", "np.einsum(' i j , j -> i ', m, v)", "np.einsum('ii,ij->j', q, m)", "np.einsum('...,...', m, v)", "np.einsum('i...,i...->...', m, k)", "np.einsum(',i->i', x, v)", "np.einsum('ij,j->i', zm, z)", "out = np.zeros((3, 2)); np.einsum('ij,jk->ik', m, n, out=out); out",
        "np.einsum('ij,jk,kl->il', m, n, n.T, optimize='greedy')", "np.einsum('i->', v)", "np.einsum('ii->', q)", "np.einsum('bij->bi', c)", "np.einsum('aij,bij->ab', c, c)", "np.einsum('ij,ij', col, m)", "np.einsum('ij,ij,ij->j', col, line, m)"),
}  # fmt: skip

SHAPES: dict[str, tuple[str, ...]] = {
    "reshape": ("np.reshape(m, (4, 3))", "np.reshape(m, -1)", "np.reshape(m, shape=(2, 6))", "m.reshape(2, 6, order='F')", "np.reshape(x, (1, 1))", "np.reshape(m, (4, 3), copy=True)"), "ravel": ("np.ravel(m)", "m.ravel('F')", "np.ravel(x)"),
    "transpose permute_dims": ("{f}(m)", "{f}(c, (1, 0, 2))", "{f}(c, axes=(2, 0, 1))", "{f}(v)"), "matrix_transpose": ("np.matrix_transpose(c)",), "swapaxes": ("np.swapaxes(c, 0, -1)",), "moveaxis": ("np.moveaxis(c, 0, -1)", "np.moveaxis(c, [0, 1], [-1, 0])"), "rollaxis": ("np.rollaxis(c, 2)", "np.rollaxis(c, 1, 3)", "np.rollaxis(c, 0, -1)"),
    "squeeze": ("np.squeeze(line)", "np.squeeze(col, axis=1)", "np.squeeze(o)"), "expand_dims": ("np.expand_dims(v, 0)", "np.expand_dims(m, (0, 2))", "np.expand_dims(v, -1)"),
    "broadcast_to": ("np.broadcast_to(v, (3, 4))", "np.broadcast_to(x, (2,))"), "broadcast_arrays": ("np.broadcast_arrays(v, col)", "np.broadcast_arrays(v, x, m)[1]"),
    "atleast_1d atleast_2d atleast_3d": ("{f}(x)", "{f}(v)", "{f}(m)", "{f}(x, v)"),
    "roll": ("np.roll(v, 1)", "np.roll(m, -2, axis=1)", "np.roll(m, 3)", "np.roll(c, (1, 2), axis=(0, 2))", "np.roll(c, 1, (0, 1))", "np.roll(m, [1, -1], [0, 1])"), "flip": ("np.flip(m)", "np.flip(c, (0, 2))", "np.flip(v, -1)"), "flipud fliplr": ("{f}(m)", "{f}(c)"), "rot90": ("np.rot90(m)", "np.rot90(m, 2)", "np.rot90(m, -1)", "np.rot90(c, 3, axes=(1, 2))"),
    "concatenate concat": ("{f}((v, r))", "{f}([m, k], axis=1)", "{f}((m, v), axis=None)", "{f}((v, [x, y]))", "{f}([v, w], 0, dtype=np.float64)", "out = np.zeros(8); {f}((v, w), out=out); out", "{f}((v, z))"),
    "stack": ("np.stack((v, w))", "np.stack([m, k], axis=-1)", "np.stack([x, y])", "np.stack([v, w], out=np.zeros((2, 4)))"), "vstack": ("np.vstack((v, w))", "np.vstack([m, v])", "np.vstack([x, y])"), "hstack": ("np.hstack((v, r))", "np.hstack([m, col])", "np.hstack([x, v])"), "dstack": ("np.dstack((v, w))", "np.dstack([m, k])"),
    "row_stack": ("np.row_stack((v, w))",), "column_stack": ("np.column_stack((v, w))", "np.column_stack([m, r])"), "append": ("np.append(v, x)", "np.append(m, k)", "np.append(m, line, axis=0)", "np.append(v, [x, y])"), "unstack": ("np.unstack(m)[0]", "np.unstack(m, axis=1)[2]"),
    "block": ("np.block([v, w])", "np.block([[q, col], [col.T, x]])", "np.block([[m, k], [k, m]])", "np.block([[[m]], [[k]]])", "np.block(v)", "np.block([[q, np.zeros((3, 2))], [np.zeros((2, 3)), np.eye(2) * x]])", "np.block([x, y])"),
    "split array_split": ("{f}(v, 2)", "{f}(m, [1, 3], axis=1)", "{f}(m, 2, 1)[1]", "{f}(v, [1])[1]"), "array_split": ("np.array_split(v, 3)",), "hsplit": ("np.hsplit(m, 2)", "np.hsplit(v, [1, 2])"), "vsplit": ("np.vsplit(m, 3)",), "dsplit": ("np.dsplit(c, 2)",),
    "repeat": ("np.repeat(v, 2)", "np.repeat(m, 2, axis=1)", "np.repeat(v, [1, 0, 2, 1])", "np.repeat(x, 3)"), "tile": ("np.tile(v, 2)", "np.tile(m, (2, 1))", "np.tile(x, 3)"), "resize": ("np.resize(v, 6)", "np.resize(m, (2, 3))", "np.resize(v, (3, 4))"),
    "pad": (
        "np.pad(v, 2)", "np.pad(m, ((1, 0), (0, 2)))", "np.pad(v, (1, 2), 'edge')", "np.pad(m, 2, 'reflect')", "np.pad(m, 1, mode='symmetric')", "np.pad(v, 3, 'wrap')", "np.pad(v, 2, constant_values=x)", "np.pad(v, 2, constant_values=(x, y))", "np.pad(v, 2, 'linear_ramp', end_values=(x, 1.0))", "np.pad(m, 1, 'linear_ramp')", "np.pad(v, 2, 'maximum')",
        "np.pad(m, 1, 'mean')", "np.pad(v, 2, 'minimum', stat_length=2)", "np.pad(v, 1, 'median')", "np.pad(v, 2, 'reflect', reflect_type='odd')", "np.pad(v, 2, 'symmetric', reflect_type='odd')", "np.pad(v, (0, 2 * len(v)))", "np.pad(v, [(1, len(r))], 'edge')", "np.pad(m, {1: (1, 2)})"),
    "take": ("np.take(v, I)", "np.take(m, [0, 2], axis=1)", "np.take(m, 5)", "np.take(v, 2)", "np.take(v, [0, 5], mode='wrap')", "np.take(v, [0, 7], mode='clip')", "v.take(I)", "np.take(m, [[0, 1], [1, 2]], axis=0)"),
    "take_along_axis": ("np.take_along_axis(m, np.argsort(m, axis=1), axis=1)", "np.take_along_axis(v, I, 0)", "np.take_along_axis(m, np.array([0, 7, 7]), None)"),
    "put": ("a = v * 1.0; np.put(a, [0, 2], [x, y]); a", "a = m * 1.0; np.put(a, [0, 5, 7], x); a", "a = v * 1.0; a.put([1, 3], b); a", "a = v * 1.0; np.put(a, [0, 5], [x, y], mode='wrap'); a"), "put_along_axis": ("a = m * 1.0; np.put_along_axis(a, np.argmax(m, axis=1)[:, None], col, axis=1); a", "a = m * 1.0; np.put_along_axis(a, np.array([[0, 2, 1, 0]]), x, 0); a"),
    "place": ("a = v * 1.0; np.place(a, v > 0.5, [x, y]); a", "a = m * 1.0; np.place(a, MASKS, v); a"), "putmask": ("a = v * 1.0; np.putmask(a, a > 0.5, w); a", "a = v * 1.0; np.putmask(a, MASK, x); a", "a = m * 1.0; np.putmask(a, MASKS, r); a"), "copyto": ("a = np.zeros(4); np.copyto(a, v); a", "a = v * 1.0; np.copyto(a, w, where=MASK); a", "a = np.zeros((3, 4)); np.copyto(a, v); a", "a = v * 1.0; np.copyto(a, x, where=a > 0.5); a"),
    "fill_diagonal": ("a = q * 1.0; np.fill_diagonal(a, x); a", "a = q * 1.0; np.fill_diagonal(a, r); a", "a = m * 1.0; np.fill_diagonal(a, x); a", "a = n * 1.0; np.fill_diagonal(a, x, wrap=True); a"),
    "compress": ("np.compress(MASK, v)", "np.compress([True, False, True], m, axis=0)", "v.compress(MASK)", "np.compress(v > 0, v)"), "extract": ("np.extract(v > 0.5, v)", "np.extract(MASKS, m)"), "choose": ("np.choose(I % 2, [v, w])", "np.choose([0, 1, 1, 0], (v, x))", "np.choose(I, [v, w], mode='clip')", "np.choose(I, [v, w], mode='wrap')"),
    "select": ("np.select([v > 1, v > 0], [v * 2, w])", "np.select([v > 1], [v], default=x)", "np.select([v > 1, v > 0], [np.sqrt(np.abs(v)), w], 0.5)"), "piecewise": ("np.piecewise(v, [v < 0, v >= 0], [lambda a: -a * a, lambda a: a ** 3])", "np.piecewise(v, [v > 0.5], [lambda a: a * a, 2.5])", "np.piecewise(v, [v < 0], [0.0, lambda a: a])", "np.piecewise(v, [v < 0], [lambda a, p: a * p, lambda a, p: a], 2.0)", "np.piecewise(y, [y < 0, y >= 0], [lambda a: a * a, lambda a: a])"),
    "insert": ("np.insert(v, 1, x)", "np.insert(v, [0, 2], b)", "np.insert(m, 1, v, axis=0)", "np.insert(m, 1, x, axis=1)", "np.insert(v, slice(0, 2), x)"), "delete": ("np.delete(v, 1)", "np.delete(m, [0, 2], axis=1)", "np.delete(v, slice(0, 2))", "np.delete(m, 1)", "np.delete(v, MASK)"),
    "diag": ("np.diag(v)", "np.diag(q)", "np.diag(v, -1)", "np.diag(m, 1)"), "diagflat": ("np.diagflat(v, 1)", "np.diagflat(n)"), "diagonal": ("np.diagonal(q)", "np.diagonal(c, 1, 1, 2)", "np.diagonal(c, axis1=0, axis2=2)"), "tril triu": ("{f}(m)", "{f}(q, 1)", "{f}(c, -1)"),
    "ndenumerate": ("np.array([a * x + i for (i,), a in np.ndenumerate(v)])", "sum([a * a * (i + j) for (i, j), a in np.ndenumerate(m)])"), "ndindex": ("np.array([m[i] for i in np.ndindex(3, 4)])", "np.array([c[i] for i in np.ndindex(c.shape[:2])])"), "nditer": ("np.array([a * p for a, p in np.nditer([v, w], order='C')])",),
    "s_ index_exp": ("m[{f}[1:, ::2]]",),
    "sliding_window_view": ("np.lib.stride_tricks.sliding_window_view(v, 2)", "np.lib.stride_tricks.sliding_window_view(m, (2, 2))", "np.lib.stride_tricks.sliding_window_view(m, 2, axis=1)", "np.lib.stride_tricks.sliding_window_view(v, 3).mean(axis=-1)"),
    "lib.stride_tricks.broadcast": ("np.broadcast_to(v, (2, 4)) * x",),
    "indices (tril_indices …)": ("q[np.tril_indices(3)]", "q[np.triu_indices(3, 1)]", "q[np.diag_indices(3)]", "q[np.tril_indices_from(q)]", "q[np.triu_indices_from(q, 1)]", "q[np.diag_indices_from(q)]", "a = np.zeros((3, 3)); a[np.triu_indices(3, 1)] = r; a", "np.indices((3, 4))[0] * m", "m[np.ix_([0, 2], [1, 3])]", "m[np.ix_([0, 2], MASK)]", "m[np.unravel_index([1, 5], (3, 4))]", "m.ravel()[np.ravel_multi_index(([0, 2], [1, 3]), (3, 4))]", "q[np.mask_indices(3, np.triu)]", "np.tri(3) * q", "np.fromfunction(lambda i, j: i + j, (3, 4)) * m"),
}  # fmt: skip

CREATION: dict[str, tuple[str, ...]] = {
    "array": ("np.array([x, y, t])", "np.array([[x, y], [t, 1.0]])", "np.array([v, w])", "np.array((x, [y][0]))", "np.array(v)", "np.array([v * 2, [x, y, t, 0.0]])", "np.array([[[x]], [[y]]])", "np.array(v, ndmin=2)", "np.array([x, y], dtype=complex)", "np.array([x, y], dtype=np.float32)", "np.array(v, copy=True)", "np.array([x + i, i])", "np.array([a * a for a in v])"),
    "asarray asanyarray ascontiguousarray asfortranarray asarray_chkfinite": ("{f}(v)", "{f}([x, y])", "{f}([v, w])", "{f}(m.T)", "{f}(v, dtype=np.float64)"), "copy": ("np.copy(v)", "v.copy()", "np.copy(m)"), "require": ("np.require(v, dtype=np.float64)",),
    "fromiter": ("np.fromiter([x, y, t], float)", "np.fromiter((a * a for a in v), dtype=float)", "np.fromiter((a * x for a in v), float, count=4)"), "full": ("np.full(3, x)", "np.full((2, 3), x)", "np.full((3, 4), v)", "np.full(3, x, dtype=complex)"), "full_like": ("np.full_like(v, x)", "np.full_like(m, v)"),
    "zeros_like ones_like": ("{f}(v) + v",), "linspace": ("np.linspace(x, t, 5)", "np.linspace(x, t, 5, endpoint=False)", "np.linspace(v, w, 3)", "np.linspace(v, w, 3, axis=-1)", "np.linspace(x, 2.0, 4, retstep=True)", "np.linspace(0, x)", "np.linspace(x, t, 1)", "np.linspace(z, h, 3)"),
    "logspace": ("np.logspace(x, t, 4)", "np.logspace(x, t, 4, base=2.0)", "np.logspace(x, t, 4, endpoint=False)", "np.logspace(v, w, 3)", "np.logspace(x, t, 4, base=u[0])", "np.logspace(x, r, 2, base=u[:3], axis=-1)"), "geomspace": ("np.geomspace(x, t, 4)", "np.geomspace(x, t, 4, endpoint=False)", "np.geomspace(u, u * 3, 3)", "np.geomspace(-x, -t, 4)", "np.geomspace(u, u * 3, 3, axis=1)"),
    "arange": ("np.arange(x, x + 3.2)", "np.arange(4) * v", "np.arange(x, 5.5, 0.9 * t)", "np.arange(3 * t)"), "meshgrid": ("np.meshgrid(v, r)", "np.meshgrid(v, r, indexing='ij')", "np.meshgrid(v, r, b)", "np.meshgrid(v, r, sparse=True)", "np.meshgrid(v)"),
    "mgrid ogrid": ("np.mgrid[0:3, 0:4][0] * m", "np.ogrid[0:3, 0:4][1] * m", "np.mgrid[0:1:4j] * v"), "r_ c_": ("np.r_[v, x, r]", "np.c_[v, w]", "np.c_[m, r]", "np.r_[x, 1.0, v]", "np.r_['0,2', v, w]", "np.r_['-1', m, k]", "np.r_[x, 0:1:3j]"), "vander": ("np.vander(v)", "np.vander(v, 3)", "np.vander(v, 3, increasing=True)", "np.vander(v, increasing=True)"),
    "kaiser": ("np.kaiser(5, t)", "np.kaiser(4, 8.6) * v", "np.kaiser(1, t)", "np.kaiser(6, x)"), "bartlett blackman hamming hanning": ("{f}(4) * v",), "polyval": ("np.polyval(v, x)", "np.polyval(v, r)", "np.polyval(v, m)", "np.polyval([1.0, 2.0, x], t)", "np.polyval(z, i)", "np.polyval(v, r.reshape(3, 1))"),
    "polyadd polysub polymul": ("{f}(v, r)", "{f}(r, v)", "{f}(v, [1.0, 2.0])", "{f}(z, v)"), "polyder": ("np.polyder(v)", "np.polyder(v, 2)", "np.polyder(v, 0)"), "polyint": ("np.polyint(v)", "np.polyint(v, 2)", "np.polyint(v, k=x)", "np.polyint(v, 2, k=b)"), "polydiv": ("np.polydiv(v, b)", "np.polydiv(v, r)", "np.polydiv(b, v)[1]"),
    "polyfit": ("np.polyfit(g, v, 1)", "np.polyfit(g, v, 2)", "np.polyfit(g, v, 1, w=u)", "np.polyfit(g, m.T, 1)", "np.polyfit(g, v, 1, cov=True)", "np.polyfit(g, v, 1, full=True)[:2]"), "poly": ("np.poly(r)", "np.poly(v)", "np.poly(q)"), "roots": ("np.roots(r.astype(complex))", "np.abs(np.roots(z))", "np.abs(np.roots(v))", "np.poly1d(r).roots.real", "np.sum(np.roots(np.array([1.0, 1j, x])).real ** 3)"), "iscomplex isreal isposinf isneginf isnan isfinite isinf signbit sign floor ceil rint trunc fix round around spacing": ("{f}(v) * v",),
}  # fmt: skip

MATH: dict[str, tuple[str, ...]] = {
    "perm": ("math.perm(4) * x", "math.perm(5, 2) * x", "math.perm(int(x) + 3) * x"),
    "math.sin cos tan asin acos atan sinh cosh tanh asinh atanh exp exp2 expm1 erf erfc cbrt fabs degrees radians sqrt log log2 log10 log1p gamma lgamma": ("{f}(x)", "{f}(x * 0.5)"), "math.acosh": ("math.acosh(t)",),
    "math.pow atan2 copysign fmod remainder hypot dist": (), "math.log": ("math.log(x, t)", "math.log(x, 10)"), "math.pow": ("math.pow(x, y)",), "math.atan2": ("math.atan2(x, y)",), "math.copysign": ("math.copysign(x, y)",), "math.fmod": ("math.fmod(t, x)",), "math.remainder": ("math.remainder(t, x)",), "math.hypot": ("math.hypot(x, y)", "math.hypot(x, y, t)", "math.hypot(x)"),
    "math.dist": ("math.dist([x, y], [t, 1.0])", "math.dist(v, w)", "math.dist((x, y), (y, t))"), "math.fsum": ("math.fsum([x, y, t])", "math.fsum(v)", "math.fsum(a * a for a in v)"), "math.prod": ("math.prod([x, y, t])", "math.prod(v)", "math.prod(v, start=x)"), "math.nextafter": ("math.nextafter(x, 2.0)",), "math.ldexp": ("math.ldexp(x, 3)",), "math.modf": ("math.modf(t)",), "math.frexp": ("math.frexp(t)[0]",), "math.floor ceil trunc": ("{f}(t) * x",), "math.isclose": ("x if math.isclose(x, y) else y",),
    "cmath.exp log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh log": ("{f}(i)", "{f}(x)", "{f}(i).real"), "cmath.log": ("cmath.log(i, 2)", "cmath.log(i, i + 1)"), "cmath.phase": ("cmath.phase(i)",), "cmath.polar": ("cmath.polar(i)",), "cmath.rect": ("cmath.rect(x, y)",),
}  # fmt: skip

STATISTICS: dict[str, tuple[str, ...]] = {
    "mean fmean median variance stdev pvariance pstdev": ("{f}([x, y, t])", "{f}(v)", "{f}([a * a for a in v])", "{f}((x, y, t, 2.0))"), "geometric_mean harmonic_mean": ("{f}([x, t, 2.0])", "{f}(u)"), "fmean": ("statistics.fmean(v, weights=u)",), "harmonic_mean": ("statistics.harmonic_mean([x, t], weights=[1, 2])",), "median_low median_high": ("{f}([x, y, t, 2.0])", "{f}(v)"), "median_grouped": ("statistics.median_grouped([1.0, 2.0, 2.0, 3.0], interval=1.0) * x",),
    "variance pvariance stdev pstdev": ("{f}([x, y, t], 0.5)",), "covariance correlation": ("{f}([x, y, t], [y, t, 2.0])", "{f}(v, w)"), "linear_regression": ("statistics.linear_regression(g, v)", "statistics.linear_regression(g, v).slope", "statistics.linear_regression(g, v, proportional=True)"), "quantiles": ("statistics.quantiles(v, n=4)", "statistics.quantiles([x, y, t], n=3, method='inclusive')"),
    "NormalDist": ("statistics.NormalDist(x, t).pdf(y)", "statistics.NormalDist(x, t).cdf(y)", "statistics.NormalDist(x, t).inv_cdf(0.3)", "statistics.NormalDist().inv_cdf(x)", "statistics.NormalDist(x, t).zscore(y)", "statistics.NormalDist(x, t).mean", "statistics.NormalDist(x, t).stdev", "statistics.NormalDist(x, t).variance", "(statistics.NormalDist(x, t) + statistics.NormalDist(y, 1.0)).variance", "statistics.NormalDist.from_samples(v).stdev", "(statistics.NormalDist(x, t) * 3).stdev", "statistics.NormalDist(x, t).overlap(statistics.NormalDist(y, 1.0))", "statistics.NormalDist(x, t).quantiles(4)"),
    "mode": ("statistics.mode([x, y, x, t])", "statistics.mode([1, 2, 2]) * x"), "multimode": ("statistics.multimode([y, x, t, y, t])", "statistics.multimode([1, 1, 2, 2, 3])[1] * x"),
    **({"kde": ("statistics.kde([x, y, t], h=1.3)(t)", "statistics.kde(v, t, 'quartic', cumulative=True)(x)")} if hasattr(statistics, "kde") else {}),
}  # fmt: skip

BUILTINS: dict[str, tuple[str, ...]] = {
    "builtins.abs": ("abs(x)", "abs(v)", "abs(i)", "abs(z)"), "builtins.sum": ("sum(v)", "sum([x, y, t])", "sum(m)", "sum((a * x for a in v), start=t)", "sum(m, v)"), "builtins.max": ("max(x, y, t)", "max(v)", "max([x, y], key=abs)", "max([], default=x)"), "builtins.min": ("min(x, y, t)", "min(v)", "min(v, key=lambda a: (a - 1) ** 2)"), "builtins.pow": ("pow(x, y)", "pow(v, 3)", "pow(i, 2)"), "builtins.divmod": ("divmod(x, y)", "divmod(v, u)"), "builtins.round": ("round(t) * x", "round(x, 2) * y"), "builtins.float": ("float(x)", "float(o[0])", "float(np.sum(v))"), "builtins.complex": ("complex(x, y)", "complex(x)", "complex(i)"), "builtins.sorted": ("sorted([x, y, t])", "sorted(v)", "sorted(v, reverse=True)", "sorted([x, y, t], key=abs)"), "builtins.int": ("int(t) * x",),
}  # fmt: skip

METHODS: dict[str, tuple[str, ...]] = {
    "ndarray.sum prod mean max min var std cumsum cumprod": ("m.{f}()", "m.{f}(axis=0)", "m.{f}(1)"), "ndarray.sum max": ("m.{f}(axis=1, where=MASKS, initial=0.3)", "m.{f}(axis=(0, 1), keepdims=True)"), "ndarray.reshape": ("m.reshape(2, -1)", "m.reshape((6, 2))"), "ndarray.transpose": ("c.transpose(1, 0, 2)", "m.transpose()"), "ndarray.T": ("m.T",), "ndarray.mT": ("c.mT",), "ndarray.swapaxes": ("c.swapaxes(0, 1)",), "ndarray.squeeze": ("line.squeeze()",), "ndarray.flatten": ("m.flatten()", "m.flatten('F')"), "ndarray.ravel": ("m.ravel()",), "ndarray.repeat": ("v.repeat(2)", "m.repeat(2, axis=0)"), "ndarray.diagonal": ("q.diagonal()", "q.diagonal(1)"), "ndarray.trace": ("q.trace()",), "ndarray.clip": ("v.clip(-0.5, 1.0)",), "ndarray.dot": ("m.dot(n)",), "ndarray.conj": ("z.conj()", "z.conjugate()"), "ndarray.real": ("z.real", "z.imag"), "ndarray.item": ("m.item(3)", "o.item()", "m.item(1, 2)", "m.item((1, 2))"), "ndarray.tolist": ("v.tolist()", "m.tolist()"), "ndarray.fill": ("a = np.zeros(3); a.fill(x); a",), "ndarray.astype": ("v.astype(complex)", "v.astype(float, copy=False)", "v.astype(np.longdouble) * 2"), "ndarray.copy": ("v.copy()",), "ndarray.flat": ("m.flat[3]", "np.array([e2 * 2 for e2 in m.flat])"), "ndarray.round": ("v.round(1) * v",), "ndarray.argsort": ("v[v.argsort()]",), "ndarray.argmax": ("v[v.argmax()]",), "ndarray.nonzero": ("v[v.nonzero()]",), "ndarray.searchsorted": ("g.searchsorted(v) * v",), "ndarray.choose": ("(I % 2).choose([v, w])",), "ndarray.partition": ("a = v * 1.0; a.partition(2); a[2]",), "ndarray.resize": (), "ndarray.__array__": ("v.__array__()",), "ndarray.__setitem__": ("a = np.zeros(4); a[:] = v; a", "a = m * 1.0; a[MASKS] = x; a"), "ndarray.argpartition": ("v[v.argpartition(2)[2]]",), "ndarray.take": ("m.take([0, 2], axis=1)",), "ndarray.compress": ("v.compress(MASK)",), "ndarray.put": ("a = v * 1.0; a.put([0], x); a",), "ndarray.sort": ("a = v * 1.0; a.sort(); a",), "ndarray.ptp": (), "ndarray.all any": ("v.{f}() * v",), "ndarray.setfield": (),
}  # fmt: skip

FIXED["A0"] = np.zeros(4)


def expand(table: dict[str, tuple[str, ...]], prefix: str) -> dict[str, tuple[str, ...]]:
    """One entry for each name of the keys that have several: ``{f}`` in a sample is the name."""
    out: dict[str, tuple[str, ...]] = {}
    for key, samples in table.items():
        module, dot, names = key.partition(".") if key.split(".")[0] in ("math", "cmath", "ndarray") else (prefix, "", key)
        single = "(" in key or key.startswith(("ufunc", "builtins", "lib."))
        for name in [key] if single else names.split():
            spelled = f"{module}.{name}" if module != "ndarray" else name
            known = key if single else f"{module}.{name}"
            out[known] = out.get(known, ()) + tuple(s.replace("{f}", spelled) for s in samples)
    return out


SAMPLES: dict[str, tuple[str, ...]] = {
    **expand(UFUNC_FORMS, "np"), **expand(ELEMENTWISE, "np"), **expand(REDUCTIONS, "np"), **expand(ORDERS, "np"),
    **expand(PRODUCTS, "np"), **expand(SHAPES, "np"), **expand(CREATION, "np"), **expand(MATH, "math"),
    **expand(STATISTICS, "statistics"), **expand(BUILTINS, "builtins"), **expand(METHODS, "ndarray"),
}  # fmt: skip
if np.lib.NumpyVersion(np.__version__) < "2.4.0":
    SAMPLES["np.pad"] = tuple(s for s in SAMPLES["np.pad"] if "{" not in s)  # widths by axis are newer
    SAMPLES["np.quantile"] = tuple(s for s in SAMPLES["np.quantile"] if "axis=(2, 0), weights" not in s)  # NumPy is wrong
if np.lib.NumpyVersion(np.__version__) >= "2.5.0":  # which takes vectors of three numbers only
    SAMPLES["np.cross"] = tuple(s for s in SAMPLES["np.cross"] if all(two not in s for two in ("(b,", ", b)", "n[", ":2")))
if not hasattr(np, "row_stack"):
    SAMPLES.pop("np.row_stack", None)
if hasattr(math, "sumprod"):
    SAMPLES["math.sumprod"] = ("math.sumprod([x, y], [t, 2.0])", "math.sumprod(v, w)")
if hasattr(math, "fma"):
    SAMPLES["math.fma"] = ("math.fma(x, y, t)", "math.fma(x, x, 2.0)")
if hasattr(np, "trapz"):  # before NumPy 2.4
    SAMPLES["np.trapz in1d"] = ("np.trapz(v, g)", "np.where(np.in1d(I, [0, 3]), v * w, w)")


def function_of(sample: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A sample as a function with source, and its arguments."""
    *before, last = sample.split("; ")
    used = set(compile(sample, "<sample>", "exec").co_names)
    for constant in compile(sample, "<sample>", "exec").co_consts:
        if hasattr(constant, "co_names"):
            used |= {*constant.co_names, *constant.co_freevars}
    names = [name for name in VALUES if name in used and name not in {line.split(" = ")[0] for line in before}]
    body = "".join(f"    {line}\n" for line in [*before, f"return {last}"])
    f = load(f"def sample({', '.join(names)}):\n{body}", "sample", dict(FIXED))
    return f, tuple(VALUES[name] for name in names)
