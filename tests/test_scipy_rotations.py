"""``scipy.spatial.transform``: rotations against SciPy and differences, in both modes and to second order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.spatial.transform as st
from scipy.spatial.transform import Rotation, Slerp

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(5)
V, P, Q, M = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 4)), RNG.normal(size=(4, 3, 3))
OUTSIDE, STACK = Rotation.from_rotvec([0.1, 0.2, 0.3]), Rotation.from_rotvec(V)
A, B = P, OUTSIDE.apply(P) + 0.05 * V
TIMES, AT = np.array([0.0, 0.7, 1.5, 2.0]), np.array([0.1, 0.3, 1.6])
FRAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [np.sin(0.4), 0.0, np.cos(0.4)]])
PATH = Slerp(TIMES, STACK)


def agrees(f, *args, order=2):
    found, expected = s2sad.vjp(f, *args)[0], f(*args)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
    check_grads(f, args, order=order)


def stored(v):
    turns = Rotation.from_rotvec(v)
    some = turns[:2]
    some[0] = turns[3]
    return np.concatenate([turns.as_quat(), some.as_quat(), turns[-1].as_quat()[None]])


def walk(v):
    turn, out = Rotation.identity(), []
    for k, step in enumerate(Rotation.from_rotvec(0.1 * v)):
        turn = turn * step**2
        out.append(k * turn.apply([1.0, 0.0, 0.5]))
    return np.array(out)


MADE = {
    "vector": (lambda v, p: Rotation.from_rotvec(v).apply(p), V[0], P),
    "vectors": (lambda v: Rotation.from_rotvec(50.0 * v, degrees=True).as_matrix(), V),
    "quaternion": (lambda q, p: Rotation.from_quat(q).apply(p, inverse=True), Q, P[0]),
    "class": (lambda q: Rotation(q).as_quat(canonical=True), Q),
    "scalar first": (lambda q: Rotation.from_quat(q, scalar_first=True).as_quat(scalar_first=True), Q),
    "matrix": (lambda m: Rotation.from_matrix(m).as_quat(), np.eye(3) + 0.2 * M[0]),
    "matrices": (lambda m: Rotation.from_matrix(m).as_rotvec(), STACK.as_matrix()),
    "angles": (lambda a: Rotation.from_euler("ZYX", a).as_matrix(), V),
    "angles of a list": (lambda a, b: Rotation.from_euler("zy", [20.0 * a, b], degrees=True).as_quat(), 0.3, 0.4),
    "one angle": (lambda a: Rotation.from_euler("y", a).as_matrix(), 0.3),
    "one angle each": (lambda a: Rotation.from_euler("y", a).as_matrix(), V[:, :1]),
    "parameters": (lambda p: Rotation.from_mrp(p).as_mrp(), V),
    "davenport": (lambda a: Rotation.from_davenport(np.eye(3), "extrinsic", a).as_quat(), V),
    "group": (lambda v: (Rotation.create_group("C3") * Rotation.from_rotvec(v)).as_quat(), V[0]),
    "several": (lambda v, p: Rotation.concatenate([Rotation.from_rotvec(v), OUTSIDE, STACK]).apply(p), V[0], P[0]),
    "stored": (stored, V),
    "walk": (walk, V),
}
READ = {
    "vector, degrees": lambda r: r.as_rotvec(degrees=True),
    "magnitude": lambda r: r.magnitude(),
    "inverse": lambda r: (r.inv() * OUTSIDE).as_quat(),
    "powers": lambda r: (r**0.375).as_quat() + (r**-1).as_quat() + (r**0).as_quat() + (r**3).as_quat(),
    "mean": lambda r: r.mean().as_matrix(),
    "weighted mean": lambda r: r.mean([1.0, 0.2, 0.5, 0.1]).as_matrix(),
    "mean of two": lambda r: r[:2].mean().as_matrix(),
    "davenport": lambda r: r.as_davenport(FRAME, "intrinsic"),
    "davenport, extrinsic": lambda r: r.as_davenport(FRAME[::-1], "e", degrees=True),
    **{f"angles {seq}": lambda r, seq=seq: r.as_euler(seq) for seq in ("xyz", "ZXZ", "YZX", "yxy")},
}
BEST = {
    "best": lambda a, b: Rotation.align_vectors(a, b)[0].as_matrix(),
    "what is left": lambda a, b: Rotation.align_vectors(a, b, weights=[1.0, 2.0, 0.5, 3.0])[1],
    "sensitivity": lambda a, b: Rotation.align_vectors(a, b, return_sensitivity=True)[2],
    "in a plane": lambda a, b: Rotation.align_vectors(a[:2], b[:2])[0].as_quat(),
    "one vector": lambda a, b: Rotation.align_vectors(a[0], b[1])[0].as_quat(),
    "one that is exact": lambda a, b: Rotation.align_vectors(a, b, [1.0, np.inf, 2.0, 1.0])[0].as_quat(),
}
PATHS = {
    "times": (lambda t: PATH(t).as_quat(), AT),
    "rotations": (lambda t, v: Slerp(TIMES, Rotation.from_rotvec(v))(t).as_matrix(), 0.9, V),
    "all": (lambda t, v: Slerp(t, Rotation.from_rotvec(v))([0.4, 1.9]).as_matrix(), TIMES, V),
}


@pytest.mark.parametrize("case", MADE.values(), ids=MADE)
def test_rotations_that_are_made(case):
    agrees(*case, order=1)


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_what_is_read_of_rotations(read):
    agrees(lambda v: read(Rotation.from_rotvec(v)), 0.7 * V, order=1)


@pytest.mark.parametrize("best", BEST.values(), ids=BEST)
def test_the_best_rotation(best):
    agrees(best, A, B, order=1)


@pytest.mark.parametrize("case", PATHS.values(), ids=PATHS)
def test_paths(case):
    agrees(*case, order=1)


def test_second_order():
    agrees(lambda v, a: (Rotation.from_rotvec(v) * Rotation.from_euler("xy", a)).as_rotvec(), V[0], V[1, :2])
    agrees(lambda m: Rotation.from_matrix(m).as_quat(), np.eye(3) + 0.2 * M[0])


@pytest.mark.parametrize("size", [0.0, 1e-7])
def test_no_rotation_at_all(size):
    agrees(lambda v: Rotation.from_rotvec(v).as_quat(), size * V[0])
    agrees(lambda v: (OUTSIDE * Rotation.from_rotvec(v)).as_rotvec(), size * V[0], order=1)


def test_higher_derivatives_without_rotation():
    """Those of a turn about z are those of cos and sin; a rotation vector is a multiple of itself."""
    about_z = lambda t: Rotation.from_rotvec([0.0, 0.0, t]).as_matrix()[:2, 0]  # noqa: E731
    back = lambda t: Rotation.from_rotvec(t * np.array([0.0, 0.6, 0.8])).as_rotvec()  # noqa: E731
    _, found = s2sad.taylor(about_z, 0.0, 1.0, order=5)
    np.testing.assert_allclose(np.transpose(found), [[0.0, -0.5, 0.0, 1 / 24, 0.0], [1.0, 0.0, -1 / 6, 0.0, 1 / 120]])
    _, found = s2sad.taylor(back, 0.0, 1.0, order=5)
    np.testing.assert_allclose(found, [[0.0, 0.6, 0.8], *[[0.0] * 3] * 4], atol=1e-15)


def test_quantities_that_are_known():
    """Rodrigues: the velocity of a turning point is ω × p; the angle of a product about one axis is the sum."""
    velocity = s2sad.jacobian(lambda t: Rotation.from_rotvec(t * V[0]).apply(P[0]))(0.0)
    np.testing.assert_allclose(velocity, np.cross(V[0], P[0]), atol=1e-15)
    angle = s2sad.jacobian(lambda a: (Rotation.from_euler("z", a[0]) * Rotation.from_euler("z", a[1])).magnitude())
    np.testing.assert_allclose(angle(np.array([0.4, 0.3])), [1.0, 1.0], atol=1e-14)
    for k, seq in itertools.product(range(3), ("xyz", "YXZ", "zxz")):
        back = s2sad.jacobian(lambda a, seq=seq: Rotation.from_euler(seq, a).as_euler(seq))
        np.testing.assert_allclose(back(np.array([0.3, 0.5, -0.4]) * (k + 1) / 2), np.eye(3), atol=1e-13)


def test_errors_are_those_of_scipy():
    with pytest.raises(ValueError, match="zero norm"):
        s2sad.jacobian(lambda q: Rotation.from_quat(q).as_matrix())(np.zeros(4))
    with pytest.raises(ValueError, match="range"):
        s2sad.grad(lambda t: PATH(t).magnitude())(2.5)
    with pytest.raises(ValueError, match="consecutive axes"):
        s2sad.jacobian(lambda a: Rotation.from_euler("xxy", a).as_matrix())(V[0])


def test_refusals():
    with pytest.raises(s2sad.Error, match="random"):
        s2sad.grad(lambda v: np.sum(Rotation.random().apply(v)))(V)
    with pytest.raises(s2sad.Error, match="reduce"):
        s2sad.grad(lambda v: np.sum(Rotation.from_rotvec(v).reduce(STACK).as_quat()))(V)


SPLINE = st.RotationSpline(np.arange(5.0), Rotation.from_rotvec(np.linspace(0.1, 1.5, 15).reshape(5, 3) ** 2))


def test_splines_of_rotations():
    v, t = np.linspace(0.1, 1.5, 15).reshape(5, 3) ** 2, np.array([0.3, 3.9])
    made = lambda t, v: st.RotationSpline(np.arange(5.0), Rotation.from_rotvec(v))  # noqa: E731
    agrees(lambda v, t: made(t, v)(t, 1) + SPLINE(t).as_rotvec(), v, t, order=1)


WHOLE = np.array([[0.0, -1.0, 0.0, 2.0], [1.0, 0.0, 0.0, 0.3], [0.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 1.0]])


@pytest.mark.skipif(not hasattr(st, "RigidTransform"), reason="SciPy before 1.16 has no such class")
def test_rigid_transforms():
    rigid, e, p = st.RigidTransform, np.sin(np.arange(18.0)).reshape(3, 6), np.cos(np.arange(3.0))
    outside = rigid.from_exp_coords(e[0])

    def chain(e, p):
        first, rest = rigid.from_exp_coords(e[0]), rigid.from_exp_coords(e[1:])
        t, turn = (first * rest.inv()).mean([0.3, 0.7]).as_components()
        back = rigid.from_dual_quat(rest.as_dual_quat(scalar_first=True) * 1.5, scalar_first=True)
        parts = rigid.concatenate([rigid.from_translation(p), rigid.from_components(t, turn), rigid.from_matrix(WHOLE)])
        return parts.apply(p).sum(axis=0) + back.apply(outside.apply(p), inverse=True).sum(axis=0)

    agrees(chain, e, p, order=1)
    still = np.concatenate([np.zeros(3), p])
    agrees(lambda e: rigid.from_exp_coords(e).as_exp_coords(), still)
