"""What is not a function of its arguments: random draws and clocks.

A draw happens where and as often as the program makes it: once for each evaluation, in order (``effect``), and its
value is kept for the adjoint, not drawn again. It has no derivative of its own. The parameters of a distribution may
have one: ``rng.normal(mu, sigma)`` is ``mu + sigma * rng.standard_normal()``, which is how NumPy computes it, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from s2sad.ir.core import Arg, Literal
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import FLOAT, INT, Array, Object, Type
from s2sad.prims.creation import axes_of_shape
from s2sad.prims.primitive import primitive

GENERATOR: Final = Object("Generator")

PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "random": ("size",), "random_sample": ("size",), "standard_normal": ("size",), "standard_exponential": ("size",),
    "standard_cauchy": ("size",), "normal": ("loc", "scale", "size"), "uniform": ("low", "high", "size"),
    "exponential": ("scale", "size"), "laplace": ("loc", "scale", "size"), "logistic": ("loc", "scale", "size"),
    "gumbel": ("loc", "scale", "size"), "lognormal": ("mean", "sigma", "size"), "rayleigh": ("scale", "size"),
    "beta": ("a", "b", "size"), "gamma": ("shape", "scale", "size"), "chisquare": ("df", "size"),
    "standard_gamma": ("shape", "size"), "standard_t": ("df", "size"), "weibull": ("a", "size"),
    "triangular": ("left", "mode", "right", "size"), "poisson": ("lam", "size"), "binomial": ("n", "p", "size"),
    "geometric": ("p", "size"), "integers": ("low", "high", "size"), "randint": ("low", "high", "size"),
    "permutation": ("x",),
}  # fmt: skip
"""Methods of NumPy's generators that draw numbers, with the parameters that may be given."""
WHOLE: Final = frozenset(("poisson", "binomial", "geometric", "integers", "randint", "permutation"))
MOVED: Final = {"normal": "standard_normal", "uniform": "random", "exponential": "standard_exponential"}
"""Distributions that are a standard one, moved and stretched by their parameters."""
DEFAULTS: Final[dict[str, tuple[float, ...]]] = {"normal": (0.0, 1.0), "uniform": (0.0, 1.0), "exponential": (1.0,)}


def _drawn(name: str) -> Callable[..., Type]:
    names = PARAMETERS[name]

    def infer(generator: Arg, *args: Arg, **kwargs: Any) -> Type:
        given = dict(zip(names, args, strict=False)) | kwargs
        size = given.get("x" if name == "permutation" else "size")
        one = INT if name in WHOLE else FLOAT
        if size is None or isinstance(size, Literal) and size.value is None:
            return one
        return Array(one.dtype, axes_of_shape(size))

    return infer


def _method(name: str) -> Primitive:
    def run(generator: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(generator, name)(*args, **kwargs)

    return primitive(f"Generator.{name}", run, _drawn(name), style="method", text=name, effect=True, calls=())


DRAWS: Final = {name: _method(name) for name in PARAMETERS}
"""Of a generator object, which is the first operand."""


primitive("np.random.default_rng", np.random.default_rng, lambda seed=None: GENERATOR, effect=True)
primitive("np.random.RandomState", np.random.RandomState, lambda seed=None: GENERATOR, effect=True)
primitive("np.random.seed", np.random.seed, lambda seed=None: (), effect=True)

for _name in ("time", "perf_counter", "monotonic", "process_time"):
    primitive(f"time.{_name}", getattr(time, _name), lambda: FLOAT, effect=True)
for _name in ("time_ns", "perf_counter_ns", "monotonic_ns"):
    primitive(f"time.{_name}", getattr(time, _name), lambda: INT, effect=True)

