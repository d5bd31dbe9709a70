"""Rules of powers and roots of polynomials, and how powers batch."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.ir.core import Call, Literal, Pack
from s2sad.rules.batching import Batch, Result, RowByRow, batches
from s2sad.rules.book import pullback, pushforward


@pullback("np.vander", wrt="x")
def vander(ans_bar, x, N, increasing, ans):
    if increasing:
        return (ans_bar[:, 1:] * ans[:, :-1]) @ np.arange(1, N, dtype=ans.dtype)
    return (ans_bar[:, :-1] * ans[:, 1:]) @ np.arange(N - 1, 0, -1, dtype=ans.dtype)


@batches("np.vander")
def vander_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    """All numbers in one column."""
    if moved != {"x"}:
        raise RowByRow
    x, count = b.bound(call)["x"], b.bound(call)["N"]
    rows = b.atom(x)
    (table,) = b.again(call, {"x": b.call("np.reshape", rows, Literal(-1))})
    return b.call("np.reshape", table, Pack("tuple", (b.size, b.call("dim", rows, 1), count)))


@pushforward("np.roots", wrt="p")
@pushforward("complex_roots", wrt="p")
def roots_dot(p_dot, p, ans):
    """A multiple root has no derivative, and where it does not move it needs none."""
    count = len(p)
    table = np.vander(ans, count)
    moved = table @ p_dot
    return -np.where(moved != 0.0, moved / (table[:, 1:] @ (p[:-1] * np.arange(count - 1, 0, -1))), 0.0)


@pullback("np.roots", wrt="p")
@pullback("complex_roots", wrt="p")
def roots_bar(ans_bar, p, ans):
    """A multiple root has no derivative, and where it is not read it needs none."""
    count = len(p)
    table = np.vander(ans, count)
    moves = ans_bar / (table[:, 1:] @ (p[:-1] * np.arange(count - 1, 0, -1)))
    return table.T @ -np.where(ans_bar != 0.0, moves, 0.0)
