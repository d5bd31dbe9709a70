"""Arrays mutated in place, through every kind of store."""

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
A = np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9], [0.1, 0.2, 0.3]])


@program(X)
def scalar_stores(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] * x[3 - i]
    y[0] = y[1] * y[2]
    y[-1] = 5.0
    return y @ x


@program(X)
def recurrence_in_place(x):
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.tanh(0.7 * y[i - 1] + x[i])
    return y[-1]


@program(0.7, X)
def recurrence_with_a_parameter(a, x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = np.tanh(a * y[i - 1] + x[i])
    return y[-1]


@program(X)
def overwritten_again_and_again(x):
    y = np.empty(2)
    y[0] = x[0]
    y[1] = x[1]
    for k in range(4):
        y[k % 2] = y[0] * y[1] + x[k]
        y[0] = np.sin(y[1])
    return y[0] * y[1]


@program(X)
def slice_stores(x):
    y = np.ones(6)
    y[1:5] = x
    y[1:3] = y[3:5] * y[1:3]
    y[::2] = 0.5
    y[:-1] += y[1:]
    y[4:] *= x[0]
    return np.sum(y**2)


@program(X)
def overlapping_slices(x):
    y = x.copy()
    y[1:] = y[:-1]
    y[:-1] = y[1:] * x[:-1]
    y[:] = y[::-1] + y
    return y @ x


@program(A)
def two_dimensional_stores(a):
    b = np.zeros((3, 3))
    b[1, 2] = a[0, 0]
    b[0] = a[1] * 2
    b[:, 1] = a[:, 0] ** 2
    b[1:, :-1] += a[:-1, 1:]
    b[-1, -1] -= b[0, 1] * a[2, 2]
    b[2, :] *= b[0, :]
    return np.sum(b * a)


@program(np.array([[0.0, 1.0, 0.0, 2.0], [0.3, 0.2, 0.1, 0.5], [1.0, 0.0, -1.0, 0.4], [0.9, 0.8, 0.7, 0.6]]), 3)
def heat_stencil(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1, 1:-1] = u[1:-1, 1:-1] + 0.2 * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        )
    return np.sum(u**2)


@program(X, np.array([True, False, True, False]))
def boolean_store(x, mask):
    y = x * 2.0
    y[mask] = x[mask] ** 2
    y[~mask] *= 3.0
    y[y < -3] = 0.25
    return np.sum(y * x)


@program(X)
def boolean_store_of_a_scalar(x):
    y = np.exp(x)
    y[x < 0] = x[0]
    y[x > 1.5] += 1.0
    return y @ x


@program(X)
def clamped_in_place(x):
    y = x.copy()
    y[y < 0] = 0
    y[y > 1] = 1
    return np.sum(y * x)


@program(X, np.array([2, 0, 2]))
def integer_array_stores(x, index):
    y = np.zeros(4)
    y[index] = x[:3]
    y[[1, 3]] = x[1:3] * 2
    y[index] += x[0]
    np.add.at(y, index, x[1:])
    return y @ x


@program(A)
def mixed_index_stores(a):
    b = a * 1.0
    b[[0, 2], 1] = a[1, :2]
    b[np.arange(3), np.array([2, 1, 0])] *= 2.0
    b[1, [0, 2]] = 0.0
    return np.sum(b * b)


@program(X)
def augmented_whole_array(x):
    y = x.copy()
    y *= 2
    y += x
    y -= 0.5
    y /= x
    y **= 2
    return np.sum(y)


@program(X)
def augmented_cells(x):
    y = np.zeros(2)
    for i, v in enumerate(x):
        y[i % 2] += v * v
        y[0] *= 1.1
        y[1] -= y[0] * v
    return y[0] * y[1]


@program(X)
def store_into_the_parameter(x):
    x[0] = x[1] * x[2]
    x[1:] *= x[0]
    return x[-1] * x[1]


@program(X)
def parameter_overwritten_completely(x):
    s = np.sum(x)
    x[:] = 0.0
    x[0] = s
    return x * s


def fill_squares(out, x):
    for i in range(len(x)):
        out[i] = x[i] ** 2


def scale_in_place(v, factor):
    v *= factor
    v[0] += 1.0


@program(X)
def helper_fills_its_argument(x):
    y = np.empty(4)
    fill_squares(y, x)
    scale_in_place(y, x[0])
    scale_in_place(y[1:3], x[1])
    return np.sum(y)


@program(X)
def procedure_without_return(x):
    z = np.zeros_like(x)

    def put(k, v):
        z[k] = v
        if k > 0:
            z[k - 1] += v * x[k]

    for k in range(4):
        put(k, x[k] * x[0])
    return z @ z


@program(X)
def empty_filled_later(x):
    y = np.empty((2, 2))
    y[0, 0] = x[0]
    y[0, 1] = x[1]
    y[1] = x[2:]
    z = np.empty_like(y)
    z[...] = y @ y
    return np.trace(z)


@program(X)
def kept_version_of_an_array(x):
    y = x * x
    old = y.copy()
    z = np.sin(y)
    y[1] = z[0]
    y[2] = old[2] * y[1]
    return np.sum(old * y * z)


@program(X)
def stores_under_branches(x):
    y = np.zeros(4)
    for i in range(4):
        if x[i] > 0:
            y[i] = np.sqrt(x[i])
        elif i > 0:
            y[i - 1] *= x[i]
        else:
            y[:] = x[i]
    return np.sum(y)


@program(X)
def store_of_a_known_array(x):
    y = x + 1.0
    y[:2] = [3.0, 4.0]
    y[2:] = np.arange(2)
    y[3] = 1
    return y @ x


@program(X)
def broadcast_stores(x):
    y = np.zeros((3, 4))
    y[:] = x
    y[:, 1:3] = x[0]
    y[1] += x[1]
    y[:, -1:] = x[:3, None]
    y[:, :2] *= x[2]
    return np.sum(y**2)


@program(X)
def ellipsis_and_newaxis(x):
    y = np.ones((2, 3, 4))
    y[..., 0] = x[0]
    y[1, ...] *= x
    y[0, :, np.newaxis, 2] += x[1]
    return np.sum(y[..., ::2])


@program(X)
def ufunc_out(x):
    y = np.empty_like(x)
    np.multiply(x, x, out=y)
    np.add(y, x, out=y)
    np.copyto(y[:2], x[2:])
    return y @ x


@program(X)
def fill_and_sort(x):
    y = x * x
    y.sort()
    z = np.empty(4)
    z.fill(x[0])
    return y[0] * y[1] + z[2] * y[3]


@program(X)
def integer_counters_beside_floats(x):
    count = np.zeros(2, dtype=int)
    total = np.zeros(2)
    for v in x:
        k = 1 if v > 0 else 0
        count[k] += 1
        total[k] += v * v
    return total[1] / count[1] + total[0]


@program(np.array([4.0, 1.0, 3.0, 2.0]))
def bubble_sort(x):
    y = x.copy()
    n = len(y)
    for i in range(n):
        for j in range(n - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    return y[0] ** 3 + y[1] ** 2 * y[3] + y[2]


@program(A)
def gauss_seidel_sweeps(a):
    x = np.zeros(3)
    b = a[0] + 1.0
    for _ in range(2):
        for i in range(3):
            s = b[i]
            for j in range(3):
                if j != i:
                    s -= a[i, j] * x[j] * 0.1
            x[i] = s / (4.0 + a[i, i])
    return x @ b


@program(X)
def prefix_sums_in_place(x):
    y = x * x
    for i in range(1, len(y)):
        y[i] += y[i - 1]
    for i in range(len(y) - 2, -1, -1):
        y[i] *= y[i + 1]
    return y[0]


@program(X, np.array([1, 2, 3, 0]))
def scatter_by_variable_index(x, perm):
    y = np.zeros(4)
    for i in range(4):
        y[perm[i]] = x[i] * (i + 1)
    k = int(perm[0])
    y[k] = y[k] * y[k - 1]
    return np.sum(y * x)


@program(X.astype(np.float32))
def single_precision_stores(x):
    y = np.zeros(4, dtype=np.float32)
    for i in range(4):
        y[i] = x[i] * 2
    y[1:] += y[:-1] * x[0]
    return y @ x


@program(0.7, 5)
def power_table(x, n):
    table = np.zeros((2, n))
    table[0, 0] = 1.0
    for k in range(1, n):
        table[0, k] = table[0, k - 1] * x
        table[1, k] += table[0, k] ** 2
        table[0, k] *= 0.9
    return np.sum(table[1]) * table[0, -1]
