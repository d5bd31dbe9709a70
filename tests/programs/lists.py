"""Lists and deques changed in place, sorted, searched, sliced; unpacking, iterators read step by step."""

import copy
from collections import deque

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
A = np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9]])
XS = [0.5, -1.2, 0.8, 1.7]
M3 = [[4.0, 1.0, 0.5], [1.2, 5.0, 0.7], [0.3, 0.8, 3.0]]


@program(X)
def pop_index(x):
    ys = [v * v for v in x]
    a = ys.pop(0)
    b = ys.pop(1)
    return a * b + ys[0] * ys[-1]


@program(X)
def insert_unknown(x):
    ys = []
    for v in x:
        ys.insert(0, v * 2)
    return ys[0] * ys[-1] ** 2 + ys[1]


@program(X)
def remove_known(x):
    names = ["a", "b", "c"]
    names.remove("b")
    d = dict(zip(names, x))
    return d["a"] * d["c"]


@program(X)
def sort_inplace(x):
    ys = [v * v for v in x]
    ys.sort()
    return ys[0] * ys[1] + ys[-1]


@program(X)
def sort_reverse_key(x):
    ys = [v for v in x]
    ys.sort(key=lambda v: abs(v), reverse=True)
    return ys[0] * ys[1] ** 2 + ys[-1]


@program(X)
def sorted_key_list(x):
    ys = sorted([v for v in x], key=lambda v: -v)
    return ys[0] * ys[1] ** 2 + ys[-1]


@program(XS)
def sorted_key_known(xs):
    ys = sorted(xs, key=lambda v: v * v)
    return ys[0] * ys[1] ** 2 + ys[-1]


@program(XS)
def sort_known_method(xs):
    ys = list(xs)
    ys.sort(reverse=True)
    return ys[0] * ys[1] ** 2 + ys[-1]


@program(XS)
def sorted_pairs(xs):
    pairs = sorted(((v * v, k) for k, v in enumerate(xs)))
    return pairs[0][0] * 2 + pairs[-1][0] * pairs[1][0]


@program(X)
def reverse_unknown(x):
    ys = [v * v for v in x]
    ys.reverse()
    return ys[0] * ys[1] + ys[-1]


@program(X)
def slice_store(x):
    ys = [v * v for v in x]
    ys[1:3] = [x[0] * x[1]]
    return sum(ys) * ys[1] + len(ys)


@program(X)
def slice_store_grow(x):
    ys = [v * v for v in x]
    ys[1:1] = [x[0] * x[1], x[2]]
    return sum(ys) * ys[1] * ys[2] + len(ys)


@program(X)
def del_slice(x):
    ys = [v * v for v in x]
    del ys[1:3]
    del ys[0]
    return sum(ys) * len(ys)


@program(X)
def ext_slice_store(x):
    ys = [v * v for v in x]
    ys[::2] = [x[0], x[1]]
    return ys[0] * ys[2] + ys[1] * ys[3]


@program(XS)
def slice_store_known(xs):
    ys = list(xs)
    ys[1:3] = [xs[0] * xs[3]]
    del ys[0]
    ys[:0] = [1.0, xs[0]]
    ys *= 2
    return sum((v * k for k, v in enumerate(ys)))


@program(X)
def mul_inplace(x):
    ys = [v * v for v in x]
    ys *= 2
    zs = ys * 3
    return sum(ys) * zs[5] + len(zs)


@program(X)
def count_index(x):
    tags = ["a", "b", "a"]
    return x[tags.index("b")] * tags.count("a") + x[tags.index("a", 1)]


@program(XS)
def index_of_min(xs):
    k = xs.index(min(xs))
    return xs[k] ** 2


@program(X)
def clear_copy(x):
    ys = [v * v for v in x]
    zs = ys.copy()
    ys.clear()
    ys.append(zs[0])
    return ys[0] * zs[1]


@program(X)
def min_key(x):
    ys = [v for v in x]
    b = min(ys, key=lambda v: abs(v - 0.6))
    c = max(ys, key=abs)
    return b * b + c


@program(X)
def argmin_range(x):
    k = min(range(len(x)), key=lambda i: x[i])
    return x[k] ** 2


@program(X)
def minmax_default(x):
    ys = [v for v in x if v > 5]
    return min(ys, default=0.0) + max((v for v in x if v > 0), default=1.0) * x[0]


@program(X)
def deque_window(x):
    w = deque(maxlen=3)
    out = []
    for v in x:
        w.append(v * v)
        out.append(sum(w) / len(w))
    return sum(out) * out[-1]


@program(X)
def deque_queue(x):
    q = deque()
    for v in x:
        q.append(v)
    tot = 0.0
    while q:
        tot = tot * 0.5 + q.popleft() ** 2
    return tot


@program(X)
def deque_rotate(x):
    q = deque([x[0], x[1], x[2]])
    q.rotate(1)
    q.appendleft(x[3])
    a = q.pop()
    return q[0] * a + q[1]


@program(X)
def moving_list(x):
    w = []
    s = 0.0
    out = 0.0
    for v in x:
        w.append(v)
        s += v
        if len(w) > 2:
            s -= w.pop(0)
        out += s * s
    return out


@program(X)
def next_iter(x):
    it = iter([x[0], x[1], x[2]])
    a = next(it)
    b = next(it)
    c = next(it)
    d = next(it, 5.0)
    return a * b + c * d


@program(X)
def next_gen(x):
    first = next((v for v in [x[0], x[1]] if True))
    k = next((i for i in range(4) if i > 2), None)
    return first * x[k]


@program(X)
def next_gen_unknown(x):
    v = next((v for v in x if v < 0), 0.0)
    return v * v * x[0]


@program(X)
def star_unpack(x):
    a, *rest = x
    l = [*x, 1.0]
    tp = (x[0], *x[2:])
    b, *mid, c = l
    return a * rest[0] + l[-1] * l[1] + tp[1] * len(tp) + b * c * mid[1]


@program(X)
def tolist2(x):
    A = np.outer(x, x)
    rows = A.tolist()
    return rows[0][1] * rows[2][3] + sum(rows[1])


@program(A)
def zip_star_rows(a):
    rows = [[a[0, 0], a[0, 1]], [a[1, 0], a[1, 1]]]
    t = 0.0
    for c in zip(*rows):
        t += c[0] * c[1]
    tr = [list(r) for r in zip(*rows)]
    return t * tr[0][1]


@program(M3)
def zip_star_arg(m):
    tr = list(map(list, zip(*m)))
    return sum((tr[i][j] * m[i][j] * (i + 1) for i in range(3) for j in range(3)))


@program(X)
def copy_copy(x):
    ys = [x[0], [x[1], x[2]]]
    zs = copy.copy(ys)
    ws = copy.deepcopy(ys)
    ys[0] = 0.0
    ys[1][0] = x[3]
    return zs[0] * zs[1][0] + ws[1][0] * 2


@program(X)
def copy_array(x):
    a = copy.copy(x)
    b = copy.deepcopy(x)
    a[0] = 2.0
    return a[0] * x[0] + b @ x


@program(X)
def tuple_ops(x):
    t = (x[0], x[1]) + (x[2],)
    u = t * 2
    return u[3] * u[1] + len(u) + sum(t[1:])


@program(X)
def walrus(x):
    t = 0.0
    k = 0
    while (v := x[k]) > -5 and k < 3:
        t += v * v
        k += 1
    if (n := len(x)) > 3:
        t *= n
    return t + sum((w for q in x if (w := (q * q)) > 0.5))


@program(X)
def cmp_lists(x):
    a = [1, 2]
    b = [1, 3]
    t = x[0] if a < b else x[1]
    if [k for k in range(3)] == [0, 1, 2]:
        t *= x[2]
    return t if (1, 2) != (2, 1) else 0.0


@program(X)
def enum_start(x):
    return sum((k * v for k, v in enumerate(x, 1))) + sum((k * v for k, v in enumerate(reversed(x), start=2)))


@program(X)
def conv(x):
    l = list(x)
    tt = tuple(x)
    a = np.array(l)
    b = np.array([l, l])
    c = np.asarray(tt)
    return a @ c + b[1] @ a


@program(X)
def arrays_stored_by_index(x):
    pair = [x * 1.0, x * 2]
    for i in range(len(x)):
        pair[i % 2] = pair[(i + 1) % 2] * 0.9 + np.cos(pair[i % 2])
    return np.sum(pair[0] * pair[1])


@program(np.array([0.4, 1.1]), 1)
def arguments_with_one_exchanged(x, k):
    def f(a, b, c):
        return a * b[0] + np.sin(c)

    given = [x * 2.0, x * 3.0, x * x]
    given[k] = x - 1.0
    first, *rest = given
    return np.sum(f(*given) * first) + np.sum(rest[1])
