"""The second halves of ``vjp`` and ``linearize`` in a function that is traced: put where they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s2sad.compiler.lifting import put_here
from s2sad.compiler.outside import Outside, without_more
from s2sad.compiler.pipeline import Transform, halves, nonlinear, seeds
from s2sad.front.calls import Calls
from s2sad.front.derivatives import as_type, atom_of, leaves_like
from s2sad.front.values import (
    Abstract,
    Known,
    Partial,
    pack,
)
from s2sad.ir.core import Arg, Pack, Trace, Value, atoms_of, values_of


def pulled(
    machine: Calls, derived: Trace, transform: Transform, chosen: Sequence[Arg], mapping: dict[Value, Arg],
    outside: Outside, hidden: bool,
) -> Abstract:
    """The result of a ``vjp``: the value, and the pullback, which is put where it is called."""
    if transform.linear:
        nonlinear(derived, chosen, derived.name.removesuffix("_value_and_grad"))
    forward, backward = halves(derived, transform)
    out = put_here(machine, forward, mapping)
    out, told = without_more(out, transform, outside.told, hidden)
    outside.restore(told)
    assert isinstance(out, Pack)
    value, residuals = out.items
    aux: Arg | None = None
    if transform.has_aux and not hidden:
        assert isinstance(value, Pack)
        value, aux = value.items
    traced = TracedLinear(backward, chosen) if transform.mode == "linearize" else TracedPullback(backward, value)
    parts = (machine.lift(value), Partial(Known(traced), (machine.lift(residuals),)))
    return pack(parts if aux is None else (*parts, machine.lift(aux)))


class TracedPullback:
    """The second half of a ``vjp`` in a traced function: called with what the first half left, and a cotangent."""

    def __init__(self, backward: Trace, result: Arg) -> None:
        self._backward, self._result = backward, result

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        residuals, *given = args
        parts = self._leaves(machine, given)
        mapping: dict[Value, Arg] = {}
        kept = values_of(*(arg for _, arg in self._backward.arguments))
        mapping.update(zip(kept, atoms_of(machine.to_arg(residuals)), strict=True))
        for p in seeds(self._backward):
            part = parts[int(p.path.removeprefix("result[").removesuffix("]"))]
            mapping[p.value] = as_type(machine, atom_of(machine, part), p.value.type)
        return machine.lift(put_here(machine, self._backward, mapping))

    def _leaves(self, machine: Calls, given: Sequence[Abstract]) -> list[Arg]:
        """What is given, leaf by leaf."""
        if len(given) != 1:
            machine.wrong(f"a pullback takes one cotangent, and got {len(given)}")
        return leaves_like(machine, self._result, machine.to_arg(given[0]), "the cotangent")


class TracedLinear(TracedPullback):
    """The linear map of a ``linearize`` in a traced function: called with what is left, and a tangent per argument."""

    def __init__(self, backward: Trace, chosen: Sequence[Arg]) -> None:
        super().__init__(backward, Pack("tuple", tuple(chosen)))

    def _leaves(self, machine: Calls, given: Sequence[Abstract]) -> list[Arg]:
        assert isinstance(self._result, Pack)
        if len(given) != len(self._result.items):
            machine.wrong(f"the linear map takes {len(self._result.items)} tangents, and got {len(given)}")
        parts: list[Arg] = []
        for k, (like, tangent) in enumerate(zip(self._result.items, given, strict=True)):
            leaves = leaves_like(machine, like, machine.to_arg(tangent), f"tangents[{k}]")
            parts.extend(leaf for atom, leaf in zip(atoms_of(like), leaves, strict=True) if isinstance(atom, Value))
        return parts
