"""What the gradient of one primitive costs: ``python benchmarks/rules.py [NAME ...]``.

A program of one call and its gradient take turns; the table gives the medians and their ratio, the worst first.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.interpolate as si
import scipy.linalg as sl
import scipy.ndimage as nd
import scipy.signal as sg
import scipy.spatial.distance as sd
import scipy.stats as st
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import interleaved, shown

R = np.random.default_rng(0)
V, W = R.uniform(0.5, 1.5, 10_000), R.uniform(0.5, 1.5, 10_000)
M = R.uniform(0.5, 1.5, (100, 100))
SPD = M @ M.T + 100.0 * np.eye(100)
INDEX = R.integers(0, 10_000, 10_000)
MASK = V > 1.0
STARTS = np.append(0, np.sort(R.choice(np.arange(1, 10_000), 500, replace=False)))
LINE = np.linspace(0.0, 1.0, 2_000)
PLACES, POINTS = R.uniform(0.0, 1.0, (2, 5_000)), R.uniform(0.0, 1.0, (2_000, 3))
KNOTS = np.concatenate([np.zeros(3), np.linspace(0.0, 1.0, 22), np.ones(3)])
CUBE = R.normal(size=(24, 24, 24))
TAPS, POLES = sg.butter(4, 0.2)
SECTIONS = sg.butter(4, 0.2, output="sos")
ROWS, OTHERS = R.normal(size=(2, 300, 5))
SPECTRA = sg.stft(R.normal(size=50_000))[2]


def add(x, w):
    return np.sum(x + w)


def multiply(x, w):
    return np.sum(x * w)


def divide(x, w):
    return np.sum(x / w)


def power(x, w):
    return np.sum(x**3 * w)


def exp(x, w):
    return np.sum(np.exp(x) * w)


def tanh(x, w):
    return np.sum(np.tanh(x) * w)


def where(x, w):
    return np.sum(np.where(x > w, x, 0.5 * x))


def total(x, w):
    return np.sum(x) * np.sum(w)


def mean_square(x, w):
    return np.mean((x - w) ** 2)


def largest(x, w):
    return np.max(x) * w[0]


def spread(x, w):
    return np.std(x) * w[0]


def product(x, w):
    return np.prod(x / x[0]) * w[0]


def scan(x, w):
    return np.sum(np.cumsum(x) * w)


def inner(x, w):
    return x @ w


def one_item(x, w):
    return x[3] * w[2]


def slices(x, w):
    return np.sum(x[1:] * w[:-1])


def differences(x, w):
    return np.sum(np.diff(x) ** 2)


def gather(x, w):
    return np.sum(x[INDEX] * w)


def mask(x, w):
    return np.sum(x[MASK])


def ordered(x, w):
    return np.sum(np.sort(x) * w)


def joined(x, w):
    return np.sum(np.concatenate([x, w]) ** 2)


def norm(x, w):
    return np.linalg.norm(x) * w[0]


def fourier(x, w):
    return np.sum(np.abs(np.fft.rfft(x)) ** 2) * w[0]


def matmul(a, b):
    return np.sum((a @ b) ** 2)


def rows(a, b):
    return np.sum(np.sum(a, axis=1) ** 2) + np.sum(a + b[0])


def einsum(a, b):
    return np.sum(np.einsum("ij,jk->ik", a, b) ** 2)


def solve(a, b):
    return np.sum(np.linalg.solve(a, b[0]) ** 2)


def inverse(a, b):
    return np.sum(np.linalg.inv(a) * b)


def log_determinant(a, b):
    return np.linalg.slogdet(a)[1] * b[0, 0]


def cholesky(a, b):
    return np.sum(np.linalg.cholesky(a) * b)


def segment_products(x, w):
    return np.sum(np.multiply.reduceat(x, STARTS) ** 2)


def parts_of_parts(a, b):
    total = 0.0
    for i in range(len(a)):
        total = total + a[i][3] * np.sum(a[:90, :][..., i])
    return total


def spline_surface(a, b):
    grid = LINE[::20]
    return np.sum(si.RectBivariateSpline(grid, grid, b).ev(*PLACES) ** 2)


def spline_product(c, points):
    return np.sum(si.NdBSpline((KNOTS, KNOTS, KNOTS), c, 3)(points) ** 2)


def spline_through(y, places):
    return np.sum(si.make_interp_spline(LINE, y)(places) ** 2)


def periodic_spline(y, places):
    return np.sum(si.CubicSpline(LINE, np.append(y[:-1], y[0]), bc_type="periodic")(places) ** 2)


def short_time(spectra):
    return np.sum(sg.istft(spectra)[1] ** 2)


def other_rate(h, x):
    return np.sum(sg.upfirdn(h, x, 3, 2) ** 2)


def both_ways(b, a, x):
    return np.sum(sg.filtfilt(b, a, x) ** 2)


def both_ways_in_sections(x):
    return np.sum(sg.sosfiltfilt(SECTIONS, x) ** 2)


def pairs(a):
    return np.sum(sd.pdist(a))


def cosines(a, b):
    return np.sum(sd.cdist(a, b, "cosine"))


def blurred(image, sigma):
    return np.sum(nd.gaussian_filter(image, sigma) ** 2)


def small_kernel(image, kernel):
    return np.sum(nd.convolve(image, kernel) ** 2)


def warped(image, places):
    return np.sum(nd.map_coordinates(image, 100.0 * places) ** 2)


def toeplitz(c, x):
    return np.sum(sl.matmul_toeplitz(c, x) ** 2)


def kurtosis(x):
    return st.kurtosis(x)


VECTORS: tuple[Callable[..., Any], ...] = (
    add, multiply, divide, power, exp, tanh, where, total, mean_square, largest, spread, product, scan, inner, one_item,
    slices, differences, gather, mask, ordered, joined, norm, fourier, segment_products,
)  # fmt: skip
MATRICES: tuple[Callable[..., Any], ...] = (
    matmul, rows, einsum, solve, inverse, log_determinant, cholesky, parts_of_parts, spline_surface,
)  # fmt: skip
SCIPY: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
    (spline_product, (CUBE, POINTS)), (spline_through, (V[:2_000], W)), (periodic_spline, (V[:2_000], W)),
    (short_time, (SPECTRA,)), (other_rate, (V[:100], W)), (both_ways, (TAPS, POLES, W)), (both_ways_in_sections, (W,)),
    (pairs, (ROWS,)), (cosines, (ROWS, OTHERS)), (blurred, (M, 2.0)), (small_kernel, (M, M[:5, :5])),
    (warped, (M, PLACES)), (toeplitz, (V[:2_000], W[:2_000])), (kurtosis, (V - 1.0,)),
)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="programs to measure (all)")
    parser.add_argument("--rounds", type=int, default=11, help="turns per candidate (11)")
    options = parser.parse_args()
    found = []
    for program, args in [*((p, (V, W)) for p in VECTORS), *((p, (SPD, M)) for p in MATRICES), *SCIPY]:
        if options.names and program.__name__ not in options.names:
            continue
        gradient = s2sad.grad(program, argnums=tuple(range(len(args))))
        calls = {"program": functools.partial(program, *args), "gradient": functools.partial(gradient, *args)}
        t = interleaved(calls, options.rounds, budget=0.003)
        found.append((t["gradient"] / t["program"], program.__name__, t))
    table = Table("program", "program", "gradient", "ratio")
    for ratio, name, t in sorted(found, reverse=True):
        table.add_row(name, shown(t["program"]), shown(t["gradient"]), f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
