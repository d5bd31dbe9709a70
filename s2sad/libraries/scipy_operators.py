"""``scipy.sparse.linalg``: linear operators, and systems of them and of full matrices that are solved by iterations.

A solution x of A x = b, whatever way it was found, moves as A dx = db - dA x; the transposed operator is the pullback
of the operator, which is linear.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import scipy.sparse.linalg as sl

from s2sad.api import vjp
from s2sad.compiler.callbacks import as_array, handed
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Type, axes, rank
from s2sad.libraries import implicit
from s2sad.libraries.scipy_optimize import vector
from s2sad.libraries.scipy_sparse import Growing, Sparse
from s2sad.libraries.solutions import absent, means, refuse_options, written
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import pullback, pushforward

SOLVERS = ("cg", "cgs", "bicg", "bicgstab", "gmres", "lgmres", "minres", "gcrotmk", "tfqmr", "qmr")
TRANSPOSING = ("bicg", "qmr")


class Operator:
    """A LinearOperator: a function that multiplies vectors by a matrix."""

    def __init__(self, shape, matvec, rmatvec=None):
        self.shape, self.function, self.transposed = shape, matvec, rmatvec

    def matvec(self, x):
        return np.reshape(self.function(x), np.shape(x))

    def rmatvec(self, x):
        if self.transposed is None:
            unsupported("rmatvec of a LinearOperator that was made without it", instead="give it rmatvec=")
        return self.transposed(x)

    def matmat(self, x):
        return np.stack([self.function(x[:, k]) for k in range(x.shape[1])], axis=1)

    def __matmul__(self, x):
        return self.matvec(x) if np.ndim(x) == 1 else self.matmat(x)

    def dot(self, x):
        return self @ x

    def __call__(self, x):
        return self @ x

    def __mul__(self, x):
        return self @ x

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a LinearOperator", instead="use @, matvec and matmat")


@means(sl.LinearOperator)
def linear_operator(
    machine: Calls, shape: Abstract, matvec: Abstract | None = None, rmatvec: Abstract | None = None,
    matmat: Abstract | None = None, dtype: Abstract | None = None, rmatmat: Abstract | None = None,
) -> Abstract:  # fmt: skip
    if matvec is None or absent(matvec):
        machine.refuse("a LinearOperator without matvec=", instead="give it matvec=")
    return machine.call(Known(Operator), (shape, matvec, Known(None) if rmatvec is None else rmatvec), {})


@REGISTRY.define(sl.aslinearoperator)
def aslinearoperator(A):  # noqa: N803
    if isinstance(A, Operator):
        return A
    return Operator(A.shape, lambda x: A @ x, lambda x: A.T @ x)


# -- systems ----------------------------------------------------------------------------------------------------------


def solved_by_iteration(solver, matvec, b, args, **options):
    """The solution of a system whose matrix multiplies vectors by a function, by one of SciPy's iterations."""
    operator = scipy.sparse.linalg.LinearOperator((len(b), len(b)), lambda x: matvec(x, *args), dtype=float)
    return getattr(scipy.sparse.linalg, solver)(operator, b, **options)


def _iterated(
    solver: Arg, matvec: Arg, b: Arg, args: Any, x0: Any = None, rtol: Any = None, atol: Any = None,
    restart: Any = None, maxiter: Any = None, shift: Any = None,
) -> tuple[Type, ...]:  # fmt: skip
    option(solver)
    return Array("f64", axes(number(b))), INT


iterated_ = primitive("solved_by_iteration", solved_by_iteration, _iterated, style="helper", calls=())


def again(solver, matvec, x, args, right, rtol, atol, restart, maxiter, shift, turned):
    """The solution for another right-hand side, of the system or of the transposed one, by the same iteration."""

    def product(v):
        return vjp(lambda u: matvec(u, *args), x)[1](v)[0] if turned else matvec(v, *args)

    how = {"rtol": rtol, "atol": atol, "restart": restart, "maxiter": maxiter, "shift": shift}
    given = {k: v for k, v in how.items() if v is not None}
    operator = sl.LinearOperator((len(right), len(right)), product)
    solve = {name: getattr(sl, name) for name in SOLVERS}[solver]
    found, info = solve(operator, right, **given)
    if info != 0:
        raise np.linalg.LinAlgError("an iterative solver did not converge for the derivative: raise maxiter, or rtol")
    return found


@pullback(iterated_, wrt=("b", "args"))
def iterated_bar(ans_bar, ans, solver, matvec, b, args, rtol, atol, restart, maxiter, shift, wanted):
    x = ans[0]
    bar = again(solver, matvec, x, args, ans_bar[0], rtol, atol, restart, maxiter, shift, True)
    return bar, implicit.pulled(lambda *args: matvec(x, *args), args, wanted[1], -bar)


@pushforward(iterated_, wrt=("b", "args"))
def iterated_dot(b_dot, args_dot, ans, solver, matvec, b, args, rtol, atol, restart, maxiter, shift, wanted):
    x = ans[0]
    right = b_dot if wanted[0] else np.zeros_like(b)
    if any(wanted[1]):
        right = right - implicit.pushed(lambda *args: matvec(x, *args), args, wanted[1], args_dot)
    return again(solver, matvec, x, args, right, rtol, atol, restart, maxiter, shift, False), None


def iteration(name: str, sparse: Any) -> None:
    """Say what an iterative solver means: of a sparse matrix what ``sparse`` does, of others the function above."""
    function = getattr(sl, name)

    @means(function)
    def meaning(
        machine: Calls, A: Abstract, b: Abstract, x0: Abstract | None = None, **options: Abstract,  # noqa: N803
    ) -> Abstract:  # fmt: skip
        cls = getattr(A, "cls", None)
        full = rank(machine.type_of(A)) == 2
        if name in TRANSPOSING and full:  # which need the transpose, too
            A, cls = machine.call(Known(scipy.sparse.csr_array), (A,), {}), Sparse  # noqa: N806
        if cls is Sparse or cls is Growing:
            start = {} if x0 is None else {"x0": x0}
            return machine.call(Known(sparse), (A, b), {**start, **options})
        if isinstance(A, Known) and isinstance(A.value, sl.LinearOperator):
            machine.refuse(
                f"scipy.sparse.linalg.{name} with a LinearOperator from outside",
                why="what it multiplies by is not seen", instead="make it in the function that is differentiated",
            )  # fmt: skip
        if name in TRANSPOSING:
            machine.refuse(f"scipy.sparse.linalg.{name} with a LinearOperator", instead="gmres, or a sparse matrix")
        refuse_options(machine, f"sparse.linalg.{name}", options, "M callback callback_type")
        right = vector(machine, name, b)
        product = machine.call(Known(aslinearoperator), (A,), {})
        f = handed(machine, machine.attribute(product, "matvec"), [right], None, as_array)
        named = written(machine, options, "M callback callback_type")
        if x0 is not None and not absent(x0):
            named["x0"] = machine.to_arg(machine.call(Known(np.asarray), (x0,), {"dtype": Known(float)}))
        x, info = machine.emits(iterated_, machine.to_arg(Known(name)), f.function, right, f.args, **named)
        return pack((machine.wrap(x), machine.wrap(info)))
