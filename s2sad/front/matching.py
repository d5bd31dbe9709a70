"""``match``: each case is the test of an ``if``, the next case its ``else``.

A pattern is asked whether it matches; what it binds is bound when it does. What is known of the subject (its class, its
length, its keys, a string) decides at once; numbers are compared at run time.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from s2sad.errors import TraceError
from s2sad.front.conversions import number_like
from s2sad.front.expressions import EVALUATE
from s2sad.front.machine import NUMBER
from s2sad.front.stacks import Stacks
from s2sad.front.values import (
    FALSE,
    TRUE,
    Abstract,
    DictOf,
    Known,
    ListOf,
    Optional,
    RangeOf,
    SliceOf,
    TupleOf,
    View,
    is_none,
)
from s2sad.ir.core import Atom, Value

ITSELF = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern is matched against the whole subject."""

Bindings = dict[str, Abstract]


class CaseTest(ast.expr):
    """Whether a case applies: the test of the ``if`` that stands for it."""

    _fields = ()

    def __init__(self, case: ast.match_case, subject: Abstract) -> None:
        super().__init__()
        self.case, self.subject = case, subject
        ast.copy_location(self, case.pattern)


class Matching(Stacks):
    """Running ``match``."""

    def run_match(self, node: ast.Match, body: Sequence[ast.stmt], k: int) -> bool:
        """Run a ``match``; True when the rest of the block was run with it."""
        subject = self.evaluate(node.subject)
        live = self.frame.code.after(node)
        orelse: list[ast.stmt] = []
        for case in reversed(node.cases):
            chosen = ast.copy_location(ast.If(CaseTest(case, subject), case.body, orelse), case.pattern)
            self.frame.code.live[chosen] = live
            orelse = [chosen]
        first = orelse[0]
        assert isinstance(first, ast.If)
        return self.run_if(first, body, k)

    def eval_case(self, node: CaseTest) -> Abstract:
        bindings: Bindings = {}
        self.node = node.case.pattern
        truth = self.matches(node.case.pattern, node.subject, bindings)
        if truth is False:
            return FALSE
        guard = node.case.guard

        def bound() -> Abstract:
            for name, value in bindings.items():
                self.bind_name(name, value)
            return TRUE if guard is None else self.boolean(self.evaluate_test(guard))

        if truth is True or guard is None:
            found = bound()
            return found if truth is True else self.lift(truth)
        return self.choose(truth, bound, lambda: FALSE)

    # -- patterns --------------------------------------------------------------------------------------------------

    def matches(self, pattern: ast.pattern, value: Abstract, bindings: Bindings) -> bool | Atom:
        """Whether a value matches; what the pattern binds is entered."""
        self.node = pattern
        match pattern:
            case ast.MatchValue(value=expression):
                return self.equals(value, self.evaluate(expression))
            case ast.MatchSingleton(value=constant):
                return self.is_constant(value, constant)
            case ast.MatchAs(pattern=inner, name=name):
                truth = True if inner is None else self.matches(inner, value, bindings)
                if name is not None:
                    bindings[name] = value
                return truth
            case ast.MatchOr(patterns=patterns):
                return self.matches_any(patterns, value, bindings)
            case ast.MatchSequence(patterns=patterns):
                return self.matches_sequence(patterns, value, bindings)
            case ast.MatchMapping():
                return self.matches_mapping(pattern, value, bindings)
            case ast.MatchClass():
                return self.matches_class(pattern, value, bindings)
        raise TraceError(f"the pattern {type(pattern).__name__} is not traced", location=self.here())

    def all_of(self, a: bool | Atom, b: bool | Atom) -> bool | Atom:
        if a is False or b is False:
            return False
        if isinstance(a, bool):
            return b
        if isinstance(b, bool):
            return a
        out = self.choose(a, lambda: self.lift(b), lambda: FALSE)
        return out if isinstance(out, Value) else bool(out.value) if isinstance(out, Known) else a

    def equals(self, value: Abstract, other: Abstract) -> bool | Atom:
        if isinstance(value, Optional):
            self.refuse("a pattern for a value that may be None", instead="test it with `is None` before")
        if number_like(value) != number_like(other):
            return False
        if isinstance(value, View):
            self.refuse("a number as the pattern for an array", instead="compare its items with if")
        return self.truth(self.compare(ast.Eq(), value, other))

    def is_constant(self, value: Abstract, constant: Any) -> bool | Atom:
        if isinstance(value, Known):
            return value.value is constant
        if constant is None:
            return self.truth(self.compare(ast.Is(), value, Known(None))) if isinstance(value, Optional) else False
        if isinstance(value, Value) and str(value.type) == "bool":
            truth = self.truth(value)
            return self.truth(self.compare(ast.Eq(), value, Known(constant))) if isinstance(truth, Value) else truth is constant  # noqa: E501
        return False

    def matches_any(self, patterns: Sequence[ast.pattern], value: Abstract, bindings: Bindings) -> bool | Atom:
        out: bool | Atom = False
        for pattern in patterns:
            own: Bindings = {}
            truth = self.matches(pattern, value, own)
            if truth is False:
                continue
            if own and (truth is not True or out is not False):
                self.node = pattern
                self.refuse(
                    "a pattern with | that binds names, where a value decides which side matches",
                    instead="write a case for each side",
                )
            if truth is True:
                bindings.update(own)
                return True
            out = truth if isinstance(out, bool) else self.either(out, truth)
        return out

    def matches_sequence(self, patterns: Sequence[ast.pattern], value: Abstract, bindings: Bindings) -> bool | Atom:
        if isinstance(value, Optional):
            self.refuse("a pattern for a value that may be None", instead="test it with `is None` before")
        known = isinstance(value, Known) and isinstance(value.value, list | tuple | range)
        if not known and not isinstance(value, TupleOf | ListOf | RangeOf):
            return False  # arrays, strings and dicts are no sequences to a pattern
        if isinstance(value, ListOf) and isinstance(self.content(value), Value):
            self.refuse("a pattern for a list of unknown length", instead="test its length with if")
        items = self.known_items(value, "a pattern")
        stars = [k for k, p in enumerate(patterns) if isinstance(p, ast.MatchStar)]
        if len(items) != len(patterns) if not stars else len(items) < len(patterns) - 1:
            return False
        out: bool | Atom = True
        for k, pattern in enumerate(patterns):
            if isinstance(pattern, ast.MatchStar):
                if pattern.name is not None:
                    end = len(items) - (len(patterns) - k - 1)
                    bindings[pattern.name] = self.new_list(items[k:end])
                continue
            item = items[k if not stars or k < stars[0] else k - len(patterns)]
            out = self.all_of(out, self.matches(pattern, item, bindings))
            if out is False:
                return False
        return out

    def matches_mapping(self, pattern: ast.MatchMapping, value: Abstract, bindings: Bindings) -> bool | Atom:
        if isinstance(value, DictOf):
            content = dict(self.content(value))
        elif isinstance(value, Known) and isinstance(value.value, dict):
            keys = list(value.value)
            content = {k: self.subscript(value, Known(k)) for k in keys}
        else:
            return False
        out: bool | Atom = True
        for key_node, inner in zip(pattern.keys, pattern.patterns, strict=True):
            key = self.evaluate(key_node)
            if not isinstance(key, Known):
                self.refuse("a pattern with a key that is not known")
            if key.value not in content:
                return False
            out = self.all_of(out, self.matches(inner, content.pop(key.value), bindings))
            if out is False:
                return False
        if pattern.rest is not None:
            bindings[pattern.rest] = self.container("dict", tuple(content), list(content.values()), None)
        return out

    def matches_class(self, pattern: ast.MatchClass, value: Abstract, bindings: Bindings) -> bool | Atom:
        cls = self.evaluate(pattern.cls)
        self.node = pattern
        if not isinstance(cls, Known) or not isinstance(cls.value, type):
            self.refuse("a pattern with a class that is not known")
        if is_none(value):
            is_one = issubclass(type(None), cls.value)
        else:
            answer = self.call(Known(isinstance), (value, cls))
            assert isinstance(answer, Known)
            is_one = bool(answer.value)
        if not is_one:
            return False
        out: bool | Atom = True
        names: list[str] = []
        positional = list(pattern.patterns)
        if positional and cls.value in ITSELF:
            out = self.matches(positional.pop(0), value, bindings)
        elif positional:
            names = list(getattr(cls.value, "__match_args__", ()))
        if len(positional) > len(names):
            raise TypeError(f"{cls.value.__name__}() accepts {len(names)} positional sub-patterns ({len(positional)} given)")  # noqa: E501
        pairs = [*zip(names, positional, strict=False), *zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)]
        for name, inner in pairs:
            there = self.call(Known(hasattr), (value, Known(name)))
            if isinstance(there, Known) and not there.value:
                return False
            out = self.all_of(out, self.matches(inner, self.attribute(value, name), bindings))
            if out is False:
                return False
        return out


EVALUATE[CaseTest] = Matching.eval_case

__all__ = ["NUMBER", "Matching", "SliceOf"]
