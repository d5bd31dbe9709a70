"""What is not selected stays out of the derivative, also where its slope is infinite: masks, overwritten cells, bounds.

The sample points hold the singular places themselves; there the program is constant, so differences exist.
"""

import numpy as np

from tests.programs import program

T = np.array([0.0, 0.5, 2.0, 1.1])  # the zero is held in place by the programs


@program(np.array([0.5, 1.3]))
def quotient_then_mask(a):
    b = np.concatenate((np.zeros(1), a, np.zeros(1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.ones(4) / b
    r[b == 0] = 0.0
    return np.sum(r * r)


@program(np.array([0.5, 1.3, -0.7]))
def distances_without_the_diagonal(x):
    d = np.sqrt((x[:, None] - x[None, :]) ** 2)
    np.fill_diagonal(d, 10.0)
    return d.min(axis=1) * x


@program(np.array([[0.5, 1.3], [-0.7, 0.2], [1.0, 1.1]]))
def pairs_of_a_distance_matrix(x):
    d = np.sqrt(np.sum((x[:, None] - x[None, :]) ** 2, axis=-1))
    i, j = np.nonzero(np.arange(3)[:, None] < np.arange(3))
    return d[i, j] ** 2 + 1.0 / d[i, j]


@program(0.8)
def roots_where_positive(scale):
    y = np.sqrt(scale * T)
    return np.sum(y[T > 0]) * scale


@program(0.8)
def logarithm_bounded_below(scale):
    with np.errstate(divide="ignore"):
        y = np.maximum(np.log(scale * T), -10.0)
        z = np.clip(1.0 / (scale * T), 0.1, 5.0)
        w = np.nan_to_num(np.log(scale * T), neginf=0.0)
    return y * scale + z * w + np.fmin(1.0 / (scale * T), 4.0)


@program(0.8)
def first_frequency_set_apart(scale):
    with np.errstate(divide="ignore"):
        inverse = 1.0 / (scale * T) ** 2
    inverse[0] = 0.0
    return inverse * scale


@program(np.array([0.3, 0.9, 1.6, 2.1]))
def both_sides_of_a_mask(x):
    """The masks are opposite: neither store overwrites the other's cells."""
    low = x < 1.0
    y = np.empty_like(x)
    y[low] = np.exp(-x[low])
    y[~low] = np.log(x[~low]) / x[~low]
    return y * x
