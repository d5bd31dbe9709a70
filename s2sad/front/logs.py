"""``logging``: a message is logged where the program logs it, once."""

from __future__ import annotations

import logging
import types
from typing import Any

from s2sad.front.iterators import Iterators
from s2sad.front.values import NONE, Abstract, Known
from s2sad.ir.core import Literal
from s2sad.prims import outside

LEVELS = ("debug", "info", "warning", "warn", "error", "critical", "exception", "log")
OF_THE_MODULE = {getattr(logging, name): name for name in LEVELS if hasattr(logging, name)}


class Logs(Iterators):
    """What calls of loggers mean."""

    def call_known(self, function: Known, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        f: Any = function.value
        if isinstance(f, types.FunctionType) and f in OF_THE_MODULE:
            return self.log(Known(logging.getLogger()), OF_THE_MODULE[f], args, kwargs)
        if isinstance(f, types.MethodType) and isinstance(f.__self__, logging.Logger) and f.__name__ in LEVELS:
            return self.log(Known(f.__self__), f.__name__, args, kwargs)
        return super().call_known(function, args, kwargs)

    def log(self, logger: Known, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        if kwargs or not self.located:
            self.refuse(f"logging.{name} with keyword arguments", instead="leave them out")
        owner = self.owner_parameter(logger)
        self.emits(outside.call_method, owner, Literal(name), *map(self.printed, args))
        return NONE

    def printed(self, value: Abstract) -> Any:
        raise NotImplementedError
