"""What ``jvp`` and ``vjp`` mean when a traced function calls them: their traces are put in the place of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from s2sad import transforms
from s2sad.compiler.cache import CACHE
from s2sad.compiler.pipeline import Transform, argument_at, seeds
from s2sad.front.calls import Calls
from s2sad.front.derivatives import bound, inlined, known_value, leaves_like
from s2sad.front.program import Program
from s2sad.front.values import Abstract, Known, ListOf, TupleOf
from s2sad.ir.core import Arg, Pack, Trace


def traced_jvp(
    machine: Calls, f: Abstract, primals: Abstract, tangents: Abstract, has_aux: Abstract | None = None, *,
    optimise: Abstract | None = None,
) -> Abstract:
    """``s2sad.jvp`` on abstract arguments."""
    fn = known_value(machine, "jvp", f)
    points, directions = items(machine, primals), items(machine, tangents)
    if len(points) != len(directions):
        machine.wrong(f"jvp got {len(points)} primals and {len(directions)} tangents")
    moving = tuple(k for k, t in enumerate(directions) if not (isinstance(t, Known) and t.value is None))
    dispatcher = CACHE.dispatcher(fn, Transform("jvp", moving, flag(has_aux, False), flag(optimise, True)))
    given, specs, kwspecs = bound(machine, fn, points, {})
    canonical = dispatcher.bound_specs(specs, kwspecs)
    derived = dispatcher.derive(canonical)
    primal = derived.stages["primal"]
    assert isinstance(primal, Trace)
    given_seeds: list[Arg] = []
    places = dispatcher.parameters.places(moving, canonical)
    for k, place in zip(moving, places, strict=True):
        structure = argument_at(primal, dispatcher.parameters, place)
        given_seeds += leaves_like(machine, structure, machine.to_arg(directions[k]), f"tangents[{k}]")
    return machine.lift(inlined(machine, derived.program, given, given_seeds))


def traced_vjp(
    machine: Calls, f: Abstract, *primals: Abstract, has_aux: Abstract | None = None, optimise: Abstract | None = None
) -> Abstract:
    """``s2sad.vjp`` on abstract arguments."""
    fn = known_value(machine, "vjp", f)
    aux = flag(has_aux, False)
    chosen = tuple(range(len(primals)))
    dispatcher = CACHE.dispatcher(fn, Transform("vjp", chosen, aux, flag(optimise, True)))
    given, specs, kwspecs = bound(machine, fn, primals, {})
    derived = dispatcher.derive(dispatcher.bound_specs(specs, kwspecs))
    forward, backward = transforms.split(derived.program.trace)
    out = inlined(machine, replace(derived.program, trace=forward), given)
    assert isinstance(out, Pack)
    value, residuals = out.items
    result = value.items[0] if aux and isinstance(value, Pack) else value
    pullback = Known(TracedPullback(machine, backward, residuals, result))
    if aux:
        assert isinstance(value, Pack)
        return TupleOf((machine.lift(result), pullback, machine.lift(value.items[1])))
    return TupleOf((machine.lift(result), pullback))


class TracedPullback:
    """The second half of a ``vjp``, known while a function around it is traced."""

    def __init__(self, machine: Calls, backward: Trace, residuals: Arg, result: Arg) -> None:
        self._machine, self._backward, self._residuals, self._result = machine, backward, residuals, result

    def __s2sad_call__(self, args: Sequence[Abstract]) -> Abstract:
        machine = self._machine
        if len(args) != 1:
            machine.wrong(f"a pullback takes one cotangent, and got {len(args)}")
        parts = leaves_like(machine, self._result, machine.to_arg(args[0]), "the cotangent")
        chosen = [parts[int(p.path.removeprefix("result[").removesuffix("]"))] for p in seeds(self._backward)]
        program = Program(self._backward)
        return machine.lift(inlined(machine, program, {"residuals": self._residuals}, chosen))


def items(machine: Calls, value: Abstract) -> tuple[Abstract, ...]:
    """The items of a tuple or list of known structure."""
    if isinstance(value, ListOf):
        value = TupleOf(tuple(machine.content(value)))
    if not isinstance(value, TupleOf):
        machine.wrong("jvp takes its primals and tangents as tuples", instead="write jvp(f, (x,), (x_dot,))")
    return value.items


def flag(value: Abstract | None, default: bool) -> bool:
    return bool(value.value) if isinstance(value, Known) else default
