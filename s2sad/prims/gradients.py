"""What ``np.gradient`` means: slopes between neighbours, and inside the mean of two of them.

Between points at unequal distances the slope inside is the mean of the two secants, each with the weight of the other's
length (B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids", Mathematics of Computation
51 (1988)). NumPy takes equal distances for a number; here they stay an array, or the derivative with respect to the
points would be that of the first distance alone.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims.primitive import REGISTRY


@REGISTRY.compute
def along(axis, *bounds):
    """The index that has this slice along the axis, or one place."""
    last = bounds[0] if len(bounds) == 1 else slice(*bounds)
    return (slice(None),) * axis + (last,) if axis else last


normalize_axis_tuple = REGISTRY.compute(np.lib.array_utils.normalize_axis_tuple)


@REGISTRY.define(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    f = np.asarray(f)
    axes = tuple(range(np.ndim(f))) if axis is None else normalize_axis_tuple(axis, np.ndim(f))
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    if len(varargs) == 0:
        distances = (1.0,) * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        distances = varargs * len(axes)
    elif len(varargs) == len(axes):
        distances = varargs
    else:
        raise TypeError("invalid number of arguments")
    if f.dtype.kind in "iu":
        f = f.astype(float)
    slopes = tuple(gradient_along(f, x, k, edge_order) for x, k in zip(distances, axes, strict=True))
    return slopes[0] if len(axes) == 1 else slopes


def gradient_along(f, x, axis, edge_order):
    """The slopes along one axis, for points at ``x`` or at this distance from each other."""
    if np.ndim(x) > 1:
        raise ValueError("distances must be either scalars or 1d")
    if np.ndim(x) == 1 and len(x) != f.shape[axis]:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, "
            "at least (edge_order + 1) elements are required."
        )
    return slopes_by_step(f, x, axis, edge_order) if np.ndim(x) == 0 else slopes_at(f, x, axis, edge_order)


def slopes_by_step(f, step, axis, edge_order):
    """Points at equal distances."""
    out = np.empty_like(f)
    out[along(axis, 1, -1)] = (f[along(axis, 2, None)] - f[along(axis, None, -2)]) / (2.0 * step)
    first, second, last, before = f[along(axis, 0)], f[along(axis, 1)], f[along(axis, -1)], f[along(axis, -2)]
    if edge_order == 1:
        out[along(axis, 0)] = (second - first) / step
        out[along(axis, -1)] = (last - before) / step
    else:
        out[along(axis, 0)] = (2.0 * second - 1.5 * first - 0.5 * f[along(axis, 2)]) / step
        out[along(axis, -1)] = (1.5 * last - 2.0 * before + 0.5 * f[along(axis, -3)]) / step
    return out


def slopes_at(f, x, axis, edge_order):
    """Points anywhere: ``before`` and ``behind`` are the distances from a point to its neighbours."""
    x = np.asarray(x)
    if x.dtype.kind in "iu":
        x = x.astype(float)
    steps = np.diff(x)
    rest = np.ndim(f) - 1 - axis
    column = np.reshape(steps, (-1,) + (1,) * rest) if rest else steps
    secants = np.diff(f, axis=axis) / column
    before, behind = column[:-1], column[1:]
    left, right = secants[along(axis, None, -1)], secants[along(axis, 1, None)]
    out = np.empty_like(f)
    out[along(axis, 1, -1)] = (behind * left + before * right) / (before + behind)
    first, last = secants[along(axis, 0)], secants[along(axis, -1)]
    if edge_order == 2:
        first = first + (first - secants[along(axis, 1)]) * (steps[0] / (steps[0] + steps[1]))
        last = last + (last - secants[along(axis, -2)]) * (steps[-1] / (steps[-1] + steps[-2]))
    out[along(axis, 0)] = first
    out[along(axis, -1)] = last
    return out
