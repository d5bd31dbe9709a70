"""Random loop nests over arrays stored into in place: forward against reverse, to second order."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.random_loops import Writer

GENERATOR = np.random.default_rng(5)
X, Y, U, V = GENERATOR.normal(size=(4, 7))


def load(text: str, name: str) -> Callable[..., Any]:
    file = f"<random loops {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np}
    exec(compile(text, file, "exec"), scope)
    return scope["f"]


def agrees(text: str, name: str, second: bool) -> None:
    f = load(text, name)
    expected = f(X.copy(), Y.copy())
    if not np.isfinite(expected) or abs(expected) > 1e6:
        return
    g = s2sad.grad(f, argnums=(0, 1))
    try:
        x_bar, y_bar = g(X, Y)
    except s2sad.UnsupportedError:  # arrays that change places on one path only
        assert "a, c = c, a" in text
        return
    out, dot = s2sad.jvp(f, (X, Y), (U, V))
    np.testing.assert_allclose(out, expected, rtol=1e-12, err_msg=text)
    np.testing.assert_allclose(x_bar @ U + y_bar @ V, dot, rtol=1e-9, atol=1e-10, err_msg=text)
    if second:
        _, curvature = s2sad.jvp(g, (X, Y), (U, V))

        def along(x: Any, y: Any) -> Any:
            bars = g(x, y)
            return np.sum(bars[0] * U) + np.sum(bars[1] * V)

        for twice, once in zip(s2sad.grad(along, argnums=(0, 1))(X, Y), curvature, strict=True):
            np.testing.assert_allclose(twice, once, rtol=1e-8, atol=1e-9, err_msg=text)


@pytest.mark.parametrize("seed", range(60))
def test_random_loops(seed: int) -> None:
    agrees(Writer(seed).program(), str(seed), second=seed % 3 == 0)


def test_a_read_inside_the_loop_that_stores_later_and_earlier() -> None:
    """Of an array from before that loop: no iteration of it may be taken for the one at hand."""
    agrees(
        """\
def f(x, y):
    a = x.copy()
    c = y * 0.5
    s = 0.3
    b = np.zeros((7, 7))
    for i in range(4, 1, -1):
        a[i] = a[i]
    for i in range(2, 5):
        a[i:i + 2] = a[i:i + 2] * np.sum(np.cos(a[:i])) * c[6 - i]
        b[i + 1] = b[i + 1] * np.sum(np.cos(a[i:i + 2]))
        if s > 1.5:
            break
    return np.sum(a * a) + np.sum(b)
""",
        "inside",
        second=True,
    )
