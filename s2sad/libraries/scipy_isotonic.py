"""``scipy.optimize.isotonic_regression``: within each block of equal values, the solution is a weighted mean."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
import scipy.optimize as so

from s2sad.ir.types import Array
from s2sad.libraries.solutions import Solution
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant


def isotonic_blocks(y, weights=None, increasing=True):
    """Where the blocks of equal values of an isotonic regression begin and end."""
    return scipy.optimize.isotonic_regression(y, weights=weights, increasing=increasing).blocks


def _blocks(y: Any, weights: Any = None, increasing: Any = True) -> Any:
    return Array("i64", ("?",))


blocks_ = primitive("isotonic_blocks", isotonic_blocks, _blocks, style="helper")
constant(blocks_)


class Isotonic(Solution):
    """The result."""

    def __init__(self, x, weights, blocks):
        self.x, self.weights, self.blocks = x, weights, blocks


def isotonic(y, *, weights=None, increasing=True):
    y = np.asarray(y, dtype=float)
    weights = np.ones_like(y) if weights is None else np.asarray(weights, dtype=float)
    blocks = isotonic_blocks(y, weights, increasing)
    heavy = np.add.reduceat(weights, blocks[:-1])
    means = np.add.reduceat(weights * y, blocks[:-1]) / heavy
    return Isotonic(np.repeat(means, np.diff(blocks)), heavy, blocks)


if hasattr(so, "isotonic_regression"):
    REGISTRY.define(so.isotonic_regression)(isotonic)
