"""The trace that users hold: a ``Trace`` with its tables and graphs, and with today's values of what it captures.

A subclass and not methods on ``Trace`` itself: tables need the transforms, which stand above the data model. Being a
``Trace`` it can be given to any pass or transform, which give one back (``dataclasses.replace`` keeps the class).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from s2sad.errors import InputError
from s2sad.ir.core import Trace, Value
from s2sad.ir.evaluate import match_arguments
from s2sad.views import graph as graphs
from s2sad.views import table as tables


@dataclass(frozen=True, slots=True, repr=False)
class EvaluationTrace(Trace):
    """A trace as the user sees it.

    ``captures`` reads each captured value by its path; ``example`` are the arguments that the trace was made from, by
    name; ``bind`` gives the arguments of a call by name.
    """

    captures: tuple[tuple[str, Callable[[], Any]], ...] = ()
    example: Mapping[str, Any] | None = None
    bind: Callable[[tuple[Any, ...], dict[str, Any]], dict[str, Any]] | None = None

    def __repr__(self) -> str:
        return str(self)

    def table(
        self, *values: Any, tangent: str | Mapping[str, Any] | None = None, adjoint: bool = True,
        digits: int = tables.DIGITS,
    ) -> tables.Table:
        """The evaluation trace at ``values`` as textbooks print it: a row per variable.

        Parameters
        ----------
        values : the arguments, as the function takes them; left out, those that the trace was made from.
        tangent : the input along which to show tangents: its name, or a mapping from names to directions.
        adjoint : show the adjoints of all variables, where the function returns one float.
        digits : significant digits of the numbers.

        Examples
        --------
        >>> import s2sad
        >>> s2sad.trace(lambda x, y: x * y, 3.0, 2.0).table(3.0, 2.0, tangent="x")
        primal        value  tangent of x          value  adjoint (upwards)     value
        ------------  -----  --------------------  -----  --------------------  -----
        v1 = x        3      v1_dot = 1            1      v1_bar = v3_bar * v2  2
        v2 = y        2      v2_dot = 0            0      v2_bar = v3_bar * v1  3
        v3 = v1 * v2  6      v3_dot = v1_dot * v2  2      v3_bar = 1            1
        ------------  -----  --------------------  -----  --------------------  -----
        f = v3        6      f_dot                 2
        """
        return tables.table(self, self.values(values), tangent, adjoint, digits)

    def graph(self, format: graphs.Format = "mermaid") -> str:
        """The evaluation trace as the source of a mermaid (or ``"dot"``) diagram: an edge per dependence.

        Examples
        --------
        >>> import s2sad
        >>> print(s2sad.trace(lambda x, y: x * y, 3.0, 2.0).graph())
        graph LR
            v1(["v1 = x"])
            v2(["v2 = y"])
            v3["v3 = v1 * v2"]
            out(("f = v3"))
            v1 --> v3
            v2 --> v3
            v3 --> out
        """
        return graphs.graph(self, format)

    def values(self, arguments: tuple[Any, ...]) -> dict[Value, Any]:
        """Values of all parameters: the arguments given, the captures read now."""
        captures = {path: read() for path, read in self.captures}
        named: Mapping[str, Any]
        if not arguments and self.arguments:
            if self.example is None:
                raise InputError(f"{self.name} needs values for {', '.join(n for n, _ in self.arguments)}")
            named = self.example
        elif self.bind is not None:
            named = self.bind(arguments, {})
        else:
            return match_arguments(self, arguments, captures)
        return match_arguments(self, (), {n: named[n] for n, _ in self.arguments if n in named} | captures)


def viewed(
    trace: Trace,
    captures: Mapping[str, Callable[[], Any]] | None = None,
    example: Mapping[str, Any] | None = None,
    bind: Callable[[tuple[Any, ...], dict[str, Any]], dict[str, Any]] | None = None,
) -> EvaluationTrace:
    """The same trace for the user. See ``EvaluationTrace`` for the other arguments."""
    given = {f.name: getattr(trace, f.name) for f in fields(Trace)}
    return EvaluationTrace(**given, captures=tuple((captures or {}).items()), example=example, bind=bind)
