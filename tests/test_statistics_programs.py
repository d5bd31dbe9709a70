"""Programs of statistics, signals and images as people write them: likelihoods, filters, registration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.ndimage as nd
import scipy.signal as sg
import scipy.stats as st
from scipy.special import gammaln, log_ndtr, logsumexp

from s2sad.testing import check_grads

A = np.array
DATA, SIGNAL = A([0.4, 1.3, 2.6, 0.9, 3.1]), np.sin(np.arange(24.0)) + 0.1 * np.arange(24.0)
CENSORED = A([False, True, False, False, True])
IMAGE = np.outer(np.hanning(8), np.hanning(9)) + 0.05 * np.arange(9)


def censored_gamma(a, scale):
    """Lifetimes, of which some are only known to be longer."""
    inside = st.gamma.logpdf(DATA[~CENSORED], a, scale=scale)
    return -np.sum(inside) - np.sum(st.gamma.logsf(DATA[CENSORED], a, scale=scale))


def hidden_markov(logits, means):
    """The forward algorithm from left to right: some states cannot be reached at first."""
    log_a = np.where(np.tri(3).T > 0, logits, -np.inf)
    log_a = log_a - logsumexp(log_a, axis=1, keepdims=True)
    alpha = A([0.0, -np.inf, -np.inf]) + st.norm.logpdf(DATA[0], means)
    for y in DATA[1:]:
        alpha = logsumexp(alpha[:, None] + log_a, axis=0) + st.norm.logpdf(y, means)
    return logsumexp(alpha)


def mixture(weights, means, sigma):
    log_w = weights - np.logaddexp.reduce(weights)
    return np.sum(logsumexp(log_w + st.norm(means, sigma).logpdf(DATA[:, None]), axis=1))


def garch(omega, alpha, beta):
    variance, total = np.var(SIGNAL), 0.0
    for r in SIGNAL[:10]:
        total += st.t(5.0, scale=np.sqrt(variance)).logpdf(r)
        variance = omega + alpha * r**2 + beta * variance
    return total


def probit(beta):
    sign = np.where(DATA > 1.0, 1.0, -1.0)
    return -np.sum(log_ndtr(sign * (beta[0] + beta[1] * DATA)))


def negative_binomial(log_mu, r):
    k, mu = A([0, 2, 1, 4, 3]), np.exp(log_mu) * DATA
    return np.sum(gammaln(k + r) - gammaln(r) + r * np.log(r / (r + mu)) + k * np.log(mu / (r + mu)))


def student_tail(df, x):
    return st.t.logsf(x, df) + st.chi2.ppf(0.9, df)


def biquad_loss(f, q):
    w = 2.0 * np.pi * f
    alpha = np.sin(w) / (2.0 * q)
    b = A([1.0 - np.cos(w), 2.0 * (1.0 - np.cos(w)), 1.0 - np.cos(w)]) / 2.0
    a = A([1.0 + alpha, -2.0 * np.cos(w), 1.0 - alpha])
    return np.mean((sg.lfilter(b, a, SIGNAL) - 0.1 * np.arange(24.0)) ** 2)


def registration(shift, angle):
    i, j = np.mgrid[0:6, 0:7] + 1.0
    c, s = np.cos(angle), np.sin(angle)
    moved = nd.map_coordinates(IMAGE, [c * i - s * j + shift[0], s * i + c * j + shift[1]], mode="nearest")
    return np.sum((moved - IMAGE[1:7, 1:8]) ** 2)


def blur(sigma, image):
    edges = np.hypot(nd.sobel(image, 0), nd.sobel(image, 1) + 0.1)
    return np.sum((nd.gaussian_filter(image, sigma) - IMAGE) ** 2) + np.mean(edges)


PROGRAMS: dict[str, tuple[Any, ...]] = {
    "censored_gamma": (censored_gamma, 1.7, 0.9),
    "hidden_markov": (hidden_markov, A([[0.3, 0.1, -0.4], [0.2, 0.5, 0.1], [0.0, 0.3, 0.2]]), A([0.5, 1.5, 2.5])),
    "mixture": (mixture, A([0.2, -0.3]), A([0.7, 2.4]), 0.8), "garch": (garch, 0.2, 0.1, 0.8),
    "probit": (probit, A([0.3, -0.7])), "negative_binomial": (negative_binomial, 0.3, 2.4),
    "student_tail": (student_tail, 4.5, 2.0), "biquad_loss": (biquad_loss, 0.11, 0.8),
    "registration": (registration, A([0.31, -0.23]), 0.07),
    "blur": (blur, 0.9, IMAGE + 0.1 * np.sin(np.arange(72.0)).reshape(8, 9)),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    f, *args = PROGRAMS[name]
    check_grads(f, args, order=2)
