"""``scipy.linalg``: generalised Schur forms of pairs of matrices, ``qz`` and ``ordqz``.

With A = Q S Zᴴ, B = Q T Zᴴ, dQ = Q X and dZ = Z Y: dS = E - X S + S Y for E = Qᴴ dA Z, and dT likewise. Q has the Schur
vectors of N D⁻¹, where N and D are the pair (S, T), turned by an angle at which D is regular; what is below the
diagonal of dD, which stays zero, gives Y. Then blocks of complex pairs, whose part of T stays diagonal, turn.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg as sl

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Scalar, Type
from s2sad.libraries.scipy_decompositions import as_complex, below_blocks, triangle_parts
from s2sad.libraries.scipy_eigenvalues import unturned
from s2sad.prims.inference import number
from s2sad.prims.linalg import float_dtype, square
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.spectra import complex_of, inverse_gaps
from s2sad.rules.book import constant, pullback, pushforward
from s2sad.rules.linalg import H

define = REGISTRY.define


def qz_parts(a, b, sort=None):
    """The factors of a = q @ s @ zᴴ and b = q @ t @ zᴴ, and numerators and denominators of the eigenvalues."""
    output = "complex" if np.iscomplexobj(a) or np.iscomplexobj(b) else "real"
    if sort is not None:
        return scipy.linalg.ordqz(a, b, sort, output)
    s, t, q, z = scipy.linalg.qz(a, b, output)
    return s, t, np.diagonal(s) + 0j, np.diagonal(t), q, z


def regular_angle(s, t):
    """Cosine and sine of an angle at which cos t + sin s is far from singular, for triangular matrices."""
    angles = np.pi * np.arange(12) / 12.0
    pairs = np.cos(angles)[:, None, None] * t + np.sin(angles)[:, None, None] * s
    best = angles[np.argmin(np.linalg.cond(pairs))]
    return np.cos(best), np.sin(best)


def inverse_differences(t, s):
    """Return 1 / (t[j, j]² - t[k, k]²) below the diagonal where s has a block there, 0 elsewhere."""
    blocks = np.tril(s, -1) != 0.0
    squares = np.diagonal(t) ** 2
    gaps = squares[:, None] - squares
    if not gaps[blocks].all():
        raise np.linalg.LinAlgError("this block of a generalised Schur form turns freely: it has no derivative")
    return blocks / np.where(blocks, gaps, 1.0)


def without_blocks(row, s):
    """A diagonal; LinAlgError where a real form has blocks, of which alpha and beta are not on the diagonal."""
    if not np.iscomplexobj(s) and np.any(s.diagonal(-1)):
        raise np.linalg.LinAlgError("alpha and beta of complex pairs have a derivative with output='complex' only")
    return row


def _qz(a: Arg, b: Arg, sort: Any = None) -> tuple[Type, ...]:
    _, known = square(a)
    dtype = float_dtype(number(a).dtype, number(b).dtype)
    whole, row = Array(dtype, known or ("?", "?")), (known or ("?",))[:1]
    return whole, whole, Array(complex_of(dtype), row), Array(dtype, row), whole, whole


def _angle(s: Arg, t: Arg) -> tuple[Type, ...]:
    return Scalar("f64"), Scalar("f64")


primitive("qz_parts", qz_parts, _qz, style="helper")
constant(primitive("regular_angle", regular_angle, _angle, style="helper"))
primitive("without_blocks", without_blocks, lambda row, s: number(row), style="helper", alias="maybe")
primitive("inverse_differences", inverse_differences, lambda t, s: Array(*square(s)), style="helper")


@pullback("without_blocks", wrt="row")
def without_blocks_bar(ans_bar, s):
    return without_blocks(ans_bar, s)


@pushforward("inverse_differences", wrt="t")
def inverse_differences_dot(t_dot, ans, t):
    squares_dot = 2.0 * np.diagonal(t) * np.diagonal(t_dot)
    return -(squares_dot[:, None] - squares_dot) * ans**2


def of_common_phase(turns):
    """The turns of left and of right vectors, one below the other, whose phases turn together, it is not known how."""
    return turns


primitive("of_common_phase", of_common_phase, lambda turns: number(turns), style="helper", alias="maybe")


@pullback("of_common_phase", wrt="turns")
def of_common_phase_bar(ans_bar):
    identity = np.eye(np.shape(ans_bar)[-1])
    return unturned(ans_bar, np.concatenate([identity, identity]))


def skew(lower):
    return lower - H(lower)


@pushforward("qz_parts", wrt=("a", "b"))
def qz_dot(a_dot, b_dot, ans):
    s, t, _, _, q, z = ans
    of_s = np.zeros_like(s) if a_dot is None else H(q) @ a_dot @ z
    of_t = np.zeros_like(t) if b_dot is None else H(q) @ b_dot @ z
    cosine, sine = regular_angle(s, t)
    regular, other = cosine * t + sine * s, cosine * s - sine * t
    form = np.linalg.solve(regular.T, other.T).T
    form = form - below_blocks(form, s)
    of_regular = cosine * of_t + sine * of_s
    of_form = np.linalg.solve(regular.T, (cosine * of_s - sine * of_t - form @ of_regular).T).T
    values, vectors = triangle_parts(form)
    moved = below_blocks(np.linalg.solve(vectors, of_form @ vectors), s)
    lower = vectors @ (moved * inverse_gaps(values, below_blocks(np.ones(np.shape(s)), s))) @ np.linalg.inv(vectors)
    lower = below_blocks(lower if np.iscomplexobj(s) else np.real(lower), s)
    left = skew(lower)
    right = skew(below_blocks(np.linalg.solve(regular, left @ regular - of_regular), s))
    so_far = of_t - left @ t + t @ right
    if np.iscomplexobj(s):
        turn = np.diag(-1j * np.imag(np.diagonal(so_far)) / np.real(np.diagonal(t)))
        turns = of_common_phase(np.concatenate([left, right + turn]))
        left, right = turns[: len(s)], turns[len(s) :]
    else:
        gaps, of_column = inverse_differences(t, s), np.diagonal(t)
        of_row = of_column[:, None]
        left = left - skew((so_far.T * of_row + so_far * of_column) * gaps)
        right = right - skew((so_far.T * of_column + so_far * of_row) * gaps)
    s_dot, t_dot = of_s - left @ s + s @ right, of_t - left @ t + t @ right
    alpha_dot, beta_dot = without_blocks(np.diagonal(s_dot), s), without_blocks(np.diagonal(t_dot), s)
    return s_dot, t_dot, as_complex(alpha_dot), beta_dot, q @ left, z @ right


def pair(A, B, output):  # noqa: N803
    return (as_complex(A), as_complex(B)) if output in ("complex", "c") else (A, B)


@define(sl.qz)
def qz(
    A, B, output="real", lwork=None, sort=None, overwrite_a=False, overwrite_b=False, check_finite=True,  # noqa: N803
):  # fmt: skip
    if sort is not None:
        unsupported("scipy.linalg.qz with sort=, which SciPy does not do", instead="scipy.linalg.ordqz")
    s, t, _, _, q, z = qz_parts(*pair(A, B, output))
    return s, t, q, z


@define(sl.ordqz)
def ordqz(
    A, B, sort="lhp", output="real", overwrite_a=False, overwrite_b=False, check_finite=True,  # noqa: N803
):  # fmt: skip
    if not isinstance(sort, str):
        unsupported("scipy.linalg.ordqz with a function for sort=", instead="'lhp', 'rhp', 'iuc', 'ouc'")
    return qz_parts(*pair(A, B, output), sort)
