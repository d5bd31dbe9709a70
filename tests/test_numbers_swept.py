"""Every function of NumPy's table in one of several kinds of numbers and shapes: single, long and mixed precision,
memory that is not contiguous, no item and one item.

Value, tangent and cotangents have NumPy's dtypes and shapes, the two modes pair, and tangents agree with differences
that NumPy computes in long precision.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import s2sad
from s2sad import pytrees
from tests import surface_numpy
from tests.surface_numpy import SAMPLES, function_of

LONG = {"f": np.longdouble, "c": np.clongdouble}
KINDS = ("single", "long", "mixed", "strided", "none", "one", "numbers")


def converted(value, kind, place):
    """A sample's value in another kind; what is no float stays."""
    array = isinstance(value, np.ndarray)
    dtype = np.asarray(value).dtype
    single = {"f": np.float32, "c": np.complex64}.get(dtype.kind, dtype)
    match kind:
        case "none" | "one" if array:
            return value[(slice(0, kind == "one"),) * value.ndim]
        case "strided" if array and value.ndim:
            room = np.zeros(tuple(2 * n for n in value.shape), dtype)[(slice(None, None, -2),) * value.ndim]
            room[...] = value
            return room
        case "single" | "mixed" if dtype.kind in "fc" and (array or kind == "mixed" and place % 2):
            return np.asarray(value).astype(single)[() if not array else ...]
        case "long" | "numbers" if dtype.kind in "fc" and (array or kind == "numbers"):
            wide = LONG[dtype.kind] if kind == "long" else dtype
            return np.asarray(value).astype(wide)[() if not array else ...]
    return value


def prepared(sample, kind, monkeypatch):
    """A sample's function and arguments in a kind; None where NumPy does not take them."""
    with monkeypatch.context() as short:
        for name, value in surface_numpy.FIXED.items():
            if kind in ("none", "one") and isinstance(value, np.ndarray):
                short.setitem(surface_numpy.FIXED, name, converted(value, kind, 0))
        f, args = function_of(sample)
    args = tuple(converted(a, kind, k) for k, a in enumerate(args))
    try:
        return f, args, f(*copy.deepcopy(args))
    except Exception:
        return None


UNLIKE = ("np.cross(b, b * b)",)
"""An array without axes in NumPy, where everything else gives numbers."""


def chosen():
    """For each name one of its samples, and the kind to begin with."""
    names = [n for n in SAMPLES if SAMPLES[n] and n.split(".")[0].split()[0] in ("np", "ndarray", "ufunc")]
    for k, name in enumerate(names):
        samples = [s for s in SAMPLES[name] if s not in UNLIKE]
        yield samples[(k // len(KINDS)) % len(samples)], k % len(KINDS)


def is_float(x):
    return isinstance(x, np.ndarray | np.inexact | float | complex) and np.asarray(x).dtype.kind in "fc"


def like(x, rng):
    """A direction of the dtype and kind of a value."""
    a = np.asarray(x)
    out = rng.normal(size=a.shape) + (1j * rng.normal(size=a.shape) if a.dtype.kind == "c" else 0.0)
    out = np.asarray(out).astype(a.dtype)
    return out if isinstance(x, np.ndarray) else out[()] if isinstance(x, np.generic) else out.item()


def described(x):
    return np.shape(x), np.asarray(x).dtype


def pairing(a, b):
    return sum(np.sum(np.real(np.asarray(x).astype(np.clongdouble) * y)) for x, y in zip(a, b, strict=True))


def moved(f, args, dots, h):
    """The leaves of the function a step further, in long precision."""
    there = []
    for a, d in zip(args, dots, strict=True):
        x = np.asarray(a).astype(LONG[np.asarray(a).dtype.kind])
        there.append((x + h * np.asarray(d))[() if not isinstance(a, np.ndarray) else ...])
    return [np.asarray(leaf) for leaf in pytrees.leaves(f(*there)) if is_float(leaf)]


@pytest.mark.parametrize(("sample", "first"), list(chosen()), ids=str)
def test_kinds_of_numbers(sample, first, monkeypatch):
    """In the first kind from ``first`` on that NumPy takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinds = (*KINDS[first:], *KINDS[:first])
        f, args, want = next(p for kind in kinds if (p := prepared(sample, kind, monkeypatch)) is not None)
        rng = np.random.default_rng(3)
        dots = tuple(like(a, rng) for a in args)
        value, dot = s2sad.jvp(f, args, dots)
        again, pull = s2sad.vjp(f, *args)
        leaves = [leaf for leaf in pytrees.leaves(want) if is_float(leaf)]
        tangents = [d for d, leaf in zip(pytrees.leaves(dot), pytrees.leaves(want), strict=True) if is_float(leaf)]
        coarse = any(np.asarray(x).dtype in (np.float32, np.complex64) for x in (*args, *leaves))
        for got in (value, again):
            for g, w in zip((g for g in pytrees.leaves(got) if is_float(g)), leaves, strict=True):
                assert described(g) == described(w)
                np.testing.assert_allclose(g, w, rtol=2e-6 if coarse else 1e-13, atol=1e-6 if coarse else 1e-13)
        assert [described(d) for d in tangents] == [described(w) for w in leaves]
        bars = pull(pytrees.tree_map(lambda w: like(w, rng) if is_float(w) else None, again))
        assert [described(b) for b in bars] == [described(a) for a in args]
        rng = np.random.default_rng(3)
        for a in args:
            like(a, rng)
        ways = [like(w, rng) for w in pytrees.leaves(again) if is_float(w)]
        left, right = pairing(ways, tangents), pairing(bars, dots)
        np.testing.assert_allclose(right, left, rtol=1e-4 if coarse else 1e-11, atol=1e-4 if coarse else 1e-11)
        try:
            ahead, behind = (moved(f, args, dots, s * np.longdouble(2e-6)) for s in (1, -1))
        except Exception:  # not all of NumPy takes long precision
            return
        for a, b, d in zip(ahead, behind, tangents, strict=True):
            if a.shape == b.shape == np.shape(d):
                exact = (a - b) / np.longdouble(4e-6)
                np.testing.assert_allclose(d, exact, rtol=2e-3 if coarse else 1e-5, atol=2e-3 if coarse else 1e-6)
