"""Write the gradient of every whole program beside this file: ``python -m generated_examples.regenerate``.

Beside them, as ``rows_….py``, programs of one row as ``vmap`` writes them for many, and what other transforms make of
some programs (``tests/programs/transformed.py``).

The same bytes come out on every run; ``tests/test_generated_examples.py`` compares them with what is
committed. A change that makes one of them longer or less plain has to say why.
"""

from __future__ import annotations

from pathlib import Path

import s2sad
from tests.programs.rows import ROWS
from tests.programs.transformed import TRANSFORMED
from tests.programs.whole import WHOLE, Whole

FOLDER = Path(__file__).parent


def source(whole: Whole) -> str:
    """The generated module for one program, for the types of its small data."""
    gradient = s2sad.grad(whole.function, argnums=whole.argnums)
    return gradient.source_for(*whole.data(whole.small))


def path(whole: Whole) -> Path:
    """Where the module of a program is kept."""
    return FOLDER / f"{whole.name}.py"


def source_of_rows(name: str) -> str:
    """The generated module for all rows of one program."""
    function, in_axes, data = ROWS[name]
    return s2sad.vmap(function, in_axes).source_for(*data)


def main() -> None:
    """Rewrite every file that changed."""
    texts = {path(whole): source(whole) for whole in WHOLE}
    texts |= {FOLDER / f"{name}.py": source_of_rows(name) for name in ROWS}
    texts |= {FOLDER / f"{name}.py": made() for name, made in TRANSFORMED.items()}
    for file, text in texts.items():
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            print(f"wrote {file.name}")


if __name__ == "__main__":
    main()
