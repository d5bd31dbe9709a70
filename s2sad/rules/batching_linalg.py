"""How linear algebra batches: NumPy takes stacks of matrices; vectors on the right are made columns."""

from __future__ import annotations

from s2sad.ir.core import Call, Literal, Pack
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batches
from s2sad.rules.batching_reductions import alone

NATIVE = (
    "np.linalg.inv", "np.linalg.det", "np.linalg.slogdet", "np.linalg.pinv", "np.linalg.matrix_rank",
    "np.linalg.cholesky", "np.linalg.eigh", "np.linalg.svd", "np.linalg.qr", "np.linalg.eig", "complex_eig", "adjugate",
    "inverse_of_lower", "independent", "condition", "not_zero", "regular", "known_columns", "unknown_columns",
    "without_phase",
)  # fmt: skip
"""What takes a stack where it takes a matrix."""


@batches(*NATIVE, way="leading axes")
def native(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    return b.again(call)


@batches("np.linalg.solve")
def solve(b: Batch, call: Call, moved: set[str]) -> Result:
    a, right = call.args
    matrices, columns = b.ndim(a), b.ndim(right)
    if columns > 1:
        most = max(matrices, columns)
        return b.call("np.linalg.solve", b.aligned(a, most), b.aligned(right, most))
    if moved == {"a"}:
        return b.call("np.linalg.solve", b.atom(a), b.atom(right))
    if moved == {"b"} and matrices == 2:  # the rows are the columns: one factorization serves them all
        return b.call("ndarray.T", b.call("np.linalg.solve", b.atom(a), b.call("ndarray.T", b.atom(right))))
    if matrices > 2:
        raise RowByRow
    vectors = b.call("getitem", b.atom(right), Pack("tuple", (COLON, COLON, Literal(None))))
    solved = b.call("np.linalg.solve", b.atom(a), vectors)
    return b.call("getitem", solved, Pack("tuple", (COLON, COLON, Literal(0))))


@batches("inverse_gaps", "inverse_values", way="leading axes")
def inverses(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.calls(call.prim, *map(b.front, call.args))
