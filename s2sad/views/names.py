"""Under which public name people know an object of a library."""

from __future__ import annotations

import builtins
import cmath
import itertools
import math
import statistics
import sys
from typing import Any

import numpy as np

SPACES: tuple[tuple[str, Any], ...] = (
    ("", builtins), ("math", math), ("cmath", cmath), ("statistics", statistics), ("itertools", itertools),
    ("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft), ("np.lib.stride_tricks", np.lib.stride_tricks),
    ("np.random", np.random), ("np.polynomial.polynomial", np.polynomial.polynomial),
)  # fmt: skip
LIBRARIES = ("special", "linalg", "stats", "signal", "ndimage", "interpolate", "integrate", "optimize", "sparse",
             "sparse.linalg", "fft", "spatial.distance")  # fmt: skip


def spaces() -> list[tuple[str, Any]]:
    """Where public names are looked for: those of SciPy that have been imported too."""
    scipy = [(f"scipy.{part}", sys.modules[f"scipy.{part}"]) for part in LIBRARIES if f"scipy.{part}" in sys.modules]
    return [*SPACES, *scipy]


def of_object(obj: object) -> str:
    """The dotted public name of a function; what it says of itself where no public module has it."""
    own = str(getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None) or type(obj).__name__)
    for name, module in spaces():
        if getattr(module, own, None) is obj:
            return f"{name}.{own}" if name else own
    for name, module in spaces():
        for key in dir(module):
            if not key.startswith("_") and module.__dict__.get(key) is obj:
                return f"{name}.{key}" if name else key
    home = str(getattr(obj, "__module__", None) or type(obj).__module__)
    return f"{home}.{own}".replace("numpy", "np", 1) if home else own
