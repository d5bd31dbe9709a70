"""How primitives are differentiated. Importing this package fills the rule book."""

from s2sad.rules import (
    creation,
    elementwise,
    linalg,
    products,
    reductions,
    shaping,
)

__all__ = [
    "creation", "elementwise", "linalg", "products", "reductions", "shaping",
]  # fmt: skip
