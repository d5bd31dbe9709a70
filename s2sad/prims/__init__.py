"""What operations are. Importing this package fills the registry."""

from s2sad.prims import (
    arrangement,
    broadcasting,
    creation,
    draws,
    editing,
    fft,
    forms,
    internals,
    linalg,
    mathematics,
    matrices,
    numbers,
    outside,
    products,
    python,
    reductions,
    shaping,
    statistics,
    structure,
    ufuncs,
)

__all__ = [
    "arrangement", "broadcasting", "creation", "draws", "editing", "fft", "forms", "internals", "linalg",
    "mathematics", "matrices", "numbers", "outside", "products", "python", "reductions", "shaping",
    "statistics", "structure", "ufuncs",
]  # fmt: skip
