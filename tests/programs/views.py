"""Aliases and views: a store through one name is seen through all."""

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
A = np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9], [0.1, 0.2, 0.3]])


@program(X)
def store_through_a_slice(x):
    y = x * 1.0
    v = y[1:3]
    v *= 2
    v[0] = x[0] * v[1]
    return np.sum(y * y)


@program(X)
def alias(x):
    a = x * 2.0
    b = a
    b[0] = x[1]
    a[1] *= b[0]
    c = b
    c += x
    return a @ x


@program(A)
def row_then_element(a):
    b = a.copy()
    b[0][1] = a[2][2]
    b[1][:2] *= a[0][0]
    for i in range(3):
        b[i][i] += b[i][0]
    return np.sum(b * a)


@program(A)
def transposed_view(a):
    b = a * 1.0
    b.T[0, 1] = a[1, 1]
    b.T[2] += a[0]
    t = b.T
    t[:, 0] *= 2.0
    return np.sum(b * a.T)


@program(X)
def reshaped_view(x):
    y = x * x
    m = y.reshape(2, 2)
    m[0] += m[1]
    m[1, 1] = x[0]
    f = m.ravel()
    f[2] *= y[3]
    return y @ x


@program(A)
def flatten_is_a_copy(a):
    b = np.zeros(a.shape)
    b[:] = a
    f = a.flatten()
    f[0] = 100.0
    g = b.T.ravel()
    g[1] = 50.0
    return np.sum(f * g) + a[0, 0] + b[0, 1]


@program(X)
def view_of_a_view(x):
    y = np.sin(x)
    outer = y[1:]
    inner = outer[::2]
    inner[1] = x[0]
    outer[1] = inner[0] * inner[1]
    y[1] = 0.5
    return inner @ outer[:2] + y[0]


@program(X)
def view_read_after_the_store(x):
    y = x * x
    head = y[:2]
    before = head[0] * head[1]
    y[0] = x[3]
    y[1:] *= 2.0
    return before * head[0] + head[1]


@program(X, 4)
def swapped_buffers(x, steps):
    u = x.copy()
    un = np.empty_like(u)
    for _ in range(steps):
        un[0] = u[0]
        un[-1] = u[-1]
        un[1:-1] = u[1:-1] + 0.3 * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
        u, un = un, u
    return np.sum(u * un)


@program(X, 3)
@program(X, 4, name="swapped_then_stored_even")
def swapped_then_stored(x, steps):
    a = x * 1.0
    b = x * x
    for k in range(steps):
        a[k] = b[k] * a[0]
        a, b = b, a
    return a @ a + b[0] * b[1]


@program(X)
def parameter_and_its_alias(x):
    y = x
    y[0] = 3.0 * x[1]
    return x[0] * y[1] + x[2]


@program(X, X * 2.0)
def alias_chosen_by_a_branch(x, y):
    target = x * 1.0
    other = y * 1.0
    chosen = target if x[0] > 0 else other
    result = chosen[1:] * other[0]
    return np.sum(result) * target[0]


def first_half(v):
    return v[: len(v) // 2]


@program(X)
def view_returned_by_a_helper(x):
    y = np.exp(x)
    h = first_half(y)
    h[:] = x[2:] * h
    return np.sum(y)


@program(A)
def rows_in_a_loop_mutated(a):
    b = a * a
    for row in b:
        row /= np.sum(row)
        row[0] = 1.0 - row[1]
    return np.sum(b * a)


@program(A)
def rows_enumerated_and_zipped(a):
    b = np.zeros((3, 3))
    for i, row in enumerate(b):
        row[i:] = a[i, i:]
    for r, s in zip(b, a):
        r += s * s
    return np.sum(b**2)


@program(A)
def diagonal_by_indices(a):
    b = a.copy()
    i = np.arange(3)
    b[i, i] += 2.0
    d = b[i, i]
    d[0] = 0.0
    return np.sum(d * b[0])


@program(X)
def expanded_view(x):
    y = x * 1.0
    column = y[:, None]
    column[0, 0] = x[1]
    column *= 2.0
    return np.sum(column.T @ column) * y[0]


@program(np.arange(1.0, 9.0).reshape(2, 2, 2))
def swapped_axes_view(t):
    u = t * 0.5
    s = np.swapaxes(u, 0, 2)
    s[0, 1] += t[1, 1]
    np.moveaxis(u, 0, -1)[1] *= 2.0
    return np.sum(u * t)


@program(X)
def asarray_is_no_copy(x):
    y = np.asarray(x) * 1.0
    z = np.asarray(y)
    z[0] = 2.0
    w = np.array(y)
    w[1] = 9.0
    return y @ x


@program(X)
def copies_are_copies(x):
    y = x * x
    z = y.copy()
    w = y[:]
    z[0] = 1.0
    w[1] = z[1] * 2.0
    return np.sum(y * z * w)


@program(X)
def slice_assigned_from_itself(x):
    y = x * x
    y[1:3] = y[1:3][::-1]
    v = y[::-1]
    v[0] = y[0] * v[1]
    return np.sum(y * np.arange(4.0))


@program(A, 1)
def row_picked_at_run_time(a, k):
    b = a * 2.0
    row = b[k]
    row[k] = a[0, 0]
    k = k + 1
    row[0] *= b[k, 0]
    return np.sum(b) * row[0]


@program(X)
def list_of_arrays_shares(x):
    rows = [x * 1.0, x * 2.0]
    first = rows[0]
    first[1] = x[0]
    rows[1][2] += rows[0][1]
    return rows[0] @ rows[1]


@program(np.array([0.3, 0.7, 1.1]))
def slices_of_flat_are_copies(x):
    a = np.outer(x, x)
    part = a.flat[1:5]
    a *= 2.0
    part[0] = x[0]
    a.flat[2] = x[1]
    a.flat[5:7] = x[2]
    return np.sum(a * a) + part.sum() + sum(v for v in a.flat)
