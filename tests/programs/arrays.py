"""NumPy as it is used: reductions, products, shapes, indexing, methods, creation."""

import math

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
P = np.array([0.5, 1.2, 0.8, 1.7])
A = np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9]])
S = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.1]])


@program(A)
def reductions_with_axes(a):
    r = np.sum(a, axis=0) * np.mean(a, axis=0)
    s = np.sum(a, axis=1, keepdims=True) - a.mean(1, keepdims=True)
    t = a.sum(axis=-1) @ np.array([1.0, 2.0])
    return np.sum(r) + np.sum(s * a) * t + np.sum(a, axis=(0, 1)) ** 2


@program(A)
def extremes(a):
    return np.max(a) * np.min(a, axis=0)[1] + a.max(axis=1) @ np.array([1.0, 3.0]) + np.amax(a) * np.amin(a)


@program(A)
def variance_and_deviation(a):
    z = (a - a.mean(axis=0)) / (a.std(axis=0) + 0.1)
    return np.sum(z * a) + np.var(a) * np.std(a, axis=1, ddof=1)[0] + np.var(a, axis=0, keepdims=True)[0, 1]


@program(X)
def products_and_cumulative(x):
    return np.prod(x) + np.cumsum(x) @ np.cumprod(x) + x.prod() * x.cumsum()[2]


@program(np.array([2.0, 0.0, 3.0]))
@program(np.array([0.0, 0.0, 3.0]), name="product_with_two_zeros")
def product_with_a_zero(x):
    return np.prod(x) * (1.0 + x[2])


@program(A, np.array([0.4, -0.3, 0.9]))
def matrix_products(a, v):
    g = a @ a.T
    h = np.dot(a, v)
    k = a.T.dot(h)
    return np.inner(k, v) + h @ g @ h + np.matmul(v, a.T)[0] + np.outer(h, v)[1, 2] + np.vdot(a, a)


@program(A, S)
def einsum_and_tensordot(a, s):
    q = np.einsum("ij,jk,lk->il", a, s, a)
    r = np.tensordot(a, s, axes=1)
    t = np.tensordot(a, a, axes=([0], [0]))
    return np.trace(q) + np.sum(r * a) + np.einsum("ii", t) + np.einsum("ij->j", a) @ s[0]


@program(np.arange(1.0, 9.0).reshape(2, 2, 2) / 5.0, np.array([[0.1, 0.2], [0.3, -0.4]]))
def batched_matmul(t, m):
    u = t @ m
    v = np.matmul(m, t)
    return np.sum(u * v) + np.sum(t @ np.array([1.0, -1.0]))


@program(np.arange(1.0, 7.0))
def shaping(x):
    m = x.reshape(2, 3)
    n = np.reshape(x, (3, -1)).T
    e = np.expand_dims(x, 0)
    s = np.squeeze(e[:, :3])
    f = m.flatten() * np.ravel(n)
    w = np.swapaxes(m[None], 1, 2) * np.transpose(m)
    return np.sum(f) * s[1] + np.sum(w[0] * np.moveaxis(m[None], 0, -1)[1]) + x[None, :, None].squeeze()[2]


@program(A, np.array([0.3, 0.6, -0.1]))
def joining(a, v):
    c = np.concatenate([a, v[None, :], a * 2], axis=0)
    s = np.stack([v, v * v], axis=1)
    h = np.hstack([a, a[:, :1]])
    u = np.vstack((v, a))
    col = np.column_stack([v, v[::-1]])
    return np.sum(c[2:4]) * np.sum(s[:, 1]) + h[0] @ h[1] + np.sum(u * u[::-1]) + np.sum(np.concatenate((v, v)) * 2) * col[0, 1]


@program(np.array([0.3, 0.6, -0.1]))
def repeating(v):
    t = np.tile(v, 2)
    r = np.repeat(v, 2)
    b = np.broadcast_to(v, (2, 3))
    f = np.flip(v) * v[::-1]
    g = np.roll(v, 1)
    return t @ r + np.sum(b * b) + f[0] + g @ v + np.sum(np.tile(v, (2, 1)) * np.repeat(v[None], 2, axis=0))


@program(S)
def diagonals_and_triangles(s):
    d = np.diag(s)
    m = np.diag(d * d)
    return np.sum(np.tril(s) @ np.triu(s, 1)) + np.sum(m * s) + np.trace(s) * d[1] + np.sum(np.tril(s, -1) ** 2)


@program(X)
def indexing_of_every_kind(x):
    y = x[[0, 0, 1]]
    z = x[np.array([3, -1])]
    m = x[x > 0]
    n = x[1:-1:1] * x[-2:0:-1]
    e = x[..., None][1, 0] * x[None][0, 2]
    return np.sum(y * y) + z[0] * z[1] + np.sum(m) + np.sum(n) + e + x[-1]


@program(A)
def two_dimensional_indexing(a):
    i = np.array([0, 1, 1])
    p = a[i, [2, 0, 0]]
    q = a[:, [0, 2]]
    r = a[1, ::-1]
    s = a[a > 0.4]
    t = a[np.newaxis, 1:, :-1]
    return p @ p + np.sum(q * q) + r @ a[0] + np.sum(s) ** 2 + t.sum() * a[-1, -1] + a[np.ix_([0, 1], [1, 2])].sum()


@program(A, np.array([0.3, 0.6, -0.1]), np.array([[1.5], [0.5]]), 2.5)
def broadcasting(a, row, column, scalar):
    y = a * row + column
    z = row * column - scalar
    w = (y / (2.0 + z * z)) ** 2
    return np.sum(w) + np.sum(row + column) * scalar + np.sum(column + column.T)


@program(np.array([1.5]), np.array([[0.5, 1.0], [2.0, 3.0]]))
def broadcasting_of_length_one(x, a):
    return np.sum(a * x + x) + np.sum(a[:, :1] * a + a[:1] * x)


@program(P)
def elementwise_functions(x):
    y = np.sin(x) + np.cos(x) * np.tan(x * 0.3) + np.exp(-x) + np.log(x) + np.log1p(x) + np.expm1(x * 0.1)
    z = np.sqrt(x) + np.cbrt(x) + np.square(x) + np.tanh(x) + np.sinh(x * 0.2) * np.cosh(x * 0.2) + np.reciprocal(x)
    w = np.arcsin(x / 3) + np.arccos(x / 3) + np.arctan(x) + np.arcsinh(x) + np.arccosh(x + 2) + np.arctanh(x / 3)
    v = np.log2(x) + np.log10(x) + np.exp2(x) + np.abs(x - 1) + np.sign(x) + np.degrees(x) + np.radians(x)
    return np.sum(y * z + w * v)


@program(P, P[::-1] * 1.1)
def binary_functions(x, y):
    a = np.arctan2(x, y) + np.hypot(x, y) + np.power(x, y) + np.logaddexp(x, y)
    b = np.maximum(x, y) * np.minimum(x, y) + np.add(x, y) - np.subtract(x, y) * np.divide(x, y)
    c = np.fmod(x * 3, y) + np.remainder(x * 3, y) + np.copysign(x, y) + np.float_power(x, 1.5) + np.multiply(x, y)
    return np.sum(a * b + c) + np.sum(np.negative(x) ** 2) + np.sum(x**3 / y)


@program(0.4, 1.7)
def math_module(x, y):
    a = math.sin(x) * math.cos(y) + math.tan(x) + math.exp(x) * math.log(y) + math.sqrt(y) + math.pow(x, y)
    b = math.asin(x) + math.acos(x) + math.atan(y) + math.atan2(x, y) + math.hypot(x, y) + math.sinh(x)
    c = math.cosh(y) + math.tanh(x) + math.log2(y) + math.log10(y) + math.log1p(x) + math.expm1(x) + math.erf(x)
    d = math.fabs(-x) + math.log(y, 3) + math.degrees(x) + math.radians(y) + math.floor(y) * x + math.copysign(x, -1)
    return a * b + c * d + math.fsum([x, y]) + math.prod([x, y, 2.0]) + math.gamma(y) + math.lgamma(y) + math.erfc(y)


@program(0.4, 1.7)
def python_numbers(x, y):
    q, r = divmod(5 * y, x)
    return abs(-x) + pow(x, y) + q * r + round(y) * x + max(x, y) * min(x, y) + sum([x, y]) + int(y) * x + float(y) + x**-2


@program(A)
def methods(a):
    b = a.copy().astype(float)
    return (
        b.T.reshape(-1).dot(a.ravel()) + b.sum() + a.transpose().mean() + a.clip(-0.5, 1.5).sum() + a.min() * b.max()
        + b.flatten()[1] + a.swapaxes(0, 1)[0, 1] + a.squeeze().trace() + a.item(0) * a.size + np.float64(a[0, 0]).item()
    )  # fmt: skip


@program(X)
def creation_functions(x):
    n = len(x)
    grid = np.linspace(0.0, 1.0, n)
    y = np.zeros((n, n)) + np.eye(n) * x + np.full((n,), 0.5) * np.arange(n)
    z = np.ones_like(x) * x + np.zeros_like(x) + np.full_like(x, 2.0)
    w = np.array([x[0], 1.0, x[1] * 2]) @ np.asarray([1, 2, 3]) + np.identity(n)[0] @ x
    return np.sum(y @ z) * w + grid @ x + np.linspace(x[0], x[3], 5)[2]


@program(X)
def array_displays(x):
    a, b = x[0], x[1]
    rotation = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    v = rotation @ np.array([b, x[2]])
    block = np.array([x[:2], x[2:], v])
    return np.sum(block**2 * np.array([[1.0], [2.0], [3.0]])) + v[0] * v[1]


@program(X)
def selection(x):
    y = np.where(x > 0, x**2, -x)
    z = np.select([x > 1, x > 0], [x, x * x], default=-0.5)
    w = np.clip(x, -1.0, 1.0) + np.maximum(x, 0.1) * np.minimum(0.3, x)
    k = np.argmax(x)
    return np.sum(y * z) + w @ x + x[k] * x[np.argmin(x)] + np.sum(np.where(x > 0, 1.0, x)) + np.count_nonzero(x > 0) * x[0]


@program(X)
def softmax_and_cross_entropy(x):
    e = np.exp(x - np.max(x))
    p = e / e.sum()
    return -np.log(p[1]) + p @ x


@program(S)
def log_sum_exp_by_rows(s):
    m = s.max(axis=1, keepdims=True)
    return (m[:, 0] + np.log(np.exp(s - m).sum(axis=1))) @ np.array([1.0, 2.0, -1.0])


@program(A)
def norms(a):
    return (
        np.linalg.norm(a) + np.linalg.norm(a[0]) * np.linalg.norm(a, axis=0)[1] + np.linalg.norm(a[1], 1)
        + np.linalg.norm(a[1], np.inf) + np.linalg.norm(a, "fro") + np.sum(np.linalg.norm(a, axis=1, keepdims=True) * a)
    )  # fmt: skip


@program(S, np.array([0.5, -1.0, 2.0]))
def solve_inverse_determinant(s, b):
    x = np.linalg.solve(s, b)
    inverse = np.linalg.inv(s)
    return x @ x + np.sum(inverse * s.T) + np.linalg.det(s) * b[0] + np.sum(np.linalg.solve(s, s.T * 2)[0])


@program(S, np.array([0.5, -1.0, 2.0]))
def gaussian_log_density(s, x):
    l = np.linalg.cholesky(s @ s.T + np.eye(3))  # noqa: E741
    z = np.linalg.solve(l, x)
    return -0.5 * z @ z - np.sum(np.log(np.diag(l))) - 1.5 * np.log(2 * np.pi)


@program(X)
def differences(x):
    d = np.diff(x)
    g = x[1:] - x[:-1]
    return np.sum(d**2 * np.arange(1, 4)) + d @ g + np.sum((x[2:] - 2 * x[1:-1] + x[:-2]) ** 2)


@program(X, np.array([2, 0, 3, 1]))
def sorting_and_permuting(x, p):
    s = np.sort(x)
    o = np.argsort(x)
    return s @ np.array([1.0, 2.0, 3.0, 4.0]) + x[o][0] * x[p][1] + np.sum(x[p] * x)


@program(np.array([[0.0, 1.0], [2.0, 0.5], [1.5, -1.0]]))
def pairwise_distances(p):
    d = p[:, None, :] - p[None, :, :]
    r2 = (d**2).sum(-1) + np.eye(3)
    return np.sum(1.0 / np.sqrt(r2)) + np.sum(np.exp(-r2))


@program(X)
def array_result(x):
    y = np.outer(x, x)
    return y[1:], {"trace": np.trace(y), "shape": y.shape}


@program(0.7, 3)
def integers_mixed_in(x, n):
    k = np.arange(n)
    y = x**k + k / n + k * x
    i = np.array([1, 2, 3]) * x
    return np.sum(y * i[:n]) + np.sum(k) * x + 2**n * x


@program(np.zeros((0,)), 1.5)
def empty_array(x, y):
    return np.sum(x) * y + y * y


@program(X)
def zero_times_something(x):
    y = x * 0
    z = x * 1.0
    z[0] = 7.0
    return np.sum(y + z) + (x - x)[1] + np.sum(x**0)


@program(np.array(1.5), np.array([[2.0]]))
def zero_dimensional(x, y):
    return x * x * y[0, 0] + np.sum(np.atleast_1d(x)) * y.item()
