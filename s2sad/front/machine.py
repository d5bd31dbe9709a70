"""What every part of the interpreter stands on: where it is, what it emits, how it asks for a value it has to know."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from s2sad.errors import Error, InputError, Location, TraceError, UnsupportedError
from s2sad.front.scope import Code
from s2sad.front.state import Frame, State, Variables
from s2sad.front.turns import Turns
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    Attributes,
    Cell,
    Known,
    Poison,
    Source,
    Stale,
    Undefined,
)
from s2sad.ir.build import Builder
from s2sad.ir.core import UNDEFINED, Arg, Atom, Call, For, If, Literal, Op, Pack, Param, Ref, Value, While, operands
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import FLOAT, INT, Array, NoJoin, Scalar, Type, type_of
from s2sad.ir.walk import all_ops
from s2sad.prims.inference import ARRAYS_OF_ONE, NotAnArray, NotANumber
from s2sad.prims.primitive import REGISTRY, NotKnown

NUMBER = int | float | complex | np.generic
WORK = 100_000  # statements, operations and turns of loops that are followed before a function is given up
SHORT = 16  # iterations of a loop that is unrolled so that names of arrays can be told apart
FLAGS = ("$returned", "$break", "$continue")
SIGNALS = (*FLAGS, "$raised")


SHAPED_AS_FIRST = frozenset(("ndarray.copy", "np.copy", "store", "accumulate", "np.zeros_like", "np.ones_like"))


HERE = os.path.dirname(__file__)
LIBRARIES = os.path.join(os.path.dirname(HERE), "libraries")
PROGRAMS_OWN = frozenset(
    """
    run_now fold compare known_item container_item store_item unpack require_length list_method dict_method fetch
    run_import emit_raise next_of first_of call_next found_at method_when_known repeated container_item length
    set_record_attribute delete_attribute construct_plainly construct_namedtuple construct_dataclass call_replace
    """.split()  # noqa: SIM905
)
"""Functions of the front end whose exceptions are those of the program on known values."""


class Restart(Exception):
    """Thrown where a value has to be known; the trace starts anew with this argument static or this loop unrolled."""

    def __init__(self, static: str | None = None, loop: Any = None, recursive: Any = None, layouts: bool = False) -> None:  # noqa: E501
        super().__init__(static or "a loop")
        self.static, self.loop, self.recursive, self.layouts = static, loop, recursive, layouts


class Unreachable(Exception):
    """This path ends here: the program raises, or (while a loop's types are being found) reads an unbound name."""


@dataclass(slots=True, eq=False)
class LoopMark:
    """A loop whose body is being traced. ``key`` names it across restarts; ``bounds`` decide how often it runs."""

    key: Any
    bounds: tuple[Abstract, ...]
    can_unroll: bool
    can_peel: bool = False  # its first turn may be put before it


@dataclass(eq=False)
class Session:
    """What outlives a restart: static arguments, unrolled loops, and what is known of the loops met before."""

    statics: dict[str, Any] = field(default_factory=dict)
    unrolled: dict[Any, None] = field(default_factory=dict)
    layouts: bool = False  # whether the memory layout of arguments is looked at
    turns: Turns | None = None  # loops that lose the number of axes of what they carry
    recursive: dict[Any, None] = field(default_factory=dict)  # functions that are kept as functions
    classes: dict[type, int] = field(default_factory=dict)  # of exceptions that are caught, numbered
    loops: dict[Any, Any] = field(default_factory=dict)
    work: int = 0  # done so far


class Machine:
    """State and emission. Rooms add to it by inheritance; ``Interpreter`` (program.py) is the whole."""

    def __init__(self, builder: Builder, session: Session, located: bool) -> None:
        self.builder = builder
        self.session = session
        self.located = located  # operations get the place of the user's code; rule bodies keep the builder's
        self.state = State()
        self.frames: list[Frame] = []
        self.result_place: Location | None = None  # of what the function itself returns
        self.serial = 0  # of the youngest activation
        self.node: ast.AST | None = None
        self.params: list[Param] = []
        self.captures: dict[str, tuple[Source, Abstract]] = {}
        self.sources: dict[str, Source] = {}  # of parameters that are captures
        self.roots: dict[tuple[str, int], Source] = {}
        self.outside: dict[Cell, str] = {}  # what holds the content of arrays and containers from outside
        self.lost: dict[Cell, None] = {}  # what may be one item or another
        self.choices: dict[Cell, tuple[Atom, Any, Any]] = {}  # one of two objects, as a predicate says
        self.containers: list[tuple[Any, Any, Source]] = []  # lists and dicts outside: cell, object, where it is found
        self.effects: dict[Cell, None] = {}  # those that the program changes
        self.owners_of: dict[Cell, tuple[Cell, tuple[Any, ...]]] = {}  # parts of items: of which, and where
        self.given: dict[Cell, None] = {}  # lists, dicts and objects in the arguments
        self.distinct = False  # whether it matters that each of them is found in one place only
        self.misfit = False  # whether something is asked of a value on some path that its type cannot do
        self.local_classes: dict[Any, type] = {}  # of methods, by node, of classes defined inside of functions
        self.stand_ins: dict[Any, Any] = {}  # for methods of such classes: their closures
        self.handles: dict[Cell, tuple[Any, str]] = {}  # containers outside: their owner, and the way from it
        self.mirrored: Cell | None = None  # what is outside and is being changed there as well
        self.flushed: dict[Cell, None] = {}  # arrays outside that get their content at the end
        self.changed_outside: dict[int, str] = {}  # sets and deques outside that the program changed
        self.tries: list[Any] = []  # try statements whose body is being run
        self.handled: list[Any] = []  # exceptions whose handlers are being run
        self.readers: dict[int, Any] = {}  # of variables: the names that their loop over a generator has alive
        self.read_by_loops: dict[ast.AST, None] = {}  # calls whose results ``for`` loops read item by item
        self.remaining: dict[Any, Any] = {}  # of iterators that next was called with
        self.trapping: dict[str, str] = {}  # kinds of floating point errors that np.errstate makes exceptions
        self.consumers: list[Any] = []  # who reads the generators that are being run
        self.splits: list[Any] = []  # regions that were opened where something may raise
        self.originals: dict[Value, Value] = {}  # of arguments of functions that are differentiated in the program
        self.shaped: dict[Value, Value] = {}  # arrays by an older one that has the same shape
        self.passed: dict[Any, bool] = {}  # tests that came out well on this path
        self.implied: dict[Any, Any] = {}  # what else is known where a test came out so
        self.counted: set[Value] = set()  # loop indices that are never negative
        self.leaked: dict[Cell, str] = {}  # arrays that were stored on an object outside
        self.owners: dict[int, Value] = {}  # objects outside that something is stored on, as parameters
        self.foreign: dict[tuple[int, str], Abstract] = {}  # attributes stored on objects from outside
        self.tuples: set[Cell] = set()  # lists of unknown length that the program has as tuples
        self.used: dict[Any, bool] = {}  # iterators that were run through
        self.made_of: dict[Any, list[tuple[dict[Any, Any], Any, Any]]] = {}  # what a ``map`` read when it was made
        self.listed_tuples: dict[Any, Any] = {}  # lists that stand for tuples of objects
        self.flat: dict[Any, None] = {}  # arrays that are ``a.flat``
        self.shares: list[Cell] = []  # lists of which it turned out that their items have something in common
        self.watched: dict[Any, list[tuple[Cell, Any]]] = {}  # what iterators have yet to read (``watching``)
        self.param_arrays: list[tuple[Any, Any, str]] = []  # their storages, arrays of today, and paths
        self.written: dict[Any, None] = {}  # storages that some path stores into
        self.guards: dict[str, tuple[Source, Any]] = {}
        self.sites: dict[Any, Any] = {}  # operations that calls of users' functions with rules are
        self.codes: dict[Any, None] = {}
        self.namespaces: dict[int, bool] = {}  # of functions that were traced into: whether they hold SciPy
        self.active: dict[str, None] = {}  # the paths of what is differentiated, which stays a variable
        self.quiet: dict[str, None] = {}  # floating-point warnings that ``with np.errstate`` ignores
        self.origins: dict[Value, str | LoopMark] = {}  # what has to become static for a value to be known
        self.written_out: dict[Value, Any] = {}  # what is known of values that the program computes of constants
        self.samples: dict[str, Any] = {}
        self.param_paths: dict[Value, str] = {}
        self.lengths: dict[Value, int] = {}  # of lists and one-dimensional arrays, where it is plain how long they are
        self.loops: list[LoopMark] = []
        self.holding: list[Any] = []  # what loops run over
        self.calls: list[int] = []  # the chain of call nodes that led here, for keys of loops
        self.open: list[Builder] = [builder]  # of the regions around
        self.statics: dict[str, Any] = {}  # guards of arguments that are static
        self.taken: set[str] = set()
        self.shapes: dict[Value, Value] = {}  # arrays of unknown rank by the value that is their shape
        self.unsure = False  # whether something was a view or a copy for want of a layout
        self.branches: dict[Any, int] = {}  # of functions: their calls of themselves where that is not known
        self.kept: dict[Any, Any] = {}  # recursive functions whose traces are complete
        self.joined: list[Cell] = []  # cells that were linked to others where paths met
        self.twins: dict[Any, Any] = {}  # what stands for a storage's next content in the first pass of a loop
        self.missed = False  # a name without a value was read while exploring
        self.exploring = 0  # loops whose types are not settled yet
        self.meaning: tuple[Location | None, int] | None = None  # the user's call whose definition is being read

    # -- rooms above -----------------------------------------------------------------------------------------------

    def evaluate(self, node: ast.expr) -> Abstract:
        raise NotImplementedError

    def call(self, function: Abstract, args: Sequence[Abstract], kwargs: Mapping[str, Abstract] | None = None) -> Abstract:  # noqa: E501
        raise NotImplementedError

    def run_block(self, body: Sequence[ast.stmt], start: int = 0) -> None:
        raise NotImplementedError

    def to_arg(self, value: Abstract) -> Arg:
        raise NotImplementedError

    def require(self, truth: Any, cls: type, message: str) -> None:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Abstract) -> None:
        raise NotImplementedError

    def activation(self, code: Code, content: Mapping[str, Abstract], outer: Frame | None, call: Location | None) -> Frame:  # noqa: E501
        """A new frame."""
        self.serial += 1
        return Frame(code, Variables(content, self.serial), outer, call, len(self.open))

    # -- where we are ----------------------------------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def here(self) -> Location | None:
        if self.meaning is not None:
            return self.meaning[0]
        if self.node is None or not self.frames:
            return self.builder.loc
        frame = self.frames[-1]
        if frame.call is not None and frame.code.source.file.startswith(HERE):  # what a function of Python's means
            call: Location = frame.call
            return call
        return frame.code.locate(self.node)

    def for_readers(self) -> Location | None:
        """Where the program is: not in what stands for an object of a library, but where that is asked."""
        k = len(self.frames)
        while k > 1 and self.frames[k - 1].code.source.file.startswith(LIBRARIES):
            k -= 1
        call: Location | None = self.frames[k].call if self.meaning is None and k < len(self.frames) else None
        return self.here() if call is None else call

    def chain(self) -> tuple[Location, ...]:
        frames = self.frames if self.meaning is None else self.frames[: self.meaning[1]]
        return tuple(f.call for f in frames if f.call is not None)

    def refuse(self, what: str, why: str = "", instead: str = "") -> NoReturn:
        error, where = UnsupportedError(what, why=why, instead=instead), self.for_readers() or self.definition()
        chain = list(self.chain())
        while chain and (chain[-1].file.startswith(LIBRARIES) or chain[-1] == where != self.here()):
            chain.pop()
        if where is not None and where.file.startswith(LIBRARIES) and not chain:
            raise error  # in the rule of a library: who asks for it says where
        raise error.at(where, tuple(c for c in chain if not c.file.startswith(LIBRARIES)))

    def wrong(self, what: str, why: str = "", instead: str = "") -> NoReturn:
        raise InputError(what, why=why, instead=instead).at(self.here() or self.definition(), self.chain())

    def wrong_type(self, what: str) -> NoReturn:
        """The program asks something of a value of a type that cannot do it."""
        self.wrong(what, why="Python would raise TypeError")

    def spend(self) -> None:
        """One more step of tracing; there is an end to them."""
        self.session.work += 1
        if self.session.work > WORK:
            self.refuse(
                "this takes too long to trace",
                why=f"{WORK} steps were followed: loops over what is known are run, and calls gone into, while tracing",
                instead="loop over a range or an array, or compute what is known beforehand",
            )

    def last_place(self) -> Location | None:
        return self.builder.loc

    def definition(self) -> Location | None:
        """Where the function stands that is traced."""
        code = next(iter(self.codes), None)
        return None if code is None else Location(code.co_filename, code.co_firstlineno, function=code.co_name)

    def placed(self, error: Error) -> Error:
        return error.at(self.here(), self.chain())

    # -- emission --------------------------------------------------------------------------------------------------

    def emit(self, prim: Primitive, *args: Any, name: str | None = None, **kwargs: Any) -> Value:
        (value,) = self.emits(prim, *args, names=(name,), **kwargs)
        return value

    def emits(self, prim: Primitive, *args: Any, names: Any = (), **kwargs: Any) -> tuple[Value, ...]:
        self.spend()
        if self.located:
            self.builder.loc = self.for_readers()
        try:
            results: tuple[Value, ...] = self.builder.calls(prim, *args, names=names, **kwargs)
            if self.located:
                self.note_length(prim, args, results)
                self.note_shape(prim, args, results)
            return results
        except NotKnown as error:
            known = tuple(exchanged(a, error.arg, self.plain(error.arg)) for a in args)
            options = {k: exchanged(a, error.arg, self.plain(error.arg)) for k, a in kwargs.items()}
            if known != args or options != kwargs:
                return self.emits(prim, *known, names=names, **options)
            self.demand(error.arg, f"an argument of {prim.spelling.text}")
        except NoJoin as error:
            self.refuse(f"unlike things in one list or array: {error}", instead="keep them apart")
        except NotAnArray as error:
            among_arrays = prim.spelling.style != "operator" or any(isinstance(a.type, Array) for a in args)
            if not among_arrays:
                raise self.placed(error) from None
            made = self.emit(self.prim("np.array"), error.arg)
            replaced = tuple(exchanged(a, error.arg, made) for a in args)
            if all(new is old for new, old in zip(replaced, args, strict=True)):
                raise self.placed(error) from None
            return self.emits(prim, *replaced, names=names, **kwargs)
        except Error as error:
            if isinstance(error, NotANumber) and ARRAYS_OF_ONE:
                item = self.emit(self.prim("ndarray.item"), error.arg)
                return self.emits(prim, *(exchanged(a, error.arg, item) for a in args), names=names, **kwargs)
            error.calls = self.chain()
            if any(isinstance(a, Literal) and a.value is None for a in args) and not error.why:
                self.wrong_type(f"{prim.spelling.text or prim.name} of None")
            raise self.placed(error) from None

    def plain(self, arg: Arg) -> Arg:
        """An argument with what it computes of constants (``-np.inf``) as numbers; itself where it has none."""
        if isinstance(arg, Value) and arg in self.written_out:
            return Literal(self.written_out[arg])
        return replace(arg, items=tuple(map(self.plain, arg.items))) if isinstance(arg, Pack) and any(
            self.plain(item) is not item for item in arg.items) else arg

    def shape_root(self, value: Any) -> Any:
        return self.shaped.get(value, value)

    def note_shape(self, prim: Primitive, args: tuple[Any, ...], results: tuple[Value, ...]) -> None:
        """Remember of which array a new one has the shape."""
        if len(results) != 1 or not isinstance(results[0].type, Array):
            return
        if prim.elementwise or prim.name in SHAPED_AS_FIRST:
            among = args if prim.elementwise else args[:1]
            roots = {self.shape_root(a) for a in among if not isinstance(a, Pack) and isinstance(a.type, Array)}
            if len(roots) == 1:
                self.shaped[results[0]] = roots.pop()

    def note_length(self, prim: Primitive, args: tuple[Any, ...], results: tuple[Value, ...]) -> None:
        """Remember how long an array or list is that was made of that many things."""
        if prim.name == "list_new":
            self.lengths[results[0]] = len(args)
        elif prim.name == "list_set" and args[0] in self.lengths and not isinstance(args[1], Pack):
            self.lengths[results[0]] = self.lengths[args[0]]
        if len(results) != 1 or not isinstance(results[0].type, Array) or results[0].type.rank != 1:
            return
        if prim.name in ("np.array", "np.stack") and isinstance(args[0], Pack):
            self.lengths[results[0]] = len(args[0].items)
        elif prim.name in ("np.zeros", "np.ones", "np.full", "np.empty") and isinstance(args[0], Literal):
            self.lengths[results[0]] = args[0].value
        elif prim.name == "getitem" and (whole := self.lengths.get(args[0])) is not None:
            parts = args[1].items if isinstance(args[1], Pack) and args[1].kind == "slice" else ()
            ends = [p.value for p in parts if isinstance(p, Literal)]
            if len(ends) == 3:
                self.lengths[results[0]] = len(range(whole)[slice(*ends)])
        elif prim.elementwise or prim.name in ("ndarray.copy", "np.copy", "store", "accumulate"):
            arrays = [a for a in args[: len(args) if prim.elementwise else 1] if isinstance(a.type, Array)]
            found = {self.lengths.get(a, -1) for a in arrays}
            if len(found) == 1 and -1 not in found:
                self.lengths[results[0]] = found.pop()

    def prim(self, name: str) -> Primitive:
        found = REGISTRY.by_name.get(name)
        if found is None:
            raise TraceError(f"there is no primitive {name}", location=self.here())
        return found

    def put(self, table: dict[Any, Any], cell: Cell, value: Any) -> None:
        """The program changes the content of a cell."""
        if isinstance(cell, Attributes):
            cell = cell.record
        self.may_change(cell)
        self.state.write(table, cell, value)

    def may_change(self, cell: Cell) -> None:
        """Refused where someone outside would see the change of a cell."""
        if cell in self.outside:
            self.refuse(
                f"a change of {self.outside[cell].rpartition(':')[2]}, which belongs to code outside of what is differentiated",  # noqa: E501
                why="the change would be lost: the derivative works on the values of arrays and lists",
                instead="change a copy of it, or return the new value",
            )
        if cell in self.given:
            self.distinct = True
        if cell in self.leaked:
            self.refuse(
                f"a change of an array that was stored as {self.leaked[cell]}",
                why="the object outside has a copy of it, which would not see the change",
                instead="store it when it is complete",
            )

    def changed(self, cell: Cell) -> None:
        """The content of this cell is another now: so is that of what shares its memory."""
        raise NotImplementedError

    # -- values that have to be known ------------------------------------------------------------------------------

    def integer(self, value: Abstract, what: str) -> int:
        """A known int; where it is traced the trace starts anew with what it comes from static."""
        if isinstance(value, Known) and isinstance(value.value, int | np.integer):
            return int(value.value)
        if isinstance(value, Value):
            self.demand(value, what)
        self.refuse(
            f"{what} has to be an int that is known when the derivative is made",
            why="it decides what the program is, and what is given here is no int",
            instead="pass it as an int argument or write it as a constant",
        )

    def demand(self, arg: Arg, what: str) -> NoReturn:
        self.demand_all((arg,))
        self.refuse(
            f"{what} has to be known when the derivative is made",
            why="the types of what follows hang on it, and it is computed from array data or sizes",
            instead="pass it as an int argument or write it as a constant",
        )

    def unroll_short_loop(self) -> None:
        """Restart with the innermost short loop unrolled: its iterations, taken one by one, may be told apart."""
        for mark in reversed(self.loops):
            numbers = [b.value for b in mark.bounds if isinstance(b, Known)]
            if mark.can_unroll and len(numbers) == 3 and len(range(*numbers)) <= SHORT:
                raise Restart(loop=mark.key)

    def demand_all(self, args: Sequence[Any]) -> None:
        """Restart with an argument static or a loop unrolled, where that makes one of these known."""
        pending: list[Any] = list(args)
        seen: set[Value] = set()
        producers: dict[Value, Op] | None = None
        blocked = False
        found: Restart | None = None
        while pending:
            a = pending.pop()
            if isinstance(a, Pack):
                pending.extend(a.items)
            if not isinstance(a, Value) or a in seen or not isinstance(a.type, Scalar):
                continue
            seen.add(a)
            origin = self.origins.get(a)
            order = any(a is given for given in args) and origin not in self.active  # a float, such as that of a norm
            if isinstance(origin, str) and (a.type == INT or order):
                found = found or Restart(static=origin)
            elif isinstance(origin, LoopMark):
                if origin.can_unroll:
                    found = found or Restart(loop=origin.key)
                else:
                    pending.extend(b for b in origin.bounds if isinstance(b, Value))
            else:
                producers = self.producers() if producers is None else producers
                op = producers.get(a)
                if isinstance(op, If):
                    k = op.results.index(a)
                    pending += [op.pred, op.then.yields[k], op.orelse.yields[k]]
                elif isinstance(op, For | While) or op is None or (isinstance(op, Call) and op.prim.name in ("dim", "getitem", "list_len")):  # noqa: E501
                    blocked = True
                else:
                    pending.extend(operands(op))
        if found is not None and not blocked:
            raise found

    def producers(self) -> dict[Value, Op]:
        """Which operation made each value that is in sight."""
        return {r: op for b in self.open for op in all_ops(b.ops) for r in op.results}

    def open_builder(self) -> Builder:
        """A builder for a region inside the present one; the caller takes it off ``open`` again."""
        inner = self.builder.nested()
        self.open.append(inner)
        return inner

    # -- captures --------------------------------------------------------------------------------------------------

    def parameter(self, path: str, t: Type, sample: Any, kind: str, name: str | None = None) -> Value:
        value = Value(t, name)
        self.params.append(Param(value, path, kind))
        if t in (INT, FLOAT):
            self.origins[value] = path
        self.samples[path] = sample
        self.param_paths[value] = path
        return value

    def guard(self, source: Source | None, value: Any) -> None:
        """The trace holds only while this is found at ``source``."""
        if source is not None and self.located:
            self.guards[source.path] = (source, value)


def literal(value: Any) -> Atom:
    return Literal(value)


__all__ = [
    "FLAGS", "SIGNALS", "NUMBER", "UNBOUND", "UNDEFINED", "Abstract", "Call", "Cell", "Code", "For", "If", "LoopMark",
    "Machine", "Poison", "Ref", "Restart", "Session", "Stale", "Undefined", "Unreachable", "While", "literal",
    "type_of",
]  # fmt: skip


def front_functions(error: BaseException) -> list[str]:
    """The functions of the front end that an exception came through, the outermost first."""
    names = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(HERE):
            names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return names


def is_programs_own(error: BaseException) -> bool:
    """Whether the program raises this, on known values, and not the front end itself."""
    return not type(error).__module__.startswith("s2sad.") and not PROGRAMS_OWN.isdisjoint(front_functions(error)[-2:])


def exchanged(arg: Any, old: Arg, new: Arg) -> Any:
    """The argument with one part of its structure exchanged; itself where it has no such part."""
    if arg is old:
        return new
    if not isinstance(arg, Pack):
        return arg
    items = tuple(exchanged(item, old, new) for item in arg.items)
    return arg if all(a is b for a, b in zip(items, arg.items, strict=True)) else replace(arg, items=items)
