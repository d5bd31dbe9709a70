"""How the suite is run: what the collected tests consist of is set aside, where no collection of garbage walks."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # compiling makes many small objects, few of them in cycles
