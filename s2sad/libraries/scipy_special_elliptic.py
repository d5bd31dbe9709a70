"""``scipy.special``: elliptic integrals and functions (DLMF 19, 22) in all their arguments."""

# Rules are named after their function, and a formula reads best on one line.
# ruff: noqa: E302, E305, E704
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.special as sc

from s2sad.libraries.declaring import ufuncs
from s2sad.libraries.scipy_special import weighted
from s2sad.rules.book import partials, pullback

ufuncs(sc, "ellipk ellipe", "m")
ufuncs(sc, "ellipkm1", "p")
ufuncs(sc, "ellipkinc ellipeinc", "phi m")
ufuncs(sc, "ellipj", "u m")
ufuncs(sc, "elliprc", "x y")
ufuncs(sc, "elliprd elliprf elliprg", "x y z")
ufuncs(sc, "elliprj", "x y z p")
ufuncs(sc, "agm", "a b")

# Legendre's integrals, the complete ones as hypergeometric functions (DLMF 19.5.1)

@partials(sc.ellipk, guarded=True)
def ellipk(m): return math.pi / 8.0 * sc.hyp2f1(1.5, 1.5, 2.0, m)
@partials(sc.ellipkm1, guarded=True)
def ellipkm1(p, ans):
    small, large = np.where(p < 0.1, p, 0.1), np.where(p < 0.1, 0.1, p)
    near = -(sc.ellipe(1.0 - small) / small - ans) / (2.0 * (1.0 - small))
    return np.where(p < 0.1, near, -math.pi / 8.0 * sc.hyp2f1(1.5, 1.5, 2.0, 1.0 - large))
@partials(sc.ellipe, guarded=True)
def ellipe(m, ans):
    """Close to 1 by DLMF 19.4.2, where SciPy's hypergeometric function overflows."""
    close = m > 0.9
    usual = -math.pi / 8.0 * sc.hyp2f1(0.5, 1.5, 2.0, np.where(close, 0.9, m))
    return np.where(close, (ans - sc.ellipk(m)) / (2.0 * np.where(close, m, 1.0)), usual)

def integral_of_sines(phi, m, power):
    """The integral of sin² (1 - m sin²) ** -power from 0 to phi, in powers of m: near 0."""
    sine, cosine = np.sin(phi), np.cos(phi)
    moment = 0.5 * (phi - sine * cosine)
    out, factor = moment, 1.0
    for k in range(1, 6):
        moment = ((2 * k + 1) * moment - sine ** (2 * k + 1) * cosine) / (2 * k + 2)
        factor = factor * (power + k - 1.0) / k * m
        out = out + factor * moment
    return out

NEAR = 2e-3  # where m is smaller than this a few powers of it do

def integral_of_secants(phi, rest):
    """The integral of sin² (cos² + rest sin²) ** -1.5 from 0 to phi, in powers of rest: near m = 1."""
    sine, cosine = np.sin(phi), np.cos(phi)
    moment, out, factor = np.arctanh(sine), 0.0, 1.0
    for k in range(6):
        moment = ((sine / cosine) ** (2 * k + 1) / cosine - (2 * k + 1) * moment) / (2 * k + 2)
        out = out + factor * moment
        factor = -factor * (k + 1.5) / (k + 1) * rest
    return out

def slope_of_first(phi, m):
    """Of F(phi, m) in m (DLMF 19.4.7)."""
    to_one = np.abs(1.0 - m) < NEAR * np.cos(phi) ** 2
    other = np.where((np.abs(m) < NEAR) | to_one, 0.5, m)
    rest, root = 1.0 - other, np.sqrt(1.0 - other * np.sin(phi) ** 2)
    difference = sc.ellipeinc(phi, other) / rest - sc.ellipkinc(phi, other)
    usual = difference / (2.0 * other) - np.sin(2.0 * phi) / (4.0 * rest * root)
    usual = np.where(to_one, 0.5 * integral_of_secants(np.where(to_one, phi, 0.0), 1.0 - m), usual)
    return np.where(np.abs(m) < NEAR, 0.5 * integral_of_sines(phi, m, 1.5), usual)

@partials(sc.ellipkinc, guarded=True)
def ellipkinc(phi, m): return 1.0 / np.sqrt(1.0 - m * np.sin(phi) ** 2), slope_of_first(phi, m)
@partials(sc.ellipeinc, guarded=True)
def ellipeinc(phi, m):
    other = np.where(np.abs(m) < NEAR, 0.5, m)
    usual = (sc.ellipeinc(phi, other) - sc.ellipkinc(phi, other)) / (2.0 * other)
    from_m = np.where(np.abs(m) < NEAR, -0.5 * integral_of_sines(phi, m, 0.5), usual)
    return np.sqrt(1.0 - m * np.sin(phi) ** 2), from_m

# Jacobi's functions: u = F(phi, m), differentiated in m at u

@pullback(sc.ellipj)
def ellipj(ans_bar, ans, u, m):
    sn, cn, dn, phi = ans[0], ans[1], ans[2], ans[3]
    turned = -dn * slope_of_first(phi, m)
    from_m = weighted(ans_bar, (cn * turned, -sn * turned, -(0.5 * sn**2 + m * sn * cn * turned) / dn, turned))
    return weighted(ans_bar, (cn * dn, -sn * dn, -m * sn * cn, dn)), from_m

# Carlson's integrals (DLMF 19.18, 19.20); where arguments coincide their derivatives have no such form, and are nan

@partials(sc.elliprf, guarded=True)
def elliprf(x, y, z):
    return -sc.elliprd(y, z, x) / 6.0, -sc.elliprd(z, x, y) / 6.0, -sc.elliprd(x, y, z) / 6.0
@partials(sc.elliprd, guarded=True)
def elliprd(x, y, z, ans):
    from_x, from_y = 0.5 * (ans - sc.elliprd(y, z, x)) / (z - x), 0.5 * (ans - sc.elliprd(z, x, y)) / (z - y)
    return from_x, from_y, -(1.5 * ans + x * from_x + y * from_y) / z
@partials(sc.elliprc, guarded=True)
def elliprc(x, y, ans):
    """R_C(x, y) = R_F(x, y, y)."""
    from_x = 0.5 * (ans - 1.0 / np.sqrt(x)) / (y - x)
    return from_x, -(0.5 * ans + x * from_x) / y
@partials(sc.elliprg, guarded=True)
def elliprg(x, y, z):
    """2 R_G is half of the integral of 1 / s (x / (t + x) + ...) t dt: its slopes are integrals of the first kind."""
    f = sc.elliprf(x, y, z)
    return tuple([0.25 * (f - first * sc.elliprd(second, third, first) / 3.0)
                  for first, second, third in ((x, y, z), (y, z, x), (z, x, y))])  # fmt: skip
@partials(sc.elliprj, guarded=True)
def elliprj(x, y, z, p, ans):
    slopes = [0.5 * (ans - sc.elliprd(second, third, first)) / (p - first)
              for first, second, third in ((x, y, z), (y, z, x), (z, x, y))]  # fmt: skip
    from_x, from_y, from_z = slopes
    return from_x, from_y, from_z, -(1.5 * ans + x * from_x + y * from_y + z * from_z) / p

@partials(sc.agm, guarded=True)
def agm(a, b, ans):
    """By the complete elliptic integral (DLMF 19.8.5)."""
    total = a + b
    p, first = 4.0 * a * b / total**2, 0.25 * math.pi * total / ans
    turned = 4.0 * ellipkm1(p, first) * (b - a) / (first * total**2)
    return ans / total * (1.0 - b * turned), ans / total * (1.0 + a * turned)
