"""The tools of itertools, heapq and bisect."""

import bisect
import heapq
import itertools
import operator

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
Y = np.array([0.3, 0.9, -0.4])
XS = [0.5, -1.2, 0.8, 1.7]


@program(X)
def it_product(x):
    return sum((x[i] * x[j] for i, j in itertools.product(range(4), repeat=2) if i < j))


@program(X)
def it_accumulate(x):
    ys = list(itertools.accumulate(x))
    zs = list(itertools.accumulate(x, lambda a, b: a * b))
    ws = list(itertools.accumulate(x, operator.mul, initial=2.0))
    return ys[-1] * zs[-1] + ys[1] * zs[2] + ws[-1] * len(ws)


@program(XS)
def it_accumulate_known(x):
    ys = list(itertools.accumulate(x))
    ws = list(itertools.accumulate(x, operator.mul, initial=2.0))
    return ys[-1] * ws[-1] + ys[1] * ws[2]


@program(X)
def it_comb(x):
    t = 0.0
    for i, j in itertools.combinations(range(len(x)), 2):
        t += (x[i] - x[j]) ** 2
    for a, b in itertools.combinations(x, 2):
        t += a * b
    return t


@program(XS)
def it_comb_known(x):
    t = 0.0
    for a, b in itertools.combinations(x, 2):
        t += a * b * b
    for p in itertools.permutations(range(3)):
        t += x[p[0]] * x[p[1]] ** 2
    for a, b in itertools.combinations_with_replacement(x, 2):
        t += a * b
    return t


@program(X)
def it_islice(x):
    t = 0.0
    for v in itertools.islice(x, 3):
        t += v * v
    for v in itertools.islice(x, 1, None, 2):
        t += v**3
    return t


@program(X)
def it_pairwise(x):
    t = 0.0
    for a, b in itertools.pairwise(x):
        t += (b - a) ** 2
    return t * sum((b * a for a, b in itertools.pairwise(x)))


@program(XS)
def it_pairwise_known(x):
    return sum(((b - a) ** 2 for a, b in itertools.pairwise(x)))


@program(X)
def it_starmap(x):
    return sum(itertools.starmap(lambda a, b: a * b, zip(x, x[1:]))) + sum(
        itertools.starmap(pow, [(x[0], 2), (x[1], 3)])
    )


@program(X, Y)
def it_ziplongest(x, y):
    t = 0.0
    for a, b in itertools.zip_longest(x, y, fillvalue=1.0):
        t += a * b * b
    return t


@program(XS)
def it_ziplongest_known(x):
    return sum((a * b for a, b in itertools.zip_longest(x, x[:2], fillvalue=2.0)))


@program(X)
def it_takewhile(x):
    t = 0.0
    for v in itertools.takewhile(lambda v: v < 0.7, x):
        t += v * v
    for v in itertools.dropwhile(lambda v: v < 0.7, x):
        t += v**3
    return t


@program(X)
def it_chain(x):
    t = 0.0
    for v in itertools.chain(x, [x[0] * x[1]], x[::-1]):
        t = t * 0.5 + v * v
    ys = list(itertools.chain.from_iterable([[x[0], x[1]], [x[2]]]))
    return t * ys[0] * ys[2]


@program(X)
def it_chain_unknown(x):
    rows = [[v, v * v] for v in x]
    flat = list(itertools.chain.from_iterable(rows))
    f2 = [v for r in rows for v in r]
    f3 = sum(rows, [])
    return flat[3] * flat[0] + f2[5] * f3[2]


@program(X)
def it_groupby(x):
    keys = ["a", "a", "b", "b"]
    t = 0.0
    for k, g in itertools.groupby(zip(keys, x), key=lambda p: p[0]):
        t += sum((v for _, v in g)) ** 2
    return t


@program(X)
def it_compress(x):
    return sum(itertools.compress(x, [1, 0, 1, 1])) ** 2


@program(XS)
def it_tee_batched(x):
    a, b = itertools.tee(x)
    next(b)
    return sum((p * q for p, q in zip(a, b)))


@program(XS)
def heap_active(x):
    h = []
    for v in x:
        heapq.heappush(h, v * v)
    return heapq.heappop(h) * 2 + heapq.heappop(h)


@program(X, 0.6)
def bisect_interp(x, q):
    xs = [0.0, 0.5, 1.0, 1.5]
    k = bisect.bisect_right(xs, q) - 1
    k = min(max(k, 0), 2)
    w = (q - xs[k]) / (xs[k + 1] - xs[k])
    return x[k] * (1 - w) + x[k + 1] * w


@program(X, 0.6)
def bisect_active(x, q):
    grid = sorted([v * v for v in x])
    k = bisect.bisect_left(grid, q)
    return grid[k] * q + grid[k - 1]
