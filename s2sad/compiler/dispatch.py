"""From a call to the compiled derivative that fits it, as fast as Python allows.

A ``Dispatcher`` belongs to one function and one transform. Its ``fast`` table maps the types of positional arguments to
an *entry*: a small generated function that checks what types alone do not say (the rank of an array, today's type of a
capture, the value of an argument that the trace had to know), reads the captures and runs the derivative. An entry
that does not fit gives ``MISS``; then the full key is made, and compiled for if it is new.
"""

from __future__ import annotations

import ast
import collections
import copy
import functools
import inspect
import threading
import types
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from s2sad import pytrees
from s2sad.compiler.axes import rows_of
from s2sad.compiler.directions import along
from s2sad.compiler.load import load
from s2sad.compiler.numeric import on_numpy
from s2sad.compiler.once import has_effects, owners, run_again
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.pipeline import (
    DIRECTIONAL,
    SEEDED,
    Compiled,
    Derived,
    Transform,
    captures,
    compiled,
    derive,
    size_message,
)
from s2sad.compiler.signature import ATOMIC, as_floats, as_numpy, key_of, needs_floats, spec_of, with_floats
from s2sad.errors import InputError, TraceError
from s2sad.front.program import Guard, Traceable
from s2sad.rules.book import BOOK


class _Miss:
    def __repr__(self) -> str:
        return "MISS"


MISS: Final = _Miss()

Entry = Callable[..., Any]


class Entries(dict[Hashable, list[tuple[Entry, "Compiled"]]]):
    """Entries by the key of the arguments. Functions of equal text share them, never their refusals."""


class Dispatcher:
    """All compiled forms of one transform of one function."""

    def __init__(
        self, fn: Callable[..., Any], transform: Transform, twins: Callable[[], Entries] | None = None
    ) -> None:
        self.fn, self.transform = fn, transform
        self._twins = twins  # finds what equal functions share; asked when there is something to compile
        inner = getattr(fn, "dispatcher", None)
        self.parameters: Parameters = inner.outward if isinstance(inner, Dispatcher) else Parameters.of(fn)
        self.fast: dict[tuple[type, ...], Entry] = {}
        self.last: Compiled | None = None
        self.derived: dict[Transform, Dispatcher] = {}  # derivatives of this derivative
        self.found: dict[Hashable, Any] = {}  # what was found out for arguments of some sizes
        self._entries = Entries()
        self._lock = threading.RLock()

    @property
    def outward(self) -> Parameters:
        """The parameters of the derivative: those of the function, and a direction where it takes one."""
        return self.parameters.with_direction() if self.transform.mode in DIRECTIONAL else self.parameters

    def forget(self) -> None:
        """Compile anew at the next call: functions may be differentiated in another way now."""
        with self._lock:
            self._entries.clear()  # shared with functions of equal text, which forget as well
            self.fast.clear()
            self.found.clear()
            self.last = None

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], seeds: Sequence[Any] | None = None) -> Any:
        """The result of the derivative for a user's call; ``seeds`` where the transform has them."""
        out, _ = self.run(args, kwargs, seeds)
        return out

    def run(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], seeds: Sequence[Any] | None = None
    ) -> tuple[Any, Compiled]:
        """The result, and the compiled derivative that gave it."""
        values = self.parameters.bind(args, kwargs)
        key = tuple(map(key_of, values))
        extra = {} if seeds is None else {"seeds": seeds}
        for entry, made in self._entries.get(key, ()):
            out = entry(*values, **extra)
            if out is not MISS:
                self._promote(args, kwargs, entry, made)
                return out, made
        if self._join():
            return self.run(args, kwargs, seeds)
        entry, made = self._compile(values, key)
        out = entry(*values, **extra)
        if out is MISS:
            raise TraceError(f"the derivative of {self.parameters.function} does not fit the call it was made for")
        self._promote(args, kwargs, entry, made)
        return out, made

    def find(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Compiled:
        """The compiled derivative that was last made for a call with these types; made now where there is none."""
        values = self.parameters.bind(args, kwargs)
        key = tuple(map(key_of, values))
        for _, made in self._entries.get(key, ()):
            return made
        return self.find(args, kwargs) if self._join() else self._compile(values, key)[1]

    def compiled_for(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Compiled:
        """The compiled derivative for a call, without running it."""
        values = self.parameters.bind(args, kwargs)
        _, made = self._compile(values, tuple(map(key_of, values)))
        return made

    def compiled_ahead(self, specs: Sequence[Any]) -> Compiled:
        """The compiled derivative for canonical specifications without values."""
        self.last = compiled(self.fn, self.parameters, specs, self.transform)
        _COMPILED.add(self)
        return self.last

    def derive(self, specs: Sequence[Any]) -> Derived:
        """The transformed program for canonical specifications, not compiled."""
        return derive(self.fn, self.parameters, specs, self.transform)

    def derive_along(self, specs: Sequence[Any], direction: Any) -> Derived:
        """The transformed program, with its direction as one more argument of the given specification."""
        derived = self.derive(specs)
        trace = along(derived.program.trace, self.parameters, self.transform, specs, direction, self.outward.names[-1])
        return replace(derived, program=replace(derived.program, trace=trace))

    def specs_of(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """Canonical specifications from run-time arguments."""
        values = self.parameters.bind(tuple(args), kwargs)
        return [spec_of(v, n) for v, n in zip(values, self.parameters.names, strict=True)]

    def bound_specs(self, specs: Sequence[Any], kwspecs: Mapping[str, Any]) -> list[Any]:
        """Canonical specifications from those of the arguments of a call; defaults get their own."""
        values = self.parameters.bind(tuple(specs), kwspecs)
        names = self.parameters.names
        defaults = self.parameters.defaulted
        return [spec_of(v, n) if v is d else v for v, n, d in zip(values, names, defaults, strict=True)]

    def _join(self) -> bool:
        """Take over, once, the entries of a function of equal text; whether there are any."""
        with self._lock:
            twins, self._twins = self._twins, None
            if twins is not None:
                self._entries = twins()
            return twins is not None and bool(self._entries)

    def _compile(self, values: tuple[Any, ...], key: Hashable) -> tuple[Entry, Compiled]:
        with self._lock:
            specs = [spec_of(v, n) for v, n in zip(values, self.parameters.names, strict=True)]
            made = compiled(self.fn, self.parameters, specs, self.transform)
            entry = make_entry(
                made, self.parameters, values, self.transform, self._primal, isinstance(self.fn, Traceable)
            )
            self._entries.setdefault(key, []).insert(0, (entry, made))
            self.last = made
            _COMPILED.add(self)
        return entry, made

    def _primal(self, values: tuple[Any, ...]) -> None:
        """Run the function itself, for the exception that it may raise; what the caller passed is not changed."""
        args, kwargs = self.parameters.unbind(copy.deepcopy(values))
        self.fn(*args, **kwargs)

    def _promote(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], entry: Entry, made: Compiled) -> None:
        """The entry that fitted is tried first at the next call with arguments of these types."""
        self.last = made
        if not kwargs and len(args) in self.parameters.tails:
            self.fast[tuple(map(type, args))] = entry


_COMPILED: weakref.WeakSet[Dispatcher] = weakref.WeakSet()  # those that have something to forget


def forget_all() -> None:
    """Called when a rule is declared: nothing that was compiled before is used again."""
    for dispatcher in list(_COMPILED):
        dispatcher.forget()
    _COMPILED.clear()


BOOK.watchers.append(forget_all)


def make_entry(
    made: Compiled, parameters: Parameters, values: tuple[Any, ...], transform: Transform,
    primal: Callable[[tuple[Any, ...]], Any], lenient: bool = True,
) -> Entry:  # fmt: skip
    """Generate the entry of a compiled derivative for arguments like ``values``.

    Python's floats raise where NumPy's numbers give inf or nan. Where that happens in the derivative and not in the
    program itself (``np.log`` at 0), the derivative is run again on NumPy's numbers.

    A gradient does not compute what it does not need, so it may give a number where the program itself raises, for
    shapes that do not fit. It is the shapes of the cotangents that tell; then the program is run, for its exception.

    It takes the canonical arguments positionally, with the defaults of the function. The types of arguments given by
    position have been looked up already; those of defaults are as they were.
    """
    names = [f"a{k}" for k in range(len(values))]
    space: dict[str, Any] = {"MISS": MISS, "run": made.run, "key_of": key_of, "as_floats": as_floats}
    defaults = parameters.tails.get(0) or max(parameters.tails.values(), key=len, default=())
    lines: list[str] = []
    for k, value in enumerate(values):
        lines.extend(_check(names[k], value, f"A{k}", space, typed=True))
    holders = [name for name, value in zip(names, values, strict=True) if type(value) not in ATOMIC]
    holders = [name for name in holders if not isinstance(values[names.index(name)], np.ndarray)]
    if holders and made.program.distinct:
        space["refuse_shared"] = refuse_shared
        lines.append(f"refuse_shared(({''.join(f'{n}, ' for n in holders)}))")
    first = len(lines)
    for k, guard in enumerate(made.program.statics):
        lines.extend(_guard(guard, k, parameters.variables(names, values), space))
    for k, capture in enumerate(made.program.captures):
        space[f"read{k}"] = capture.read
        lines.append(f"c{k} = read{k}()")
        value = capture.read()
        if isinstance(value, list | dict | set | collections.deque):  # it is changed, and what is read of it is guarded
            space[f"C{k}"] = type(value)
            lines.append(f"if type(c{k}) is not C{k}: return MISS")
            continue
        lines.extend(_check(f"c{k}", value, f"C{k}", space, typed=False))
    if lines[first:]:  # what is read from outside may be gone, or be of another kind
        gone = "except (AttributeError, LookupError, NameError, TypeError, ValueError): return MISS"
        lines[first:] = ["try:", *[f"    {line}" for line in lines[first:]], gone]
    converted = list(names)
    for index, key in made.places:
        name = converted[index]
        if key is None and needs_floats(values[index]):
            converted[index] = f"float({name})" if type(values[index]) is int else f"as_floats({name})"
        elif key is not None and needs_floats(values[index][key]):
            space["with_floats"] = with_floats
            converted[index] = f"with_floats({name}, {key!r})"
    passed = parameters.variables(converted, values)
    arguments = [passed[name] for name, _ in made.program.trace.arguments]
    trace = made.program.trace
    has_seeds = transform.mode in SEEDED
    if has_seeds:
        arguments.append("*seeds")
    if transform.mode == "vmap":
        lines += _rows(parameters, names, values, transform, space)
    code = inspect.unwrap(made.run).__code__
    keywords = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    kept: dict[str, str] = {}
    for k, (keyword, _) in enumerate(zip(keywords, captures(trace), strict=True)):
        arguments.append(f"{keyword}=c{k}")
        kept[keyword] = f"c{k}"
    header = []
    for k, name in enumerate(names):
        back = len(names) - k
        if back <= len(defaults):
            space[f"D{k}"] = defaults[len(defaults) - back]
            header.append(f"{name}=D{k}")
        else:
            header.append(name)
    if has_seeds:
        header.append("*, seeds")
    again = [_numpy(a) for a in arguments]
    message = size_message(transform.mode)

    def as_input_error(error: TypeError) -> TypeError:
        if error.args != (message,):
            return error
        what, _, instead = message.partition("; ")
        refused = InputError(f"{what}, and this one has more or none", instead=instead)
        refused.at(trace.loc)
        return refused

    leniently = functools.cache(lambda: on_numpy(made.run, made.source, trace.result))
    space.update(as_numpy=as_numpy, primal=primal, as_input_error=as_input_error, leniently=leniently)
    everything = f"({''.join(f'{n}, ' for n in names)})"
    anew = [f"primal({everything})", f"out = leniently()({', '.join(again)})"]
    if transform.mode == "vmap":  # what a derivative of one row does, that of all rows does; a function just raises
        anew = anew[1:] if lenient else []
    if has_effects(trace):
        given = arguments[: len(arguments) - len(kept)]
        space["run_again"] = functools.cache(lambda: run_again(made, has_seeds))
        changed = owners(inspect.unwrap(made.run), trace)
        today = [capture.read() for capture in made.program.captures]
        held_arrays = {n for k, n in kept.items() if k not in changed and type(today[int(n[1:])]) is np.ndarray}
        if any(k in changed and type(today[int(n[1:])]) is np.ndarray for k, n in kept.items()):
            lines += [f"{n}_ = {n}.copy()" for n in sorted(held_arrays)]  # what they are before effects change them
        else:
            held_arrays = set()
        values_kept = [f"{k!r}: {n}_" if n in held_arrays else f"{k!r}: {n}" for k, n in kept.items()]
        anew = [f"out = run_again()([{', '.join(given)}], {{{', '.join(values_kept)}}})"]
    lines += [
        "try:", f"    out = run({', '.join(arguments)})",
        "except (ZeroDivisionError, OverflowError):", "    out = MISS" if anew else "    raise",
        "except TypeError as error:", "    raise as_input_error(error) from None",
        *(["if out is MISS:"] if anew else []), *(f"    {line}" for line in anew),
    ]  # fmt: skip
    lines.extend(_shapes(made, parameters, values, transform, everything, space))
    lines.append("return out")
    body = "\n    ".join(lines)
    entry: Entry = load(f"def entry({', '.join(header)}):\n    {body}\n", "entry", space)
    return entry


def _rows(
    parameters: Parameters, names: Sequence[str], values: tuple[Any, ...], transform: Transform, space: dict[str, Any]
) -> list[str]:
    """Lines that compare the numbers of rows of what is mapped."""
    specs = [spec_of(v, n) for v, n in zip(values, parameters.names, strict=True)]
    _, mapped = rows_of(transform.in_axes, parameters, specs)
    where = parameters.variables(names, values)
    sizes = [f"{_renamed(m.where, where)}.shape[{m.axis}]" for m in mapped]
    whole = str(transform.axis_size) if transform.axis_size is not None else sizes.pop(0)
    if not sizes:
        return []
    what = [f"axis {m.axis} of {m.where}" for m in mapped]
    if transform.axis_size is not None:
        what.insert(0, "axis_size")

    def unlike_rows(*found: int) -> None:
        told = ", ".join(f"{n} ({w})" for w, n in zip(what, found, strict=True))
        raise InputError(
            f"vmap got unlike numbers of rows for {parameters.function}: {told}",
            instead="pass arguments of equal length along the axes that in_axes names, or None there",
        )

    space["unlike_rows"] = unlike_rows
    return [f"if {' or '.join(f'{size} != {whole}' for size in sizes)}: unlike_rows({', '.join([whole, *sizes])})"]


def _shapes(
    made: Compiled, parameters: Parameters, values: tuple[Any, ...], transform: Transform, everything: str,
    space: dict[str, Any],
) -> list[str]:  # fmt: skip
    """Lines that compare the shape of each cotangent with that of its argument."""
    if transform.mode not in ("grad", "value_and_grad"):
        return []
    grads = "out[1]" if transform.mode == "value_and_grad" else "out[0]" if transform.has_aux else "out"
    single = isinstance(transform.argnums, int | str)
    tests = []
    for k, (index, key) in enumerate(made.places):
        bar = grads if single else f"{grads}[{k}]"
        value = values[index] if key is None else values[index][key]
        name = f"a{index}" if key is None else f"a{index}[{key!r}]"
        if type(value) is np.ndarray:
            tests.append(f"{bar}.shape != {name}.shape")
        elif type(value) in ATOMIC:
            tests.append(f"type({bar}) is ndarray")
        else:
            tests.append(f"not alike({bar}, {name})")
    if not tests:
        return []
    labels = [parameters.label(place) for place in made.places]

    def fault() -> TraceError:
        return TraceError(
            f"the derivative of {parameters.function} has another shape than its argument ({', '.join(labels)})"
        )

    space.update(ndarray=np.ndarray, alike=_alike, fault=fault)
    return [f"if {' or '.join(tests)}:", f"    primal({everything})", "    raise fault()"]


def refuse_shared(values: tuple[Any, ...]) -> None:
    """Refuse a list, dict or dataclass that is found in two places of the arguments.

    A store through one of them would be seen through the other, which the compiled derivative takes for another one.
    """
    seen: set[int] = set()
    pending = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(value)
            continue
        record = hasattr(type(value), "__dataclass_fields__")
        if not record and not isinstance(value, list | dict):
            continue
        if id(value) in seen and (not record or not type(value).__dataclass_params__.frozen):
            raise InputError(
                f"the same {type(value).__name__} is passed in two places",
                why="what is stored through one of them would be seen through the other",
                instead="pass a copy in one of them (copy.copy)",
            )
        seen.add(id(value))
        if record:
            pending.extend(getattr(value, n) for n in type(value).__dataclass_fields__ if hasattr(value, n))
        else:
            pending.extend(value.values() if isinstance(value, dict) else value)


def _alike(bar: Any, value: Any) -> bool:
    """Whether a cotangent has the structure and shapes of what it belongs to."""
    try:
        pairs = pytrees.leaves(pytrees.tree_map(lambda b, v: np.shape(b) == np.shape(v), bar, value))
    except pytrees.StructureError:
        return False
    return all(pairs)


def _numpy(argument: str) -> str:
    """An argument of a generated call with its floats made NumPy's."""
    if argument == "*seeds":
        return "*map(as_numpy, seeds)"
    keyword, equals, value = argument.rpartition("=")
    return f"{keyword}{equals}as_numpy({value})"


def _check(name: str, value: Any, constant: str, space: dict[str, Any], typed: bool) -> list[str]:
    """Lines that give MISS where the variable is not like ``value``; ``typed``: its type is known to be the same."""
    cls = type(value)
    if cls in ATOMIC:
        if typed:
            return []
        space[constant] = cls
        return [f"if type({name}) is not {constant}: return MISS"]
    if cls is np.ndarray:
        space[constant] = value.dtype
        tests = [f"{name}.dtype is not {constant} and {name}.dtype != {constant}", f"{name}.ndim != {value.ndim}"]
        if not typed:
            space["ndarray"] = np.ndarray
            tests.insert(0, f"type({name}) is not ndarray")
        if 1 in value.shape:
            pattern = tuple(n == 1 for n in value.shape)
            tests.append(f"tuple([n == 1 for n in {name}.shape]) != {pattern!r}")
        elif value.ndim:
            tests.append(f"1 in {name}.shape")
        return [f"if {' or '.join(tests)}: return MISS"]
    space[constant] = key_of(value)
    return [f"if key_of({name}) != {constant}: return MISS"]


def _guard(guard: Guard, k: int, names: Mapping[str, str], space: dict[str, Any]) -> list[str]:
    """Lines that give MISS where a value that the trace had to know is another one today."""
    text = _found(f"watch{k}", guard.path, guard.read, names, space)
    if guard.other is not None:
        space["may_share_memory"] = np.may_share_memory
        other = _found(f"beside{k}", *guard.other, names, space)
        return [f"if may_share_memory({text}, {other}) is not {guard.value}: return MISS"]
    space[f"G{k}"] = guard.value
    if isinstance(guard.value, np.generic):
        space[f"T{k}"] = type(guard.value)
        return [f"g = {text}", f"if type(g) is not T{k} or g != G{k}: return MISS"]
    if type(guard.value) is float:  # nan is not equal to itself
        return [f"g = {text}", f"if g is not G{k} and (type(g) is not float or g != G{k}): return MISS"]
    if type(guard.value) in (int, bool, str, tuple, bytes, frozenset, range, slice):
        return [f"g = {text}", f"if type(g) is not {type(guard.value).__name__} or g != G{k}: return MISS"]
    if isinstance(guard.value, types.BuiltinFunctionType):  # a method written in C is made anew at every look
        return [f"if {text} != G{k}: return MISS"]
    return [f"if {text} is not G{k}: return MISS"]


def _found(
    name: str, path: str, read: Callable[[], Any] | None, names: Mapping[str, str], space: dict[str, Any]
) -> str:
    """An expression for what is found at a path today."""
    if read is None:
        return _renamed(path, names)
    space[name] = read
    return f"{name}()"


def _renamed(path: str, names: Mapping[str, str]) -> str:
    """The path of an argument, such as ``params[0].w``, over other variable names."""
    tree = ast.parse(path, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names[node.id]  # an expression, which reads the same when it is unparsed
    return ast.unparse(tree)
