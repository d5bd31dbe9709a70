"""What a derivative has to agree with: differences, complex steps, dot products. Nothing here uses s2sad.

Functions are plain Python over nested arguments (tuples, lists, dicts, dataclasses, namedtuples of floats and arrays).
An oracle flattens the floats of the arguments that a derivative is asked for into one vector, and the floats of the
result into another. Differences are central and extrapolated (Ridders, Advances in Engineering Software 4, 1982): the
step is halved and the even powers of the error are eliminated, until rounding takes over; each component keeps the
estimate whose neighbours agree best. That gives ten digits or so, and a mistake in a rule is never that small.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

FLOATS = (float, np.floating)


def children(tree: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container, each with how it is reached; None for a leaf."""
    if isinstance(tree, dict):
        return [(f"[{k!r}]", v) for k, v in tree.items()]
    if isinstance(tree, tuple | list):
        return [(f"[{k}]", v) for k, v in enumerate(tree)]
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [(f".{f.name}", getattr(tree, f.name)) for f in dataclasses.fields(tree)]
    return None


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf, with its path."""
    parts = children(tree)
    if parts is None:
        yield path, tree
        return
    for key, part in parts:
        yield from leaves(part, path + key)


def is_float(leaf: Any) -> bool:
    return isinstance(leaf, FLOATS) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f")


def flat(tree: Any) -> np.ndarray:
    """All floats of a tree in one vector of doubles (complex stays complex)."""
    parts = [np.ravel(leaf) for _, leaf in leaves(tree) if is_float(leaf) or np.iscomplexobj(leaf)]
    return np.concatenate(parts) if parts else np.zeros(0)


def rebuild(tree: Any, vector: np.ndarray, dtype: Any = None) -> Any:
    """A copy of ``tree`` with its floats taken from ``vector``, in the order of ``flat``."""
    items = iter(vector)

    def build(node: Any) -> Any:
        if is_float(node):
            values = [next(items) for _ in range(np.size(node))]
            if isinstance(node, np.ndarray):
                return np.array(values, dtype=dtype or node.dtype).reshape(node.shape)
            return values[0] if dtype is complex else type(node)(values[0])
        if isinstance(node, dict):
            return {k: build(v) for k, v in node.items()}
        if isinstance(node, tuple) and hasattr(node, "_fields"):
            return type(node)(*map(build, node))
        if isinstance(node, tuple | list):
            return type(node)(map(build, node))
        if dataclasses.is_dataclass(node) and not isinstance(node, type):
            return dataclasses.replace(node, **{f.name: build(getattr(node, f.name)) for f in dataclasses.fields(node)})
        return copy.deepcopy(node)

    return build(tree)


def along(f: Callable[..., Any], args: tuple[Any, ...], direction: np.ndarray) -> Callable[[float], np.ndarray]:
    """t ↦ the floats of ``f`` at ``args + t * direction``."""
    origin = flat(args)
    return lambda t: flat(f(*rebuild(args, origin + t * direction)))


def ridders(g: Callable[[float], np.ndarray], step: float = 2e-2, rows: int = 7) -> np.ndarray:
    """g'(0) by extrapolated central differences, component by component."""
    previous: list[np.ndarray] = []
    best = error = None
    for k in range(rows):
        h = step / 2.0**k
        current = [(g(h) - g(-h)) / (2.0 * h)]
        for j in range(k):
            current.append(current[j] + (current[j] - previous[j]) / (4.0 ** (j + 1) - 1.0))
            here = np.maximum(abs(current[j + 1] - current[j]), abs(current[j + 1] - previous[j]))
            if best is None:
                best, error = current[j + 1].copy(), here
            else:
                better = here < error
                best[better], error[better] = current[j + 1][better], here[better]
        previous = current
    assert best is not None
    return best


def tangent(f: Callable[..., Any], args: tuple[Any, ...], direction: np.ndarray, step: float = 2e-2) -> np.ndarray:
    """The derivative of the floats of ``f`` at ``args`` along ``direction``."""
    return ridders(along(f, args, direction), step)


def gradient(f: Callable[..., Any], args: tuple[Any, ...], cotangent: np.ndarray, step: float = 2e-2) -> np.ndarray:
    """⟨cotangent, f⟩ differentiated with respect to every float of ``args``."""
    out = []
    for unit in np.eye(flat(args).size):
        g = along(f, args, unit)
        out.append(ridders(lambda t, g=g: np.atleast_1d(cotangent @ g(t)), step)[0])
    return np.array(out)


def complex_step(f: Callable[..., Any], args: tuple[Any, ...], direction: np.ndarray) -> np.ndarray:
    """The derivative along ``direction`` by a step into the complex plane: exact to rounding, for analytic programs."""
    return flat(f(*rebuild(args, flat(args) + 1e-30j * direction, complex))).imag / 1e-30


# --- comparing --------------------------------------------------------------------------------------------------------


def assert_same(got: np.ndarray, want: np.ndarray, rtol: float, atol: float, what: str) -> None:
    """NaN equals only NaN, an infinity only itself, the rest to the tolerance (relative to the largest entry)."""
    assert got.shape == want.shape, f"{what}: {got.shape} values for {want.shape}"
    assert np.array_equal(np.isnan(got), np.isnan(want)), f"{what}: NaN at other places\n got {got}\nwant {want}"
    finite = np.isfinite(want)
    scale = np.max(np.abs(want[finite]), initial=0.0)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=atol + rtol * scale, equal_nan=True, err_msg=what)


def assert_alike(got: Any, like: Any, what: str, path: str = "") -> None:
    """The same structure, shapes and dtypes: a cotangent for the thing that it is the cotangent of."""
    parts = children(like)
    if parts is not None:
        assert type(got) is type(like), f"{what}{path}: {type(got).__name__} for a {type(like).__name__}"
        mine = children(got)
        assert mine is not None
        assert [k for k, _ in mine] == [k for k, _ in parts], f"{what}{path}: other keys"
        for (key, a), (_, b) in zip(mine, parts, strict=True):
            assert_alike(a, b, what, path + key)
    elif isinstance(like, np.ndarray) and is_float(like):
        assert isinstance(got, np.ndarray), f"{what}{path}: {type(got).__name__} for an array"
        assert got.shape == like.shape, f"{what}{path}: shape {got.shape} for {like.shape}"
        assert got.dtype == like.dtype, f"{what}{path}: dtype {got.dtype} for {like.dtype}"
    elif is_float(like):
        assert isinstance(got, FLOATS), f"{what}{path}: {type(got).__name__} for a {type(like).__name__}"
        if isinstance(like, np.floating) and not isinstance(like, float):
            assert isinstance(got, type(like)), f"{what}{path}: {type(got).__name__} for a {type(like).__name__}"


def assert_result(got: Any, want: Any, what: str) -> None:
    """A primal result, as the derivative call gives it: the same structure, and the same numbers to rounding."""
    got_leaves, want_leaves = list(leaves(got)), list(leaves(want))
    assert [p for p, _ in got_leaves] == [p for p, _ in want_leaves], f"{what}: other structure"
    for (path, a), (_, b) in zip(got_leaves, want_leaves, strict=True):
        assert np.shape(a) == np.shape(b), f"{what}{path}: shape {np.shape(a)} for {np.shape(b)}"
        if isinstance(b, np.ndarray):
            assert np.asarray(a).dtype == b.dtype, f"{what}{path}: dtype {np.asarray(a).dtype} for {b.dtype}"
        if b is None or isinstance(b, str):
            assert a == b, f"{what}{path}: {a!r} for {b!r}"
        else:
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13, equal_nan=True, err_msg=what + path)


class Unchanged:
    """``with Unchanged(args):`` fails where a call changed its caller's data (values, dtype, or identity of a part)."""

    def __init__(self, tree: Any, what: str) -> None:
        self.tree, self.what = tree, what

    def __enter__(self) -> None:
        self.before = [(p, id(leaf), copy.deepcopy(leaf)) for p, leaf in leaves(self.tree)]

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            return
        after = list(leaves(self.tree))
        assert [p for p, _ in after] == [p for p, _, _ in self.before], f"{self.what}: a container was changed"
        for (path, leaf), (_, identity, old) in zip(after, self.before, strict=True):
            assert id(leaf) == identity, f"{self.what}: {path} was replaced"
            if isinstance(leaf, np.ndarray):
                assert leaf.dtype == old.dtype and np.array_equal(leaf, old, equal_nan=leaf.dtype.kind == "f"), (
                    f"{self.what}: the caller's {path or 'array'} was changed from {old} to {leaf}"
                )
