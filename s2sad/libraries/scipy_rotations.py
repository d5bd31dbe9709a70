"""``scipy.spatial.transform``: rotations as unit quaternions (x, y, z, w), and the interpolation between them.

Sines and cosines of half an angle are Stumpff's functions of its square, and an angle over its sine is a function of
the same kind: so there is no square root in the derivatives, and those at no rotation at all are right to every order.
What is made of a matrix hangs on the rotation that is nearest to it.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.spatial.transform as st
from scipy.spatial.transform import Rotation

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes, of
from s2sad.libraries.scipy_splines import floats as as_floats
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import partials, pullback, pushforward

define = REGISTRY.define


# -- functions of the square of an angle ------------------------------------------------------------------------------


def stumpff(x, n):
    """Stumpff's function 1/n! − x/(n+2)! + x²/(n+4)! − …: cos √x for n = 0, sin √x / √x for n = 1."""
    root = np.sqrt(x)
    out = np.cos(root) if n % 2 == 0 else np.sinc(root / np.pi)
    if n < 2:
        return out
    large = np.where(x > 1.0, x, 1.0)
    for k in range(n % 2, n, 2):
        out = (1.0 / math.factorial(k) - out) / large
    near = np.zeros_like(large)
    for k in range(11, -1, -1):
        near = 1.0 / math.factorial(n + 2 * k) - np.where(x > 1.0, 0.0, x) * near
    return np.where(x > 1.0, out, near)[()]


def arc_over_sine(n, w, order=0):
    """The derivative of this order, in n, of arctan2(√n, w) / √n."""
    whole = n + w * w
    small = (w > 0.0) & (n < 0.03 * w * w)
    large = np.where(small, 1.0, n)
    out = np.arctan2(np.sqrt(large), w) / np.sqrt(large)
    for k in range(order):
        out = ((-1.0) ** k * math.factorial(k) * w / whole ** (k + 1) - (2 * k + 1) * out) / (2.0 * large)
    base = np.where(small, w, 1.0)
    near = np.zeros_like(large)
    for k in range(order + 12, order - 1, -1):
        factor = (-1.0) ** k * math.factorial(k) / (math.factorial(k - order) * (2 * k + 1))
        near = factor + np.where(small, n, 0.0) / base**2 * near
    return np.where(small, near / base ** (2 * order + 1), out)[()]


def _stumpff(x: Arg, n: Arg) -> Type:
    option(n)
    return of("f64", axes(number(x)))


def _arc(n: Arg, w: Arg, order: Any = 0) -> Type:
    option(order)
    return of("f64", axes(number(n)))


primitive("stumpff", stumpff, _stumpff, elementwise=True, style="helper")
primitive("arc_over_sine", arc_over_sine, _arc, elementwise=True, style="helper")


@partials("stumpff", wrt="x")
def stumpff_(x, n):
    """Term by term (Stiefel and Scheifele, "Linear and Regular Celestial Mechanics", 1971)."""
    return 0.5 * (n * stumpff(x, n + 2) - stumpff(x, n + 1)) if n > 0 else -0.5 * stumpff(x, 1)


@partials("arc_over_sine", wrt=("n", "w"))
def arc_over_sine_(n, w, order):
    sign = 1.0 if order % 2 else -1.0
    return arc_over_sine(n, w, order + 1), sign * math.factorial(order) / (n + w * w) ** (order + 1)


# -- the rotation that is nearest to a matrix -------------------------------------------------------------------------


def nearest_rotation(m):
    """The rotation matrix that is nearest to m, or to each of several matrices."""
    u, _, vt = np.linalg.svd(m)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    return u * np.stack([np.ones_like(sign), np.ones_like(sign), sign], axis=-1)[..., None, :] @ vt


def _nearest(m: Arg) -> Type:
    return Array("f64", axes(number(m)))


nearest_prim = primitive("nearest_rotation", nearest_rotation, _nearest, style="helper")


def axial(a):
    """The vector of the antisymmetric part of matrices, twice."""
    parts = a[..., 2, 1] - a[..., 1, 2], a[..., 0, 2] - a[..., 2, 0], a[..., 1, 0] - a[..., 0, 1]
    return np.stack(parts, axis=-1)


def crossing(v):
    """The matrices that multiply by v as the cross product does."""
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    none = np.zeros_like(x)
    return np.reshape(np.stack([none, -z, y, z, none, -x, -y, x, none], axis=-1), np.shape(v) + (3,))


def turned(m_dot, m, rotation):
    """How the nearest rotation R turns: M = R P with P symmetric, and (tr P − P) ω = axial(Rᵀ dM)."""
    back = np.swapaxes(rotation, -1, -2)
    p = back @ m
    system = np.trace(p, axis1=-2, axis2=-1)[..., None, None] * np.eye(3) - 0.5 * (p + np.swapaxes(p, -1, -2))
    return rotation @ crossing(np.linalg.solve(system, axial(back @ m_dot)[..., None])[..., 0])


@pushforward(nearest_prim, wrt="m")
def nearest_rotation_dot(m_dot, ans, m):
    """Differentiating the polar decomposition (Higham, "Functions of Matrices", 2008, chapter 8)."""
    return turned(m_dot, m, ans)


@pullback(nearest_prim, wrt="m")
def nearest_rotation_bar(ans_bar, ans, m):
    """The same map, which is its own transpose."""
    return turned(ans_bar, m, ans)


def main_direction(a):
    """The vector of the largest eigenvalue of a symmetric matrix, or of each of several."""
    return np.linalg.eigh(a)[1][..., :, -1]


def _main(a: Arg) -> Type:
    shape = axes(number(a))
    return Array("f64", None if shape is None else shape[:-1])


main_prim = primitive("main_direction", main_direction, _main, style="helper")


def steadied(vector, v, a):
    """(λ − A)⁺ times a vector, where λ is the largest eigenvalue and v its direction."""
    column, turn = v[..., None], v[..., None, :]
    system = (turn @ a @ column) * np.eye(4) - a + column * turn
    return np.linalg.solve(system, vector - column * (turn @ vector))[..., 0]


@pushforward(main_prim, wrt="a")
def main_direction_dot(a_dot, ans, a):
    """As of one eigenvalue that is apart from the others (Giles, 2008)."""
    return steadied(a_dot @ ans[..., None], ans, a)


@pullback(main_prim, wrt="a")
def main_direction_bar(ans_bar, ans, a):
    return steadied(ans_bar[..., None], ans, a)[..., None] * ans[..., None, :]


# -- quaternions ------------------------------------------------------------------------------------------------------


def floats(x):
    """An array of doubles: SciPy's rotations are of no other numbers."""
    x = as_floats(x)
    return x if np.result_type(x) == np.float64 else x.astype(np.float64)


def unit(q):
    length = np.linalg.norm(q, axis=-1, keepdims=True)
    if np.any(length == 0.0):
        raise ValueError("Found zero norm quaternions in `quat`.")
    return q / length


def joined(vector, scalar):
    """Quaternions of these vector and scalar parts."""
    return np.concatenate([vector, scalar[..., None]], axis=-1)


def composed(p, q):
    """The product of quaternions: the rotation q, then p."""
    u, v, s, t = p[..., :3], q[..., :3], p[..., 3:], q[..., 3:]
    vector = s * v + t * u + np.cross(u, v)
    return np.concatenate([vector, s * t - np.sum(u * v, axis=-1, keepdims=True)], axis=-1)


def conjugated(q):
    return q * np.array([-1.0, -1.0, -1.0, 1.0])


def canonical_sign(q):
    """Minus one for quaternions of which the last part that is not zero is negative (and then the first)."""
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    first = np.where(x != 0.0, x, np.where(y != 0.0, y, z))
    return np.where(np.where(w != 0.0, w, first) < 0.0, -1.0, 1.0)


def exponential(v):
    """The quaternion of a rotation vector."""
    square = 0.25 * np.sum(v * v, axis=-1, keepdims=True)
    return np.concatenate([0.5 * stumpff(square, 1) * v, stumpff(square, 0)], axis=-1)


def logarithm(q):
    """The rotation vector of a quaternion."""
    q = q * canonical_sign(q)[..., None]
    u, w = q[..., :3], q[..., 3:]
    return 2.0 * arc_over_sine(np.sum(u * u, axis=-1, keepdims=True), w) * u


def of_matrix(m):
    """Of the four ways to read a quaternion off a rotation matrix the one that divides by most (Shepperd, 1978)."""
    a, b, c = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    x, y, z = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 2, 0] + m[..., 0, 2], m[..., 2, 1] + m[..., 1, 2]
    largest = np.argmax(np.stack([a, b, c, a + b + c], axis=-1), axis=-1)[..., None]
    by_x = np.stack([1.0 + a - b - c, xy, xz, x], axis=-1)
    by_y = np.stack([xy, 1.0 - a + b - c, yz, y], axis=-1)
    by_z = np.stack([xz, yz, 1.0 - a - b + c, z], axis=-1)
    by_w = np.stack([x, y, z, 1.0 + a + b + c], axis=-1)
    return unit(np.where(largest == 0, by_x, np.where(largest == 1, by_y, np.where(largest == 2, by_z, by_w))))


def matrix_of(q):
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    rows = [
        x * x - y * y - z * z + w * w, 2.0 * (x * y - z * w), 2.0 * (x * z + y * w),
        2.0 * (x * y + z * w), y * y - x * x - z * z + w * w, 2.0 * (y * z - x * w),
        2.0 * (x * z - y * w), 2.0 * (y * z + x * w), z * z - x * x - y * y + w * w,
    ]  # fmt: skip
    return np.reshape(np.stack(rows, axis=-1), np.shape(q)[:-1] + (3, 3))


def rotated(q, p):
    """Points turned by quaternions."""
    u, w = q[..., :3], q[..., 3:]
    along = np.sum(u * p, axis=-1, keepdims=True)
    return (w * w - np.sum(u * u, axis=-1, keepdims=True)) * p + 2.0 * (along * u + w * np.cross(u, p))


def shortest(a, b):
    """The quaternion of the smallest rotation that turns b into the direction of a."""
    lengths = np.sqrt(np.sum(a * a) * np.sum(b * b))
    return unit(np.append(np.cross(b, a), lengths + np.sum(a * b)))


def radians(angle, degrees):
    return angle * (np.pi / 180.0) if degrees else angle


def in_degrees(angle, degrees):
    return angle * (180.0 / np.pi) if degrees else angle


# -- angles about axes ------------------------------------------------------------------------------------------------


@REGISTRY.compute
def axes_of(seq):
    """The numbers of the axes, and whether they turn along."""
    if not 0 < len(seq) < 4 or not set(seq) <= set("xyz") and not set(seq) <= set("XYZ"):
        raise ValueError(f"Expected axes from `seq` to be from ['x', 'y', 'z'] or ['X', 'Y', 'Z'], got {seq}")
    if any(a == b for a, b in zip(seq, seq[1:], strict=False)):
        raise ValueError(f"Expected consecutive axes to be different, got {seq}")
    return tuple("xyz".index(name) for name in seq.lower()), seq.isupper()


FLAT = np.ndim(Rotation.from_euler("x", [0.0]).as_quat()) == 1
"""Whether one angle in a list is one rotation: in older versions of SciPy it is a stack of one."""


def angle_columns(angles, count):
    """The angles about each axis; a list of angles about one axis is a rotation or a stack of them."""
    angles = floats(angles)
    if count == 1 and (np.ndim(angles) == 0 or np.ndim(angles) == 1 and not FLAT):
        return [angles]
    if np.ndim(angles) == 0 or np.shape(angles)[-1] != count:
        raise ValueError("Expected last dimension of `angles` to match number of sequence axes specified.")
    return [angles[..., k] for k in range(count)]


def about_axes(which, angles, along):
    """Turns about axes of the frame, one after the other; ``along``: of the frame that turns with them."""
    none = np.zeros_like(angles[0])
    q = [none, none, none, none]
    q[3], q[which[0]] = np.cos(0.5 * angles[0]), np.sin(0.5 * angles[0])
    for k, angle in zip(which[1:], angles[1:], strict=True):
        c, s = np.cos(0.5 * angle), np.sin(0.5 * angle)
        i, j = (k + 1) % 3, (k + 2) % 3
        if not along:
            i, j = j, i
        new = [none, none, none, q[3] * c - q[k] * s]
        new[k], new[i], new[j] = q[k] * c + q[3] * s, q[i] * c + q[j] * s, q[j] * c - q[i] * s
        q = new
    return np.stack(q, axis=-1)


def three_angles(a, b, c, d, along, bend, sign):
    """Three angles of a quaternion with these parts (Bernardes and Viollet, 2022)."""
    total, difference = np.arctan2(b, a), np.arctan2(d, c)
    middle = 2.0 * np.arctan2(np.hypot(c, d), np.hypot(a, b))
    first, third = total - difference, (total + difference) * sign
    start, stop = middle <= 1e-7, middle >= np.pi - 1e-7
    alone = np.where(start, 2.0 * total, 2.0 * difference * (1.0 if along else -1.0))
    if along:
        first, third = np.where(start | stop, 0.0, first), np.where(start | stop, alone * sign, third)
        first, third = third, first
    else:
        first, third = np.where(start | stop, alone, first), np.where(start | stop, 0.0, third)
    angles = np.stack([first, middle - bend, third], axis=-1)
    return angles - 2.0 * np.pi * np.floor((angles + np.pi) / (2.0 * np.pi))


def about_directions(axes, order, angles, degrees):
    directions = floats(axes)
    directions = directions[..., None, :] if np.ndim(directions) == 1 else directions
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    turns = angle_columns(radians(floats(angles), degrees), np.shape(directions)[-2])
    q = exponential(turns[0][..., None] * directions[..., 0, :])
    for k in range(1, len(turns)):
        one = exponential(turns[k][..., None] * directions[..., k, :])
        q = composed(one, q) if order in ("e", "extrinsic") else composed(q, one)
    return q


# -- the class --------------------------------------------------------------------------------------------------------


class Turn:
    """A Rotation: a unit quaternion, or a stack of them."""

    def __init__(self, q):
        self.q = q

    @property
    def single(self):
        return np.ndim(self.q) == 1

    @property
    def shape(self):
        return np.shape(self.q)[:-1]

    def as_quat(self, canonical=False, *, scalar_first=False):
        q = self.q * canonical_sign(self.q)[..., None] if canonical else self.q * 1.0
        return np.roll(q, 1, axis=-1) if scalar_first else q

    def as_matrix(self):
        return matrix_of(self.q)

    def as_rotvec(self, degrees=False):
        return in_degrees(logarithm(self.q), degrees)

    def as_mrp(self):
        q = self.q * np.where(self.q[..., 3:] < 0.0, -1.0, 1.0)
        return q[..., :3] / (1.0 + q[..., 3:])

    def as_euler(self, seq, degrees=False, *, suppress_warnings=False):
        (i, j, k), along = axes_of(seq)
        if along:
            i, k = k, i
        x = [self.q[..., 0], self.q[..., 1], self.q[..., 2], self.q[..., 3]]
        if i == k:
            k = 3 - i - j
            sign = (i - j) * (j - k) * (k - i) // 2
            return in_degrees(three_angles(x[3], x[i], x[j], x[k] * sign, along, 0.0, 1.0), degrees)
        sign = (i - j) * (j - k) * (k - i) // 2
        a, b, c, d = x[3] - x[j], x[i] + x[k] * sign, x[j] + x[3], x[k] * sign - x[i]
        return in_degrees(three_angles(a, b, c, d, along, 0.5 * np.pi, sign), degrees)

    def as_davenport(self, axes, order, degrees=False, *, suppress_warnings=False):
        along = order in ("i", "intrinsic")
        n = floats(axes)
        n = n / np.linalg.norm(n, axis=-1, keepdims=True)
        one, two, three = n[..., 0, :], n[..., 1, :], n[..., 2, :]
        if along:
            one, three = three, one
        across = np.cross(one, two)
        bend = np.arctan2(np.sum(three * across, axis=-1), np.sum(three * one, axis=-1))
        sign = np.where(bend < 0.0, -1.0, 1.0)
        two, across, bend = two * sign[..., None], across * sign[..., None], bend * sign
        q = composed(joined(np.sin(0.5 * bend)[..., None] * two, np.cos(0.5 * bend)), self.q)
        u = q[..., :3]
        parts = q[..., 3], np.sum(u * one, axis=-1), np.sum(u * two, axis=-1), np.sum(u * across, axis=-1)
        angles = three_angles(*parts, along, bend, 1.0)
        return in_degrees(np.stack([angles[..., 0], angles[..., 1] * sign, angles[..., 2]], axis=-1), degrees)

    def apply(self, vectors, inverse=False):
        return rotated(conjugated(self.q) if inverse else self.q, floats(vectors))

    def __mul__(self, other):
        return Turn(composed(self.q, other.q))

    def __pow__(self, other, modulus=None):
        if isinstance(other, int):
            if other == 0:
                return Turn(np.zeros_like(self.q) + np.array([0.0, 0.0, 0.0, 1.0]))
            if other in (1, -1):
                return Turn(self.q * 1.0) if other == 1 else self.inv()
        q = exponential(other * logarithm(self.q))
        if not isinstance(other, int):  # powers of 1 and −1 keep the sign
            q = q * np.where(np.abs(other) == 1.0, canonical_sign(self.q), 1.0)[..., None]
        return Turn(q)

    def inv(self):
        return Turn(conjugated(self.q))

    def magnitude(self):
        return 2.0 * np.arctan2(np.linalg.norm(self.q[..., :3], axis=-1), np.abs(self.q[..., 3]))

    def approx_equal(self, other, atol=None, degrees=False):
        return (self * other.inv()).magnitude() < radians(1e-8 if atol is None else atol, degrees and atol is not None)

    def mean(self, weights=None, axis=None):
        squares = self.q[..., :, None] * self.q[..., None, :]
        if weights is not None:
            weights = floats(weights)
            if np.any(weights < 0.0):
                raise ValueError("`weights` must be non-negative.")
            squares = weights[..., None, None] * squares
        rank = np.ndim(self.q) - 1
        which = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        total = np.sum(squares, axis=tuple([k % rank for k in which])) if rank else squares
        return Turn(main_direction(total))

    def reduce(self, left=None, right=None, return_indices=False):
        unsupported("scipy.spatial.transform.Rotation.reduce", instead="multiply by the elements of the groups")

    def __getitem__(self, val):
        if np.ndim(self.q) == 1:
            raise TypeError("Single rotation is not subscriptable.")
        return Turn(self.q[(*val, slice(None))] if isinstance(val, tuple) else self.q[val])

    def __setitem__(self, key, val):
        if np.ndim(self.q) == 1:
            raise TypeError("Single rotation is not subscriptable.")
        q = self.q.copy()
        q[key] = val.q
        self.q = q

    def __len__(self):
        if np.ndim(self.q) == 1:
            raise TypeError("Single rotation has no len().")
        return len(self.q)

    def __iter__(self):
        for q in self.q:
            yield Turn(q)

    def __bool__(self):
        return True


REGISTRY.stands_for[Turn] = Rotation


def from_quat(quat, *, scalar_first=False):
    q = floats(quat)
    return Turn(unit(np.roll(q, -1, axis=-1) if scalar_first else q))


@define(Rotation)
def rotation(quat, normalize=True, copy=True, scalar_first=False):
    q = floats(quat)
    q = np.roll(q, -1, axis=-1) if scalar_first else q
    return Turn(unit(q) if normalize else q)


_SKEW = np.eye(3) + 0.1 * np.eye(3, k=1)
NEAREST = bool(np.allclose(Rotation.from_matrix(_SKEW).as_matrix(), nearest_rotation(_SKEW), atol=1e-10))
"""Whether SciPy takes the rotation that is nearest to a matrix; older versions read the quaternion off any matrix."""


def from_matrix(matrix, *, assume_valid=False):
    m = floats(matrix)
    if assume_valid:
        return Turn(of_matrix(m))
    if np.any(np.linalg.det(m) <= 0.0):
        raise ValueError("Non-positive determinant (left-handed or null coordinate frame) in rotation matrix.")
    return Turn(of_matrix(nearest_rotation(m) if NEAREST else m))


def from_rotvec(rotvec, degrees=False):
    return Turn(exponential(radians(floats(rotvec), degrees)))


def from_mrp(mrp):
    p = floats(mrp)
    square = np.sum(p * p, axis=-1, keepdims=True)
    return Turn(np.concatenate([2.0 * p, 1.0 - square], axis=-1) / (1.0 + square))


def from_euler(seq, angles, degrees=False):
    which, along = axes_of(seq)
    return Turn(about_axes(which, angle_columns(radians(floats(angles), degrees), len(which)), along))


def from_davenport(axes, order, angles, degrees=False):
    return Turn(about_directions(axes, order, angles, degrees))


def concatenate(rotations):
    if isinstance(rotations, Turn):
        return Turn(rotations.q * 1.0)
    parts = [r.q[None] if np.ndim(r.q) == 1 else r.q for r in rotations]
    return Turn(np.concatenate(parts))


def identity(num=None, *, shape=None):
    if num is None and shape is None:
        return Turn(np.array([0.0, 0.0, 0.0, 1.0]))
    leading = num if shape is None else shape
    leading = leading if isinstance(leading, tuple) else (leading,)
    return Turn(np.broadcast_to(np.array([0.0, 0.0, 0.0, 1.0]), leading + (4,)) * 1.0)


@REGISTRY.compute
def elements(group, axis):
    """The quaternions of a group, which is known."""
    return tuple(map(tuple, Rotation.create_group(group, axis).as_quat().tolist()))


def create_group(group, axis="Z"):
    return Turn(np.array(elements(group, axis)))


def random(num=None, rng=None, *, shape=None, random_state=None):
    unsupported("scipy.spatial.transform.Rotation.random", instead="draw before the call, and pass the rotations")


def about_first(q, first, a, b, weights):
    """Turns by q, which brings the directions ``first`` together, and about them until the others fit best."""
    c = rotated(q, b)
    sines = np.sum(np.cross(c, a) * first, axis=-1)
    cosines = np.sum(c * a, axis=-1) - np.sum(c * first, axis=-1) * np.sum(a * first, axis=-1)
    angle = np.arctan2(np.sum(weights * sines), np.sum(weights * cosines))
    return composed(exponential(angle * first), q)


def align_vectors(a, b, weights=None, return_sensitivity=False):
    """The rotation that turns b best into a (Kabsch, 1978)."""
    a, b = floats(a), floats(b)
    a, b = (a[None], b[None]) if np.ndim(a) == 1 else (a, b)
    w = np.ones(np.shape(a)[0]) if weights is None else floats(weights)
    if np.any(w < 0.0):
        raise ValueError("`weights` may not contain negative values")
    if np.shape(a)[0] == 1:
        if return_sensitivity:
            raise ValueError("Cannot return sensitivity matrix with an infinite weight or one vector pair")
        q = shortest(a[0], b[0])
        return Turn(q), np.linalg.norm(a - rotated(q, b))
    fixed = np.isinf(w)
    if weights is not None and np.any(fixed):
        if np.sum(fixed) > 1:
            raise ValueError("Only one infinite weight is allowed")
        if return_sensitivity:
            raise ValueError("Cannot return sensitivity matrix with an infinite weight or one vector pair")
        k, w = np.argmax(fixed), np.where(fixed, 0.0, w)
        q = about_first(shortest(a[k], b[k]), a[k] / np.linalg.norm(a[k]), a, b, w)
        return Turn(q), rest_of(q, a, b, w)
    m = (w[:, None] * a).T @ b
    turn = nearest_rotation(m)
    q = of_matrix(turn)
    if not return_sensitivity:
        return Turn(q), rest_of(q, a, b, w)
    p = turn.T @ m
    trace = np.trace(p)
    even = 0.5 * (trace * trace - np.sum(p * p))
    sensitivity = np.mean(w) / np.linalg.det(trace * np.eye(3) - p) * (even * np.eye(3) + m @ m.T)
    return Turn(q), rest_of(q, a, b, w), sensitivity


def rest_of(q, a, b, weights):
    """The root of the weighted sum of what is left, whose slope is zero where nothing is."""
    return np.linalg.norm(np.sqrt(weights)[:, None] * (a - rotated(q, b)))


def declare(name: str, meaning: Any) -> None:
    """Say what a way to make rotations means: a static method, or in older versions one of the class."""
    found = Rotation.__dict__[name]
    define(found.__func__)(meaning if isinstance(found, staticmethod) else of_class(meaning))


def of_class(meaning: Any) -> Any:
    return lambda cls, *args, **options: meaning(*args, **options)


for _meaning in (
    from_quat, from_matrix, from_rotvec, from_mrp, from_euler, from_davenport, concatenate, identity, align_vectors,
    create_group, random,
):  # fmt: skip
    if _meaning.__name__ in Rotation.__dict__:
        declare(_meaning.__name__, _meaning)
for _name, _method in Turn.__dict__.items():
    if callable(_method) and _name != "__init__" and callable(Rotation.__dict__.get(_name)):
        define(Rotation.__dict__[_name])(_method)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A Rotation from outside."""
    read = source.read
    q = machine.external(value.as_quat(), Source(f"{source.path}.as_quat()", lambda: read().as_quat()))
    return machine.call(Known(Turn), (q,), {})


REGISTRY.adopters[Rotation] = adopted


# -- between rotations ------------------------------------------------------------------------------------------------


class Path:
    """A Slerp: from each rotation to the next at constant speed."""

    def __init__(self, times, rotations):
        self.times, self.rotations = times, rotations[:-1]
        self.timedelta = np.diff(times)
        self.rotvecs = (self.rotations.inv() * rotations[1:]).as_rotvec()

    def __call__(self, times):
        t = floats(times)
        if np.ndim(t) > 1:
            raise ValueError("`times` must be at most 1-dimensional.")
        if np.any((t < self.times[0]) | (t > self.times[-1])):
            raise ValueError("Interpolation times must be within the range of the times of the rotations.")
        k = np.maximum(np.searchsorted(self.times, t) - 1, 0)
        part = (t - self.times[k]) / self.timedelta[k]
        return Turn(composed(self.rotations.q[k], exponential(self.rotvecs[k] * part[..., None])))


REGISTRY.stands_for[Path] = st.Slerp


@define(st.Slerp)
def slerp(times, rotations):
    if not isinstance(rotations, Rotation):
        raise TypeError("`rotations` must be a `Rotation` instance.")
    t = floats(times)
    if rotations.single or len(rotations) <= 1:
        raise ValueError("`rotations` must be a sequence of at least 2 rotations.")
    if np.any(np.diff(t) <= 0.0):
        raise ValueError("Times must be in strictly increasing order.")
    return Path(t, rotations)


def with_last(times, rotations, rotvecs):
    """A Slerp by what it holds: the last rotation is that before it, and what leads on."""
    last = rotations[-1:] * from_rotvec(rotvecs[-1:])
    return Path(times, Turn(np.concatenate([rotations.q, last.q])))


def adopted_path(machine: Calls, value: Any, source: Source) -> Abstract:
    """A Slerp from outside."""
    parts = (machine.external(getattr(value, n), source.attribute(n)) for n in ("times", "rotations", "rotvecs"))
    return machine.call(Known(with_last), tuple(parts), {})


REGISTRY.adopters[st.Slerp] = adopted_path
