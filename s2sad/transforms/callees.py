"""Derivatives of functions that stay functions: recursive callees.

A recursive function's derivative is recursive too. The derivative of each (callee, chosen parameters) is made once; a
call of it met while it is being made refers to the function under construction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from s2sad.ir.core import Apply, Atom, Function, Trace, Value, atoms_of
from s2sad.passes.dce import dce

Derive = Callable[[Trace, tuple[Value, ...], "Callees"], Trace]


@dataclass(eq=False)
class Callees:
    """The derivatives made so far. ``derive`` makes one: a pushforward or a pullback with seeds."""

    derive: Derive
    suffix: str
    made: dict[tuple[Function, tuple[int, ...]], Function] = field(default_factory=dict)

    def derivative(self, callee: Function, wrt: tuple[int, ...]) -> Function:
        """The derivative of a callee with respect to some of its parameters, by position."""
        key = callee, wrt
        if key not in self.made:
            assert callee.trace is not None
            self.made[key] = function = Function(self.fresh(f"{callee.name}_{self.suffix}"))
            params = tuple(callee.trace.params[k].value for k in wrt)
            function.trace = replace(dce(self.derive(callee.trace, params, self)), name=function.name)
        return self.made[key]

    def fresh(self, name: str) -> str:
        """A name of its own: one callee may have derivatives with respect to different parameters."""
        taken = {function.name for function in self.made.values()}
        chosen, k = name, 1
        while chosen in taken:
            k += 1
            chosen = f"{name}{k}"
        return chosen


def leaves_of(op: Apply) -> list[Atom]:
    """The arguments of a call, one per parameter of the callee."""
    return [a for arg in op.args for a in atoms_of(arg)]
