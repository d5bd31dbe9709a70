"""Passes: each makes an equal, plainer trace. One a file; ``optimise`` runs them all to a fixed point."""

from s2sad.ir.core import Apply, Function, Trace
from s2sad.ir.walk import all_ops
from s2sad.passes.counters import without_counters
from s2sad.passes.cse import cse, cse_ops
from s2sad.passes.dce import dce, dce_ops
from s2sad.passes.factors import factored, with_plain_solvers
from s2sad.passes.fill import fill
from s2sad.passes.lengths import with_squared_lengths, written_lengths
from s2sad.passes.simplify import simplify, simplify_ops

__all__ = [
    "cse", "cse_ops", "dce", "dce_ops", "fill", "lowered", "optimise", "prepared", "simplify", "simplify_ops",
]  # fmt: skip

ROUNDS = 12


def optimise(trace: Trace) -> Trace:
    """The trace after all passes, again and again until none changes it; so are the functions that it calls.

    Each pass is linear in the size of the trace, and two or three rounds are the rule; ``ROUNDS`` bounds them.
    """
    trace = _optimised(trace)
    seen: set[Function] = set()
    pending = [trace]
    while pending:
        for op in all_ops(pending.pop().body.ops):
            if isinstance(op, Apply) and op.callee not in seen and op.callee.trace is not None:
                seen.add(op.callee)
                op.callee.trace = _optimised(op.callee.trace)
                pending.append(op.callee.trace)
    return trace


def _optimised(trace: Trace) -> Trace:
    trace = dce(cse(simplify(trace)))
    for _ in range(ROUNDS):
        simpler = simplify(trace)
        if simpler is trace:  # the other passes have nothing new to say then
            break
        trace = dce(cse(simpler))
    return fill(trace)


def prepared(trace: Trace) -> Trace:
    """A program that is to be differentiated: what is computed once has one adjoint, a matrix has one factorization."""
    return dce(cse(with_squared_lengths(factored(cse(without_counters(trace))))))


def lowered(trace: Trace) -> Trace:
    """The trace as it is written: what is there for derivatives alone is gone."""
    return with_plain_solvers(written_lengths(trace))
