"""``scipy.linalg``: each function, real and complex, in both modes, to second order; refusals by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy
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


def of_schur(t, z):
    return np.diagonal(t), of_vectors(z)


def of_pencil(values, *vectors):
    return [values + 0j, *[of_vectors(v + 0j) for v in vectors]]


def of_basis(q):
    return q @ H(q)


TURNING = np.array([[1.0, 2.0, 0.3, 0.1], [-1.0, 1.5, 0.2, 0.4], [0.1, 0.2, 3.0, 0.5], [0.3, -0.1, -2.0, 4.0]])
PAIR = np.array([[1.0, 4.0, 0.3, 0.1], [-1.0, 1.0, 0.2, 0.4], [0.1, 0.05, 6.0, 0.5], [0.1, -0.1, 0.3, 9.0]])
TALL = np.random.default_rng(6).normal(size=(4, 3))
UNBALANCED = np.array([1.0, 300.0, 0.02])
TWO = {
    "real": {"INDEFINITE": np.array([[0.1, 2.0, 0.3], [2.0, 0.2, 0.5], [0.3, 0.5, 3.0]])},
    "complex": {"INDEFINITE": np.array([[0.1, 2.0 + 1j, 0.3 - 0.2j], [2.0 - 1j, 0.2, 0.5], [0.3 + 0.2j, 0.5, 3.0]])},
}
for _kind, _more in TWO.items():
    KINDS[_kind] |= _more | {"FLAT": KINDS[_kind]["W"][:2], "A_REAL": KINDS["real"]["A"]}


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
    "schur": (sl.schur, "A_REAL"), "schur (complex)": (lambda a: of_schur(*sl.schur(a, output="complex")), "A"),
    "schur (sorted, blocks)": (lambda a: sl.schur(a, sort="rhp")[:2], PAIR),
    "hessenberg": (lambda a: sl.hessenberg(a, calc_q=True), TURNING), "hessenberg (form)": (sl.hessenberg, TURNING),
    "ldl": (lambda a: sl.ldl(a)[:2], "H"), "ldl (upper)": (lambda a: sl.ldl(a, lower=False)[:2], "INDEFINITE"),
    "ldl (symmetric)": (lambda a: sl.ldl(a + a.T, hermitian=False)[1], "A"),
    "ldl (blocks)": (lambda a: sl.ldl(a)[:2], "INDEFINITE"),
    "funm": (lambda a: sl.funm(a, lambda x: np.exp(0.3 * x) + x**2), "A"),
    "expm_cond": (lambda a: sl.expm_cond(0.3 * a), "A"), "orth": (lambda a: of_basis(sl.orth(a)), "T"),
    "null_space": (lambda a: of_basis(sl.null_space(a)), "FLAT"),
    "null_space (one)": (lambda a: of_basis(sl.null_space(a)), "W"),
    "matrix_balance": (lambda a: sl.matrix_balance(a * UNBALANCED)[0], "A"),
    "qr_multiply": (lambda a, c: sl.qr_multiply(a, c), "T", "W"),
    "qr_multiply (left)": (lambda a, c: sl.qr_multiply(a, c, mode="left", conjugate=True), "T", "A"),
    "eig_banded": (lambda ab: of_pencil(*sl.eig_banded(ab, lower=True)), HERMITIAN),
    "eigvals_banded": (lambda ab: sl.eigvals_banded(ab[::-1], select="i", select_range=(0, 2)), HERMITIAN),
    "eigh (type 2)": (lambda a, b: of_pencil(*sl.eigh(a, b @ H(b), type=2)), "H", "A"),
    "eigh (type 3)": (lambda a, b: of_pencil(*sl.eigh(a, b @ H(b), type=3, lower=False)), "H", "A"),
    "eigh (by value)": (lambda a: sl.eigvalsh(a, subset_by_value=[sl.eigvalsh(a)[0] * 1.01, np.inf]), "H"),
    "eig (left)": (lambda a: [x + 0j for x in sl.eig(a, left=True)], "A"),
    "eig (pencil, left)": (lambda a, b: of_pencil(*sl.eig(a, b, left=True)), "A", "H"),
    "inv (sym)": (lambda a: sl.inv(a + a.T, assume_a="sym"), "A"),
    "inv (pos)": (lambda a: sl.inv(a, assume_a="pos"), "H"),
    "pinv (atol)": (lambda a: sl.pinv(a, atol=1e-9, return_rank=True)[0], "T"),
    "solve (stack, shared)": (lambda a, b: sl.solve(a, b), "AS", "W"),
    "solve (one, stack)": (lambda a, b: sl.solve(a, b), "A", "AS"),
    "solve_triangular (stack, shared)": (lambda a, b: sl.solve_triangular(a, b, lower=True), "AS", "W"),
    "cho_solve (stack)": (lambda a, b: sl.cho_solve(sl.cho_factor(a), b), "HS", "W"),
    "lu_solve (stack)": (lambda a, b: sl.lu_solve(sl.lu_factor(a), b), "AS", "W"),
    "lu (stack)": (lambda a: sl.lu(a)[1:], "AS"), "logm (stack)": (lambda a: sl.logm(a), "HS"),
    "sqrtm (stack)": (lambda a: sl.sqrtm(a), "HS"), "cosm (stack)": (lambda a: sl.cosm(0.3 * a), "AS"),
    "polar (wide)": (lambda a: sl.polar(a), "W"),
    "cholesky_banded (whole)": (lambda ab: sl.cholesky_banded(ab[::-1]), HERMITIAN),
    "solve_discrete_are (e, cross)": (
        lambda a, b, q, e: sl.solve_discrete_are(a, b, sym(q), np.eye(3), 3 * np.eye(3) + 0.1 * e, 0.1 * b, False),
        "A", "A", "H", "H",
    ),
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
    "fiedler": (sl.fiedler, V4), "fiedler_companion": (lambda a: sl.fiedler_companion(a), V5),
    "lu_factor (tall)": (lambda a: sl.lu_factor(a)[0], "T"), "lu_factor (wide)": (lambda a: sl.lu_factor(a)[0], "W"),
    "rsf2csf": (lambda a: sl.rsf2csf(*sl.schur(a)), PAIR), "cdf2rdf": (lambda a: sl.cdf2rdf(*sl.eig(a)), PAIR),
    "hessenberg (any)": (lambda a: sl.hessenberg(a, calc_q=True), "A"),
    "matrix_balance (separate)": (lambda a: sl.matrix_balance(a * UNBALANCED, separate=True)[0], "A"),
    "qr_multiply (pivoting)": (lambda a, c: sl.qr_multiply(a, c, pivoting=True)[:2], "T", "W"),
    "eigvals (homogeneous)": (lambda a: sl.eigvals(a, homogeneous_eigvals=True), "A"),
    "qr_update": (lambda a, u, v: sl.qr_update(*sl.qr(a, mode="economic"), u, v), TALL, V4, V4[:3]),
    "qr_update (full)": (lambda a, u, v: sl.qr_update(*sl.qr(a), u, v)[1], TALL, V4, V4[:3]),
    "qr_insert": (lambda a, u: sl.qr_insert(*sl.qr(a, mode="economic"), u, -1), TALL, V4[:3]),
    "qr_insert (columns)": (lambda a, u: sl.qr_insert(*sl.qr(a[:, :2], mode="economic"), u, 1, "col"), TALL, V4),
    "qr_delete": (lambda a: sl.qr_delete(*sl.qr(a, mode="economic"), -2), TALL),
    "qr_delete (columns)": (lambda a: sl.qr_delete(*sl.qr(a, mode="economic"), 0, 2, which="col"), TALL),
    "khatri_rao": (sl.khatri_rao, "A", "T"),
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

if hasattr(sl, "kron"):
    ROWS["kron"] = (sl.kron, "A", "T")
SINCE = {
    **dict.fromkeys(("inv (sym)", "inv (pos)"), "1.17.0"),
    **dict.fromkeys(("solve (stack, shared)", "solve (one, stack)", "solve_triangular (stack, shared)",
                     "lu_solve (stack)", "cho_solve (stack)", "logm (stack)",
                     "sqrtm (stack)", "cosm (stack)"), "1.16.0"),
}  # fmt: skip
"""What SciPy takes from this version on."""
CASES = [
    (name, kind) for name, row in ROWS.items() for kind in KINDS
    if (kind == "real" or any(isinstance(a, str) for a in row[1:]) and name not in ("solve (transposed)",))
    and np.lib.NumpyVersion(scipy.__version__) >= SINCE.get(name, "1.15.0")
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_functions(name, kind):
    f, *args = ROWS[name]
    order = 1 if "(stack)" in name else 2  # the matrices of a stack are taken one by one
    check_grads(f, [KINDS[kind][a] if isinstance(a, str) else a for a in args], order=order, rtol=2e-5, atol=1e-6)


REFUSED = ["cossin", "clarkson_woodruff_transform"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rule_is_refused_by_name(name):
    function = getattr(sl, name)
    with pytest.raises(s2sad.UnsupportedError, match=f"scipy.linalg.{name} has no derivative rule"):
        s2sad.grad(lambda a: np.sum(function(a)))(np.eye(3))


CONSTANT = {"dft", "hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal"}  # of ints
APART = {"qz", "ordqz", "issymmetric", "ishermitian"}  # in tests of their own
OTHERS = {"LinAlgError", "LinAlgWarning", "find_best_blas_type", "get_blas_funcs", "get_lapack_funcs"}


def of_pair(a, b, **options):
    """What in complex forms hangs on no phase."""
    s, t, *_, q, z = sl.ordqz(a, b, **options) if options else sl.qz(a, b, output="complex")
    return np.abs(s), np.diagonal(t), np.abs(q), np.abs(z)


def test_generalised_schur_forms():
    a, b = np.random.default_rng(3).normal(size=(2, 4, 4))
    check_grads(lambda a, b: sl.qz(a, b), (a, b), order=1)  # with a block of a complex pair
    check_grads(of_pair, (a + 1j * a[::-1], b), order=1)
    check_grads(lambda a, b: of_pair(a, b, sort="lhp", output="complex"), (a, b), order=1)
    check_grads(lambda a, b: sl.ordqz(a, b, "rhp"), (a[:2, :2], b[:2, :2]), order=2)
    with pytest.raises(np.linalg.LinAlgError, match="complex pairs"):
        s2sad.grad(lambda a: np.real(sl.ordqz(a, b)[2][0]))(a)
    check_grads(lambda a: sl.ordqz(a, np.diag([1.0, 0.0]), "rhp")[4], (a[:2, :2],), order=1)


def test_symmetry_is_asked_for():
    f = s2sad.grad(lambda a: np.sum(a**2) if sl.issymmetric(a) else np.sum(a) * sl.ishermitian(a, rtol=0.5, atol=9.0))
    np.testing.assert_array_equal(f(sym(TURNING)), 2.0 * sym(TURNING))
    np.testing.assert_array_equal(f(TURNING), np.ones((4, 4)))


STACKS: dict[str, tuple[Any, ...]] = {
    "hessenberg": (lambda a: sl.hessenberg(a), "AS"), "polar": (lambda a: sl.polar(a)[0], "AS"),
    "qr (pivoting)": (lambda a: sl.qr(a, pivoting=True)[1], "AS"), "expm_frechet": (sl.expm_frechet, "A", "AS"),
    "solve_banded": (lambda ab, b: sl.solve_banded((1, 1), ab, b), "AS", np.ones((3, 2))),
    "eigvalsh_tridiagonal": (lambda d, e: sl.eigvalsh_tridiagonal(d, e), M4.T[:, :3], M4.T[:, :2]),
    "eigvals (pair)": (lambda a, b: sl.eigvals(a, b), "AS", "H"),
    "solve_continuous_are": (lambda a, b: sl.solve_continuous_are(a, b, np.eye(3), np.eye(3)), "AS", "A"),
    "toeplitz": (lambda c, r: sl.toeplitz(c, r), M4.T, V4), "fiedler": (lambda a: sl.fiedler(a)[:, :1], M4.T),
    "block_diag": (lambda a, b: sl.block_diag(a, b), "AS", "T"), "khatri_rao": (sl.khatri_rao, "AS", "A"),
}  # fmt: skip


@pytest.mark.skipif(np.lib.NumpyVersion(scipy.__version__) < "1.17.0", reason="SciPy takes one matrix only")
@pytest.mark.parametrize("name", STACKS)
def test_stacks(name):
    f, *args = STACKS[name]
    args = [KINDS["real"][a] if isinstance(a, str) else a for a in args]
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9)
    check_grads(f, args, order=2, rtol=2e-5, atol=1e-6)


def test_every_name_has_a_row():
    names = {n for n in sl.__all__ if callable(getattr(sl, n))}
    assert names - {name.split(" ")[0] for name in ROWS} - set(REFUSED) - CONSTANT - APART - OTHERS == set()


def test_a_factorization_serves_both_sweeps():
    g = s2sad.grad(lambda a, b: np.sum(sl.solve(a, b) ** 2), argnums=(0, 1))
    g(np.eye(2), np.ones(2))
    body = g.source[g.source.index("def f_grad") :]
    assert body.count("lu_of(") == 1 and body.count("solved(") == 2


@pytest.mark.parametrize("a", [np.eye(3), np.array([[0.0, 1.0], [-1.0, 0.0]]), np.diag([1.0, 2.0, 2.0])])
def test_schur_vectors_that_turn_freely_are_refused(a):
    with pytest.raises(np.linalg.LinAlgError, match="Schur"):
        s2sad.grad(lambda a: np.sum(sl.schur(a)[1]))(a)
    with pytest.raises(np.linalg.LinAlgError, match="Schur"):
        s2sad.jvp(lambda a: sl.schur(a)[0], (a,), (np.ones_like(a),))


def test_what_hangs_on_which_basis_it_is_is_refused():
    a = KINDS["real"]["FLAT"]
    with pytest.raises(np.linalg.LinAlgError, match="which basis"):
        s2sad.grad(lambda a: np.sum(sl.null_space(a)[0, 1]))(a)
    with pytest.raises(np.linalg.LinAlgError, match="phases"):
        s2sad.grad(lambda a, b: np.sum(np.real(sl.eig(a, b)[1]) ** 3))(KINDS["complex"]["A"], np.eye(3) + 0j)


def test_singular_matrices_raise_as_in_scipy():
    with pytest.raises(np.linalg.LinAlgError):
        s2sad.grad(lambda a: np.sum(sl.solve(a, np.ones(2))))(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="is complex"):
        s2sad.grad(lambda a: np.sum(sl.sqrtm(a)))(-np.diag([1.0, 2.0]))


def test_single_precision_stays():
    a = KINDS["real"]["H"].astype(np.float32)
    double = (sl.det, sl.logm, lambda a: sl.solve_toeplitz(a[0], a[1]), lambda a: sl.fractional_matrix_power(a, 0.5))
    single = (
        sl.expm, sl.cholesky, sl.sqrtm, lambda a: sl.solve(a, a[0]), sl.pinvh, lambda a: sl.block_diag(a, a), sl.inv,
        lambda a: sl.solve(a, a[0], assume_a="her"), lambda a: sl.schur(a)[0], lambda a: sl.ldl(a)[1],
    )  # fmt: skip
    for f in (*single, *double):
        value, dot = s2sad.jvp(f, (a,), (a,))
        assert s2sad.grad(lambda a, f=f: np.sum(f(a)))(a).dtype == np.float32
        assert value.dtype == dot.dtype == np.asarray(f(a)).dtype == (np.float64 if f in double else np.float32)
