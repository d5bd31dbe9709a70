"""``np.polynomial``, ``np.poly1d`` and orthogonal polynomials: in both modes, against differences, to second order."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import scipy.special as sp
from numpy.polynomial import Chebyshev, Laguerre, Legendre, Polynomial, chebyshev, polynomial

import s2sad
from s2sad.testing import check_grads

C, D = np.array([0.7, -0.3, 1.2, 0.4]), np.array([0.2, 0.9, -0.5])
X, TABLE = np.array([0.1, -0.4, 0.8]), np.arange(6.0).reshape(3, 2) / 5.0 + 0.1
MODULES = {"polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "hermite": "herm", "hermite_e": "herme",
           "laguerre": "lag"}  # fmt: skip
RULED = ("val", "der", "roots", "vander")  # what has rules of its own, in each module


def agrees(f, *args, order=1):
    values, expected = s2sad.vjp(f, *args)[0], f(*args)
    if not isinstance(expected, tuple):
        values, expected = (values,), (expected,)
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-10, atol=1e-12)
    check_grads(f, args, order=order)


@pytest.mark.parametrize("kind", [Polynomial, Chebyshev, Laguerre])
def test_objects(kind):
    def arithmetic(c, d, x):
        p, q = kind(c), kind(d)
        quotient, rest = divmod(p, q)
        whole = 2.0 * (p * q + p - q / 3.0) ** 2 - 1.0
        return whole(x) + quotient(x) * rest(x) + p.deriv()(x) + p.integ(2, k=[1.0, 2.0], lbnd=0.5)(x) + p(q)(x)

    agrees(arithmetic, C, D, X)
    agrees(lambda c, x: kind(c)(x), C, X, order=2)

    def made(c, r, a, x):
        turned = kind(c).convert(kind=Legendre)(x) + kind.cast(Polynomial(c))(x) + (kind.identity() * kind.basis(2))(x)
        moved = kind(c, domain=[a, 2.0]).deriv(2)(x) + kind([1.0, a], domain=[0, 3]).integ()(x)
        fitted = kind.fit(np.arange(4.0), c, 2)(a) + kind.fromroots(r)(x)
        return turned + moved + fitted, np.sum(np.abs(kind(c).roots()) ** 2), kind(c).linspace(3)[1] + kind(c).degree()

    agrees(made, C, D, -0.5, X)


@pytest.mark.parametrize("name", MODULES)
def test_functions(name):
    module, prefix = importlib.import_module(f"numpy.polynomial.{name}"), MODULES[name]
    own = lambda what: getattr(module, prefix + what)  # noqa: E731
    def everything(x, c, d, k, table):
        values = own("val")(x, table), own("val")(x[:2], table, tensor=False), own("grid2d")(x, x[:2], table)
        slopes = own("der")(c, 2, scl=2.0), own("int")(c, 1, k=k, lbnd=k, scl=k), own("der")(table, axis=1)
        sums = own("mul")(c, d), own("sub")(c, d), *own("div")(c, d), own("pow")(d, 3), own("mulx")(c)
        fitted = own("fit")(x, d, [0, 2], w=1.0 + x**2), own("roots")(d).real, own("fromroots")(d)
        vander = own("vander")(x, 2), own("vander2d")(x, x, [1, 2])
        return *values, *vander, own("val2d")(x, x**2, table), *slopes, *sums, *fitted

    agrees(everything, X, C, D, 0.3, TABLE)
    agrees(lambda x, c: own("val")(x, own("mul")(c, c)), X, D, order=2)
    if prefix != "poly":
        agrees(lambda c: (own("2poly")(c), getattr(module, f"poly2{prefix}")(c)), C)


def test_rows_of_a_batch():
    rows, points = np.stack([C, 2.0 * C]), np.stack([X, X + 0.3])
    f = lambda c, x: Chebyshev(c)(x) + Legendre(c).deriv()(x[0])  # noqa: E731
    np.testing.assert_allclose(s2sad.vmap(f)(rows, points), [f(c, x) for c, x in zip(rows, points, strict=True)])
    for axes in ((0, None), (None, 0)):
        args = [rows if axes[0] == 0 else C, points if axes[1] == 0 else X]
        expected = [f(rows[k] if axes[0] == 0 else C, points[k] if axes[1] == 0 else X) for k in range(2)]
        np.testing.assert_allclose(s2sad.vmap(f, in_axes=axes)(*args), expected)


def test_a_value_is_written_as_numpy_has_it():
    source = s2sad.grad(lambda c: np.sum(chebyshev.chebval(X, c) ** 2))
    source(C)
    assert "np.polynomial.chebyshev.chebvander" in source.source
    assert "for " not in source.source


FIXED, TURNED = Chebyshev([1.0, 2.0, 0.5], domain=[0.0, 2.0]), np.poly1d([1.0, 0.5])


def test_series_from_outside_and_of_other_classes():
    agrees(lambda x: FIXED(x) * FIXED.deriv()(x) + TURNED(x) * TURNED.order + TURNED.c[0], X)
    agrees(lambda c, x: Polynomial(c)(x) if isinstance(FIXED * Chebyshev(c, domain=[0, 2]), Chebyshev) else x, C, X)
    with pytest.raises(TypeError, match="Domains differ"):
        s2sad.grad(lambda a: (FIXED * Chebyshev([a]))(0.3))(1.0)
    agrees(lambda x, r: polynomial.polyvalfromroots(x, r), X, D)


def test_poly1d():
    def everything(c, d, x):
        p, q = np.poly1d(c), np.poly1d(d)
        quotient, rest = p / q
        return (2.0 * p * q - q**2 + 1.0)(x) + p.deriv()(x) * p.integ(k=2.0)(x) + quotient(x) + rest(x) + p(q)(x)

    agrees(everything, C, D, X)
    agrees(lambda c, d: (np.abs(np.poly1d(c).r) + np.poly1d(d, True).c[1:] + c[:3] * np.poly1d(c)[2], c[0] * d), C, D)
    agrees(lambda c, d: np.polyadd(np.poly1d(c), d)(0.3) + np.polyval(np.poly1d(c), np.poly1d(d))(0.2), C, D)


NAMES = ("legendre", "chebyt", "chebyu", "chebyc", "hermite", "hermitenorm", "laguerre", "sh_legendre")


def test_orthogonal_polynomials():
    agrees(lambda x: sum(getattr(sp, name)(3)(x) for name in NAMES) + sp.jacobi(2, 0.5, 1.5)(x), X / 3.0)
    agrees(lambda c, x: sum(c[k] * sp.legendre(k, monic=True)(x) for k in range(4)) + sp.legendre(4).deriv()(x), C, X)
