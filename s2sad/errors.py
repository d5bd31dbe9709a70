"""Every exception that s2sad raises of its own accord, and the places in source that they point at.

A refusal says four things: *what* is refused, *where* (file, line, a caret under the exact expression, and the chain
of calls that led there), *why*, and *what to write instead*.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Sequence
from dataclasses import dataclass

ENDS = 10  # calls shown at either end of a long chain


@dataclass(frozen=True, slots=True)
class Location:
    """A span of source text. Lines count from 1, columns from 0, in characters, as ``ast`` counts after decoding."""

    file: str
    line: int
    column: int = 0
    end_line: int | None = None
    end_column: int | None = None
    function: str = ""

    @property
    def text(self) -> str:
        """The source line, stripped; empty where the file can no longer be read."""
        return linecache.getline(self.file, self.line).strip()

    @property
    def segment(self) -> str:
        """The text of the span itself; the rest of the line where it goes on below."""
        source = linecache.getline(self.file, self.line).rstrip("\n")
        return source[self.column : self.end_column if self.end_line in (None, self.line) else None].strip()

    def excerpt(self) -> str:
        """Two lines: the source line, and carets under the span."""
        source = linecache.getline(self.file, self.line).rstrip("\n")
        if not source.strip():
            return ""
        indent = len(source) - len(source.lstrip())
        start = max(self.column, indent)
        one_line = self.end_line in (None, self.line)
        end = self.end_column if one_line and self.end_column is not None else len(source)
        return f"    {source[indent:]}\n    {' ' * (start - indent)}{'^' * max(1, end - start)}"


class Error(Exception):
    """Base of all exceptions of s2sad.

    Parameters
    ----------
    what : one sentence: what is refused, in the user's words.
    why : the reason, where it is not plain from ``what``.
    instead : what to write instead.
    location : where; may be filled in by an outer frame that knows it (see ``at``).
    """

    def __init__(
        self, what: str, *, why: str = "", instead: str = "", location: Location | None = None,
        calls: Sequence[Location] = (),
    ) -> None:
        self.what, self.why, self.instead = what, why, instead
        self.location, self.calls = location, tuple(calls)
        super().__init__(what)

    def at(self, location: Location | None, calls: Sequence[Location] = ()) -> Error:
        """Fill in the place, unless a more exact one is there already; returns the error itself."""
        if self.location is None:
            self.location = location
            self.calls = tuple(calls)
        return self

    def __str__(self) -> str:
        lines = [self.what]
        chain: list[str] = []
        for call, group in itertools.groupby(self.calls, key=lambda c: (c.file, c.line, c.function or "<module>")):
            chain += [f'  called from "{call[0]}", line {call[1]}, in {call[2]}'] * min(3, again := len(list(group)))
            if again > 3:
                chain.append(f"  (and from there {again - 3} times more)")
        if (left_out := len(chain) - 2 * ENDS) > 1:
            chain[ENDS:-ENDS] = [f"  (and {left_out} calls more)"]
        lines += chain
        if self.location is not None:
            where = self.location
            lines.append(f'  File "{where.file}", line {where.line}, in {where.function or "<module>"}')
            if excerpt := where.excerpt():
                lines.append(excerpt)
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.instead:
            lines.append(f"  instead: {self.instead}")
        return "\n".join(lines)


class UnsupportedError(Error, NotImplementedError):
    """A construct, function or keyword that s2sad does not differentiate."""


class InputError(Error, TypeError):
    """An argument of the wrong kind: an int array where a derivative is asked, an unknown argument name …"""


class SourceError(Error, TypeError):
    """There is no Python source to read: a C function, code made by ``exec`` without a linecache entry …"""


class RuleError(Error, TypeError):
    """A derivative rule that is not well formed: not linear, a wrong number of results, an unknown parameter."""


class TraceError(Error, AssertionError):
    """A trace that breaks an invariant: a fault of s2sad itself, worth a report."""

    def __init__(self, what: str, *, location: Location | None = None) -> None:
        why, instead = "this is a fault of s2sad", "please report it with the function"
        super().__init__(what, why=why, instead=instead, location=location)
