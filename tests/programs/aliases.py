"""Names that are one array on some paths only: conditional aliases, swaps, views that are carried along, helpers."""

import numpy as np

from tests.programs import program

X = np.array([0.31, -0.47, 0.83, 0.52])
Y = np.array([0.7, 0.2, -0.6, 0.4])
A = np.arange(12.0).reshape(4, 3) / 7 - 0.6
B = np.cos(np.arange(12.0)).reshape(4, 3)


def bump(t, k):
    t[1] += k * t[0]
    t[2:] *= 0.5


def maybe(t, k):
    return t if k > 0.1 else t.copy()


@program(X, 0.37)
def alias_or_copy_known_sign(x, s):
    b = x * s
    a = b if s > 0 else b.copy()
    a[0] = 3.0 * s
    return (b * x).sum() + a @ a


@program(X, 0.37)
def alias_or_copy(x, s):
    b = x * s
    a = b if x[0] > 0 else b.copy()
    a[0] = 3.0 * s
    return (b * x).sum() + a @ a


@program(X, 0.37)
def alias_or_zeros(x, s):
    w = x * s
    if x[0] > 0:
        y = w
    else:
        y = np.zeros(4)
    for i in range(4):
        y[i] = y[i] * 2 + x[i] * s
    return y.sum() + (w ** 2).sum()


@program(X, 0.37, True, wrt=(0, 1))
def inplace_flag(x, s, c):
    y = x * s
    z = y if c else y.copy()
    z += 1.0
    z *= y
    return z.sum() + y @ x


@program(X, Y)
def one_of_two_arguments(x, y):
    z = x if y[0] > 0.5 else y
    z[0] = 1.0
    z[1] *= y[2]
    return (x * y).sum() + (z ** 2).sum()


@program(X, Y)
def two_arrays_store_parent(x, y):
    a, b = x * 2, y * 3
    z = a if x[0] > 0 else b
    a[1] = x[0] * y[1]
    b[2] *= x[1]
    z *= 2
    return (a * b * z).sum() + (a**2).sum()


@program(A, B, 0.37)
def rows(A, B, s):
    a, b = A * s, B * s
    row = a[1] if B[0, 0] > 0 else b[2]
    row += s
    row[1] *= row[0]
    return (a * b).sum() + row @ row + (a ** 2).sum()


@program(A, 0.37)
def row_index(A, s):
    a = A * s
    k = 1 if s > 0 else 2
    row = a[0] if A[0, 0] > s else a[k]
    row *= 2.0
    return (a * A).sum() + (row ** 2).sum()


@program(X, 0.37)
def swap_cond_loop(x, s):
    a, b = x * s, x + s
    for t in range(5):
        a[t % 4] += 0.5 * b[0] * b[1]
        if t % 2:
            a, b = b, a
        b *= 0.9
    return a @ x + (b ** 2).sum()


@program(X, 0.37)
def swap_data_loop(x, s):
    a, b = x * s, x + s
    u, v = a, b
    for t in range(5):
        a[t % 4] += 0.5 * b[0] * b[1]
        if a[0] > b[1]:
            a, b = b, a
        b *= 0.9
    return a @ x + (b ** 2).sum() + u[0] * v[1] + (u * v).sum()


@program(X, 0.37)
def prev_cur(x, s):
    cur = x * s
    for i in range(4):
        prev = cur
        cur += prev * 0.5 * s
    return cur @ prev


@program(X, 0.37)
def prev_cur2(x, s):
    cur = x * s
    prev = cur
    for i in range(4):
        cur += prev[i] * 0.5 * s
        if cur[0] > 0.3:
            prev = cur.copy()
    return cur @ prev


@program(X, 0.37)
def best_alias(x, s):
    best, xb = 1e9, x
    z = x.copy()
    for i in range(6):
        z *= 0.8 * s
        z += 0.1
        e = ((z - 0.3) ** 2).sum()
        if e < best:
            best = e
            xb = z
    return best + xb @ x


@program(X, 0.37)
def best_copy(x, s):
    best, xb = 1e9, x
    z = x.copy()
    for i in range(6):
        z *= 0.8 * s
        z += 0.1
        e = ((z - 0.3) ** 2).sum()
        if e < best:
            best = e
            xb = z.copy()
    return best + xb @ x


@program(A, 0.37)
def view_across(A, s):
    a = A * s
    row = a[0]
    for i in range(1, 4):
        row *= 1.5
        a[i] += row
        row = a[i]
    row += 1.0
    return (a ** 2).sum() + row.sum()


@program(A, 0.37)
def last_row(A, s):
    a = A * s
    for i in range(4):
        row = a[i]
    row *= 3.0
    return (a ** 2).sum()


@program(A, 0.37, 5, wrt=(0, 1))
def last_row_n(A, s, n):
    a = A * s
    for i in range(n - 1):
        row = a[i]
        row += row[::-1] * s
    row *= 3.0
    return (a ** 2).sum() + row[0]


@program(X, 0.37, 5, wrt=(0, 1))
def pingpong(x, s, n):
    bufs = [x * s, np.zeros(4)]
    for t in range(n):
        src, dst = bufs[t % 2], bufs[1 - t % 2]
        dst[1:] = src[:-1] * 0.5 + src[1:] ** 2
        dst[0] = s
    return bufs[n % 2] @ x + bufs[0].sum()


@program(X, 0.37, 5, wrt=(0, 1))
def pingpong_arr(x, s, n):
    bufs = np.zeros((2, 4))
    bufs[0] = x
    for t in range(n):
        cur, nxt = bufs[t % 2], bufs[(t + 1) % 2]
        nxt[:] = np.sin(cur) * s
    return (bufs ** 2).sum()


@program(X, 0.37, 5, wrt=(0, 1))
def leapfrog(x, s, n):
    old, cur, new = x.copy(), x * s, np.zeros_like(x)
    for t in range(n):
        new[1:-1] = 2 * cur[1:-1] - old[1:-1] + 0.1 * (cur[2:] - 2 * cur[1:-1] + cur[:-2])
        new[0] = s * t
        old, cur, new = cur, new, old
    return (cur ** 2).sum() + old @ x


@program(X, 0.37)
def while_swap(x, s):
    a, b = x * s, x + s
    n = 0
    while n < 8:
        n += 1
        b[:] = 0.5 * a + np.roll(a, 1) * s
        if np.abs(a - b).max() < 0.05:
            break
        a, b = b, a
    return a @ a + b @ x


@program(A, 0.37)
def row_swap_fancy(A, s):
    a = A * s
    a[[0, 2]] = a[[2, 0]]
    a[1, :] *= a[0]
    return (a * A ** 2).sum()


@program(A, 0.37)
def row_swap_copy(A, s):
    a = A * s
    a[0], a[2] = a[2].copy(), a[0].copy()
    return (a * A ** 2).sum()


@program(A, 0.37)
def row_swap_wrong(A, s):
    a = A * s
    a[0], a[2] = a[2], a[0]
    return (a * A ** 2).sum()


@program(A, 0.37)
def for_row(A, s):
    a = A * s
    for row in a:
        row *= 2
        row[0] += row[1]
    return (a ** 2).sum()


@program(X, 0.37)
def puts(x, s):
    a = x * s
    np.put(a, [0, 2], [s, s * 2])
    np.place(a, a < 0, [s * 0.5])
    np.putmask(a, x > 0.6, x * s)
    np.copyto(a, x ** 2, where=x > 0.5)
    return (a * x).sum()


@program(X, Y)
def outs(x, y):
    c = np.zeros(5)
    np.add(x, y, out=c[1:])
    np.multiply(c[:-1], 2.0, out=c[:-1])
    np.sin(c, out=c)
    return (c ** 2).sum()


@program(X, 0.37)
def sort_view(x, s):
    a = np.concatenate([x * s, x])
    a[2:6].sort()
    a[::2].sort()
    return a @ np.arange(8.0)


@program(X, 0.37)
def dict_alias(x, s):
    d = {"u": x * s, "v": x + s}
    w = d["u"]
    w[0] = 2.0
    d["v"], d["u"] = d["u"], d["v"]
    d["u"] += w
    w *= 2
    return (d["u"] * d["v"]).sum()


@program(X, 0.37)
def dict_loop(x, s):
    d = {"u": x * s, "v": x + s}
    for i in range(20):
        d["u"][i % 4] += 0.1 * d["v"][0]
        d["u"], d["v"] = d["v"], d["u"]
    return (d["u"] * x).sum() + d["v"][0]


@program(X, 0.37)
def asarray_maybe(x, s):
    y = np.asarray(x * s)
    z = np.atleast_1d(y)
    z[0] = s
    return (y ** 2).sum()


@program(A, 0.37)
def ravel_unknown(A, s):
    a = A * s
    r = a.T.ravel()
    r[1] *= 2
    q = a.ravel()
    q[2] *= 3
    return (a ** 2).sum() + r @ q


@program(X, 0.37)
def helper_stores_into_one_of_two(x, s):
    a, b = x * s, x + s
    t = a if x[0] > 0 else b
    bump(t, s)
    return a @ b + t @ x


@program(X, 0.37)
def helper_gives_it_back_or_a_copy(x, s):
    a = x * s
    b = maybe(a, x[1])
    c = maybe(a, x[0])
    b[0] = 2.0 * s
    c *= b
    return a @ b + c @ x


@program(X, 0.37)
def view_of_one_of_two(x, s):
    a, b = x * s, x + s
    v = (a if x[0] > 0 else b)[1:3]
    v *= 2.0
    a[1] += v[0]
    return a @ b + v @ x[:2]


@program(X, 0.37)
def view_of_a_base_that_is_rebound(x, s):
    a = x * s
    v = a[1:]
    for i in range(3):
        a = a + v[0] if x[0] > 0 else a
        v *= 0.5
        a[2] += 0.1
    return a @ x + v[0] * v[1]


@program(X, 0.37)
def alias_of_an_alias_in_a_loop(x, s):
    a, b, c = x * s, x + s, x
    for i in range(4):
        if i % 2:
            c = a
        a, b = b, a
        c = c + 0.0 if c[0] > 0.5 else c
        c[i] = 0.3 * a[0] + b[1]
    return a @ b + c @ x


@program(X, 0.37)
def aliases_part_in_a_while(x, s):
    u, w = x * s, x * 0.5
    n = 0
    while u[0] + w[0] < 3.0 and n < 6:
        old = u
        u = w if w[1] > 0.1 else u
        u[1] += 0.3
        w[0] += 0.2 * old[1]
        n += 1
    return u @ w + old @ x


@program(X, 0.37)
def rotation_with_a_condition(x, s):
    a, b, c = x * s, x + s, x * x
    for i in range(5):
        if a[0] > b[0]:
            a, b, c = c, a, b
        a[i % 4] += 0.2 * b[1]
        c *= 0.9
    return a @ b + c @ x


@program(A, B, 0.37)
def row_of_one_matrix_or_another_in_a_loop(A, B, s):
    a, b = A * s, B * s
    for i in range(3):
        row = a[i] if B[i, 0] > 0 else b[i + 1]
        row += s
        row[1] *= row[0]
    return np.sum(a * b) + row @ row


@program(A, 0.37)
def swapped_rows_by_a_condition(A, s):
    a = A * s
    for i in range(3):
        if a[i, 0] < a[i + 1, 0]:
            a[[i, i + 1]] = a[[i + 1, i]]
        a[i] *= 1.5
    return np.sum(a * A ** 2)


@program(X, 0.37)
def overlapping_views_on_a_path(x, s):
    a, b = x * s, x + s
    if x[0] > 0:
        t = x * 2.0
        u, w = t[:3], t[1:]
    else:
        u, w = a[1:], b[:3]
    u *= 2.0
    w[0] += u[1]
    return u @ w + a @ b


@program(X, 0.37)
def a_record_keeps_the_same_array(x, s):
    d = {"u": x * s}
    v = d["u"] if s > 0.1 else x
    for i in range(3):
        v[i] += 0.5 * x[i + 1]
        d["u"] = v if v[0] > 0.2 else v.copy()
    d["u"][0] = s
    return d["u"] @ x + v @ v


@program(A, B, 0.37)
def matrices_change_places(A, B, s):
    a, b = A * s, B * s
    row = a[1]
    for i in range(4):
        if i % 2:
            a, b = b, a
        row += 0.1
        a[i % 3] *= 0.5
        row = b[2] if i == 2 else row
    return np.sum(a * A) + np.sum(b * B) + row @ row


@program(X)
def kept_as_it_is_and_kept_when_changed(x):
    """A list holds an array that lives on for a moment, then one that was stored into, and goes on from a view of it."""
    kept = []
    t = x * 2.0
    for i in range(4):
        w = t * t
        if i % 2:
            w[0] = np.sin(w[1])
        kept.append(w)
        w = w * 1.0
        w[1] = 3.0 * t[0]
        kept.append(w)
        t = w[::-1] * 0.1
    return sum(np.sum(k**3) for k in kept)


@program(X)
def changed_after_it_was_kept(x):
    """What is in the list is changed under its own name, and through the list."""
    kept = []
    for i in range(3):
        z = np.zeros(4)
        z[:] = x * i
        kept.append(z)
        z += x[i] ** 2
        kept[-1][0] *= 2.0
        x = x + z * kept[0]
    return np.sum(kept[0] * kept[1] * kept[2]) + np.sum(x)


@program(X)
def slices_before_and_after_a_store(x):
    u = x.copy()
    s = 0.0
    for _ in range(3):
        p = u[1:] * u[:-1]
        u[:-1] += p**2
        s = s + np.sum(u[1:] * u[:-1])
    return s
