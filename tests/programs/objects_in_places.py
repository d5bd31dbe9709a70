"""Objects in lists, objects that hold objects, one object under several names, on one path or another."""

import abc
import collections
import copy
import dataclasses
import enum
import functools
import math
from dataclasses import InitVar, asdict, astuple, dataclass, field, fields, replace
from types import SimpleNamespace
from typing import (
    Any,
    ClassVar,
    Generic,
    NamedTuple,
    Protocol,
    TypedDict,
    TypeVar,
    runtime_checkable,
)

import numpy as np

from tests.programs import program

X = np.linspace(-1, 1, 4)
M = np.arange(12.0).reshape(4, 3) / 7


class Point:
    def __init__(self, x):
        self.x = x


@program(1.3)
def part(x):
    a = Point(x)
    b = Point(2 * x)
    q = a if x > 1 else b
    q.x = q.x * 3
    return a.x + b.x * b.x


@program(1.3)
def part_l(x):
    a = [x]
    b = [2 * x]
    q = a if x > 1 else b
    q[0] = q[0] * 3
    return a[0] + b[0] * b[0]


@program(1.3)
def part2(x):
    a = Point(x)
    b = Point(2 * x)
    q = a if x > 1 else b
    a.x = 5 * x
    return q.x * a.x + b.x * b.x


@program(1.3)
def part3(x):
    a = Point(x)
    b = Point(2 * x)
    q = a if x > 1 else b
    return q.x * 3 if q is a else q.x


@program(1.3)
def best(x):
    ps = [Point(x), Point(2 * x), Point(0.5 * x)]
    b = ps[0]
    for p in ps:
        if p.x > b.x:
            b = p
    b.x = b.x * 2
    return sum((p.x**2 for p in ps))


@program(1.3)
def best2(x):
    ps = [Point(x), Point(2 * x), Point(0.5 * x)]
    b = max(ps, key=lambda p: p.x)
    return b.x**2


@program(1.3)
def loop_rebind(x):
    cur = Point(x)
    for i in range(20):
        nxt = Point(cur.x * 1.1 + 0.1)
        nxt.x += 0.1
        cur = nxt
    return cur.x


@program(1.3)
def swap(x):
    a = Point(x)
    b = Point(2.0)
    for i in range(21):
        a.x += b.x * 0.1
        a, b = (b, a)
    return a.x * b.x**2


@program(1.3)
def lst_of_obj_loop(x):
    ps = []
    for i in range(30):
        ps.append(Point(x * i))
    for p in ps:
        p.x = p.x**2
    s = 0.0
    for p in ps:
        s += p.x
    return s


@program(1.3)
def lst_of_obj_arr(x, n=30):
    ps = [Point(x * i) for i in range(n)]
    for k in range(n - 1):
        ps[k + 1].x += ps[k].x
    return ps[-1].x ** 2


@program(1.3)
def lst_idx(x, n=30):
    ps = [Point(x * i) for i in range(n)]
    for k in range(n):
        p = ps[k]
        p.x *= p.x
    return sum((p.x for p in ps))


@program(1.3)
def alias_in_list(x):
    p = Point(x)
    ps = [p, p]
    for q in ps:
        q.x *= 2
    return p.x


class Particle:
    def __init__(self, x, v, m=1.0):
        self.x = x
        self.v = v
        self.m = m

    def step(self, f, dt):
        self.v += f / self.m * dt
        self.x += self.v * dt

    def ke(self):
        return 0.5 * self.m * self.v**2


@program(X, X**2)
def nbody(x, v):
    n = len(x)
    ps = [Particle(x[i], v[i]) for i in range(n)]
    for _ in range(5):
        fs = [0.0] * n
        for i in range(n):
            for j in range(n):
                if i != j:
                    fs[i] += ps[j].x - ps[i].x
        for i in range(n):
            ps[i].step(fs[i], 0.1)
    return sum((p.ke() for p in ps))


@program(X, X**2)
def nbody2(x, v):
    ps = []
    for a, b in zip(x, v):
        ps.append(Particle(a, b))
    for _ in range(5):
        for p in ps:
            f = 0.0
            for q in ps:
                if q is not p:
                    f += q.x - p.x
            p.step(f, 0.1)
    e = 0.0
    for p in ps:
        e += p.ke()
    return e


class A:
    def __init__(self, x, v):
        self.x = x.copy()
        self.v = v.copy()

    def step(self, dt):
        self.v -= self.x * dt
        self.x += self.v * dt

    def kick(self, k):
        self.v[k] += 1.5 * self.x[0]


@program(M, M**2)
def vecparts(x, v):
    ps = [A(x[i], v[i]) for i in range(len(x))]
    for t in range(5):
        for p in ps:
            p.step(0.1)
            p.kick(1)
    return sum((p.v @ p.v for p in ps))


@program(M, M**2)
def vecparts2(x, v):
    ps = [A(x[i], v[i]) for i in range(len(x))]
    for t in range(5):
        for i in range(len(ps) - 1):
            a = ps[i]
            b = ps[i + 1]
            d = b.x - a.x
            a.v = a.v + 0.1 * d
            b.v = b.v - 0.1 * d
        for p in ps:
            p.step(0.1)
    return sum((p.v @ p.x for p in ps))


@dataclass
class V:
    x: float
    y: float


@dataclass
class B:
    pos: V
    vel: V
    hist: list = field(default_factory=list)


@program(1.3)
def nested(x, n=20):
    bs = [B(V(x * i, 1.0), V(0.0, x)) for i in range(n)]
    for t in range(4):
        for b in bs:
            b.pos.x += 0.1 * b.vel.x
            b.vel.y -= 0.1 * b.pos.y
            b.vel.x = b.vel.y * 0.5
    return sum((b.pos.x * b.vel.y for b in bs))


@program(1.3)
def nested_small(x, n=3):
    bs = [B(V(x * i, 1.0), V(0.0, x)) for i in range(n)]
    for t in range(40):
        for b in bs:
            b.pos.x += 0.1 * b.vel.x
            b.vel.y -= 0.1 * b.pos.y
            b.hist.append(b.pos.x)
    return sum((sum(b.hist) for b in bs))


@program(1.3)
def rows(x, n=20):
    m = [[x * i + j for j in range(n)] for i in range(n)]
    for i in range(1, n):
        for j in range(1, n):
            m[i][j] = 0.5 * (m[i - 1][j] + m[i][j - 1])
    return m[-1][-1]


@program(1.3)
def rows2(x, n=20):
    m = [[x * i + j for j in range(n)] for i in range(n)]
    for i in range(1, n):
        row = m[i]
        prev = m[i - 1]
        for j in range(1, n):
            row[j] = 0.5 * (prev[j] + row[j - 1])
    return sum(m[-1])


class Sys:
    def __init__(self, x):
        self.ps = [Particle(x * i, 0.0) for i in range(25)]
        self.t = 0.0

    def step(self, dt):
        for p in self.ps:
            p.step(-p.x, dt)
        self.t += dt

    @property
    def energy(self):
        return sum((p.ke() for p in self.ps))


@program(1.3)
def sysm(x):
    s = Sys(x)
    for _ in range(3):
        s.step(0.1)
    while s.t < 0.5:
        s.step(0.1)
    return s.energy


@program(1.3)
def bestloop(x, n=30):
    ps = [Particle(x * math.sin(i), 0.1) for i in range(n)]
    best = ps[0]
    for p in ps:
        if p.x > best.x:
            best = p
    return best.x**2 + best.v


@program(1.3)
def arrs2(x, n=20):
    L = [np.zeros(3) for i in range(n)]
    for i in range(n):
        L[i][i % 3] += x * i
    for l in L:
        l *= x
    return sum((l.sum() for l in L))


@program(1.3)
def part_w(x):
    a = Particle(x, 1.0)
    b = Particle(2 * x, 2.0)
    ps = [a, b]
    for k in range(2):
        q = a if x * k > 1 else b
        q.step(0.3, 0.1)
        q.v *= x
    return sum((p.x * p.v for p in ps))


@program(1.3)
def part_loop(x):
    a = Particle(x, 1.0)
    b = Particle(2 * x, 2.0)
    for k in range(30):
        q = a if a.x < b.x else b
        q.x = q.x + 0.1 * x
    return a.x * b.x**2
