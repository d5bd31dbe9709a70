"""``match``: every kind of pattern, on known things and on numbers of run time."""

import math
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum

import numpy as np

from tests.programs import program

P = namedtuple("P", "a b")


@program(1.5, "square")
@program(1.5, "third", name="a_mode_2")
@program(1.5, "none", name="a_mode_3")
def a_mode(x, mode):
    match mode:
        case "square":
            return x * x
        case "cube" | "third":
            return x**3
        case _:
            return x


@dataclass
class Circle:
    r: float


@dataclass
class Rect:
    w: float
    h: float


def area(s):
    match s:
        case Circle(r=r) if r > 10:
            return 0.0
        case Circle(r):
            return math.pi * r * r
        case Rect(w, h):
            return w * h


@program(1.5)
def dataclass_patterns(x):
    return area(Circle(x)) + area(Rect(x, 3.0)) + area(Circle(20 * x))


@program(1.5, 0.7)
@program(1.5, 1.7, name="pairs_of_numbers_2")
def pairs_of_numbers(x, y):
    match (x, y):
        case (0, 0):
            return 0.0
        case (a, 0):
            return a * a
        case (0, b):
            return b * 3
        case (a, b) if a > b:
            return a * b
        case a, b:
            return a + b * b


@program(1.5)
def first_rest_last(x):
    match [x, 2 * x, 3 * x, 4.0]:
        case [first, *rest, last]:
            return first * last + sum(rest)


@program(1.5)
def mapping_with_rest(x):
    cfg = {"kind": "poly", "coef": [x, x * x], "scale": 2.0}
    match cfg:
        case {"kind": "lin"}:
            return x
        case {"kind": "poly", "coef": [a, b], **rest}:
            return (a + 3 * b) * rest["scale"]


@program(1.5)
def classes_of_numbers(x):
    match x:
        case float(v):
            return v * v
        case int():
            return x


@program(1.5, 12)
def in_a_loop(x, n):
    total = 0.0
    for k in range(n):
        match k % 3:
            case 0:
                total += x
            case 1:
                total *= x
                continue
            case other if other > 1 and total > 50:
                break
            case _:
                total += 1.0
        total += 0.1
    return total


class Color(Enum):
    RED = 1
    BLUE = 2


@program(1.5, Color.BLUE)
def enum_members(x, c):
    match c:
        case Color.RED:
            return x
        case Color.BLUE:
            return x * x


class Pt:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


@program(1.5)
def match_args(x):
    match Pt(x, 2.0):
        case Pt(x=0.0):
            return 1.0
        case Pt(a, b) as p:
            return a * b + p.x


@program(1.5, None)
@program(1.5, True, name="options_2")
@program(1.5, (1, 3, 9), name="options_3")
@program(1.5, "abc", name="options_4")
@program(1.5, 3, name="options_5")
def options(x, opt):
    match opt:
        case None:
            return x
        case True:
            return 2 * x
        case [1, 2 | 3, *_]:
            return 3 * x
        case str() as s:
            return x * len(s)
        case np.ndarray():
            return x * np.sum(opt)
    return 5 * x


@program(1.5)
@program(-1.5, name="guards_on_numbers_2")
@program(3.5, name="guards_on_numbers_3")
def guards_on_numbers(x):
    match x:
        case 1.0 | 2.0:
            y = 10.0 * x
        case v if v < 0:
            y = -v
        case _:
            y = x * x
    return y * 2


@program(1.5)
def namedtuple_patterns(x):
    match P(x, 2 * x):
        case P(a=a, b=b):
            pass
    match x * 2, "s":
        case [v, "t"]:
            z = v
        case [v, "s"]:
            z = v * v
    return a * b + z
