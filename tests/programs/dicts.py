"""Dicts of every kind, sets, keys that are built, constants of other classes."""

import array
from collections import ChainMap, Counter, OrderedDict, defaultdict, namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])


@program(X)
def dd_list(x):
    d = defaultdict(list)
    for k in range(4):
        d[k % 2].append(x[k])
    return sum(d[0]) * sum(d[1])


@program(X)
def dd_float(x):
    d = defaultdict(float)
    for k, n in enumerate("abab"):
        d[n] += x[k] ** 2
    return d["a"] * d["b"] + d["c"]


@program(X)
def dd_lambda(x):
    d = defaultdict(lambda: 1.0)
    d["a"] *= x[0]
    d["a"] *= x[1]
    return d["a"] + d["z"] * x[2]


@program(X)
def counter_known(x):
    c = Counter("abracadabra")
    return sum((x[k] * n for k, (_, n) in enumerate(c.most_common(3)))) + c["b"] + c["zz"]


@program(X)
def counter_active(x):
    c = Counter()
    for k, n in enumerate("abab"):
        c[n] += x[k]
    return c["a"] * c["b"] + c.get("q", 2.0)


@program(X)
def ordered(x):
    d = OrderedDict()
    d["a"] = x[0]
    d["b"] = x[1]
    d["c"] = x[2]
    d.move_to_end("a")
    k, v = d.popitem()
    f = list(d)[0]
    return v * d[f] + d["c"]


@program(X)
def chainmap(x):
    d = ChainMap({"a": x[0]}, {"a": x[1], "b": x[2]})
    return d["a"] * d["b"] + d.get("c", 1.0)


@program(X)
def dict_merge(x):
    a = {"p": x[0], "q": x[1]}
    b = {"q": x[2]}
    c = a | b
    a |= {"r": x[3]}
    e = {**c, "a": 1.0}
    del a["p"]
    return c["q"] * c["p"] + a["r"] * a["q"] + e["a"]


@program(X)
def dict_misc(x):
    d = {}
    for k in range(4):
        d.setdefault(f"k{k % 2}", []).append(x[k])
    k, v = d.popitem()
    d.clear()
    d["z"] = v[0]
    return d["z"] * v[1] * len(d)


@program(X)
def dict_tuple_keys(x):
    d = {(i, j): x[i] * x[j] for i in range(3) for j in range(3) if i != j}
    return sum((v * (i + 2 * j) for (i, j), v in d.items()))


@program(X)
def dict_fromkeys(x):
    d = dict.fromkeys(["a", "b"], 0.0)
    for k, v in zip("abab", x):
        d[k] += v * v
    return d["a"] * d["b"] if "a" in d and "c" not in d else 0.0


@program(X)
def memo_fib(x):
    memo = {}

    def f(n):
        if n in memo:
            return memo[n]
        r = x[0] if n < 2 else f(n - 1) * x[1] + f(n - 2)
        memo[n] = r
        return r

    return f(6)


@program(X)
def sets(x):
    s = {1, 2, 3}
    u = s & {2, 3, 5}
    w = s | {7}
    s.add(9)
    s.discard(1)
    tot = 0.0
    for k in sorted(u):
        tot += x[k]
    fs = frozenset([1, 2])
    return tot * len(w) + (x[0] if 9 in s and 1 in fs else 0.0) + len(s - u) * x[1]


@program(X)
def set_comp(x):
    seen = set()
    tot = 0.0
    for k in [1, 2, 1, 3, 2]:
        if k in seen:
            continue
        seen.add(k)
        tot += x[k] ** 2
    return tot * len({i % 2 for i in range(5)})


@program(X)
def fraction_const(x):
    c = Fraction(1, 3)
    return x[0] * c + float(Fraction(2, 5)) * x[1]


@program(X)
def decimal_const(x):
    return float(Decimal("0.25")) * x[0] ** 2


@program(X)
def arr_array(x):
    a = array.array("d", [1.0, 2.0, 3.0])
    return x[0] * a[1] + x[1] * sum(a)


@program(X)
def namedtup(x):
    P = namedtuple("P", "a b")
    p = P(x[0], x[1])
    q = p._replace(a=x[2])
    return p.a * q.a + q.b


@program(X)
def fmt_keys(x):
    d = {}
    for i in range(2):
        for j in range(2):
            d["w{}_{}".format(i, j)] = x[2 * i + j]
    return d["w0_1"] * d["w%d_%d" % (1, 0)] + sum((v for k, v in d.items() if k.startswith("w1")))


@program(X)
def dispatch(x):
    ops = {"sin": np.sin, "sq": lambda v: v * v}
    t = 0.0
    for k, n in enumerate(["sin", "sq", "sin"]):
        t += ops[n](x[k])
    return t


@program({"a": X, "b": [0.5, {"c": 2.0}]})
def nested_dict(p):
    return np.sum(p["a"]) * p["b"][0] * p["b"][1]["c"] ** 2
