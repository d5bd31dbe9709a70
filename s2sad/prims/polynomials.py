"""Polynomials by their coefficients, highest power first, and the Bessel function that the Kaiser window is made of."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Axis, Type, axes, dtype_name, np_dtype, of
from s2sad.prims import runtime
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, is_constant, primitive

define = REGISTRY.define


@define(np.polyval)
def polyval(p, x):
    if isinstance(x, np.poly1d):
        return np.poly1d(p)(x)
    p, x = np.asarray(p), np.asarray(x)[()]
    y = np.zeros_like(x)[()]
    for k in range(len(p)):
        y = y * x + p[k]
    return y


@define(np.polydiv)
def polydiv(u, v):
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = len(u) - 1, len(v) - 1
    quotient = np.zeros(max(m - n + 1, 1), dtype=(u[:1] + v[:1]).dtype)
    rest = u + 0.0 * v[0]
    for k in range(m - n + 1):
        quotient[k] = rest[k] / v[0]
        rest[k : k + n + 1] -= quotient[k] * v
    gone = np.isclose(rest, 0.0, rtol=1e-14)
    first = len(rest) - 1 if np.all(gone) else np.argmin(gone)
    return quotient, rest[first:]


@define(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    table, values = np.vander(x, deg + 1), y
    if w is not None:
        weights = np.asarray(w) + 0.0
        table = table * weights[:, None]
        values = values * (weights if np.ndim(y) == 1 else weights[:, None])
    scale = np.sqrt(np.sum(table * table, axis=0))
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    scaled, residuals, rank, singular = np.linalg.lstsq(table / scale, values, rcond=rcond)
    out = scaled / scale if np.ndim(y) == 1 else scaled / scale[:, None]
    if full:
        return out, residuals, rank, singular, rcond
    if not cov:
        return out
    spread = np.linalg.inv((table / scale).T @ (table / scale)) / np.outer(scale, scale)
    if cov != "unscaled":
        apart = table @ out - values
        if len(x) <= deg + 1:
            raise ValueError("the number of data points must exceed order to scale the covariance matrix")
        factor = np.sum(apart * apart, axis=0) / (len(x) - (deg + 1))
        spread = spread * factor if np.ndim(y) == 1 else spread[:, :, None] * factor
    return out, spread


def _powers(x: Arg, N: Arg, increasing: Any = False) -> Type:
    where = axes(number(x))
    if where is not None and len(where) != 1:
        raise InputError("x must be a one-dimensional array or sequence.")
    count: Axis = ("1" if option(N) == 1 else "n") if is_constant(N) else "?"
    dtype = str(dtype_name(np.promote_types(np_dtype(number(x).dtype), int)))
    return Array(dtype, (where[0] if where else "?", count))


vander_in_numpy = REGISTRY.word(primitive("np.vander", np.vander, _powers, calls=()))


@define(np.vander)
def vander(x, N=None, increasing=False):
    x = np.asarray(x)
    return vander_in_numpy(x, len(x) if N is None else N, increasing=increasing)


def complex_roots(p):
    """The roots as complex numbers, also where all of them are real."""
    found = np.roots(p)
    return found.astype(np.result_type(found, 1j))


def _roots(p: Arg) -> Type:
    return Array("c64" if number(p).dtype in ("f32", "c64") else "c128", ("?",))


roots = primitive("np.roots", np.roots, _roots, calls=())
roots_of_real = primitive("complex_roots", complex_roots, _roots, style="helper", calls=())
roots_in_numpy, roots_in_complex = REGISTRY.word(roots), REGISTRY.word(roots_of_real)


@define(np.roots)
def roots_(p):
    """Complex numbers, also where NumPy gives real ones: whether all roots are real hangs on the values.

    Their order is that of real numbers, which is another one in LAPACK than that of complex numbers.
    """
    p = np.atleast_1d(p)
    return roots_in_numpy(p) if np.iscomplexobj(p) else roots_in_complex(p)


@define(np.poly)
def poly(seq_of_zeros):
    zeros = np.atleast_1d(seq_of_zeros)
    of_matrix = np.ndim(zeros) == 2
    real = not np.iscomplexobj(zeros)
    if of_matrix:
        zeros = np.linalg.eigvals(zeros)
    a = np.ones(1, dtype=zeros.dtype)
    for k in range(len(zeros)):
        a = np.concatenate((a, np.zeros(1, dtype=zeros.dtype))) - np.concatenate((np.zeros(1, dtype=zeros.dtype), zeros[k] * a))  # noqa: E501
    if of_matrix and real:
        return np.real(a)
    if real:
        return a
    return np.real(a) if np.all(np.sort(zeros) == np.sort(np.conj(zeros))) else a


# -- windows ----------------------------------------------------------------------------------------------------------


def _bessel(x: Arg) -> Type:
    t = number(x)
    return Array(t.dtype if t.dtype[0] == "f" else "f64", axes(t))


def _modified_bessel(n: Arg, x: Arg) -> Type:
    t = number(x)
    return of("f64", axes(t))


primitive("np.i0", np.i0, _bessel, elementwise=True)
primitive("modified_bessel", runtime.modified_bessel, _modified_bessel, style="helper", elementwise=True)


@define(np.kaiser)
def kaiser(M, beta):
    if M <= 1:
        return np.ones(max(M, 0), dtype=np.result_type(0.0, beta))
    half = (M - 1) / 2.0
    return np.i0(beta * np.sqrt(1.0 - ((np.arange(M) - half) / half) ** 2)) / np.i0(beta)
