"""``scipy.linalg``: triangular systems, and factors that the program makes and hands on itself.

A solution by factors of a matrix that the program has factored in sight is differentiated with respect to the matrix
(``passes.factors`` says by which: ``lu_solve_by``), else with respect to the factors.

LU: L. Hascoët et al. and S. Walter, "Structured higher-order algorithmic differentiation" (2012), section 3.
Cholesky: I. Murray, "Differentiation of the Cholesky decomposition" (arXiv:1602.07527).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg as sl

from s2sad.ir.core import Arg, Call, Pack
from s2sad.ir.types import Array, Type, axes, broadcast_axes
from s2sad.libraries.scipy_factors import products
from s2sad.prims.inference import number, option
from s2sad.prims.linalg import float_dtype, matrix, shorter, square
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.products import conj
from s2sad.prims.runtime import unbroadcast
from s2sad.rules.batching import Batch, Result, RowByRow, batches
from s2sad.rules.book import constant, pullback, pushforward
from s2sad.rules.decompositions import both_triangles, half_lower, one_triangle
from s2sad.rules.linalg import H, mT

define = REGISTRY.define


def _solution(a: Arg, b: Arg) -> Type:
    _, left = square(a)
    right = number(b)
    known = axes(right)
    dtype = float_dtype(number(a).dtype, right.dtype)
    if left is None or known is None:
        return Array(dtype, None)
    if len(known) < 2:
        return Array(dtype, known)
    stack = broadcast_axes(left[:-2], known[:-2])
    return Array(dtype, None if stack is None else (*stack, *known[-2:]))


# -- triangular systems -----------------------------------------------------------------------------------------------


def _triangular(a: Arg, b: Arg, trans: Any = 0, lower: Any = False, unit_diagonal: Any = False) -> Type:
    for given in (trans, lower, unit_diagonal):
        option(given)
    return _solution(a, b)


triangular = primitive("scipy.linalg.solve_triangular", sl.solve_triangular, _triangular, calls=())
triangular_of = REGISTRY.word(triangular)


@define(sl.solve_triangular)
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    if np.ndim(a) > 2 and np.ndim(b) == 1:
        return solve_triangular(a, b[:, None], trans, lower, unit_diagonal)[..., 0]
    if trans in (2, "C"):
        return triangular_of(conj(a), b, 1, lower, unit_diagonal)
    return triangular_of(a, b, 1 if trans in (1, "T") else 0, lower, unit_diagonal)


def triangle(x, lower, unit_diagonal):
    """The part of a matrix that is read."""
    if lower:
        return np.tril(x, -1) if unit_diagonal else np.tril(x)
    return np.triu(x, 1) if unit_diagonal else np.triu(x)


@pullback(triangular, wrt=("a", "b"))
def triangular_bar(ans_bar, ans, a, b, trans, lower, unit_diagonal):
    b_bar = triangular_of(a, ans_bar, 1 - trans, lower, unit_diagonal)
    a_bar = -products(b_bar, ans) if trans == 0 else -products(ans, b_bar)
    if np.ndim(ans) > 2:
        a_bar, b_bar = unbroadcast(a_bar, np.shape(a)), unbroadcast(b_bar, np.shape(b))
    return triangle(a_bar, lower, unit_diagonal), b_bar


# -- Cholesky factors -------------------------------------------------------------------------------------------------


def _cholesky(a: Arg, lower: Any = False) -> Type:
    option(lower)
    return Array(*square(a))


def _cho_solve(c_and_lower: Arg, b: Arg) -> Type:
    assert isinstance(c_and_lower, Pack)
    option(c_and_lower.items[1])
    return _solution(c_and_lower.items[0], b)


def _cho_solve_by(c_and_lower: Arg, b: Arg, a: Any = None) -> Type:
    return _cho_solve(c_and_lower, b)


def run_cho_solve(c_and_lower: Any, b: Any, a: Any = None) -> Any:
    return sl.cho_solve(c_and_lower, b)


factor_of = REGISTRY.word(primitive("scipy.linalg.cholesky", sl.cholesky, _cholesky, calls=()))
primitive("lower_cholesky", np.linalg.cholesky, lambda a: Array(*square(a)), text="np.linalg.cholesky", calls=())
cho_solution = REGISTRY.word(primitive("scipy.linalg.cho_solve", sl.cho_solve, _cho_solve, calls=()))
cho_solution_by = REGISTRY.word(
    primitive("cho_solve_by", run_cho_solve, _cho_solve_by, text="scipy.linalg.cho_solve", calls=(), hidden=("a",))
)


@define(sl.cholesky)
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    if np.ndim(a) > 2:
        return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a, upper=True)
    return factor_of(a, True) if lower else factor_of(a)


@pullback("scipy.linalg.cholesky", wrt="a")
def cholesky_bar(ans_bar, ans, lower):
    return of_lower(ans_bar, ans) if lower else H(of_lower(H(ans_bar), H(ans)))


@pullback("lower_cholesky")
def lower_cholesky_bar(ans_bar, ans):
    return of_lower(ans_bar, ans)


def of_lower(bar, lower):
    half = half_lower(H(lower) @ conj(bar))
    right = H(solve_triangular(lower, H(half), trans=2, lower=True))
    return one_triangle(solve_triangular(lower, right, trans=2, lower=True), "L")


@pullback("scipy.linalg.cho_solve", wrt=("c_and_lower", "b"))
def cho_solve_bar(ans_bar, ans, c_and_lower, wanted):
    """By A = C Cᴴ the cotangent -b_bar xᵀ of A is one of C."""
    c, lower = c_and_lower
    b_bar = conj(cho_solution((c, lower), conj(ans_bar)))
    if not wanted[0]:
        return None, b_bar
    x, y = conj(ans), conj(b_bar)
    if lower:
        c_bar = -np.tril(products(b_bar, H(c) @ ans) + products(x, H(c) @ y))
    else:
        c_bar = -np.triu(products(conj(c) @ b_bar, ans) + products(conj(c) @ x, y))
    return (c_bar, None), b_bar


@define(sl.cho_factor)
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    return cholesky(a, lower), lower  # with zeros in the triangle that SciPy leaves as it is


@define(sl.cho_solve)
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    c, lower = c_and_lower
    if np.ndim(c) > 2 or np.ndim(b) > 2:
        first = solve_triangular(c, b, trans=0 if lower else 2, lower=lower)
        return solve_triangular(c, first, trans=2 if lower else 0, lower=lower)
    return cho_solution((c, bool(lower)), b)


@pullback("cho_solve_by", wrt=("b", "a"))
def cho_solve_by_bar(ans_bar, ans, c_and_lower, a, wanted):
    """Of factors that were made of ``a``, of which one triangle is read."""
    b_bar = conj(cho_solution_by(c_and_lower, conj(ans_bar), a=a))
    if not wanted[1]:
        return b_bar, None
    return b_bar, one_triangle(-conj(products(b_bar, ans)), "L" if c_and_lower[1] else "U")


@pushforward("cho_solve_by", wrt=("b", "a"))
def cho_solve_by_dot(b_dot, a_dot, ans, c_and_lower, a):
    right = b_dot
    if a_dot is not None:
        moved = both_triangles(a_dot, "L" if c_and_lower[1] else "U") @ ans
        right = -moved if b_dot is None else b_dot - moved
    return cho_solution_by(c_and_lower, right, a=a)


# -- LU factors -------------------------------------------------------------------------------------------------------


def lu_parts(a):
    """Rows p, and factors, such that (l @ u)[p] is a."""
    return scipy.linalg.lu(a, p_indices=True)


def order_of(pivots, rows):
    """The order of rows that exchanging each row with that of its pivot gives."""
    order = np.arange(rows)
    for k, p in enumerate(pivots):
        order[k], order[p] = order[p], order[k]
    return order


def _lu_parts(a: Arg) -> tuple[Type, ...]:
    dtype, known = matrix(a)
    rows, columns = known or ("?", "?")
    k = shorter(rows, columns)
    return Array("i64", (rows,)), Array(dtype, (rows, k)), Array(dtype, (k, columns))


def _lu_factor(a: Arg) -> tuple[Type, ...]:
    dtype, known = matrix(a)
    rows, columns = known or ("?", "?")
    return Array(dtype, (rows, columns)), Array("i32", (shorter(rows, columns),))


def run_lu_factor(a: Any) -> Any:
    return tuple(sl.lu_factor(a))


primitive("lu_parts", lu_parts, _lu_parts, style="helper")
constant(primitive("order_of", order_of, lambda pivots, rows: Array("i64", ("?",)), style="helper"))
compact = primitive("scipy.linalg.lu_factor", run_lu_factor, _lu_factor)
compact_of = REGISTRY.word(compact)


@define(sl.lu_factor)
def lu_factor(a, overwrite_a=False, check_finite=True):
    if np.ndim(a) > 2:
        parts = [lu_factor(x) for x in a]
        return np.stack([p[0] for p in parts]), np.stack([p[1] for p in parts])
    lu, pivots = compact_of(a)
    return lu, pivots


def _lu_solve(lu_and_piv: Arg, b: Arg, trans: Any = 0) -> Type:
    option(trans)
    assert isinstance(lu_and_piv, Pack)
    return _solution(lu_and_piv.items[0], b)


def _lu_solve_by(lu_and_piv: Arg, b: Arg, trans: Any = 0, a: Any = None) -> Type:
    return _lu_solve(lu_and_piv, b, trans)


def run_lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, a: Any = None) -> Any:
    return sl.lu_solve(lu_and_piv, b, trans)


lu_solution = REGISTRY.word(primitive("scipy.linalg.lu_solve", sl.lu_solve, _lu_solve, calls=()))
lu_solution_by = REGISTRY.word(
    primitive("lu_solve_by", run_lu_solve, _lu_solve_by, text="scipy.linalg.lu_solve", calls=(), hidden=("a",))
)


@define(sl.lu_solve)
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    lu, pivots = lu_and_piv
    if np.ndim(lu) > 2 and np.ndim(b) == np.ndim(lu):
        return np.stack([lu_solve((x, p), y, trans) for x, p, y in zip(lu, pivots, b, strict=True)])
    if np.ndim(lu) > 2:
        return np.stack([lu_solve((x, p), b, trans) for x, p in zip(lu, pivots, strict=True)])
    if np.ndim(b) > 2:
        return np.stack([lu_solve((lu, pivots), y, trans) for y in b])
    if trans in (2, "C") and np.iscomplexobj(lu):
        return lu_solution((conj(lu), pivots), b, 1)
    return lu_solution((lu, pivots), b, 0 if trans in (0, "N") else 1)


@pullback("scipy.linalg.lu_solve", wrt=("lu_and_piv", "b"))
def lu_solve_bar(ans_bar, ans, lu_and_piv, trans, wanted):
    """By P A = L U the cotangent -b_bar xᵀ of A is one of L and U."""
    b_bar = lu_solution(lu_and_piv, ans_bar, 1 - trans)
    if not wanted[0]:
        return None, b_bar
    lu, pivots = lu_and_piv
    left, right = (b_bar, ans) if trans == 0 else (ans, b_bar)
    moved = left[order_of(pivots, len(left))]
    below = products(moved, np.triu(lu) @ right)
    above = products(moved + mT(np.tril(lu, -1)) @ moved, right)
    return (-(np.tril(below, -1) + np.triu(above)), None), b_bar


@pullback("lu_solve_by", wrt=("b", "a"))
def lu_solve_by_bar(ans_bar, ans, lu_and_piv, trans, a, wanted):
    """Of factors that were made of ``a``."""
    b_bar = lu_solution_by(lu_and_piv, ans_bar, 1 - trans, a=a)
    if not wanted[1]:
        return b_bar, None
    return b_bar, -products(b_bar, ans) if trans == 0 else -products(ans, b_bar)


@define(sl.lu)
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    if np.ndim(a) > 2:
        parts = [lu(x, permute_l, p_indices=p_indices) for x in a]
        first, second = np.stack([part[0] for part in parts]), np.stack([part[1] for part in parts])
        return (first, second) if permute_l else (first, second, np.stack([part[2] for part in parts]))
    p, l, u = lu_parts(a)  # noqa: E741
    if permute_l:
        return l[p], u
    return (p if p_indices else np.eye(np.shape(a)[0], dtype=l.real.dtype)[p]), l, u


@pushforward(compact, wrt="a")
def lu_factor_dot(a_dot, ans):
    lu, pivots = ans
    rows, columns = np.shape(lu)
    k = min(rows, columns)
    moved = a_dot[order_of(pivots, rows)]
    first = lu[:k, :k]
    left = triangular_of(first, moved[:k, :k], 0, True, True)
    inner = mT(triangular_of(first, mT(left), 1, False, False))  # L⁻¹ P dA U⁻¹
    lower_dot = (np.tril(first, -1) + np.eye(k, dtype=lu.dtype)) @ np.tril(inner, -1)
    upper_dot = np.triu(inner) @ np.triu(first)
    lu_dot = np.zeros_like(moved)
    lu_dot[:k, :k] = lower_dot + upper_dot
    lu_dot[k:, :k] = mT(triangular_of(first, mT(moved[k:, :k] - lu[k:, :k] @ upper_dot), 1, False, False))
    lu_dot[:k, k:] = triangular_of(first, moved[:k, k:] - lower_dot @ lu[:k, k:], 0, True, True)
    return lu_dot, None


@pushforward("lu_parts", wrt="a")
def lu_parts_dot(a_dot, ans):
    p, l, u = ans  # noqa: E741
    moved = a_dot[np.argsort(p)]
    k = np.shape(l)[-1]
    l1, u1 = l[:k], u[:, :k]
    inner = triangular_of(l1, moved[:k, :k], 0, True, True)
    inner = mT(triangular_of(u1, mT(inner), 1, False, False))
    l1_dot, u1_dot = l1 @ np.tril(inner, -1), np.triu(inner) @ u1
    l2_dot = mT(triangular_of(u1, mT(moved[k:, :k] - l[k:] @ u1_dot), 1, False, False))
    u2_dot = triangular_of(l1, moved[:k, k:] - l1_dot @ u[:, k:], 0, True, True)
    return None, np.concatenate([l1_dot, l2_dot]), np.concatenate([u1_dot, u2_dot], axis=1)


# -- many rows at once: right-hand sides are columns ------------------------------------------------------------------


@batches(triangular, "scipy.linalg.cho_solve", "cho_solve_by", "scipy.linalg.lu_solve", "lu_solve_by")
def columns(b: Batch, call: Call, moved: set[str]) -> Result:
    right = call.args[1]
    if moved != {"b"} or b.ndim(right) != 1:
        raise RowByRow
    (found,) = b.again(call, {"b": b.call("ndarray.T", b.atom(right))})
    return b.call("ndarray.T", found)


@batches("scipy.linalg.cholesky", "lower_cholesky")
def stack_of_factors(b: Batch, call: Call, moved: set[str]) -> Result:
    a = b.atom(call.args[0])
    if call.prim.name == "lower_cholesky" or b.option(call, "lower"):
        return b.call("np.linalg.cholesky", a)
    turned = b.call("np.linalg.cholesky", b.call("np.conj", b.call("np.swapaxes", a, -1, -2)))
    return b.call("np.conj", b.call("np.swapaxes", turned, -1, -2))
