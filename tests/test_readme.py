"""The README's programs run, and print what it says that they print."""

from __future__ import annotations

import contextlib
import io
import linecache
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


CUSTOM = README.parent / "docs" / "custom.md"


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of every fenced block: ``python`` is a program, ``py`` or ``text`` after it what it prints."""
    return FENCE.findall(page.read_text())


@pytest.mark.parametrize("page", [README, CUSTOM], ids=lambda p: p.stem)
def test_the_programs_print_what_is_shown(page: Path) -> None:
    scope: dict[str, object] = {"__name__": "readme"}
    printed = None
    compared = 0
    for number, (language, text) in enumerate(blocks(page)):
        if language == "python":
            file = f"<{page.stem} {number}>"
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, file, "exec"), scope)
            printed = out.getvalue()
        elif language in ("py", "text"):
            assert printed is not None and printed.strip() == text.strip()
            compared += 1
    assert compared >= 2


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text()))
def test_links_lead_somewhere(link: str) -> None:
    assert (README.parent / link).exists()
