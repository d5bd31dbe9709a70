"""docs/transforms.md, made of a table of examples: ``python -m tests.transforms_page`` writes it anew.

Each row is one public function: its signature and first words are read from the code; the example is run, the generated
source is asked for, and what the same costs in other ways is counted from the traces (``analysis.cost``), so the page
says what is so. ``tests/test_transforms_page.py`` compares.

To add a function, add a ``Row``. In its texts ``np``, ``s2sad`` and what the program defines are known; in ``costs``
also ``ops(derivative, *args)`` and ``ops_in(mode, f, *args)``, the operations on numbers for such arguments.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import linecache
import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import s2sad
from s2sad.analysis.cost import cost, typical
from s2sad.compiler.cache import CACHE
from s2sad.compiler.pipeline import Transform, captures, samples_at, seeds

PAGE = Path(__file__).parent.parent / "docs" / "transforms.md"


@dataclass(frozen=True)
class Row:
    """One function of the page.

    ``program`` defines things and prints; ``source`` is an expression for the generated text; ``costs`` are pairs of a
    label and an expression for a number (of operations, or ``unit``), first of the function itself, then of other ways
    to the same; ``remark`` is a sentence more.
    """

    name: str
    program: str
    source: str
    costs: tuple[tuple[str, str], ...] = ()
    remark: str = ""
    unit: str = "operations"


def ops(derivative: Any, *args: Any) -> int:
    """Operations on numbers that a derivative takes for these arguments; of a program: that it takes itself."""
    if isinstance(derivative, s2sad.SparseJacobian):
        plan, made = derivative.plan(args, {})
        mode: Any = "tangents" if plan.colouring.forward else "cotangents"
        shapes = plan.inputs if plan.colouring.forward else plan.outputs
        return counted(
            derivative.dispatcher(mode), args, [np.broadcast_to(0.0, (plan.colouring.sweeps, *s)) for s in shapes]
        )
    if isinstance(derivative, s2sad.jacobians.Directional):
        args = args[:-1]
    if not hasattr(derivative, "dispatcher"):
        return ops_in("primal", derivative, *args)
    return counted(derivative.dispatcher, args)


def ops_in(mode: str, f: Callable[..., Any], *args: Any, seeds: tuple[Any, ...] = (), **options: Any) -> int:
    """The same of what is called at once (``jvp``, ``vjp`` …): the function's own sweep and the other one together."""
    options.setdefault("argnums", tuple(range(len(args))))
    return counted(CACHE.dispatcher(f, Transform(mode, **options)), args, seeds)  # type: ignore[arg-type]


def counted(dispatcher: Any, args: tuple[Any, ...], directions: Any = ()) -> int:
    """What the trace of a derivative costs; ``directions`` are like those that it is given."""
    made = dispatcher.find(args, {})
    trace, parameters = made.stages.get("optimised", made.program.trace), dispatcher.parameters
    samples = typical(p.value for p in trace.params)
    samples.update(samples_at(trace, parameters, dispatcher.specs_of(args, {})))
    samples.update((p.value, c.read()) for p, c in zip(captures(trace), made.program.captures, strict=True))
    samples.update((p.value, sample) for p, sample in zip(seeds(trace), directions, strict=False))
    return round(cost(trace, samples).operations)


def nested(f: Callable[..., Any], order: int) -> Callable[..., Any]:
    """The derivative of the derivative of …"""
    for _ in range(order):
        f = s2sad.grad(f)
    return f


def steps_of(steps: int, snapshots: int) -> int:
    """How many steps of a checkpointed loop are run for its gradient, by counting them."""
    log: list[int] = []

    @s2sad.primitive(returns=float)
    def step(x: Any) -> Any:
        log.append(1)
        return math.sin(x)

    @s2sad.partials(step)
    def step_slope(x: Any) -> Any:
        return math.cos(x)

    def run(x: Any) -> Any:
        for _ in s2sad.checkpointed(range(steps), snapshots=snapshots):
            x = step(x)
        return x

    s2sad.grad(run)(0.5)
    return len(log)


def calls_of(log: list[Any], f: Callable[..., Any], *args: Any) -> int:
    """How many things a call of ``f`` puts into a list."""
    log.clear()
    f(*args)
    return len(log)


ROSENBROCK = """\
def f(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

x, v = np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.0, 0.0])
"""
LAYER = """\
def layer(w, x):
    return np.tanh(w @ x)

w, x = np.ones((2, 3)) / 3.0, np.array([0.1, 0.2, 0.3])
"""

ROWS = [
    Row(
        "grad", ROSENBROCK + "print(s2sad.grad(f)(x))", "s2sad.grad(f).source_for(x)",
        (("the gradient of 1,000 numbers", "ops(s2sad.grad(f), np.ones(1000))"),
         ("as a Jacobian in forward mode", "ops(s2sad.jacfwd(f), np.ones(1000))")),
    ),
    Row(
        "value_and_grad", ROSENBROCK + "print(*s2sad.value_and_grad(f)(x))", "s2sad.value_and_grad(f).source_for(x)",
        (("value and gradient of 1,000 numbers", "ops(s2sad.value_and_grad(f), np.ones(1000))"),
         ("the gradient alone", "ops(s2sad.grad(f), np.ones(1000))")),
    ),
    Row(
        "hvp", ROSENBROCK + "print(s2sad.hvp(f, x, v))", "s2sad.hvp(f).source_for(x, v)",
        (("one product, for 1,000 numbers", "ops(s2sad.hvp(f), np.ones(1000), np.ones(1000))"),
         ("the gradient", "ops(s2sad.grad(f), np.ones(1000))"),
         ("the whole Hessian", "ops(s2sad.hessian(f), np.ones(1000))")),
    ),
    Row(
        "vhp", ROSENBROCK + "print(s2sad.vhp(f, x, v))", "s2sad.vhp(f).source_for(x, v)",
        (("one product, for 1,000 numbers", "ops(s2sad.vhp(f), np.ones(1000), np.ones(1000))"),
         ("by hvp, forward over reverse mode", "ops(s2sad.hvp(f), np.ones(1000), np.ones(1000))")),
    ),
    Row(
        "jacfwd", "def decay(p, t):\n    return p[0] * np.exp(-p[1] * t) + p[2]\n\n"
        "p, t = np.array([2.0, 0.5, 1.0]), np.array([0.0, 1.0, 2.0, 4.0])\nprint(s2sad.jacfwd(decay)(p, t))",
        "s2sad.jacfwd(decay).source_for(p, t)",
        (("1,000 results, 3 numbers", "ops(s2sad.jacfwd(decay), p, np.ones(1000))"),
         ("in reverse mode (`jacrev`)", "ops(s2sad.jacrev(decay), p, np.ones(1000))"),
         ("1,000 pullbacks, one for each row",
          "1000 * ops_in('vjp', decay, p, np.ones(1000), seeds=(np.ones(1000),), argnums=0)")),
    ),
    Row(
        "jacrev", "def moments(x):\n    y = np.exp(x) * x\n    return np.array([np.mean(y), np.mean(y**2)])\n\n"
        "x = np.array([0.1, 0.2, 0.3])\nprint(s2sad.jacrev(moments)(x))",
        "s2sad.jacrev(moments).source_for(x)",
        (("2 results, 1,000 numbers", "ops(s2sad.jacrev(moments), np.ones(1000))"),
         ("in forward mode (`jacfwd`)", "ops(s2sad.jacfwd(moments), np.ones(1000))"),
         ("1,000 tangents, one for each column",
          "1000 * ops_in('jvp', moments, np.ones(1000), seeds=(np.ones(1000),))")),
    ),
    Row(
        "jacobian", LAYER + "J = s2sad.jacobian(layer, argnums=(0, 1))\n"
        "by_w, by_x = J(w, x)\nprint(by_w.shape, by_x.shape)\nprint(J.explain(w, x))",
        "s2sad.jacobian(layer, argnums=(0, 1)).source_for(w, x)",
        (("10 results, 10 x 100 and 100 numbers",
          "J.explain(np.ones((10, 100)), np.ones(100)).costs['jacrev'].operations.__round__()"),
         ("in forward mode", "J.explain(np.ones((10, 100)), np.ones(100)).costs['jacfwd'].operations.__round__()")),
        "Where most of a large matrix is zero, `auto` takes groups of columns, or rows, in one direction each, as "
        "`sparse_jacobian` does, and says so in `.explain()`.",
    ),
    Row(
        "value_and_jacobian", LAYER + "print(*s2sad.value_and_jacobian(layer, argnums=1)(w, x))",
        "s2sad.value_and_jacobian(layer, argnums=1, mode='forward').source_for(w, x)",
        (("10 results, 1,000 numbers",
          "ops(s2sad.value_and_jacobian(layer, argnums=1), np.ones((10, 1000)), np.ones(1000))"),
         ("the Jacobian alone", "ops(s2sad.jacobian(layer, argnums=1), np.ones((10, 1000)), np.ones(1000))")),
    ),
    Row(
        "hessian", ROSENBROCK + "print(s2sad.hessian(f)(x))", "s2sad.hessian(f).source_for(x)",
        (("the Hessian for 100 numbers", "ops(s2sad.hessian(f), np.ones(100))"),
         ("100 products with a vector", "100 * ops(s2sad.hvp(f), np.ones(100), np.ones(100))"),
         ("forward over forward mode", "ops(s2sad.jacfwd(s2sad.jacfwd(f)), np.ones(100))")),
    ),
    Row(
        "value_and_hessian", "def f(x):\n    return x ** 3 * np.sin(x)\n\nprint(*s2sad.value_and_hessian(f)(0.5))",
        "s2sad.value_and_hessian(f).source_for(0.5)",
        (("of one number", "ops(s2sad.value_and_hessian(f), 0.5)"),
         ("the Hessian alone", "ops(s2sad.hessian(f), 0.5)"),
         ("forward over forward mode", "ops(s2sad.jacfwd(s2sad.jacfwd(f)), 0.5)")),
    ),
    Row(
        "laplacian", "def u(x):\n    return np.exp(-(x @ x))\n\nx = np.array([0.1, 0.2, 0.3])\n"
        "print(s2sad.laplacian(u)(x))",
        "s2sad.laplacian(u).source_for(x)",
        (("in 100 dimensions", "ops(s2sad.laplacian(u), np.ones(100))"),
         ("the Hessian, of which it is the trace", "ops(s2sad.hessian(u), np.ones(100))")),
    ),
    Row(
        "divergence", "def wind(r):\n    return np.sin(r) * r[::-1]\n\nr = np.array([0.1, 0.2, 0.3])\n"
        "print(s2sad.divergence(wind)(r))",
        "s2sad.divergence(wind).source_for(r)",
        (("in 100 dimensions", "ops(s2sad.divergence(wind), np.ones(100))"),
         ("the Jacobian, of which it is the trace", "ops(s2sad.jacobian(wind), np.ones(100))")),
    ),
    Row(
        "curl", "def wind(r):\n    return np.array([-r[1], r[0] * r[2], r[0] ** 2])\n\nr = np.array([0.1, 0.2, 0.3])\n"
        "print(s2sad.curl(wind)(r))",
        "s2sad.curl(wind).source_for(r)",
        (("at one place", "ops(s2sad.curl(wind), r)"), ("the Jacobian", "ops(s2sad.jacobian(wind), r)")),
    ),
    Row(
        "jvp", LAYER + "value, tangent = s2sad.jvp(layer, (w, x), (w, None))\nprint(value, tangent)",
        "source_of(layer, (w, x), mode='jvp', argnums=(0,))",
        (("a tangent, for 100 x 1,000 numbers",
          "ops_in('jvp', layer, np.ones((100, 1000)), np.ones(1000), seeds=(np.ones((100, 1000)),), argnums=(0,))"),
         ("the function alone", "ops(layer, np.ones((100, 1000)), np.ones(1000))"),
         ("the whole Jacobian",
          "ops(s2sad.jacobian(layer), np.ones((100, 1000)), np.ones(1000))")),
    ),
    Row(
        "vjp", LAYER + "value, pullback = s2sad.vjp(layer, w, x)\nw_bar, x_bar = pullback(np.array([1.0, 0.0]))\n"
        "print(value, x_bar)",
        "pullback.source",
        (("value and pullback, for 100 x 1,000 numbers",
          "ops_in('vjp', layer, np.ones((100, 1000)), np.ones(1000), seeds=(np.ones(100),))"),
         ("the function alone", "ops(layer, np.ones((100, 1000)), np.ones(1000))"),
         ("a tangent for each of 1,000 numbers of x",
          "1000 * ops_in('jvp', layer, np.ones((100, 1000)), np.ones(1000), seeds=(np.ones(1000),), argnums=(1,))")),
    ),
    Row(
        "linearize", LAYER + "value, linear_map = s2sad.linearize(layer, w, x)\n"
        "print(value, linear_map(w, None), linear_map(None, x))",
        "linear_map.source",
        (("value and one tangent, for 100 x 1,000 numbers",
          "ops_in('linearize', layer, np.ones((100, 1000)), np.ones(1000),"
          " seeds=(np.ones((100, 1000)), np.ones(1000)))"),
         ("one more tangent",
          "ops_in('linearize', layer, np.ones((100, 1000)), np.ones(1000),"
          " seeds=(np.ones((100, 1000)), np.ones(1000))) - ops(layer, np.ones((100, 1000)), np.ones(1000))"),
         ("by `jvp`, each time",
          "ops_in('jvp', layer, np.ones((100, 1000)), np.ones(1000), seeds=(np.ones((100, 1000)), np.ones(1000)))")),
    ),
    Row(
        "linear_transpose", "def heat(u):\n    for _ in range(100):\n        n = u.copy()\n"
        "        n[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])\n        u = n\n    return u\n\n"
        "transposed = s2sad.linear_transpose(heat, np.zeros(5))\nprint(*transposed(np.ones(5)))",
        "transposed.source",
        (("the transpose, for 1,000 numbers",
          "ops_in('vjp', heat, np.ones(1000), seeds=(np.ones(1000),)) - ops(heat, np.ones(1000))"),
         ("by `vjp`, which runs the function, too", "ops_in('vjp', heat, np.ones(1000), seeds=(np.ones(1000),))"),
         ("the matrix, by `jacrev`", "ops(s2sad.jacrev(heat), np.ones(1000))")),
    ),
    Row(
        "vmap", "def norm(x):\n    return np.sqrt(x @ x)\n\npoints = np.arange(6.0).reshape(3, 2)\n"
        "print(s2sad.vmap(norm)(points))\nprint(s2sad.vmap(s2sad.grad(norm))(points + 1.0))",
        "s2sad.vmap(s2sad.grad(norm)).source_for(points)",
        (("gradients of 1,000 rows of 10 numbers", "ops(s2sad.vmap(s2sad.grad(norm)), np.ones((1000, 10)))"),
         ("1,000 calls for one row", "1000 * ops(s2sad.grad(norm), np.ones(10))"),
         ("the rows as a function of all, in reverse mode",
          "ops(s2sad.jacrev(s2sad.vmap(norm)), np.ones((1000, 10)))")),
    ),
    Row(
        "checkpoint", "@s2sad.checkpoint\ndef layer(x, w):\n    return np.tanh(w @ x)\n\n"
        "def loss(w, x):\n    return np.sum(layer(layer(x, w), w))\n\n"
        "w, x = np.eye(2) * 0.5, np.ones(2)\nprint(s2sad.grad(loss)(w, x))",
        "s2sad.grad(loss).source_for(w, x)",
        (("the gradient for 100 x 100 numbers", "ops(s2sad.grad(loss), np.ones((100, 100)), np.ones(100))"),
         ("without the checkpoints",
          "ops(s2sad.grad(lambda w, x: np.sum(np.tanh(w @ np.tanh(w @ x)))), np.ones((100, 100)), np.ones(100))")),
        "What a call has computed inside is not kept for the reverse sweep, but computed again there.",
    ),
    Row(
        "checkpointed", "def swing(angle):\n    speed = 0.0\n"
        "    for _ in s2sad.checkpointed(range(1000), snapshots=8):\n"
        "        speed = speed - 0.01 * np.sin(angle)\n        angle = angle + 0.01 * speed\n    return angle\n\n"
        "print(s2sad.grad(swing)(0.5))",
        "s2sad.grad(swing).source_for(0.5)",
        (("the gradient, 8 states kept", "steps_of(1000, 8)"), ("without checkpoints, 1,000 states kept", "1000"),
         ("8 states for 10,000 steps", "steps_of(10_000, 8)")),
        "There and back; the adjoint of each step comes to it.", "steps of the function",
    ),
    Row(
        "checkpoint_loop", "def swing(angle):\n    def step(i, state):\n        angle, speed = state\n"
        "        speed = speed - 0.01 * np.sin(angle)\n        return angle + 0.01 * speed, speed\n\n"
        "    return s2sad.checkpoint_loop(step, (angle, 0.0), steps=1000, snapshots=8)[0]\n\n"
        "print(s2sad.grad(swing)(0.5))",
        "s2sad.grad(swing).source_for(0.5)",
        (("the gradient, 8 states kept", "steps_of(1000, 8)"), ("without checkpoints, 1,000 states kept", "1000")),
        "", "steps of the function",
    ),
    Row(
        "jet", "def f(x):\n    return np.exp(np.sin(x))\n\nprint(*s2sad.jet(f, (0.5,), ((1.0, 0.0, 0.0),)))",
        "source_of(f, (0.5,), mode='jet', argnums=(0,), order=3, given=3)",
        (("value and coefficients to order 6", "ops_in('jet', f, 0.5, order=6, given=6)"),
         ("six derivatives, one inside the other", "ops(nested(f, 6), 0.5)")),
    ),
    Row(
        "taylor", "def f(x):\n    return 1.0 / (1.0 - x)\n\nprint(*s2sad.taylor(f, 0.0, 1.0, order=4))",
        "source_of(f, (0.0,), mode='jet', argnums=(0,), order=4, given=1)",
        (("value and coefficients to order 6", "ops_in('jet', f, 0.5, order=6, given=1)"),
         ("six derivatives, one inside the other", "ops(nested(f, 6), 0.5)")),
    ),
    Row(
        "sparse_jacobian", "def coupled(x):\n    return x[1:] * x[:-1] ** 2\n\n"
        "J = s2sad.sparse_jacobian(coupled)\nprint(J(np.array([1.0, 2.0, 3.0, 4.0])).toarray())\n"
        "print(J.explain(np.ones(100_000)))",
        "J.source",
        (("the elements other than zero, for 1,000 numbers", "ops(J, np.ones(1000))"),
         ("the dense Jacobian in one full sweep", "ops(s2sad.jacfwd(coupled), np.ones(1000))")),
    ),
    Row(
        "sparse_hessian", "def energy(x):\n    return np.sum(x[1:] * x[:-1] ** 2)\n\n"
        "H = s2sad.sparse_hessian(energy)\nprint(H(np.array([1.0, 2.0, 3.0])).toarray())",
        "H.source",
        (("the elements other than zero, for 1,000 numbers", "ops(H, np.ones(1000))"),
         ("the dense Hessian", "ops(s2sad.hessian(energy), np.ones(1000))"),
         ("one product with a vector", "ops(s2sad.hvp(energy), np.ones(1000), np.ones(1000))")),
    ),
    Row(
        "stop_gradient", "def f(x):\n    return x * s2sad.stop_gradient(np.sin(x))\n\n"
        "print(s2sad.grad(f)(3.0), np.sin(3.0))",
        "s2sad.grad(f).source_for(3.0)",
        (("the gradient", "ops(s2sad.grad(f), 3.0)"),
         ("with the derivative of what is stopped", "ops(s2sad.grad(lambda x: x * np.sin(x)), 3.0)")),
    ),
    Row(
        "insert_cotangent", "def f(x):\n    y = x * x\n    with s2sad.insert_cotangent(y) as y_bar:\n"
        "        y_bar = min(y_bar, 1.0)\n    return 5.0 * y\n\nprint(f(3.0), s2sad.grad(f)(3.0))",
        "s2sad.grad(f).source_for(3.0)",
        (("the gradient", "ops(s2sad.grad(f), 3.0)"),
         ("without the body", "ops(s2sad.grad(lambda x: 5.0 * (x * x)), 3.0)")),
    ),
    Row(
        "custom_root", "def newton(f, x):\n    for _ in range(50):\n        x = x - f(x) / s2sad.grad(f)(x)\n"
        "    return x\n\ndef cube_root(a):\n    return s2sad.custom_root(lambda x: x**3 - a, 1.0, newton)\n\n"
        "print(round(s2sad.grad(cube_root)(8.0), 12))",
        "s2sad.grad(cube_root).source_for(8.0)",
        (("the gradient, beside the solver", "ops(s2sad.grad(cube_root), 8.0)"),
         ("through the 50 steps of the solver", "ops(s2sad.grad(lambda a: newton(lambda x: x**3 - a, 1.0)), 8.0)")),
    ),
    Row(
        "fixed_point", "def root(a):\n    return s2sad.fixed_point(lambda x: 0.5 * (x + a / x), 1.0)\n\n"
        "def iterate(a, n, x=1.0):\n    for _ in range(n):\n        x = 0.5 * (x + a / x)\n    return x\n\n"
        "print(root(4.0), s2sad.grad(root)(4.0))",
        "s2sad.grad(root).source_for(4.0)",
        (("the gradient, beside the iteration", "ops(s2sad.grad(root), 4.0)"),
         ("through 20 steps of it", "ops(s2sad.grad(lambda a: iterate(a, 20)), 4.0)")),
    ),
    Row(
        "discrete", """\
import scipy.integrate

solve = s2sad.discrete(scipy.integrate.solve_ivp)

def f(a):
    return solve(lambda t, y: -a * y, (0.0, 1.0), [1.0]).y[0, -1]

print(round(float(s2sad.grad(f)(0.8)), 6), round(-np.exp(-0.8), 6))
""", "s2sad.grad(f).source_for(0.8)",
        (("one step, there and back", "ops(s2sad.grad(f), 0.8)"), ("one step of the solver", "ops(f, 0.8)")),
        "Without `discrete` the adjoint equation is solved, with the same method and tolerances.",
    ),
    Row(
        "numeric", """\
import math

calls = []

def opaque(x):
    calls.append(x)
    return math.lgamma(x)

g = s2sad.numeric(opaque, returns=float)

def f(x):
    return x * g(x)

print(round(s2sad.grad(f)(3.0), 6))
""", "s2sad.grad(f).source_for(3.0)",
        (("the gradient", "calls_of(calls, s2sad.grad(f), 3.0)"), ("the function", "calls_of(calls, f, 3.0)")),
        "", "calls of `opaque`",
    ),
    Row(
        "partials", """\
def softplus(x):
    return np.log1p(np.exp(x))

@s2sad.partials(softplus)
def softplus_slope(x):
    return 1.0 / (1.0 + np.exp(-x))

def f(x):
    return np.sum(softplus(x))

print(s2sad.grad(f)(np.array([0.0, 800.0])))
""", "s2sad.grad(f).source_for(np.ones(2))",
        (("the gradient for 1,000 numbers", "ops(s2sad.grad(f), np.ones(1000))"),
         ("by the rules of what it is made of",
          "ops(s2sad.grad(lambda x: np.sum(np.log1p(np.exp(x)))), np.ones(1000))")),
    ),
    Row(
        "pullback", """\
def solve(A, b):
    return np.linalg.solve(A, b)

@s2sad.pullback(solve)
def solve_bar(A, ans, ans_bar):
    b_bar = solve(A.T, ans_bar)
    return -np.outer(b_bar, ans), b_bar

def energy(b, A):
    return (solve(A, b) ** 2).sum()

A = np.array([[3.0, 1.0], [0.5, 2.0]])
print(s2sad.grad(energy)(np.ones(2), A))
""", "s2sad.grad(energy).source_for(np.ones(2), A)",
        (("the gradient, beside `solve`", "ops(s2sad.grad(energy), np.ones(2), A)"),
         ("by the rule of `np.linalg.solve`, with it",
          "ops(s2sad.grad(lambda b, A: (np.linalg.solve(A, b) ** 2).sum()), np.ones(2), A)")),
    ),
    Row(
        "pushforward", """\
def norm(x):
    return np.sqrt(x @ x)

@s2sad.pushforward(norm)
def norm_dot(x, ans, x_dot):
    return x @ x_dot / ans

x = np.array([3.0, 4.0])
print(*s2sad.jvp(norm, (x,), (np.ones(2),)), s2sad.grad(norm)(x))
""", "s2sad.grad(norm).source_for(x)",
        (("a gradient of 1,000 numbers, from the tangent's rule", "ops(s2sad.grad(norm), np.ones(1000))"),
         ("by the rules of what it is made of", "ops(s2sad.grad(lambda x: np.sqrt(x @ x)), np.ones(1000))")),
    ),
    Row(
        "linear", """\
def differences(x):
    return x[1:] - x[:-1]

@s2sad.linear(differences)
def differences_bar(ans_bar):
    return np.concatenate([-ans_bar[:1], ans_bar[:-1] - ans_bar[1:], ans_bar[-1:]])

def roughness(x):
    return np.sum(differences(x) ** 2)

print(s2sad.grad(roughness)(np.array([1.0, 3.0, 2.0])))
""", "s2sad.grad(roughness).source_for(np.ones(3))",
        (("the gradient for 1,000 numbers", "ops(s2sad.grad(roughness), np.ones(1000))"),
         ("by the rules of what it is made of",
          "ops(s2sad.grad(lambda x: np.sum((x[1:] - x[:-1]) ** 2)), np.ones(1000))")),
    ),
    Row(
        "bilinear", """\
def cross(a, b):
    return a[0] * b[1] - a[1] * b[0]

@s2sad.bilinear(cross)
def cross_bar(a, b, ans_bar):
    return ans_bar * np.array([b[1], -b[0]]), ans_bar * np.array([-a[1], a[0]])

a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
print(s2sad.grad(cross)(a, b), s2sad.jvp(cross, (a, b), (b, a)))
""", "s2sad.grad(cross).source_for(a, b)",
        (("the gradient", "ops(s2sad.grad(cross), a, b)"),
         ("by the rules of what it is made of",
          "ops(s2sad.grad(lambda a, b: a[0] * b[1] - a[1] * b[0]), a, b)")),
    ),
    Row(
        "custom_jvp", """\
@s2sad.custom_jvp
def softplus(x):
    return np.log1p(np.exp(x))

@softplus.defjvp
def softplus_jvp(primals, tangents):
    (x,), (x_dot,) = primals, tangents
    return softplus(x), x_dot / (1.0 + np.exp(-x))

def f(x):
    return np.sum(softplus(x))

print(s2sad.grad(f)(np.array([0.0, 800.0])))
""", "s2sad.grad(f).source_for(np.ones(2))",
        (("the gradient for 1,000 numbers", "ops(s2sad.grad(f), np.ones(1000))"),
         ("by the rules of what it is made of",
          "ops(s2sad.grad(lambda x: np.sum(np.log1p(np.exp(x)))), np.ones(1000))")),
    ),
    Row(
        "custom_vjp", """\
@s2sad.custom_vjp
def norm(x):
    return np.sqrt(x @ x)

def forward(x):
    y = norm(x)
    return y, (x, y)

def backward(kept, y_bar):
    x, y = kept
    return (y_bar * x / y,)

norm.defvjp(forward, backward)

print(s2sad.grad(norm)(np.array([3.0, 4.0])))
""", "s2sad.grad(norm).source_for(np.ones(2))",
        (("a gradient of 1,000 numbers, beside `norm`", "ops(s2sad.grad(norm), np.ones(1000))"),
         ("by the rules of what it is made of", "ops(s2sad.grad(lambda x: np.sqrt(x @ x)), np.ones(1000))")),
    ),
    Row(
        "primitive", """\
@s2sad.primitive(returns=float)
def measured(x):
    return float(np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]))

@s2sad.partials(measured)
def measured_slope(x):
    return 2.0 * x

print(s2sad.grad(lambda x: measured(x) ** 2)(0.5))
""", "s2sad.grad(lambda x: measured(x) ** 2).source_for(0.5)",
        (("the gradient, beside `measured`", "ops(s2sad.grad(lambda x: measured(x) ** 2), 0.5)"),
         ("through it, where it is read as a program",
          "ops(s2sad.grad(lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]) ** 2), 0.5)")),
    ),
    Row(
        "constant", """\
@s2sad.constant
def scale(x):
    return np.max(np.abs(x))

def f(x):
    return np.sum((x / scale(x)) ** 2)

print(s2sad.grad(f)(np.array([1.0, 2.0])))
""", "s2sad.grad(f).source_for(np.ones(2))",
        (("the gradient for 1,000 numbers, beside `scale`", "ops(s2sad.grad(f), np.ones(1000))"),
         ("with the derivative of the scale",
          "ops(s2sad.grad(lambda x: np.sum((x / np.max(np.abs(x))) ** 2)), np.ones(1000))")),
    ),
    Row(
        "elementwise", """\
@s2sad.elementwise
def decay(t, rate):
    return np.exp(-rate * t)

@s2sad.partials(decay)
def decay_slopes(t, rate, ans):
    return -rate * ans, -t * ans

times = np.linspace(0.0, 1.0, 3)
slopes = s2sad.vmap(s2sad.grad(decay), in_axes=(0, None))
print(slopes(times, 2.0))
""", "slopes.source_for(times, 2.0)",
        (("the gradients for 1,000 rows, beside `decay`", "ops(slopes, np.ones(1000), 2.0)"),
         ("by the rules of what it is made of",
          "ops(s2sad.vmap(s2sad.grad(lambda t, rate: np.exp(-rate * t)), in_axes=(0, None)), np.ones(1000), 2.0)")),
    ),
    Row(
        "batched", """\
@s2sad.primitive(returns=lambda b: b)
def solve(A, b):
    return np.linalg.solve(A, b)

@s2sad.pullback(solve)
def solve_bar(A, ans, ans_bar):
    b_bar = solve(A.T, ans_bar)
    return -np.outer(b_bar, ans), b_bar

@s2sad.batched(solve)
def solve_rows(A, b, moved):
    return np.linalg.solve(A, b.T).T if moved == ("b",) else np.linalg.solve(A, b[..., None])[..., 0]

A = np.array([[2.0, 0.0], [1.0, 4.0]])
rows = s2sad.vmap(lambda b: solve(A, b))
print(rows(np.ones((3, 2))))
""", "rows.source_for(np.ones((3, 2)))",
        (("100 rows of 2 numbers", "ops(rows, np.ones((100, 2)))"),
         ("in 100 calls", "100 * ops(rows, np.ones((1, 2)))")),
    ),
]  # fmt: skip

HEAD = """\
# Transforms

Functions of functions: each takes plain NumPy Python and gives a derivative, a batched form or another program of it,
with a source that can be read (`.source`, `.source_for(*args)`). They compose in any order and depth, and may be called
inside a function that is itself transformed. Each is also a decorator: `@s2sad.hessian`, `@s2sad.jacobian(argnums=1)`.

*Operations* are counted from the trace and not timed: arithmetic on numbers, for arguments of the sizes that are named.

This page is generated by `python -m tests.transforms_page`; a test keeps it true.
"""


def source_of(f: Callable[..., Any], args: tuple[Any, ...], **transform: Any) -> str:
    """The generated module of what is called at once, and so has no ``source`` of its own."""
    return CACHE.dispatcher(f, Transform(**transform)).compiled_for(args, {}).source


def readable(text: str, name: str, mode: str) -> Any:
    """Compiled text whose functions can be read."""
    file = f"<transforms {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return compile(text, file, mode)


def section(row: Row) -> tuple[str, str]:
    """The text of one row, and its line in the table."""
    function = getattr(s2sad, row.name)
    scope: dict[str, Any] = {"np": np, "s2sad": s2sad, "ops": ops, "ops_in": ops_in, "calls_of": calls_of,
                             "nested": nested, "steps_of": steps_of, "source_of": source_of}  # fmt: skip
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(readable(row.program, row.name, "exec"), scope)
    words = textwrap.fill(" ".join((inspect.getdoc(function) or "").split("\n\n")[0].split()), 120)
    source = str(eval(readable(row.source, f"{row.name} source", "eval"), scope)).strip("\n")
    parts = [
        f"## {row.name}", f"`{row.name}{signature(function)}`", words, f"```python\n{row.program.strip()}\n```",
        f"```text\n{out.getvalue().strip()}\n```", f"What is generated:\n\n```python\n{source}\n```",
    ]  # fmt: skip
    numbers = [eval(readable(code, f"{row.name} {k}", "eval"), scope) for k, (_, code) in enumerate(row.costs)]
    rows = [f"| {label} | {number:,} |" for (label, _), number in zip(row.costs, numbers, strict=True)]
    parts.append("\n".join([f"| what it costs | {row.unit} |", "|---|---:|", *rows]))
    if row.remark:
        parts.append(row.remark)
    unit = "" if row.unit == "operations" else f" {row.unit}"
    costs = [f"{label}: {number:,}{unit}" for (label, _), number in zip(row.costs, numbers, strict=True)]
    called = signature(function).replace("|", "\\|")
    line = f"| [`{row.name}`](#{row.name}) | `{called}` | {costs[0]} | {'; '.join(costs[1:])} |"
    return "\n\n".join(parts), line


def signature(function: Callable[..., Any]) -> str:
    """The signature without annotations."""
    shown = inspect.signature(function)
    bare = [p.replace(annotation=p.empty) for p in shown.parameters.values()]
    return str(shown.replace(parameters=bare, return_annotation=shown.empty))


def page() -> str:
    """The whole page."""
    sections, lines = zip(*map(section, ROWS), strict=True)
    table = "\n".join(["| function | called with | what it costs | in other ways |", "|---|---|---|---|", *lines])
    return "\n\n".join([HEAD.rstrip(), table, *sections]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
