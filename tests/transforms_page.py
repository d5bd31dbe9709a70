"""docs/transforms.md, made of a table of examples: ``python -m tests.transforms_page`` writes it anew.

Each row is one public function: its signature and first words are read from the code; the example is run, the generated
source is asked for, and what the same costs in other ways is counted from the traces (``analysis.cost``), so the page
says what is so. ``tests/test_transforms_page.py`` compares.

To add a function, add a ``Row``. In its texts ``np``, ``s2sad`` and what the program defines are known; in ``costs``
also ``ops(derivative, *args)``, the operations on numbers that a derivative takes for such arguments.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import linecache
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import s2sad
from s2sad.analysis.cost import cost, typical
from s2sad.compiler.cache import CACHE
from s2sad.compiler.pipeline import Transform, captures, samples_at

PAGE = Path(__file__).parent.parent / "docs" / "transforms.md"


@dataclass(frozen=True)
class Row:
    """One function of the page.

    ``program`` defines things and prints; ``source`` is an expression for the generated text; ``costs`` are pairs of a
    label and an expression for a number of operations; ``remark`` is a sentence more.
    """

    name: str
    program: str
    source: str
    costs: tuple[tuple[str, str], ...] = ()
    remark: str = ""


def ops(derivative: Any, *args: Any) -> int:
    """Operations on numbers that a derivative takes for these arguments."""
    if isinstance(derivative, s2sad.jacobians.Directional):
        args = args[:-1]
    dispatcher = derivative.dispatcher
    made = dispatcher.find(args, {})
    trace, parameters = made.program.trace, dispatcher.parameters
    samples = typical(p.value for p in trace.params)
    samples.update(samples_at(trace, parameters, dispatcher.specs_of(args, {})))
    samples.update((p.value, c.read()) for p, c in zip(captures(trace), made.program.captures, strict=True))
    return round(cost(trace, samples).operations)


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
        "jacfwd", LAYER + "print(s2sad.jacfwd(layer, argnums=1)(w, x))",
        "s2sad.jacfwd(layer, argnums=1).source_for(w, x)",
        (("1,000 results, 10 numbers", "ops(s2sad.jacfwd(layer, argnums=1), np.ones((1000, 10)), np.ones(10))"),
         ("the same in reverse mode", "ops(s2sad.jacrev(layer, argnums=1), np.ones((1000, 10)), np.ones(10))")),
    ),
    Row(
        "jacrev", LAYER + "print(s2sad.jacrev(layer, argnums=1)(w, x))",
        "s2sad.jacrev(layer, argnums=1).source_for(w, x)",
        (("10 results, 1,000 numbers", "ops(s2sad.jacrev(layer, argnums=1), np.ones((10, 1000)), np.ones(1000))"),
         ("the same in forward mode", "ops(s2sad.jacfwd(layer, argnums=1), np.ones((10, 1000)), np.ones(1000))")),
    ),
    Row(
        "jacobian", LAYER + "J = s2sad.jacobian(layer, argnums=(0, 1))\n"
        "by_w, by_x = J(w, x)\nprint(by_w.shape, by_x.shape)\nprint(J.explain(w, x))",
        "s2sad.jacobian(layer, argnums=(0, 1)).source_for(w, x)",
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
    ),
    Row(
        "vjp", LAYER + "value, pullback = s2sad.vjp(layer, w, x)\nw_bar, x_bar = pullback(np.array([1.0, 0.0]))\n"
        "print(value, x_bar)",
        "pullback.source",
    ),
    Row(
        "linearize", LAYER + "value, linear_map = s2sad.linearize(layer, w, x)\n"
        "print(value, linear_map(w, None), linear_map(None, x))",
        "linear_map.source",
    ),
    Row(
        "linear_transpose", "def heat(u):\n    for _ in range(100):\n        n = u.copy()\n"
        "        n[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])\n        u = n\n    return u\n\n"
        "transposed = s2sad.linear_transpose(heat, np.zeros(5))\nprint(*transposed(np.ones(5)))",
        "transposed.source",
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
    ),
    Row(
        "checkpointed", "def swing(angle):\n    speed = 0.0\n"
        "    for _ in s2sad.checkpointed(range(1000), snapshots=8):\n"
        "        speed = speed - 0.01 * np.sin(angle)\n        angle = angle + 0.01 * speed\n    return angle\n\n"
        "print(s2sad.grad(swing)(0.5))",
        "s2sad.grad(swing).source_for(0.5)",
    ),
    Row(
        "jet", "def f(x):\n    return np.exp(np.sin(x))\n\nprint(*s2sad.jet(f, (0.5,), ((1.0, 0.0, 0.0),)))",
        "source_of(f, (0.5,), mode='jet', argnums=(0,), order=3, given=3)",
    ),
    Row(
        "taylor", "def f(x):\n    return 1.0 / (1.0 - x)\n\nprint(*s2sad.taylor(f, 0.0, 1.0, order=4))",
        "source_of(f, (0.0,), mode='jet', argnums=(0,), order=4, given=1)",
    ),
    Row(
        "sparse_jacobian", "def coupled(x):\n    return x[1:] * x[:-1] ** 2\n\n"
        "J = s2sad.sparse_jacobian(coupled)\nprint(J(np.array([1.0, 2.0, 3.0, 4.0])).toarray())\n"
        "print(J.explain(np.ones(100_000)))",
        "J.source",
    ),
    Row(
        "sparse_hessian", "def energy(x):\n    return np.sum(x[1:] * x[:-1] ** 2)\n\n"
        "H = s2sad.sparse_hessian(energy)\nprint(H(np.array([1.0, 2.0, 3.0])).toarray())",
        "H.source",
    ),
    Row(
        "stop_gradient", "def f(x):\n    return x * s2sad.stop_gradient(x)\n\nprint(s2sad.grad(f)(3.0))",
        "s2sad.grad(f).source_for(3.0)",
    ),
    Row(
        "insert_cotangent", "def f(x):\n    y = x * x\n    with s2sad.insert_cotangent(y) as y_bar:\n"
        "        y_bar = min(y_bar, 1.0)\n    return 5.0 * y\n\nprint(f(3.0), s2sad.grad(f)(3.0))",
        "s2sad.grad(f).source_for(3.0)",
    ),
    Row(
        "custom_root", "def newton(f, x):\n    for _ in range(50):\n        x = x - f(x) / s2sad.grad(f)(x)\n"
        "    return x\n\ndef cube_root(a):\n    return s2sad.custom_root(lambda x: x**3 - a, 1.0, newton)\n\n"
        "print(round(s2sad.grad(cube_root)(8.0), 12))",
        "s2sad.grad(cube_root).source_for(8.0)",
    ),
    Row(
        "fixed_point", "def root(a):\n    return s2sad.fixed_point(lambda x: 0.5 * (x + a / x), 1.0)\n\n"
        "print(root(4.0), s2sad.grad(root)(4.0))",
        "s2sad.grad(root).source_for(4.0)",
    ),
    Row(
        "discrete", """\
import scipy.integrate

solve = s2sad.discrete(scipy.integrate.solve_ivp)

def f(a):
    return solve(lambda t, y: -a * y, (0.0, 1.0), [1.0]).y[0, -1]

print(round(float(s2sad.grad(f)(0.8)), 6), round(-np.exp(-0.8), 6))
""", "s2sad.grad(f).source_for(0.8)",
    ),
    Row(
        "numeric", """\
import math

g = s2sad.numeric(math.lgamma, returns=float)

def f(x):
    return x * g(x)

print(round(s2sad.grad(f)(3.0), 6))
""", "s2sad.grad(f).source_for(3.0)",
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


def section(row: Row) -> str:
    """The text of one row."""
    function = getattr(s2sad, row.name)
    scope: dict[str, Any] = {"np": np, "s2sad": s2sad, "ops": ops, "source_of": source_of}
    file = f"<transforms {row.name}>"
    linecache.cache[file] = (len(row.program), None, row.program.splitlines(keepends=True), file)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(row.program, file, "exec"), scope)
    words = textwrap.fill(" ".join((inspect.getdoc(function) or "").split("\n\n")[0].split()), 120)
    source = str(eval(row.source, scope)).strip("\n")
    parts = [
        f"## {row.name}", f"`{row.name}{signature(function)}`", words, f"```python\n{row.program.strip()}\n```",
        f"```text\n{out.getvalue().strip()}\n```", f"What is generated:\n\n```python\n{source}\n```",
    ]  # fmt: skip
    if row.costs:
        counted = [f"| {label} | {eval(code, scope):,} |" for label, code in row.costs]
        parts.append("\n".join(["| what it costs | operations |", "|---|---:|", *counted]))
    if row.remark:
        parts.append(row.remark)
    return "\n\n".join(parts)


def signature(function: Callable[..., Any]) -> str:
    """The signature without annotations."""
    shown = inspect.signature(function)
    bare = [p.replace(annotation=p.empty) for p in shown.parameters.values()]
    return str(shown.replace(parameters=bare, return_annotation=shown.empty))


def page() -> str:
    """The whole page."""
    names = ", ".join(f"[`{row.name}`](#{row.name})" for row in ROWS)
    return "\n\n".join([HEAD.rstrip(), textwrap.fill(names, 120, break_on_hyphens=False), *map(section, ROWS)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
