"""``scipy.sparse.linalg``: least squares by ``lsqr`` and ``lsmr``.

x = A⁺ b, and derivatives are more solutions of the same kind: with the residual r, y = A⁺ᵀ x̄ and z = A⁺ y the
cotangents are b̄ = y and Ā = r zᵀ - y xᵀ + A⁺ᵀ x (x̄ - A⁺ A x̄)ᵀ (G. Golub and V. Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems whose variables separate", 1973). They are found as closely as
rounding lets them be.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sl

from s2sad.ir.core import Arg
from s2sad.ir.types import FLOAT, INT, Array, Type
from s2sad.libraries.scipy_sparse import Growing, Sparse
from s2sad.libraries.scipy_sparse_makers import put_together, unit
from s2sad.libraries.scipy_sparse_operations import ENTRIES, at_pattern, times, transposed
from s2sad.libraries.solutions import with_parameters
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import pullback

OPTIONS = {"lsqr": "atol btol conlim iter_lim", "lsmr": "atol btol conlim maxiter"}
NUMBERS = {"lsqr": 6, "lsmr": 5}  # after the solution, why the iteration stopped, and after how many steps
EXACTLY = {"atol": 1e-15, "btol": 1e-15, "conlim": 0}


def declared(name: str) -> Any:
    """A solver as an operation."""
    function = getattr(sl, name)

    def run(matrix: Any, b: Any, *rest: Any, **options: Any) -> Any:
        return function(matrix, b, **options)

    def kinds(matrix: Arg, b: Arg, *rest: Any, **more: Any) -> tuple[Type, ...]:
        last = (Array("f64", ("?",)),) if name == "lsqr" else ()
        return (Array("f64", ("?",)), INT, INT, *[FLOAT] * NUMBERS[name], *last)

    prim = primitive(
        f"scipy.sparse.linalg.{name}", run, with_parameters(kinds, f"matrix b / {OPTIONS[name]} data row col dtype"),
        text=f"scipy.sparse.linalg.{name}", calls=(), hidden=ENTRIES,
    )  # fmt: skip
    word = REGISTRY.word(prim)

    @pullback(prim, wrt=("b", "data"))
    def adjoint(ans_bar, ans, matrix, b, data, row, col, dtype, wanted):
        x, bar = ans[0], ans_bar[0]
        turned = transposed(matrix)
        y = word(turned, bar, data=data, row=col, col=row, dtype=dtype, **EXACTLY)[0]
        if not wanted[1]:
            return y, None
        z = word(matrix, y, data=data, row=row, col=col, dtype=dtype, **EXACTLY)[0]
        w = word(turned, x, data=data, row=col, col=row, dtype=dtype, **EXACTLY)[0]
        seen = times(matrix, bar, data, row, col, dtype)
        unseen = bar - word(matrix, seen, data=data, row=row, col=col, dtype=dtype, **EXACTLY)[0]
        residual = b - times(matrix, x, data, row, col, dtype)
        bars = at_pattern(residual, row, z, col) - at_pattern(y, row, x, col) + at_pattern(w, row, unseen, col)
        return y, bars

    return word


WORDS = {name: declared(name) for name in OPTIONS}


def system(A, b, damp, x0, name):  # noqa: N803
    """The matrix and the right-hand side, with further rows for the damping."""
    if x0 is not None:
        unsupported(f"scipy.sparse.linalg.{name} with x0=", instead="leave it out")
    if isinstance(A, Growing):
        A = A.tocsr()  # noqa: N806
    if not isinstance(A, Sparse):
        A = sp.csr_array(A)  # noqa: N806
    b = np.asarray(b, dtype=float)
    b = np.ravel(b) if np.ndim(b) > 1 else b
    if isinstance(damp, int | float) and damp == 0:
        return A, b
    count = A.shape[1]
    whole = put_together([[A], [unit(count, A.plain) * damp]], "csr")
    return whole, np.concatenate([b, np.zeros(count)])


def lengths(A, b, x):  # noqa: N803
    """Of the residual, of what is left of the normal equations, and of the solution."""
    residual = b - A @ x
    return np.linalg.norm(residual), np.linalg.norm(A.T @ residual), np.linalg.norm(x)


@REGISTRY.define(sl.lsqr)
def lsqr(
    A, b, damp=0.0, atol=1e-06, btol=1e-06, conlim=1e8, iter_lim=None, show=False, calc_var=False, x0=None,  # noqa: N803
):  # fmt: skip
    whole, right = system(A, b, damp, x0, "lsqr")
    data, row, col = whole.entries
    x, stop, steps, _, _, size, condition, _, _, variance = WORDS["lsqr"](
        whole.matrix, right, data=data, row=row, col=col, dtype="f64", atol=atol, btol=btol, conlim=conlim,
        iter_lim=iter_lim,
    )  # fmt: skip
    if calc_var:
        unsupported("scipy.sparse.linalg.lsqr with calc_var=True", instead="the diagonal of inv(A.T @ A)")
    left, normal, length = lengths(whole, right, x)
    plain = b - A @ x
    return x, stop, steps, np.linalg.norm(plain), left, size, condition, normal, length, variance


@REGISTRY.define(sl.lsmr)
def lsmr(A, b, damp=0.0, atol=1e-06, btol=1e-06, conlim=1e8, maxiter=None, show=False, x0=None):  # noqa: N803
    whole, right = system(A, b, damp, x0, "lsmr")
    data, row, col = whole.entries
    x, stop, steps, _, _, size, condition, _ = WORDS["lsmr"](
        whole.matrix, right, data=data, row=row, col=col, dtype="f64", atol=atol, btol=btol, conlim=conlim,
        maxiter=maxiter,
    )  # fmt: skip
    left, normal, length = lengths(whole, right, x)
    return x, stop, steps, left, normal, size, condition, length
