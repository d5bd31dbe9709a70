"""Polynomials by their coefficients, highest power first, and the Bessel function that the Kaiser window is made of."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.errors import UnsupportedError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes, is_complex, of
from s2sad.prims import runtime
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported

define = REGISTRY.define


@define(np.polyval)
def polyval(p, x):
    p, x = np.asarray(p), np.asarray(x)[()]
    y = np.zeros_like(x)
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
    if full:
        unsupported("np.polyfit with full=True", instead="compute the residuals with np.polyval")
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    table, values = np.vander(x, deg + 1), y
    if w is not None:
        weights = np.asarray(w) + 0.0
        table = table * weights[:, None]
        values = values * (weights if np.ndim(y) == 1 else weights[:, None])
    scale = np.sqrt(np.sum(table * table, axis=0))
    scaled = np.linalg.lstsq(table / scale, values, rcond=rcond)[0]
    out = scaled / scale if np.ndim(y) == 1 else scaled / scale[:, None]
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


def _roots(p: Arg) -> Type:
    t = number(p)
    if not is_complex(t):
        raise UnsupportedError(
            "np.roots of real numbers", why="whether the roots are real, and so their dtype, hangs on the values",
            instead="np.roots(p.astype(complex)), which gives complex numbers",
        )  # fmt: skip
    return Array("c128", ("?",))


roots = primitive("np.roots", np.roots, _roots)


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
    if M < 1:
        return np.zeros(0)
    if M == 1:
        return np.ones(1)
    half = (M - 1) / 2.0
    return np.i0(beta * np.sqrt(1.0 - ((np.arange(M) - half) / half) ** 2)) / np.i0(beta)
