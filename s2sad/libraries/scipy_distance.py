"""``scipy.spatial.distance``: distances of vectors, and of all pairs of rows.

Euclidean distances of all pairs are operations with rules of their own, two products of matrices, so that no array of
all differences is made. Those of other metrics have coordinates along the first axis: sums over the few coordinates are
then sums of whole arrays. Where two points meet, the derivative of their distance is 0.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
from functools import cache

import numpy as np
import scipy.spatial
import scipy.spatial.distance as sd
import scipy.special as sc

from s2sad.ir.core import Arg
from s2sad.ir.types import BOOL, INT, Array, Type, axes, dtype_name, np_dtype
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.structure import is_known
from s2sad.rules.book import constant, linear, pullback

define = REGISTRY.define
DOUBLE = np.dtype(float)


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


# -- of two vectors, or along the first axis --------------------------------------------------------------------------


def weighted(w, terms):
    return terms if w is None else w * terms


def euclidean_of(u, v, w=None):
    return np.linalg.norm(u - v if w is None else np.sqrt(w) * (u - v), axis=0)


def sqeuclidean_of(u, v, w=None):
    return np.sum(weighted(w, (u - v) ** 2), axis=0)


def cityblock_of(u, v, w=None):
    return np.sum(weighted(w, np.abs(u - v)), axis=0)


def chebyshev_of(u, v, w=None):
    """The largest difference; a weight only says whether one counts."""
    apart = np.abs(u - v)
    return np.max(apart if w is None else np.where(w > 0.0, apart, 0.0), axis=0, initial=0.0)


def cosine_of(u, v, w=None):
    squares = np.sum(weighted(w, u**2), axis=0) * np.sum(weighted(w, v**2), axis=0)
    return 1.0 - np.sum(weighted(w, u * v), axis=0) / np.sqrt(squares)


def centred(u, w):
    if w is None:
        return u - np.mean(u, axis=0, keepdims=True)
    return u - np.sum(w * u, axis=0, keepdims=True) / np.sum(w)


def correlation_of(u, v, w=None):
    return cosine_of(centred(u, w), centred(v, w), w)


def canberra_of(u, v, w=None):
    total = np.abs(u) + np.abs(v)
    terms = np.where(total == 0, 0.0, np.abs(u - v) / np.where(total == 0, 1.0, total))
    return np.sum(weighted(w, terms), axis=0)


def braycurtis_of(u, v, w=None):
    return np.sum(weighted(w, np.abs(u - v)), axis=0) / np.sum(weighted(w, np.abs(u + v)), axis=0)


def minkowski_of(u, v, p, w=None):
    if p == 1:
        return cityblock_of(u, v, w)
    if p == 2:
        return euclidean_of(u, v, w)
    if p == np.inf:
        return chebyshev_of(u, v, w)
    return np.sum(weighted(w, np.abs(u - v) ** p), axis=0) ** (1.0 / p)


def jensenshannon_of(u, v, base=None, axis=-1, keepdims=False):
    p, q = u / np.sum(u, axis=axis, keepdims=True), v / np.sum(v, axis=axis, keepdims=True)
    middle = 0.5 * (p + q)
    out = 0.5 * np.sum(sc.rel_entr(p, middle) + sc.rel_entr(q, middle), axis=axis, keepdims=keepdims)
    apart = out != 0
    out = np.where(apart, out if base is None else out / np.log(base), 1.0)
    return np.where(apart, np.sqrt(out), 0.0)[()]


def weights(w):
    if w is None:
        return None
    w = as_array(w)
    if np.any(w < 0):
        raise ValueError("Input weights should be all non-negative")
    return w


def in_dtype(x, dtype):
    """An array of floats in another precision."""
    return x if x is None or np.result_type(x).kind != "f" or np.result_type(x) == dtype else x.astype(dtype)


@REGISTRY.compute
def dtype_between(function, p, u, v, w):
    """The dtype of a distance of vectors of these: which one hangs on the metric, and on the version of SciPy."""
    more = {"w": None if w is None else np.ones(2, w)} | ({} if p is None else {"p": p})
    with np.errstate(all="ignore"):
        return np.asarray(function(np.ones(2, u), np.ones(2, v), **more)).dtype


def dtype_or_none(w):
    return None if w is None else np.result_type(w)


def between(function, meaning, u, v, w, p=None):
    """A distance in the precision in which SciPy computes it."""
    u, v, w = as_array(u), as_array(v), weights(w)
    dtype = dtype_between(function, p, np.result_type(u), np.result_type(v), dtype_or_none(w))
    return in_dtype(meaning(in_dtype(u, dtype), in_dtype(v, dtype), w), dtype)


def simple(name, meaning):
    function = getattr(sd, name)

    @define(function)
    def of_two(u, v, w=None):
        return between(function, meaning, u, v, w)


SIMPLE = {
    "euclidean": euclidean_of, "sqeuclidean": sqeuclidean_of, "cityblock": cityblock_of, "chebyshev": chebyshev_of,
    "cosine": cosine_of, "canberra": canberra_of, "braycurtis": braycurtis_of,
}  # fmt: skip
for metric, function_of in SIMPLE.items():
    simple(metric, function_of)


@define(sd.correlation)
def correlation(u, v, w=None, centered=True):
    return between(sd.correlation, correlation_of if centered else cosine_of, u, v, w)


@define(sd.minkowski)
def minkowski(u, v, p=2, w=None):
    def of_order(u, v, w):
        return minkowski_of(u, v, p, w)

    return between(sd.minkowski, of_order, u, v, w, p if is_known(p) else 3)


@define(sd.seuclidean)
def seuclidean(u, v, V):  # noqa: N803
    u, v, V = as_array(u), as_array(v), as_array(V)  # noqa: N806
    dtype = dtype_between(sd.euclidean, None, np.result_type(u), np.result_type(v), np.result_type(V))
    return in_dtype(euclidean_of(in_dtype(u, dtype), in_dtype(v, dtype), 1.0 / V), dtype)


@define(sd.mahalanobis)
def mahalanobis(u, v, VI):  # noqa: N803
    apart = as_array(u) - as_array(v)
    return np.sqrt(apart @ as_array(VI) @ apart)


@define(sd.jensenshannon)
def jensenshannon(p, q, base=None, *, axis=0, keepdims=False):
    return jensenshannon_of(as_array(p), as_array(q), base, axis, keepdims)


# -- of all pairs -----------------------------------------------------------------------------------------------------


def _distances(XA: Arg, XB: Arg, metric="euclidean") -> Type:  # noqa: N803
    first, second = axes(number(XA)), axes(number(XB))
    dtype = str(dtype_name(dtype_of_all("sqeuclidean", np_dtype(number(XA).dtype), np_dtype(number(XB).dtype))))
    return Array(dtype, ((first or ("?",))[0], (second or ("?",))[0]))


@REGISTRY.compute
@cache
def dtype_of_all(metric, first, second, w=None):
    """The dtype of the distances of all pairs of rows of these."""
    more = {} if w is None else {"w": np.ones(2, w)}
    more |= {"seuclidean": {"V": np.ones(2)}, "mahalanobis": {"VI": np.eye(2)}}.get(metric, {})
    with np.errstate(all="ignore"):
        return sd.cdist(np.ones((1, 2), first), np.ones((1, 2), second), metric, **more).dtype


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


def run_pdist(X, metric="euclidean"):  # noqa: N803
    return sd.pdist(X, metric)


def _pair_distances(X: Arg, metric="euclidean") -> Type:  # noqa: N803
    single = np_dtype(number(X).dtype)
    return Array(str(dtype_name(dtype_of_all("sqeuclidean", single, single))), ("?",))


pair_distances = primitive("pdist", run_pdist, _pair_distances, text="scipy.spatial.distance.pdist", calls=())
pair_distances_of = REGISTRY.word(pair_distances)


@pullback(pair_distances, wrt="X")
def pair_distances_bar(ans_bar, ans, X, metric):  # noqa: N803
    if metric == "sqeuclidean":
        weight = of_pairs(2.0 * ans_bar)
    else:
        weight = of_pairs(np.where(ans == 0, 0.0, ans_bar / np.where(ans == 0, 1.0, ans)))
    near = X - np.mean(X, axis=0)  # few digits cancel
    return np.sum(weight, axis=1)[:, None] * near - weight @ near


def pair_matrix(v):
    """The symmetric matrix that has a number for each pair, and zeros on its diagonal."""
    return scipy.spatial.distance.squareform(v)


def _pair_matrix(v: Arg) -> Type:
    return Array(number(v).dtype, ("?", "?"))


of_pairs = REGISTRY.word(primitive("pair_matrix", pair_matrix, _pair_matrix, style="helper"))


@linear("pair_matrix", wrt="v")
def pair_matrix_(ans_bar):
    return (ans_bar + ans_bar.T)[pairs(len(ans_bar))]


NAMES = {
    alias: name
    for name, aliases in {
        "euclidean": "euclid eu e", "sqeuclidean": "sqe sqeuclid", "cityblock": "cblock cb c", "cosine": "cos",
        "chebyshev": "chebychev cheby cheb ch", "correlation": "co", "minkowski": "mi m pnorm", "seuclidean": "se s",
        "mahalanobis": "mahal mah", "jensenshannon": "js",
    }.items() for alias in aliases.split()
}  # fmt: skip


METRICS = (*SIMPLE, "minkowski", "correlation", "jensenshannon", "seuclidean", "mahalanobis")


def by_metric(name, u, v, metric, p, V, VI, w):  # noqa: N803
    """The distance along the first axis."""
    if metric not in METRICS:
        unsupported(f"scipy.spatial.distance.{name} with metric={metric!r}", instead="write it out in NumPy")
    if w is not None and metric in ("jensenshannon", "seuclidean", "mahalanobis"):
        raise TypeError(f"{metric} has no weights")
    beside = (-1,) + (1,) * (np.ndim(u) - 1)
    w = None if w is None else np.reshape(weights(w), beside)
    dtype = dtype_of_all(metric, np.result_type(u), np.result_type(v), dtype_or_none(w))
    return in_dtype(along_first(in_dtype(u, dtype), in_dtype(v, dtype), metric, p, V, VI, w, beside), dtype)


def along_first(u, v, metric, p, V, VI, w, beside):  # noqa: N803
    if metric == "minkowski":
        return minkowski_of(u, v, p, w)
    if metric == "correlation":
        return correlation_of(u, v, w)
    if metric in SIMPLE:
        return SIMPLE[metric](u, v, w)
    if metric == "jensenshannon":
        return jensenshannon_of(u, v, axis=0)
    if metric == "seuclidean":
        return np.sqrt(np.sum((u - v) ** 2 / np.reshape(as_array(V), beside), axis=0))
    return np.sqrt(np.sum(np.tensordot(as_array(VI).T, u - v, 1) * (u - v), axis=0))


def spread(metric, V, VI, X):  # noqa: N803
    """The variances and the inverse covariance of all rows, where the metric asks for them and they are not given."""
    if metric == "seuclidean" and V is None:
        V = np.var(X, axis=0, ddof=1)  # noqa: N806
    if metric == "mahalanobis" and VI is None:
        VI = np.linalg.inv(np.atleast_2d(np.cov(X.T))).T  # noqa: N806
    return V, VI


@define(sd.cdist)
def cdist(XA, XB, metric="euclidean", *, out=None, p=2, V=None, VI=None, w=None, **given):  # noqa: N803
    XA, XB = as_array(XA), as_array(XB)  # noqa: N806
    if not isinstance(metric, str):
        found = np.array([metric(u, v, **given) for u in XA for v in XB])
        return in_dtype(np.reshape(found, (len(XA), len(XB))), DOUBLE)
    metric = NAMES.get(metric.lower(), metric.lower())
    if metric in ("euclidean", "sqeuclidean") and w is None:
        return distances_of(XA, XB, metric)
    V, VI = spread(metric, V, VI, np.concatenate([XA, XB]))  # noqa: N806
    if metric in ("cosine", "correlation"):
        return cosines_of(XA, XB, metric, weights(w))
    u, v = np.ascontiguousarray(XA.T), np.ascontiguousarray(XB.T)
    return by_metric("cdist", u[:, :, None], v[:, None, :], metric, p, V, VI, w)


def cosines_of(XA, XB, metric, w):  # noqa: N803
    """One less the cosines between all rows, or those of what is left without their means."""
    dtype = dtype_of_all(metric, np.result_type(XA), np.result_type(XB), dtype_or_none(w))
    u, v = in_dtype(XA, dtype), in_dtype(XB, dtype)
    if metric == "correlation":
        u, v = centred(u.T, along(w)).T, centred(v.T, along(w)).T
    of_rows, of_columns = np.sum(weighted(w, u**2), axis=1)[:, None], np.sum(weighted(w, v**2), axis=1)
    return in_dtype(1.0 - weighted(w, u) @ v.T / np.sqrt(of_rows * of_columns), dtype)


def along(w):
    """Weights of coordinates along the first axis."""
    return None if w is None else w[:, None]


def pairs(n):
    """First and second of each pair of n things."""
    place = np.arange(n)
    return np.nonzero(place[:, None] < place)


@define(sd.pdist)
def pdist(X, metric="euclidean", *, out=None, p=2, V=None, VI=None, w=None, **given):  # noqa: N803
    X = as_array(X)  # noqa: N806
    if not isinstance(metric, str):
        found = np.array([metric(X[i], X[j], **given) for i in range(len(X)) for j in range(i + 1, len(X))])
        return in_dtype(found, DOUBLE)
    metric = NAMES.get(metric.lower(), metric.lower())
    if metric in ("euclidean", "sqeuclidean") and w is None:
        return pair_distances_of(X, metric)
    first, second = pairs(len(X))
    V, VI = spread(metric, V, VI, X)  # noqa: N806
    if metric in ("cosine", "correlation"):
        return cosines_of(X, X, metric, weights(w))[first, second]
    return by_metric("pdist", X[first].T, X[second].T, metric, p, V, VI, w)


@define(sd.squareform)
def squareform(X, force="no", checks=True):  # noqa: N803
    if force != "no":
        unsupported("scipy.spatial.distance.squareform with force=", instead="leave it out")
    X = as_array(X)  # noqa: N806
    if np.ndim(X) == 2:
        return X[pairs(len(X))]
    n = int(np.round(0.5 + np.sqrt(0.25 + 2.0 * len(X))))
    first, second = pairs(n)
    out = np.zeros((n, n), dtype=np.result_type(X))
    out[first, second] = X
    return out + out.T


@define(scipy.spatial.geometric_slerp)
def geometric_slerp(start, end, t, tol=1e-7):
    """Points on the great circle through two unit vectors (Shoemake, 1985)."""
    start, end, t = (in_dtype(np.asarray(x) * 1.0, DOUBLE) for x in (start, end, t))
    angle = 2.0 * np.arctan2(np.linalg.norm(end - start), np.linalg.norm(end + start))
    part, turn = t[..., None], angle / np.pi
    rest = 1.0 - part
    return (rest * np.sinc(rest * turn) * start + part * np.sinc(part * turn) * end) / np.sinc(turn)


def hausdorff_places(u, v):
    """The rows of two matrices between which their directed Hausdorff distance is."""
    return scipy.spatial.distance.directed_hausdorff(u, v)[1:]


def _no_numbers(u: Arg, v: Arg) -> tuple[Type, ...]:
    return INT, INT


constant(primitive("hausdorff_places", hausdorff_places, _no_numbers, style="helper"))


@define(sd.directed_hausdorff)
def directed_hausdorff(u, v, rng=0):
    u, v = in_dtype(as_array(u), DOUBLE), in_dtype(as_array(v), DOUBLE)
    first, second = hausdorff_places(u, v)
    return float(np.linalg.norm(u[first] - v[second])), first, second


def declare_question(function):
    """A question about numbers that are given, of which the answer has no derivative."""

    def infer(*operands, **options):
        return BOOL

    infer.__signature__ = inspect.signature(function)
    constant(primitive(f"scipy.spatial.distance.{function.__name__}", function, infer))


declare_question(sd.is_valid_dm)
declare_question(sd.is_valid_y)


@define(sd.num_obs_y)
def num_obs_y(Y):  # noqa: N803
    return int(np.ceil(np.sqrt(2.0 * len(Y))))


@define(sd.num_obs_dm)
def num_obs_dm(d):
    return np.shape(d)[0]
