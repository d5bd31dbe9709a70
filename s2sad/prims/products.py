"""Products of arrays: ``dot``, ``outer``, ``tensordot``, ``einsum`` and their kin (``@`` is in ``prims.python``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Axis, Scalar, Type, axes, broadcast_axes, of
from s2sad.prims.inference import normal_axes, number
from s2sad.prims.primitive import REGISTRY, option, primitive, unsupported
from s2sad.prims.python import matmul
from s2sad.prims.shaping import joined_dtype, product_axis
from s2sad.prims.structure import known_length

Axes = tuple[Axis, ...]
define = REGISTRY.define


def _product(shape: Callable[[Axes, Axes], Axes | None]) -> Callable[[Arg, Arg], Type]:
    """Inference of a product of two arrays whose axes ``shape`` gives; here Python's numbers count as arrays."""

    def infer(a: Arg, b: Arg) -> Type:
        types = (number(a), number(b))
        left, right = map(axes, types)
        dtype = joined_dtype(types)
        if left is None or right is None:
            return Array(dtype, None)
        return of(dtype, shape(left, right))

    return infer


def dot_axes(a: Axes, b: Axes) -> Axes | None:
    """Axes of ``np.dot(a, b)``.

    >>> dot_axes(('n', '1'), ('n',)), dot_axes(('n',), ('?', 'n', '1'))
    (('n',), ('?', '1'))
    """
    if not a or not b:
        return broadcast_axes(a, b)
    return a[:-1] if len(b) == 1 else (*a[:-1], *b[:-2], b[-1])


def _inner_axes(a: Axes, b: Axes) -> Axes | None:
    return (*a[:-1], *b[:-1]) if a and b else broadcast_axes(a, b)


dot = primitive("np.dot", np.dot, _product(dot_axes), method="dot")
inner = primitive("np.inner", np.inner, _product(_inner_axes))


def _outer(a: Arg, b: Arg) -> Type:
    types = (number(a), number(b))
    sizes = tuple("?" if (known := axes(t)) is None else product_axis(known) for t in types)
    return Array(joined_dtype(types), sizes)


def _vdot(a: Arg, b: Arg) -> Type:
    types = (number(a), number(b))
    return Scalar(joined_dtype(types))


outer = primitive("np.outer", np.outer, _outer)
vdot = primitive("np.vdot", np.vdot, _vdot)


@REGISTRY.compute
def contracted(axes: Any, rank_a: int, rank_b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of each operand that ``np.tensordot`` sums over, pairwise, counted from the front.

    >>> contracted(1, 3, 2), contracted((0, -1), 2, 3)
    (((2,), (0,)), ((0,), (2,)))
    """
    if isinstance(axes, int):
        return tuple(range(rank_a - axes, rank_a)), tuple(range(axes))
    left, right = axes
    return normal_axes(left, rank_a), normal_axes(right, rank_b)


def _tensordot(a: Arg, b: Arg, axes: Any = 2) -> Type:
    given = option("axes", axes)
    types = (number(a), number(b))
    left, right = (_axes(t) for t in types)
    dtype = joined_dtype(types)
    if left is None or right is None:
        return Array(dtype, None)
    gone_a, gone_b = contracted(given, len(left), len(right))
    if len(gone_a) != len(gone_b):
        raise InputError("tensordot sums over as many axes of one operand as of the other")
    kept = [n for k, n in enumerate(left) if k not in gone_a] + [n for k, n in enumerate(right) if k not in gone_b]
    return Array(dtype, tuple(kept))


def _axes(t: Type) -> Axes | None:
    return axes(t)


tensordot = primitive("np.tensordot", np.tensordot, _tensordot)


def subscripts_of(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The labels of each operand of an einsum and of its result, the dots and the implicit result written out.

    >>> subscripts_of('ij,jk', (2, 2)), subscripts_of('...i,i->...', (3, 1))
    ((['ij', 'jk'], 'ik'), (['ABi', 'i'], 'AB'))
    """
    text = subscripts.replace(" ", "")
    left, arrow, result = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise InputError(f"einsum {subscripts!r} of {len(ranks)} operands")
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in text]
    hidden = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    dots = free[: max((h for h, term in zip(hidden, terms, strict=True) if "..." in term), default=0)]
    for k, (term, count) in enumerate(zip(terms, hidden, strict=True)):
        if count < 0 or (count and "..." not in term):
            raise InputError(f"einsum: the operand {k} has {ranks[k]} axes, its subscripts {term!r} name others")
        terms[k] = term.replace("...", "".join(dots[len(dots) - count :]))
    if not arrow:
        labels = [c for c in "".join(terms) if c not in dots]
        result = "".join(dots) + "".join(sorted(c for c in set(labels) if labels.count(c) == 1))
    return terms, result.replace("...", "".join(dots))


@REGISTRY.compute
def transposed_einsum(
    subscripts: str, ranks: tuple[int, ...], k: int, singles: tuple[tuple[bool, ...], ...] = ()
) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """How the cotangent of the operand ``k`` of an einsum is an einsum of ``ans_bar``, the others, ones and identities.

    A label that only this operand has was summed over: it comes back along ones. One that it has twice read a diagonal:
    the second gets a new name, tied to the first by an identity matrix. Given are the subscripts, and the axes of the
    operand whose extents the ones and the identities have, in order. ``singles``: which axes of the operands have
    length one. A sum over a label that is no longer elsewhere comes back along ones as well.

    >>> transposed_einsum('ij,jk->ik', (2, 2), 0), transposed_einsum('ij->i', (2,), 0)
    (('ik,jk->ij', (), ()), ('i,j->ij', (1,), ()))
    >>> transposed_einsum('ii->i', (2,), 0)
    ('i,ia->ia', (), (1,))
    """
    terms, result = subscripts_of(subscripts, ranks)
    given = [result, *terms[:k], *terms[k + 1 :]]
    unused = (c for c in "abcdefghijklmnopqrstuvwxyz" if c not in "".join(terms))
    summed: list[int] = []
    repeated: list[int] = []
    ones: list[str] = []
    ties: list[str] = []
    target = ""
    shared = set(result)
    for j, term in enumerate(terms):
        if j != k:
            single = singles[j] if singles else (False,) * len(term)
            shared |= {c for c, one in zip(term, single, strict=True) if not one}
    if singles:
        shared |= {c for c, one in zip(terms[k], singles[k], strict=True) if one and c in "".join(given)}
    for axis, label in enumerate(terms[k]):
        if label in target:
            fresh = next(unused)
            ties.append(label + fresh)
            repeated.append(axis)
            target += fresh
        else:
            if label not in shared:
                ones.append(label)
                summed.append(axis)
            target += label
    return ",".join([*given, *ones, *ties]) + "->" + target, tuple(summed), tuple(repeated)


@REGISTRY.compute
def may_be_unlike(
    subscripts: str, ranks: tuple[int, ...], open_axes: tuple[tuple[bool, ...], ...]
) -> list[tuple[int, ...]]:
    """Which axes of each operand are summed over, and may be longer than those of all others with their label.

    ``open_axes``: those that may have length one, in which case einsum broadcasts them.

    >>> may_be_unlike('ij,kj->ik', (2, 2), ((False, True), (False, False)))
    [(), (1,)]
    """
    terms, result = subscripts_of(subscripts, ranks)
    sure = set(result)  # the labels of which some other operand has the length
    seen: list[dict[str, list[bool]]] = []
    for term, may_be_one in zip(terms, open_axes, strict=True):
        seen.append({})
        for label, one in zip(term, may_be_one, strict=False):
            seen[-1].setdefault(label, []).append(one)
    out = []
    for k, term in enumerate(terms):
        others = {c: [one for j, s in enumerate(seen) if j != k for one in s.get(c, ())] for c in term}
        out.append(tuple(a for a, c in enumerate(term) if c not in sure and others[c] and all(others[c])))
    return out


def _einsum(subscripts: Arg, *operands: Arg, optimize: Any = False) -> Type:
    text = option("subscripts", subscripts)
    if not isinstance(text, str):
        raise UnsupportedError(
            "np.einsum with lists of axes", why="its rule reads the subscripts as a text",
            instead="give the subscripts as a string: np.einsum('ij,j->i', a, b)",
        )  # fmt: skip
    option("optimize", optimize)
    types = tuple(map(number, operands))
    shapes = [_axes(t) for t in types]
    dtype = joined_dtype(types)
    known = [s for s in shapes if s is not None]
    if len(known) < len(shapes):
        return Array(dtype, None)
    terms, result = subscripts_of(text, [len(s) for s in known])
    sizes: dict[str, list[Axis]] = {}
    for term, shape in zip(terms, known, strict=True):
        for label, size in zip(term, shape, strict=True):
            sizes.setdefault(label, []).append(size)
    return of(dtype, tuple(_label_axis(sizes[c]) for c in result))


def _label_axis(sizes: list[Axis]) -> Axis:
    (axis,) = broadcast_axes(*((s,) for s in sizes)) or ("?",)
    return axis


einsum = primitive("np.einsum", np.einsum, _einsum, alias="maybe", calls=())  # of one operand it may be a view
contract = REGISTRY.word(einsum)


@REGISTRY.compute
def spelled(lists: Any, result: Any) -> str:
    """Lists of labels, numbers and ``...``, as subscripts; a result of None is the implicit one.

    >>> spelled(([0, 1], [1, ...]), [0, ...])
    'AB,B...->A...'
    """
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    def text(labels: Any) -> str:
        return "".join("..." if label is Ellipsis else letters[int(label)] for label in labels)

    left = ",".join(text(labels) for labels in lists)
    return left if result is None else f"{left}->{text(result)}"


@define(np.einsum)
def einsum_(*operands: Any, optimize: Any = False, dtype: Any = None, order: str = "K", casting: str = "safe") -> Any:
    if isinstance(operands[0], str):
        made = contract(*operands, optimize=optimize)
    else:
        if not isinstance(operands[1], list | tuple):
            unsupported("np.einsum with these operands", instead="give the subscripts as a string")
        pairs = len(operands) // 2
        result = operands[-1] if len(operands) % 2 == 1 else None
        labels = tuple(operands[2 * k + 1] for k in range(pairs))
        made = contract(spelled(labels, result), *[operands[2 * k] for k in range(pairs)], optimize=optimize)
    return made if dtype is None else made.astype(dtype)


def _kron_axes(a: Axes, b: Axes) -> Axes:
    rank = max(len(a), len(b))
    left, right = ("1",) * (rank - len(a)) + a, ("1",) * (rank - len(b)) + b
    return tuple(product_axis(pair) for pair in zip(left, right, strict=True))


def _kron(a: Arg, b: Arg) -> Type:
    t = _product(_kron_axes)(a, b)
    return Array(t.dtype, ()) if isinstance(t, Scalar) else t


kron = primitive("np.kron", np.kron, _kron)


def _cross(a: Arg, b: Arg, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Type:
    if (both := option("axis", axis)) is not None:
        axisa = axisb = axisc = both
    types = (number(a), number(b))
    left, right = (_axes(t) for t in types)
    if left is None or right is None:
        return Array(joined_dtype(types), None)
    (k,), (m,) = normal_axes(option("axisa", axisa), len(left)), normal_axes(option("axisb", axisb), len(right))
    rest = broadcast_axes(left[:k] + left[k + 1 :], right[:m] + right[m + 1 :]) or ()
    (to,) = normal_axes(option("axisc", axisc), len(rest) + 1)
    return Array(joined_dtype(types), (*rest[:to], "n", *rest[to:]))


cross = primitive("np.cross", np.cross, _cross, calls=())
crossed = REGISTRY.word(cross)


@define(np.cross)
def cross_(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Vectors of two lie in a plane: the product of two such is the number in the third place."""
    a, b = np.asarray(a), np.asarray(b)
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    long_a, long_b = known_length(a, axisa), known_length(b, axisb)
    flat_a, flat_b = long_a == 2, long_b == 2
    if flat_a and long_b is None or flat_b and long_a is None:
        unsupported("np.cross of vectors of two", instead="a[0] * b[1] - a[1] * b[0]")
    if flat_a and flat_b:
        a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return crossed(in_space(a, axisa, flat_a), in_space(b, axisb, flat_b), axisa=axisa, axisb=axisb, axisc=axisc)


def in_space(a: Any, axis: int, flat: bool) -> Any:
    """Vectors of two with a zero in the third place."""
    return np.concatenate((a, np.zeros_like(np.take(a, [0], axis=axis))), axis=axis) if flat else a


def _convolve(a: Arg, v: Arg) -> Type:
    return Array(joined_dtype((number(a), number(v))), _slid(a, v, 1))


def _correlate(a: Arg, v: Arg) -> Type:
    return Array(joined_dtype((number(a), number(v))), _slid(a, v, -1))


def _slid(a: Arg, v: Arg, sign: int) -> Axes:
    left, right = axes(number(a)), axes(number(v))
    if left is not None and right is not None and len(left) == len(right) == 1:
        if right == ("1",):
            return left
        if sign > 0 and left == ("1",):
            return right
    return ("?",)


convolve = primitive("np.convolve", np.convolve, _convolve, calls=())
correlate = primitive("np.correlate", np.correlate, _correlate, calls=())
"""Where ``a`` is the longer; ``np.correlate`` itself is defined by convolution, which either may be longer for."""


# -- what others mean -------------------------------------------------------------------------------------------------


full_convolution, short_correlation = REGISTRY.word(convolve), REGISTRY.word(correlate)


@define(np.convolve)
def convolve_(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = np.asarray(a), np.asarray(v)
    return part_of_convolution(np.reshape(a, (1,)) if np.ndim(a) == 0 else a, np.reshape(v, (1,)) if np.ndim(v) == 0 else v, mode)  # noqa: E501


def part_of_convolution(a: Any, v: Any, mode: str, turned: bool = False) -> Any:
    """Of the convolution: all, what is centred, or what the shorter lies on whole. Turned round, the other centre."""
    whole = full_convolution(a, v)
    if mode == "full":
        return whole
    shorter, longer = min(len(a), len(v)), max(len(a), len(v))
    if mode == "valid":
        return whole[shorter - 1 : longer]
    start = shorter // 2 if turned else (shorter - 1) // 2
    return whole[start : start + longer]


def conj(x: Any) -> Any:
    """The conjugate of complex numbers, which real ones need not be asked for."""
    return np.conjugate(x) if np.iscomplexobj(x) else x


@define(np.correlate)
def correlate_(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = np.asarray(a), np.asarray(v)
    if mode == "same" and len(a) < len(v):
        return part_of_convolution(a, conj(v[::-1]), mode, True)
    return part_of_convolution(a, conj(v[::-1]), mode)


@define(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    if np.ndim(arrays[-1]) == 1:
        return reduce(lambda right, left: left @ right, arrays[::-1])
    return reduce(lambda left, right: left @ right, arrays)


def vectors_behind(x: Any, axis: Any) -> Any:
    """An array with the axis of its vectors behind all others."""
    return np.moveaxis(np.asarray(x), axis[0] if isinstance(axis, tuple) else axis, -1)


def matrices_behind(x: Any, axes: Any) -> Any:
    """An array with the two axes of its matrices behind all others."""
    return np.moveaxis(np.asarray(x), axes, (-2, -1))


def vecdot(x1: Any, x2: Any, axis: int = -1, keepdims: bool = False, axes: Any = None) -> Any:
    if axes is None and axis == -1:
        return np.sum(conj(x1) * x2, axis=-1, keepdims=keepdims)
    if axes is None:
        axes = (axis, axis, (axis,) if keepdims else ())
    total = np.sum(conj(vectors_behind(x1, axes[0])) * vectors_behind(x2, axes[1]), axis=-1)
    return np.expand_dims(total, axes[2]) if keepdims else total


def matmul_along(x1: Any, x2: Any, axes: Any) -> Any:
    """``np.matmul`` with the axes of the matrices (or of a vector) in each operand and in the result."""
    first, second = np.ndim(x1) == 1, np.ndim(x2) == 1
    a = vectors_behind(x1, axes[0]) if first else matrices_behind(x1, axes[0])
    b = vectors_behind(x2, axes[1]) if second else matrices_behind(x2, axes[1])
    product = a @ b
    if first and second:
        return product
    return np.moveaxis(product, -1, axes[2]) if first or second else np.moveaxis(product, (-2, -1), axes[2])


def matvec(x1: Any, x2: Any, axes: Any = None) -> Any:
    if axes is None:
        return (x1 @ x2[..., None])[..., 0]
    products = matrices_behind(x1, axes[0]) @ vectors_behind(x2, axes[1])[..., None]
    return np.moveaxis(products[..., 0], -1, axes[2])


def vecmat(x1: Any, x2: Any, axes: Any = None) -> Any:
    if axes is None:
        return (conj(x1)[..., None, :] @ x2)[..., 0, :]
    products = conj(vectors_behind(x1, axes[0]))[..., None, :] @ matrices_behind(x2, axes[1])
    return np.moveaxis(products[..., 0, :], -1, axes[2])


define(np.matmul)(matmul_along)
for function in (vecdot, matvec, vecmat):
    if hasattr(np, function.__name__):
        define(getattr(np, function.__name__))(function)
for name, prim in (("matmul", matmul), ("tensordot", tensordot), ("outer", outer)):
    if hasattr(np.linalg, name):
        REGISTRY.alias(getattr(np.linalg, name), prim)
if hasattr(np.linalg, "vecdot"):
    define(np.linalg.vecdot)(vecdot)
if hasattr(np.linalg, "cross"):

    @define(np.linalg.cross)
    def linalg_cross(x1: Any, x2: Any, axis: int = -1) -> Any:
        return np.cross(x1, x2, axis=axis)
