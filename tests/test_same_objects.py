"""A list of objects under two names, by every way that Python has to make the second: a store through one of them is
seen through the other where Python has one object, and not where it has two; or it is refused, and never anything else.
"""

from __future__ import annotations

import collections
import copy
import functools
import itertools
import linecache
import operator
from typing import Any

import numpy as np
import pytest

import s2sad

HEAD = """
class P:
    def __init__(self, x):
        self.x = x
def f(x, k):
    L = [{item} for i in range(len(x))]
    {way}
    {store}
    s = 0.0
    for i in range(len(L)):
        s += {left} * (i + 1)
    for j in range(len(Q)):
        s += {right} * (j + 2)
    return s
"""
KINDS = {
    "arrays": ("x[i] * np.array([1.0, 2.0])", "{}[0] = 5.0 * x[1]", "np.sum({} ** 2)"),
    "objects": ("P(x[i])", "{}.x = 5.0 * x[1]", "{}.x ** 2"),
}
WAYS = (
    "Q = list(L)", "Q = tuple(L)", "Q = L[:]", "Q = L[1:]", "Q = L[::-1]", "Q = [r for r in L]",
    "Q = L + []", "Q = [] + L",
    "Q = L.copy()", "Q = copy.copy(L)", "Q = copy.deepcopy(L)", "Q = [*L]", "Q = list(reversed(L))", "first, *Q = L",
    "Q = list(itertools.chain(L))", "Q = list(map(lambda r: r, L))", "Q = list(filter(lambda r: True, L))",
    "Q = [r for _, r in enumerate(L)]", "Q = [r for r, _ in zip(L, L)]", "Q = []; Q.extend(L)", "Q = []; Q += L",
    "Q = collections.deque(L)", "Q = list(iter(L))", "Q = [q[1] for q in enumerate(L)]",
    "Q = list(itertools.islice(L, 3))",
    "Q = [L[k] for k in range(len(L))]", "d = {'l': L}; Q = d['l']", "t = (L, 1); Q = t[0]", "Q = L; L = list(L)",
    "h = P(L); Q = h.x", "Q = (lambda z: z)(L)", "Q = functools.reduce(lambda a, b: a + [b], L, [])",
    "Q = [L[0], L[1], L[2]]", "Q = [L[0]] * 3", "Q = sorted(L, key=lambda r: 0)", "Q = max([L], key=len)",
    "Q = operator.itemgetter(slice(None))(L)", "Q = [copy.copy(r) for r in L]", "Q = sum([[r] for r in L], [])",
    "Q = [[r] for r in L]; Q = [q[0] for q in Q]", "Q = L if x[0] < 5 else []", "Q = [r for r in (q for q in L)]",
)  # fmt: skip
MODULES: dict[str, Any] = {
    m.__name__.split(".")[-1]: m for m in (collections, copy, functools, itertools, operator)
} | {"np": np, "__name__": "program"}  # fmt: skip
X = np.array([0.3, 0.7, 1.1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_a_store_is_seen_where_python_has_one_object(way, kind):
    item, store, read = KINDS[kind]
    for where in ("Q[1]", "L[k]"):
        left, right = read.format("L[i]"), read.format("Q[j]")
        text = HEAD.format(way=way, item=item, store=store.format(where), left=left, right=right)
        name = f"<{way}, {kind}, {where}>"
        linecache.cache[name] = len(text), None, text.splitlines(True), name
        scope = dict(MODULES)
        exec(compile(text, name, "exec"), scope)
        f = scope["f"]
        try:
            value, slope = s2sad.value_and_grad(f)(X, 1)
        except s2sad.UnsupportedError:
            continue
        np.testing.assert_allclose(value, f(X, 1), rtol=1e-12)
        step = 1e-6 * np.eye(3)
        np.testing.assert_allclose(slope, [(f(X + h, 1) - f(X - h, 1)) / 2e-6 for h in step], rtol=1e-6, atol=1e-8)
