"""Applying one rule of the book: inlining its body, and the arithmetic of tangents and cotangents around it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from s2sad.analysis.activity import bind
from s2sad.analysis.sizes import Sizes
from s2sad.analysis.steep import Steep
from s2sad.errors import Error, RuleError, UnsupportedError
from s2sad.front import inline
from s2sad.front.machine import LIBRARIES
from s2sad.ir.build import Builder
from s2sad.ir.core import UNDEFINED, Arg, Atom, Call, Literal, Pack, Ref, Value, values_of
from s2sad.ir.types import (
    Array,
    List,
    Scalar,
    Struct,
    Type,
    axes,
    np_dtype,
    same_axes,
    tangent_type,
)
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK, Form, Mode, Rule, RuleBook, Ruled
from s2sad.transforms.bodies import RuleTrace


@dataclass
class Applier:
    """What both transforms need to apply rules: the builder they write to, and the book they read."""

    builder: Builder
    book: RuleBook = BOOK
    masked: frozenset[Value] | set[Value] = field(default_factory=set)
    sizes: Sizes = field(default_factory=Sizes)
    unbounded: frozenset[Value] | set[Value] = field(default_factory=set)
    steep: Steep = field(default_factory=Steep)
    built: dict[Atom, Pack] = field(default_factory=dict)  # containers that were put together here

    def rule(self, call: Call, mode: Mode, live: Collection[Value] = ()) -> Rule:
        """The rule for this call, or a refusal that names the primitive and shows how to declare one.

        ``live`` are the values that carry derivatives: parameters for which the rule knows none must not be among them.
        """
        if call.prim in self.book.refused:
            what, why, instead = self.book.refused[call.prim]
            raise UnsupportedError(what, why=why, instead=instead, location=call.loc)
        if (rule := self.book.find(call, mode)) is None:
            raise UnsupportedError(
                f"{call.prim.name} has no derivative rule",
                why="its argument depends on a variable that is differentiated",
                instead="declare a rule with s2sad.partials, s2sad.linear, s2sad.pushforward or s2sad.pullback",
                location=call.loc,
            )
        for name in rule.unknown:
            if any(v in live for v in values_of(bind(call).get(name, Literal(None)))):
                raise UnsupportedError(
                    f"{call.prim.name} has no derivative rule for its argument {name}",
                    why="it depends on a variable that is differentiated",
                    instead="keep it fixed, or declare a rule with s2sad.partials or s2sad.pullback",
                    location=call.loc,
                )
        return rule

    def inline(self, rule: Rule, arguments: Mapping[str, Arg]) -> Arg:
        """The body of a rule on these arguments; only what it names, which ``rules.checked`` saw to be there."""
        assert rule.body is not None
        if isinstance(rule.body, RuleTrace):
            return self.inline_traced(rule, rule.body, arguments)
        return inline(self.builder, rule.body, {name: arguments[name] for name in rule.residuals})

    def inline_traced(self, rule: Rule, body: RuleTrace, arguments: Mapping[str, Arg]) -> Arg:
        """The same of a rule of a user's function; what it gives has the shape of what it belongs to."""
        given = body.put(self, arguments, arguments)
        if rule.form == "pushforward":
            return body.fitted(self, given, arguments["ans"], "ans_dot")
        parts = results_by(rule.form, given, rule.wrt, rule)
        if rule.form == "partials":
            parts = {n: body.partials(self, p, arguments["ans"], n, arguments[n]) for n, p in parts.items()}
        else:
            parts = {n: body.fitted(self, p, arguments[n], f"{n}_bar") for n, p in parts.items()}
        return Pack("tuple", tuple(parts.values()))

    # -- arithmetic -------------------------------------------------------------------------------------------------

    def prim(self, name: str, *args: Arg, **kwargs: Arg) -> Value:
        (value,) = self.builder.apply(REGISTRY.by_name[name], args, kwargs)
        return value

    def add(self, a: Atom, b: Atom, name: str | None = None) -> Atom:
        """Sum of two tangents or cotangents of one value."""
        x, y = self.built.get(a), self.built.get(b)
        if x is not None and y is not None and (x.kind, x.keys, len(x.items)) == (y.kind, y.keys, len(y.items)):
            parts = zip(x.items, y.items, strict=True)
            if all(isinstance(p.type, Scalar) and isinstance(q.type, Scalar) for p, q in parts):
                sums = (self.add(p, q) for p, q in zip(x.items, y.items, strict=True))  # type: ignore[arg-type]
                return self.build(Pack(x.kind, tuple(sums), x.keys, x.cls), name)
        if isinstance(a.type, List | Struct) or isinstance(b.type, List | Struct):
            return self.builder.call(structure.list_add, a, b, name=name)
        if isinstance(a, Literal) and isinstance(a.value, float) and a.value == 0.0 and isinstance(b.type, Scalar):
            return b
        if isinstance(b, Literal) and isinstance(b.value, float) and b.value == 0.0 and isinstance(a.type, Scalar):
            return a
        return self.builder.call(REGISTRY.by_name["add"], a, b, name=name)

    def build(self, parts: Pack, name: str | None = None) -> Value:
        """A container of a known structure as one value."""
        out = self.builder.call(structure.build, parts, name=name)
        self.built[out] = parts
        return out

    def zero(self, primal: Arg) -> Arg:
        """The zero of the tangent space of a primal: a literal for scalars, ``zero_of`` for arrays and lists."""
        match primal:
            case Pack(kind=kind, items=items) if kind != "slice":
                return Pack(kind, tuple(map(self.zero, items)), primal.keys, primal.cls)
            case Literal() | Ref():
                return zero_literal(primal.type)
            case Value(type=Scalar()):
                return zero_literal(primal.type)
            case Value(type=Struct(kind, keys, items, cls)) if all(isinstance(t, Scalar) for t in items):
                kind = "record" if kind in ("namedtuple", "dataclass") else kind
                zeros = tuple(zero_literal(t) for t in items)
                return self.build(Pack(kind, zeros, () if kind in ("tuple", "list") else keys, cls))
            case Value(type=Array() | List() | Struct()):
                return self.builder.call(structure.zero_of, primal)
            case _:
                return primal

    def product(self, g: Atom, partial: Atom, guarded: bool) -> Atom:
        """``g * partial``, without multiplying by one; a cotangent that is zero by selection stays zero."""
        if isinstance(partial, Literal) and isinstance(partial.value, int | float):
            if partial.value == 1:
                return g
            if partial.value == -1:
                return self.prim("neg", g)
            guarded = guarded and not math.isfinite(partial.value)
        one = isinstance(g, Literal) and isinstance(g.value, float | complex) and g.value == 1.0
        if one and is_float(partial.type):
            return partial
        if guarded:
            return self.prim("masked_product", g, partial)
        numerator, divisor = self.quotient_by_number(partial) if axes(g.type) == () else (None, None)
        if numerator is not None and divisor is not None:  # numbers first: one operation less on the whole array
            return self.prim("mul", self.prim("div", g, divisor), numerator)
        return self.prim("mul", g, partial)

    def where_chosen(self, op: Call, operand: Atom, g: Atom) -> Atom:
        """``g`` where ``np.maximum`` and its like choose this operand and no bound (``analysis.steep``), else zero."""
        if op.prim.name == "np.clip":
            ends = zip(("gt", "lt"), op.args[1:], strict=False)
            masks = [self.prim(name, operand, end) for name, end in ends if not is_none(end)]
            mask = masks[0] if len(masks) == 1 else self.prim("and_", *masks)
        else:
            (other,) = (a for a in op.args if a is not operand)
            mask = self.prim("gt" if "max" in op.prim.name else "lt", operand, other)
        if isinstance(mask.type, Array):
            return self.prim("np.where", mask, g, Literal(0.0))
        return self.prim("masked_product", self.prim("mul", Literal(1.0), mask), g)

    def quotient_by_number(self, a: Atom) -> tuple[Atom | None, Atom | None]:
        """The array that has just been divided by one of NumPy's numbers to give another, and the number."""
        last = (op for op in self.builder.ops[-LATELY:] if isinstance(op, Call) and op.results == (a,))
        made = next(last, None)
        if made is None or made.prim.name != "div" or axes(a.type) in ((), None):
            return None, None
        numerator, divisor = made.args
        if isinstance(numerator, Pack) or isinstance(divisor, Pack) or axes(numerator.type) != axes(a.type):
            return None, None
        number = isinstance(divisor.type, Scalar) and not divisor.type.weak and axes(divisor.type) == ()
        return (numerator, divisor) if number else (None, None)

    def reduce_to(self, g: Atom, primal: Atom) -> Atom:
        """A cotangent summed back to the shape of ``primal``: as it is, by a plain sum, or by ``unbroadcast``."""
        have, want = axes(g.type), axes(primal.type)
        if want == ():
            if have == () and isinstance(g.type, Array) and isinstance(primal.type, Scalar):
                return self.number(g, primal.type.weak)
            return g if have == () else self.scalar_sum(g, primal)
        if have is not None and same_axes(want, have):
            return g
        self.follow()
        if self.sizes.same(g, primal):
            return g
        if have is not None and want is not None and len(have) >= len(want):
            lead = len(have) - len(want)
            pairs = list(zip(want, have[lead:], strict=True))
            one, other = self.sizes.shape(g), self.sizes.shape(primal)
            assert one is not None and other is not None
            equal = [a == b for a, b in zip(one[lead:], other, strict=True)]
            stretched = [lead + k for k, (w, h) in enumerate(pairs) if w == "1" and h != "1" and not equal[k]]
            if all(w != "?" or h == "1" or same for (w, h), same in zip(pairs, equal, strict=True)):
                if stretched:
                    where = tuple(stretched)
                    g = self.prim("np.sum", g, axis=Literal(where[0]) if len(where) == 1 else literal_tuple(where), keepdims=Literal(True))  # noqa: E501
                if lead:
                    where = tuple(range(lead))
                    g = self.prim("np.sum", g, axis=Literal(0) if lead == 1 else literal_tuple(where))
                return g
        return self.prim("unbroadcast", g, self.shape(primal))

    def alike(self, a: Atom, b: Atom) -> bool:
        """Whether two arrays certainly have the same shape."""
        self.follow()
        return self.sizes.same(a, b)

    def belongs(self, dot: Arg, primal: Value) -> None:
        """A tangent has the shape of its primal."""
        if isinstance(dot, Value) and isinstance(dot.type, Array) and isinstance(primal.type, Array):
            self.follow()
            shape = self.sizes.shape(primal)
            if shape is not None and dot.type.axes is not None and len(shape) == len(dot.type.axes):
                self.sizes.shapes.setdefault(dot, shape)

    def follow(self) -> None:
        """Take note of the sizes of what has been built since the last time."""
        b = self.builder
        self.sizes.note(b.ops[b.noted :])
        b.noted = len(b.ops)

    def number(self, g: Atom, weak: bool) -> Atom:
        """A cotangent that is an array without axes (``np.where`` of numbers makes one) as the number that it holds."""
        assert isinstance(g.type, Array)
        name = "float" if weak and g.type.dtype == "f64" else f"np.{np_dtype(g.type.dtype).type.__name__}"
        return self.prim(name, g) if name in REGISTRY.by_name else g

    def scalar_sum(self, g: Atom, primal: Atom) -> Atom:
        if isinstance(primal.type, Scalar):
            return self.prim("np.sum", g)
        return self.prim("unbroadcast", g, Pack("tuple", ()))

    def shape(self, a: Atom) -> Arg:
        """The shape of an array: a Pack of its sizes, or the ``shape`` primitive where the rank is not known."""
        ax = axes(a.type)
        if ax is None:
            return self.builder.call(structure.shape, a)
        return Pack("tuple", tuple(self.size(a, k) for k in range(len(ax))))

    def size(self, a: Atom, axis: int) -> Atom:
        """The length of an axis: what it is known to be, else asked of the first array that has it."""
        self.follow()
        shape = self.sizes.shape(a)
        known = None if shape is None else shape[axis]
        if known is not None and not known.terms:
            return Literal(known.constant)
        if known is not None and known.constant == 0 and list(known.terms.values()) == [1]:
            (symbol,) = known.terms
            if isinstance(symbol, Value):
                return symbol
            if isinstance(symbol, tuple) and symbol[0] == "axis":
                return self.builder.call(structure.dim, symbol[1], Literal(symbol[2]))
        return self.builder.call(structure.dim, a, Literal(axis))

    def cast(self, g: Atom, primal: Type) -> Atom:
        """The cotangent or tangent in the precision of its primal: float32 stays float32."""
        want = tangent_type(primal)
        have = g.type
        if not isinstance(want, Scalar | Array) or not isinstance(have, Scalar | Array) or have.dtype == want.dtype:
            return g
        if want.dtype[0] == "f" and have.dtype[0] == "c":
            g = Literal(g.value.real) if isinstance(g, Literal) else self.prim("np.real", g)
            if isinstance(g.type, Scalar | Array) and g.type.dtype == want.dtype:
                return g
        if isinstance(want, Scalar) and want.weak or isinstance(g, Literal):
            return g
        dtype = np_dtype(want.dtype).type
        if isinstance(have, Scalar):
            return self.prim(f"np.{dtype.__name__}", g)
        return self.prim("astype", g, Ref(dtype, f"np.{dtype.__name__}"))

    def handed(self, g: Arg, primal: Arg) -> Arg:
        """A tangent or cotangent as the caller gets it: a number of the kind that its primal is."""
        want, have = primal.type, g.type
        if isinstance(g, Pack | Ref) or not isinstance(want, Scalar) or want.dtype[0] not in "fc":
            return g
        if not isinstance(have, Scalar):
            return g
        if isinstance(g, Literal) and isinstance(g.value, float | complex):
            if not want.weak and want.dtype not in ("f64", "c128"):
                return Literal(np_dtype(want.dtype).type(g.value))
            return Literal(complex(g.value)) if want.dtype == "c128" else g
        if want.weak and have.dtype != want.dtype and have.dtype[0] in "fc":
            if want.dtype == "c128":
                return self.prim("complex", g, Literal(0.0)) if have.dtype[0] == "f" else self.prim("np.complex128", g)
            return self.prim("float", g)
        return g


LATELY = 8  # operations back that a rule may have written before its last product


def is_float(t: Type) -> bool:
    return isinstance(t, Scalar | Array) and t.dtype[0] in "fc"


def zero_literal(t: Type) -> Literal:
    return Literal(0j) if isinstance(t, Scalar) and t.dtype[0] == "c" else Literal(0.0)


def literal_tuple(items: tuple[int, ...]) -> Pack:
    return Pack("tuple", tuple(map(Literal, items)))


def results_by(form: Form, given: Arg, wrt: tuple[str, ...], rule: Rule) -> dict[str, Arg]:
    """What a body returned, by the parameter that it belongs to; a wrong number of them is refused by name."""
    if len(wrt) == 1:
        if isinstance(given, Pack) and given.kind == "tuple" and len(given.items) == 1:
            return {wrt[0]: given.items[0]}
        return {wrt[0]: given}
    if not isinstance(given, Pack) or len(given.items) != len(wrt):
        count = len(given.items) if isinstance(given, Pack) else 1
        raise RuleError(
            f"the {form} rule of {rule.prim.name} gives {count} results for {len(wrt)} operands ({', '.join(wrt)})",
            instead="return a tuple with one entry per operand, None for a zero derivative", location=rule.location,
        )
    return dict(zip(wrt, given.items, strict=True))


def each_partial(op: Call, rule: Rule, given: Arg, named: Mapping[str, Arg]) -> Iterator[tuple[Atom, Atom]]:
    """Operands with the partials that a body returned for them; of a parameter of several operands, each of them."""
    for name, partial in results_by("partials", given, rule.wrt, rule).items():
        operand = named[name]
        if isinstance(operand, Pack):
            parts = partial.items if isinstance(partial, Pack) else (partial,)
            if len(parts) != len(operand.items):
                raise RuleError(
                    f"the partials rule of {rule.prim.name} gives {len(parts)} results for the {len(operand.items)} "
                    f"operands in {name}",
                    instead="return a tuple with one entry per operand, None for a zero derivative",
                    location=rule.location,
                )
            pairs = zip(operand.items, parts, strict=True)
        else:
            pairs = zip((operand,), (partial,), strict=True)
        for one, its_partial in pairs:
            assert not isinstance(one, Pack) and not isinstance(its_partial, Pack)
            yield one, its_partial


@contextlib.contextmanager
def placed(rule: Rule, call: Call) -> Iterator[None]:
    """Errors about a rule, or in its body, say where it is written and which call asked for it.

    What a rule of a library refuses is refused of the call.
    """
    try:
        yield
    except Error as error:
        refused = isinstance(error, RuleError | UnsupportedError) and not isinstance(call.prim, Ruled)
        if refused and of_unknown_rank(call):
            raise UnsupportedError(
                f"a derivative of {call.prim.spelling.text} of an array of which it is not known how many axes it has",
                why="its rule is another one for each number of axes", instead="give it a shape: np.reshape(a, (n, m))",
                location=call.loc,
            ) from error  # fmt: skip
        ours = rule.location is not None and rule.location.file.startswith(LIBRARIES)
        error.at(call.loc if ours and isinstance(error, UnsupportedError) and call.loc is not None else rule.location)
        if call.loc is not None and not error.calls and error.location != call.loc:
            error.calls = (call.loc,)
        raise


def of_unknown_rank(call: Call) -> bool:
    """Whether an operand is an array of which the type does not say how many axes it has."""
    return any(isinstance(v.type, Array) and v.type.axes is None for v in values_of(*call.args))


def wanted(rule: Rule, named: Mapping[str, Arg], live: Callable[[Value], bool]) -> Pack:
    """For rules that ask (``wanted``): which of the operands in ``wrt``, or of their parts, carry derivatives."""

    def asked(arg: Arg) -> Arg:
        if isinstance(arg, Pack):
            return Pack("tuple", tuple(map(asked, arg.items)))
        return Literal(isinstance(arg, Value) and live(arg))

    names = rule.wrt if "wanted" in rule.residuals else ()
    return Pack("tuple", tuple(asked(named.get(name, Literal(None))) for name in names))


def is_none(arg: Arg) -> bool:
    return isinstance(arg, Literal) and arg.value is None


def arguments_of(call: Call) -> dict[str, Arg]:
    """Arguments by name, with ``ans``: the result, or a tuple of several."""
    bound = bind(call)
    bound["ans"] = call.results[0] if len(call.results) == 1 else Pack("tuple", call.results)
    return bound


def rebuilt(call: Call, replace: Mapping[str, Arg]) -> tuple[tuple[Arg, ...], dict[str, Arg]]:
    """Positional and keyword arguments of the same call with some parameters replaced."""
    return substituted(call, lambda name, old: replace.get(name, old))


def substituted(call: Call, swap: Callable[[str, Arg], Arg]) -> tuple[tuple[Arg, ...], dict[str, Arg]]:
    names = list(call.prim.signature.parameters)
    variadic = next((n for n, p in call.prim.signature.parameters.items() if p.kind is p.VAR_POSITIONAL), None)
    args: list[Arg] = []
    if variadic is not None:
        fixed = names.index(variadic)
        args = [swap(n, a) for n, a in zip(names[:fixed], call.args[:fixed], strict=True)]
        rest = swap(variadic, Pack("tuple", call.args[fixed:]))
        assert isinstance(rest, Pack)
        args.extend(rest.items)
    else:
        args = [swap(n, a) for n, a in zip(names, call.args, strict=False)]
    return tuple(args), {k: swap(k, v) for k, v in call.kwargs}


def filler(builder: Builder, t: Type, number: float = 0.0) -> Atom:
    """Anything of a type, where something has to be that nobody reads."""
    match t:
        case Scalar(dtype="bool"):
            return Literal(False)
        case Scalar():
            return Literal(0) if t.dtype[0] in "iu" else Literal(number)
        case Array(dtype=dtype, axes=axes):
            shape = (1,) * len(axes or ())  # which broadcasts against any other
            cls = bool if dtype == "bool" else np_dtype(dtype).type
            named = Ref(cls, "bool" if cls is bool else f"np.{cls.__name__}")
            options: dict[str, Any] = {} if dtype == "f64" else {"dtype": named}
            if number != 0.0 and dtype[0] in "fc":
                builder.call(REGISTRY.by_name["np.full"], shape, number, **options)
            else:
                builder.call(REGISTRY.by_name["np.zeros"], shape, **options)
            made = builder.ops.pop()
            assert isinstance(made, Call)
            out = Value(Array(dtype, None if axes is None else ("?",) * len(axes)))  # it stands for any length
            builder.emit(replace(made, results=(out,)))
            return out
        case List():
            return builder.call(structure.list_new)
        case _:
            return Literal(UNDEFINED)
