"""``scipy.linalg``: each function, real and complex, in both modes, to second order; refusals by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl

import s2sad
from s2sad.testing import check_grads
from tests.test_linalg_numpy import KINDS, H, of_svd, of_vectors

BANDS = np.random.default_rng(3).normal(size=(4, 5)) + 4.0 * np.array([0, 0, 1, 0])[:, None]  # one below, two above
HERMITIAN = np.array([[5.0, 6.0, 7.0, 8.0], [0.5, -0.7, 0.3, 0.0], [0.2, 0.4, 0.0, 0.0]])
V5 = np.random.default_rng(4).normal(size=5)
V4, M4 = V5[:4], np.random.default_rng(5).normal(size=(4, 2))
COLUMN = np.array([3.0, 0.4, -0.7, 0.2])


def sym(a):
    return (a + H(a)) / 2.0


ROWS: dict[str, tuple[Any, ...]] = {
    # the function's name (with a remark), the function, and its arguments: matrices by name, or as they are
    "solve": (sl.solve, "A", "v"), "solve (matrix)": (sl.solve, "A", "W"),
    "solve (transposed)": (lambda a, b: sl.solve(a, b, transposed=True), "A", "W"),
    "solve (pos)": (lambda a, b: sl.solve(a, b, assume_a="pos"), "H", "v"),
    "solve (pos, lower)": (lambda a, b: sl.solve(a, b, lower=True, assume_a="pos"), "H", "W"),
    "solve (sym)": (lambda a, b: sl.solve(a + a.T, b, assume_a="sym"), "A", "v"),
    "solve (her)": (lambda a, b: sl.solve(a, b, assume_a="her", lower=True), "H", "v"),
    "solve (upper)": (lambda a, b: sl.solve(a, b, assume_a="upper triangular"), "A", "v"),
    "solve_triangular": (sl.solve_triangular, "A", "v"),
    **{
        f"solve_triangular ({trans}, {lower}, {unit})": (
            (lambda a, b, t=trans, low=lower, u=unit: sl.solve_triangular(a, b, t, low, u)), "A", "W"
        )
        for trans, lower, unit in [(0, True, False), ("T", False, True), (2, True, False), ("C", False, False)]
    },
    "cho_factor": (lambda a: np.triu(sl.cho_factor(a)[0]), "H"),
    "cho_solve": (lambda a, b: sl.cho_solve(sl.cho_factor(a), b), "H", "v"),
    "cho_solve (lower)": (lambda a, b: sl.cho_solve(sl.cho_factor(a, lower=True), b), "H", "W"),
    "cholesky": (sl.cholesky, "H"), "cholesky (lower)": (lambda a: sl.cholesky(a, lower=True), "H"),
    "lu": (lambda a: sl.lu(a), "A"), "lu (tall)": (lambda a: sl.lu(a, permute_l=True), "T"),
    "lu (wide)": (lambda a: sl.lu(a, p_indices=True)[1:], "W"),
    "lu_factor": (lambda a: sl.lu_factor(a)[0], "A"),
    "lu_solve": (lambda a, b: sl.lu_solve(sl.lu_factor(a), b), "A", "v"),
    "lu_solve (transposed)": (lambda a, b: sl.lu_solve(sl.lu_factor(a), b, trans=1), "A", "W"),
    "inv": (sl.inv, "A"), "det": (sl.det, "A"), "pinv": (sl.pinv, "T"), "pinvh": (sl.pinvh, "H"),
    "lstsq": (lambda a, b: sl.lstsq(a, b)[0], "T", "w"), "norm": (sl.norm, "T"),
    "norm (1)": (lambda a: sl.norm(a, 1), "T"), "svd": (lambda a: of_svd(a, full_matrices=False), "T"),
    "svdvals": (sl.svdvals, "T"), "diagsvd": (lambda v: sl.diagsvd(v, 3, 4) @ np.ones(4), "v"),
    "eigh": (lambda a: (sl.eigh(a)[0], of_vectors(sl.eigh(a)[1])), "H"),
    "eigh (generalised)": (lambda a, b: (of_vectors(sl.eigh(a, b @ H(b))[1]), sl.eigh(a, b @ H(b))[0]), "H", "A"),
    "eigh (subset)": (lambda a: sl.eigh(a, eigvals_only=True, subset_by_index=[1, 2]), "H"),
    "eigvalsh": (lambda a: sl.eigvalsh(a, lower=False), "H"),
    "eig": (lambda a: sl.eig(a)[0], "A"), "eigvals": (lambda a, b: sl.eigvals(a, b), "A", "H"),
    "eigh_tridiagonal": (lambda d, e: sl.eigh_tridiagonal(d, e, eigvals_only=True), V5, V4),
    "eigvalsh_tridiagonal": (lambda d, e: sl.eigvalsh_tridiagonal(d, e), V5, V4),
    "qr": (lambda a: sl.qr(a), "A"), "qr (economic)": (lambda a: sl.qr(a, mode="economic"), "T"),
    "qr (r)": (lambda a: sl.qr(a, mode="r"), "T"),
    "qr (pivoting)": (lambda a: sl.qr(a, mode="economic", pivoting=True)[:2], "T"),
    "rq": (lambda a: sl.rq(a, mode="economic"), "W"), "rq (square)": (lambda a: sl.rq(a), "A"),
    "polar": (lambda a: sl.polar(a), "T"), "polar (left)": (lambda a: sl.polar(a, side="left"), "W"),
    "orthogonal_procrustes": (lambda a, b: sl.orthogonal_procrustes(a, b), "A", "H"),
    "subspace_angles": (lambda a, b: sl.subspace_angles(a[:, :2], b[:, 1:]), "T", np.eye(4, 3) + 0.2),
    "expm": (sl.expm, "A"), "expm (stack)": (lambda a: sl.expm(0.3 * a), "AS"),
    "expm_frechet": (lambda a, e: sl.expm_frechet(0.2 * a, e), "A", "H"),
    "logm": (lambda a: sl.logm(a @ H(a)), "A"), "sqrtm": (lambda a: sl.sqrtm(a @ H(a)), "A"),
    "signm": (lambda a: sl.signm(a) @ a, "A"),
    **{
        name: (lambda a, name=name: getattr(sl, name)(0.3 * a), "A")
        for name in ("sinm", "cosm", "tanm", "sinhm", "coshm", "tanhm")
    },
    "fractional_matrix_power": (lambda a, t: sl.fractional_matrix_power(a, t), "H", 0.7),
    "solve_sylvester": (lambda a, b, q: sl.solve_sylvester(a, b, q), "A", "H", "A"),
    "solve_continuous_lyapunov": (lambda a, q: sl.solve_continuous_lyapunov(a, q), "A", "H"),
    "solve_lyapunov": (lambda a, q: sl.solve_lyapunov(a, q), "A", "H"),
    "solve_discrete_lyapunov": (lambda a, q: sl.solve_discrete_lyapunov(0.2 * a, q), "A", "H"),
    "solve_continuous_are": (lambda a, b, q, r: sl.solve_continuous_are(a, b, sym(q), sym(r)), "A", "A", "H", "H"),
    "solve_continuous_are (cross)": (
        lambda a, b, q, s: sl.solve_continuous_are(a, b, sym(q), np.eye(3) * 2.0, s=0.1 * s), "A", "A", "H", "A",
    ),
    "solve_discrete_are": (lambda a, b, q, r: sl.solve_discrete_are(a, b, sym(q), sym(r)), "A", "A", "H", "H"),
    "block_diag": (lambda a, v, t: sl.block_diag(a, v, t), "A", "v", "T"), "toeplitz": (sl.toeplitz, "v"),
    "toeplitz (row)": (lambda c, r: sl.toeplitz(c, r), "v", "w"), "hankel": (lambda c: sl.hankel(c), "v"),
    "hankel (row)": (lambda c, r: sl.hankel(c, r), "v", "w"), "circulant": (sl.circulant, "v"),
    "companion": (sl.companion, "w"), "leslie": (lambda f, s: sl.leslie(f, s), "w", "v"),
    "fiedler": (sl.fiedler, V4), "khatri_rao": (sl.khatri_rao, "A", "T"),
    **{
        f"convolution_matrix ({m})": (lambda a, m=m: sl.convolution_matrix(a, 5, m), "v")
        for m in ("full", "same", "valid")
    },
    "solve_banded": (lambda ab, b: sl.solve_banded((1, 2), ab, b), BANDS, V5),
    "solve_banded (matrix)": (lambda ab, b: sl.solve_banded((1, 2), ab, b), BANDS[:, 1:] + 0.0, M4),
    "solveh_banded": (lambda ab, b: sl.solveh_banded(ab, b, lower=True), HERMITIAN, V4),
    "solveh_banded (upper)": (lambda ab, b: sl.solveh_banded(ab[::-1, ::-1], b), HERMITIAN, V4),
    "cholesky_banded": (lambda ab: sl.cholesky_banded(ab, lower=True)[0], HERMITIAN),
    "cho_solve_banded": (
        lambda ab, b: sl.cho_solve_banded((sl.cholesky_banded(ab, lower=True), True), b), HERMITIAN, V4,
    ),
    "cho_solve_banded (upper)": (
        lambda ab, b: sl.cho_solve_banded((sl.cholesky_banded(ab[::-1, ::-1]), False), b), HERMITIAN, V4,
    ),
    "solve_toeplitz": (lambda c, b: sl.solve_toeplitz(c, b), COLUMN, V4),
    "solve_toeplitz (row)": (lambda c, r, b: sl.solve_toeplitz((c, r), b), COLUMN, V4, M4),
    "matmul_toeplitz": (lambda c, r, b: sl.matmul_toeplitz((c, r), b), COLUMN, V4, V4),
    "solve_circulant": (lambda c, b: sl.solve_circulant(c, b), COLUMN, V4),
    "solve_circulant (matrix)": (lambda c, b: sl.solve_circulant(c, b), COLUMN, M4),
    "bandwidth": (lambda a: a * sl.bandwidth(np.triu(np.ones((3, 3))))[1], "A"),
}  # fmt: skip

CASES = [
    (name, kind) for name, row in ROWS.items() for kind in KINDS
    if kind == "real" or any(isinstance(a, str) for a in row[1:]) and name not in ("solve (transposed)",)
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_functions(name, kind):
    f, *args = ROWS[name]
    check_grads(f, [KINDS[kind][a] if isinstance(a, str) else a for a in args], order=2, rtol=2e-5, atol=1e-6)


REFUSED = [
    "schur", "hessenberg", "funm", "null_space", "orth", "matrix_balance", "ldl", "qz", "ordqz", "cossin", "rsf2csf",
    "cdf2rdf", "qr_multiply", "qr_delete", "qr_insert", "qr_update", "eig_banded", "eigvals_banded", "expm_cond",
    "clarkson_woodruff_transform",
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rule_is_refused_by_name(name):
    function = getattr(sl, name)
    with pytest.raises(s2sad.UnsupportedError, match=f"scipy.linalg.{name} has no derivative rule"):
        s2sad.grad(lambda a: np.sum(function(a)))(np.eye(3))


CONSTANT = {"dft", "hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal"}  # of ints
OTHERS = {"LinAlgError", "LinAlgWarning", "find_best_blas_type", "get_blas_funcs", "get_lapack_funcs", "issymmetric",
          "ishermitian", "fiedler_companion"}  # fmt: skip


def test_every_name_has_a_row():
    names = {n for n in sl.__all__ if callable(getattr(sl, n))}
    assert names - {name.split(" ")[0] for name in ROWS} - set(REFUSED) - CONSTANT - OTHERS == set()


def test_a_factorization_serves_both_sweeps():
    g = s2sad.grad(lambda a, b: np.sum(sl.solve(a, b) ** 2), argnums=(0, 1))
    g(np.eye(2), np.ones(2))
    body = g.source[g.source.index("def f_grad") :]
    assert body.count("lu_of(") == 1 and body.count("solved(") == 2


def test_singular_matrices_raise_as_in_scipy():
    with pytest.raises(np.linalg.LinAlgError):
        s2sad.grad(lambda a: np.sum(sl.solve(a, np.ones(2))))(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="is complex"):
        s2sad.grad(lambda a: np.sum(sl.sqrtm(a)))(-np.diag([1.0, 2.0]))


def test_single_precision_stays():
    a = KINDS["real"]["H"].astype(np.float32)
    for f in (sl.expm, sl.cholesky, sl.sqrtm, lambda a: sl.solve(a, a[0])):
        assert s2sad.grad(lambda a, f=f: np.sum(f(a)))(a).dtype == np.float32
