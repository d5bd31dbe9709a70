"""Checkpointed loops and calls: equal to what they are without, in the memory of few states, by the best schedule."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.prims.runtime import revolve
from tests.oracles import Unchanged

R = np.random.default_rng(5)


def plain(items: Any, snapshots: int = 1) -> Any:
    """What a loop runs over when nothing is checkpointed: the oracle is the same program, differentiated without."""
    return items


def same(f: Any) -> Any:
    return f


# -- programs: ``loop`` and ``again`` are checkpointed and checkpoint, or nothing ----------------------------------


def grid(loop: Any, again: Any, u: Any, n: int) -> Any:
    """Stores in place, into what the state is, cell by cell and by slices."""
    u = u.copy()
    for t in loop(range(n), snapshots=2):
        u[1:-1] += 0.1 * (u[2:] + u[:-2] - 2 * u[1:-1]) * u[1:-1]
        for i in range(len(u) - 1):
            u[i] = u[i] * 0.9 + 0.01 * t * u[i + 1] ** 2
    return np.sum(u**3)


def recorded(loop: Any, again: Any, x: Any, n: int) -> Any:
    """What is written in each iteration and read after the loop is no state; a list is."""
    out, log = np.zeros(n), [x[0]]
    for t in loop(range(n), snapshots=3):
        x = x + 0.1 * np.tanh(x) * x[::-1]
        out[t] = x[t % len(x)]
        log.append(log[-1] * 0.5 + x[1])
    return np.sum(out**2) * log[-1]


def left_early(loop: Any, again: Any, x: Any, n: int) -> Any:
    """``break``, ``continue``, ``return``, names that have no value at first, a flag."""
    y, found = x[0], False
    for i in loop(range(n), snapshots=2):
        if i == 0:
            z = y * x[1]
        if i % 3 == 1:
            y = y + z
            continue
        z = np.sin(z) + 0.1 * i
        y = y * 1.2 + z
        found = found or y > 3.0
        if found and y > 5.0:
            break
    for _ in loop(range(3), snapshots=1):
        y = y * x[2]
        if y > 1.0:
            return y * z
    return y * x[0]


def nested(loop: Any, again: Any, x: Any, n: int) -> Any:
    """Loops in loops: each of them with snapshots, or one of them; a ``while`` inside, with a tape of its own."""
    y = x[0]
    for i in loop(range(n), snapshots=2):
        for j in range(2):
            for k in loop(range(i + 1), snapshots=1):
                y = y + 0.1 * np.cos(y * x[1] + k * j)
        z = y
        while z > 0.4:
            z = z * 0.6 * x[2]
        y = y - z
    for i in range(2):
        for j in loop(range(n), snapshots=2):
            y = y * 0.9 + np.sin(y * x[j % 3]) * i
    return y


def ranges(loop: Any, again: Any, x: Any, n: int) -> Any:
    """Other ranges, other sequences, several at once."""
    y = x[0]
    for i in loop(range(1, n + 6, 3), snapshots=2):
        y = y + 0.05 * i * np.cos(y * x[1])
    for i in loop(range(n, -1, -2), snapshots=1):
        y = y * x[2] + 0.05 * i
    for i in loop(reversed(range(n)), snapshots=2):
        y = y / 1.1 + 0.1 * i * x[0]
    for k, v in enumerate(loop(x, snapshots=2)):
        y = y * v + k
    for u, w in loop(zip(x, x[::-1]), snapshots=2):  # noqa: B905
        y = y + np.sin(u * w * y)
    for i in loop(range(0), snapshots=2):
        y = y * 0.0 + i
    return y


def selected(loop: Any, again: Any, x: Any, n: int) -> Any:
    """What is masked after the loop is masked in it; a complex state."""
    y, z = x, x + 0.5j
    for _ in loop(range(n), snapshots=2):
        y = np.where(y > 0.3, np.sqrt(np.where(y > 0.3, y - 0.3, 1.0)), 0.2) + 0.5 * y
        z = z * z * 0.5 + np.exp(1j * x)
    return np.sum(np.where(y > 0.1, y, 0.0)) + np.sum(np.abs(z) ** 2)


def called(loop: Any, again: Any, x: Any, n: int) -> Any:
    """Calls in loops and in each other, with stores into their arguments, with structure, with views as results."""

    @again
    def layer(h: Any, k: float, *, scale: float = 1.0) -> Any:
        h = np.sin(h) * x
        return {"h": h * np.exp(-h * h) * k, "s": (scale * h[0], h[1:])}

    @again
    def store(a: Any, i: int) -> Any:
        a[i] = a[i] * again(np.cos)(a[i - 1])
        return a

    @again
    def late(v: Any) -> Any:
        for _ in loop(range(n), snapshots=2):
            v = v * 1.5
            if v > 1.0:
                return v * x[0]
        return v

    y = x.copy()
    for i in range(n):
        out = layer(y, i + 1.0, scale=0.5)
        y = out["h"] + out["s"][0]
        y[1:] += out["s"][1]
        store(y, i % 2 + 1)[0] += 0.1
    while late(y[0]) < 0.5:
        y = y + 0.1
    return np.sum(y * y) + late(y[1])


def stepped(loop: Any, again: Any, x: Any, n: int) -> Any:
    """``checkpoint_loop`` against its loop."""

    def step(i: int, state: Any) -> Any:
        a, b = state
        return a + 0.1 * b * x, b - 0.1 * np.sin(a) * i

    state = x, 2.0 * x
    if loop is plain:
        for i in range(n):
            state = step(i, state)
    else:
        state = s2sad.checkpoint_loop(step, state, n, snapshots=2)
    return np.sum(state[0] * state[1])


PROGRAMS = (grid, recorded, left_early, nested, ranges, selected, called, stepped)
POINT = np.array([0.6, 0.9, 0.7])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_checkpointed_is_what_it_is_without(program: Callable[..., Any]) -> None:
    def kept(x: Any) -> Any:
        return program(s2sad.checkpointed, s2sad.checkpoint, x, 5)

    def taped(x: Any) -> Any:
        return program(plain, same, x, 5)

    v = np.array([0.3, -1.0, 0.5])
    with Unchanged((POINT,), program.__name__):
        assert kept(POINT) == taped(POINT)
        want = s2sad.grad(taped)(POINT)
        value, got = s2sad.value_and_grad(kept)(POINT)
        plainly = s2sad.grad(kept, optimise=False)(POINT)
        out, pullback = s2sad.vjp(kept, POINT)
        twice = pullback(1.0)[0], pullback(2.0)[0]
        slope = s2sad.jvp(kept, (POINT,), (v,))[1]
    assert value == out == taped(POINT)
    for each in (got, plainly, twice[0], twice[1] / 2):
        np.testing.assert_allclose(each, want, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(slope, want @ v, rtol=1e-11, atol=1e-13)
    bend = s2sad.jvp(s2sad.grad(taped), (POINT,), (v,))[1]
    g = s2sad.grad(kept)
    again = {
        "forward over reverse": s2sad.jvp(g, (POINT,), (v,))[1],
        "reverse over reverse": s2sad.grad(lambda x: np.sum(g(x) * v))(POINT),
        "reverse over forward": s2sad.grad(lambda x: s2sad.jvp(kept, (x,), (v,))[1])(POINT),
    }
    for name, each in again.items():
        np.testing.assert_allclose(each, bend, rtol=1e-9, atol=1e-11, err_msg=name)


# -- the schedule --------------------------------------------------------------------------------------------------


@cache
def fewest(steps: int, snapshots: int) -> int:
    """Steps forward that reversing so many takes at least: the recursion of Griewank and Walther, by dynamic
    programming."""
    if steps == 1:
        return 0
    if snapshots == 1:
        return steps * (steps - 1) // 2
    return min(m + fewest(steps - m, snapshots - 1) + fewest(m, snapshots) for m in range(1, steps))


def closed_form(steps: int, snapshots: int) -> int:
    """The same: r t - (s + r)! / ((s + 1)! (r - 1)!), with r the repeats."""
    r = 0
    while math.comb(snapshots + r, snapshots) < steps:
        r += 1
    return r * steps - (math.comb(snapshots + r, r - 1) if r else 0)


def test_the_schedule_is_the_best_there_is() -> None:
    for snapshots in range(1, 6):
        for steps in range(1, 60):
            assert scheduled(steps, snapshots) == fewest(steps, snapshots) == closed_form(steps, snapshots)
    assert scheduled(3003, 5) == closed_form(3003, 5)
    assert math.comb(5 + 10, 5) == 3003, "the longest loop that ten repeats reverse with five snapshots"


def scheduled(steps: int, snapshots: int) -> int:
    """Steps forward of the schedule, as generated code runs through it; how many states it keeps is seen to."""
    taken, places, keep = 0, list[int](), 0
    for i in range(steps):
        if i == keep:
            places.append(i)
            keep = revolve(i, steps - 1, snapshots - len(places))
        taken += i < steps - 1
    for i in reversed(range(steps)):
        keep = revolve(places[-1], i, snapshots - len(places))
        for j in range(places[-1], i):
            taken += 1
            if j + 1 == keep:
                places.append(j + 1)
                keep = revolve(j + 1, i, snapshots - len(places))
        assert places.pop() == i
        assert len(places) <= snapshots
    return taken


def simulation(x: Any, n: int) -> Any:
    for _ in s2sad.checkpointed(range(n), snapshots=4):
        x = x + 0.01 * np.sin(x) * x[::-1]
    return np.sum(x * x)


def test_generated_code_takes_the_fewest_steps() -> None:
    g = s2sad.grad(simulation)
    scope: dict[str, Any] = {}
    exec(g.source_for(POINT, 1), scope)
    calls, step = [0], scope["step"]

    def counted(*args: Any) -> Any:
        calls[0] += 1
        return step(*args)

    scope["step"] = counted
    for n in (1, 2, 5, 17, 100):
        calls[0] = 0
        np.testing.assert_allclose(scope["simulation_grad"](POINT, n), g(POINT, n), rtol=1e-14)
        assert calls[0] + max(n - 1, 0) == closed_form(n, 4), "beside the primal's own steps"


# -- memory --------------------------------------------------------------------------------------------------------


def peak(f: Any, *args: Any) -> float:
    """Peak memory of a call, in arrays like the first argument."""
    f(*args)
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1] / args[0].nbytes
    finally:
        tracemalloc.stop()


def test_memory_is_that_of_the_snapshots() -> None:
    x = R.normal(size=20_000)
    g = s2sad.grad(simulation)
    bend = s2sad.grad(lambda x, n: np.sum(g(x, n) ** 2))
    slope = s2sad.grad(lambda x, n: s2sad.jvp(lambda y: simulation(y, n), (x,), (x,))[1])
    few, many = peak(g, x, 20), peak(g, x, 120)
    assert few == pytest.approx(many, abs=0.5)
    assert many < 4 + 6, "the snapshots, and what one step and its adjoint work on"
    for derived in (bend, slope):
        assert peak(derived, x, 40) == pytest.approx(peak(derived, x, 20), rel=0.35)


def test_a_call_keeps_its_arguments_alone() -> None:
    @s2sad.checkpoint
    def block(x: Any) -> Any:
        for _ in range(8):
            x = np.sin(x) * x
        return x

    def f(x: Any, n: int) -> Any:
        for _ in range(n):
            x = block(x)
        return np.sum(x)

    x = R.normal(size=20_000)
    assert peak(s2sad.grad(f), x, 20) < 20 + 2 * 8 + 8  # without: 20 * 16


# -- what happens once ---------------------------------------------------------------------------------------------


class Counter:
    def __init__(self) -> None:
        self.steps = 0

    @s2sad.checkpoint
    def scaled(self, x: Any) -> Any:
        self.steps += 1
        return x * np.sin(x)


def test_effects_happen_once(capsys: pytest.CaptureFixture[str]) -> None:
    counter = Counter()

    def f(x: Any, n: int) -> Any:
        for i in s2sad.checkpointed(range(n), snapshots=2):
            print("step", i)
            counter.steps += 1
            if x > 100.0:
                raise ValueError("too far")
            x = x * 1.5
        return counter.scaled(x)

    g = s2sad.grad(f)
    assert g(1.0, 6) == pytest.approx(1.5**6 * (math.sin(1.5**6) + 1.5**6 * math.cos(1.5**6)))
    assert capsys.readouterr().out == "".join(f"step {i}\n" for i in range(6))
    assert counter.steps == 7
    with pytest.raises(ValueError, match="too far"):
        g(50.0, 6)
    assert capsys.readouterr().out == "step 0\nstep 1\nstep 2\n"


def test_a_derivative_of_another_function_is_another_one() -> None:
    """A global that is bound to another derivative is seen."""
    scope = {"square": s2sad.grad(lambda x: x**3)}
    f = s2sad.grad(lambda x: scope["square"](x))
    assert f(2.0) == 12.0
    scope["square"] = s2sad.grad(lambda x: x**4)
    assert f(2.0) == 48.0


def test_calls_that_do_the_same_are_one_function_of_the_module() -> None:
    @s2sad.checkpoint
    def layer(x: Any, w: Any) -> Any:
        return np.tanh(w @ x)

    def loss(w: Any, x: Any) -> Any:
        for _ in range(3):
            x = layer(x, w)
        return np.sum(layer(x, w) * layer(2.0 * x, w))

    w, x = R.standard_normal((3, 3)), R.standard_normal(3)
    gradient = s2sad.grad(loss)
    far, near = (loss(w + h * w, x) for h in (1e-6, -1e-6))
    assert np.sum(gradient(w, x) * w) == pytest.approx((far - near) / 2e-6, rel=1e-7)
    assert gradient.source_for(w, x).count("def ") == 3  # the layer, its pullback, the gradient


def gated(w: Any, x: Any) -> Any:
    h = np.tanh(w @ x)
    if h[0] > 0:
        h = 2.0 * h
    return h


@pytest.mark.parametrize("again", [s2sad.checkpoint, same], ids=["checkpointed", "plain"])
def test_what_is_run_again_is_so_for_all_directions_and_rows_at_once(again: Any) -> None:
    """A Hessian and a batch of gradients, with calls in loops and in each other: no loop over rows is written."""
    step = again(gated)
    twice = again(lambda w, x: step(w, step(w, x) * x))

    def loss(w: Any, x: Any) -> Any:
        for _ in range(2):
            x = twice(w, x)
        return np.sum(x**2)

    many, x = R.normal(size=(4, 3, 3)), np.ones(3)
    slope = s2sad.grad(loss)
    ones = np.eye(9).reshape(9, 3, 3) * 1e-5
    columns = [(slope(many[0] + e, x) - slope(many[0] - e, x)) / 2e-5 for e in ones]
    hessian, rows = s2sad.hessian(loss), s2sad.vmap(slope, in_axes=(0, None))
    want = np.moveaxis(columns, 0, -1).reshape(3, 3, 3, 3)
    np.testing.assert_allclose(hessian(many[0], x), want, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(rows(many, x), [slope(w, x) for w in many], rtol=1e-12)
    assert "for k in" not in hessian.source + rows.source
    curvatures = s2sad.vmap(s2sad.hessian(loss, argnums=1), in_axes=(None, 0))(many[0], many[1])
    one_by_one = [s2sad.hessian(loss, argnums=1)(many[0], row) for row in many[1]]
    np.testing.assert_allclose(curvatures, one_by_one, rtol=1e-10)
