"""What hangs on which points are near each other: trees, triangulations, local fits; in both modes, against SciPy."""

from __future__ import annotations

import numpy as np
import scipy.interpolate as si
import scipy.spatial

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(1)
POINTS, VALUES, ROWS = RNG.uniform(0.0, 3.0, (12, 2)), RNG.normal(size=12), RNG.normal(size=(12, 2))
PLACES = np.array([[1.3, 1.4], [1.6, 1.2]])
TREE, TRIANGLES = scipy.spatial.cKDTree(POINTS), scipy.spatial.Delaunay(POINTS)
CURVED = si.CloughTocher2DInterpolator(POINTS, ROWS, rescale=True, tol=1e-13, maxiter=5000)
LOCAL = si.RBFInterpolator(POINTS, ROWS, neighbors=7)


def agrees(f, *args, order=1):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9, atol=1e-10)
    check_grads(f, args, order=order)


def energy(points):
    total = 0.0
    for i, j in scipy.spatial.KDTree(points).query_pairs(0.9):
        total += 1.0 / np.sum((points[i] - points[j]) ** 2)
    return total


def barycentric(points, values, places, triangles=None):
    triangles = scipy.spatial.Delaunay(points) if triangles is None else triangles
    found = triangles.find_simplex(places)
    frame = triangles.transform[found]
    part = np.einsum("ijk,ik->ij", frame[:, :2], places - frame[:, 2])
    weights = np.column_stack([part, 1.0 - np.sum(part, axis=1)])
    return np.sum(weights * values[triangles.simplices[found]], axis=1)


def test_trees():
    agrees(lambda y, x: scipy.spatial.KDTree(y).query(x, k=[1, 3], p=3.0)[0], POINTS, PLACES, order=2)
    agrees(lambda x: np.minimum(TREE.query(x, k=5, distance_upper_bound=0.7)[0], 1.0), PLACES)
    agrees(lambda v: v[TREE.query(PLACES[0])[1]] * np.sum(TREE.query(PLACES, p=np.inf)[0]) + TREE.n * v[0], VALUES)
    agrees(energy, POINTS)
    agrees(lambda v: np.array([np.mean(v[near] ** 2) for near in TREE.query_ball_point(POINTS, 0.8)]), VALUES)
    agrees(lambda v: v[TREE.query_ball_point(PLACES[0], 1.0)].sum() * len(TREE.query_pairs(1.0)), VALUES)
    single = POINTS.astype(np.float32)
    assert s2sad.vjp(lambda y: scipy.spatial.KDTree(y).query(PLACES[:0])[0], single)[0].shape == (0,)
    assert s2sad.grad(lambda y: scipy.spatial.KDTree(y).query(PLACES[0])[0])(single).dtype == np.float32


def test_triangulations():
    agrees(barycentric, POINTS, VALUES, PLACES)
    agrees(lambda v, x: barycentric(POINTS, v, x, TRIANGLES), VALUES, PLACES)


def test_smooth_surfaces():
    made = lambda p, v, x: si.CloughTocher2DInterpolator(p, v, tol=1e-13, maxiter=5000, rescale=True)(x)  # noqa: E731
    places = np.stack([PLACES, PLACES + 9.0])
    agrees(lambda p, v, x: np.nan_to_num(made(p, v, x)), POINTS, VALUES, places)
    found = s2sad.vjp(lambda v: made(POINTS, v * (1.0 + 2.0j), places), ROWS)[0]
    np.testing.assert_allclose(found, made(POINTS, ROWS * (1.0 + 2.0j), places), rtol=1e-9)
    agrees(lambda x: CURVED(x[:, 0], 1.3), PLACES)
    bars = s2sad.grad(lambda v: si.griddata(POINTS, v, (1.3, 1.4), method="cubic"))(VALUES)
    np.testing.assert_allclose(bars @ VALUES, si.griddata(POINTS, VALUES, (1.3, 1.4), method="cubic"), atol=1e-6)


def test_local_sums_of_radial_functions():
    smooth = np.linspace(0.1, 0.3, 12)
    agrees(lambda y, d, x, s: si.RBFInterpolator(y, d, neighbors=7, smoothing=s)(x), POINTS, ROWS, PLACES, smooth)
    agrees(lambda d, x: si.RBFInterpolator(POINTS, d, 5, kernel="gaussian", epsilon=1.3, degree=-1)(x), VALUES, PLACES)
    agrees(lambda d, x: si.RBFInterpolator(POINTS, d[:, :, None], degree=3)(x) + LOCAL(x)[:, :, None], ROWS, PLACES)
