"""Rows of shaping, joining, products and linear algebra: the same as ``tests.primitive_table`` has for the rest."""

from __future__ import annotations

import numpy as np

from tests.primitive_table import Row, call, row

R = np.random.default_rng(3)
V, W, ONE = R.normal(size=4), R.normal(size=3), R.normal(size=1)
M, N, SQUARE = R.normal(size=(3, 4)), R.normal(size=(4, 2)), R.normal(size=(3, 3))
ROW, COLUMN = R.normal(size=(1, 4)), R.normal(size=(3, 1))
CUBE, STACK, SMALL = R.normal(size=(2, 3, 4)), R.normal(size=(2, 4, 3)), R.normal(size=(1, 4, 3))
WELL = SQUARE + 4 * np.eye(3)
WELLS = R.normal(size=(2, 3, 3)) + 4 * np.eye(3)
SPD = SQUARE @ SQUARE.T + 3 * np.eye(3)
SPDS = WELLS @ np.swapaxes(WELLS, -1, -2) + 3 * np.eye(3)
SINGLE = M.astype(np.float32)

SHAPING = [
    row("np.reshape", call(M, (4, 3)), call(M, -1), call(M, (2, -1)), call(CUBE, (6, 4), order="F"), call(2.5, (1, 1)),
        call(V, (1, 4, 1)), call(ONE, (-1, 1)), call(ONE, ()), call(np.float64(2.0), -1), call(M, (1, -1)),
        call(SINGLE, 12)),
    row("np.ravel", call(M), call(V), call(CUBE, order="F"), call(2.5), call(ONE)),
    row("ndarray.flatten", call(M), call(CUBE, order="F"), call(ONE)),
    row("np.transpose", call(M), call(V), call(CUBE), call(CUBE, axes=(1, 2, 0)), call(CUBE, axes=(-1, 0, 1)),
        call(ROW)),
    row("ndarray.T", call(M), call(CUBE), call(V)),
    row("np.swapaxes", call(CUBE, 0, 2), call(M, -1, 0)),
    row("np.moveaxis", call(CUBE, 0, -1), call(CUBE, (0, 1), (-1, 0)), call(CUBE, [2, 0], [0, 1])),
    row("np.expand_dims", call(V, 0), call(M, (0, -1)), call(2.5, 0), call(M, -2)),
    row("np.squeeze", call(ROW), call(COLUMN, axis=1), call(ONE), call(SMALL, axis=(0,)), call(SMALL, axis=-3),
        call(M)),
    row("np.broadcast_to", call(V, (3, 4)), call(COLUMN, (3, 2)), call(2.5, (2, 2)), call(ONE, (1, 3)), call(V, 4)),
    row("np.concatenate", call((V, W)), call([M, ROW]), call([M, COLUMN], axis=1), call((M, V), axis=None),
        call([CUBE, CUBE], axis=-2), call([V]), call((V, np.arange(3))), call((ONE, ONE)), call((SINGLE, M))),
    row("np.stack", call((V, V)), call([M, M, M], axis=1), call([M, M], axis=-1), call([1.5, 2.5]), call([V])),
    row("np.repeat", call(V, 3), call(M, 2, axis=1), call(M, 2), call(CUBE, 3, axis=-2), call(M, [1, 0, 2], axis=0),
        call(V, np.array([1, 2, 0, 1])), call(2.5, 3), call(M, 1, axis=0), call(ONE, 1)),
    row("sum_repeats", call(R.normal(size=4), [1, 0, 3], (3,)), call(R.normal(size=(4, 3)), 2, (2, 3), axis=0)),
    row("np.tile", call(V, 3), call(M, (2, 1)), call(M, (2, 1, 3)), call(CUBE, (2,)), call(2.5, (2, 2)), call(ONE, 1)),
    row("sum_tiles", call(R.normal(size=(4, 9)), (2, 3), (2, 3))),
    row("np.flip", call(M), call(V, axis=0), call(CUBE, axis=(0, 2)), call(M, axis=-1)),
    row("np.roll", call(V, 1), call(M, -2, axis=1), call(M, 3), call(CUBE, (1, 2), axis=(0, 2)),
        call(CUBE, 1, axis=(0, 1))),
    row("np.diagonal", call(M), call(SQUARE, offset=1), call(CUBE, axis1=1, axis2=2),
        call(CUBE, offset=-1, axis1=0, axis2=2)),
    row("from_diagonal", call(W, (3, 4)), call(R.normal(size=2), (3, 3), offset=-1),
        call(R.normal(size=(4, 2)), (2, 3, 4))),
    row("np.diag", call(V), call(W, k=-1), call(SQUARE), call(M, k=1), call(ONE)),
    row("np.trace", call(SQUARE), call(M), call(M, offset=1), call(CUBE), call(CUBE, offset=1, axis1=1, axis2=2),
        call(CUBE, axis1=-1, axis2=0), call(np.arange(9).reshape(3, 3)), call(M, axis1=1, axis2=0, offset=-1)),
    row("np.tril", call(M), call(SQUARE, k=-1), call(CUBE, k=1), call(V)),
    row("np.triu", call(M), call(SQUARE, k=-1), call(CUBE, k=1), call(V)),
    row("np.pad", call(V, 2), call(M, ((1, 0), (0, 2))), call(M, (1, 2)), call(M, ((1,), (2,))), call(M, ((1, 2),)),
        call(M, 1, "edge"), call(M, ((2, 2), (3, 0)), "reflect"), call(M, ((2, 1), (0, 5)), "symmetric"),
        call(M, 3, mode="wrap"), call(V, 1, constant_values=2), call(ONE, (0, 1)), call(V, 0)),
    row("sum_padding", call(R.normal(size=(5, 7)), ((1, 1), (1, 2)), "wrap", (3, 4))),
    row("np.diff", call(V), call(M, n=2), call(M, axis=0), call(CUBE, n=2, axis=1), call(ONE)),
    row("np.sort", call(V), call(M), call(M, axis=0), call(M, axis=None), call(CUBE, axis=-2)),
    row("np.argsort", call(V), call(M, axis=0), call(M, axis=None)),
    row("np.argpartition", call(V, 2), call(M, 1, axis=0)),
    row("np.searchsorted", call(np.sort(V), W), call(np.sort(V), 0.3), call(np.sort(V), M, side="right")),
    row("np.take_along_axis", call(M, np.argsort(M, 1), axis=1), call(M, np.array([[0, 1, 1, 2]]), axis=0),
        call(M, np.array([0, 0, 5]), axis=None), call(ROW, np.array([[0], [2], [2]]), axis=1),
        call(V, np.array([1, 1]), axis=-1)),
    row("add_along_axis", call(R.normal(size=(3, 2)), np.array([[0, 0], [1, 2], [3, 3]]), (3, 4), axis=1),
        call(R.normal(size=3), np.array([0, 0, 5]), (2, 3), axis=None)),
    row("placed_along_axis", call(R.normal(size=(3, 2)), np.array([[0, 1], [1, 2], [3, 0]]), (3, 4), axis=1)),
]  # fmt: skip

PRODUCTS = [
    row("matmul", call(V, V), call(M, V), call(W, M), call(M, N), call(CUBE, V), call(CUBE, N), call(W, CUBE),
        call(CUBE, STACK), call(CUBE, SMALL), call(M, STACK), call(SMALL, M), call(SINGLE, N), call(ROW, V)),
    row("np.dot", call(V, V), call(M, V), call(W, M), call(M, N), call(CUBE, V), call(CUBE, N), call(W, CUBE),
        call(CUBE, STACK), call(M, STACK), call(2.0, M), call(M, 2.0), call(2.0, 3.0), call(SINGLE, 2.0)),
    row("np.inner", call(V, V), call(M, V), call(V, M), call(M, M), call(CUBE, M), call(2.0, M), call(M, 2.0),
        call(1.5, 2.0)),
    row("np.outer", call(V, W), call(M, W), call(2.0, V), call(ONE, V), call(COLUMN, ROW)),
    row("np.vdot", call(V, V), call(M, M), call(M, R.normal(size=12))),
    row("np.tensordot", call(M, N, axes=1), call(CUBE, STACK, axes=((1, 2), (2, 1))), call(M, M), call(V, W, axes=0),
        call(CUBE, STACK, axes=([2], [1])), call(CUBE, M, axes=((-2, -1), (0, 1))),
        call(CUBE, STACK, axes=((2, 1, 0), (1, 2, 0))),
        call(CUBE, R.normal(size=(4, 3, 2)), axes=((0, 2), (2, 0)))),
    row("np.kron", call(V, W), call(M, N), call(V, M), call(COLUMN, CUBE), call(ROW, COLUMN), call(2.0, V)),
    row("np.cross", call(W, W[::-1]), call(R.normal(size=(4, 3)), R.normal(size=(4, 3))),
        call(W, R.normal(size=(4, 3))),
        call(R.normal(size=(3, 4)), W, axisa=0), call(R.normal(size=(3, 4)), R.normal(size=(3, 4)), axis=0),
        call(R.normal(size=(1, 3)), R.normal(size=(4, 3)))),
]  # fmt: skip

LINALG = [
    row("np.linalg.solve", call(WELL, W), call(WELL, R.normal(size=(3, 2))), call(WELLS, R.normal(size=(2, 3, 2))),
        call(WELL, R.normal(size=(2, 3, 2))), call(WELLS, R.normal(size=(3, 2))), call(WELLS, W), call(WELL, SQUARE.T)),
    row("np.linalg.inv", call(WELL), call(WELLS), call(np.array([[2.5]]))),
    row("np.linalg.det", call(WELL), call(WELLS), call(np.array([[2.5]])), call(WELL.astype(np.float32))),
    row("np.linalg.pinv", call(M), call(M.T), call(SQUARE), call(CUBE)),
    row("vector_norm", call(V), call(M), call(M, axis=1), call(M, axis=0, keepdims=True), call(CUBE, axis=(0, 2)),
        call(V, ord=1), call(V, ord=np.inf), call(V, ord=-np.inf), call(M, ord=3, axis=1), call(V, ord=2),
        call(V, ord=0.5), call(M, axis=-1, ord=1, keepdims=True), call(V, ord=0), call(M, keepdims=True), call(2.5),
        call(M, axis=(0, 1), keepdims=True)),
]  # fmt: skip

TABLE: list[Row] = [*SHAPING, *PRODUCTS, *LINALG]

SEVERAL = [
    row("np.linalg.slogdet", call(WELL), call(WELLS)),
    row("np.linalg.eigh", call(SPD), call(SPDS), call(SPD, UPLO="U")),
    row("np.linalg.svd", call(M, full_matrices=False), call(M.T, full_matrices=False), call(CUBE, full_matrices=False),
        call(M)),
    row("np.linalg.qr", call(M), call(M.T), call(SQUARE), call(CUBE)),
    row("np.linalg.cholesky", call(SPD), call(SPDS)),
]  # fmt: skip
"""Decompositions: of several results, or of symmetric matrices only."""

EINSUM = [
    ("ij,jk->ik", M, N), ("ij,jk", M, N), ("i,i", V, V), ("ij->ji", M), ("ij->", M), ("ij->i", M), ("ii->i", SQUARE),
    ("ii", SQUARE), ("...ij,...jk->...ik", CUBE, STACK), ("...ij,jk->...ik", CUBE, N),
    ("bij,bjk,k->bi", CUBE, STACK, W),
    ("ij,kj->ik", M, M), ("i,j->ij", V, W), ("iij->j", R.normal(size=(3, 3, 2))), ("...i->...", M), ("ij,j->i", M, V),
    ("i,,j->ij", V, 2.0, W), ("aij,bjk->abik", CUBE, STACK), ("iii->", R.normal(size=(3, 3, 3))),
    ("...i,...i", CUBE, ROW),
]  # fmt: skip
