"""``scipy.linalg``: QR decompositions that are brought up to date, where a matrix gets or loses rows or columns.

The factors are those of a matrix that moves with the factors that there were, and so they move as those of ``qr`` do.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg as sl

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.prims.inference import number, option
from s2sad.prims.linalg import float_dtype
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.runtime import fitted
from s2sad.prims.spectra import unknown_columns
from s2sad.rules.book import pushforward
from s2sad.rules.decompositions import qr_dot

define = REGISTRY.define


def factors_after_update(q, r, u, v):
    """The QR decomposition of q @ r + u @ v.T."""
    return scipy.linalg.qr_update(q, r, u, v)


def factors_after_insert(q, r, u, k, which):
    """The QR decomposition of q @ r with further rows or columns."""
    return scipy.linalg.qr_insert(q, r, u, k, which)


def factors_after_delete(q, r, k, p, which):
    """The QR decomposition of q @ r without some of its rows or columns."""
    return scipy.linalg.qr_delete(q, r, k, p, which)


def _factors(*operands: Arg) -> tuple[Type, ...]:
    dtype = float_dtype(*(number(x).dtype for x in operands))
    return Array(dtype, ("?", "?")), Array(dtype, ("?", "?"))


def _updated(q: Arg, r: Arg, u: Arg, v: Arg) -> tuple[Type, ...]:
    return _factors(q, r, u, v)


def _inserted(q: Arg, r: Arg, u: Arg, k: Arg, which: Any) -> tuple[Type, ...]:
    option(which)
    return _factors(q, r, u)


def _deleted(q: Arg, r: Arg, k: Arg, p: Arg, which: Any) -> tuple[Type, ...]:
    option(which)
    return _factors(q, r)


primitive("factors_after_update", factors_after_update, _updated, style="helper")
primitive("factors_after_insert", factors_after_insert, _inserted, style="helper")
primitive("factors_after_delete", factors_after_delete, _deleted, style="helper")


def moved_matrix(q_dot, r_dot, q, r):
    """How q @ r moves, where r has zeros below its triangle."""
    k = min(np.shape(r)[0], np.shape(r)[1])
    if q_dot is None and r_dot is None:
        return np.zeros((np.shape(q)[0], np.shape(r)[1]), dtype=r.dtype)
    if q_dot is None:
        return q[:, :k] @ r_dot[:k]
    moved = q_dot[:, :k] @ r[:k]
    return moved if r_dot is None else moved + q[:, :k] @ r_dot[:k]


def moved_factors(a_dot, ans):
    """How the factors of a matrix move; columns of q that only fill it up may turn freely."""
    q, r = ans
    k = min(np.shape(q)[0], np.shape(r)[1])
    q_dot, r_dot = qr_dot(a_dot, (q[:, :k], r[:k]), a_dot, "reduced")
    return unknown_columns(q_dot, np.shape(q)[1]), fitted(r_dot, np.shape(r)[0], 0)


@pushforward("factors_after_update")
def update_dot(q_dot, r_dot, u_dot, v_dot, ans, q, r, u, v):
    a_dot = moved_matrix(q_dot, r_dot, q, r)
    if u_dot is not None:
        a_dot = a_dot + (np.outer(u_dot, v) if np.ndim(u) == 1 else u_dot @ v.T)
    if v_dot is not None:
        a_dot = a_dot + (np.outer(u, v_dot) if np.ndim(u) == 1 else u @ v_dot.T)
    return moved_factors(a_dot, ans)


@pushforward("factors_after_insert", wrt=("q", "r", "u"))
def insert_dot(q_dot, r_dot, u_dot, ans, q, r, u, k, which):
    a_dot = moved_matrix(q_dot, r_dot, q, r)
    new = np.zeros_like(u) if u_dot is None else u_dot
    if which == "row":
        return moved_factors(np.concatenate([a_dot[:k], np.reshape(new, (-1, np.shape(r)[1])), a_dot[k:]]), ans)
    new = np.reshape(new, (np.shape(q)[0], -1))
    return moved_factors(np.concatenate([a_dot[:, :k], new, a_dot[:, k:]], axis=1), ans)


@pushforward("factors_after_delete", wrt=("q", "r"))
def delete_dot(q_dot, r_dot, ans, q, r, k, p, which):
    a_dot = moved_matrix(q_dot, r_dot, q, r)
    if which == "row":
        return moved_factors(np.concatenate([a_dot[:k], a_dot[k + p :]]), ans)
    return moved_factors(np.concatenate([a_dot[:, :k], a_dot[:, k + p :]], axis=1), ans)


def real_factors(name, *operands):
    for x in operands:
        if np.iscomplexobj(x):
            unsupported(f"scipy.linalg.{name} of complex numbers", instead="scipy.linalg.qr of the matrix itself")


@define(sl.qr_update)
def qr_update(Q, R, u, v, overwrite_qruv=False, check_finite=True):  # noqa: N803
    real_factors("qr_update", Q, R, u, v)
    return factors_after_update(Q, R, u, v)


@define(sl.qr_insert)
def qr_insert(Q, R, u, k, which="row", rcond=None, overwrite_qru=False, check_finite=True):  # noqa: N803
    real_factors("qr_insert", Q, R, u)
    k = k + np.shape(Q)[0] if k < 0 and which == "row" else k + np.shape(R)[1] if k < 0 else k
    return factors_after_insert(Q, R, u, k, which)


@define(sl.qr_delete)
def qr_delete(Q, R, k, p=1, which="row", overwrite_qr=False, check_finite=True):  # noqa: N803
    real_factors("qr_delete", Q, R)
    k = k + np.shape(Q)[0] if k < 0 and which == "row" else k + np.shape(R)[1] if k < 0 else k
    return factors_after_delete(Q, R, k, p, which)
