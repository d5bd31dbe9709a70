"""Lists of lists and of arrays: matrices and tables in plain Python, rows that are changed after they are stored."""

import math

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
Y = np.array([0.3, 0.9, -0.4])
A = np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9]])
M3 = [[4.0, 1.0, 0.5], [1.2, 0.1, 5.7], [0.3, 6.8, 3.0]]
N3 = np.array(M3)


def fill_row(row, v):
    for j in range(len(row)):
        row[j] = v * (j + 1)


def push(xs, v):
    xs.append(v * v)


@program(X, Y)
def dtw(x, y):
    n, m = (len(x), len(y))
    D = [[math.inf] * (m + 1) for _ in range(n + 1)]
    D[0][0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            c = (x[i - 1] - y[j - 1]) ** 2
            D[i][j] = c + min(D[i - 1][j], D[i][j - 1], D[i - 1][j - 1])
    return D[n][m]


@program(0.3, 6)
def binom_tree(s, n):
    v = [max(math.exp(s * (2 * j - n) / n) - 0.9, 0.0) for j in range(n + 1)]
    for k in range(n, 0, -1):
        for j in range(k):
            v[j] = 0.5 * (v[j] + v[j + 1]) * 0.99
    return v[0]


@program(X)
def table2(x):
    n = len(x)
    T = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            T[i][j] = x[i] * x[j] + (T[i - 1][j] * 0.5 if i > 0 else 0.0)
    return T[n - 1][0] * T[1][2] + sum(T[2])


@program(X)
def rows_append(x):
    rows = []
    for i in range(len(x)):
        row = []
        for j in range(len(x)):
            row.append(x[i] * x[j] * (i + j))
        rows.append(row)
    return rows[1][2] * rows[2][3] + sum((sum(r) for r in rows))


@program(X)
def rows_append_then_modify(x):
    rows = []
    for i in range(len(x)):
        row = [x[i], 0.0]
        rows.append(row)
        row[1] = x[i] ** 2
    return rows[1][1] * rows[2][0] + rows[-1][1]


@program(X)
def arrays_append_then_modify(x):
    rows = []
    for i in range(len(x)):
        row = np.zeros(3)
        rows.append(row)
        row[1] = x[i] ** 2
        row[0] = x[0]
    return rows[1][1] * rows[2][0] + np.sum(rows[-1])


@program(X)
def alias_repeat(x):
    m = [[0.0] * 3] * 2
    m[0][1] = x[0]
    m[1][2] = x[1] ** 2
    return m[1][1] * m[0][2]


@program(X)
def alias_item(x):
    rows = [[v, 1.0] for v in x]
    r = rows[1]
    r[0] = x[0] * x[2]
    rows[2][1] = x[3]
    s = rows[2]
    return rows[1][0] * r[1] + s[1] * rows[2][0]


@program(X)
def alias_item_array(x):
    rows = [np.array([v, 1.0]) for v in x]
    r = rows[1]
    r[0] = x[0] * x[2]
    rows[2][1] = x[3]
    rows[0] += x[1]
    s = rows[2]
    return rows[1][0] * r[1] + s[1] * rows[2][0] + rows[0] @ rows[0]


@program(X)
def dict_items_list(x):
    recs = [{"a": v, "b": 0.0} for v in x]
    for k in range(len(x)):
        recs[k]["b"] = x[k] ** 2
    for r in recs:
        r["a"] *= 2
    return recs[1]["b"] * recs[2]["a"]


@program(X)
def helper_changes(x):
    m = [[0.0] * 3 for _ in range(len(x))]
    for i in range(len(x)):
        fill_row(m[i], x[i])
    return m[1][2] * m[3][0]


@program(X)
def helper_push(x):
    ys = []
    for v in x:
        push(ys, v)
    return ys[0] * ys[-1]


@program(X)
def for_row(x):
    m = [[v, v * v] for v in x]
    for r in m:
        r[0] += r[1]
    for i, r in enumerate(m):
        r[1] *= i
    return sum((a * b for a, b in m))


@program(M3)
def floyd(d):
    n = len(d)
    d = [list(r) for r in d]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if d[i][k] + d[k][j] < d[i][j]:
                    d[i][j] = d[i][k] + d[k][j]
    return sum(map(sum, d))


@program(N3)
def matprod_arr(A):
    n, m = A.shape
    c = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            for k in range(m):
                c[i][j] += A[i, k] * A[k, j]
    return sum((c[i][i] for i in range(n))) * c[0][2]


@program(X)
def pascal_rows(x):
    prev = [1.0]
    for v in x:
        cur = [1.0]
        for j in range(1, len(prev)):
            cur.append(prev[j - 1] * v + prev[j])
        cur.append(v)
        prev = cur
    return sum(prev) * prev[2]


@program(X)
def swap_rows(x):
    m = [[v, v**2] for v in x]
    n = len(m)
    for i in range(n // 2):
        m[i], m[n - 1 - i] = (m[n - 1 - i], m[i])
    tmp = m[0]
    m[0] = m[1]
    m[1] = tmp
    m[0][0] += 1.0
    return m[0][0] * m[1][1] + m[2][0]


@program(X)
def viterbi2(x):
    n = len(x)
    S = 3
    prev = [x[0] * (s + 1) for s in range(S)]
    for k in range(1, n):
        cur = [0.0] * S
        for s in range(S):
            best = -1000000000.0
            for p in range(S):
                c = prev[p] + x[k] * (p - s + 0.3)
                if c > best:
                    best = c
            cur[s] = best
        prev = cur
    return max(prev)


@program(X)
def prev_cur_swap(x):
    n = len(x)
    a = [v for v in x]
    b = [0.0] * n
    for k in range(3):
        for i in range(n):
            b[i] = 0.5 * (a[i - 1] + a[i]) * a[i]
        a, b = (b, a)
    return sum(a) * b[0]


@program(X)
def list_of_arrays_stack(x):
    h = []
    s = np.zeros(3)
    for v in x:
        s = 0.5 * s + v * np.arange(3.0)
        h.append(s.copy())
    return np.sum(np.stack(h) ** 2) + np.concatenate(h) @ np.ones(3 * len(x)) + np.array(h)[1, 2]


@program(X)
def np_array_rows(x):
    rows = []
    for v in x:
        rows.append([v, v * v, 1.0])
    M = np.array(rows)
    return np.sum(M.T @ M)


@program(X)
def grid3(x):
    n = len(x)
    g = [[[x[i] * x[j] * k for k in range(2)] for j in range(n)] for i in range(n)]
    g[1][2][0] = x[0]
    for i in range(n):
        g[i][i][1] += x[i]
    return sum((g[i][j][k] for i in range(n) for j in range(n) for k in range(2))) * g[1][2][0]


@program(X)
def ragged(x):
    tri = []
    for i in range(len(x)):
        tri.append([x[i]] * (i + 1))
    for i in range(1, len(x)):
        for j in range(1, i):
            tri[i][j] = tri[i - 1][j - 1] + tri[i - 1][j]
    return sum((sum(r) for r in tri)) * tri[3][1]


@program(X)
def dp_row_copy(x):
    d = [0.0] * (len(x) + 1)
    for v in x:
        new = d[:]
        for j in range(1, len(d)):
            new[j] = d[j - 1] * v + d[j] + v
        d = new
    return d[-1] * d[2]


@program(X)
def nested_in_dict(x):
    d = {"h": [], "s": 0.0}
    for v in x:
        d["h"].append(v * v)
        d["s"] += v
    return sum(d["h"]) * d["s"]


@program(X)
def buckets(x):
    b = [[] for _ in range(2)]
    for i, v in enumerate(x):
        b[i % 2].append(v)
    return sum(b[0]) * sum(b[1])
