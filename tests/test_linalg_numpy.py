"""``np.linalg``: every name, real and complex, on stacks, in both modes, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.testing import check_grads

la = np.linalg
R = np.random.default_rng(11)


def well(*shape: int, imaginary: bool = False) -> Any:
    """Random matrices; square ones far from singular."""
    a = R.normal(size=shape) + (1j * R.normal(size=shape) if imaginary else 0.0)
    return a + 2.0 * np.eye(shape[-1]) if shape[-1] == shape[-2] else a


def symmetric(*shape: int, imaginary: bool = False) -> Any:
    a = well(*shape, imaginary=imaginary)
    return a @ np.conj(np.swapaxes(a, -1, -2)) + np.diag(np.arange(shape[-1])) + np.eye(shape[-1])


KINDS = {
    name: {
        "A": well(3, 3, imaginary=c), "AS": well(2, 3, 3, imaginary=c), "T": well(4, 3, imaginary=c),
        "W": well(3, 4, imaginary=c), "TS": well(2, 4, 3, imaginary=c), "H": symmetric(3, 3, imaginary=c),
        "HS": symmetric(2, 3, 3, imaginary=c), "v": well(1, 3, imaginary=c)[0], "w": well(1, 4, imaginary=c)[0],
        "ONE": well(1, 1, imaginary=c),
    }
    for name, c in (("real", False), ("complex", True))
}  # fmt: skip


def H(x):
    return np.conj(np.swapaxes(x, -1, -2))


def modulus(x):
    return np.real(x) ** 2 + np.imag(x) ** 2


def of_vectors(v, weights=None):
    """What does not hang on the phases of vectors: projections on them."""
    n = v.shape[-1]
    return np.stack([v[..., :, k, None] * np.conj(v[..., None, :, k]) for k in range(n)])


def of_svd(a, **options):
    u, s, vh = la.svd(a, **options)
    k = s.shape[-1]
    terms = np.stack([u[..., :, j, None] * vh[..., j, None, :] for j in range(k)])
    return terms, s, of_vectors(u[..., :k])


ROWS: dict[str, tuple[Any, ...]] = {
    # the function's name (with a remark), the function, and which matrices are its arguments
    "solve": (la.solve, "A", "v"), "solve (matrix)": (la.solve, "A", "W"),
    "solve (stacks)": (lambda a, b: la.solve(a, b), "AS", "AS"),
    "solve (one matrix, a stack on the right)": (lambda a, b: la.solve(a, b), "A", "AS"),
    "inv": (la.inv, "A"), "inv (stack)": (la.inv, "AS"), "inv (one)": (la.inv, "ONE"),
    "pinv": (la.pinv, "T"), "pinv (wide)": (la.pinv, "W"), "pinv (stack)": (la.pinv, "TS"),
    "pinv (hermitian)": (lambda a: la.pinv(a, hermitian=True), "H"), "pinv (rcond)": (lambda a: la.pinv(a, 1e-9), "T"),
    "pinv (rtol)": (lambda a: la.pinv(a, rtol=1e-9), "T"),
    "det": (la.det, "A"), "det (stack)": (la.det, "AS"), "det (one)": (la.det, "ONE"),
    "slogdet": (lambda a: tuple(la.slogdet(a)), "A"), "slogdet (stack)": (lambda a: la.slogdet(a).logabsdet, "AS"),
    "lstsq": (lambda a, b: la.lstsq(a, b)[:2], "T", "w"), "lstsq (matrix)": (lambda a, b: la.lstsq(a, b), "T", "T"),
    "lstsq (wide)": (lambda a, b: la.lstsq(a, b, rcond=None)[0], "W", "v"),
    "cholesky": (la.cholesky, "H"), "cholesky (stack)": (la.cholesky, "HS"),
    "cholesky (upper)": (lambda a: la.cholesky(a, upper=True), "H"),
    "qr": (lambda a: tuple(la.qr(a)), "T"), "qr (square)": (lambda a: tuple(la.qr(a)), "A"),
    "qr (wide)": (lambda a: tuple(la.qr(a)), "W"), "qr (stack)": (lambda a: tuple(la.qr(a)), "TS"),
    "qr (r)": (lambda a: la.qr(a, mode="r"), "T"),
    "qr (complete)": (lambda a: (la.qr(a, "complete")[0][:, :3], la.qr(a, mode="complete")[1]), "T"),
    "qr (complete, wide)": (lambda a: tuple(la.qr(a, "complete")), "W"),
    "eigh": (lambda a: (la.eigh(a)[0], of_vectors(la.eigh(a)[1])), "H"),
    "eigh (upper)": (lambda a: (la.eigh(a, "U")[0], of_vectors(la.eigh(a, "U")[1])), "H"),
    "eigh (stack)": (lambda a: of_vectors(la.eigh(a).eigenvectors), "HS"),
    "eigvalsh": (la.eigvalsh, "H"), "eigvalsh (upper)": (lambda a: la.eigvalsh(a, "U"), "HS"),
    "eig": (lambda a: tuple(la.eig(a)), "A"), "eig (stack)": (lambda a: la.eig(a).eigenvectors, "AS"),
    "eigvals": (lambda a: la.eigvals(a) + 0j, "A"), "eigvals (stack)": (lambda a: la.eigvals(a) + 0j, "AS"),
    "svd": (lambda a: of_svd(a, full_matrices=False), "T"), "svd (full)": (of_svd, "T"),
    "svd (wide)": (of_svd, "W"), "svd (square)": (of_svd, "A"), "svd (stack)": (of_svd, "TS"),
    "svd (values)": (lambda a: la.svd(a, compute_uv=False), "T"), "svdvals": (lambda a: la.svdvals(a), "W"),
    "svd (hermitian)": (lambda a: of_svd(a, hermitian=True), "H"),
    "matrix_power": (lambda a: la.matrix_power(a, 5), "A"),
    "matrix_power (0)": (lambda a: la.matrix_power(a, 0) * a, "A"),
    "matrix_power (negative)": (lambda a: la.matrix_power(a, -3), "AS"),
    "multi_dot": (lambda a, b, c: la.multi_dot([a, b, c]), "T", "A", "W"),
    "multi_dot (vectors)": (lambda v, a, b: la.multi_dot([v, a, b, v]), "v", "A", "A"),
    "matrix_rank": (lambda a: a * la.matrix_rank(a), "T"), "cond": (lambda a: la.cond(a), "A"),
    **{f"cond ({p})": (lambda a, p=p: la.cond(a, p), "A") for p in (1, -1, 2, -2, np.inf, -np.inf, "fro")},
    "trace": (lambda a: la.trace(a, offset=1), "AS"), "diagonal": (lambda a: la.diagonal(a, offset=-1), "TS"),
    "outer": (la.outer, "v", "w"), "matmul": (la.matmul, "T", "A"), "vecdot": (la.vecdot, "v", "v"),
    "vecdot (axis)": (lambda a, b: la.vecdot(a, b, axis=0), "T", "T"), "cross": (la.cross, "v", "v"),
    "cross (axis)": (lambda a, b: la.cross(a, b, axis=0), "W", "W"),
    "tensordot": (lambda a, b: la.tensordot(a, b, axes=([0], [1])), "T", "W"),
    "matrix_transpose": (lambda a: la.matrix_transpose(a) ** 2, "TS"),
    "tensorsolve": (lambda a, b: la.tensorsolve(np.reshape(a, (3, 1, 3)), b), "A", "v"),
    "tensorsolve (axes)": (lambda a, b: la.tensorsolve(np.reshape(a, (3, 3, 1)), b, axes=(0,)), "A", "v"),
    "tensorinv": (lambda a: la.tensorinv(np.reshape(a, (3, 1, 3)), ind=1), "A"),
    "norm": (la.norm, "v"), "norm (matrix)": (la.norm, "T"), "norm (all of a stack)": (la.norm, "TS"),
    **{
        f"norm (vector, {ord})": ((lambda v, ord=ord: la.norm(v, ord)), "v")
        for ord in (0, 1, 2, 3, 2.5, 0.5, -1, -2, np.inf, -np.inf)
    },
    **{
        f"norm (matrix, {ord})": ((lambda a, ord=ord: la.norm(a, ord)), "T")
        for ord in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    **{
        f"norm (stack, {ord})": ((lambda a, ord=ord: la.norm(a, ord, axis=(2, 0), keepdims=True)), "TS")
        for ord in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    "norm (axis)": (lambda a: la.norm(a, axis=-1), "TS"), "norm (axis, 1)": (lambda a: la.norm(a, 1, 0, True), "TS"),
    "norm (axes)": (lambda a: la.norm(a, axis=(0, -1)), "TS"),
    "vector_norm": (lambda a: la.vector_norm(a), "TS"),
    "vector_norm (axis)": (lambda a: la.vector_norm(a, axis=1, ord=3), "TS"),
    "vector_norm (axes)": (lambda a: la.vector_norm(a, axis=(0, 2), ord=1, keepdims=True), "TS"),
    "vector_norm (keepdims)": (lambda a: la.vector_norm(a, keepdims=True, ord=np.inf), "T"),
    "matrix_norm": (lambda a: la.matrix_norm(a), "TS"),
    "matrix_norm (nuc)": (lambda a: la.matrix_norm(a, ord="nuc"), "TS"),
    "matrix_norm (keepdims)": (lambda a: la.matrix_norm(a, ord=-2, keepdims=True), "TS"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROWS)
def test_functions(name, kind):
    f, *args = ROWS[name]
    check_grads(f, [KINDS[kind][a] for a in args], order=2, atol=1e-7)


def test_every_name_has_a_row():
    assert set(la.__all__) - {name.split(" ")[0] for name in ROWS} == {"LinAlgError"}


# -- where values coincide, and what is refused -----------------------------------------------------------------------


def test_eigenvalues_that_coincide():
    """Functions of the values alone are right; what hangs on single vectors is refused when it runs."""
    a = np.diag([1.0, 1.0, 3.0])
    of_values = s2sad.grad(lambda a: np.sum(np.exp(la.eigvalsh(a))))
    np.testing.assert_allclose(of_values(a), np.diag(np.exp([1.0, 1.0, 3.0])))
    np.testing.assert_allclose(s2sad.grad(lambda a: la.svdvals(a).sum())(np.eye(3)), np.eye(3), atol=1e-15)
    with pytest.raises(la.LinAlgError, match="equal eigenvalues"):
        s2sad.grad(lambda a: la.eigh(a)[1][0, 0] ** 2)(a)
    turned = la.qr(well(3, 3))[0]
    close = turned @ a @ turned.T  # equal but for rounding
    with pytest.raises(la.LinAlgError, match="equal eigenvalues"):
        s2sad.grad(lambda a: np.sum((la.eigh(a)[1] * np.exp(la.eigh(a)[0])) @ la.eigh(a)[1].T))(close)
    with pytest.raises(la.LinAlgError, match="equal eigenvalues"):
        s2sad.jvp(lambda a: la.eigh(a)[1], (a,), (np.ones((3, 3)),))


def test_vectors_that_are_not_used_may_belong_to_equal_values():
    """Principal components of fewer points than dimensions."""
    x = well(3, 6)

    def explained(x):
        values, vectors = la.eigh(x.T @ x)
        return np.sum((x @ vectors[:, -2:]) ** 2 * np.array([1.0, 2.0])) + np.sum((vectors[:, -1] ** 2)[:2])

    check_grads(explained, (x,), order=1, atol=1e-6)


def test_a_singular_matrix_has_a_determinant_that_can_be_differentiated():
    for a in (np.zeros((2, 2)), np.diag([0.0, 2.0, 3.0]), np.arange(9.0).reshape(3, 3), np.zeros((3, 3))):
        check_grads(la.det, (a,), order=2)
    check_grads(la.det, (np.stack([np.diag([0.0, 2.0]), np.eye(2) + 1j]),), order=2)
    with pytest.raises(la.LinAlgError):
        s2sad.grad(lambda a: la.slogdet(a)[1])(np.zeros((2, 2)))


def test_vectors_that_fill_up_a_basis_are_refused():
    a = well(4, 2)
    with pytest.raises(la.LinAlgError, match="fill up a basis"):
        s2sad.grad(lambda a: np.sum(la.svd(a)[0][:, 3] ** 2))(a)
    with pytest.raises(la.LinAlgError, match="fill up a basis"):
        s2sad.grad(lambda a: np.sum(la.qr(a, "complete")[0][:, 3] ** 2))(a)


def test_what_hangs_on_the_phases_of_vectors_is_refused():
    a = symmetric(3, 3, imaginary=True)
    with pytest.raises(la.LinAlgError, match="phases"):
        s2sad.grad(lambda a: np.sum(np.real(la.eigh(a)[1][1]) + np.imag(la.eigh(a)[1][2])))(a)


def test_matrices_of_size_zero_and_one():
    empty = np.zeros((0, 0))
    for f in (la.det, lambda a: np.sum(la.inv(a)), lambda a: np.sum(la.eigvalsh(a)), lambda a: np.sum(la.svdvals(a))):
        assert s2sad.grad(f)(empty).shape == (0, 0)
        assert s2sad.grad(f)(np.array([[2.0]])).shape == (1, 1)


def test_norms_of_empty_matrices():
    for ord in (None, "fro", "nuc", 2) + ((1, np.inf) if np.lib.NumpyVersion(np.__version__) >= "2.3.0" else ()):
        assert s2sad.vjp(lambda a, ord=ord: la.norm(a, ord), np.zeros((0, 0)))[0] == 0.0
    assert s2sad.grad(lambda a: la.vector_norm(a, axis=(0, 2))[0])(np.zeros((0, 1, 0))).shape == (0, 1, 0)
    with pytest.raises(la.LinAlgError, match="empty"):
        s2sad.grad(lambda a: la.cond(a))(np.zeros((0, 0)))


def test_single_precision_stays():
    a = symmetric(3, 3).astype(np.float32)
    for f in (la.det, la.inv, la.cholesky, la.eigvalsh, la.svdvals, la.norm, lambda a: la.eigh(a)[1], la.pinv):
        assert s2sad.grad(lambda a, f=f: np.sum(f(a)))(a).dtype == np.float32


def test_what_is_refused():
    with pytest.raises(s2sad.UnsupportedError, match="raw"):
        s2sad.grad(lambda a: np.sum(la.qr(a, mode="raw")[0]))(well(3, 3))


def test_real_eigenvalues_are_complex_numbers_without_imaginary_part():
    a = symmetric(3, 3)
    found = s2sad.grad(lambda a: np.max(la.eigvals(a).real))(a)
    top = la.eigh(a)[1][:, -1]
    np.testing.assert_allclose(found, np.outer(top, top), atol=1e-12)
