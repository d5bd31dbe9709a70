"""Bodies of rules that were traced when their function was called (see ``compiler/custom``)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from s2sad.errors import RuleError, TraceError
from s2sad.ir.core import Arg, Literal, Op, Pack, Value, values_of
from s2sad.ir.types import Array, Scalar, axes, is_inexact
from s2sad.ir.walk import copy_ops, map_arg
from s2sad.prims import structure
from s2sad.prims.broadcasting import of_shape
from s2sad.rules.book import Form

if TYPE_CHECKING:
    from s2sad.transforms.rules import Applier


@dataclass(eq=False)
class RuleTrace:
    """A rule's body as operations. ``named`` are the structures of values that stand for what it was called with."""

    name: str
    form: Form
    function: Callable[..., Any]
    named: dict[str, Arg]
    ops: tuple[Op, ...]
    result: Arg
    captured: dict[str, Value] = field(default_factory=dict)

    def take(self, captured: Mapping[str, Value]) -> None:
        """What the body reads from around it, by the names of the operands that carry it."""
        self.captured = dict(captured)

    @property
    def __code__(self) -> Any:
        return getattr(self.function, "__code__", None)

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(n, kind) for n in (*self.named, *self.captured)])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"the rule of {self.name} is a part of a trace")

    def put(self, apply: Applier, arguments: Mapping[str, Arg], primals: Mapping[str, Arg]) -> Arg:
        """Append the body on these arguments. ``primals`` are what tangents and cotangents belong to."""
        mapping: dict[Value, Arg] = {}
        for name, inner in (*self.named.items(), *self.captured.items()):
            given = arguments[name]
            if name == "ans_bar":
                given = filled(apply, given, primals["ans"])
            for value, arg in linked(inner, given):
                mapping[value] = apply.builder.call(structure.build, arg) if isinstance(arg, Pack) else arg
        apply.builder.ops.extend(copy_ops(self.ops, mapping))
        return map_arg(self.result, lambda a: mapping.get(a, a) if isinstance(a, Value) else a)

    def fitted(self, apply: Applier, given: Arg, target: Arg, what: str) -> Arg:
        """What a body gives, seen to have the shape of what it belongs to: now, or when it runs."""
        if isinstance(given, Literal) and given.value is None or isinstance(target, Literal):
            return given
        if isinstance(target, Pack):
            return self.parts(apply, given, target, what)
        if not isinstance(target.type, Scalar | Array) or not is_inexact(target.type):
            return given
        if not isinstance(given.type, Scalar | Array) or isinstance(given, Pack):
            raise RuleError(
                f"the {self.form} rule of {self.name} gives {given.type} for {what}, which is of type {target.type}",
                why="a tangent or cotangent has the shape of what it belongs to",
                instead="return a number or an array of its shape, None for a zero derivative",
            )
        have, want = axes(given.type), axes(target.type)
        unlike = have is not None and want is not None and (
            len(have) != len(want) or any({h, w} == {"1", "n"} for h, w in zip(have, want, strict=True))
        )
        if unlike:
            raise RuleError(
                f"the {self.form} rule of {self.name} gives {given.type} for {what}, which is of type {target.type}",
                why="a tangent or cotangent has the shape of what it belongs to",
                instead="sum it to that shape, or broadcast it: np.zeros_like where it is zero",
            )
        if want == () or have == ():
            return given
        apply.follow()
        if apply.sizes.same(given, target):
            return given
        text = f"{what} in the rule of {self.name}"
        named = isinstance(target, Value) and target.name is not None
        name = f"{target.name}_{what.rpartition('_')[2]}" if named else None  # type: ignore[union-attr]
        return apply.builder.call(of_shape, given, apply.shape(target), text, name=name)

    def partials(self, apply: Applier, given: Arg, ans: Arg, what: str, operand: Arg) -> Arg:
        """The partial derivative for an operand; those for each, where a parameter takes several."""
        if not (isinstance(operand, Pack) and isinstance(given, Pack)):
            return self.partial(apply, given, ans, what)
        return replace(given, items=tuple(self.partial(apply, item, ans, what) for item in given.items))

    def partial(self, apply: Applier, given: Arg, ans: Arg, what: str) -> Arg:
        """A partial derivative, which is that of each element of the result, or the same for all."""
        if isinstance(given, Pack):
            instead = "give a number or an array for each operand"
            raise RuleError(f"a partial derivative in the rule of {self.name} is a container", instead=instead)
        if isinstance(given, Literal) or isinstance(ans, Pack):
            return given
        have, want = axes(given.type), axes(ans.type)
        pairs = list(zip((have or ())[::-1], (want or ())[::-1], strict=False))
        if have is not None and want is not None and (len(have) > len(want) or ("n", "1") in pairs):
            raise RuleError(
                f"the partials rule of {self.name} gives {given.type} for {what}, and the result is of type {ans.type}",
                why="a partial derivative is one number for each element of the result",
                instead="declare a function that is not elementwise with pullback or pushforward",
            )
        if have and want and len(have) == len(want) and "1" not in have:
            apply.follow()
            if not apply.sizes.same(given, ans):
                text = f"the partial derivative in {what} in the rule of {self.name}"
                return apply.builder.call(of_shape, given, apply.shape(ans), text)
        return given

    def parts(self, apply: Applier, given: Arg, target: Pack, what: str) -> Arg:
        """A container, part by part."""
        if isinstance(given, Pack) and target.keys and set(given.keys) == set(target.keys):
            by_key = dict(zip(given.keys, given.items, strict=True))
            given = Pack(given.kind, tuple(by_key[k] for k in target.keys), target.keys, given.cls)
        if not isinstance(given, Pack) or len(given.items) != len(target.items) or given.keys != target.keys:
            raise RuleError(
                f"the {self.form} rule of {self.name} gives another structure than {what} has",
                why="the tangent or cotangent of a container has a part for each of its parts",
                instead="return a container of the same keys and length, None for a zero derivative",
            )
        items = zip(given.items, target.items, strict=True)
        made = tuple(self.fitted(apply, g, t, what) for g, t in items)
        return Pack(target.kind, made, target.keys, target.cls)


def filled(apply: Applier, bar: Arg, primal: Arg) -> Arg:
    """A cotangent with zeros for the parts that have none."""
    if isinstance(bar, Pack) and isinstance(primal, Pack):
        parts = zip(bar.items, primal.items, strict=True)
        return Pack(bar.kind, tuple(filled(apply, b, p) for b, p in parts), bar.keys, bar.cls)
    return apply.zero(primal) if isinstance(bar, Literal) and bar.value is None else bar


def linked(inner: Arg, given: Arg) -> Iterator[tuple[Value, Arg]]:
    """The values of a structure, each with what is given for it."""
    if isinstance(inner, Value):
        yield inner, given
    elif isinstance(inner, Pack) and isinstance(given, Pack):
        for i, g in zip(inner.items, given.items, strict=True):
            yield from linked(i, g)
    elif isinstance(inner, Pack) and any(True for _ in values_of(inner)):
        raise TraceError(f"a rule was traced for {inner.kind}, and is used for {given.type}")
