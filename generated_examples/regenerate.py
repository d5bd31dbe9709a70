"""Write the gradient of every whole program beside this file: ``python -m generated_examples.regenerate``.

The same bytes come out on every run; ``tests/test_generated_examples.py`` compares them with what is
committed. A change that makes one of them longer or less plain has to say why.
"""

from __future__ import annotations

from pathlib import Path

import s2sad
from tests.programs.whole import WHOLE, Whole

FOLDER = Path(__file__).parent


def source(whole: Whole) -> str:
    """The generated module for one program, for the types of its small data."""
    gradient = s2sad.grad(whole.function, argnums=whole.argnums)
    return gradient.source_for(*whole.data(whole.small))


def path(whole: Whole) -> Path:
    """Where the module of a program is kept."""
    return FOLDER / f"{whole.name}.py"


def main() -> None:
    """Rewrite every file that changed."""
    for whole in WHOLE:
        text = source(whole)
        if not path(whole).exists() or path(whole).read_text() != text:
            path(whole).write_text(text)
            print(f"wrote {path(whole).name}")


if __name__ == "__main__":
    main()
