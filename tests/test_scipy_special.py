"""``scipy.special``: each function in both modes, against differences and each other, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special as sc

import s2sad
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK
from s2sad.testing import check_grads
from tests.test_scipy_special_rarer import ROWS as RARER

A = np.array
POSITIVE, SIGNED = A([0.4, 1.3, 2.6]), A([-1.4, 0.3, 2.1])
UNIT, SMALL = A([0.15, 0.5, 0.8]), A([-0.6, 0.1, 0.7])
COLUMN = A([[0.7], [1.9]])

ROWS: dict[str, tuple[Any, ...]] = {
    # the function's name (with a remark), and arguments that are differentiated; ints stay fixed
    "gamma": (SIGNED,), "gammaln": (POSITIVE,), "loggamma": (POSITIVE,), "rgamma": (SIGNED,), "psi": (POSITIVE,),
    "digamma": (2.3,), "polygamma": (2, POSITIVE), "poch": (POSITIVE, COLUMN), "binom": (5.5, POSITIVE),
    "beta": (POSITIVE, COLUMN), "betaln": (POSITIVE, COLUMN), "multigammaln": (A([2.5, 3.1]), 3),
    "gammainc": (2, POSITIVE), "gammaincc": (2, POSITIVE), "gammaincinv": (2, UNIT), "gammainccinv": (2, UNIT),
    "betainc": (2, 3, UNIT), "betaincc": (2, 3, UNIT), "betaincinv": (2, 3, UNIT), "betainccinv": (2, 3, UNIT),
    "comb": (7.5, A([2.2, 3.0])), "factorial": (POSITIVE,), "perm": (7.5, A([2.2, 3.0])),
    "erf": (SIGNED,), "erfc": (SIGNED,), "erfcx": (SIGNED,), "erfi": (SMALL,), "dawsn": (SIGNED,), "erfinv": (SMALL,),
    "erfcinv": (UNIT,), "wofz": (A([0.3 + 0.2j, 1.1 - 0.1j]),), "ndtr": (SIGNED,),
    "log_ndtr": (A([-12.0, -1.0, 2.0]),),
    "ndtri": (UNIT,), "ndtri_exp": (A([-3.0, -0.5]),), "owens_t": (SIGNED, COLUMN),
    "j0": (POSITIVE,), "j1": (POSITIVE,), "jv": (2, POSITIVE), "jn": (1, POSITIVE), "y0": (POSITIVE,),
    "y1": (POSITIVE,),
    "yv": (1, POSITIVE), "yn": (2, POSITIVE), "i0": (SIGNED,), "i1": (SIGNED,), "iv": (2, POSITIVE),
    "i0e": (SIGNED,),
    "i1e": (SIGNED,), "ive": (2, SIGNED), "k0": (POSITIVE,), "k1": (POSITIVE,), "kn": (2, POSITIVE),
    "kv": (2, POSITIVE),
    "k0e": (POSITIVE,), "k1e": (POSITIVE,), "kve": (2, POSITIVE), "hankel1": (1, A([0.7 + 0.1j, 2.0])),
    "hankel2": (1, A([0.7 + 0.1j, 2.0])), "struve": (1, POSITIVE), "modstruve": (1, POSITIVE),
    "spherical_jn": (2, POSITIVE), "spherical_yn": (1, POSITIVE), "spherical_in": (0, POSITIVE),
    "spherical_kn": (1, POSITIVE), "spherical_jn (slope)": (2, POSITIVE, True),
    "airy": (SMALL,), "fresnel": (POSITIVE,), "sici": (POSITIVE,), "shichi": (POSITIVE,), "ellipj": (POSITIVE, 0),
    "expi": (POSITIVE,), "exp1": (POSITIVE,), "expn": (3, POSITIVE), "spence": (POSITIVE,), "exprel": (POSITIVE,),
    "expn (of order 1)": (1, POSITIVE),
    "cosm1": (SIGNED,), "expit": (SIGNED,), "logit": (UNIT,), "log_expit": (SIGNED,), "entr": (POSITIVE,),
    "xlogy": (POSITIVE, COLUMN), "xlog1py": (POSITIVE, COLUMN), "rel_entr": (POSITIVE, COLUMN),
    "kl_div": (POSITIVE, COLUMN), "powm1": (POSITIVE, COLUMN), "huber": (1.1, SIGNED), "pseudo_huber": (1.1, SIGNED),
    "boxcox": (POSITIVE, COLUMN), "boxcox1p": (POSITIVE, COLUMN), "inv_boxcox": (POSITIVE, COLUMN),
    "inv_boxcox1p": (POSITIVE, COLUMN),
    "hyp0f1": (2, SIGNED), "hyp1f1": (1, 3, SIGNED), "hyp2f1": (1, 2, 3, SMALL), "ellipk": (A([0.0, 0.3, -2.0]),),
    "ellipe": (A([0.0, 0.3, -2.0]),), "ellipkm1": (UNIT,), "ellipkinc": (0.7, UNIT), "ellipeinc": (0.7, UNIT),
    "zeta": (A([1.4, 2.5, 6.0]),), "zeta (Hurwitz)": (3, POSITIVE),
    "lambertw": (A([0.0, 0.7, 3.0]),), "lambertw (another branch)": (A([-0.2, -0.1]), -1),
    "stdtr": (4, SIGNED), "stdtrit": (4, UNIT), "chdtr": (3, POSITIVE), "chdtrc": (3, POSITIVE), "chdtri": (3, UNIT),
    "gdtr": (1.3, 2, POSITIVE), "gdtrc": (1.3, 2, POSITIVE), "fdtr": (3, 5, POSITIVE), "fdtrc": (3, 5, POSITIVE),
    "pdtr": (3, POSITIVE), "pdtrc": (3, POSITIVE), "bdtr": (2, 5, UNIT), "bdtrc": (2, 5, UNIT), "nbdtr": (2, 5, UNIT),
    "voigt_profile": (SIGNED, 0.8, 0.3),
    "eval_legendre": (3, SMALL), "eval_chebyt": (3, SMALL), "eval_chebyu": (3, SMALL), "eval_hermite": (3, SMALL),
    "eval_hermitenorm": (3, SMALL), "eval_laguerre": (3, SMALL), "eval_gegenbauer": (3, 1, SMALL),
    "eval_genlaguerre": (3, 1, SMALL), "eval_jacobi": (3, 1, 2, SMALL), "eval_legendre (of degree 0)": (0, SMALL),
    "logsumexp": (SIGNED,), "softmax": (SIGNED,), "log_softmax": (SIGNED,),
}  # fmt: skip


def of_floats(function, args):
    """The function of its float arguments, and these."""
    floats = tuple(a for a in args if isinstance(a, float | np.ndarray))

    def f(*given):
        rest = list(given)
        return function(*(rest.pop(0) if isinstance(a, float | np.ndarray) else a for a in args))

    return f, floats


@pytest.mark.parametrize(("name", "args"), ROWS.items(), ids=ROWS.keys())
def test_functions(name, args):
    f, floats = of_floats(getattr(sc, name.split(" ")[0]), args)
    check_grads(f, floats, order=2)


AXES = [{"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True}]


@pytest.mark.parametrize("options", AXES, ids=str)
def test_sums_of_exponentials(options):
    x = np.random.default_rng(3).normal(size=(3, 4))
    check_grads(lambda x: sc.logsumexp(x, **options), (x,))
    weights = np.abs(np.random.default_rng(4).normal(size=(3, 4)))
    check_grads(lambda x, w: sc.logsumexp(x, b=w, **options), (x, weights))
    if "keepdims" not in options:
        check_grads(lambda x: sc.softmax(x, **options), (x,))
        check_grads(lambda x: sc.log_softmax(x, **options), (x,))


def test_a_weight_of_zero_hides_what_it_weighs():
    x, w = np.array([1.0, 700.0, 2.0]), np.array([1.0, 0.0, 3.0])
    value, found = s2sad.value_and_grad(lambda x: sc.logsumexp(x, b=w))(x)
    np.testing.assert_allclose(value, sc.logsumexp(x, b=w))
    np.testing.assert_allclose(found, w * np.exp(x - value) * (w > 0), atol=1e-15)


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda v: sc.jv(v, 0.7), "scipy.special.jv has no derivative rule for its argument v"),
        (lambda n: sc.eval_legendre(n, 0.3), "scipy.special.eval_legendre has no derivative rule for its argument n"),
    ],
)
def test_what_has_no_known_derivative_is_refused_by_name(f, text):
    for transform in (lambda: s2sad.grad(f)(1.5), lambda: s2sad.jvp(f, (1.5,), (1.0,))):
        with pytest.raises(s2sad.UnsupportedError) as error:
            transform()
        assert str(error.value).splitlines()[0] == text


def test_kinks_and_limits():
    grad = s2sad.grad
    assert grad(lambda x: sc.xlogy(x, x))(0.0) == -np.inf  # x log x at 0, as the limit
    assert grad(lambda y: sc.xlogy(0.0, y))(0.0) == 0.0
    masked = grad(lambda x: np.sum(np.where(x > 0, sc.entr(x), 0.0)))(np.array([0.0, 1.0]))
    assert masked.tolist() == [0.0, -1.0]
    assert grad(lambda m: sc.ellipk(m))(0.0) == pytest.approx(np.pi / 8)
    assert grad(lambda z: sc.lambertw(z).real)(0.0) == pytest.approx(1.0)
    assert grad(lambda lmbda: sc.boxcox(2.0, lmbda))(0.0) == pytest.approx(0.5 * np.log(2.0) ** 2)
    assert grad(grad(lambda lmbda: sc.boxcox(2.0, lmbda)))(0.0) == pytest.approx(np.log(2.0) ** 3 / 3.0)


OF_COMPLEX = ["psi", "loggamma", "rgamma", "spherical_jn", "spherical_in", "ive", "jve", "yve", "kve"]


@pytest.mark.parametrize("name", OF_COMPLEX)
def test_complex_numbers(name):
    """On both sides of the axes: scales such as exp(-|Re z|) are not analytic, and polygammas go by recurrence."""
    function, order = getattr(sc, name), (1,) * (name not in ("psi", "loggamma", "rgamma"))
    points = A([0.7 + 0.4j, -0.6 + 1.1j, 1.2 - 0.8j])
    check_grads(lambda z: function(*order, z), (points,), order=2)


def test_float32_stays():
    x = SIGNED.astype(np.float32)
    assert s2sad.grad(lambda x: np.sum(sc.erf(x)))(x).dtype == np.float32


def test_generated_code_names_scipys_functions():
    g = s2sad.grad(lambda x: sc.gammaln(x))
    g(1.5)
    assert g.source == (
        "import scipy.special\n\n\n"
        "def f_grad(x):\n"
        '    """Gradient of f with respect to x (reverse mode)."""\n'
        "    # adjoint\n"
        "    x_bar = scipy.special.psi(x)  # sc.gammaln(x)\n"
        "    return x_bar\n"
    )


def test_every_declared_function_has_a_row():
    tested = {name.split(" ")[0] for name in [*ROWS, *RARER]} | {"gammasgn", "itairy", "mathieu_a", "mathieu_b"}
    declared = {
        name.removeprefix("scipy.special.") for name, prim in REGISTRY.by_name.items()
        if name.startswith("scipy.special.") and "._" not in name and not BOOK.is_constant(prim)
    }  # fmt: skip
    assert declared - tested == set()
