"""``scipy.spatial.ConvexHull``: area and volume. Which points are corners does not move; what lies between them does.

The hull is cut into simplices from its middle to each facet, whose volumes are determinants; a facet's area is the root
of Gram's determinant of its edges.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.spatial

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


def hull_corners(points):
    """The numbers of the points that are corners of a convex hull, and those of each of its facets."""
    hull = scipy.spatial.ConvexHull(points)
    return hull.vertices, hull.simplices


def _corners(points: Arg) -> tuple[Type, ...]:
    number(points)
    return Array("i32", ("?",)), Array("i32", ("?", "?"))


constant(primitive("hull_corners", hull_corners, _corners, style="helper"))


class Hull:
    """A ConvexHull."""

    def __init__(self, points):
        self.points = points
        self.vertices, self.simplices = hull_corners(points)
        self.ndim = np.shape(points)[1]

    @property
    def volume(self):
        middle = np.mean(self.points[self.vertices], axis=0)
        parts = np.linalg.det(self.points[self.simplices] - middle)
        return np.sum(np.abs(parts)) / math.factorial(self.ndim)

    @property
    def area(self):
        corners = self.points[self.simplices]
        edges = corners[:, 1:] - corners[:, :1]
        squares = np.linalg.det(edges @ np.swapaxes(edges, 1, 2))
        return np.sum(np.sqrt(squares)) / math.factorial(self.ndim - 1)

    def __getattr__(self, name):
        unsupported(f"the field {name} of a ConvexHull", instead="area, volume, vertices, simplices; points[simplices]")


REGISTRY.stands_for[Hull] = scipy.spatial.ConvexHull


@define(scipy.spatial.ConvexHull)
def convex_hull(points, incremental=False, qhull_options=None):
    if incremental or qhull_options is not None:
        unsupported("scipy.spatial.ConvexHull with incremental= or qhull_options=", instead="leave them out")
    return Hull(np.asarray(points, dtype=float))
