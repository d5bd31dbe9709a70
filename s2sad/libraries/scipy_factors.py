"""LU factors that are used again: what ``passes.factors`` makes of solvers in programs that use SciPy.

``lu_of`` has no derivative of its own: what is computed with the factors has that with respect to the matrix itself,
which it takes along as ``a`` (not written). Giles 2008, 2.2 and 2.3. Factors of singular matrices are no error before
they are used, so that they may be computed ahead of the loop that uses them.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from s2sad.errors import TraceError
from s2sad.ir.core import Arg, Atom, Call, Pack
from s2sad.ir.types import Array, Type, axes, of
from s2sad.prims.inference import number, option
from s2sad.prims.linalg import real, square
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.spectra import adjugate
from s2sad.rules.batching import Batch, Result, RowByRow, batches
from s2sad.rules.book import constant, pullback, pushforward
from s2sad.rules.linalg import adjugate_dot, log_bar, mT


def lu_of(a):
    """The LU factors of a matrix, and its pivots."""
    if a.size == 0:
        return a, np.zeros(0, np.int32)
    routine = {"f": "sgetrf", "d": "dgetrf", "F": "cgetrf", "D": "zgetrf"}[a.dtype.char]
    return getattr(scipy.linalg.lapack, routine)(a)[:2]


def solved(lu, pivots, b, trans=0):
    """Solve a @ x = b, or with the transpose of a, by the LU factors of a."""
    if not lu.diagonal().all():
        raise np.linalg.LinAlgError("Singular matrix")
    if b.size == 0:
        return np.zeros(b.shape, lu.dtype)
    routine = {"f": "sgetrs", "d": "dgetrs", "F": "cgetrs", "D": "zgetrs"}[lu.dtype.char]
    return getattr(scipy.linalg.lapack, routine)(lu, pivots, b, trans)[0]


def inverted(lu, pivots):
    """The inverse of a matrix by its LU factors."""
    if not lu.diagonal().all():
        raise np.linalg.LinAlgError("Singular matrix")
    if lu.size == 0:
        return lu
    routine = {"f": "sgetri", "d": "dgetri", "F": "cgetri", "D": "zgetri"}[lu.dtype.char]
    return getattr(scipy.linalg.lapack, routine)(lu, pivots, lwork=64 * len(lu))[0]


def determined(lu, pivots):
    """The determinant of a matrix by its LU factors."""
    exchanges = np.count_nonzero(pivots != np.arange(len(pivots)))
    return (-1) ** exchanges * np.prod(lu.diagonal())


def log_determined(lu, pivots):
    """Sign of the determinant of a matrix, and logarithm of its absolute value, by the LU factors."""
    diagonal = lu.diagonal()
    exchanges = np.count_nonzero(pivots != np.arange(len(pivots)))
    with np.errstate(divide="ignore"):
        return (-1) ** exchanges * np.prod(np.sign(diagonal)), np.sum(np.log(np.abs(diagonal)))


def cofactors_of(a, lu, pivots):
    """det(a) * inv(a), by the LU factors where a is regular."""
    return determined(lu, pivots) * inverted(lu, pivots) if lu.diagonal().all() else adjugate(a)


# -- types ------------------------------------------------------------------------------------------------------------


def _lu_of(a: Arg) -> tuple[Type, ...]:
    dtype, known = square(a)
    return Array(dtype, known or ("?", "?")), Array("i32", (known or ("?",))[:1])


def _solved(lu: Arg, pivots: Arg, b: Arg, trans: Any = 0, a: Any = None) -> Type:
    option(trans)
    dtype, right = number(lu).dtype, number(b)
    if right.dtype[0] == "c" != dtype[0]:
        raise TraceError("a real system with a complex right-hand side by its factors")
    return Array(dtype, axes(right))


def _inverted(lu: Arg, pivots: Arg, a: Any = None) -> Type:
    return number(lu)


def _determined(lu: Arg, pivots: Arg, a: Any = None) -> Type:
    return of(number(lu).dtype, ())


def _log_determined(lu: Arg, pivots: Arg, a: Any = None) -> tuple[Type, ...]:
    dtype = number(lu).dtype
    return of(dtype, ()), of(real(dtype), ())


def by_factors(helper: Callable[..., Any], infer: Callable[..., Any]) -> Callable[..., Any]:
    """A function of LU factors: a helper of generated code, and a primitive that takes the matrix along, for rules."""
    written = inspect.signature(infer)
    plain = primitive(helper.__name__, helper, infer, style="helper", calls=())
    plain.__dict__["signature"] = written.replace(parameters=[p for n, p in written.parameters.items() if n != "a"])

    def run(lu: Any, pivots: Any, *operands: Any, a: Any = None, **options: Any) -> Any:
        return helper(lu, pivots, *operands, **options)

    name = f"{helper.__name__}_by"
    return REGISTRY.word(primitive(name, run, infer, style="helper", text=helper.__name__, calls=(), hidden=("a",)))


constant(primitive("lu_of", lu_of, _lu_of, style="helper"))
solved_by = by_factors(solved, _solved)
inverted_by = by_factors(inverted, _inverted)
determined_by = by_factors(determined, _determined)
log_determined_by = by_factors(log_determined, _log_determined)
primitive("cofactors_of", cofactors_of, lambda a, lu, pivots: number(lu), style="helper")


# -- rules ------------------------------------------------------------------------------------------------------------


def products(x, y):
    """The matrix x yᵀ of two vectors, or of columns of vectors."""
    return np.outer(x, y) if np.ndim(x) == 1 else x @ mT(y)


@pullback("solved_by", wrt=("b", "a"))
def solved_bar(ans_bar, ans, lu, pivots, trans, a, wanted):
    b_bar = solved_by(lu, pivots, ans_bar, 1 - trans, a=a)
    if not wanted[1]:
        return b_bar, None
    return b_bar, -products(b_bar, ans) if trans == 0 else -products(ans, b_bar)


@pushforward("solved_by", wrt=("b", "a"))
def solved_dot(b_dot, a_dot, ans, lu, pivots, trans, a):
    if a_dot is None:
        return solved_by(lu, pivots, b_dot, trans, a=a)
    moved = (a_dot if trans == 0 else mT(a_dot)) @ ans
    return solved_by(lu, pivots, -moved if b_dot is None else b_dot - moved, trans, a=a)


@pullback("inverted_by", wrt="a")
def inverted_bar(ans_bar, ans):
    return -ans.T @ ans_bar @ ans.T


@pullback("determined_by", wrt="a")
def determined_bar(ans_bar, lu, pivots, a):
    return ans_bar * cofactors_of(a, lu, pivots).T


@pushforward("cofactors_of", wrt="a")
def cofactors_dot(a_dot, a):
    return adjugate_dot(a_dot, a)


@pullback("log_determined_by", wrt="a")
def log_determined_bar(ans_bar, ans, lu, pivots, a):
    bar = log_bar(ans_bar, ans[0], a)
    return None if bar is None else bar * inverted_by(lu, pivots, a=a).T


# -- many rows at once: NumPy's functions take stacks -----------------------------------------------------------------


@batches("solved_by")
def rows_solved(b: Batch, call: Call, moved: set[str]) -> Result:
    """The solution by factors for all rows; with a matrix for each row, what NumPy does with the stack of them."""
    given = b.bound(call)
    vector = b.ndim(given["b"]) == 1
    if "a" not in moved:
        columns = columns_solved if vector else matrices_solved
        return whole(b.inline(columns, **{k: b.of(given[k]) for k in ("lu", "pivots", "b", "trans", "a")}))
    solution = vectors_of_stack if vector else matrices_of_stack
    return whole(b.inline(solution, a=b.of(given["a"]), b=b.of(given["b"]), trans=given["trans"]))


def whole(arg: Arg) -> Atom:
    assert not isinstance(arg, Pack)
    return arg


def columns_solved(lu, pivots, b, trans, a):
    return solved_by(lu, pivots, b.T, trans, a=a).T


def matrices_solved(lu, pivots, b, trans, a):
    rows, n, m = np.shape(b)
    columns = np.reshape(np.swapaxes(b, 0, 1), (n, rows * m))
    return np.swapaxes(np.reshape(solved_by(lu, pivots, columns, trans, a=a), (n, rows, m)), 0, 1)


def vectors_of_stack(a, b, trans):
    if np.ndim(b) == 1:
        return np.linalg.solve(a if trans == 0 else mT(a), b)
    return np.linalg.solve(a if trans == 0 else mT(a), np.expand_dims(b, -1))[..., 0]


def matrices_of_stack(a, b, trans):
    return np.linalg.solve(a if trans == 0 else mT(a), b)


def of_stack(name: str, function: str) -> None:
    """With a matrix for each row, what NumPy does with the stack of them."""

    @batches(name)
    def rows(b: Batch, call: Call, moved: set[str]) -> Result:
        if "a" not in moved:
            raise RowByRow
        return b.calls(function, b.of(b.bound(call)["a"]))


for name, function in {
    "inverted_by": "np.linalg.inv", "determined_by": "np.linalg.det", "log_determined_by": "np.linalg.slogdet",
    "cofactors_of": "adjugate",
}.items():  # fmt: skip
    of_stack(name, function)
