"""The parameters of a generated function: the user's arguments, then seeds, then captures by keyword."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable
from dataclasses import dataclass

from s2sad.emit.names import RESERVED, legible
from s2sad.ir.core import Trace, Value, values_of


@dataclass(frozen=True)
class Signature:
    """Names as they are written. ``written`` maps the user's argument names to them; ``names`` the plain parameters."""

    written: dict[str, str]
    seeds: tuple[str, ...]
    captures: tuple[str, ...]
    names: dict[Value, str]
    taken: tuple[str, ...]

    @staticmethod
    def of(trace: Trace, taken: Iterable[str] = ()) -> Signature:
        """The signature of the function that a trace is emitted as."""
        used = set(taken) | {"np", "math"}
        names: dict[Value, str] = {}

        def unique(base: str, avoid: Iterable[str] = RESERVED) -> str:
            out, k = base, 0
            while out in used or out in avoid or keyword.iskeyword(out):
                k += 1
                out = f"{base}_{k}" if base[-1].isdigit() else f"{base}{k}"
            used.add(out)
            return out

        written: dict[str, str] = {}
        inside: set[Value] = set()
        for argument, arg in trace.arguments:
            written[argument] = unique(argument, ())
            if isinstance(arg, Value):
                names[arg] = written[argument]
            inside.update(values_of(arg))
        for param in trace.params:
            if param.kind == "argument" and param.value not in inside:
                written[param.path] = names[param.value] = unique(legible(param.path))
        seeds: list[str] = []
        captures: list[str] = []
        for param in trace.params:
            if param.kind == "seed":
                names[param.value] = unique(legible(param.value.name or param.path))
                seeds.append(names[param.value])
        for param in trace.params:
            if param.kind == "capture":
                names[param.value] = unique(legible(param.path))
                captures.append(names[param.value])
        return Signature(written, tuple(seeds), tuple(captures), names, tuple(sorted(used)))

    def arguments(self) -> ast.arguments:
        return ast.arguments(
            posonlyargs=[], args=[ast.arg(n) for n in (*self.written.values(), *self.seeds)], vararg=None,
            kwonlyargs=[ast.arg(n) for n in self.captures], kw_defaults=[None for _ in self.captures], kwarg=None,
            defaults=[],
        )  # fmt: skip
