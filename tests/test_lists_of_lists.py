"""Lists of lists and of arrays: items change where they stand, nothing is copied for it, names stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sad import grad, hessian
from tests.oracles import complex_step, tangent


def buckets(x):
    """Numbers sorted into lists."""
    out = [[] for _ in range(3)]
    for i in range(9):
        out[i % 3].append(x[i % 4] * i)
    return sum(sum(b) ** 2 for b in out)


def weights(x):
    """Arrays of a list that are descended in place."""
    layers = [np.outer(x, x), np.outer(x, x[::-1]), np.eye(4) * x[0]]
    for step in range(2):
        h = x
        for k in range(len(layers)):
            h = np.tanh(layers[k] @ h)
        for k in range(len(layers)):
            layers[k] -= 0.1 * np.outer(h, h)
            layers[k][0, step] *= 0.5
    return np.sum(h * x)


def pairs(x):
    """A history of short lists."""
    history = []
    state = [x[0], x[1]]
    for i in range(6):
        state = [state[1], state[0] * x[2] + i]
        history.append(state)
    return history[-1][0] * history[2][1] * x[3]


def triangle(x):
    """Rows that grow, each made of the one before."""
    rows = [[x[0]]]
    for i in range(1, 5):
        row = [x[i % 4]]
        for j in range(i):
            row.append(np.sin(rows[i - 1][j] * x[1]))
        rows.append(row)
    return rows[-1][-1] * rows[2][1] + rows[3][0]


def stack(x):
    """Lists that are taken off a list and go on growing."""
    rows = []
    for i in range(3):
        rows.append([x[i], x[3] * i])
    last = rows.pop()
    for i in range(4):
        last.append(last[-1] * x[0] + rows[i % 2][1])
    rows[0].append(last[-1])
    return rows[0][-1] * rows[1][0] + last[2]


class Body:
    def __init__(self, place, mass):
        self.place, self.mass = place, mass


def bodies(x):
    """Objects, dicts and tuples in lists, at places that only the run knows."""
    objects = [Body(x * k, x[0] + k) for k in range(3)]
    dicts = [{"place": x * k, "mass": x[1] + k} for k in range(3)]
    edges = [(0, 1, x[2]), (1, 2, x[3]), (2, 0, x[1])]
    s = 0.0
    i = 0
    while i < 7 and s < 9.0:
        a, b, w = edges[i % 3]
        objects[a].mass *= 0.9
        dicts[b]["place"][i % 4] += w * objects[b].mass
        s = s + objects[a].place[1] * dicts[a]["mass"] * w + dicts[b]["place"][0] ** 2
        i += 1
    return s * objects[1].mass + dicts[2]["place"][3]


@pytest.mark.parametrize("f", [buckets, weights, pairs, triangle, stack, bodies], ids=lambda f: f.__name__)
def test_lists_in_lists_change_in_place(f: Any) -> None:
    x = np.array([0.7, 1.2, -0.4, 0.9])
    units = np.eye(4)
    slopes = [complex_step(f, (x,), e)[0] for e in units]
    np.testing.assert_allclose(grad(f)(x), slopes, rtol=1e-12, atol=1e-13)
    curvature = [tangent(grad(f), (x,), e) for e in units]
    np.testing.assert_allclose(hessian(f)(x), curvature, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("f", "lines"), [
    (buckets, ["out[i % 3].append(x[i % 4] * i)", "out_bar[i % 3].pop()", "[([0.0] * len(row)) for row in out]"]),
    (weights, ["layers_bar[k][0, step] = layers_bar[k][0, step] * 0.5"]),
    (pairs, ["history_bar = [[0.0, 0.0] for _ in history]", "history_bar[2][1] += ", "history_bar[-1][0] += "]),
    (triangle, ["rows.append(row)", "row_bar = rows_bar.pop()", "= row_bar.pop()"]),
], ids=lambda f: getattr(f, "__name__", ""))  # fmt: skip
def test_what_is_written(f: Any, lines: list[str]) -> None:
    gradient = grad(f)
    gradient(np.array([0.7, 1.2, -0.4, 0.9]))
    source = "\n".join(line.split("  #")[0] for line in gradient.source.splitlines())
    missing = [line for line in lines if line not in source]
    assert not missing, source
