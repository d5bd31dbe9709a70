"""What operations are. Importing this package fills the registry."""

from s2sad.prims import (
    arrangement,
    broadcasting,
    creation,
    editing,
    fft,
    forms,
    internals,
    linalg,
    mathematics,
    matrices,
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
    "arrangement", "broadcasting", "creation", "editing", "fft", "forms", "internals", "linalg", "mathematics",
    "matrices", "outside", "products", "python", "reductions", "shaping", "statistics", "structure", "ufuncs",
]  # fmt: skip
