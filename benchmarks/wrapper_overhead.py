"""What a call costs beyond the generated code: ``python benchmarks/wrapper_overhead.py``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

import s2sad
from benchmarks.timing import interleaved, shown


def three(x: float, y: float, z: float) -> float:
    return x * y + z


def vector(x: np.ndarray, y: float) -> float:
    return x[0] * y


class Model:
    """A parameter on an object, read at every call."""

    rate = 1.5

    def value(self, x: float) -> float:
        return x * self.rate


def main() -> None:
    """Print the overhead of the wrapper for a few kinds of arguments."""
    cases: list[tuple[str, Any, tuple[Any, ...]]] = [
        ("three floats", three, (1.0, 2.0, 3.0)),
        ("an array and a float", vector, (np.ones(3), 2.0)),
        ("a bound method", Model().value, (1.0,)),
    ]
    for name, f, args in cases:
        gradient = s2sad.grad(f)
        gradient(*args)
        scope: dict[str, Any] = {}
        exec(gradient.source, scope)
        generated = scope[f"{f.__name__}_grad"]
        code = generated.__code__
        keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        captures = dict.fromkeys(keywords, Model.rate)
        t = interleaved({
            "wrapper": lambda g=gradient, a=args: g(*a),
            "generated": lambda g=generated, a=args, c=captures: g(*a, **c),
        })  # fmt: skip
        print(f"{name:22} call {shown(t['wrapper'])}, generated code {shown(t['generated'])}, "
              f"wrapper {shown(t['wrapper'] - t['generated'])}")


if __name__ == "__main__":
    main()
