"""Functions of NumPy and SciPy mapped over rows against the Python loop over the rows, for each choice of what varies.

Of every name one sample; which one hangs on the name alone.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import test_linalg_numpy, test_scipy_linalg, test_scipy_ndimage, test_scipy_signal
from tests import test_scipy_special as special
from tests.surface_numpy import SAMPLES, function_of

SCALE = np.array([1.0, 1.03, 0.97])
Function = Callable[..., Any]


def varies(value: Any) -> bool:
    floats = isinstance(value, float | complex | np.inexact)
    return floats or isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def rows_of(value: Any) -> np.ndarray:
    a = np.asarray(value)
    return (a * SCALE.reshape((3,) + (1,) * a.ndim)).astype(a.dtype)


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, tuple | list):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def as_the_loop(f: Function, args: tuple[Any, ...], every: bool = True) -> None:
    """``vmap`` and the loop agree, with all arguments varying, and with each one alone."""
    places = tuple(k for k, a in enumerate(args) if varies(a))
    for chosen in [places, *((k,) for k in places if every and len(places) > 1)]:
        if not chosen:
            continue
        given = [rows_of(a) if k in chosen else a for k, a in enumerate(args)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                want = [leaves(f(*(g[j] if k in chosen else g for k, g in enumerate(given)))) for j in range(3)]
            except (ValueError, np.linalg.LinAlgError):
                continue  # a row is no argument of the function
            got = leaves(s2sad.vmap(f, in_axes=tuple(0 if k in chosen else None for k in range(len(args))))(*given))
        assert len(got) == len(want[0])
        for mine, *theirs in zip(got, *want, strict=True):
            if not isinstance(theirs[0], str | None):
                stacked = np.stack([np.asarray(t) for t in theirs])
                assert np.shape(mine) == stacked.shape
                tight = 1e-4 if stacked.dtype in (np.float32, np.complex64) else 1e-9
                np.testing.assert_allclose(mine, stacked, rtol=tight, atol=tight)


def one_of(name: str, samples: tuple[str, ...]) -> str:
    return samples[zlib.crc32(name.encode()) % len(samples)]


@pytest.mark.parametrize("first", range(0, len(SAMPLES), 20))
def test_numpy(first: int) -> None:
    for name, samples in list(SAMPLES.items())[first : first + 20]:
        if not samples:
            continue
        sample = one_of(name, samples)
        try:
            as_the_loop(*function_of(sample))
        except Exception as error:
            raise AssertionError(sample) from error


def rows(module: Any, every: int, table: str = "ROWS") -> Iterator[tuple[str, Function, tuple[Any, ...]]]:
    """Each so many-th row of a table."""
    for name, row in list(getattr(module, table).items())[::every]:
        if module is special:
            f, floats = special.of_floats(getattr(special.sc, name.split(" ")[0]), row)
            yield name, f, tuple(floats)
        else:
            f, *args = row
            kind = test_linalg_numpy.KINDS["real"]
            yield name, f, tuple(kind[a] if isinstance(a, str) else a for a in args)


@pytest.mark.parametrize(
    ("module", "every"),
    [(special, 5), (test_linalg_numpy, 3), (test_scipy_linalg, 7), (test_scipy_signal, 6), (test_scipy_ndimage, 3)],
    ids=lambda m: getattr(m, "__name__", None),
)
def test_scipy(module: Any, every: int) -> None:
    for name, f, args in rows(module, every):
        try:
            as_the_loop(f, args)
        except Exception as error:
            raise AssertionError(name) from error


# -- items that a mask picks ------------------------------------------------------------------------------------------


def logistic(x):
    m = x > 0
    y = np.zeros_like(x)
    y[m] = 1 / (1 + np.exp(-x[m]))
    e = np.exp(x[~m])
    y[~m] = e / (1 + e)
    return y


def halved(x):
    y = x.copy()
    for i in range(3):
        m = y > 0.5 * i
        y[m] = y[m] * 0.5 + 0.1
    return y


def scaled(x, c):
    y = x.copy()
    m = x > 0
    y[m] = y[m] * c
    return y


def running(x):
    m = x > 0
    y = x.copy()
    y[m] = np.cumsum(x[m])
    return y


def summed(x):
    m = x > 0
    v = x[m]
    y = x.copy()
    y[m] = v * 2
    return y * v.sum()


@pytest.mark.parametrize(
    ("f", "in_one_line"), [(logistic, True), (halved, True), (scaled, False), (running, False), (summed, False)]
)
def test_items_that_a_mask_picks(f: Function, in_one_line: bool) -> None:
    """They are unlike numbers of items in each row; computed with item by item they stand in one line all the same."""
    x = np.array([[0.7, -0.4, 1.3, 2.0], [-0.7, -0.2, 0.3, -1.0], [1.0, 2.0, 3.0, 0.5]])
    args = (x, np.array([2.0, 3.0, -1.0]))[: f.__code__.co_argcount]
    v = s2sad.vmap(f)
    np.testing.assert_allclose(v(*args), [f(*row) for row in zip(*args, strict=True)], rtol=1e-14)
    assert ("for k in" not in v.source) == in_one_line
    g = s2sad.grad(lambda *a: np.sum(f(*a) ** 2))
    want = [g(*row) for row in zip(*args, strict=True)]
    np.testing.assert_allclose(s2sad.vmap(g)(*args), want, rtol=1e-13)
    of_all = s2sad.grad(lambda *a: np.sum(s2sad.vmap(f)(*a) ** 2))
    np.testing.assert_allclose(of_all(*args), want, rtol=1e-13)
