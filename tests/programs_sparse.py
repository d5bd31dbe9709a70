"""Programs with sparse Jacobians: each takes a vector of eight floats. How many elements may be other than zero is what
a reader of the program counts, for all values of its argument; None where it is no matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

PROGRAMS: list[tuple[Callable[..., Any], int | None]] = []
DIFFERENCES = np.diag(np.ones(7), 1) - np.eye(8)
STENCIL = sp.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(8, 8)).tocsr()
PLACES = np.array([0, 3, 3, 5, 1])


def elements(count: int | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(f: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS.append((f, count))
        return f

    return enter


@elements(8)
def diagonal(x):
    return np.sin(x) * x + 2.0


@elements(14)
def neighbours(x):
    return x[1:] * x[:-1] + np.exp(x[1:])


@elements(18)
def a_loop_of_stores(x):
    y = np.zeros(len(x))
    for i in range(1, len(x) - 1):
        y[i] = x[i - 1] * x[i] + x[i + 1] ** 2
    return y


@elements(16)
def a_branch_on_each(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > 0.8:
            y[i] = x[i] ** 2
        else:
            y[i] = x[i - 1]
    return y


@elements(8)
def a_while_loop(x):
    while np.sum(x) > 1.0:
        x = x * 0.5
    return x


@elements(64)
def a_place_that_hangs_on_the_values(x):
    i = 0
    y = x * 1.0
    while y[0] < 10 and i < 5:
        y[i] = y[i] + x[i]
        y[0] = y[0] * 2
        i += 1
    return y


@elements(None)
def a_gram_matrix(x):
    a = x.reshape(2, 4)
    return np.stack([a[0] * a[1], a[0] ** 2, a[1] - a[0]])[:, [0, 1, 2, 3]].T @ np.eye(3)[:, [0, 2]] + a.T


@elements(36)
def running_sums(x):
    return np.cumsum(x)


@elements(15)
def a_known_matrix(x):
    return DIFFERENCES @ x**2


@elements(24)
def the_largest(x):
    return x[np.argmax(x)] * x[:3]


@elements(12)
def put_together(x):
    return np.concatenate([x[:2], x[::-1], [x[0] * x[1]]])


@elements(14)
def a_list(x):
    out = []
    for i in range(len(x) - 1):
        out.append(x[i] * x[i + 1])
    return np.array(out)


@elements(56)
def products_of_rows(x):
    return np.einsum("ij,kj->ik", x.reshape(4, 2), x.reshape(4, 2))


@elements(16)
def block_systems(x):
    a = np.stack([np.diag(x[:2] + 1) + 0.1 * x[0], np.diag(x[2:4] + 1) + 0.2 * x[3]])
    return np.linalg.solve(a, x[4:8].reshape(2, 2, 1))


@elements(16)
def a_filter(x):
    return np.convolve(x, [1.0, 0.0, 2.0])


@elements(38)
def time_steps(x):
    u = x
    for _ in range(3):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = v
    return u


@elements(8)
def left_early(x):
    y = x.copy()
    for i in range(len(y)):
        y[i] = y[i] * 2
        if y[i] > 1.5:
            break
    return y


@elements(8)
def masked(x):
    y = x.copy()
    y[y > 0.9] *= 0.5
    y[y < 0.4] = 0.4
    return y


@elements(64)
def a_sum_of_some(x):
    return x[x > 0.5].sum() * x


@elements(8)
def largest_of_rows(x):
    return np.max(x.reshape(2, 4), axis=1)


@elements(32)
def spectra(x):
    return np.fft.fft(x.reshape(2, 4)).real


@elements(12)
def padded(x):
    return np.pad(x, 2, mode="edge")


@elements(30)
def repeats(x):
    return np.tile(x, 2) * np.repeat(x, 2)


@elements(5)
def gathered(x):
    return x[PLACES] ** 2


@elements(5)
def scattered(x):
    y = np.zeros(8)
    np.add.at(y, PLACES, x[:5])
    return y


@elements(16)
def chosen(x):
    return np.where(x > 0.7, x, np.roll(x, 1))


@elements(None)
def a_view_that_is_changed(x):
    y = x.copy()
    v = y[2:5]
    v *= x[0]
    y.reshape(2, 4)[1] += x[:4]
    return y


@elements(None)
def swapped_in_a_loop(x):
    a, b = x[:4] * 1.0, x[4:] * 1.0
    for i in range(4):
        a, b = b, a
        a[i] += b[i - 1]
    return a * b


@elements(None)
def a_recursion(x):
    def power(y, n):
        return y if n == 0 else power(y * x[n], n - 1)

    return power(x[:3], 4)


@elements(8)
def an_unlike_side(x):
    return np.log(x) if x[0] > 100.0 else -x


@elements(10)
def a_draw(x):
    r = np.random.default_rng(3)
    return x[1:6] * x[:5] + r.uniform(size=5) * r.normal()


@elements(8)
def triangles(x):
    a = x[:4].reshape(2, 2)
    return np.tril(a) ** 2 + np.flip(x[4:].reshape(2, 2)) + np.triu(a)


@elements(22)
def a_sparse_matrix(x):
    return (STENCIL @ np.stack([x, x**2], axis=1))[:, 1] - STENCIL.T @ x


@elements(22)
def a_sparse_matrix_of_data(x):
    a = sp.csr_matrix((x[1:], (np.arange(7), np.arange(1, 8))), shape=(8, 8))
    return a @ x + STENCIL.toarray() @ x


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_loop(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return s


def arrow(x):
    return x[0] * np.sum(x**2) + np.sum(np.sin(x))


def blocks(x):
    return np.sum(np.sum(x.reshape(-1, 4) ** 2, axis=1) ** 2)


def chain(x):
    e = 0.0
    y = x[0]
    for i in range(1, len(x)):
        y = np.tanh(x[i]) + 0.1 * x[i - 1]
        if y > 0.3:
            e += y * y
        else:
            e += y
    return e


def products_of_blocks(x):
    return np.sum(np.prod(x.reshape(-1, 4), axis=1)) + 0.5 * x @ (STENCIL @ x)


SUMS = [(products_of_blocks, 34), (rosenbrock, 22), (rosenbrock_loop, 22), (arrow, 22), (blocks, 32), (chain, 22)]
