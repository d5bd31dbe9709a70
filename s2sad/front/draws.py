"""Random numbers: draws of NumPy's generators, of those that the program makes and of those from outside.

See ``prims/draws.py`` for what a draw means.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from s2sad.front.conversions import number_like
from s2sad.front.localclasses import LocalClasses
from s2sad.front.values import NONE, Abstract, Known, Method, is_none
from s2sad.ir.core import Value
from s2sad.ir.types import is_inexact
from s2sad.prims import draws

MODULE = {"rand": "random_sample", "randn": "standard_normal", "ranf": "random_sample", "sample": "random_sample"}
CONSTRUCTORS = (np.random.default_rng, np.random.RandomState, np.random.seed)


class Draws(LocalClasses):
    """Calls of methods of generators."""

    def attribute(self, owner: Abstract, name: str) -> Abstract:
        if isinstance(owner, Value) and owner.type == draws.GENERATOR:
            return Method(owner, name)
        return super().attribute(owner, name)

    def call_known(self, function: Known, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        f = function.value
        owner = getattr(f, "__self__", None)
        if isinstance(owner, np.random.Generator | np.random.RandomState) and f not in CONSTRUCTORS:
            return self.draw(self.owner_parameter(Known(owner)), f.__name__, args, kwargs)
        return super().call_known(function, args, kwargs)

    def call_method(self, owner: Abstract, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        if isinstance(owner, Value) and owner.type == draws.GENERATOR:
            return self.draw(owner, name, args, kwargs)
        return super().call_method(owner, name, args, kwargs)

    def draw(self, generator: Value, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        """One draw."""
        if name in MODULE and not kwargs:  # the axes are given one by one
            name = MODULE[name]
            args = (args[0] if len(args) == 1 else self.packed(args),) if args else ()
        names = draws.PARAMETERS.get(name)
        given = dict(zip(names or (), args, strict=False)) | kwargs
        if names is None or len(args) > len(names) or not given.keys() <= set(names):
            self.refuse(
                f"the draw {name} with these arguments", why="what it gives, or changes, is not modelled",
                instead="draw before the call, and pass the numbers as an argument",
            )  # fmt: skip
        size = given.get("size", NONE)
        active = {k: v for k, v in given.items() if k != "size" and self.varies(v)}
        if not active:
            return self.result_of(generator, name, args, kwargs)
        if name not in draws.MOVED or is_none(size) and not all(map(number_like, active.values())):
            self.refuse(
                f"the draw {name} with parameters that may have a derivative",
                why="how the numbers drawn move with them is not known",
                instead="draw from a standard distribution, and compute from the result",
            )
        if any(self.type_of(v) and hasattr(self.type_of(v), "axes") for v in active.values()) and is_none(size):
            self.refuse("a draw with arrays as parameters", instead="give size=, the shape of the result")
        standard = draws.MOVED[name]
        z = self.result_of(generator, standard, (), {} if is_none(size) else {"size": size})
        first, *second = (given.get(k, Known(d)) for k, d in zip(names, draws.DEFAULTS[name], strict=False))
        if name == "exponential":
            return self.binary(ast.Mult, first, z)
        scale = self.binary(ast.Sub, second[0], first) if name == "uniform" else second[0]
        return self.binary(ast.Add, first, self.binary(ast.Mult, scale, z))

    def packed(self, items: tuple[Abstract, ...]) -> Abstract:
        return self.call(Known(tuple), (self.new_list(list(items)),))

    def varies(self, value: Abstract) -> bool:
        """Whether this may have a derivative."""
        return number_like(value) and not isinstance(value, Known) and is_inexact(self.type_of(value))

    def result_of(self, generator: Value, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        keywords: dict[str, Any] = {k: self.to_arg(v) for k, v in kwargs.items()}
        return self.wrap(self.emit(draws.DRAWS[name], generator, *map(self.to_arg, args), **keywords))
