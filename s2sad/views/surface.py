"""Public names of libraries that have no row of their own in docs/primitives.md, and what becomes of each."""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Collection
from typing import Any

from s2sad.front.builtin import SPECIAL
from s2sad.front.derivatives import TRANSFORMS
from s2sad.prims.primitive import REGISTRY
from s2sad.views.names import of_object

MODULES = (
    "numpy", "numpy.linalg", "numpy.fft", "math", "cmath", "statistics", "scipy.special", "scipy.linalg", "scipy.stats",
    "scipy.signal", "scipy.ndimage", "scipy.interpolate", "scipy.integrate", "scipy.optimize", "scipy.sparse",
    "scipy.sparse.linalg", "scipy.fft",
)  # fmt: skip

NOT_NUMERIC = frozenset("""
    array2string array_repr array_str base_repr binary_repr busday_count busday_offset can_cast common_type
    datetime_as_string datetime_data einsum_path format_float_positional format_float_scientific fromfile genfromtxt
    get_include get_printoptions getbufsize geterr geterrcall info is_busday isdtype isfortran isnat issubdtype iterable
    load loadtxt min_scalar_type mintypecode printoptions promote_types save savetxt savez savez_compressed
    set_printoptions setbufsize seterr seterrcall show_config show_runtime test typename errstate
    find_best_blas_type get_blas_funcs get_lapack_funcs set_backend skip_backend set_global_backend register_backend
    get_workers set_workers load_npz save_npz show_options use_solver linprog_verbose_callback
""".split())  # noqa: SIM905
"""Reading and writing, types, settings, dates: nothing with a derivative."""

LATER = {
    "math": "fma sumprod", "statistics": "kde kde_random", "scipy.stats": "estimated_cdf",
    "scipy.signal": "whittaker_henderson", "scipy.sparse": "matrix_transpose",
}  # fmt: skip
"""Functions of Python 3.12 and 3.13, of SciPy 1.18: with these they have rows, or go through their source."""

HANDLED = frozenset({"fromiter"})
REFUSED = frozenset({"asmatrix", "bmat", "fromregex"})

SAME, KNOWN, SOURCE, PLAIN, NOT_DONE, DISTRIBUTION, NEWER = (
    "by another name", "known to the front end", "through their source, as far as it can be read",
    "no numbers: types, settings, reading and writing", "refused by name",
    "distributions: each of their methods by its own rule, or through its source",
    "in later versions, by a rule or through their source",
)  # fmt: skip


def becomes(found: Any, name: str) -> str:
    """What becomes of a function that has no row."""
    if name in NOT_NUMERIC:
        return PLAIN
    if _listed(found) is not None:
        return SAME
    if name in HANDLED or _hashable(found) and found in SPECIAL:
        return KNOWN
    if _hashable(found) and hasattr(TRANSFORMS.get(found), "refuses"):
        return NOT_DONE
    if hasattr(found, "rvs"):
        return DISTRIBUTION
    return SOURCE if inspect.isfunction(_python(found)) and name not in REFUSED else NOT_DONE


def _hashable(found: Any) -> bool:
    return type(found).__hash__ is not None


def _python(found: Any) -> Any:
    return inspect.unwrap(found) if callable(found) else found


def _listed(found: Any) -> str | None:
    """The name under which a function has a row."""
    prim = REGISTRY.lookup(found)
    if prim is not None:
        return prim.name
    return of_object(found) if REGISTRY.definition(found) is not None else None


def unlisted(module: types.ModuleType, rows: Collection[str]) -> dict[str, list[str]]:
    """The functions of a module without a row, by what becomes of them."""
    out: dict[str, list[str]] = {}
    prefix = module.__name__.replace("numpy", "np", 1)
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    for name in sorted(set(names)):
        found = getattr(module, name, None)
        if f"{prefix}.{name}" in rows or not callable(found) or isinstance(found, type | types.ModuleType):
            continue
        way = becomes(found, name)
        other = f" = `{_listed(found)}`" if way == SAME else ""
        out.setdefault(way, []).append(f"`{name}`{other}")
    return out


def section(rows: Collection[str]) -> str:
    """The names of all modules, as a section of the page."""
    lines = [
        "## Names without a row", "",
        "Every other public function of these modules and what becomes of it; [limits.md](limits.md) has the reasons.",
        "",
    ]  # fmt: skip
    lines += ["| module | | functions |", "|---|---|---|"]
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        found = unlisted(module, rows)
        later = [f"`{n}`" for n in LATER.get(name, "").split() if not hasattr(module, n)]
        found |= {NEWER: later} if later else {}
        lines += [f"| {name} | {way} | {' '.join(found[way])} |" for way in sorted(found)]
    return "\n".join([*lines, ""])
