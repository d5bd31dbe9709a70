"""``scipy.spatial``: trees of points, and triangulations. Which points are neighbours does not move, distances do.

Trees and triangulations are objects of the generated code; the numbers of points that they find are constants, and
distances and affine maps are computed from these points.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.spatial

import s2sad.libraries.scipy_hulls  # noqa: F401  (what else there is in scipy.spatial)
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Object, Type, axes, of
from s2sad.libraries.solutions import refused
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


def from_outside(machine: Calls, value: Any, source: Source, name: str) -> Abstract:
    """An object from outside as one of the generated code, which is found there at every call."""
    machine.sources[source.path] = source
    return machine.parameter(source.path, Object(type(value).__name__), value, "capture", name)


# -- trees ------------------------------------------------------------------------------------------------------------


def nearest_in_tree(tree, x, k, eps, p, distance_upper_bound):
    """The numbers of the k points that are nearest to each place; how many there are where there is none."""
    return tree.query(x, np.arange(k) + 1, eps=eps, p=p, distance_upper_bound=distance_upper_bound)[1]


def pairs_in_tree(tree, r, p, eps):
    """The pairs of points that are near each other, in rows."""
    return tree.query_pairs(r, p=p, eps=eps, output_type="ndarray")


def ball_in_tree(tree, x, r, p, eps, return_sorted):
    """The numbers of the points near each place, one place after the other, and how many there are before each."""
    found = tree.query_ball_point(np.reshape(x, (-1, tree.m)), r, p, eps, return_sorted=return_sorted)
    return np.concatenate([np.zeros(0, int), *map(np.array, found)]), np.cumsum([0, *map(len, found)])


def count_in_tree(tree, x, r, p, eps):
    """How many points are near each place."""
    return tree.query_ball_point(x, r, p=p, eps=eps, return_length=True)


def _nearest(tree: Arg, x: Arg, k: Arg, eps: Arg, p: Arg, distance_upper_bound: Arg) -> Type:
    where = axes(number(x))
    return Array("i64", None if where is None else (*where[:-1], "?"))


def _ball(tree: Arg, x: Arg, r: Arg, p: Arg, eps: Arg, return_sorted: Arg) -> tuple[Type, ...]:
    return Array("i64", ("?",)), Array("i64", ("?",))


def _count(tree: Arg, x: Arg, r: Arg, p: Arg, eps: Arg) -> Type:
    where = axes(number(x))
    return Array("i64", None) if where is None else of("i64", where[:-1])


made_tree = primitive("scipy.spatial.KDTree", scipy.spatial.KDTree, lambda data: Object("KDTree"), calls=())
constant(
    made_tree,
    primitive("nearest_in_tree", nearest_in_tree, _nearest, style="helper"),
    primitive("pairs_in_tree", pairs_in_tree, lambda tree, r, p, eps: Array("i64", ("?", "n")), style="helper"),
    primitive("ball_in_tree", ball_in_tree, _ball, style="helper"),
    primitive("count_in_tree", count_in_tree, _count, style="helper"),
)
tree_of = REGISTRY.word(made_tree)


class Pairs:
    """A set of pairs of points, as a loop goes over it."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows.tolist())

    def __contains__(self, pair):
        unsupported("`in` a set of pairs of a tree", instead="output_type='ndarray'")

    def __getattr__(self, name):
        unsupported(f"{name} of a set of pairs of a tree", instead="output_type='ndarray'")


class Tree:
    """A KDTree or cKDTree."""

    def __init__(self, tree, data):
        self.tree, self.data = tree, data
        self.n, self.m = np.shape(data)

    def query(self, x, k=1, eps=0.0, p=2.0, distance_upper_bound=np.inf, workers=1):
        x = np.asarray(x, dtype=float)
        chosen = k if isinstance(k, (list, tuple)) else None
        found = nearest_in_tree(self.tree, x, max(chosen) if chosen else k, eps, p, distance_upper_bound)
        found = found[..., np.array(chosen) - 1] if chosen else found[..., 0] if k == 1 else found
        place = x if chosen is None and k == 1 else x[..., None, :]
        missing = found == self.n
        away = np.linalg.norm(place - self.data[np.where(missing, 0, found)], ord=p, axis=-1)
        return np.where(missing, np.inf, away)[()], found

    def query_pairs(self, r, p=2.0, eps=0.0, output_type="set"):
        rows = pairs_in_tree(self.tree, r, p, eps)
        return rows if output_type == "ndarray" else Pairs(rows)

    def query_ball_point(self, x, r, p=2.0, eps=0.0, workers=1, return_sorted=None, return_length=False):
        x = np.asarray(x, dtype=float)
        if return_length:
            return count_in_tree(self.tree, x, r, p, eps)
        if np.ndim(x) > 2:
            unsupported("query_ball_point of a tree, of places with several axes", instead="places in rows")
        found, ends = ball_in_tree(self.tree, x, r, p, eps, return_sorted)
        if np.ndim(x) == 1:
            return found.tolist()
        return [found[ends[k] : ends[k + 1]].tolist() for k in range(len(x))]

    def __getattr__(self, name):
        unsupported(f"{name} of a tree of points", instead="query, query_pairs; or find the indices before the call")


def kd_tree(
    data, leafsize=10, compact_nodes=True, copy_data=False, balanced_tree=True, boxsize=None
):  # fmt: skip
    if boxsize is not None:
        unsupported("a tree of points with boxsize=", instead="find the indices before the call")
    data = np.asarray(data, dtype=float)
    return Tree(tree_of(data), data)


def adopted_tree(machine: Calls, value: Any, source: Source) -> Abstract:
    """A tree from outside."""
    if value.boxsize is not None:
        machine.refuse("a tree of points with boxsize=", instead="find the indices before the call")
    data = machine.external(value.data, source.attribute("data"))
    return machine.call(Known(Tree), (from_outside(machine, value, source, "tree"), data), {})


for _kind in (scipy.spatial.KDTree, scipy.spatial.cKDTree):
    define(_kind)(kd_tree)
    REGISTRY.adopters[_kind] = adopted_tree


# -- triangulations ---------------------------------------------------------------------------------------------------


def parts_of_triangulation(triangulation):
    """The corners of the simplices, the simplices beside each, and the facets of the hull."""
    return triangulation.simplices, triangulation.neighbors, triangulation.convex_hull


def simplex_around(triangulation, x, bruteforce, tol):
    """The number of the simplex around each place; −1 where there is none."""
    return triangulation.find_simplex(x, bruteforce, tol)


def _parts(triangulation: Arg) -> tuple[Type, ...]:
    return (Array("i32", ("?", "n")),) * 2 + (Array("i32", ("?", "?")),)


def _around(triangulation: Arg, x: Arg, bruteforce: Arg, tol: Arg) -> Type:
    where = axes(number(x))
    return Array("i32", None if where is None else where[:-1])


triangulated = primitive(
    "scipy.spatial.Delaunay", scipy.spatial.Delaunay, lambda points: Object("Delaunay"), calls=()
)
constant(
    triangulated,
    primitive("parts_of_triangulation", parts_of_triangulation, _parts, style="helper"),
    primitive("simplex_around", simplex_around, _around, style="helper"),
)
triangulation_of = REGISTRY.word(triangulated)


class Triangulation:
    """A Delaunay triangulation."""

    def __init__(self, made, points):
        self.made, self.points = made, points
        self.npoints, self.ndim = np.shape(points)

    @property
    def simplices(self):
        return parts_of_triangulation(self.made)[0]

    @property
    def neighbors(self):
        return parts_of_triangulation(self.made)[1]

    @property
    def convex_hull(self):
        return parts_of_triangulation(self.made)[2]

    @property
    def nsimplex(self):
        return len(self.simplices)

    @property
    def min_bound(self):
        return np.min(self.points, axis=0)

    @property
    def max_bound(self):
        return np.max(self.points, axis=0)

    @property
    def transform(self):
        """What makes barycentric coordinates of each simplex, and its last corner."""
        corners = self.points[self.simplices]
        last = corners[:, -1:]
        return np.concatenate([np.linalg.inv(np.swapaxes(corners[:, :-1] - last, 1, 2)), last], axis=1)

    def find_simplex(self, xi, bruteforce=False, tol=None):
        return simplex_around(self.made, np.asarray(xi, dtype=float), bruteforce, tol)

    def __getattr__(self, name):
        unsupported(f"{name} of a triangulation", instead="simplices, neighbors, transform, find_simplex")


@define(scipy.spatial.Delaunay)
def delaunay(points, furthest_site=False, incremental=False, qhull_options=None):
    if furthest_site or incremental or qhull_options is not None:
        unsupported(
            "scipy.spatial.Delaunay with furthest_site=, incremental= or qhull_options=", instead="leave them out"
        )
    points = np.asarray(points, dtype=float)
    return Triangulation(triangulation_of(points), points)


@define(scipy.spatial.tsearch)
def tsearch(tri, xi):
    return tri.find_simplex(xi)


def adopted_triangulation(machine: Calls, value: Any, source: Source) -> Abstract:
    """A triangulation from outside."""
    if value.furthest_site:
        machine.refuse("a triangulation with furthest_site=", instead="find the indices before the call")
    points = machine.external(value.points, source.attribute("points"))
    return machine.call(Known(Triangulation), (from_outside(machine, value, source, "triangulation"), points), {})


REGISTRY.stands_for[Triangulation] = scipy.spatial.Delaunay
REGISTRY.stands_for[Tree] = scipy.spatial.KDTree
REGISTRY.adopters[scipy.spatial.Delaunay] = adopted_triangulation
refused(scipy.spatial, "Voronoi SphericalVoronoi HalfspaceIntersection", "Delaunay, ConvexHull; compute it before")
