"""Rules of what is not analytic in its complex operands.

Cotangents pair with tangents as Re(ans_bar * ans_dot) (see ``rules.book``), so the cotangent of z = x + i y in a real
function f is ∂f/∂x - i ∂f/∂y, and that of an analytic function g is ans_bar * g'(z). Where a modulus is 0, where it has
no derivative, it is taken as 0.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import cmath
import math

import numpy as np

from s2sad.prims import linalg as prims
from s2sad.prims.runtime import reciprocal_or_zero
from s2sad.rules.book import constant, linear, partials, pullback, pushforward
from s2sad.rules.reductions import apart, folded, spread

# Cotangents of parts: the transforms make complex numbers of real ones where a cotangent has to be complex

@linear(np.conjugate)
def conjugate(ans_bar):
    return np.conjugate(ans_bar)


@linear(np.real)
def real(ans_bar):
    return ans_bar


@linear(np.imag)
def imag(ans_bar, val):
    return -1j * ans_bar if np.iscomplexobj(val) else 0.0 * ans_bar


@pushforward("abs", numbers="complex")
def abs_dot(x_dot, ans, x):
    return np.real(np.conjugate(x) * x_dot) * reciprocal_or_zero(ans)


@pullback("abs", numbers="complex")
def abs_bar(ans_bar, ans, x):
    return ans_bar * reciprocal_or_zero(ans) * np.conjugate(x)


@pushforward("squared_modulus", numbers="complex")
def squared_modulus_dot(z_dot, z):
    return 2.0 * np.real(np.conjugate(z) * z_dot)


@pullback("squared_modulus", numbers="complex")
def squared_modulus_bar(ans_bar, z):
    return 2.0 * ans_bar * np.conjugate(z)


@pushforward(np.sign, wrt="x", numbers="complex")
def sign(x_dot, ans, x):
    return (x_dot - ans * np.real(np.conjugate(ans) * x_dot)) * reciprocal_or_zero(np.abs(x))


def real_part(number):
    """Of what is real by nature, also where ``dtype=`` makes it complex."""
    return np.real(number) if np.iscomplexobj(number) else number


@pullback(np.var, wrt="a", numbers="complex")
def var(ans_bar, a, axis, ddof, keepdims):
    scale = 2.0 / (folded(a, axis) - ddof) * spread(real_part(ans_bar), axis, keepdims)
    return scale * np.conjugate(apart(a, axis))


@pullback(np.std, wrt="a", numbers="complex")
def std(ans_bar, ans, a, axis, ddof, keepdims):
    towards = real_part(ans_bar) * reciprocal_or_zero(real_part(ans))
    scale = spread(towards / (folded(a, axis) - ddof), axis, keepdims)
    return scale * np.conjugate(apart(a, axis))


@pullback(prims.norm, numbers="complex")
def norm(ans_bar, ans, x, ord, axis, keepdims):
    if axis is not None and not keepdims:
        ans, ans_bar = np.expand_dims(ans, axis), np.expand_dims(ans_bar, axis)
    if ord is None or ord == 2:
        return np.conjugate(x) * (ans_bar * reciprocal_or_zero(ans))
    if ord == 0:
        return None
    towards = np.conjugate(np.sign(x))
    if ord == 1:
        return ans_bar * towards
    if abs(ord) == np.inf:
        reached = np.abs(x) == ans
        return towards * (reached * (ans_bar / np.sum(reached, axis=axis, keepdims=axis is not None)))
    return towards * (ans_bar * (np.abs(x) * reciprocal_or_zero(ans)) ** (ord - 1))


@pullback("squared_norm", wrt="x", numbers="complex")
def squared_norm(ans_bar, x, axis, keepdims):
    return np.conjugate(x) * (2.0 * spread(ans_bar, axis, keepdims))


@pushforward(np.arccosh, wrt="x", numbers="complex")
def arccosh(x_dot, x):
    return x_dot / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0))  # the root of the product has another branch cut


# Numbers of two parts, and the cmath module: analytic, as over the real numbers


@partials("complex", wrt=("real", "imag"))
def complex_():
    return 1.0, 1j


@partials("of_parts")
def of_parts():
    return 1.0, 1j


for name, slope in {
    "exp": lambda ans: ans,
    "log": lambda z: 1.0 / z,
    "log10": lambda z: 1.0 / (z * math.log(10.0)),
    "sqrt": lambda ans: 0.5 / ans,
    "sin": lambda z: cmath.cos(z),
    "cos": lambda z: -cmath.sin(z),
    "tan": lambda ans: 1.0 + ans**2,
    "asin": lambda z: 1.0 / cmath.sqrt(1.0 - z**2),
    "acos": lambda z: -1.0 / cmath.sqrt(1.0 - z**2),
    "atan": lambda z: 1.0 / (1.0 + z**2),
    "sinh": lambda z: cmath.cosh(z),
    "cosh": lambda z: cmath.sinh(z),
    "tanh": lambda ans: 1.0 - ans**2,
    "asinh": lambda z: 1.0 / cmath.sqrt(z**2 + 1.0),
    "acosh": lambda z: 1.0 / (cmath.sqrt(z - 1.0) * cmath.sqrt(z + 1.0)),
    "atanh": lambda z: 1.0 / (1.0 - z**2),
}.items():
    partials(f"cmath.{name}", guarded=name in ("log", "log10", "sqrt"))(slope)

constant("cmath.isnan", "cmath.isinf", "cmath.isfinite", "cmath.isclose")
