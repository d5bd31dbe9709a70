"""Source text as people like to see it: in colour in a terminal, as HTML in a notebook, plain everywhere else."""

from __future__ import annotations

import os
import re
import sys
from io import StringIO
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported where something is shown: importing s2sad stays light
    from rich.syntax import Syntax

THEME = "ansi_dark"


class Source(str):
    """Python source: a plain string that shows itself highlighted in IPython, in notebooks and where rich prints."""

    __slots__ = ()

    def show(self, stream: IO[str] | None = None) -> None:
        """Print it: highlighted in a terminal, as plain text anywhere else and where ``NO_COLOR`` is set."""
        stream = stream or sys.stdout
        stream.write((ansi(self) if wants_colour(stream) else self.rstrip("\n")) + "\n")

    def __rich__(self) -> Syntax:
        return _syntax(self)

    def _repr_html_(self) -> str:
        return html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(ansi(self) if wants_colour(sys.stdout) else self.rstrip("\n"))


def ansi(source: str) -> str:
    """The source with the escape sequences of a terminal.

    >>> "return" in ansi("def f(x):\\n    return x")
    True
    """
    from rich.console import Console

    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=1000, no_color=False)
    console.print(_syntax(source), end="", soft_wrap=True)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def html(source: str) -> str:
    """The source as a ``pre`` element with inline styles."""
    from rich.console import Console
    from rich.syntax import Syntax

    console = Console(record=True, file=StringIO(), width=1000)
    console.print(Syntax(source, "python", theme="default", background_color="default"), end="", soft_wrap=True)
    code = console.export_html(inline_styles=True, code_format="{code}")
    code = re.sub(r"; text-decoration-color: #\w+|; background-color: #ffffff", "", code)
    lines = "\n".join(line.rstrip() for line in code.splitlines())
    return f"<pre style='white-space:pre; overflow-x:auto'>{lines}</pre>"


def wants_colour(stream: IO[str]) -> bool:
    """Whether to write colours to a stream: a terminal, unless ``NO_COLOR`` is set (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and stream.isatty()


def _syntax(source: str) -> Syntax:
    from rich.syntax import Syntax

    return Syntax(source.rstrip("\n"), "python", theme=THEME, background_color="default")
