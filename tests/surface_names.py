"""What becomes of every public name of NumPy's main namespace, ``math``, ``cmath`` and ``statistics``.

``kind_of`` tells from the registry and the rule book what is done with a function; the tables here hold what neither
knows: which names are no functions of numbers, which are refused (``docs/limits.md`` says why), and which go through
their own source, as the samples in ``tests/surface_numpy.py`` show.
"""

from __future__ import annotations

import types
from typing import Any, Literal

from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK
from s2sad.views.surface import NOT_NUMERIC

Kind = Literal["rule", "constant", "defined", "handled", "source", "refused", "not numeric"]

HANDLED = set("shape ndim size result_type isscalar iscomplexobj copyto".split())  # noqa: SIM905
"""Functions that the front end knows itself."""

REFUSED = {
    "numpy.frompyfunc": "its results are objects",
    "numpy.bitwise_count": "bits of integers", "numpy.packbits": "bits of integers",
    "numpy.unpackbits": "bits of integers",
    "numpy.nested_iters": "an iterator over memory",
    "numpy.bmat": "np.matrix is not modelled", "numpy.asmatrix": "np.matrix is not modelled",
    "numpy.may_share_memory": "where arrays lie in memory", "numpy.shares_memory": "where arrays lie in memory",
    "numpy.from_dlpack": "an array of another library", "numpy.frombuffer": "memory",
    "numpy.fromstring": "text", "numpy.fromregex": "text",
    "statistics.kde_random": "random numbers",
}  # fmt: skip

SOURCE = {
    "numpy": set("""
        apply_along_axis apply_over_axes array_equiv asarray_chkfinite astype bartlett blackman diag_indices
        diag_indices_from fromfunction fromiter hamming hanning histogram histogram_bin_edges
        in1d indices intersect1d iscomplex isin isreal isrealobj mask_indices poly polyadd polyder polyint polymul
        polysub real_if_close require setdiff1d setxor1d sort_complex tri union1d unique_all unique_counts
        unique_inverse unique_values unstack unwrap vander
    """.split()),  # noqa: SIM905
    "statistics": set("""
        covariance median_grouped median_high median_low quantiles
    """.split()),  # noqa: SIM905
}  # fmt: skip


def kind_of(module: str, name: str, found: Any) -> Kind | None:
    """What is done with a function; None for one that nobody has thought of."""
    if isinstance(found, type | types.ModuleType) or not callable(found):
        return "not numeric"
    prim = REGISTRY.lookup(found)
    if prim is not None:
        return "constant" if BOOK.is_constant(prim) else "rule" if prim in BOOK else None
    if REGISTRY.definition(found) is not None:
        return "defined"
    if f"{module}.{name}" in REFUSED:
        return "refused"
    if module == "numpy" and name in HANDLED:
        return "handled"
    if name in SOURCE.get(module, ()):
        return "source"
    return "not numeric" if module == "numpy" and name in NOT_NUMERIC else None


def names_of(module: types.ModuleType) -> list[str]:
    """The public names of a module, in order."""
    listed = getattr(module, "__all__", None)
    names = listed if listed is not None else [n for n in dir(module) if not n.startswith("_")]
    return sorted(name for name in names if hasattr(module, name))


def classified(module: types.ModuleType) -> dict[str, Kind | None]:
    """Every public name of a module with what becomes of it."""
    return {name: kind_of(module.__name__, name, getattr(module, name)) for name in names_of(module)}


__all__ = ["Kind", "classified", "kind_of", "names_of"]
