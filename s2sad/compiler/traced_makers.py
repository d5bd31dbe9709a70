"""The functions that make derivatives, called in a function that is traced: ``grad``, ``jvp``, ``vjp`` and kin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from s2sad.compiler.abstract_functions import callable_like, flag, items, known_argnums, name_of
from s2sad.compiler.nested import call_nested
from s2sad.compiler.parameters import checked_argnums
from s2sad.compiler.pipeline import DIRECTIONAL, Transform
from s2sad.errors import InputError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import known_value
from s2sad.front.values import (
    Abstract,
    Known,
    Transformed,
    TupleOf,
)


@dataclass(frozen=True)
class TracedMaker:
    """What ``grad`` and ``value_and_grad`` mean in a function that is traced, some of their options given already."""

    mode: Any
    options: Mapping[str, Abstract] = field(default_factory=dict)
    value: bool = False

    def __call__(
        self, machine: Calls, f: Abstract | None = None, argnums: Abstract | None = None,
        has_aux: Abstract | None = None, *, optimise: Abstract | None = None, holomorphic: Abstract | None = None,
        nan_safe: Abstract | None = None, mode: Abstract | None = None,
    ) -> Abstract:
        if mode is not None:
            made = jacobian_mode(known_value(machine, "jacobian", mode))
            return replace(self, mode=made)(
                machine, f, argnums, has_aux, optimise=optimise, holomorphic=holomorphic, nan_safe=nan_safe
            )
        named = {"argnums": argnums, "has_aux": has_aux, "optimise": optimise, "holomorphic": holomorphic}
        named["nan_safe"] = nan_safe
        options = {**self.options, **{k: v for k, v in named.items() if v is not None}}
        if f is None or isinstance(f, Known) and f.value is None:
            return Known(replace(self, options=options))
        if not callable_like(machine, f):
            machine.wrong(f"{self.mode} needs a function, not {machine.describe(f)}")
        argnums = options.get("argnums")
        chosen = checked_argnums(0 if argnums is None else known_argnums(machine, self.mode, argnums))
        defaults = {"has_aux": False, "optimise": True, "holomorphic": False, "nan_safe": True}
        flags = [flag(options.get(k), default) for k, default in defaults.items()]
        made = replace(Transform(self.mode, chosen, *flags), value=self.value)
        return Transformed(f, made, call_along if self.mode in DIRECTIONAL else call_nested)

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        return self(machine, *args, **kwargs)


def traced_make(
    machine: Calls, mode: Abstract, f: Abstract | None = None, *, value: Abstract | None = None, **options: Abstract
) -> Abstract:
    """The decorator that ``grad(argnums=1)`` gives, made outside."""
    return TracedMaker(known_value(machine, "grad", mode), value=flag(value, False))(machine, f, **options)


def jacobian_mode(mode: Any) -> Any:
    """The mode of ``Transform`` for the ``mode=`` of ``jacobian``."""
    modes = {"auto": "jacobian", "forward": "jacfwd", "reverse": "jacrev"}
    if mode not in modes:
        raise InputError(f"jacobian in mode {mode!r}", instead='choose from "auto", "forward", "reverse"')
    return modes[mode]


def traced_jvp(
    machine: Calls, f: Abstract, primals: Abstract, tangents: Abstract, has_aux: Abstract | None = None, *,
    optimise: Abstract | None = None, nan_safe: Abstract | None = None,
) -> Abstract:
    """``s2sad.jvp`` on abstract arguments."""
    points, directions = items(machine, primals), items(machine, tangents)
    if len(points) != len(directions):
        machine.wrong(f"jvp got {len(points)} primals and {len(directions)} tangents")
    moving = tuple(k for k, t in enumerate(directions) if not (isinstance(t, Known) and t.value is None))
    transform = Transform("jvp", moving, flag(has_aux, False), flag(optimise, True), nan_safe=flag(nan_safe, True))
    given = [(directions[k], f"tangents[{k}]") for k in moving]
    return call_nested(machine, Transformed(f, transform, call_nested), points, {}, given)


def traced_along(
    machine: Calls, f: Abstract | None = None, *args: Abstract, mode: str, **options: Abstract
) -> Abstract:
    """``s2sad.hvp`` and ``s2sad.vhp`` on abstract arguments: called at once where arguments are given."""
    made = TracedMaker(mode)(machine, f, **options)
    if not args:
        return made
    assert isinstance(made, Transformed)
    return call_along(machine, made, args, {})


def call_along(
    machine: Calls, made: Transformed, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract:
    """A derivative in a direction, which stands behind the function's own arguments."""
    if not args:
        machine.wrong(f"{made.transform.mode} of {name_of(made.function)} got no direction")
    *point, direction = args
    single = isinstance(made.transform.argnums, int | str)
    given = [(direction, "the direction")]
    if not single:
        parts = items(machine, direction, f"the direction of {made.transform.mode}")
        if len(parts) != len(made.transform.argnums):
            machine.wrong(f"the direction has {len(parts)} parts, for {len(made.transform.argnums)} arguments")
        given = [(part, f"the direction[{k}]") for k, part in enumerate(parts)]
    return call_nested(machine, made, point, kwargs, given)


def traced_vjp(
    machine: Calls, f: Abstract, *primals: Abstract, has_aux: Abstract | None = None,
    optimise: Abstract | None = None, nan_safe: Abstract | None = None,
) -> Abstract:
    """``s2sad.vjp`` on abstract arguments."""
    transform = Transform(
        "vjp", tuple(range(len(primals))), flag(has_aux, False), flag(optimise, True), nan_safe=flag(nan_safe, True)
    )
    return call_nested(machine, Transformed(f, transform, call_nested), primals, {})


def traced_linearize(
    machine: Calls, f: Abstract, *primals: Abstract, has_aux: Abstract | None = None,
    optimise: Abstract | None = None, nan_safe: Abstract | None = None,
) -> Abstract:
    """``s2sad.linearize`` on abstract arguments."""
    flags = flag(has_aux, False), flag(optimise, True)
    transform = Transform("linearize", tuple(range(len(primals))), *flags, nan_safe=flag(nan_safe, True))
    return call_nested(machine, Transformed(f, transform, call_nested), primals, {})


def traced_linear_transpose(
    machine: Calls, f: Abstract, *example: Abstract, optimise: Abstract | None = None,
    nan_safe: Abstract | None = None,
) -> Abstract:
    """``s2sad.linear_transpose`` on abstract arguments: the pullback, at any point."""
    flags = {"optimise": flag(optimise, True), "nan_safe": flag(nan_safe, True), "linear": True}
    transform = Transform("vjp", tuple(range(len(example))), **flags)
    found = call_nested(machine, Transformed(f, transform, call_nested), example, {})
    assert isinstance(found, TupleOf)
    return found.items[1]
