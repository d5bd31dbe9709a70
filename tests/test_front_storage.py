"""Aliases, views and stores: the trace has values, Python has memory, and both have to say the same."""

from __future__ import annotations

import linecache

import numpy as np
import pytest

from s2sad.errors import Error, UnsupportedError
from tests.tracing import check, trace

X = np.array([0.5, -1.2, 0.8, 1.7])
A = np.arange(12.0).reshape(3, 4) / 7.0
T = np.array([True, False, True, False])


def view_of_a_view(x):
    y = x * 1.0
    v = y[1:]
    w = v[::2]
    w *= 3.0
    v[0] += 1.0
    return y, v, w


def view_is_read_again(x):
    y = x.copy()
    v = y[1:3]
    s = v.sum()
    y[2] = 9.0
    return s + v.sum()


def rows_and_columns(a):
    b = a.copy()
    row, column = b[1], b[:, 2]
    row += column[0]
    column[:] = row[:3] * 1.0
    b[0][1:3] = 7.0
    b[2][0] = b.T[1, 2]
    b.T[3][0] = -1.0
    return b, row, column


def reshaped(a):
    b = a * 2.0
    flat = b.reshape(-1)
    flat[3] = 100.0
    cube = flat.reshape(2, 2, 3)
    cube[1, 0] += flat[:3]
    r = b.ravel()
    r[::2] = 0.0
    return b, flat, cube


def shape_is_set(x):
    def as_table(y):
        y.shape = -1, 2
        return y

    y = x * 2.0
    y.shape = (2, 2)
    y[1] += y[0]
    z = as_table(x * x)
    for k in range(2):
        w = np.ones(4) * x[k]
        w.shape = (2, 2)
        z = z @ w
    y.shape = 4
    return y, z


def swap_axes(a):
    b = a + 0.0
    np.swapaxes(b, 0, 1)[1] = 5.0
    np.transpose(b, (1, 0))[2, 2] = 6.0
    b.T.T[0, 0] = 4.0
    np.moveaxis(b, 0, 1)[3] *= 2.0
    b[None][0, 2, 1] = -3.0
    np.expand_dims(b, 0)[0, 1, 0] = 8.0
    b[..., 1][0] = 11.0
    return b


def aliases(x):
    y = x.copy()
    z = y
    z[0] = 1.0
    y = y + 1.0
    y[1] = 2.0
    return y, z


def swapped_in_a_loop(x):
    u, un = x.copy(), np.zeros(4)
    for t in range(5):
        for i in range(1, 3):
            un[i] = 0.5 * (u[i - 1] + u[i + 1]) + 0.1 * t
        u, un = un, u
    return u, un


def rotated_in_a_loop(x):
    a, b, c = x.copy(), x * 2.0, x * 3.0
    for _ in range(4):
        a[0] += b[1] * c[2]
        a, b, c = b, c, a
    return a, b, c


def helper_stores(x):
    def fill(target, value, *, start=1):
        target[start:] = value

    y = x.copy()
    fill(y, 3.0)
    fill(y[:2], -1.0, start=0)
    fill(target=y.reshape(2, 2)[1], value=y[0], start=1)
    return y


def mutating_calls(x):
    y, z = x.copy(), np.empty_like(x)
    z.fill(2.0)
    np.copyto(z[1:], y[:-1])
    np.add(y, z, out=y)
    np.add.at(y, np.array([0, 0, 1]), 0.5)
    y[::-1].sort()
    np.multiply(z, 2.0, z)
    m = np.zeros((3, 3))
    np.fill_diagonal(m, y[0])
    return y, z, m


def masks_and_fancy(x, t):
    y = x.copy()
    y[t] = 0.25
    y[y < 0] *= -2.0
    y[[0, 3]] += y[[1, 2]]
    y[np.array([1, 1, 2])] += 1.0
    w = y[[0, 1]]
    w[0] = 50.0
    y[~t] = w
    return y, w


def integers_truncate(x):
    n = np.zeros(4, dtype=int)
    n[:] = x * 10
    n[0] += 2.7
    n[1] = x[3]
    return n


def single_precision(x):
    y = x.astype(np.float32)
    y += x
    y[0] = 1.0 / 3.0
    z = y * 2.0
    z -= x[0]
    return y, z


def scalar_is_not_an_array(x):
    s = x[1]
    t = s
    t += 1.0
    y = x.copy()
    e = y[0]
    y[0] = 99.0
    return s, t, e


def zero_axes(x):
    y = np.array(x[0])
    z = y
    y += 1.0
    y[...] = y * 2.0
    return z, y + 0.0


def list_of_arrays(x):
    rows = [x.copy(), x * 2.0]
    alias = rows
    rows[0][1] = 5.0
    alias[1] += rows[0]
    alias.append(rows[0])
    alias[2][0] = -1.0
    return rows


def list_of_views(x):
    y = x.copy()
    parts = [y[:2], y[2:]]
    for p in parts:
        p *= 2.0
    parts[1][0] = 7.0
    return y


def dict_of_arrays(x):
    d = {"a": x.copy()}
    e = d
    e["a"][0] = 3.0
    e["b"] = d["a"][1:]
    d["b"] += 1.0
    return d


def branches_join(x):
    y = x.copy()
    if x[0] > 0:
        y[0] = 10.0
        z = y[1:]
    else:
        z = y[1:]
        z[0] = 5.0
    z = z + 1.0
    z[1] = 0.0
    return y, z


def fresh_on_each_path(x):
    if x[0] > 0:
        y = x * 2.0
    else:
        y = np.zeros(4)
    y[1] = 4.0
    y += 1.0
    return y


def dead_alias(x):
    y = x
    if x[0] > 0:
        y = x * 2.0
    y[1] = 4.0
    return y


def augmented_elements(a):
    b = a.copy()
    for i in range(3):
        b[i, 1:] += b[i, 0]
        b[i] *= 0.5
        b[i, i] -= 1.0
        b[i, 0] /= 2.0
    return b


def history(x):
    out, u = [], x.copy()
    for i in range(3):
        u = u * 1.1
        u[0] = i
        out.append(u.copy())
    return out[0], out[-1], len(out)


def in_place_on_an_argument(x):
    x[0] = 3.0
    x *= 2.0
    return x.sum()


def same_array_twice(x):
    def both(p, q):
        p[0] = 1.0
        q[1] = p[0] + q[0]

    y = x.copy()
    both(y, y)
    return y


PROGRAMS = [
    view_of_a_view, view_is_read_again, aliases, swapped_in_a_loop, rotated_in_a_loop, helper_stores, mutating_calls,
    integers_truncate, single_precision, scalar_is_not_an_array, zero_axes, list_of_arrays, list_of_views,
    dict_of_arrays, branches_join, fresh_on_each_path, dead_alias, history, in_place_on_an_argument, same_array_twice,
    shape_is_set,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_of_a_vector(program, sign):
    check(program, X * sign)


@pytest.mark.parametrize("program", [rows_and_columns, reshaped, swap_axes, augmented_elements], ids=lambda f: f.__name__)  # noqa: E501
def test_of_a_matrix(program):
    check(program, A)


def test_masks():
    check(masks_and_fancy, X, T)


def may_be_the_argument(x, y):
    z = x if y[0] > 0 else y
    z[0] = 1.0
    return x.sum() + z.sum()


def kept_by_a_list_of_unknown_length(x):
    kept, u = [], x.copy()
    for _ in range(len(x)):
        kept.append(u)
        u[0] += 1.0
    return kept[0]


@pytest.mark.parametrize(("program", "count"), [(may_be_the_argument, 2), (kept_by_a_list_of_unknown_length, 1)])
def test_what_cannot_be_decided_is_refused(program, count):
    with pytest.raises(UnsupportedError, match="may have been changed by a store") as caught:
        trace(program, *[X] * count)
    assert caught.value.location is not None and caught.value.location.file == __file__


def test_a_value_that_may_be_a_number_is_not_trusted_after_in_place_arithmetic():
    def f(x, k):
        y = x if k > 0 else 2.0
        z = y
        y += 1.0
        return y + z

    with pytest.raises(Error):
        trace(f, X, 1.0)


def test_layout_decides_what_reshape_is():
    def f(a):
        b = a.T.reshape(-1)
        b[0] = 100.0
        r = a.ravel()
        r[1] = 50.0
        return a, b

    def contiguous(a):
        r = a.ravel()
        r[1] = 50.0
        return a

    program = check(contiguous, A)
    assert any("c_contiguous" in guard.path for guard in program.statics)
    check(contiguous, np.asfortranarray(A))


VIEWS_OR_COPIES = """
np.diag(a); np.diagonal(a); a.diagonal(); np.diag(a[0]); np.squeeze(a[None]); np.expand_dims(a, 0); np.flip(a)
np.rot90(a); np.broadcast_to(a, (2, 3, 4)); np.asarray(a); np.array(a); np.asarray(a, float); np.ascontiguousarray(a)
np.atleast_2d(a[0]); np.split(a, 2, axis=1)[0]; np.array_split(a, 2)[0]; np.transpose(a); np.moveaxis(a, 0, 1)
np.reshape(a, (4, 3)); a.reshape(2, 6); a.ravel(); a.flatten(); np.ravel(a.T); a[...]; a[()]; a[:]; a[1:, None]
a.astype(float); a.astype(float, copy=False); np.real(a); +a; a.T; a.copy(); np.copy(a); np.take(a, [0, 1], axis=0)
a.mT; np.hstack([a]); np.concatenate([a]); np.stack([a])[0]; np.roll(a, 0); np.einsum("ij->ji", a); a.real; a.conj()
np.einsum("ii->i", a[:3, :3]); np.sort(a); np.where(a > 0, a, 0); a[[0, 1]]; a[a > 0.2]; np.triu(a); np.clip(a, 0, 9)
"""


@pytest.mark.parametrize("expression", [e.strip() for e in VIEWS_OR_COPIES.replace("\n", ";").split(";") if e.strip()])
@pytest.mark.parametrize("store", ["a[0] = 99.0", "d[0] = 77.0"])
def test_a_store_shows_where_numpy_shows_it(expression, store):
    text = f"def f(x):\n    a = x.copy()\n    d = {expression}\n    {store}\n    a[1, 1] = 98.0\n    return a, d\n"
    file = f"<view {expression} {store}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space = {"np": np}
    exec(compile(text, file, "exec"), space)
    try:
        space["f"](A)
    except ValueError:
        return  # NumPy does not allow it: the view is read-only
    try:
        check(space["f"], A)
    except UnsupportedError as error:
        assert "may have been changed" in error.what or "a store through a view" in error.what


def test_one_array_under_two_names():
    def f(a, b):
        a[0] = 100.0
        return b.sum()

    both = X.copy()
    with pytest.raises(UnsupportedError, match="may have been changed"):
        trace(f, both, both)
    check(f, X.copy(), X.copy())
