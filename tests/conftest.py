"""How the suite is run: what the collected tests consist of is set aside, where no collection of garbage walks.

``pytest --least-order 2`` checks to second order also what the suite checks to first order for the sake of time.
"""

from __future__ import annotations

import functools
import gc
import inspect
from typing import Any

import pytest

from s2sad import testing


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--least-order", type=int, default=1, help="check all derivatives at least to this order (1)")


def pytest_configure(config: pytest.Config) -> None:
    least = config.getoption("--least-order")
    if least > 1:
        testing.check_grads = to_order(testing.check_grads, least)


def to_order(check: Any, least: int) -> Any:
    """``check_grads`` with an order of ``least`` or more."""
    signature = inspect.signature(check)

    @functools.wraps(check)
    def checked(*args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        bound.arguments["order"] = max(least, bound.arguments["order"])
        check(*bound.args, **bound.kwargs)

    return checked


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # compiling makes many small objects, few of them in cycles
