"""How primitives are differentiated, and how they batch. Importing this package fills the rule books."""

from s2sad.rules import (
    batching_custom,
    batching_items,
    batching_linalg,
    batching_numbers,
    batching_products,
    batching_reductions,
    batching_shaping,
    batching_structure,
    complex_numbers,
    creation,
    decompositions,
    elementwise,
    fft,
    linalg,
    polynomials,
    products,
    reductions,
    series,
    shaping,
)

__all__ = [
    "batching_custom", "batching_items", "batching_linalg", "batching_numbers", "batching_products",
    "batching_reductions", "batching_shaping", "batching_structure", "complex_numbers", "creation", "decompositions",
    "elementwise", "fft", "linalg", "polynomials", "products", "reductions", "series", "shaping",
]  # fmt: skip
