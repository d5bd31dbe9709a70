"""``scipy.spatial.transform``: rotations with translations; splines of rotations, which are those of SciPy's source.

A rigid transform is a unit quaternion and a vector. Its exponential coordinates are a rotation vector and what the left
Jacobian of rotations makes the translation of (Lynch and Park, "Modern Robotics", 2017, chapter 3), in Stumpff's
functions, which are right at no rotation at all.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.spatial.transform as st

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.libraries.scipy_rotations import (
    Turn,
    composed,
    conjugated,
    exponential,
    floats,
    from_matrix,
    joined,
    logarithm,
    matrix_of,
    of_class,
    of_matrix,
    rotated,
    stumpff,
    unit,
)
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def moved_along(w, v):
    """The left Jacobian of rotations at rotation vectors w, times v."""
    square = np.sum(w * w, axis=-1, keepdims=True)
    across = np.cross(w, v)
    return v + stumpff(square, 2) * across + stumpff(square, 3) * np.cross(w, across)


def moved_back(w, t):
    """Its inverse, times t."""
    quarter = 0.25 * np.sum(w * w, axis=-1, keepdims=True)
    across = np.cross(w, t)
    bend = (stumpff(quarter, 2) - stumpff(quarter, 3)) / (4.0 * stumpff(quarter, 1))
    return t - 0.5 * across + bend * np.cross(w, across)


class Rigid:
    """A RigidTransform: a unit quaternion and a vector, or stacks of them."""

    def __init__(self, q, t):
        self.q, self.t = q, t

    @property
    def single(self):
        return np.ndim(self.t) == 1

    @property
    def shape(self):
        return np.shape(self.t)[:-1]

    @property
    def rotation(self):
        return Turn(of_matrix(matrix_of(self.q)))

    @property
    def translation(self):
        return self.t * 1.0

    def as_matrix(self):
        rows = np.concatenate([matrix_of(self.q), self.t[..., None]], axis=-1)
        last = np.broadcast_to(np.array([0.0, 0.0, 0.0, 1.0]), np.shape(self.t)[:-1] + (1, 4))
        return np.concatenate([rows, last], axis=-2)

    def as_components(self):
        return self.translation, self.rotation

    def as_exp_coords(self):
        w = logarithm(self.q)
        return np.concatenate([w, moved_back(w, self.t)], axis=-1)

    def as_dual_quat(self, *, scalar_first=False):
        q = of_matrix(matrix_of(self.q))
        parts = q, 0.5 * composed(joined(self.t, np.zeros(np.shape(self.t)[:-1])), q)
        return np.concatenate([np.roll(p, 1, axis=-1) for p in parts] if scalar_first else parts, axis=-1)

    def apply(self, vector, inverse=False):
        v = floats(vector)
        return rotated(conjugated(self.q), v - self.t) if inverse else rotated(self.q, v) + self.t

    def __mul__(self, other):
        return Rigid(*together(composed(self.q, other.q), rotated(self.q, other.t) + self.t))

    def inv(self):
        back = conjugated(self.q)
        return Rigid(back, -rotated(back, self.t))

    def __pow__(self, n):
        return from_exp_coords(n * self.as_exp_coords())

    def mean(self, weights=None, axis=None):
        rank = np.ndim(self.t) - 1
        which = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        which = tuple([k % rank for k in which]) if rank else ()
        turn = Turn(self.q).mean(weights, axis)
        if weights is None:
            return Rigid(turn.q, np.mean(self.t, axis=which))
        weights = np.broadcast_to(floats(weights), np.shape(self.t)[:-1])[..., None]
        return Rigid(turn.q, np.sum(weights * self.t, axis=which) / np.sum(weights, axis=which))

    def __getitem__(self, indexer):
        if np.ndim(self.t) == 1:
            raise TypeError("Single transform is not subscriptable.")
        which = (*indexer, slice(None)) if isinstance(indexer, tuple) else indexer
        return Rigid(self.q[which], self.t[which])

    def __setitem__(self, indexer, value):
        if np.ndim(self.t) == 1:
            raise TypeError("Single transform is not subscriptable.")
        q, t = self.q.copy(), self.t.copy()
        q[indexer], t[indexer] = value.q, value.t
        self.q, self.t = q, t

    def __len__(self):
        if np.ndim(self.t) == 1:
            raise TypeError("Single transform has no len().")
        return len(self.t)

    def __iter__(self):
        for q, t in zip(self.q, self.t, strict=True):
            yield Rigid(q, t)

    def __bool__(self):
        return True


def together(q, t):
    """Quaternions and vectors, as many of each."""
    where = np.broadcast_shapes(np.shape(q)[:-1], np.shape(t)[:-1])
    if np.shape(q)[:-1] != where:
        q = np.broadcast_to(q, where + (4,)) * 1.0
    return q, t if np.shape(t)[:-1] == where else np.broadcast_to(t, where + (3,)) * 1.0


def from_whole(matrix):
    m = floats(matrix)
    if np.any(m[..., 3, :] != np.array([0.0, 0.0, 0.0, 1.0])):
        raise ValueError("Expected last row of transformation matrix to be exactly [0, 0, 0, 1]")
    return Rigid(from_matrix(m[..., :3, :3]).q, m[..., :3, 3])


def of_matrices(matrix, normalize=True, copy=True):
    m = floats(matrix)
    return from_whole(m) if normalize else Rigid(of_matrix(m[..., :3, :3]), m[..., :3, 3])


def from_rotation(rotation):
    return Rigid(rotation.q, np.zeros(np.shape(rotation.q)[:-1] + (3,)))


def from_translation(translation):
    t = floats(translation)
    return Rigid(np.zeros(np.shape(t)[:-1] + (4,)) + np.array([0.0, 0.0, 0.0, 1.0]), t)


def from_components(translation, rotation):
    return Rigid(*together(rotation.q, floats(translation)))


def from_exp_coords(exp_coords):
    coordinates = floats(exp_coords)
    w = coordinates[..., :3]
    return Rigid(exponential(w), moved_along(w, coordinates[..., 3:]))


def from_dual_quat(dual_quat, *, scalar_first=False):
    both = floats(dual_quat)
    real, dual = both[..., :4], both[..., 4:]
    if scalar_first:
        real, dual = np.roll(real, -1, axis=-1), np.roll(dual, -1, axis=-1)
    q = unit(real)
    t = 2.0 * composed(dual / np.linalg.norm(real, axis=-1, keepdims=True), conjugated(q))[..., :3]
    return Rigid(q, t)


def identity(num=None, *, shape=None):
    leading = () if num is None and shape is None else num if shape is None else shape
    leading = leading if isinstance(leading, tuple) else (leading,)
    return from_translation(np.zeros(leading + (3,)))


def concatenate(transforms):
    if isinstance(transforms, Rigid):
        return Rigid(transforms.q * 1.0, transforms.t * 1.0)
    return Rigid(
        np.concatenate([r.q[None] if np.ndim(r.q) == 1 else r.q for r in transforms]),
        np.concatenate([r.t[None] if np.ndim(r.t) == 1 else r.t for r in transforms]),
    )


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A RigidTransform from outside."""
    read = source.read
    m = machine.external(value.as_matrix(), Source(f"{source.path}.as_matrix()", lambda: read().as_matrix()))
    return machine.call(Known(of_matrices), (m, Known(False)), {})


WAYS = {
    "from_matrix": from_whole, "from_rotation": from_rotation, "from_translation": from_translation,
    "from_components": from_components, "from_exp_coords": from_exp_coords, "from_dual_quat": from_dual_quat,
    "identity": identity, "concatenate": concatenate,
}  # fmt: skip

if hasattr(st, "RigidTransform"):
    REGISTRY.stands_for[Rigid] = st.RigidTransform
    REGISTRY.adopters[st.RigidTransform] = adopted
    define(st.RigidTransform)(of_matrices)
    for _name, _meaning in WAYS.items():
        _found: Any = st.RigidTransform.__dict__[_name]
        define(_found.__func__)(_meaning if isinstance(_found, staticmethod) else of_class(_meaning))  # type: ignore[type-var]


# -- splines of rotations ---------------------------------------------------------------------------------------------


def adopted_spline(machine: Calls, value: Any, source: Source) -> Abstract:
    """A RotationSpline from outside."""
    names = ("times", "rotations", "interpolator")
    return machine.bare(
        st.RotationSpline, {n: machine.external(getattr(value, n), source.attribute(n)) for n in names}
    )


REGISTRY.adopters[st.RotationSpline] = adopted_spline
