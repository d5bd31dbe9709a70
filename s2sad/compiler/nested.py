"""Derivatives inside a function that is traced: ``grad(f)(x)`` where ``f`` is any function of that program.

The function is traced on the spot, by the machine that met the call, into a trace of its own: what is differentiated
becomes new parameters, and everything else that it reads, closed-over variables of the functions around it among them,
stays what it is: values of the trace around. These are further parameters (lambda lifting), the trace is transformed
as any other, and the operations of the derivative are put where the call stands, with the values around passed for the
parameters. They are ordinary operations, so whatever transforms the trace around transforms them too. The new
parameters are nobody else's, so that two derivatives never mistake one's variable for the other's (no perturbation
confusion: the derivative of ``x * grad(lambda y: x + y)(x)`` is 1).

What the function changes outside of itself (``calls += 1``) is a further result of its trace.
"""

from __future__ import annotations

import inspect
import itertools
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from s2sad import passes
from s2sad.compiler.iterators import held_outside
from s2sad.compiler.parameters import Parameters, Place, checked_argnums, followed_by
from s2sad.compiler.pipeline import DIRECTIONAL, SPLIT, Transform, halves, nonlinear, plain, seeds, transformed
from s2sad.compiler.signature import active_spec
from s2sad.errors import Error, InputError, TraceError
from s2sad.front.calls import Calls, code_of_function
from s2sad.front.conversions import number_like
from s2sad.front.derivatives import as_type, atom_of, default, known_value, leaves_like, spec_of
from s2sad.front.externals import plain_function
from s2sad.front.items import IN_LIST
from s2sad.front.machine import Unreachable
from s2sad.front.state import ABSENT, Changes, born_after
from s2sad.front.storage import relate
from s2sad.front.values import (
    Abstract,
    Cell,
    Choice,
    Closure,
    DictOf,
    Known,
    ListOf,
    Optional,
    Partial,
    Record,
    Stale,
    Storage,
    Transformed,
    TupleOf,
    View,
    pack,
)
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Atom, Call, Op, Pack, Param, Region, Trace, Value, atoms_of, values_of
from s2sad.ir.types import FLOAT, Array, Scalar
from s2sad.ir.walk import copy_ops, free_values, map_arg
from s2sad.prims import structure

EMPTY = inspect.Parameter.empty
_Kind = inspect._ParameterKind


# -- the functions that make derivatives ---------------------------------------------------------------------------


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


def known_argnums(machine: Calls, mode: str, value: Abstract) -> Any:
    """``argnums`` as Python has it."""
    if isinstance(value, ListOf):
        content = machine.content(value)
        if not isinstance(content, tuple):
            machine.refuse(
                f"argnums of s2sad.{mode}, a list whose length is not known",
                why="the options decide what the derivative is", instead="write it as a tuple of constants",
            )
        return tuple(known_value(machine, mode, item) for item in content)
    return known_value(machine, mode, value)


def callable_like(machine: Calls, f: Abstract) -> bool:
    """Whether an abstract value may be called."""
    match f:
        case Known(value=value):
            return callable(value)
        case Record() | TupleOf():
            return machine.special_method(f, "__call__") is not None
        case Value() | View() | ListOf() | DictOf():
            return False
        case _:
            return True


def items(machine: Calls, value: Abstract, what: str = "") -> tuple[Abstract, ...]:
    """The items of a tuple or list of known structure."""
    if isinstance(value, ListOf):
        value = TupleOf(tuple(machine.content(value)))
    if not isinstance(value, TupleOf):
        if what:
            machine.wrong(f"{what} is no tuple", why="argnums is a sequence", instead="give a part for each argument")
        machine.wrong("jvp takes its primals and tangents as tuples", instead="write jvp(f, (x,), (x_dot,))")
    return value.items


def flag(value: Abstract | None, default: bool) -> bool:
    return bool(value.value) if isinstance(value, Known) else default


# -- the parameters of any function --------------------------------------------------------------------------------


def parameters_of(machine: Calls, f: Abstract) -> Parameters:
    """The parameters of an abstract function; defaults are abstract, or Python's own."""
    if isinstance(f, Transformed) and f.transform.mode in DIRECTIONAL:
        return parameters_of(machine, f.function).with_direction()
    signature = signature_of(machine, f)
    kinds = tuple(p.kind for p in signature.parameters.values())
    return Parameters(name_of(f), signature, signature, tuple(signature.parameters), kinds, {})


def name_of(f: Abstract) -> str:
    match f:
        case Closure(code=code):
            return code.name
        case Partial(function=inner) | Transformed(function=inner):
            return name_of(inner)
        case Known(value=value):
            return getattr(value, "__name__", None) or type(value).__name__
        case Record(cls=cls):
            return cls.__name__
        case _:
            return "f"


def signature_of(machine: Calls, f: Abstract) -> inspect.Signature:
    """The signature that an abstract function is called by."""
    match f:
        case Closure(code=code, defaults=defaults, kwdefaults=kwdefaults):
            spec = code.node.args
            plain_names = [*spec.posonlyargs, *spec.args]
            first = len(plain_names) - len(defaults)
            parameters = [
                inspect.Parameter(
                    p.arg, _Kind.POSITIONAL_ONLY if k < len(spec.posonlyargs) else _Kind.POSITIONAL_OR_KEYWORD,
                    default=defaults[k - first] if k >= first else EMPTY,
                )
                for k, p in enumerate(plain_names)
            ]  # fmt: skip
            if spec.vararg is not None:
                parameters.append(inspect.Parameter(spec.vararg.arg, _Kind.VAR_POSITIONAL))
            for p in spec.kwonlyargs:
                parameters.append(inspect.Parameter(p.arg, _Kind.KEYWORD_ONLY, default=kwdefaults.get(p.arg, EMPTY)))
            if spec.kwarg is not None:
                parameters.append(inspect.Parameter(spec.kwarg.arg, _Kind.VAR_KEYWORD))
            return inspect.Signature(parameters)
        case Partial(function=inner, args=args, kwargs=kwargs):
            return after_partial(signature_of(machine, inner), len(args), kwargs)
        case Transformed(function=inner, transform=made):
            signature = signature_of(machine, inner)
            return followed_by(signature, "v") if made.mode in DIRECTIONAL else signature
        case Optional(value=inner):
            return signature_of(machine, inner)
        case Known(value=value):
            try:
                return Parameters.of(value).own
            except Error as error:
                raise machine.placed(error) from None
        case Record() | TupleOf():
            method = machine.special_method(f, "__call__")
            if method is not None:
                return signature_of(machine, method)
    raise TraceError(f"the parameters of {machine.describe(f)} are not known", location=machine.here())


def after_partial(signature: inspect.Signature, given: int, named: Mapping[str, Abstract]) -> inspect.Signature:
    """What is left of a signature when some arguments are given already."""
    left: list[inspect.Parameter] = []
    by_name = False
    for p in signature.parameters.values():
        if p.kind in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD):
            if given:
                given -= 1
                continue
            if p.name in named:
                by_name = True
                p = p.replace(default=named[p.name])
            if by_name:
                p = p.replace(kind=_Kind.KEYWORD_ONLY)
        elif p.kind is _Kind.VAR_POSITIONAL and by_name:
            continue
        elif p.kind is _Kind.KEYWORD_ONLY and p.name in named:
            p = p.replace(default=named[p.name])
        left.append(p)
    return inspect.Signature(left)


# -- the call ------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Entry:
    """The arguments of a function that is differentiated, while its trace is made.

    ``given`` and ``inner`` are leaves of what is differentiated, outside and as parameters; ``copies`` the memory of
    arrays that the function gets copies of, with the memory that they were copied from.
    """

    given: list[Atom] = field(default_factory=list)
    inner: list[Value] = field(default_factory=list)
    copies: dict[Storage, Storage] = field(default_factory=dict)
    seen: dict[Cell, None] = field(default_factory=dict)


def call_nested(
    machine: Calls, made: Transformed, args: Sequence[Abstract], kwargs: Mapping[str, Abstract],
    directions: Sequence[tuple[Abstract, str]] = (),
) -> Abstract:
    """The result of a derivative on abstract arguments; ``directions`` are the tangents of a ``jvp``."""
    function = made.function
    if machine.tries:
        machine.refuse(f"the derivative {name_of(function)} in a try", why="what it may raise is not known")
    while isinstance(function, Optional):
        function = function.value
    if isinstance(function, Choice):
        return machine.either_of(
            function, lambda f: call_nested(machine, replace(made, function=f), args, kwargs, directions)
        )
    transform: Transform = made.transform
    try:
        parameters = parameters_of(machine, function)
        values = bound(machine, function, parameters, args, kwargs)
        places = parameters.places(transform.argnums, values)
        tangents = [(machine.to_arg(direction), what) for direction, what in directions]
        return differentiated(machine, function, transform, parameters, values, places, tangents)
    except Error as error:
        raise machine.placed(error) from None


def bound(
    machine: Calls, f: Abstract, parameters: Parameters, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> list[Any]:
    """The arguments in canonical form: defaults filled in, ``*args`` one tuple, ``**kwargs`` one dict."""
    try:
        values = list(parameters.bind(tuple(args), kwargs))
    except TypeError as error:
        machine.wrong(str(error), why="Python would raise TypeError")
    for k, (name, kind, value) in enumerate(zip(parameters.names, parameters.kinds, values, strict=True)):
        if kind not in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD) and not isinstance(value, Abstract):
            values[k] = outside_default(machine, f, name, value)
    return values


def outside_default(machine: Calls, f: Abstract, name: str, value: Any) -> Abstract:
    """A default of a function from outside."""
    while isinstance(f, Partial | Transformed):
        f = f.function
    if isinstance(f, Known) and isinstance(f.value, types.FunctionType) and plain_function(f.value):
        source = code_of_function(f.value).source
        return machine.default(value, f.value, name, source)
    return default(machine, f.value if isinstance(f, Known) else f, name, value)


def call_apart(
    machine: Calls, function: Abstract, args: Sequence[Abstract], kwargs: Mapping[str, Abstract], mark: int, serial: int
) -> tuple[Builder, Arg | None, Outside]:
    """A call followed in a region of its own, and taken back to ``mark``: its operations, its result (None where it
    raises whatever comes), and what it changed of what was there.
    """
    outer = machine.builder
    machine.builder = inner = machine.open_builder()
    outside = Outside(machine, function)
    result: Arg | None = None
    try:
        value = machine.call(function, args, kwargs)
        if isinstance(value, Optional):
            machine.not_none(value)
        result = machine.to_arg(value)
        outside.note(machine.state.peek(mark), serial)
    except Unreachable:
        result = None
    finally:
        machine.builder = outer
        machine.open.pop()
        machine.state.undo(mark)
    return inner, result, outside


def differentiated(
    machine: Calls, function: Abstract, transform: Transform, parameters: Parameters, values: list[Any],
    places: tuple[Place, ...], directions: Sequence[tuple[Arg, str]],
) -> Abstract:
    """Trace the function, transform its trace, and put the derivative's operations here."""
    mark, serial, outer = machine.state.mark(), machine.serial, machine.builder
    entry = Entry()
    chosen: list[Arg] = []
    active: dict[Place, Abstract] = {}
    for place in places:
        index, key = place
        value = values[index] if key is None else values[index][key]
        active[place], arg = entered(machine, entry, value, parameters.label(place))
        chosen.append(arg)
    inside: list[Any] = []
    for index, (kind, value) in enumerate(zip(parameters.kinds, values, strict=True)):
        if kind is _Kind.VAR_POSITIONAL:
            inside.append(tuple(active.get((index, k)) or copied(machine, entry, v) for k, v in enumerate(value)))
        elif kind is _Kind.VAR_KEYWORD:
            inside.append({k: active.get((index, k)) or copied(machine, entry, v) for k, v in value.items()})
        else:
            inside.append(active.get((index, None)) or copied(machine, entry, value))
    for root, origin in entry.copies.items():
        for other in (origin, *origin.may, *(r for r, o in entry.copies.items() if o is origin or o in origin.may)):
            relate(root, other)
    pairs = zip(itertools.cycle(chosen), directions, strict=False)  # a jet has several for each
    tangents = [leaf for like, (arg, what) in pairs for leaf in leaves_like(machine, like, arg, what)]

    try:
        inner, result, outside = call_apart(machine, function, *parameters.unbind(inside), mark, serial)
    finally:
        for root, origin in entry.copies.items():
            if root in machine.written:  # the trace around holds only while its arrays share memory as they do today
                machine.written[origin] = None
            for other in root.may:
                other.may.pop(root, None)
    mapping: dict[Value, Arg] = dict(zip(entry.inner, entry.given, strict=True))
    if result is None:  # the program raises here
        outer.ops.extend(copy_ops(inner.ops, mapping))
        raise Unreachable
    primal = lifted(machine, parameters.function, entry.inner, tuple(inner.ops), result)
    primal = replace(primal, arguments=tuple((parameters.label(p), a) for p, a in zip(places, chosen, strict=True)))
    primal, transform, hidden = with_more(primal, transform, outside.told)
    derived = derivative_of(primal, chosen, transform)
    if transform.mode in SPLIT:
        return pulled(machine, derived, transform, chosen, mapping, outside, hidden)
    derived_seeds = [p.value for p in derived.params if p.kind == "seed"]
    for v, seed in zip(derived_seeds, tangents, strict=True):
        mapping[v] = as_type(machine, atom_of(machine, seed), v.type)
    out = put_here(machine, derived, mapping)
    out, told = without_more(out, transform, outside.told, hidden)
    outside.restore(told)
    return machine.lift(out)


def lifted(machine: Calls, name: str, inner: Sequence[Value], ops: tuple[Op, ...], result: Arg) -> Trace:
    """A trace of its own: what it reads of the trace around becomes parameters, after those that are differentiated."""
    free = free_values(Region(tuple(inner), ops, tuple(atoms_of(result))))
    params: list[Param] = []
    taken: dict[str, int] = {}
    for v in (*inner, *free):
        base = v.name or "v"
        taken[base] = count = taken.get(base, 0) + 1
        path = base if count == 1 else f"{base}_{count}"
        params.append(Param(v, path, "argument" if len(params) < len(inner) else "capture"))
    trace = Trace(name, tuple(params), Region((), ops, ()), result, (), "", machine.here())
    return plain(replace(trace, libraries=machine.libraries()), "f")


def derivative_of(primal: Trace, chosen: Sequence[Arg], transform: Transform) -> Trace:
    """The transformed trace."""
    if transform.optimise:
        primal = passes.prepared(primal)
    derived = transformed(primal, chosen, transform)
    return passes.optimise(derived) if transform.optimise else derived


def put_here(machine: Calls, trace: Trace, mapping: dict[Value, Arg]) -> Arg:
    """The operations of a trace, appended; its result over the values of the machine."""
    ops = (op for op in trace.body.ops if not (isinstance(op, Call) and op.prim is structure.section))
    machine.builder.ops.extend(copy_ops(ops, mapping))
    return map_arg(trace.result, lambda a: mapping.get(a, a) if isinstance(a, Value) else a)


# -- arguments -----------------------------------------------------------------------------------------------------


def entered(machine: Calls, entry: Entry, value: Abstract, label: str) -> tuple[Abstract, Arg]:
    """An argument that is differentiated, as the function sees it and as a structure over the new parameters."""
    active_spec(spec_of(machine, machine.to_arg(value)), label)  # refuses what cannot be differentiated
    name = label.partition("[")[0]

    def leaf(atom: Atom, name: str) -> Value:
        given = as_type(machine, atom, FLOAT) if isinstance(atom.type, Scalar) and atom.type.weak else atom
        assert not isinstance(given, Pack)
        entry.given.append(given)
        made = Value(given.type, name)
        entry.inner.append(made)
        if isinstance(given, Value):
            machine.originals[made] = given
            if (count := machine.lengths.get(given)) is not None:
                machine.lengths[made] = count
        return made

    def enter(value: Abstract, name: str) -> tuple[Abstract, Arg]:
        match value:
            case View():
                array = leaf(machine.read(value), name)
                view = machine.array(array, value.contiguous) if isinstance(array.type, Array) else machine.wrap(array)
                if isinstance(view, View):
                    entry.copies[view.root] = value.root
                return view, array
            case TupleOf(items=parts, cls=cls):
                fields = list(cls._fields) if cls else [name] * len(parts)  # type: ignore[attr-defined]
                pairs = [enter(part, field) for part, field in zip(parts, fields, strict=True)]
                packed = tuple(a for _, a in pairs)
                out = TupleOf(tuple(v for v, _ in pairs), cls)
                return out, Pack("record", packed, tuple(fields), cls) if cls else Pack("tuple", packed)
            case ListOf() if isinstance(machine.content(value), tuple):
                once(machine, entry, value)
                pairs = [enter(part, name) for part in machine.content(value)]
                return machine.new_list([v for v, _ in pairs]), Pack("list", tuple(a for _, a in pairs))
            case DictOf() | Record():
                once(machine, entry, value)
                content = machine.content(value)
                pairs = [enter(part, key if isinstance(key, str) else name) for key, part in content.items()]
                held, packed = [v for v, _ in pairs], tuple(a for _, a in pairs)
                if isinstance(value, DictOf):
                    return machine.container("dict", tuple(content), held, None), Pack("dict", packed, tuple(content))
                record = machine.container("dataclass", tuple(content), held, value.cls)
                return record, Pack("record", packed, tuple(content), value.cls)
            case Optional(value=inner):
                return enter(inner, name)
            case Known(value=known) if known is None or isinstance(known, bool) or not number_like(value):
                return value, machine.to_arg(value)
            case _:
                atom = machine.to_arg(value)
                assert not isinstance(atom, Pack)
                number = leaf(atom, name)
                return machine.wrap(number), number

    return enter(value, name)


def copied(machine: Calls, entry: Entry, value: Abstract) -> Abstract:
    """An argument that is not differentiated: what the function stores into it, nobody else sees."""
    match value:
        case View():
            content = machine.read(value)
            if not isinstance(content, Value):
                return value
            copy = machine.array(content, value.contiguous)
            entry.copies[copy.root] = value.root
            return copy
        case TupleOf(items=parts, cls=cls):
            return TupleOf(tuple(copied(machine, entry, part) for part in parts), cls)
        case ListOf():
            content = machine.content(value)
            if isinstance(content, tuple):
                once(machine, entry, value)
                return machine.new_list([copied(machine, entry, part) for part in content])
            return machine.wrap(content)
        case DictOf():
            once(machine, entry, value)
            content = machine.content(value)
            held = [copied(machine, entry, v) for v in content.values()]
            return machine.container("dict", tuple(content), held, None)
        case Record(cls=cls) if hasattr(cls, "__dataclass_fields__"):
            once(machine, entry, value)
            content = machine.content(value)
            held = [copied(machine, entry, v) for v in content.values()]
            return machine.container("dataclass", tuple(content), held, cls)
        case _:
            return value


def once(machine: Calls, entry: Entry, value: Cell) -> None:
    """Refuse a list or dict that is found in two places of the arguments."""
    if value in entry.seen and not (isinstance(value, Record) and value.cls.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        machine.wrong(
            "one list, dict or dataclass in two places of a derivative's arguments",
            why="what is stored through one of them would be seen through the other",
            instead="pass a copy in one of them (copy.copy)",
        )
    entry.seen[value] = None


# -- what the function changes outside of itself -------------------------------------------------------------------


class Outside:
    """The changes that a function made to what is not its own, as further results of its trace.

    ``told`` are the numbers and arrays in them. ``restore`` makes the changes again, over the values around.
    """

    def __init__(self, machine: Calls, function: Abstract | None = None) -> None:
        self._machine, self._function = machine, function
        self._changes: list[tuple[Any, Any, Callable[[], Any]]] = []
        self._born: set[Any] = set()
        self._made: dict[Any, Any] = {}
        self._ways: dict[Any, Callable[[], Any]] = {}
        self._back: list[Arg] = []
        self.told: list[Arg] = []

    @property
    def changes_anything(self) -> bool:
        """Whether something outside was changed."""
        return bool(self._changes)

    def note(self, changes: Changes, serial: int) -> None:
        """Plan how each change is made again."""
        heap = self._machine.state.heap
        self._born = {c.key for c in changes.values() if c.table is heap and c.old is ABSENT}
        used = [c.key for c in changes.values() if c.table is self._machine.used]
        held = held_outside(self._machine, self._function) if used else set()
        for change in changes.values():
            if change.table is self._machine.used and change.key not in held:  # an iterator of its own
                continue
            own = born_after(change.table, serial) or change.table is heap and change.key in self._born
            passing = isinstance(change.key, str) and change.key.startswith("$")
            if change.table is self._machine.remaining or change.table is self._machine.passed:
                continue
            if own or passing or isinstance(change.new, Stale) or change.new is change.old:
                continue
            if self._machine.state.linking(change):
                if change.key not in self._born:
                    self._machine.looped_link(change)
                    self._changes.append((change.table, change.key, lambda: None))
                continue
            content = change.table is heap or change.table is self._machine.used
            way = self._content(change.new) if content else self._way(change.new)
            self._changes.append((change.table, change.key, way))

    def restore(self, told: Arg) -> None:
        """Make the changes again; ``told`` has today's values in place of the trace's own."""
        assert isinstance(told, Pack)
        self._back, self._made = list(told.items), {}
        for table, key, way in self._changes:
            content = way()
            if isinstance(key, Cell) and key in self._machine.outside:
                if key in self._machine.effects or key in self._machine.flushed:  # else it was only looked at
                    self._machine.put(table, key, content)
            else:
                self._machine.state.write(table, key, content)

    def _leaf(self, atom: Arg) -> Callable[[], Arg]:
        self.told.append(atom)
        k = len(self.told) - 1
        return lambda: self._back[k]

    def _content(self, content: Any) -> Callable[[], Any]:
        """The content of a cell."""
        if isinstance(content, tuple):
            ways = [self._way(item) for item in content]
            return lambda: tuple(way() for way in ways)
        if isinstance(content, dict):
            named = {key: self._way(item) for key, item in content.items()}
            return lambda: {key: way() for key, way in named.items()}
        if isinstance(content, Value):
            return self._leaf(content)
        if content is IN_LIST:
            stale = Stale(self._machine.here())
            return lambda: stale
        return lambda: content

    def _way(self, value: Any) -> Callable[[], Any]:
        """An abstract value."""
        machine = self._machine
        match value:
            case Known():
                return lambda: value
            case Value():
                leaf = self._leaf(value)
                return lambda: machine.lift(leaf())
            case View(parent=None, root=root) if root not in self._born:
                return lambda: value
            case View(parent=None, root=root):
                return self._cell(root, lambda: View(self._storage(root), contiguous=value.contiguous, name=value.name))
            case TupleOf(items=parts, cls=cls):
                ways = [self._way(part) for part in parts]
                return lambda: TupleOf(tuple(way() for way in ways), cls)
            case ListOf() | DictOf() | Record() if value not in self._born:
                return lambda: value
            case ListOf() | DictOf() | Record():
                return self._cell(value, lambda: self._storage(value))
            case Closure(frame=frame) if not born_after(frame.variables, machine.serial):
                return lambda: value
        machine.refuse(
            f"a function that is differentiated stores {machine.describe(value)} outside of itself",
            why="the derivative runs another program than the function",
            instead="return it, with has_aux=True",
        )

    def _cell(self, cell: Cell, get: Callable[[], Any]) -> Callable[[], Any]:
        if cell not in self._ways:
            self._ways[cell] = lambda: None  # it may hold itself
            self._ways[cell] = self._content(self._machine.state.heap[cell])
        return get

    def _storage(self, cell: Any) -> Any:
        """What stands for a cell that was made inside."""
        if cell not in self._made:
            made: Any = Storage(cell.contiguous, cell.scalar) if isinstance(cell, Storage) else None
            if made is None:
                made = Record(cell.cls) if isinstance(cell, Record) else cell.twin()
            self._made[cell] = made
            self._machine.state.write(self._machine.state.heap, made, self._ways[cell]())
        return self._made[cell]


def with_more(primal: Trace, transform: Transform, told: Sequence[Arg]) -> tuple[Trace, Transform, bool]:
    """The trace with further results beside its auxiliary ones; whether it had no auxiliary result of its own."""
    if not told:
        return primal, transform, False
    more = Pack("tuple", tuple(told))
    result = primal.result
    if not transform.has_aux:
        return replace(primal, result=Pack("tuple", (result, more))), replace(transform, has_aux=True), True
    if isinstance(result, Pack) and result.kind in ("tuple", "list") and len(result.items) == 2:
        out, aux = result.items
        return replace(primal, result=Pack("tuple", (out, Pack("tuple", (aux, more))))), transform, False
    return primal, transform, False


def without_more(out: Arg, transform: Transform, told: Sequence[Arg], hidden: bool) -> tuple[Arg, Arg]:
    """The derivative's own result, and the further ones."""
    if not told:
        return out, Pack("tuple", ())
    assert isinstance(out, Pack)
    first = transform.mode in ("value_and_grad", *SPLIT) or transform.value
    pair: Arg = out.items[0] if first else out
    assert isinstance(pair, Pack)
    *own, aux = pair.items
    if hidden:
        more = aux
    else:
        assert isinstance(aux, Pack)
        own.append(aux.items[0])
        more = aux.items[1]
    left: Arg = own[0] if len(own) == 1 else Pack("tuple", tuple(own))
    return (replace(out, items=(left, *out.items[1:])) if pair is not out else left), more


# -- pullbacks -----------------------------------------------------------------------------------------------------


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
