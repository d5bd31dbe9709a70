"""``events=`` of ``solve_ivp``: when something happens, and what is then; against differences, in both modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate as si

import s2sad

A = np.array
TIGHT = {"rtol": 1e-10, "atol": 1e-12}


def fall(t, y, c):
    return [y[1], -9.81 - c * y[1] * abs(y[1])]


def ground(t, y, *args):
    return y[0]


ground.terminal = True  # type: ignore[attr-defined]
ground.direction = -1  # type: ignore[attr-defined]


def flight(v, c):
    """A terminal event, by a function outside with attributes: when, and what is then, in every way to read it."""
    sol = si.solve_ivp(fall, (0, 100), [0.0, v], events=ground, args=(c,), **TIGHT)
    return sol.t[-1] ** 2 + sol.t_events[0][0] * sol.y[1, -1] + sol.y_events[0][0, 1] + sol.status


def bounces(h, e):
    """A ball, by a function inside with attributes, from one event to the next."""

    def hit(t, y):
        return y[0]

    hit.terminal, hit.direction = True, -1
    t, y = 0.0, np.array([h, 0.0])
    for _ in range(3):
        sol = si.solve_ivp(lambda t, y: [y[1], -9.81], (t, t + 10), y, events=[hit], **TIGHT)
        t, y = sol.t[-1], np.array([0.0, -e * sol.y[1, -1]])
    return t + y[1]


def swings(k, level):
    """Several events that end nothing, one of them at the beginning, with times to read at."""

    def up(t, y):
        return y[0] - level

    up.direction = 1
    sol = si.solve_ivp(
        lambda t, y: [y[1], -k * np.sin(y[0])], (0, 10), [1.0, 0.0], events=(up, lambda t, y: y[1]),
        t_eval=np.linspace(0, 9, 4), method="DOP853", **TIGHT,
    )  # fmt: skip
    return np.sum(sol.t_events[0] ** 2) + np.sum(sol.y_events[1]) + np.sum(sol.y)


def cut(v, c):
    """The times to read at that lie behind the end are not reached."""
    slow = lambda t, y, c: y[1] - c  # noqa: E731
    slow.terminal = True
    sol = si.solve_ivp(fall, (0, 3), [0.0, v], events=slow, args=(c,), t_eval=np.linspace(0, 3, 16), **TIGHT)
    return np.sum(sol.y[0]) + len(sol.t)


def nothing(v, c):
    far = lambda t, y: y[0] - 1000.0  # noqa: E731
    far.terminal = True
    sol = si.solve_ivp(lambda t, y: fall(t, y, c), (0, v), [0.0, v], events=far, **TIGHT)
    return sol.y[0, -1] + sol.t[-1] if sol.t_events[0].size == 0 else 0.0


PROGRAMS: list[tuple[Any, tuple[float, ...]]] = [
    (flight, (20.0, 0.01)), (bounces, (2.0, 0.8)), (swings, (2.0, 0.1)), (cut, (20.0, 0.01)), (nothing, (5.0, 0.01)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "point"), PROGRAMS)
def test_programs(f, point):
    value, bars = s2sad.value_and_grad(f, argnums=(0, 1))(*point)
    np.testing.assert_allclose(value, f(*point), rtol=1e-12)
    for k, h in enumerate((1e-5, 1e-5)):
        ahead, behind = (f(*(p + s * h * (i == k) for i, p in enumerate(point))) for s in (1, -1))
        np.testing.assert_allclose(bars[k], (ahead - behind) / (2 * h), rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(s2sad.jvp(f, point, (1.0, 0.5))[1], bars[0] + 0.5 * bars[1], rtol=1e-7)


def test_a_second_derivative_and_rows():
    """Time of flight without friction is 2 v / g, and with gravity that is told."""

    def flown(v, g):
        hit = lambda t, y: y[0]  # noqa: E731
        hit.terminal, hit.direction = True, -1.0
        return si.solve_ivp(lambda t, y: [y[1], -g], (0, 100), [0.0, v], events=hit, **TIGHT).t_events[0][-1]

    np.testing.assert_allclose(s2sad.grad(s2sad.grad(flown, argnums=1), argnums=1)(20.0, 9.0), 80 / 9.0**3, rtol=1e-6)
    rows = s2sad.vmap(s2sad.grad(flown, argnums=1))(A([20.0, 30.0]), A([9.0, 10.0]))
    np.testing.assert_allclose(rows, [-40 / 81, -60 / 100], rtol=1e-7)


def test_attributes_of_functions():
    def f(x):
        def g(y):
            return y * x

        g.scale, g.name = 3.0, "g"
        if x > 0:
            g.scale = 2.0
        return g(x) * g.scale * getattr(g, "other", 1.0) if hasattr(g, "name") else 0.0

    np.testing.assert_allclose([s2sad.grad(f)(1.5), s2sad.grad(f)(-1.5)], [6.0, -9.0])
