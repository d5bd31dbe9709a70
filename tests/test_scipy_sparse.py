"""``scipy.sparse``: constant matrices and matrices of data that is differentiated, in both modes, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy
import scipy.sparse as sp
import scipy.sparse.linalg as sl
from scipy.sparse.linalg import factorized, splu, spsolve

import s2sad
from s2sad.testing import check_grads

DENSE = np.array([[4.0, 1, 0], [1, 3, 0.5], [0, -1, 5]])
A, PLAIN = sp.csr_matrix(DENSE), sp.csc_array(DENSE)
X, V = np.array([1.0, 2, -0.5]), np.array([2.0, 3, 4, -1])
I, J = np.array([0, 1, 2, 0]), np.array([0, 1, 2, 2])  # noqa: E741
TWO = np.outer(X, X[:2])
BOTH = (0, 1) if tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 16) else None


def made(v):
    return sp.csc_matrix((v, (I, J)), shape=(3, 3))


def iterated(x):
    for _ in range(3):
        x = A @ x if x[0] > 0.0 else PLAIN.T @ x
        x = x / np.linalg.norm(x)
    return x


def twice(x):
    solve = factorized(sp.csc_matrix(DENSE))
    return solve(solve(x))


def heat(k):
    n = 8
    dx = 1 / (n - 1)
    laplace = sp.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(n, n)) / dx**2
    step = sp.eye(n) - 0.001 * k * laplace
    u = np.sin(np.linspace(0, 3, n))
    for _ in range(3):
        u = spsolve(step.tocsc(), u)
    return u


PROGRAMS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "a product with a constant": (lambda x: (A @ x) ** 2, (X,)),
    "dot": (lambda x: A.dot(x) * x, (X,)),
    "transposed": (lambda x: A.T @ x**2, (X,)),
    "from the left": (lambda x: x @ A * x, (X,)),
    "with a matrix": (lambda x: (A @ x) ** 2, (TWO,)),
    "a quadratic form": (lambda x: x @ (A @ x), (X,)),
    "a system": (lambda b: spsolve(A, b) ** 2, (X,)),
    "sparse arrays": (lambda b: spsolve(PLAIN, b) * (PLAIN * b).sum(axis=0), (X,)),
    "data": (lambda v, x: sp.csr_matrix((v, (I, J)), shape=(3, 3)) @ x, (V, X)),
    "data, with a matrix": (lambda v, x: (sp.coo_matrix((v, (I, J)), shape=(3, 3)) @ x) ** 2, (V, TWO)),
    "data of a system": (lambda v, x: spsolve(made(v), x), (V, X)),
    "data of a system, many sides": (lambda v, x: spsolve(made(v), x), (V, TWO)),
    "factors": (lambda v, x: splu(made(v)).solve(x), (V, X)),
    "factors, transposed": (lambda v, x: splu(made(v)).solve(x, "T") ** 2, (V, X)),
    "factors, many sides": (lambda v, x: splu(made(v)).solve(x), (V, TWO)),
    "factorized": (twice, (X,)),
    "diagonals": (
        lambda d, e: sp.diags([d, e, -1.0], [0, 1, -1], shape=(3, 3), format="csc").toarray() ** 2, (X, X[:2]),
    ),
    "one diagonal": (lambda d: sp.diags(d) @ X + (sp.eye(3) * d[0] + A) @ d, (X,)),
    "implicit Euler": (heat, (1.3,)),
    "sums": (lambda v: made(v).toarray().sum() * (2 * made(v * v)).sum(), (V,)),
    "compressed rows": (
        lambda v: sp.csr_matrix((v, np.array([0, 2, 1, 2]), np.array([0, 2, 3, 4])), shape=(3, 3)) @ X, (V,),
    ),
    "by elements": (lambda w: A.multiply(w) @ X, (DENSE * 0.3,)),
    "of a dense array": (lambda w: sp.csr_matrix(w) @ X, (DENSE,)),
    "two entries in one place": (lambda v: sp.coo_matrix((v, (I, [0, 1, 2, 0])), shape=(3, 3)).toarray() ** 2, (V,)),
}  # fmt: skip


F = np.array([0, 2])
SPD = DENSE @ DENSE.T
OUTSIDE = sl.aslinearoperator(A)


def bar_of_elements(k):
    """Filled element by element, one end held."""
    K = sp.lil_matrix((4, 4))
    for e in range(3):
        d = np.array([e, e + 1])
        K[np.ix_(d, d)] += k[e] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    free = np.arange(1, 4)
    K = K.tocsr()
    return spsolve(K[free][:, free], np.ones(3))


def fixed_by_a_row(k):
    K = sp.dok_matrix((3, 3), dtype=float)
    for i in range(3):
        K[i, i] += 3 * k[i]
        if i > 0:
            K[i, i - 1] = -k[i]
    K[0, :] = 0
    K[0, 0] = 1.0
    return spsolve(K.tocsr(), X) * K.tocsc().diagonal()


def summed_in_a_loop(v):
    K = sp.csr_matrix((3, 3))
    for k in range(3):
        K = K + v[k] * sp.csr_matrix(([1.0, 2.0], ([k, 0], [0, k])), shape=(3, 3))
    return K @ X


def laplacian(k, b):
    def times(u):
        out = 2 * u
        out[1:] -= u[:-1]
        out[:-1] -= u[1:]
        return u + k * out

    x, info = sl.cg(sl.LinearOperator((3, 3), matvec=times), b, rtol=1e-13)
    assert info == 0
    return x


def everything_stored(v):
    K = sp.coo_matrix((v, (I, [0, 1, 2, 0])), shape=(3, 3)).tocsr()
    return K.data[:3] ** 2 * abs(K).sum() * sl.norm(K) + K.power(2).sum() * K.diagonal() ** 2 + K.trace() * K.nnz


PROGRAMS |= {
    "blocks": (lambda v: (sp.bmat([[made(v), None], [A, made(v**2)]], format="csc") @ np.arange(6.0)) ** 2, (V,)),
    "stacks": (lambda v: sp.hstack([made(v), sp.vstack([made(v)[:1], TWO.T])]).tocsr() @ np.arange(6.0), (V,)),
    "blocks on a diagonal": (lambda v: sp.block_diag((made(v), A, [[v[0], 2.0]])).toarray() ** 2, (V,)),
    "Kronecker products": (lambda v: (sp.kron(made(v), A) @ sp.kronsum(A, made(v)) @ np.arange(9.0)), (V,)),
    "parts": (lambda v: made(v).tocsr()[1:, 1:] @ X[1:] * made(v)[0, 2] * made(v)[F][:, F[[0, 1, 1]]].sum(), (V,)),
    "rows that are free": (lambda v: spsolve((made(v) + A)[np.ix_(F, F)].tocsc(), X[F]), (V,)),
    "element by element": (bar_of_elements, (V[:3],)),
    "a row that is fixed": (fixed_by_a_row, (V[:3],)),
    "summed in a loop": (summed_in_a_loop, (V,)),
    "products of two": (lambda v: (made(v) @ made(v).T @ A).toarray() * (sp.diags(1 / v[:3]) @ made(v) @ X), (V,)),
    "sums of a matrix": (lambda v: np.asarray(made(v).sum(axis=1)).ravel() ** 2 * made(v).mean(axis=0).A1, (V,)),
    "what is stored": (everything_stored, (V,)),
    "triangles": (lambda v: sl.spsolve_triangular(sp.tril(made(v) + A, format="csr"), X), (V,)),
    "diagonals by column": (lambda v: sp.spdiags(np.vstack([v, v**2]), [0, 1], 4, 4).toarray() ** 2, (V,)),
    "conjugate gradients": (lambda v, b: sl.cg(sp.csr_matrix(SPD) + sp.diags(v[:3] ** 2), b, rtol=1e-13)[0], (V, X)),
    "GMRES": (lambda v, b: sl.gmres(made(v) + A, b, rtol=1e-13, restart=10)[0] ** 2, (V, X)),
    "an operator": (laplacian, (0.7, X)),
    "a full matrix": (lambda a, b: sl.bicgstab(a, b, rtol=1e-13, x0=b)[0], (DENSE, X)),
    "an exponential": (lambda t, v: sl.expm_multiply(t * made(v), X), (0.3, V)),
    "eigenvalues": (lambda v: sl.eigsh(sp.csr_matrix(SPD) + sp.diags(v[:3]), k=2)[0], (V,)),
    "singular values": (lambda v: sl.svds(made(v), k=2)[1], (V,)),
}  # fmt: skip


PAIRS = np.array([0, 1, -1, 0, 0]), np.array([0, 1, 2, 2, 1])
CLOSE = {"atol": 1e-14, "btol": 1e-14}


def with_another_diagonal(v):
    K, L = made(v), A.copy()
    M = K.copy()
    M.setdiag(v[:3] ** 2)
    L.setdiag(v[0], k=1)
    return M @ X + 2 * (K.toarray() @ X) + L @ v[:3]


def data_changed_in_place(v):
    K = sp.coo_matrix((v, (I, J)), shape=(3, 3)).tocsr()
    K.data[K.indptr[1] : K.indptr[2]] *= 2
    K.data *= v[0]
    for k in range(2):
        K.data[k] += v[k]
    return spsolve(K, X) + K.indices[:3]


def complex_systems(v):
    K = made(v * (1 + 2j)) + sp.identity(3)
    L = sp.lil_matrix((3, 3), dtype=complex)
    L[0, 1] = v[0] * 1j
    return np.abs(splu(K).solve(X + 0j, "H") + K.conj().T @ X * K.diagonal() + (L.tocsr() @ X).imag) ** 2


def tall(v):
    return sp.vstack([made(v), made(v**2)[1:]]).tocsr()


PROGRAMS |= {
    "items at pairs": (lambda v: sp.csr_array(made(v))[PAIRS] * made(v)[[0, 1], [0, 2]].sum(), (V,)),
    "what is not zero": (lambda v: np.prod(X[sp.find(made(v))[0]] * sp.find(made(v))[2]) * v, (V,)),
    "the largest": (lambda v: made(v).max() * made(-v).max() * made(v).min() * v, (V,)),
    "products by elements": (
        lambda v: made(v).multiply(sp.csr_matrix(SPD)) @ X + (sp.csr_array(made(v)) * PLAIN).tanh() @ X, (V,),
    ),
    "another diagonal": (with_another_diagonal, (V,)), "data changed in place": (data_changed_in_place, (V,)),
    "complex systems": (complex_systems, (V,)),
    "least squares": (lambda v, b: sl.lsqr(tall(v), b, **CLOSE)[0], (V, np.arange(1.0, 6.0))),
    "least squares, wide": (lambda v, b: sl.lsmr(tall(v).T, b, **CLOSE)[0], (V, X)),
    "least squares, damped": (
        lambda v, b, d: sl.lsqr(tall(v), b, damp=d, **CLOSE)[0] * sl.lsmr(tall(v), b, **CLOSE)[3],
        (V, np.arange(5.0), 0.4),
    ),
    "functions": (lambda v: (sl.expm(0.1 * made(v)) @ sl.inv(made(v)) @ made(v) ** 2).toarray() * sl.norm(A, 1), (V,)),
    "many sides that are sparse": (lambda v: spsolve(made(v), A.tocsc()).toarray(), (V,)),
    "blocks of entries": (
        lambda v: sp.bsr_array((np.reshape(v, (1, 2, 2)), [1], [0, 1]), shape=(2, 4)).toarray() ** 2, (V,),
    ),
    "a triangle of a matrix": (
        lambda v: sl.spsolve_triangular(sp.csr_array(np.tril(DENSE * v[0])), X, unit_diagonal=True)
        + sl.spsolve_triangular(sp.csr_array(np.triu(DENSE * v[1])), X, lower=False), (V,),
    ),
    "a matrix that a loop is the first to look at": (iterated, (X,)),
    "sums along both axes, and scaled": (
        lambda v: made(v).sum(BOTH) * np.asarray(-made(v).sum(-1) / v[0]) + made(v).mean(BOTH), (V,),
    ),
    "options of factors": (
        lambda v: splu(made(v) + A, permc_spec="NATURAL").solve(X) * made(v).toarray(order="F"), (V,),
    ),
    "quasi-minimal residuals": (lambda v, b: sl.qmr(made(v) + A, b, rtol=1e-13)[0], (V, X)),
}  # fmt: skip


@pytest.mark.parametrize(("f", "args"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_programs(f, args):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-8, atol=1e-12)
    check_grads(f, args, order=2)


@pytest.mark.parametrize(("f", "args"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_rows(f, args):
    rows = [tuple(np.asarray(a) * k for a in args) for k in (1.0, 1.3)]
    got = s2sad.vmap(f)(*(np.stack(parts) for parts in zip(*rows, strict=True)))
    np.testing.assert_allclose(got, [f(*row) for row in rows], rtol=1e-12, atol=1e-12)


def test_a_matrix_as_an_argument():
    def f(x, a):
        return a @ x**2

    for matrix in (A, PLAIN, sp.csc_matrix(2.0 * DENSE)):
        np.testing.assert_allclose(s2sad.jacobian(f)(X, matrix), matrix.toarray() * 2 * X)
        found = s2sad.sparse_jacobian(f)(X, matrix)
        assert found.nnz == matrix.nnz
        np.testing.assert_allclose(found.toarray(), matrix.toarray() * 2 * X)
    f_rows = s2sad.vmap(f, in_axes=(0, None))
    assert "(a @ (x ** 2).T).T" in f_rows.source_for(TWO.T, A)


def test_a_matrix_outside_is_read_when_the_derivative_is_called():
    held = sp.csr_matrix(DENSE)
    g = s2sad.grad(lambda x: np.sum(held @ x))
    assert g(X) == pytest.approx(DENSE.sum(axis=0))
    held.data *= 2.0
    assert g(X) == pytest.approx(2.0 * DENSE.sum(axis=0))
    assert "held.T @" in g.source


def test_the_source_of_a_system():
    g = s2sad.grad(lambda v: np.sum(spsolve(made(v), X)))
    g(V)
    assert "b_bar = scipy.sparse.linalg.spsolve(v4, v3)\n" in g.source
    assert "add.at" not in g.source and "toarray" not in g.source


SQUARE = np.array([[0, 1], [2, 0]])


def stored_into(v):
    K = made(v).tocsr()
    K[0, 0] = v[0]
    return K.sum()


def other_diagonal(v):
    A.setdiag(v[:3])
    return A.sum()


def test_functions_of_numpy():
    """They are methods of the matrix, as of any object that is no array."""

    def f(v):
        B = made(v)
        masked = B.multiply(B > 0.5) + np.abs(B) / (B.todok().format == "dok")
        sums = np.asarray(np.sum(np.tanh(masked), axis=0)).sum() + np.sum(np.multiply(B, B[0, 0]))
        return sums + np.mean(np.transpose(B)) + np.max(B) * (B != 0).nnz + B.sum(dtype=float)

    assert s2sad.vjp(f, V)[0] == pytest.approx(f(V), rel=1e-12)
    check_grads(f, (V,), order=1)
    with pytest.raises(ValueError, match="dimension mismatch"):
        s2sad.grad(lambda v: (made(v)[:2] @ made(v)[:2]).sum())(V)


REFUSED = {
    "a comparison that holds for zero": (lambda v: (made(v) < 0.5).sum(), "holds for zero"),
    "a comparison with a matrix": (lambda v: (made(v) > DENSE).sum(), "with other than a number"),
    "a function of arrays": (lambda v: np.exp(made(v)).sum(), "an object of class Sparse where"),
    "an attribute": (lambda v: made(v).blocksize[0], "attribute blocksize of a sparse matrix"),
    "items at places of two axes": (lambda v: made(v)[SQUARE, SQUARE].sum(), "at places of two axes"),
    "a store": (stored_into, "a store into a sparse matrix"),
    "the diagonal of one outside": (other_diagonal, "setdiag of a sparse matrix from outside"),
    "a matrix of NumPy": (lambda v: made(v).sum(axis=0) @ X, "a product with a np.matrix"),
    "least squares": (lambda v: sl.lsqr(made(v), X, x0=X)[0].sum(), "scipy.sparse.linalg.lsqr with x0"),
    "an operator outside": (lambda v: sl.cg(OUTSIDE, v[:3])[0].sum(), "LinearOperator from outside"),
}


@pytest.mark.parametrize(("f", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refusals(f, why):
    with pytest.raises(s2sad.Error, match=why):
        s2sad.grad(f)(V)


def test_a_matrix_over_numbers_is_taken_item_by_item():
    def f(x):
        return np.sum(np.asarray((sp.csr_matrix(np.eye(3) + 0.5) * x[0]).sum(0) / x) ** 2)

    check_grads(f, (np.array([0.7, 1.3, 2.1]),), order=2)


def test_a_matrix_over_arrays_and_the_extremes_of_its_lines():
    def over(v, x):
        return np.sum((sp.csr_array((v, (I, J)), shape=(3, 3)) / x).toarray() ** 2) + (made(v) / (2.0 + TABLE)).sum()

    def extremes(v):
        plain, matrix = sp.csc_array((v, (I, J)), shape=(3, 3)), sp.csr_matrix((v, (I, J)), shape=(3, 3))
        lines = matrix.min(axis=1).toarray()[:, 0] + plain.max(axis=0).toarray() ** 2
        return lines @ np.arange(1.0, 4.0) + plain.max(axis=1).sum()

    check_grads(over, (V, X), order=2)
    check_grads(extremes, (V + 0.1,), order=2)


TABLE = np.outer(X, X)
