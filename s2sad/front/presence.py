"""Values that may be None at run time: what is known of them on a path, and the check where they are used.

``if z is not None:`` says, in its branch, that ``z`` is a number, and so do ``z and …``, ``z is None or …`` and the
names that such a test was given. Where nothing says so the program may fail as Python does, and so the derivative asks
before it uses the value, once on every path.
"""

from __future__ import annotations

import string
from collections.abc import Callable

from s2sad.front.aliases import Aliases
from s2sad.front.values import NONE, Abstract, Known, Optional, Text
from s2sad.ir.core import Atom, Value

Fact = tuple[Value, bool]


class Presence(Aliases):
    """What is known of them."""

    implied: dict[Fact, tuple[Fact, ...]]

    def some(self, value: Abstract, use: str, cls: type = TypeError) -> Abstract:
        """A value that is used as what it is when it is not None; Python raises where it is."""
        if not isinstance(value, Optional):
            return value
        key = "some", value.present
        if key not in self.passed:
            self.require(value.present, cls, f"{use} None")
            self.state.write(self.passed, key, True)
        return value.value

    def with_none(self, template: str, args: tuple[Abstract, ...]) -> tuple[str, tuple[Abstract, ...]]:
        """A template and what is put into it, where some of that may be None."""
        fields = list(string.Formatter().parse(template))
        named = any(name for _, name, _, _ in fields)
        if named or not any(isinstance(a, Optional) for a in args):
            return template, args
        out: list[str] = []
        texts: list[Abstract] = []
        rest = iter(args)
        for before, name, spec, conversion in fields:
            out.append(before.replace("{", "{{").replace("}", "}}"))
            if name is None:
                continue
            arg = next(rest)
            how = f"!{conversion}" if conversion else ""
            if isinstance(arg, Optional) and not spec:
                arg, how = self.shown(arg, how), ""
            texts.append(arg)
            out.append(f"{{{how}{':' if spec else ''}{spec}}}")
        return "".join(out), tuple(texts)

    def shown(self, value: Abstract, how: str = "") -> Abstract:
        """Such a value where it is put into a string."""
        if not isinstance(value, Optional):
            return value
        inner = value.value

        def text() -> Abstract:
            made = self.to_arg(Text(f"{{{how}}}", (inner,)))
            assert isinstance(made, Value)
            return made

        return self.choose(value.present, text, lambda: Known("None"))

    def here_known(self, value: Abstract) -> Abstract:
        """The value itself, or None, where this path says so."""
        if not isinstance(value, Optional):
            return value
        if ("some", value.present) in self.passed:
            return value.value
        return NONE if ("none", value.present) in self.passed else value

    def choose(self, pred: Atom, then: Callable[[], Abstract], orelse: Callable[[], Abstract]) -> Abstract:
        raise NotImplementedError

    def implies(self, fact: Fact, *others: Fact) -> None:
        """Remember that one test says something of others."""
        self.implied[fact] = (*self.implied.get(fact, ()), *others)

    def learn(self, pred: Atom, holds: bool) -> None:
        """A path is run on which a test came out like this."""
        pending: list[tuple[Atom, bool]] = [(pred, holds)]
        seen: set[tuple[Atom, bool]] = set()  # tests may say the same of each other
        while pending:
            atom, truth = fact = pending.pop()
            if not isinstance(atom, Value) or fact in seen:
                continue
            seen.add(fact)
            self.state.write(self.passed, ("some" if truth else "none", atom), True)
            pending.extend(self.implied.get((atom, truth), ()))

    def where(self, pred: Atom, holds: bool, job: Callable[[], Abstract]) -> Callable[[], Abstract]:
        """What is computed on one side of a test."""

        def run() -> Abstract:
            self.learn(pred, holds)
            return job()

        return run


__all__ = ["Presence"]
