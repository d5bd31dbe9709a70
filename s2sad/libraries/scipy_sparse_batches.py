"""``scipy.sparse``: products and systems of one matrix with many rows at once."""

from __future__ import annotations

from s2sad.ir.core import Arg, Call, Literal, Pack
from s2sad.libraries.scipy_sparse_operations import solve_, solved_, times_
from s2sad.rules.batching import Batch, Result, RowByRow, batches


def alone(b: Batch, call: Call, moved: set[str], varying: str) -> Arg:
    """The operand that varies, where the matrix is the same in every row."""
    if moved != {varying}:
        raise RowByRow
    return b.bound(call)[varying]


@batches(times_, way="rewritten")
def times_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    """Rows are columns for a matrix: one product with all of them."""
    x = alone(b, call, moved, "x")
    if b.ndim(x) == 1:
        (out,) = b.again(call, {"x": b.call("ndarray.T", b.atom(x))})
        return b.call("ndarray.T", out)
    rows = b.call("np.moveaxis", b.atom(x), 0, -1)
    length, width = (b.call("dim", b.atom(x), k) for k in (1, 2))
    (out,) = b.again(call, {"x": b.call("np.reshape", rows, Pack("tuple", (length, Literal(-1))))})
    apart = b.call("np.reshape", out, Pack("tuple", (Literal(-1), width, b.size)))
    return b.call("np.moveaxis", apart, -1, 0)


@batches(solve_, way="rewritten")
def solutions_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    right = alone(b, call, moved, "b")
    if b.ndim(right) != 1 or b.axis != "n":
        raise RowByRow
    (out,) = b.again(call, {"b": b.call("ndarray.T", b.atom(right))})
    return b.call("ndarray.T", out)


@batches(solved_, way="rewritten")
def solved_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    right = alone(b, call, moved, "b")
    if b.ndim(right) != 1:
        raise RowByRow
    (out,) = b.again(call, {"b": b.call("ndarray.T", b.atom(right))})
    return b.call("ndarray.T", out)
