"""The rule book: how one primitive is differentiated, said once.

A rule is a plain Python function whose parameters are bound *by name*: the primitive's own parameter names (residuals),
``ans`` (the result; ``ans`` is a tuple where there are several), ``ans_bar`` (its cotangent; a tuple likewise, with
None for a result that has none), ``x_dot`` (the tangent of parameter ``x``). The front end reads the body and inlines
it, so a body may call anything that can be traced and has rules; it may branch on what is known when the trace is made
(``axis is None``, ``a.ndim``). What the body does not name is not kept alive.

=============  ===================================  ============================================================
form           the body gets                        the body gives
=============  ===================================  ============================================================
partials       residuals                            one partial derivative per differentiable operand (a tuple
                                                    when there are several, and for a parameter that is a
                                                    tuple); elementwise, broadcasting is done by the
                                                    transforms; None: derivative zero
linear         ``ans_bar``, shapes and options      the transpose: the cotangent of each operand in ``wrt``;
                                                    forward mode is the operation itself on tangents
bilinear       ``ans_bar``, residuals               the two transposes, in the order of ``wrt``
pushforward    residuals, ``ans``, tangents         the tangent of the result, linear in the tangents; reverse
                                                    mode is the transpose of the body
pullback       residuals, ``ans``, ``ans_bar``      the cotangent of each operand in ``wrt``, linear in
                                                    ``ans_bar``; forward mode is the transpose of the body
constant       nothing                              the derivative is zero everywhere it exists
=============  ===================================  ============================================================

Complex numbers: a cotangent pairs with a tangent as Re(ans_bar * ans_dot), without conjugation, so that a rule of an
analytic function is the same for real and for complex operands, and the cotangent of a real operand is the real part
(taken by the transforms). What is not analytic (``abs``, ``conjugate``) has a rule of its own with
``numbers="complex"``, or is linear over the real numbers.

``bilinear`` is multilinear where there are more operands, or several in one parameter (``einsum``).

A linear body need not reduce a broadcast operand itself unless it says so: for elementwise primitives the transforms
call ``unbroadcast`` where types do not rule it out.

``wrt`` names the differentiable parameters; left out, it is every parameter that has no default. A parameter that is a
list or tuple of arrays (``concatenate``) gets its cotangent, and its tangent, as a tuple of the same length. The body
of a pullback or pushforward may ask for ``wanted``: for each parameter in ``wrt`` whether it carries a derivative here
(a tuple of answers for a parameter that is a tuple), where what is computed for nobody could not be dropped later.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from s2sad.errors import Location, RuleError
from s2sad.ir.core import Arg, Call, values_of
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import is_complex
from s2sad.prims.primitive import REGISTRY, Registry

Form = Literal["partials", "linear", "bilinear", "pushforward", "pullback", "constant"]
Numbers = Literal["any", "complex"]
Mode = Literal["forward", "reverse"]
Guard = bool | Callable[[Mapping[str, Arg]], bool]
Body = TypeVar("Body", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule. ``residuals`` are the body's parameters: what of the primal it reads."""

    prim: Primitive
    form: Form
    wrt: tuple[str, ...]
    body: Callable[..., Any] | None = None
    numbers: Numbers = "any"
    unknown: tuple[str, ...] = ()  # parameters in which there is a derivative, and no rule for it: they are refused
    guarded: Guard = False  # its partials may be infinite where the operands are finite (sqrt at 0, log, /, exp)
    source: str = ""  # where the formula is from; else its docstring or the heading above it cites it, in parentheses

    def singular(self, arguments: Mapping[str, Arg]) -> bool:
        """Whether the partials, or the result, of a call with these arguments may be infinite for finite operands."""
        return self.guarded(arguments) if callable(self.guarded) else self.guarded

    @property
    def location(self) -> Location | None:
        """Where its body is written, as far as that can be told."""
        code = getattr(self.body, "__code__", None)
        return None if code is None else Location(code.co_filename, code.co_firstlineno, function=code.co_name)

    @cached_property
    def residuals(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.body).parameters) if self.body is not None else ()


@dataclass(frozen=True, eq=False)
class Ruled(Primitive):
    """An operation that brings its own rules: a call of a function of a user's, as it stands in one program."""

    rules: dict[Mode, Rule] = field(default_factory=dict)
    rows: Callable[..., Any] | None = None  # how a call is made for all rows of a batch: see ``rules/batching.py``
    extent: Callable[..., Any] | None = None  # how long the axes of its result are: see ``analysis/extents.py``


@dataclass(eq=False)
class RuleBook:
    """Rules by primitive. A primitive has one rule, or one for each mode (a pushforward and a pullback).

    ``watchers`` are called when a rule is entered: what was compiled before may have been made with another one.
    """

    registry: Registry
    watchers: list[Callable[[], None]] = field(default_factory=list)
    forward: dict[Primitive, Rule] = field(default_factory=dict)
    reverse: dict[Primitive, Rule] = field(default_factory=dict)
    complex_forward: dict[Primitive, Rule] = field(default_factory=dict)
    complex_reverse: dict[Primitive, Rule] = field(default_factory=dict)
    refused: dict[Primitive, tuple[str, str, str]] = field(default_factory=dict)
    """Operations that are to have no derivative: what is refused, why, and what to write instead."""
    """Rules for calls with a complex operand, of primitives that are not analytic there (``abs``)."""

    def add(self, rule: Rule) -> None:
        """Enter a rule; one for a single mode does not displace the other's, unless it is of the same form."""
        self.changed()
        forward, reverse = self.forward, self.reverse
        if rule.numbers == "complex":
            forward, reverse = self.complex_forward, self.complex_reverse
        if rule.form == "pushforward":
            forward[rule.prim] = rule
            others = reverse
        elif rule.form == "pullback":
            reverse[rule.prim] = rule
            others = forward
        else:
            forward[rule.prim] = reverse[rule.prim] = rule
            return
        if rule.prim not in others or others[rule.prim].form == rule.form:
            others[rule.prim] = rule

    def changed(self) -> None:
        """Tell the watchers that functions may be differentiated in another way than before."""
        for watcher in self.watchers:
            watcher()

    def find(self, call: Call, mode: Mode) -> Rule | None:
        """The rule for a call, or None: that for complex numbers where there is one and an operand is complex."""
        if isinstance(call.prim, Ruled):
            return call.prim.rules.get(mode)
        special, usual = self.complex_reverse, self.reverse
        if mode == "forward":
            special, usual = self.complex_forward, self.forward
        if call.prim in special and any(is_complex(v.type) for v in values_of(*call.args, *dict(call.kwargs).values())):
            return special[call.prim]
        return usual.get(call.prim)

    def __contains__(self, prim: object) -> bool:
        return bool(prim.rules) if isinstance(prim, Ruled) else prim in self.forward

    def is_constant(self, prim: Primitive) -> bool:
        rule = prim.rules.get("forward") if isinstance(prim, Ruled) else self.forward.get(prim)
        return rule is not None and rule.form == "constant"

    def resolve(self, target: Any) -> Primitive:
        """The primitive meant by a primitive, its name, or a callable that stands for it."""
        if isinstance(target, Primitive):
            return target
        prim = self.registry.by_name.get(target) if isinstance(target, str) else self.registry.lookup(target)
        if prim is None:
            raise RuleError(f"{target!r} is not a primitive", instead="declare it first with s2sad.primitive")
        return prim


BOOK = RuleBook(REGISTRY)


def _declare(
    form: Form, target: Any, wrt: str | tuple[str, ...] | None, book: RuleBook, guarded: Guard = False,
    numbers: Numbers = "any", unknown: str | tuple[str, ...] = (), source: str = "",
) -> Callable[[Body], Body]:
    prim = book.resolve(target)

    refused = (unknown,) if isinstance(unknown, str) else tuple(unknown)

    def enter(body: Body) -> Body:
        book.add(checked(Rule(prim, form, _wrt(prim, wrt), body, numbers, refused, guarded, source)))
        return body

    return enter


def _wrt(prim: Primitive, wrt: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if wrt is None:
        empty = inspect.Parameter.empty
        return tuple(n for n, p in prim.signature.parameters.items() if p.default is empty)
    return (wrt,) if isinstance(wrt, str) else tuple(wrt)


def checked(rule: Rule) -> Rule:
    """The rule itself; RuleError where it names a parameter that the primitive does not have."""
    known = set(rule.prim.signature.parameters)
    allowed = {
        "partials": known | {"ans"},
        "linear": known | {"ans_bar"},
        "bilinear": known | {"ans_bar"},
        "pushforward": known | {"ans", "wanted"} | {f"{n}_dot" for n in rule.wrt},
        "pullback": known | {"ans", "ans_bar", "wanted"},
        "constant": set(),
    }[rule.form]
    for name in (*rule.residuals, *rule.wrt, *rule.unknown):
        if name not in allowed and name not in known:
            raise RuleError(
                f"the {rule.form} rule of {rule.prim.name} names {name!r}, which it does not have",
                why="the parameters of a rule are bound by name",
                instead=f"use some of {', '.join(sorted(allowed))}",
                location=rule.location,
            )
    return rule


def partials(
    target: Any, wrt: str | tuple[str, ...] | None = None, *, guarded: Guard = False,
    unknown: str | tuple[str, ...] = (), source: str = "", book: RuleBook = BOOK,
) -> Callable[[Body], Body]:  # fmt: skip
    """Elementwise rule: one partial derivative per operand in ``wrt``; a derivative in those of ``unknown`` is refused.

    >>> partials(np.sin)(lambda x: np.cos(x))  # doctest: +SKIP
    """
    return _declare("partials", target, wrt, book, guarded, unknown=unknown, source=source)


def linear(
    target: Any, wrt: str | tuple[str, ...] | None = None, *, source: str = "", book: RuleBook = BOOK
) -> Callable[[Body], Body]:
    """The primitive is jointly linear in ``wrt``: the body is its transpose."""
    return _declare("linear", target, wrt, book, source=source)


def bilinear(
    target: Any, wrt: str | tuple[str, ...] | None = None, *, guarded: Guard = False, source: str = "",
    book: RuleBook = BOOK,
) -> Callable[[Body], Body]:
    """The primitive is linear in each of two operands: the body is the two transposes."""
    return _declare("bilinear", target, wrt, book, guarded, source=source)


def pushforward(
    target: Any, wrt: str | tuple[str, ...] | None = None, *, numbers: Numbers = "any", source: str = "",
    book: RuleBook = BOOK,
) -> Callable[[Body], Body]:
    """The tangent of the result from the tangents of the operands; of complex operands only, if ``numbers`` says so."""
    return _declare("pushforward", target, wrt, book, numbers=numbers, source=source)


def pullback(
    target: Any, wrt: str | tuple[str, ...] | None = None, *, numbers: Numbers = "any",
    unknown: str | tuple[str, ...] = (), source: str = "", book: RuleBook = BOOK,
) -> Callable[[Body], Body]:  # fmt: skip
    """The cotangents of the operands from that of the result; of complex operands only, if ``numbers`` says so."""
    return _declare("pullback", target, wrt, book, numbers=numbers, unknown=unknown, source=source)


def constant(*targets: Any, book: RuleBook = BOOK) -> None:
    """These primitives have derivative zero."""
    for target in targets:
        book.add(Rule(book.resolve(target), "constant", ()))
