"""What is one object in two places: copies, containers that are one on some paths, stores seen through each name."""

import copy

import numpy as np

from tests.programs import program

X = np.array([0.31, -0.47, 0.83, 0.52])
A = np.cos(np.arange(12.0)).reshape(3, 4) * 0.6


class Body:
    def __init__(self, w, n):
        self.w = w
        self.n = n


@program(X, 0.37)
def deep_copy_of_an_array_that_is_one_of_two(x, s):
    a, b = x * s, x + s
    c = a if x[0] > 0 else b
    held = copy.deepcopy([a, b, c])
    held[2][1] += s * s
    held[0][2] *= 3.0
    return held[0] @ x + held[1] @ held[2] + c @ x


@program(X, 0.37)
def deep_copy_of_an_object_that_holds_one_array_twice(x, s):
    o = Body(x * s, s)
    o.view, o.seen = o.w, {1, 2}
    q = copy.deepcopy(o)
    q.view[0] += x[1] * s
    q.seen.add(5)
    return q.w @ x + o.w @ x + len(o.seen) * s


@program(X, 0.37)
def deep_copy_of_an_object_that_is_one_of_two(x, s):
    o, q = Body(x * s, s), Body(x + s, s)
    z = o if x[0] > 0 else q
    bodies = copy.deepcopy([o, q, z])
    bodies[2].w[1] += s
    bodies[2].n *= x[1]
    bodies[0].n += 0.1
    return bodies[0].w @ x * bodies[0].n + bodies[1].w @ x * bodies[1].n + bodies[2].w @ x * bodies[2].n + o.n


@program(X, 0.37)
def one_cotangent_for_an_array_and_a_number(x, s):
    b = np.sin(x)
    d = {"u": x + s}
    d["u"] += b[-1]
    return d["u"][1] * x[0]


@program(X, 0.37)
def a_list_bound_in_a_loop_before_another_grows_it(x, s):
    rows = [x * (i + 1) for i in range(len(x) - 1)]
    other = rows
    for _ in range(len(x)):
        rows = other
    for _ in range(2):
        rows.append(x * s)
        for v in rows:
            v *= 0.9
    return rows[0][0] * rows[-1][1] + len(other) * s


@program(X, 0.37)
def is_between_arrays_that_are_one_on_a_path(x, s):
    a, b = x * 1.5, x * 2.0
    for i in range(3):
        if i == 2:
            a, b = b, a
        c = a if x[i] > 0 else b
        s = s * x[1] if c is not b else s * s
    return s * x[0] if c is a else s


@program(X, 0.37)
def is_after_helpers_that_choose(x, s):
    def pick(u, v):
        return u if u[0] > 0 else v

    a = x * s
    y, z = pick(a, x), pick(x, a)
    return s * x[0] if y is a else x[1] * (y is z)


@program(A, X, 0.37)
def a_row_that_leaves_its_list_on_a_path(m, x, s):
    rows = [[x[i], s * i] for i in range(len(m))]
    r = rows[1]
    if x[0] < 0.3:
        s = s * 2
    else:
        rows[1] = list(rows[0])
        rows[1][0] += x[2]
    rows[0][1] *= x[3]
    return rows[1][0] * s + rows[0][1] + rows[2][0]


@program(X, 0.37)
def objects_put_back_in_a_loop_before_another(x, s):
    first, second = x.copy(), np.sin(x)
    arrays = [first.copy(), second.copy()]
    o, q = Body(first, s), Body(second, s * x[0])
    bodies = [o, q]
    for _ in range(len(x) - 1):
        bodies[0] = o
    for i in range(3):
        o.w[0] += s
        second = arrays[i % 2]
        if i == 1:
            break
        first = second
    return np.sum(first * second) + bodies[0].w @ x
