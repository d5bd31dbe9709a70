"""Oracles for derivatives, shared by users and by the project's own tests.

A derivative is compared with what does not depend on it: forward mode with reverse mode by the dot-product test
⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩, which is exact up to rounding; either with extrapolated central differences (Ridders 1982); and,
where the function takes complex numbers analytically, with the complex step f(x + i h ẋ) (Squire & Trapp 1998), which
has no cancellation.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.api import grad, jvp, vjp
from s2sad.compiler.load import load
from s2sad.compiler.signature import as_floats
from s2sad.errors import InputError
from s2sad.rulecheck import PRECISIONS, Call, checked_at

F = Callable[..., Any]
Vector = np.ndarray[Any, np.dtype[Any]]


def check_grads(
    f: F, args: Sequence[Any], order: int = 2, modes: Sequence[str] = ("fwd", "rev"), *,
    rtol: float | None = None, atol: float | None = None, seed: int = 0,
) -> None:
    """Check the derivatives of a function at a point, to the given order.

    Parameters
    ----------
    f : callable
        Any result: numbers, arrays, nested containers.
    args : sequence
        The arguments, all differentiated: floats (an int is taken as one), complex numbers, arrays of these, nested
        containers. Complex ones pair as Re(z̄ ż), without conjugation.
        Choose a point away from kinks (``abs`` at 0, ties of ``max``), where differences tell nothing.
    order : int
        1 checks first derivatives, 2 also those of the gradient, and so on.
    modes : sequence of str
        Which of ``'fwd'`` and ``'rev'`` to check; given both, they are also compared with each other.
    rtol, atol : float
        Tolerances against differences; by default 1e-6 and 1e-8 (1e-3 and 1e-4 where an argument is float32 or
        complex64). Forward against reverse is compared to rounding.
    seed : int
        Of the random directions.

    Raises
    ------
    AssertionError
        A derivative is wrong; the message says which one, at which order, and both numbers. Also where differences are
        nan or infinite, so that there is nothing to compare with.

    Examples
    --------
    >>> import numpy as np
    >>> check_grads(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), order=2)
    """
    unknown = [m for m in modes if m not in ("fwd", "rev")]
    if unknown or not modes or order < 1:
        raise ValueError(f"modes are 'fwd' and 'rev', order is at least 1; got modes={modes!r}, order={order!r}")
    args = as_floats(tuple(args))
    single = any(getattr(leaf, "dtype", None) in (np.float32, np.complex64) for leaf in pytrees.leaves(tuple(args)))
    usual = (1e-3, 1e-4) if single else (1e-6, 1e-8)
    limits = (usual[0] if rtol is None else rtol, usual[1] if atol is None else atol)
    rng = np.random.default_rng(seed)
    name = getattr(f, "__name__", type(f).__name__)
    for level in range(1, order + 1):
        what = f"{name}, order {level}"
        _check_first(f, tuple(args), tuple(modes), limits, rng, what, single)
        if level < order:
            out = f(*copy.deepcopy(tuple(args)))
            f = grad(f if _is_number(out) else _weighted(f, out, rng), argnums=tuple(range(len(args))))


def check_rule(
    target: Any, *args: Any, wrt: Sequence[str | int] | str | int | None = None, to_order: int = 2,
    dtypes: Sequence[str] = ("float64", "float32"), rtol: float | None = None, atol: float | None = None, seed: int = 0,
    **kwargs: Any,
) -> None:  # fmt: skip
    """Check how a primitive, or any function, is differentiated at sample arguments.

    Forward and reverse mode are compared with each other and with differences, to second order; so are the shapes and
    dtypes of what they give, in double and in single precision. No argument may have been changed.

    Parameters
    ----------
    target : callable, str or Primitive
        A function (``np.sqrt``, one of your own), or a primitive or the name of one.
    *args, **kwargs
        The arguments of a call, inside the domain and off the kinks. An int, bool, string, None is kept fixed.
    wrt : str, int, or sequence of them
        Which arguments to differentiate, by name or position; by default those that the rule of the primitive
        differentiates, or all that are floats.
    to_order : int
        2 checks the gradient of the gradient too. Single precision is checked to first order.
    dtypes : sequence of str
        The precisions to check in. ``'complex128'`` and ``'complex64'`` give every float that is differentiated an
        imaginary part, for functions that are differentiated over complex numbers.
    rtol, atol, seed
        As in ``check_grads``.

    Raises
    ------
    AssertionError
        A derivative is wrong, has another shape or dtype than it should, or an argument was changed.
    UnsupportedError
        There is no rule for what is asked.

    Examples
    --------
    >>> import numpy as np
    >>> check_rule(np.arctan2, np.array([0.3, -1.2]), 0.7)
    >>> check_rule(np.linalg.det, np.array([[2.0, 1.0], [0.5, 3.0]]), dtypes=("float64", "complex128"))
    """
    unknown = [d for d in dtypes if d not in PRECISIONS]
    if unknown or not dtypes:
        raise InputError(f"check_rule has no dtypes {unknown}", instead=f"use some of {', '.join(PRECISIONS)}")
    call = Call(target, args, kwargs, wrt)
    if not call.values:
        raise InputError(
            f"check_rule({call.name}) has nothing to differentiate", instead="give it floats or arrays of floats"
        )

    def check(f: F, values: Sequence[Any], order: int) -> None:
        check_grads(f, values, order=order, rtol=rtol, atol=atol, seed=seed)

    for dtype in dtypes:
        checked_at(call, dtype, to_order, check)


def _check_first(
    f: F, args: tuple[Any, ...], modes: tuple[str, ...], limits: tuple[float, float], rng: np.random.Generator,
    what: str, single: bool,
) -> None:  # fmt: skip
    out = f(*copy.deepcopy(args))
    direction = _random_like(args, rng)
    weights = _random_like(out, rng)
    oracle = float(_flat(weights, dual=True) @ differences(f, args, direction))
    sharp = complex_step(f, args, direction)
    if sharp is not None:
        exact = float(_flat(weights, dual=True) @ sharp) if sharp.shape == np.shape(_flat(weights)) else np.nan
        if _close(exact, oracle, *limits):  # else the function is not analytic, and the step means nothing
            oracle = exact
    if not np.isfinite(oracle):
        raise AssertionError(
            f"{what}: there is nothing to compare a derivative with, differences are {oracle} here; choose arguments"
            " inside the domain, and off its boundary"
        )
    found: dict[str, float] = {}
    if "fwd" in modes:
        value, dot = jvp(f, args, direction)
        _same_value(value, out, f"jvp of {what}", single)
        found["fwd"] = float(_flat(weights, dual=True) @ _flat(_like(_where_float(dot, out), out)))
        _compare(found["fwd"], oracle, limits, f"forward mode is wrong for {what}: ⟨ȳ, J ẋ⟩", "differences")
    if "rev" in modes:
        value, pull = vjp(f, *args)
        _same_value(value, out, f"vjp of {what}", single)
        found["rev"] = float(_flat(_like(pull(weights), args), dual=True) @ _flat(direction))
        _compare(found["rev"], oracle, limits, f"reverse mode is wrong for {what}: ⟨Jᵀ ȳ, ẋ⟩", "differences")
    if len(found) == 2:
        rounding = (1e-4, 1e-5) if single else (1e-9, 1e-11)
        _compare(found["fwd"], found["rev"], rounding, f"the modes disagree for {what}: forward", "reverse")


def differences(f: F, args: tuple[Any, ...], direction: Any, step: float = 2e-2, rows: int = 8) -> Vector:
    """d/dt of the floats of ``f(args + t * direction)`` at 0, by extrapolated central differences in double precision.

    References
    ----------
    C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982).
    """
    origin = pytrees.tree_map(_double, args)

    def at(t: float) -> Vector:
        moved = pytrees.tree_map(lambda x, d: x + t * d if _is_float(x) else copy.deepcopy(x), origin, direction)
        return _flat(f(*moved))

    best: Vector | None = None
    error: Vector | None = None
    previous: list[Vector] = []
    for k in range(rows):
        h = step / 2.0**k
        current = [(at(h) - at(-h)) / (2.0 * h)]
        for j in range(k):
            current.append(current[j] + (current[j] - previous[j]) / (4.0 ** (j + 1) - 1.0))
            here = np.maximum(abs(current[j + 1] - current[j]), abs(current[j + 1] - previous[j]))
            if best is None or error is None:
                best, error = current[j + 1].copy(), here
            else:
                better = here < error
                best, error = np.where(better, current[j + 1], best), np.where(better, here, error)
        previous = current
    assert best is not None
    return best


def complex_step(f: F, args: tuple[Any, ...], direction: Any, step: float = 1e-30) -> Vector | None:
    """The same derivative as Im f(args + i step direction) / step; None where the function does not take that.

    References
    ----------
    W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40 (1998).
    """
    if any(map(_is_complex, pytrees.leaves(args))):
        return None
    moved = pytrees.tree_map(
        lambda x, d: _double(x) + 1j * step * d if _is_float(x) else copy.deepcopy(x), args, direction
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a discarded imaginary part
        try:
            out = f(*moved)
        except Exception:  # whatever a function that expects real numbers raises
            return None
    parts = [np.ravel(np.imag(leaf)) / step for leaf in pytrees.leaves(out) if np.asarray(leaf).dtype.kind in "fc"]
    return np.concatenate(parts) if parts else np.zeros(0)


def _weighted(f: F, out: Any, rng: np.random.Generator) -> F:
    """``⟨w, f(*args)⟩`` for random constant ``w``, as a function with source, leaf by leaf."""
    names: dict[str, Any] = {"f": f}
    terms = []
    for k, (path, leaf) in enumerate(pytrees.paths(out)):
        if _is_float(leaf):
            names[f"w{k}"] = _random_like(leaf, rng)
            product = f"out{path} * w{k}"
            terms.append(f"np.sum({f'np.real({product})' if _is_complex(leaf) else product})")
    text = f"import numpy as np\n\n\ndef weighted(*args):\n    out = f(*args)\n    return {' + '.join(terms) or 0.0}\n"
    return load(text, "weighted", names)


def _is_float(value: Any) -> bool:
    """Whether a leaf can be differentiated: a float or complex number, or an array of such."""
    inexact = isinstance(value, float | complex | np.inexact)
    return inexact or (isinstance(value, np.ndarray) and value.dtype.kind in "fc")


def _is_complex(value: Any) -> bool:
    return _is_float(value) and np.asarray(value).dtype.kind == "c"


def _is_number(value: Any) -> bool:
    return _is_float(value) and not _is_complex(value) and np.size(value) == 1


def _double(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)
    if isinstance(value, np.complexfloating):
        return np.complex128(value)
    return np.float64(value) if isinstance(value, np.floating) else value


def _random_like(tree: Any, rng: np.random.Generator) -> Any:
    def draw(leaf: Any) -> Any:
        if not _is_float(leaf):
            return None
        drawn = rng.uniform(-1.0, 1.0, np.shape(leaf))
        if _is_complex(leaf):
            drawn = drawn + 1j * rng.uniform(-1.0, 1.0, np.shape(leaf))
        return np.asarray(drawn, leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(drawn)

    return pytrees.tree_map(draw, tree)


def _like(tree: Any, like: Any) -> Any:
    """A real tangent or cotangent of something complex as complex numbers."""
    return pytrees.tree_map(lambda t, x: t * (1.0 + 0.0j) if _is_complex(x) and _is_float(t) else t, tree, like)


def _where_float(tree: Any, like: Any) -> Any:
    return pytrees.tree_map(lambda t, x: t if _is_float(x) else None, tree, like)


def _flat(tree: Any, dual: bool = False) -> Vector:
    """The floats of a tree as one vector; of cotangents (``dual``) such that the inner product is Re(z̄ ż)."""
    parts: list[Vector] = []
    for leaf in filter(_is_float, pytrees.leaves(tree)):
        parts.append(np.ravel(np.real(leaf)))
        if _is_complex(leaf):
            parts.append(np.ravel(-np.imag(leaf) if dual else np.imag(leaf)))
    return np.concatenate(parts) if parts else np.zeros(0)


def _close(a: float, b: float, rtol: float, atol: float) -> bool:
    return bool(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True))


def _compare(got: float, want: float, limits: tuple[float, float], what: str, other: str) -> None:
    rtol, atol = limits
    if not _close(got, want, rtol, atol):
        raise AssertionError(f"{what} = {got!r}, {other} = {want!r} (rtol={rtol:g}, atol={atol:g})")


def _same_value(got: Any, want: Any, what: str, single: bool) -> None:
    a, b = _flat(got), _flat(want)
    limits = {"rtol": 1e-4, "atol": 1e-5} if single else {"rtol": 1e-10, "atol": 1e-12}
    if a.shape != b.shape or not np.allclose(a, b, equal_nan=True, **limits):
        raise AssertionError(f"{what} gives the value {got!r}, the function itself {want!r}")
