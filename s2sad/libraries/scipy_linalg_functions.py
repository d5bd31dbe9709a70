"""``scipy.linalg``: functions of matrices, matrix equations, decompositions, and matrices of a special form.

The derivative of a function f of matrices at A in direction E is the upper right block of f([[A, E], [0, A]]), and its
transpose that at Aᵀ (R. Mathias, "A chain rule for matrix functions", SIAM J. Matrix Anal. Appl. 17, 1996; N. Higham,
"Functions of Matrices", 2008, chapter 3). Matrix equations: T.-C. Kao and G. Hennequin, "Automatic differentiation of
Sylvester, Lyapunov, and algebraic Riccati equations" (arXiv:2011.11430).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg as sl

import s2sad.libraries.scipy_linalg  # noqa: F401  (whose rules these refer to)
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.scipy_linalg import doubled, refuse
from s2sad.prims.inference import number
from s2sad.prims.linalg import float_dtype, matrix, real, square
from s2sad.prims.matrices import svd_
from s2sad.prims.primitive import REGISTRY, option, primitive, unsupported
from s2sad.prims.products import conj
from s2sad.prims.spectra import regular, regular_root
from s2sad.rules.batching import batches
from s2sad.rules.batching_linalg import native
from s2sad.rules.book import constant, pullback, pushforward
from s2sad.rules.linalg import H, mT

define = REGISTRY.define

# -- functions of matrices --------------------------------------------------------------------------------------------


def double(dtype: str) -> str:
    """The dtype of functions that compute in double precision always."""
    return {"f32": "f64", "c64": "c128"}.get(dtype, dtype)


def one_matrix(a: Arg) -> tuple[str, Any]:
    """The type of one square matrix."""
    dtype, known = square(a)
    return dtype, known or ("?", "?")


def block(a, e):
    """The matrix [[a, e], [0, a]]."""
    below = np.concatenate([np.zeros_like(a), a], axis=-1)
    return np.concatenate([np.concatenate([a, e], axis=-1), below], axis=-2)


def upper_right(x, a):
    n = np.shape(a)[-1]
    return x[..., :n, n:]


def matrix_function(name, a):
    """A function of matrices; LinAlgError where that of a real matrix is not real."""
    if a.ndim > 2:
        return np.reshape(np.array([matrix_function(name, x) for x in a]), a.shape)
    out = getattr(scipy.linalg, name)(a)
    if np.iscomplexobj(out) and not np.iscomplexobj(a):
        if np.any(np.abs(out.imag) > 1e3 * np.finfo(out.dtype).eps * np.max(np.abs(out))):
            raise np.linalg.LinAlgError(name + " of this real matrix is complex: pass it as complex numbers, a + 0j")
        out = out.real
    return out.astype(a.dtype) if a.dtype.kind in "fc" and name != "logm" else out


def _function(name: Arg, a: Arg) -> Type:
    dtype, known = square(a)
    return Array(double(dtype) if option("name", name) == "logm" else dtype, known)


function_of = primitive("matrix_function", matrix_function, _function, style="helper")
batches(function_of, way="leading axes")(native)


@pullback("matrix_function", wrt="a")
def function_bar(ans_bar, name, a):
    if name == "logm":
        a = regular(a)
    return upper_right(matrix_function(name, block(mT(a), ans_bar)), a)


def only_found(name, disp):
    if not disp:
        unsupported(f"scipy.linalg.{name} with disp=False, which estimates an error", instead="leave it out")


@define(sl.sqrtm)
def sqrtm(A, disp=True, blocksize=64):  # noqa: N803
    only_found("sqrtm", disp)
    return root_of(A)


@define(sl.logm)
def logm(A, disp=True):  # noqa: N803
    only_found("logm", disp)
    return matrix_function("logm", A)


@define(sl.signm)
def signm(A, disp=True):  # noqa: N803
    only_found("signm", disp)
    return matrix_function("signm", A)


def function_by_name(name):
    """Define a function of one matrix."""

    @define(getattr(sl, name))
    def meaning(A):  # noqa: N803
        return matrix_function(name, A)


for given in ("sinm", "cosm", "tanm", "sinhm", "coshm", "tanhm"):
    function_by_name(given)


def matrix_root(a):
    """The square root of a matrix; LinAlgError where that of a real matrix is not real."""
    if a.ndim > 2:
        roots = np.reshape(np.array([matrix_root(x) for x in a]), a.shape)
        return roots.astype(a.dtype) if a.dtype.kind in "fc" else roots
    out = scipy.linalg.sqrtm(a)
    if np.iscomplexobj(out) and not np.iscomplexobj(a):
        raise np.linalg.LinAlgError("sqrtm of this real matrix is complex: pass it as complex numbers, a + 0j")
    return out


root = primitive("matrix_root", matrix_root, lambda a: Array(*square(a)), style="helper")
batches(root, way="leading axes")(native)
root_of = REGISTRY.word(root)


@pullback(root, wrt="a")
def root_bar(ans_bar, ans, a):
    if np.ndim(ans) > 2:
        return upper_right(root_of(block(mT(regular(a)), ans_bar)), a)
    turned = regular_root(ans).T
    return sylvester_of(turned, turned, ans_bar)


def matrix_power_of(a, t):
    """A power of a matrix; LinAlgError where that of a real matrix is not real."""
    out = scipy.linalg.fractional_matrix_power(a, t)
    if np.iscomplexobj(out) and not np.iscomplexobj(a):
        if np.any(np.abs(out.imag) > 1e3 * np.finfo(out.dtype).eps * np.max(np.abs(out))):
            raise np.linalg.LinAlgError("this power of a real matrix is complex: pass it as complex numbers, a + 0j")
        out = out.real
    return out.astype(np.result_type(out, float))


def _power(a: Arg, t: Arg) -> Type:
    dtype, known = one_matrix(a)
    return Array(double(dtype), known)


power = primitive("matrix_power_of", matrix_power_of, _power, style="helper")


@define(sl.fractional_matrix_power)
def fractional_matrix_power(A, t):  # noqa: N803
    if isinstance(t, int):
        return np.linalg.matrix_power(A, t)
    return matrix_power_of(A, t)


@pullback(power, wrt=("a", "t"))
def power_bar(ans_bar, ans, a, t):
    a_bar = upper_right(matrix_power_of(block(a.T, ans_bar), t), a)
    return a_bar, np.sum(ans_bar * (ans @ matrix_function("logm", a)))


# The exponential: over stacks, and with the derivative that SciPy has for it

exponential = primitive("scipy.linalg.expm", sl.expm, lambda A: Array(*square(A)), calls=())
batches(exponential, way="leading axes")(native)
exponential_of = REGISTRY.word(exponential)


def _frechet(a: Arg, e: Arg) -> Type:
    return Array(float_dtype(number(a).dtype, number(e).dtype), one_matrix(a)[1])


def frechet(a, e):
    """The derivative of the exponential at a in direction e."""
    return scipy.linalg.expm_frechet(a, e, compute_expm=False).astype(np.result_type(a, e))


primitive("frechet", frechet, _frechet, style="helper")


@define(sl.expm)
def expm(A):  # noqa: N803
    return exponential_of(A)


@define(sl.expm_frechet)
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):  # noqa: N803
    A, E = doubled(A), doubled(E)  # noqa: N806
    return (exponential_of(A), frechet(A, E)) if compute_expm else frechet(A, E)


@pullback(exponential, wrt="A")
def expm_bar(ans_bar, A):  # noqa: N803
    if np.ndim(A) == 2 and not np.iscomplexobj(A):
        return frechet(A.T, ans_bar)
    transposed, n = np.swapaxes(A, -1, -2), np.shape(A)[-1]
    above = np.concatenate([transposed, ans_bar], axis=-1)
    below = np.concatenate([np.zeros_like(A), transposed], axis=-1)
    return exponential_of(np.concatenate([above, below], axis=-2))[..., :n, n:]


@pullback("frechet", wrt=("a", "e"))
def frechet_bar(ans_bar, a, e):
    n = np.shape(a)[0]
    zero = np.zeros_like(a)
    both = np.concatenate([np.concatenate([ans_bar, zero], axis=1), np.concatenate([zero, ans_bar], axis=1)])
    return frechet(block(a.T, e.T), both)[:n, n:], frechet(a.T, ans_bar)


# -- matrix equations -------------------------------------------------------------------------------------------------


def _sylvester(a: Arg, b: Arg, q: Arg) -> Type:
    return Array(float_dtype(*(number(x).dtype for x in (a, b, q))), axes(number(q)))


sylvester = primitive("scipy.linalg.solve_sylvester", sl.solve_sylvester, _sylvester)
sylvester_of = REGISTRY.word(sylvester)


@pullback(sylvester)
def sylvester_bar(ans_bar, ans, a, b):
    q_bar = sylvester_of(a.T, b.T, ans_bar)
    return -q_bar @ ans.T, -ans.T @ q_bar, q_bar


@define(sl.solve_continuous_lyapunov, sl.solve_lyapunov)
def solve_continuous_lyapunov(a, q):
    return sylvester_of(a, H(a), q)


def _stein(a: Arg, q: Arg, method: Any = None) -> Type:
    return Array(double(float_dtype(number(a).dtype, number(q).dtype)), axes(number(q)))


stein = primitive("scipy.linalg.solve_discrete_lyapunov", sl.solve_discrete_lyapunov, _stein)
stein_of = REGISTRY.word(stein)


@pullback(stein, wrt=("a", "q"))
def stein_bar(ans_bar, ans, a, method):
    q_bar = stein_of(a.T, ans_bar, method)
    return q_bar @ conj(a) @ ans.T + conj(q_bar.T @ a @ ans), q_bar


def _riccati(a: Arg, b: Arg, q: Arg, r: Arg, balanced: Any = True) -> Type:
    return Array(double(float_dtype(*(number(x).dtype for x in (a, b, q, r)))), axes(number(a)))


def continuous_riccati(a, b, q, r, balanced=True):
    """The solution of a continuous algebraic Riccati equation."""
    return scipy.linalg.solve_continuous_are(a, b, q, r, balanced=balanced)


def discrete_riccati(a, b, q, r, balanced=True):
    """The solution of a discrete algebraic Riccati equation."""
    return scipy.linalg.solve_discrete_are(a, b, q, r, balanced=balanced)


primitive("continuous_riccati", continuous_riccati, _riccati, style="helper")
primitive("discrete_riccati", discrete_riccati, _riccati, style="helper")


def without_cross(a, b, q, r, e, s):
    """The system of which e has been taken out, and a cross term s by feedback."""
    if e is not None:  # the system times the inverse of e
        a, q = H(np.linalg.solve(H(e), H(a))), np.linalg.solve(H(e), H(np.linalg.solve(H(e), H(q))))
        q, s = (q + H(q)) / 2.0, None if s is None else np.linalg.solve(H(e), s)
    if s is None:
        return a, q
    feedback = np.linalg.solve(r, H(s))
    return a - b @ feedback, q - s @ feedback


@define(sl.solve_continuous_are)
def solve_continuous_are(a, b, q, r, e=None, s=None, balanced=True):
    a, q = without_cross(a, b, q, r, e, s)
    return continuous_riccati(a, b, q if s is None else (q + H(q)) / 2.0, r, balanced)


@define(sl.solve_discrete_are)
def solve_discrete_are(a, b, q, r, e=None, s=None, balanced=True):
    a, q = without_cross(a, b, q, r, e, s)
    return discrete_riccati(a, b, q if s is None else (q + H(q)) / 2.0, r, balanced)


@pullback("continuous_riccati", wrt=("a", "b", "q", "r"))
def continuous_riccati_bar(ans_bar, ans, a, b, r):
    """Of the symmetric solution; what SciPy asks of q and r, to be symmetric, is not asked of their cotangents."""
    gain = np.linalg.solve(r, H(b) @ ans)
    closed = a - b @ gain
    s = -sylvester_of(closed, H(closed), conj(ans_bar))  # the adjoint equation
    both = s + H(s)
    return conj(ans @ both), conj(-ans @ both @ H(gain)), conj(s), conj(gain @ s @ H(gain))


@pullback("discrete_riccati", wrt=("a", "b", "q", "r"))
def discrete_riccati_bar(ans_bar, ans, a, b, r):
    gain = np.linalg.solve(r + H(b) @ ans @ b, H(b) @ ans @ a)
    closed = a - b @ gain
    s = stein_of(closed, conj(ans_bar))
    through = ans @ closed @ (s + H(s))
    return conj(through), conj(-through @ H(gain)), conj(s), conj(gain @ s @ H(gain))


# -- decompositions ---------------------------------------------------------------------------------------------------


@define(sl.svd)
def svd(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):
    if not compute_uv:
        return svd_(a, compute_uv=False)
    u, s, vh = svd_(a, full_matrices)
    return u, s, vh


@define(sl.svdvals)
def svdvals(a, overwrite_a=False, check_finite=True):
    return svd_(a, compute_uv=False)


@define(sl.diagsvd)
def diagsvd(s, M, N):  # noqa: N803
    k = len(s)
    if k == M:
        return np.concatenate([np.diag(s), np.zeros((k, N - k))], axis=1)
    return np.concatenate([np.diag(s), np.zeros((M - k, k))])


def _real_dtype(a: Arg) -> str:
    return str(real(matrix(a)[0]))


def pivots_of(a):
    """The order of columns in a QR decomposition with pivoting."""
    return scipy.linalg.qr(a, mode="r", pivoting=True)[1]


constant(primitive("pivots_of", pivots_of, lambda a: Array("i32", (axes(number(a)) or ("?",))[-1:]), style="helper"))


@define(sl.qr)
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    if mode == "raw":
        unsupported("scipy.linalg.qr with mode='raw'", instead="use mode='economic'")
    if pivoting:
        order = pivots_of(a)
        a = a[:, order]
    q, r = np.linalg.qr(a, "reduced" if mode == "economic" else "complete")
    found = (r,) if mode == "r" else (q, r)
    return (*found, order) if pivoting else found


def rq_signs(a, r, full):
    """The signs that SciPy gives to columns of the factor r; of others, with full matrices, there is no derivative."""
    if full and a.shape[0] < a.shape[1]:
        raise np.linalg.LinAlgError("rq of a wide matrix has a derivative only with mode='economic'")
    k = min(a.shape)
    theirs = scipy.linalg.rq(a, mode="r")[-k:, -k:]
    products = np.real(np.diagonal(theirs)) * np.real(np.diagonal(r[-k:, -k:]))
    return np.where(products < 0, -1.0, 1.0).astype(r.real.dtype)


constant(
    primitive(
        "rq_signs", rq_signs, lambda a, r, full: Array(_real_dtype(a), (axes(number(r)) or ("?",))[-1:]), style="helper"
    )
)


@define(sl.rq)
def rq(a, overwrite_a=False, lwork=None, mode="full", check_finite=True):
    q, r = np.linalg.qr(H(a[::-1]), "reduced")
    r = H(r)[::-1, ::-1]
    signs = rq_signs(a, r, mode == "full")
    return r * signs if mode == "r" else (r * signs, signs[:, None] * H(q)[::-1])


def polar_parts(a):
    """The factors of a = u @ p, with p positive."""
    return scipy.linalg.polar(a)


def _polar(a: Arg) -> tuple[Type, ...]:
    dtype, known = matrix(a)
    return Array(dtype, known), Array(dtype, None if known is None else known[-1:] * 2)


primitive("polar_parts", polar_parts, _polar, style="helper")


@pushforward("polar_parts", wrt="a")
def polar_dot(a_dot, ans):
    """H(u) da = w p + dp, where w is skew: p w + w p = H(u) da - H(da) u."""
    u, p = ans
    inside = H(u) @ a_dot
    turn = sylvester_of(p, p, inside - H(inside))
    beyond = H(np.linalg.solve(H(p), H(a_dot - u @ inside)))
    return u @ turn + beyond, inside - turn @ p


@define(sl.polar)
def polar(a, side="right"):
    """The positive factor is regular on the shorter side of the matrix, and tells the other one."""
    if (side == "right") == (np.shape(a)[0] >= np.shape(a)[1]):
        u, p = polar_parts(a if side == "right" else H(a))
        return (u, p) if side == "right" else (H(u), p)
    u = polar_parts(H(a) if side == "right" else a)[0]
    return (H(u), u @ a) if side == "right" else (u, a @ H(u))


@define(sl.orthogonal_procrustes)
def orthogonal_procrustes(A, B, check_finite=True):  # noqa: N803
    u, p = polar_parts(H(H(B) @ A))
    return u, np.real(np.trace(p))


@define(sl.subspace_angles)
def subspace_angles(A, B):  # noqa: N803
    first, second = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    common = H(first) @ second
    cosines = svd_(common, compute_uv=False)
    if np.shape(first)[1] >= np.shape(second)[1]:
        sines = svd_(second - first @ common, compute_uv=False)
    else:
        sines = svd_(first - second @ H(common), compute_uv=False)
    small = cosines**2 >= 0.5
    by_sine = np.arcsin(np.clip(np.where(small, sines[::-1], 0.0), -1.0, 1.0))
    return np.where(small, by_sine, np.arccos(np.clip(np.where(small, 0.0, cosines), -1.0, 1.0)))[::-1]


for refused, instead in {
    "cossin": "np.linalg.svd of the blocks",
    "clarkson_woodruff_transform": "",
}.items():
    refuse(refused, instead)
