"""Roots and fixed points found by solvers of users, differentiated by the implicit-function theorem.

What a solver does is not differentiated: it is called as it stands, on the function as the generated module has it.
What it finds is handed on by an operation that is not written, ``solution``, whose rule asks for the derivatives of
the function there (see ``libraries/implicit.py``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from s2sad.api import jvp, vjp
from s2sad.compiler.abstract_functions import callable_like, name_of
from s2sad.compiler.apart import function_apart
from s2sad.compiler.callbacks import names_of
from s2sad.compiler.hooks import leaves_replaced, stop
from s2sad.front.calls import Calls
from s2sad.front.derivatives import transform
from s2sad.front.values import Abstract, Known, Partial
from s2sad.ir.core import Arg, Pack, Ref, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.transparent import UNWRITTEN
from s2sad.ir.types import Array, Scalar, Struct, Type
from s2sad.ir.walk import map_arg
from s2sad.jacobians import jacfwd
from s2sad.libraries.implicit import pulled, pushed, slope_of
from s2sad.prims import runtime, structure
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant, pullback, pushforward

X = TypeVar("X")


def _types(x: Arg) -> Any:
    assert isinstance(x, Pack)
    kinds = tuple(item.type for item in x.items)
    return kinds if len(kinds) > 1 else kinds[0]


solution = primitive(
    "solution", lambda x, f, solve=None, args=(), moves=True: x if len(x) > 1 else x[0],
    lambda x, f, solve=None, args=(), moves=True: _types(x), style="special", text=UNWRITTEN, alias="maybe",
    cost="free", calls=(),
)  # fmt: skip
"""What a solver has found, ``x``, as a function of ``args``: f(*x, *args) is zero, or, unless it ``moves``, is x."""


def _helper(name: str, infer: Any) -> Primitive:
    return primitive(name, getattr(runtime, name), infer, style="helper", calls=())


def _iterated(f: Arg, x0: Arg, args: Any = (), tol: Any = 1e-12, maxiter: Any = 1000) -> Type:
    return x0.type


run_solver = _helper("run_solver", lambda solver, f, x0, args=(): x0.type)
run_solver_parts = _helper("run_solver_parts", lambda solver, f, x0, args=(): x0.type)
iterated, iterated_parts = _helper("iterated", _iterated), _helper("iterated_parts", _iterated)
constant(run_solver, iterated, run_solver_parts, iterated_parts)


# -- what users call --------------------------------------------------------------------------------------------------


def traced_root(
    machine: Calls, f: Abstract, x0: Abstract, solver: Abstract, *args: Abstract, linear_solve: Abstract | None = None
) -> Abstract:
    """``custom_root`` of abstract arguments."""
    return found(machine, f, x0, solver, args, linear_solve, {}, True)


@transform(traced=traced_root)
def custom_root(
    f: Callable[..., X], x0: X, solver: Callable[[Callable[[X], X], X], X], *args: Any,
    linear_solve: Callable[..., Any] | None = None,
) -> X:
    """The x with f(x, \\*args) = 0 that a solver of yours finds, differentiated by the implicit-function theorem.

    Parameters
    ----------
    f : callable
        Gives as many numbers as ``x`` has, in a structure like it. It may read variables around it.
    x0 : number, array, or tuple, list or dict of them
        Where the search starts. The solution has its structure and shapes, and does not depend on it.
    solver : callable
        ``solver(function, x0)`` gives the solution; ``function(x)`` is f(x, \\*args). It is any Python code: it is
        called as it stands, and its iterations are not differentiated.
    *args
        What the solution depends on, beside what ``f`` reads around it.
    linear_solve : callable, optional
        ``linear_solve(matvec, b)`` gives the u with matvec(u) = b, for the derivative: of vectors, or of arrays like
        ``x`` where it is one. It is traced. Left out, the Jacobian of ``f`` is made and run_solver with.

    Examples
    --------
    >>> import s2sad
    >>> def newton(f, x):
    ...     for _ in range(50):
    ...         x = x - f(x) / s2sad.grad(f)(x)
    ...     return x
    >>> def cube_root(a):
    ...     return s2sad.custom_root(lambda x: x**3 - a, 1.0, newton)
    >>> round(s2sad.grad(cube_root)(8.0), 12)  # 1 / (3 x**2)
    0.083333333333
    """
    return solver(lambda x: f(x, *args), x0)


def traced_fixed_point(
    machine: Calls, g: Abstract, x0: Abstract, *args: Abstract, solver: Abstract | None = None,
    linear_solve: Abstract | None = None, tol: Abstract | None = None, maxiter: Abstract | None = None,
) -> Abstract:
    """``fixed_point`` of abstract arguments."""
    given = {"tol": tol, "maxiter": maxiter}
    options: dict[str, Any] = {k: machine.to_arg(v) for k, v in given.items() if v is not None}
    return found(machine, g, x0, solver, args, linear_solve, options, False)


@transform(traced=traced_fixed_point)
def fixed_point(
    g: Callable[..., X], x0: X, *args: Any, solver: Callable[[Callable[[X], X], X], X] | None = None,
    linear_solve: Callable[..., Any] | None = None, tol: float = 1e-12, maxiter: int = 1000,
) -> X:
    """The x with g(x, \\*args) = x, differentiated by the implicit-function theorem.

    Parameters
    ----------
    g, x0, args, linear_solve
        As for ``custom_root``.
    solver : callable, optional
        ``solver(function, x0)`` gives the fixed point. Left out, x = g(x) is iterated until x changes by no more than
        ``tol`` of its size (at least ``tol``), at most ``maxiter`` times.

    Raises
    ------
    RuntimeError
        The iteration has not come to rest after ``maxiter`` steps.

    Examples
    --------
    >>> import s2sad
    >>> def root(a):  # Heron
    ...     return s2sad.fixed_point(lambda x: 0.5 * (x + a / x), 1.0)
    >>> root(4.0), s2sad.grad(root)(4.0)
    (2.0, 0.25)
    """
    if solver is not None:
        return solver(lambda x: g(x, *args), x0)
    leaves = runtime.leaves_of(runtime.in_order(x0, x0))

    def step(*leaves):
        return runtime.leaves_of(runtime.in_order(g(runtime.like(x0, iter(leaves)), *args), x0))

    out: X = runtime.iterated_parts(step, x0, (), tol, maxiter) if leaves else x0
    return out


# -- in a traced function ---------------------------------------------------------------------------------------------


def found(
    machine: Calls, f: Abstract, x0: Abstract, solver: Abstract | None, args: tuple[Abstract, ...],
    linear_solve: Abstract | None, options: dict[str, Any], moves: bool,
) -> Abstract:  # fmt: skip
    """What a solver finds, as a function of what ``f`` depends on."""
    what = "custom_root" if moves else "fixed_point"
    start = as_floats(machine, x0, what)
    name = names_of(machine, f, 1)[0] if not isinstance(start, Pack) else None
    like = map_arg(start, lambda a: Value(a.type, name or a.name) if isinstance(a, Value) else a)
    if isinstance(solver, Known) and solver.value is None:
        solver = None
    if not callable_like(machine, f) or solver is not None and not callable_like(machine, solver):
        machine.wrong(f"{what} needs functions", instead="custom_root(f, x0, solver), fixed_point(g, x0)")
    callee, captured = function_apart(machine, f, like, args)
    assert callee.trace is not None
    result = aligned(like, callee.trace.result)
    if result is None:
        machine.refuse(
            f"{name_of(f)}, which gives {described(callee.trace.result)} for a {what} of {described(like)}",
            why="there are as many equations as unknowns", instead="return the structure and shapes of x",
        )
    single = not isinstance(start, Pack)
    callee.trace = replace(callee.trace, result=leaves(result)[0] if single else Pack("tuple", tuple(leaves(result))))
    ref, given = Ref(callee, callee.name), Pack("tuple", captured)
    if solver is None:
        at = machine.emit(iterated if single else iterated_parts, ref, whole(machine, start), args=given, **options)
        values = parts(machine, at, start)
    elif isinstance(solver, Known):
        chosen = solver_ref(machine, solver, what)
        at = machine.emit(run_solver if single else run_solver_parts, chosen, ref, whole(machine, start), args=given)
        values = parts(machine, at, start)
    else:  # a function of the program itself
        fixed = Partial(Known(Applied(args)), (f,)) if args else f
        gives = machine.to_arg(machine.call(solver, (fixed, machine.lift(start))))
        out = aligned(like, gives)
        if out is None:
            machine.refuse(
                f"a solver that gives {described(gives)} for a {what} of {described(like)}",
                instead="return the solution, in the structure of x0",
            )
        values = [machine.emit(stop, v) if isinstance(v, Value) else v for v in leaves(out)]
    extra: dict[str, Any] = {} if moves else {"moves": False}
    if linear_solve is not None and not (isinstance(linear_solve, Known) and linear_solve.value is None):
        if not isinstance(linear_solve, Known):
            machine.refuse(
                f"linear_solve= of {what}, a function of the program itself",
                why="it is used where the derivative is made, outside of the function",
                instead="define it at the level of the module",
            )
        extra["solve"] = Ref(linear_solve.value, getattr(linear_solve.value, "__name__", "linear_solve"))
    outs = iter(machine.emits(solution, Pack("tuple", tuple(values)), ref, args=given, **extra))
    return machine.lift(map_arg(start, lambda a: next(outs)))


class Applied:
    """``f(x, *args)`` with the arguments given."""

    def __init__(self, args: tuple[Abstract, ...]) -> None:
        self._args = args

    def __s2sad_call__(self, machine: Calls, operands: Any, kwargs: Any) -> Abstract:
        f, x = operands
        return machine.call(f, (x, *self._args))


def as_floats(machine: Calls, x0: Abstract, what: str) -> Arg:
    """Where the search starts, in floats; derivatives do not go through it."""
    arg = machine.to_arg(leaves_replaced(machine, x0, lambda v: machine.emit(stop, v), what))

    def leaf(atom: Any) -> Arg:
        t = atom.type
        if isinstance(t, Scalar) and t.dtype[0] in "if":
            return machine.emit(machine.prim("float"), atom)
        if isinstance(t, Array) and t.dtype[0] == "i":
            return machine.to_arg(machine.call(Known(np.asarray), (machine.wrap(atom),), {"dtype": Known(float)}))
        if not isinstance(t, Array) or t.dtype[0] != "f":
            machine.wrong(f"{what} from {t}", instead="start from floats, in tuples, lists and dicts")
        return atom  # type: ignore[no-any-return]

    if any(isinstance(p, Pack) and p.kind not in ("tuple", "list", "dict") for p in packs(arg)):
        machine.refuse(f"{what} of an object", instead="use numbers, arrays, tuples, lists and dicts for x")
    return map_arg(arg, leaf)


def packs(arg: Arg) -> list[Arg]:
    """A structure, and those in it."""
    return [arg, *(p for i in arg.items for p in packs(i))] if isinstance(arg, Pack) else []


def leaves(arg: Arg) -> list[Any]:
    """The atoms of a structure."""
    return [a for i in arg.items for a in leaves(i)] if isinstance(arg, Pack) else [arg]


def aligned(x: Arg, y: Arg) -> Arg | None:
    """A structure like another one, of numbers and arrays of as many axes, in the order of that; None where unlike."""
    if isinstance(x, Pack):
        if not isinstance(y, Pack) or x.kind != y.kind or len(x.items) != len(y.items) or set(x.keys) != set(y.keys):
            return None
        by_key = dict(zip(y.keys or range(len(y.items)), y.items, strict=True))
        items = [aligned(item, by_key[k]) for k, item in zip(x.keys or range(len(x.items)), x.items, strict=True)]
        return Pack(x.kind, tuple(i for i in items if i is not None), x.keys) if None not in items else None
    a, b = getattr(x.type, "axes", ()), getattr(y.type, "axes", ())
    return y if isinstance(y.type, Scalar | Array) and (a is None or b is None or len(a) == len(b)) else None


def described(arg: Arg) -> str:
    return str(arg.type)


def whole(machine: Calls, start: Arg) -> Any:
    """A structure as one operand."""
    return machine.emit(structure.build, start) if isinstance(start, Pack) else start


def parts(machine: Calls, at: Value, start: Arg) -> list[Any]:
    """The numbers and arrays of what a solver gave."""
    if not isinstance(start, Pack):
        return [at]
    assert isinstance(at.type, Struct)
    keys = start.keys or tuple(range(len(start.items)))
    pairs = zip(keys, start.items, strict=True)
    return [v for k, item in pairs for v in parts(machine, machine.emit(structure.item, at, k), item)]


def solver_ref(machine: Calls, solver: Known, what: str) -> Arg:
    """A solver from outside, as an operand."""
    fn = solver.value
    if isinstance(fn, types.FunctionType | types.BuiltinFunctionType):
        name = getattr(fn, "__name__", "solver")
        return Ref(fn, name if name.isidentifier() else "solver")
    return machine.owner_parameter(solver)


# -- rules ------------------------------------------------------------------------------------------------------------


@pullback(solution, wrt="args")
def solution_bar(ans_bar, ans, x, f, solve, args, moves, wanted):
    many = is_many(f)
    at = flat(ans if len(x) > 1 else (ans,)) if many else ans

    def equations(v, *args):
        return residual(f, v, x, args, moves)

    bar = flat(without_none(ans_bar, ans) if len(x) > 1 else (ans_bar,)) if many else ans_bar
    if solve is not None:
        _, pull = vjp(lambda v: equations(v, *args), at)
        u = solve(lambda u: pull(u)[0], bar)
    elif np.ndim(at) == 0:
        u = bar / slope_of(equations, at, args)
    else:
        matrix = jacobian_of(equations, at, args)
        u = np.reshape(np.linalg.solve(matrix.T, np.ravel(bar)), np.shape(at))
    return (pulled(lambda *args: equations(at, *args), args, wanted[0], -u),)


@pushforward(solution, wrt="args")
def solution_dot(args_dot, ans, x, f, solve, args, moves, wanted):
    many = is_many(f)
    at = flat(ans if len(x) > 1 else (ans,)) if many else ans

    def equations(v, *args):
        return residual(f, v, x, args, moves)

    right = -pushed(lambda *args: equations(at, *args), args, wanted[0], args_dot)
    if solve is not None:
        u = solve(lambda u: jvp(lambda v: equations(v, *args), (at,), (u,))[1], right)
    elif np.ndim(at) == 0:
        u = right / slope_of(equations, at, args)
    else:
        u = np.reshape(np.linalg.solve(jacobian_of(equations, at, args), np.ravel(right)), np.shape(at))
    parts = split(u, x) if many else (u,)
    return parts if len(x) > 1 else parts[0]


def residual(f, v, x, args, moves):
    """What is zero at the solution: of a number or array, or of a vector of all unknowns."""
    if not is_many(f):
        out = f(v, *args)
        return out if moves else out - v
    out = flat(f(*split(v, x), *args))
    return out if moves else out - v


@REGISTRY.compute
def is_many(f):
    """Whether the unknowns of a function are in a container."""
    return isinstance(f.trace.result, Pack)


def flat(leaves):
    """Numbers and arrays in one vector."""
    return np.concatenate([np.atleast_1d(np.ravel(leaf)) for leaf in leaves])


def split(v, like):
    """A vector as numbers and arrays of the shapes of others."""
    out = []
    k = 0
    for leaf in like:
        if np.ndim(leaf) == 0:
            out.append(v[k])
            k = k + 1
        else:
            out.append(np.reshape(v[k : k + np.size(leaf)], np.shape(leaf)))
            k = k + np.size(leaf)
    return tuple(out)


def without_none(bars, like):
    """Cotangents, zero where there is none."""
    return tuple([np.zeros(np.shape(x)) if b is None else b for b, x in zip(bars, like)])  # noqa: B905


def jacobian_of(f, at, args):
    """The matrix of a function of a vector, or of an array taken as one."""
    return np.reshape(jacfwd(lambda v: f(v, *args))(at), (np.size(at), np.size(at)))


__all__ = ["custom_root", "fixed_point", "solution"]
