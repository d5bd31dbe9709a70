"""How array libraries take their arguments: conversions, decisions on types and ranks, ufunc keywords, masked stores."""

import warnings

import numpy as np

from tests.programs import program

X = np.array([0.5, 1.2, 0.8, 1.7])
P = np.array([0.3, 0.9, 1.4, 0.6])
A = np.array([[1.0, 0.4, 0.2], [0.5, 1.3, 0.9]])


@program(X, name="piecewise_store_array")
@program(np.float64(0.7), name="piecewise_store_numpy_scalar")
@program(0.7, name="piecewise_store_number")
@program(0.2, name="piecewise_store_other_side")
def piecewise_store(x):
    """One code for numbers and arrays: the mask of a number is a single bool."""
    x = np.asarray(x, dtype=float)
    big = x > 0.6
    y = np.empty_like(x)
    y[big] = np.sqrt(x[big] - 0.3)
    y[~big] = 2.0 * x[~big] ** 2
    return y.sum() * 1.5


@program(X, 1.3)
def ufunc_keywords(x, scale):
    safe = np.zeros_like(x)
    np.divide(scale, x, out=safe, where=x > 0.6)
    logs = np.log(x, out=np.full_like(x, -2.0), where=x > 1.0)
    total = np.add(safe, logs, dtype=float, casting="same_kind")
    return np.multiply(total, x, out=...) + np.subtract(x, scale, where=True)


@program(np.array([0.0, 0.5, 2.0]), np.array([1.0, 2.0, 0.0]), wrt=(0,))
def quotient_where_it_exists(a, b):
    """Where the divisor is zero there is nothing to warn of, and no derivative."""
    with np.errstate(divide="ignore"):
        return np.divide(a, b, out=np.zeros_like(a), where=b != 0.0)


@program(X)
def attribute_of_a_series(x):
    """Arrays take no attributes; the library goes on without."""
    projection = np.cos(x)
    try:
        projection.name = "projection"
    except AttributeError:
        projection = projection * 2.0
    try:
        values = projection.values
    except AttributeError:
        values = projection
    return values * x


@program(X)
def warns_and_goes_on(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = np.sqrt(x)
    if x[0] > 100.0:
        warnings.warn(f"{x[0]} is out of range", RuntimeWarning, stacklevel=2)
    return y * x


@program(X)
def methods_with_underscores(x):
    return x.__mul__(x).__rsub__(3.0).__truediv__(x.__len__()) + x.__getitem__(0) ** x.__neg__().__abs__()


@program(X, P)
def overwritten_by_functions(x, p):
    y = x.copy()
    np.place(y, y > 1.0, [p[0], p[1]])
    np.putmask(y, y < 0.85, p * x)
    np.put(y, [0, -1], [3.0 * x[1], x[2]])
    z = np.zeros((2, 4))
    np.put_along_axis(z, np.array([[1, 0, 1, 0]]), np.array([y]), axis=0)
    return np.extract(y > 0.5, y).sum() * z


@program(X, P)
def inserted_and_deleted(x, p):
    a = np.insert(x, 1, p[:2])
    b = np.insert(x, [1, 3, 3], p[1:])
    c = np.delete(a, [0, 2])
    d = np.delete(b, slice(1, 4))
    return np.sum(a * a) + c @ np.array([1.0, 2.0, 3.0, 4.0]) * d


@program(A, np.array([0.7, 0.1]))
def columns_inserted(a, v):
    wide = np.insert(a, 1, v, axis=1)
    tall = np.insert(a, 2, 5.0 * a[0], axis=0)
    return np.delete(wide, 0, axis=1) * 2.0 + np.delete(tall, -1, 0)


@program(np.array([0.5, 1.2, 0.9, 1.7, 0.4]))
def distinct_elements(x):
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    return values * counts + values[inverse] @ np.arange(5.0) * np.union1d(values, x[:2] + 0.01)[1:6]


@program(X, P)
def chosen_by_number(x, p):
    which = np.array([0, 2, 1, 0])
    a = np.choose(which, [x, p, x * p])
    b = np.resize(x, (2, 3))
    c = np.vander(p, 3, increasing=True)
    return a * np.sum(b * b) + np.trim_zeros(np.concatenate((np.zeros(2), x))) + c[:, 2]


@program(A)
def order_of_memory(a):
    f = np.asarray(a, order="F")
    c = np.array(a, copy=None, ndmin=3, subok=True)
    return np.ascontiguousarray(f.T) @ c[0] + np.asfortranarray(a).sum() + np.asarray(a, copy=True)[0, 0]


@program(X, 0.4)
def axes_by_name(x, shift):
    axis = np.lib.array_utils.normalize_axis_index(-1, x.ndim)
    bins = np.array([0.0, 0.7, 1.5])
    return np.flip(x, axis) * shift ** np.digitize(x, bins)


@program(X, 0.4)
def joined_by_an_index(x, end):
    row = np.r_[end, x, x[:2], 1:3]
    columns = np.c_[x, x**2, np.ones(4)]
    return columns.T @ x * row[:3].sum() + np.r_[x * end][-1]
