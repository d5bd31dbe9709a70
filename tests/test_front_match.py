"""What ``match``, generators, context managers and ``next`` refuse, and what they raise as Python does."""

from __future__ import annotations

import contextlib
import logging

import numpy as np
import pytest

import s2sad
from s2sad.errors import UnsupportedError

X = np.array([0.5, 1.2, 0.8])


def array_as_number(x):
    match x:
        case 1.0:
            return x[0]
    return x[1]


def names_on_a_side(x):
    match (x, 2.0):
        case (1.0, b) | (b, 2.0):
            return b * x
    return x


def yields(x):
    yield x


def sends(x):
    def numbers():
        got = yield x
        yield got

    g = numbers()
    return g.send(None)


def changes_what_is_read(x):
    xs = [x[0], x[1], x[2]]

    def items():
        yield xs[0]
        yield xs[1]

    it = items()
    first = next(it)
    xs[1] = 5.0 * x[0]
    return first * next(it)


def yields_twice(x):
    @contextlib.contextmanager
    def manager():
        yield 1.0
        yield 2.0

    with manager() as k:
        return k * x[0]


def conditional_stack(x):
    with contextlib.ExitStack() as stack:
        if x[0] > 0.1:
            stack.callback(lambda: None)
        return x[0]


@pytest.mark.parametrize(
    ("function", "what"),
    [(array_as_number, "a number as the pattern for an array"), (yields, "a generator function is not supported"),
     (sends, "send of a generator"), (changes_what_is_read, "after something was changed"),
     (yields_twice, "yields more than once"), (conditional_stack, "ExitStack that holds other things")],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(function, what):
    with pytest.raises(UnsupportedError, match=what) as caught:
        s2sad.value_and_grad(function)(X)
    assert caught.value.location is not None and caught.value.location.file == __file__


def test_a_pattern_whose_side_a_value_decides_is_refused():
    with pytest.raises(UnsupportedError, match="that binds names") as caught:
        s2sad.grad(names_on_a_side)(1.5)
    assert caught.value.location.text == "case (1.0, b) | (b, 2.0):"


class Pair:
    __match_args__ = ("a",)

    def __init__(self, a):
        self.a = a


def too_many(x):
    match Pair(x):
        case Pair(a, b):
            return a * b
    return x


def empty(x):
    return next(v for v in x if v > 10.0)


def test_exceptions_are_python_s():
    with pytest.raises(TypeError, match=r"Pair\(\) accepts 1 positional sub-patterns \(2 given\)"):
        s2sad.grad(too_many)(1.5)
    with pytest.raises(StopIteration):
        s2sad.grad(empty)(X)


class Collected(logging.Handler):
    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


LOG = logging.getLogger(__name__)


def logs(x):
    for k in range(3):
        try:
            x = x / (k - 1)
        except ZeroDivisionError:
            LOG.warning("division at %d of %.1f", k, x)
    return x


def test_what_is_logged_is_logged_once():
    handler = Collected()
    LOG.addHandler(handler)
    try:
        assert s2sad.grad(logs)(2.0) == -1.0
    finally:
        LOG.removeHandler(handler)
    assert handler.messages == ["division at 1 of -2.0"]
