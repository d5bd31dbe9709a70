"""``scipy.spatial.distance``: distances of vectors, and of all pairs of rows.

The matrix of Euclidean distances is an operation with a rule of its own, two products of matrices, so that no array of
all differences is made. Where two points meet, the derivative of their distance is 0.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.spatial.distance as sd
import scipy.special as sc

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import pullback

define = REGISTRY.define


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


# -- of two vectors, or along the last axis ---------------------------------------------------------------------------


def euclidean_of(u, v):
    return np.linalg.norm(u - v, axis=-1)


def sqeuclidean_of(u, v):
    return np.sum((u - v) ** 2, axis=-1)


def cityblock_of(u, v):
    return np.sum(np.abs(u - v), axis=-1)


def chebyshev_of(u, v):
    return np.max(np.abs(u - v), axis=-1)


def cosine_of(u, v):
    return 1.0 - np.sum(u * v, axis=-1) / np.sqrt(np.sum(u**2, axis=-1) * np.sum(v**2, axis=-1))


def correlation_of(u, v):
    return cosine_of(u - np.mean(u, axis=-1, keepdims=True), v - np.mean(v, axis=-1, keepdims=True))


def canberra_of(u, v):
    total = np.abs(u) + np.abs(v)
    return np.sum(np.where(total == 0, 0.0, np.abs(u - v) / np.where(total == 0, 1.0, total)), axis=-1)


def braycurtis_of(u, v):
    return np.sum(np.abs(u - v), axis=-1) / np.sum(np.abs(u + v), axis=-1)


def minkowski_of(u, v, p):
    if p == 1:
        return cityblock_of(u, v)
    if p == 2:
        return euclidean_of(u, v)
    return np.sum(np.abs(u - v) ** p, axis=-1) ** (1.0 / p)


def jensenshannon_of(u, v, base=None):
    p, q = u / np.sum(u, axis=-1, keepdims=True), v / np.sum(v, axis=-1, keepdims=True)
    middle = 0.5 * (p + q)
    out = 0.5 * np.sum(sc.rel_entr(p, middle) + sc.rel_entr(q, middle), axis=-1)
    return np.sqrt(out if base is None else out / np.log(base))


def simple(name, meaning):
    function = getattr(sd, name)

    @define(function)
    def of_two(u, v, w=None):
        if w is not None:
            unsupported(f"scipy.spatial.distance.{name} with w=", instead="multiply the vectors by weights")
        return meaning(as_array(u), as_array(v))


SIMPLE = {
    "euclidean": euclidean_of, "sqeuclidean": sqeuclidean_of, "cityblock": cityblock_of, "chebyshev": chebyshev_of,
    "cosine": cosine_of, "canberra": canberra_of, "braycurtis": braycurtis_of,
}  # fmt: skip
for metric, function_of in SIMPLE.items():
    simple(metric, function_of)


@define(sd.correlation)
def correlation(u, v, w=None, centered=True):
    if w is not None:
        unsupported("scipy.spatial.distance.correlation with w=", instead="write it out")
    return correlation_of(as_array(u), as_array(v)) if centered else cosine_of(as_array(u), as_array(v))


@define(sd.minkowski)
def minkowski(u, v, p=2, w=None):
    if w is not None:
        unsupported("scipy.spatial.distance.minkowski with w=", instead="multiply the vectors by w ** (1 / p)")
    return minkowski_of(as_array(u), as_array(v), p)


@define(sd.seuclidean)
def seuclidean(u, v, V):  # noqa: N803
    return np.sqrt(np.sum((as_array(u) - as_array(v)) ** 2 / as_array(V)))


@define(sd.mahalanobis)
def mahalanobis(u, v, VI):  # noqa: N803
    apart = as_array(u) - as_array(v)
    return np.sqrt(apart @ as_array(VI) @ apart)


@define(sd.jensenshannon)
def jensenshannon(p, q, base=None, *, axis=0, keepdims=False):
    if axis != 0 or keepdims or np.ndim(as_array(p)) != 1:
        unsupported("scipy.spatial.distance.jensenshannon of more than vectors", instead="call it for each pair")
    return jensenshannon_of(as_array(p), as_array(q), base)


# -- of all pairs -----------------------------------------------------------------------------------------------------


def _distances(XA: Arg, XB: Arg, metric="euclidean") -> Type:  # noqa: N803
    first, second = axes(number(XA)), axes(number(XB))
    return Array("f64", ((first or ("?",))[0], (second or ("?",))[0]))


def run_cdist(XA, XB, metric="euclidean"):  # noqa: N803
    return sd.cdist(XA, XB, metric)


distances = primitive("cdist", run_cdist, _distances, text="scipy.spatial.distance.cdist", calls=())
distances_of = REGISTRY.word(distances)


@pullback(distances, wrt=("XA", "XB"))
def distances_bar(ans_bar, ans, XA, XB, metric):  # noqa: N803
    if metric == "sqeuclidean":
        weight = 2.0 * ans_bar
    else:
        weight = np.where(ans == 0, 0.0, ans_bar / np.where(ans == 0, 1.0, ans))
    of_rows, of_columns = np.sum(weight, axis=1)[:, None], np.sum(weight, axis=0)[:, None]
    return of_rows * XA - weight @ XB, of_columns * XB - weight.T @ XA


def by_metric(name, u, v, metric, p, V, VI):  # noqa: N803
    """The distance along the last axis."""
    if not isinstance(metric, str):
        unsupported(f"scipy.spatial.distance.{name} with a function as metric", instead="write the loop")
    if metric in ("minkowski", "mi", "m", "pnorm"):
        return minkowski_of(u, v, p)
    if metric == "correlation":
        return correlation_of(u, v)
    if metric == "jensenshannon":
        return jensenshannon_of(u, v)
    if metric == "seuclidean" and V is not None:
        return np.sqrt(np.sum((u - v) ** 2 / V, axis=-1))
    if metric == "mahalanobis" and VI is not None:
        return np.sqrt(np.sum((u - v) @ VI * (u - v), axis=-1))
    if metric not in SIMPLE:
        unsupported(f"scipy.spatial.distance.{name} with metric={metric!r}", instead="write it out in NumPy")
    return SIMPLE[metric](u, v)


@define(sd.cdist)
def cdist(XA, XB, metric="euclidean", *, out=None, p=2, V=None, VI=None):  # noqa: N803
    XA, XB = as_array(XA), as_array(XB)  # noqa: N806
    if isinstance(metric, str) and metric in ("euclidean", "sqeuclidean"):
        return distances_of(XA, XB, metric)
    return by_metric("cdist", XA[:, None, :], XB[None, :, :], metric, p, V, VI)


def pairs(n):
    """First and second of each pair of n things."""
    place = np.arange(n)
    return np.nonzero(place[:, None] < place)


@define(sd.pdist)
def pdist(X, metric="euclidean", *, out=None, p=2, V=None, VI=None):  # noqa: N803
    X = as_array(X)  # noqa: N806
    first, second = pairs(len(X))
    return by_metric("pdist", X[first], X[second], metric, p, V, VI)


@define(sd.squareform)
def squareform(X, force="no", checks=True):  # noqa: N803
    if force != "no":
        unsupported("scipy.spatial.distance.squareform with force=", instead="leave it out")
    X = as_array(X)  # noqa: N806
    if np.ndim(X) == 2:
        return X[pairs(len(X))]
    n = int(np.round(0.5 + np.sqrt(0.25 + 2.0 * len(X))))
    first, second = pairs(n)
    out = np.zeros((n, n))
    out[first, second] = X
    return out + out.T
