"""Evaluating a trace on sets of inputs: what each element of its result can depend on, whatever the inputs are.

What does not depend on the inputs is computed: sizes, indices, the trips of a loop. What does is a ``Cell`` or
``Cells``, which knows only its sets. So where the program decides by such a value it may go both ways, and goes both:
the sides of a branch are joined, a loop without a known number of trips is entered once with a set for each element of
its state, which then contains what the body makes of it. An integer that is not known may be any: reading there reads
every element, storing there adds to every one.

What a primitive does to the sets is said in ``sparsity.moving``, ``items``, ``sums`` and ``products``; without a rule
each element of its result depends on all elements of the operands that have a derivative.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sad.analysis.activity import STRUCTURAL
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    Function,
    If,
    Op,
    Pack,
    Region,
    Trace,
    Value,
    While,
    atoms_of,
)
from s2sad.ir.types import List, Scalar, is_inexact, np_dtype
from s2sad.rules.book import BOOK
from s2sad.sparsity.forms import all_sets, blurred, filled, like, same
from s2sad.sparsity.joining import Joiner
from s2sad.sparsity.sets import EMPTY, Sets
from s2sad.sparsity.values import (
    Bag,
    Cell,
    Cells,
    Items,
    Needed,
    Picked,
    Record,
    Unanalysable,
    hidden,
    is_known,
    plain,
    sets_of,
    shape_of,
    unknown,
)

Env = dict[Value, Any]
Step = Callable[[Env], None]
Rule = Callable[..., Any]

RULES: dict[str, Rule] = {}
"""What primitives do to sets: functions of the machine and the operands by name."""



def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a function for these primitives."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return enter


_WIDE = frozenset({Cells, Picked, Items, np.ndarray, list, tuple})
_DEEPEST = 100  # calls within each other, of a function whose recursion has no end that can be told


class Raised(Exception):
    """The program raises here."""


class Machine(Joiner):
    """One evaluation. ``exact``: numbers that are not differentiated are known; else only integers among them are."""

    def __init__(self, inputs: int, exact: bool) -> None:
        self.sets, self.exact = Sets(inputs), exact
        self.call: Call
        self._regions: dict[int, tuple[list[Step], Region]] = {}
        self._depth = 0

    def run(self, trace: Trace, env: Env) -> Any:
        """The result of a trace, in its structure."""
        self.region(trace.body, env)
        return compiled(trace.result)(env)

    def region(self, region: Region, env: Env) -> list[Any]:
        """Run a region; what it yields."""
        found = self._regions.get(id(region))
        if found is None:
            found = self._regions[id(region)] = ([self.step(op) for op in region.ops], region)
        for step in found[0]:
            step(env)
        return [read(y, env) for y in region.yields]

    def step(self, op: Op) -> Step:
        match op:
            case Call():
                return self.call_step(op)
            case If():
                return lambda env: self.branch(op, env)
            case For():
                return lambda env: self.loop(op, env)
            case While():
                return lambda env: self.repeat(op, env)
            case Apply():
                return lambda env: self.apply(op, env)

    # -- operations -------------------------------------------------------------------------------------------------

    def call_step(self, op: Call) -> Step:
        prim, results = op.prim, op.results
        if prim.name == "raise":
            return _raise
        if prim.effect and not results:
            return _nothing
        if prim.effect:
            return lambda env: self.drawn(op, env)
        bound = prim.bind(op.args, op.kwargs)
        readers = [(name, compiled(arg)) for name, arg in bound.items()]
        positional = [compiled(a) for a in op.args]
        named = [(k, compiled(v)) for k, v in op.kwargs]
        single = results[0] if len(results) == 1 else None

        def finish(env: Env, out: Any) -> None:
            if single is not None:
                env[single] = out
            elif results:
                env.update(zip(results, out, strict=True))

        def computed(env: Env) -> bool:
            args = [get(env) for get in positional]
            options = [(k, get(env)) for k, get in named]
            for a in args:
                if not is_known(a):
                    return False
            for _, a in options:
                if not is_known(a):
                    return False
            self.call = op
            finish(env, prim.run(*map(plain, args), **{k: plain(a) for k, a in options}))
            return True

        rule = RULES.get(prim.name)
        if prim.name in ("getitem", "gather"):
            return self.getitem_step(op)
        always = rule is not None and prim in STRUCTURAL or prim.name.startswith("list_")
        if rule is not None:

            def by_rule(env: Env) -> None:
                if always or not computed(env):
                    self.call = op
                    finish(env, rule(self, **{name: get(env) for name, get in readers}))

            return by_rule
        active = active_names(op)
        if prim.elementwise and len(op.args) == len(bound) == 2 and not any(isinstance(a, Pack) for a in op.args):
            return self.binary_step(op, [is_inexact(results[0].type) and name in active for name in bound])
        if prim.elementwise:
            inexact = is_inexact(results[0].type)
            operands = [(get, inexact and name in active) for name, get in readers]

            def elementwise(env: Env) -> None:
                total, known = EMPTY, True
                for get, counts in operands:
                    value = get(env)
                    cls = type(value)
                    if cls is Cell:
                        known = False
                        if counts:
                            total = self.sets.pair(total, value.id)
                    elif cls in _WIDE:
                        break
                else:
                    if known:
                        finish(env, prim.run(*[get(env) for get in positional], **{k: get(env) for k, get in named}))
                    else:
                        finish(env, Cell(total))
                    return
                if not computed(env):
                    self.call = op
                    finish(env, self.broadcast([(get(env), counts) for get, counts in operands]))

            return elementwise

        def default(env: Env) -> None:
            if not computed(env):
                self.call = op
                finish(env, self.smeared({name: get(env) for name, get in readers}, active))

        return default

    def drawn(self, op: Call, env: Env) -> None:
        """What is another one in every run: a draw, the time. It has the shape that a generator of the same kind gives;
        what is drawn with parameters that are differentiated depends on all of them.
        """
        args = [compiled(a)(env) for a in op.args]
        named = {k: compiled(v)(env) for k, v in op.kwargs}
        (result,) = op.results
        if op.prim.name in ("np.random.default_rng", "np.random.RandomState") and is_known((args, named)):
            env[result] = op.prim.run(*map(plain, args), **{k: plain(v) for k, v in named.items()})
            return
        if isinstance(result.type, Scalar):
            shape: tuple[int, ...] = ()
        elif op.prim.name.startswith("Generator.") and is_known((args, named)):
            out = op.prim.run(*copy.deepcopy(list(map(plain, args))), **{k: plain(v) for k, v in named.items()})
            shape = np.shape(out)
        else:
            raise Unanalysable(f"{op.prim.name} is not repeated")
        every = self.sets.every(*all_sets([args, named])) if is_inexact(result.type) else EMPTY
        env[result] = filled(shape, every)

    def binary_step(self, op: Call, counts: Sequence[bool]) -> Step:
        """An elementwise operation of two operands, which most operations on numbers are."""
        run, (result,) = op.prim.run, op.results
        first, second = op.args
        left = first if isinstance(first, Value) else None
        right = second if isinstance(second, Value) else None
        a: Any = None if isinstance(first, Value | Pack) else first.value
        b: Any = None if isinstance(second, Value | Pack) else second.value
        left_counts, right_counts = counts
        pair, nothing = self.sets.pair, Cell(EMPTY)

        def binary(env: Env) -> None:
            x: Any = a if left is None else env[left]
            y: Any = b if right is None else env[right]
            one, two = type(x), type(y)
            if one in _WIDE or two in _WIDE:
                if is_known(x) and is_known(y):
                    env[result] = run(plain(x), plain(y))
                    return
                self.call = op
                env[result] = self.broadcast([(x, left_counts), (y, right_counts)])
            elif one is Cell:
                if two is Cell and right_counts:
                    env[result] = Cell(pair(x.id, y.id)) if left_counts else y
                else:
                    env[result] = x if left_counts else nothing
            elif two is Cell:
                env[result] = y if right_counts else nothing
            else:
                env[result] = run(x, y)

        return binary

    def getitem_step(self, op: Call) -> Step:
        """An element that is read, or part of an array."""
        (result,) = op.results
        array, index = map(compiled, op.args)
        rule = RULES[op.prim.name]

        def getitem(env: Env) -> None:
            a, place = array(env), index(env)
            if type(a) is Cells:
                cls = type(place)
                if cls is int and len(a.shape) == 1:
                    env[result] = Cell(a.item(place))
                    return
                if cls is tuple and len(place) == len(a.shape) and all(type(k) is int for k in place):
                    env[result] = Cell(a.item(*place))
                    return
            self.call = op
            env[result] = rule(self, a, place)

        return getitem

    def broadcast(self, operands: Sequence[tuple[Any, bool]]) -> Any:
        """Element by element the union of the sets of those operands that count; the others have a shape."""
        operands = [(v, c) for v, c in operands if not isinstance(v, str | type | np.dtype | type(None))]
        if any(isinstance(v, Picked) for v, _ in operands):
            return self.broadcast_picked(operands)
        shape = np.broadcast_shapes(*(shape_of(v) for v, _ in operands))
        zeros = self.call.prim.name in ("mul", "masked_product", "np.multiply")
        total: Any = None
        alone: Any = None
        for k, (value, counts) in enumerate(operands):
            if not counts or is_known(value):
                continue
            sets = sets_of(value)
            if zeros and len(operands) == 2 and is_known(operands[1 - k][0]):
                sets = np.where(np.asarray(plain(operands[1 - k][0])) == 0, EMPTY, sets)
                alone = None
            else:
                alone = value if total is None else None
            total = sets if total is None else self.sets.join(total, sets)
        if total is None:
            return hidden(shape)
        if alone is not None and shape_of(alone) == shape:
            return alone
        return unknown(np.broadcast_to(total, shape))

    def broadcast_picked(self, operands: Sequence[tuple[Any, bool]]) -> Any:
        """The same for what masks select, with numbers or with what the same mask selects."""
        (first, *others) = [v for v, _ in operands if isinstance(v, Picked)]
        if any(o.mask is not first.mask or o.sets.shape != first.sets.shape for o in others):
            raise Unanalysable("how many elements a mask selects depends on what is differentiated")
        total = np.zeros(first.sets.shape, np.int64)
        for value, counts in operands:
            if not isinstance(value, Picked) and shape_of(value) not in ((), (1,)):
                raise Unanalysable("how many elements a mask selects depends on what is differentiated")
            if counts and not is_known(value):
                total = self.sets.join(total, value.sets if isinstance(value, Picked) else sets_of(value))
        return Picked(total, first.mask)

    def smeared(self, operands: Mapping[str, Any], active: frozenset[str]) -> Any:
        """Each element of the results depends on all elements of the active operands."""
        every = self.sets.every(*(s for name in active if name in operands for s in all_sets(operands[name])))
        shapes = self.shapes(operands)
        results = self.call.results
        out = tuple(
            filled(shape, every if is_inexact(r.type) else EMPTY) for shape, r in zip(shapes, results, strict=True)
        )
        return out[0] if len(results) == 1 else out

    def shapes(self, operands: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """The shapes of the results of a call: it is run on made-up numbers of the right shapes."""
        op = self.call
        bound = op.prim.bind(op.args, op.kwargs)
        made = {name: self.stand_in(value, bound[name]) for name, value in operands.items()}
        names = list(op.prim.signature.parameters)
        if op.prim.variadic is not None:
            rest, place = op.prim.variadic
            args = [made[n] for n in names[:place]] + list(made[rest])
            options = {n: made[n] for n in names[place + 1 :] if n in dict(op.kwargs)}
        else:
            args = [made[n] for n in names[: len(op.args)]]
            options = {n: made[n] for n in dict(op.kwargs)}
        try:
            with np.errstate(all="ignore"):
                out = op.prim.run(*args, **options)
        except Exception as error:
            raise Unanalysable(f"the shape of {op.prim.name} cannot be told ({error})") from error
        results = (out,) if len(op.results) == 1 else tuple(out)
        if any(isinstance(r, list | dict | tuple) or r is None for r in results):
            raise Unanalysable(f"{op.prim.name} gives a container")
        return [np.shape(r) for r in results]

    def stand_in(self, value: Any, arg: Arg) -> Any:
        """Numbers in place of those that are not known: of a positive definite matrix, where it is square."""
        if is_known(value):
            return plain(value)
        if isinstance(arg, Pack):
            items = [self.stand_in(v, a) for v, a in zip(value, arg.items, strict=True)]
            return tuple(items) if arg.kind == "tuple" else items
        dtype = getattr(arg.type, "dtype", None)
        if dtype is None:
            raise Unanalysable(f"{self.call.prim.name} of a container of numbers that are not known")
        shape = shape_of(value)
        if dtype == "bool" or dtype[0] in "iu" and not shape:
            self.demand(f"a number that {self.call.prim.name} depends on")
        if dtype[0] in "iu":
            return np.zeros(shape, np_dtype(dtype))
        out = np.full(shape, 0.25) + np.linspace(0.0, 0.25, shape[-1] if shape else 1)
        if len(shape) >= 2 and shape[-1] == shape[-2]:
            out = 0.5 * (out + np.swapaxes(out, -1, -2)) + np.diag(np.arange(1.0, shape[-1] + 1) + shape[-1])
        return out.astype(np_dtype(dtype)).reshape(shape) if shape else np_dtype(dtype).type(0.5).item()

    def demand(self, what: str) -> Any:
        """A value is not known that has to be."""
        if not self.exact:
            raise Needed
        raise Unanalysable(f"{what} depends on what is differentiated")

    def known(self, value: Any, what: str) -> Any:
        """A value that has to be known."""
        if not is_known(value):
            self.demand(what)
        return plain(value)

    # -- structure --------------------------------------------------------------------------------------------------

    def branch(self, op: If, env: Env) -> None:
        pred = read(op.pred, env)
        if is_known(pred):
            env.update(zip(op.results, self.region(op.then if pred else op.orelse, env), strict=True))
            return
        if not self.exact:
            raise Needed
        sides = []
        for region in (op.then, op.orelse):
            try:
                sides.append(self.region(region, env))
            except Raised:
                continue
        if not sides:
            raise Raised
        out = sides[0] if len(sides) == 1 else [self.merge(a, b) for a, b in zip(*sides, strict=True)]
        env.update(zip(op.results, out, strict=True))

    def loop(self, op: For, env: Env) -> None:
        bounds = [read(a, env) for a in (op.start, op.stop, op.step)]
        state = [read(a, env) for a in op.inits]
        if not all(map(is_known, bounds)):
            if not self.exact:
                raise Needed

            def once(heads: list[Any]) -> list[Any]:
                bind(env, op.body.params, [Cell(EMPTY), *heads])
                out = self.region(op.body, env)
                return out[:-1] if op.exits else out

            env.update(zip(op.results, self.closed(state, once), strict=True))
            return
        trips = range(*bounds)
        left: list[Any] | None = None  # the state with which the loop may have been left before
        index, *carried = op.body.params
        for k in reversed(trips) if op.backwards else trips:
            env[index] = k
            bind(env, carried, state)
            try:
                state = self.region(op.body, env)
            except Raised:
                if left is None:
                    raise
                state = left
                break
            if op.exits:
                leaves = state.pop()
                if not is_known(leaves):
                    if not self.exact:
                        raise Needed
                    left = state if left is None else [self.merge(a, b) for a, b in zip(left, state, strict=True)]
                elif leaves:
                    break
        if left is not None and left is not state:
            state = [self.merge(a, b) for a, b in zip(left, state, strict=True)]
        env.update(zip(op.results, state, strict=True))

    def repeat(self, op: While, env: Env) -> None:
        state = [read(a, env) for a in op.inits]
        while True:
            bind(env, op.cond.params, state)
            (go,) = self.region(op.cond, env)
            if not is_known(go):
                break
            if not go:
                env.update(zip(op.results, state, strict=True))
                return
            bind(env, op.body.params, state)
            out = self.region(op.body, env)
            if op.exits:
                leaves = out.pop()
                if not is_known(leaves):
                    break  # this trip again, as one of those whose number is not known
                if leaves:
                    env.update(zip(op.results, out, strict=True))
                    return
            state = out
        if not self.exact:
            raise Needed

        def once(heads: list[Any]) -> list[Any]:
            bind(env, op.cond.params, heads)
            self.region(op.cond, env)
            bind(env, op.body.params, heads)
            out = self.region(op.body, env)
            return out[:-1] if op.exits else out

        env.update(zip(op.results, self.closed(state, once), strict=True))

    def closed(self, inits: list[Any], once: Callable[[list[Any]], list[Any]]) -> list[Any]:
        """The state of a loop after any number of trips: what it may be at its head."""
        inits = list(inits)
        fixed = [is_known(v) and not isinstance(v, Bag) for v in inits]
        for _ in range(3 * len(inits) + 3):
            heads = [v if keep else self.head(v) for v, keep in zip(inits, fixed, strict=True)]
            try:
                outs = once(heads)
            except Raised:
                return inits
            again = False
            for k, (head, out) in enumerate(zip(heads, outs, strict=True)):
                if fixed[k]:
                    if not same(inits[k], out):
                        inits[k], fixed[k], again = blurred(inits[k], out), False, True
                elif isinstance(head, Bag) and isinstance(out, Bag):
                    if head.item is None and out.item is not None:
                        inits[k], again = Bag(blurred(UNDEFINED, out.item)), True
                elif like(head, out):
                    continue
                else:
                    inits[k], again = blurred(inits[k], out), True
            if not again:
                for head, out, keep in zip(heads, outs, fixed, strict=True):
                    if not keep:
                        self.close(head, out)
                return heads
        raise Unanalysable("what a loop carries is of another form in each trip")

    def apply(self, op: Apply, env: Env) -> None:
        out = self.called(op.callee, [read(atom, env) for arg in op.args for atom in atoms_of(arg)])
        env.update(zip(op.results, out, strict=True))

    def called(self, callee: Function, leaves: Sequence[Any]) -> list[Any]:
        """The leaves of the result of a function that is called."""
        assert callee.trace is not None
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unanalysable(f"how often {callee.name} calls itself depends on what is differentiated")
        inner: Env = dict(zip((p.value for p in callee.trace.params), leaves, strict=True))
        self.region(callee.trace.body, inner)
        self._depth -= 1
        return [read(atom, inner) for atom in atoms_of(callee.trace.result)]

def active_names(op: Call) -> frozenset[str]:
    """The parameters of a call through which a derivative flows."""
    forward, reverse = BOOK.find(op, "forward"), BOOK.find(op, "reverse")
    if forward is None or reverse is None:
        return frozenset(op.prim.signature.parameters)
    return frozenset((*forward.wrt, *reverse.wrt, *forward.unknown, *reverse.unknown))


def compiled(arg: Arg) -> Callable[[Env], Any]:
    """A function that reads an argument."""
    if isinstance(arg, Value):
        return lambda env: env[arg]
    if not isinstance(arg, Pack):
        value = arg.value
        return lambda env: value
    items = [compiled(item) for item in arg.items]
    match arg.kind:
        case "tuple":
            return lambda env: tuple([get(env) for get in items])
        case "list":
            return lambda env: [get(env) for get in items]
        case "slice":
            first, last, step = items
            return lambda env: slice(first(env), last(env), step(env))
        case "dict":
            keys = arg.keys
            return lambda env: dict(zip(keys, [get(env) for get in items], strict=True))
        case _:
            cls, names = arg.cls, arg.keys
            assert cls is not None
            return lambda env: Record(cls, names, [get(env) for get in items])


def read(atom: Atom, env: Env) -> Any:
    return env[atom] if isinstance(atom, Value) else atom.value


def bind(env: Env, params: Sequence[Value], values: Sequence[Any]) -> None:
    env.update(zip(params, values, strict=True))


def _raise(env: Env) -> None:
    raise Raised


def _nothing(env: Env) -> None:
    pass


def as_value(value: Any, arg: Arg) -> Any:
    """A value from outside as the machine holds it."""
    if isinstance(arg, Value) and isinstance(arg.type, List):
        return Items([_listed(v) for v in value])
    return value


def _listed(value: Any) -> Any:
    return Items([_listed(v) for v in value]) if isinstance(value, list) else value


