"""Calls of NumPy's functions with their rarer keywords, in the form of ``tests/surface_numpy.py``.

With the samples there, each keyword of each function that has a derivative is used by some call, with another value than
its default; ``keywords_used`` reads that off the samples.
"""

# ruff: noqa: E501

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tests.surface_numpy import expand

EVERY = "dtype=float, casting='same_kind', order='C', subok=True"
"""Keywords of all ufuncs, beside ``out`` and ``where``."""

UFUNCS: dict[str, tuple[str, ...]] = {
    **{
        names: (f"{{f}}({operands}, out=w * 1.0, where=MASK, {EVERY}) * w",)
        for names, operands in {
            "abs absolute cbrt conj conjugate deg2rad degrees exp exp2 expm1 fabs negative positive rad2deg radians square": "v",
            "arcsinh arctan asinh atan cos cosh sin sinh tan tanh ceil floor rint sign trunc": "v",
            "log log10 log1p log2 reciprocal sqrt": "u", "arccos arcsin arctanh acos asin atanh": "s", "arccosh acosh": "u + 1.5",
            "add subtract multiply divide true_divide maximum minimum fmax fmin logaddexp logaddexp2 hypot arctan2 atan2 copysign heaviside nextafter": "v, w",
            "float_power pow power": "u, w", "fmod mod remainder floor_divide": "v, u", "ldexp": "v, I",
        }.items()
    },
    "modf": ("whole = u * 1.0; np.modf(v, where=MASK, out=(w * 1.0, whole), dtype=float, casting='unsafe', order='F', subok=False)[0] * whole",),
    "divmod": ("np.divmod(v, u, where=MASK, out=(w * 1.0, u * 1.0), dtype=float, casting='unsafe', order='F', subok=False)",),
    "frexp": ("np.frexp(v, where=MASK, out=(w * 1.0, None), casting='unsafe', order='F', subok=False, dtype=None)[0] * MASK",),
    "isfinite isinf isnan signbit logical_not": ("{f}(v, where=MASK, out=np.zeros(4, bool), casting='unsafe', order='F', subok=False, dtype=bool) * v",),
    "greater": ("np.greater(v, w, where=MASK, out=np.zeros(4, bool), casting='unsafe', order='F', subok=False, dtype=bool) * v",),
    "add": ("np.add(v, w, signature='dd->d')", "np.add(v, w, sig=(None, None, np.complex128))", "np.add(2, v, dtype=complex)", "np.sin(I, dtype=np.float64) * v", "np.add(v, w, dtype=np.longdouble)"),
    "matmul": ("np.matmul(c, d, axes=[(1, 2), (1, 2), (0, 1)])", "np.matmul(m, k, axes=[(0, 1), (1, 0), (1, 0)], dtype=complex, casting='unsafe', order='F', subok=False)", "np.matmul(m, v, axes=[(0, 1), (0,), (0,)])", "np.matmul(r, c, axes=[0, (1, 2), 0])", "np.matmul(v, w, axes=[0, 0, ()])", "np.matmul(c, d, axes=[(1, 2), (1, 2), (1, 2)], out=np.zeros((2, 3, 3)))"),
    "vecdot": ("np.vecdot(q, r, axis=0)", "np.vecdot(c, m, axis=-2, keepdims=True)", "np.vecdot(c, c * c, axes=[0, 0, 1], keepdims=True, dtype=float)", "np.vecdot(c, m, axes=[-1, -1], out=np.zeros((2, 3)))", "np.vecdot(zm, zm * 2, axis=0, casting='unsafe', order='F', subok=False)"),
    "matvec": ("np.matvec(c, r, axes=[(2, 1), 0, 0])", "np.matvec(m, v, out=np.zeros(3), dtype=float, casting='unsafe', order='F', subok=False)"),
    "vecmat": ("np.vecmat(v, c, axes=[0, (2, 1), 0])", "np.vecmat(z[:2], zm, axes=[-1, (0, 1), -1])", "np.vecmat(r, m, out=np.zeros(4), dtype=float, casting='unsafe', order='F', subok=False)"),
    "ufunc (of methods)": (
        "np.hypot.outer(v, r, where=MASKS.T, out=m.T.copy())", "out = m.T * 1.0; np.maximum.outer(v, r, out=out, where=MASKS.T); out * 2", "np.multiply.reduce(m, 1, None, None, True)", "np.hypot.reduce(m, axis=0, dtype=float, out=(np.zeros(4),))",
        "np.fmax.accumulate(m, 0, np.longdouble)", "np.logaddexp.reduceat(m, indices=[0, 2], axis=1, dtype=float, out=np.zeros((3, 2)))", "np.arctan2.outer(v, r, order='F', casting='unsafe', subok=False)"),
}  # fmt: skip

PARTS: dict[str, tuple[str, ...]] = {
    "real imag (as views)": (
        "a = z * 1; a.real = r; a", "a = z * 1; a.imag[1:] = r[1:]; a", "a = z * 1; np.imag(a)[:] = r; a * a", "a = z * 1; part = a.real; part += r; a * z", "a = z * 1; a.real[a.real > 0] = x; a",
        "a = zm * 1; part = a.T.real; a[0, 1] = i; part", "a = np.zeros(3, complex); a.real = r; a.imag = r * r; a * z", "a = np.zeros(3, np.complex64); a.real = sp; a", "a = m * 1.0; a.flat = v; a"),
    "ndarray (attributes)": ("m.itemsize * x", "m.nbytes * x", "m.to_device('cpu')", "a = v * 1; part = a.view(); part[0] = x; a", "v.view(dtype=np.float64)"),
}  # fmt: skip

REDUCTIONS: dict[str, tuple[str, ...]] = {
    "any all": ("{f}(m > 0.9, axis=1, where=MASKS, keepdims=True) * m", "{f}(m > 0.9, axis=1, out=np.zeros(3, bool)) * r"),
    "argmax argmin nanargmax nanargmin": ("{f}(m, axis=1, keepdims=True) * m", "{f}(m, axis=1, out=np.zeros(3, int)) * r"),
    "cumulative_prod cumulative_sum": ("{f}(m, axis=0, dtype=complex, out=np.zeros((3, 4), complex))",),
    "nancumprod nancumsum": ("{f}(np.where(HOLES, NAN, m), axis=0, dtype=float, out=np.zeros((3, 4)))",),
    "nanmax nanmin nanmedian median": ("{f}(m, axis=0, out=np.zeros(4))",), "median nanmedian": ("{f}(m * 1.0, axis=0, overwrite_input=True)",),
    "nanmean nanprod nansum": ("{f}(np.where(HOLES, NAN, m), axis=0, dtype=float, out=np.zeros(4))",), "nanprod nansum": ("{f}(np.where(HOLES, NAN, m), axis=1, initial=x)",),
    "nanpercentile percentile": ("{f}(m * 1.0, 37.0, axis=1, out=np.zeros(3), overwrite_input=True)", "{f}(m, 37.0, method='inverted_cdf', weights=m)"), "nanquantile quantile": ("{f}(m * 1.0, 0.37, axis=1, out=np.zeros(3), overwrite_input=True)",), "nanquantile": ("np.nanquantile(m, 0.37, method='inverted_cdf', weights=m)",),
    "nanstd nanvar std var": ("{f}(m, axis=1, dtype=np.longdouble, where=MASKS)", "{f}(m, axis=0, mean=line, out=np.zeros(4))", "{f}(m, axis=1, correction=1)", "{f}(zm, axis=1, dtype=complex)"),
    "ptp": ("np.ptp(m, 0, np.zeros(4))",), "trace": ("np.trace(c, 1, 1, 2, dtype=complex, out=np.zeros(2, complex))",), "corrcoef cov": ("{f}(k, dtype=complex)",), "count_nonzero": ("np.count_nonzero(m > 1, axis=1, keepdims=True) * r",), "size": ("np.size(m, axis=1) * x",),
    "round around": ("{f}(v, decimals=1, out=np.zeros(4)) * v",), "fix isneginf isposinf": ("{f}(v, out=np.zeros(4, {f}(0.0).dtype)) * v",), "isclose": ("np.isclose(v, w, rtol=0.3, atol=2.2, equal_nan=True) * v",), "allclose": ("x if np.allclose(v, w, rtol=5, atol=3, equal_nan=True) else y",), "array_equal": ("x if np.array_equal(v, w, equal_nan=True) else y",),
}  # fmt: skip

ARRAYS: dict[str, tuple[str, ...]] = {
    "array": ("np.array(v, order='F', subok=True, like=w)",), "asanyarray asarray": ("{f}(m, order='F', device='cpu', copy=True, like=v)",), "asarray_chkfinite": ("np.asarray_chkfinite(m, order='F')",), "ascontiguousarray asfortranarray": ("{f}(m.T, dtype=float, like=m)",), "astype": ("np.astype(v, 'f8', copy=False, device='cpu')", "m.astype(complex, order='F', casting='same_kind', subok=False, copy=True)"),
    "copy": ("np.copy(m, order='F', subok=True)", "m.copy(order='F')"), "require": ("np.require(m, dtype=float, requirements=['C', 'W'], like=m)",), "reshape": ("np.reshape(m, (4, 3), order='F')",), "ravel": ("np.ravel(m, order='F')",), "ndarray.reshape": ("m.reshape(-1, copy=True)",),
    "empty": ("a = np.empty((3, 4), dtype=float, order='F', device='cpu', like=m); a[:] = m; a",), "empty_like": ("a = np.empty_like(m, dtype=complex, order='C', subok=False, shape=(2, 2), device='cpu'); a[:] = x; a",), "full": ("np.full((2, 2), x, dtype=float, order='F', device='cpu', like=m)",), "full_like": ("np.full_like(m, x, dtype=complex, order='F', subok=False, shape=(2, 2), device='cpu')",),
    "ones zeros": ("{f}((2, 2), dtype=float, order='F', device='cpu', like=m) + x",), "ones_like zeros_like": ("{f}(m, dtype=complex, order='F', subok=False, shape=2, device='cpu') + x",), "eye": ("np.eye(3, 4, 1, dtype=float, order='F', device='cpu', like=m) * m",), "identity": ("np.identity(3, dtype=float, like=m) @ q",), "tri": ("np.tri(3, M=4, k=1, dtype=float, like=m) * m",),
    "arange": ("np.arange(x, t, 0.2, dtype=float, device='cpu', like=v)",), "linspace": ("np.linspace(x, t, 4, dtype=complex, device='cpu')",), "geomspace logspace": ("{f}(x, t, 4, dtype=np.longdouble)",), "fromfunction": ("np.fromfunction(lambda a, b: a * x + b, (2, 3), dtype=float, like=m)",), "fromiter": ("np.fromiter((a * x for a in v), float, count=3, like=v)",), "indices": ("np.indices((3, 4), dtype=float, sparse=True)[1] * m",),
    "broadcast_to": ("np.broadcast_to(v, (2, 4), subok=True)",), "broadcast_arrays": ("np.broadcast_arrays(v, col, subok=True)[0]",), "choose": ("np.choose([0, 1, 0, 1], [v, w], out=np.zeros(4))",), "compress": ("np.compress(MASK, m, 1, np.zeros((3, 3)))",), "take": ("np.take(m, [0, 2], axis=1, out=np.zeros((3, 2)))",), "concat concatenate hstack stack vstack": ("{f}((m, k), dtype=np.longdouble, casting='same_kind')",),
    "partition argpartition": ("np.partition(m, 1, axis=1, kind='introselect', order=None)[:, 1]", "np.take_along_axis(m, np.argpartition(m, 1, axis=1, kind='introselect', order=None)[:, 1:2], axis=1)"), "sort argsort": ("np.sort(v, order=None)", "v[np.argsort(v, kind='stable', order=None, stable=None)]"), "lexsort": ("v[np.lexsort((v, I), axis=0)]",), "searchsorted": ("np.searchsorted(v, 0.5, sorter=np.argsort(v)) * x",), "digitize": ("np.digitize(v, BINS, right=True) * v",), "unique": ("np.unique(v, equal_nan=False, sorted=True)",),
    "intersect1d": ("np.intersect1d(v, v * 1.0, assume_unique=True, return_indices=True)[0]",), "setdiff1d setxor1d": ("{f}(v, w, assume_unique=True)",), "isin": ("np.isin(I, [0, 3], assume_unique=True, invert=True, kind='sort') * v",), "diag_indices mask_indices tril_indices triu_indices tril_indices_from": ("c[np.diag_indices(2, ndim=3)]", "q[np.mask_indices(3, np.triu, k=1)]", "m[np.tril_indices(3, k=1, m=4)]", "m[np.triu_indices(3, -1, m=4)]", "m[np.tril_indices_from(m, k=-1)]"),
    "nan_to_num": ("np.nan_to_num(np.where(HOLE, np.inf, v), posinf=x, neginf=t)",), "real_if_close": ("np.real_if_close(z, tol=1000)",), "piecewise": ("np.piecewise(v, [v > 0, v <= 0], [lambda a, s: a * s, lambda a, s: a - s], s=x)",), "polyfit": ("np.polyfit(g, v, 1, rcond=1e-10)",), "trim_zeros": ("np.trim_zeros(v, 'fb', axis=0)",), "unravel_index ravel_multi_index": ("np.unravel_index(5, (3, 4), order='F')[0] * x", "np.ravel_multi_index(([0, 2], [1, 3]), (3, 4), mode='clip', order='F') * b"), "vectorize": ("np.vectorize(lambda a, b: a * b, excluded={1})(v, x)",), "diff": ("np.diff(v, 0)",),
    "histogram_bin_edges histogram2d": ("np.histogram_bin_edges(v, 3, range=(x, 3 * t), weights=u)", "np.histogram2d(v, w, 2, range=[[-2.0, 3.0], [-1.0, 2.0]], weights=u, density=True)[0]"),
}  # fmt: skip

KEYWORDS: dict[str, tuple[str, ...]] = {}
"""Each leaves the arrays that it is given as they are: what ``overwrite_input=`` leaves is not said."""
for _table in (UFUNCS, PARTS, REDUCTIONS, ARRAYS):
    for _name, _samples in expand(_table, "np").items():
        KEYWORDS[_name] = KEYWORDS.get(_name, ()) + _samples


def programs(size: int = 12) -> list[str]:
    """The samples as programs of several calls each, of which one derivative is made: what they share costs once."""
    samples = [sample for row in KEYWORDS.values() for sample in row]
    whole = [s for s in samples if "; " in s]
    parts = [s for s in samples if "; " not in s]
    return whole + [f"({', '.join(parts[k : k + size])},)" for k in range(0, len(parts), size)]


def parameters(f: Callable[..., Any]) -> list[str]:
    """The parameters of a function of NumPy, in order."""
    if isinstance(f, np.ufunc):
        others = ["out", "where", "dtype", "casting", "order", "subok"]
        return [f"x{k}" for k in range(f.nin)] + (others if f.signature is None else [n for n in others if n != "where"])
    return list(inspect.signature(f).parameters)


def keywords_used(samples: Iterable[str]) -> dict[str, set[str]]:
    """Which parameters each function of NumPy is given in these samples, by position or by name."""
    used: dict[str, set[str]] = {}
    for sample in samples:
        for node in ast.walk(ast.parse(sample)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if not isinstance(node.func.value, ast.Name) or node.func.value.id != "np":
                continue
            name = node.func.attr
            try:
                names = parameters(getattr(np, name))
            except (AttributeError, TypeError, ValueError):
                continue
            given = {k.arg for k in node.keywords if k.arg} | set(names[: len(node.args)])
            used.setdefault(name, set()).update(given)
    return used
