"""Classes that are defined inside of functions."""

import dataclasses
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.programs import program


@program(1.3)
def methods_that_close_over_arguments(x):
    class Scaled:
        """The value, and what it is scaled by."""

        k = 2.0

        def __init__(self, v):
            self.v = v

        def power(self, p=2):
            return self.v**p * self.k * x

        @property
        def half(self):
            return self.v / 2

        @half.setter
        def half(self, h):
            self.v = 2 * h

        @staticmethod
        def tripled(a):
            return a * 3

        @classmethod
        def more(cls, a):
            return cls(a + 1)

        def __add__(self, other):
            return Scaled(self.v + other.v)

    a = Scaled(x) + Scaled.more(x)
    a.half *= 2
    return a.power() + Scaled.tripled(x) + a.half


@program(1.3)
def dataclass_inside(x):
    @dataclass
    class Pair:
        v: float
        w: float = 2.0
        rest: list = field(default_factory=list)

        def area(self):
            return self.v**2 * self.w

    a = Pair(x)
    b = dataclasses.replace(a, w=x)
    return a.area() * b.area()


@program(1.3)
def frozen_dataclass_inside(x):
    @dataclass(frozen=True)
    class Scalar:
        v: float

        def __mul__(self, other):
            return Scalar(self.v * other)

    return (Scalar(x) * x).v


@program(1.3)
def inheritance_inside(x):
    class Linear:
        def f(self, y):
            return y * x

    class Square(Linear):
        def f(self, y):
            return super().f(y) + y**2

    total = 0.0
    for i in range(20):
        total += Square().f(x * i)
    return total


@program(1.3)
def namedtuple_inside(x):
    class Pair(NamedTuple):
        a: float
        b: float = 2.0

    p = Pair._make((x, Pair(x).b))
    return p.a**2 * p.b
