"""What a rewriting rule is given, and what it may answer.

A rule is a function of a ``Context`` and a call. It answers with an atom that stands for the result, with another call
that has the same result, or with None: nothing to say. ``Context.again`` makes the other call, and refuses one whose
result would not be of the same dtype and shape, so that no rule has to think of ``int * 1.0`` or ``float32``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from s2sad.errors import Error
from s2sad.ir.build import as_arg
from s2sad.ir.core import Atom, Call, For, Op, Trace, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Type
from s2sad.passes.facts import Facts, fits
from s2sad.passes.rewriter import Rewriter

Rule = Callable[["Context", Call], "Atom | Call | None"]


class Context(Rewriter):
    """A rewriter that knows where values come from."""

    def __init__(self, uses: Counter[Value], ops: Iterable[Op] = ()) -> None:
        super().__init__()
        self.facts = Facts(uses, ops)
        self.given: frozenset[Value] = frozenset()  # the parameters of the trace, which nobody changes

    def trace(self, trace: Trace) -> Trace:
        """The rewritten trace; what is known of its parameters is taken note of first."""
        self.facts.sizes.given(trace.params)
        self.given = frozenset(p.value for p in trace.params)
        return super().trace(trace)

    def again(self, op: Call, prim: Primitive, *args: Any, **kwargs: Any) -> Call | None:
        """Another call with the result of ``op``; None where its type would not do."""
        call = self.like(op, prim, *args, **kwargs)
        if call is None or not fits(call.results[0], op.results[0].type):
            return None
        return Call(prim, call.args, op.results, call.kwargs, op.loc)

    def part(self, op: Call | For, prim: Primitive, *args: Any, **kwargs: Any) -> Atom | None:
        """The result of a further call, emitted at the place of ``op``."""
        call = self.like(op, prim, *args, **kwargs)
        if call is None:
            return None
        self.call(call)
        return self.swap(call.results[0])

    def like(self, op: Call | For, prim: Primitive, *args: Any, **kwargs: Any) -> Call | None:
        """A call at the place of ``op`` with a result of its own; None where the operands do not go together."""
        arguments = tuple(map(as_arg, args))
        keywords = {k: as_arg(v) for k, v in kwargs.items()}
        try:
            t = prim.infer(*arguments, **keywords)
        except (Error, TypeError, LookupError):
            return None
        result: Type | None = None if isinstance(t, tuple) else t
        return None if result is None else Call(prim, arguments, (Value(result),), tuple(keywords.items()), op.loc)
