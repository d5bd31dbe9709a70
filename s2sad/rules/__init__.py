"""How primitives are differentiated. Importing this package fills the rule book."""

from s2sad.rules import (
    batching_structure,
    complex_numbers,
    creation,
    decompositions,
    elementwise,
    fft,
    linalg,
    products,
    reductions,
    shaping,
)

__all__ = [
    "batching_structure", "complex_numbers", "creation", "decompositions", "elementwise", "fft", "linalg", "products",
    "reductions", "shaping",
]  # fmt: skip
