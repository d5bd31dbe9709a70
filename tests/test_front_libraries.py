"""Library code that is traced into: what stands in for C functions, what is refused, and with which words."""

import numpy as np
import pytest

import s2sad
from s2sad.errors import UnsupportedError
from s2sad.testing import check_grads

X = np.array([0.5, 1.2, 0.8, 1.7])


def by_layout(x):
    return np.sum(x if x.flags.c_contiguous else x.copy())


def distinct_rows(x):
    return np.sum(np.multiply(np.unique(np.stack((x, x * 2.0, x)), axis=0), 2.0, casting="no") ** 2)


def test_forms_of_calls_that_were_refused_once():
    check_grads(distinct_rows, (X,))


@pytest.mark.parametrize("f, line, caret, words", [
    (by_layout, "return np.sum(x if x.flags.c_contiguous else x.copy())", "x.flags.c_contiguous",
     ("x.flags.c_contiguous", "how an array lies in memory is not known when the derivative is made",
      "use np.ascontiguousarray, which copies where it has to")),
])  # fmt: skip
def test_refusals(f, line, caret, words):
    with pytest.raises(UnsupportedError) as refusal:
        s2sad.grad(f)(X)
    text = str(refusal.value)
    what, why, instead = words
    assert text.splitlines()[0] == what
    shown = text.splitlines()
    at = next(k for k, row in enumerate(shown) if row.strip() == line)
    marks = shown[at + 1]
    assert shown[at][marks.index("^") : marks.rindex("^") + 1] == caret
    assert (f"why: {why}" in text) == bool(why)
    assert f"instead: {instead}" in text


def test_a_density_of_scipy_is_traced_into():
    stats = pytest.importorskip("scipy.stats")

    def likelihood(x, loc, scale):
        return np.sum(stats.norm.logpdf(x, loc, scale)) + stats.expon.pdf(x[0], scale=scale)

    check_grads(likelihood, (X, 0.3, 1.2), order=2)
    want = np.sum((X - 0.3) / 1.2**2)
    np.testing.assert_allclose(s2sad.grad(likelihood, argnums=1)(X, 0.3, 1.2), want, rtol=1e-12)


def test_logsumexp_of_scipy_is_traced_into():
    special = pytest.importorskip("scipy.special")

    def f(x):
        return special.logsumexp(x)

    weights = np.exp(X) / np.sum(np.exp(X))
    np.testing.assert_allclose(s2sad.grad(f)(X), weights, rtol=1e-12)
    check_grads(f, (X,), order=2)


def test_the_arguments_of_a_ufunc_are_not_changed_by_its_keywords():
    def f(x, out):
        np.log(x, out=out, where=x > 0.6)
        return np.sum(out * out)

    out = np.full(4, 3.0)
    want = np.where(X > 0.6, 2.0 * np.log(X) / X, 0.0)
    np.testing.assert_allclose(s2sad.grad(f)(X, out), want, rtol=1e-13)
    np.testing.assert_array_equal(out, np.full(4, 3.0))
