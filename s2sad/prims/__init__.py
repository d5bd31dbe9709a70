"""What operations are. Importing this package fills the registry."""

from s2sad.prims import (
    arrangement,
    broadcasting,
    creation,
    draws,
    editing,
    fft,
    forms,
    histograms,
    internals,
    lengths,
    linalg,
    mathematics,
    matrices,
    numbers,
    order_statistics,
    outside,
    padding,
    places,
    polynomials,
    products,
    python,
    reductions,
    series,
    shaping,
    statistics,
    structure,
    ufunc_methods,
    ufuncs,
)

__all__ = [
    "arrangement", "broadcasting", "creation", "draws", "editing", "fft", "forms", "histograms", "internals", "lengths",
    "linalg", "mathematics", "matrices", "numbers", "order_statistics", "outside", "padding", "places", "polynomials",
    "products", "python", "reductions", "series", "shaping", "statistics", "structure", "ufunc_methods", "ufuncs",
]  # fmt: skip
