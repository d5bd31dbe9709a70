"""How long the axes of a result are, in terms of the operands': products, moved axes, factorizations, transforms.

One row per primitive, for those whose shape is not simply that of an operand or of an argument. With it an array is not
computed, or kept, for the sake of its shape alone: the length of ``A @ x`` is the number of rows of ``A``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from s2sad.analysis.affine import Affine
from s2sad.ir.core import Arg, Call, Literal, Pack, Value
from s2sad.prims.primitive import constant_of, is_constant

if TYPE_CHECKING:
    from s2sad.analysis.sizes import Sizes

Shape = tuple[Affine, ...]
Found = Sequence[Affine | None] | None


def _shape(sizes: Sizes, arg: Arg) -> Shape | None:
    return None if isinstance(arg, Pack) else sizes.shape(arg)


def _matmul(sizes: Sizes, op: Call) -> Found:
    a, b = (_shape(sizes, x) for x in op.args[:2])
    if not a or not b:
        return None
    stack: Sequence[Affine | None] = a[:-2] or b[:-2]
    if len(a) > 2 and len(b) > 2:
        stack = (None,) * (max(len(a), len(b)) - 2)
    return (*stack, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))


def _dot(sizes: Sizes, op: Call) -> Found:
    a, b = (_shape(sizes, x) for x in op.args[:2])
    if not a or not b:
        return None
    return a[:-1] if len(b) == 1 else (*a[:-1], *b[:-2], b[-1])


def _outer(sizes: Sizes, op: Call) -> Found:
    a, b = (_shape(sizes, x) for x in op.args[:2])
    return (a[0], b[0]) if a and b and len(a) == len(b) == 1 else None


def _swapaxes(sizes: Sizes, op: Call) -> Found:
    known = _shape(sizes, op.args[0])
    if not known or not all(is_constant(k) for k in op.args[1:]):
        return None
    out, i, j = list(known), constant_of(op.args[1]), constant_of(op.args[2])
    out[i], out[j] = out[j], out[i]
    return out


def _transpose(sizes: Sizes, op: Call) -> Found:
    known, order = _shape(sizes, op.args[0]), _option(op, "axes")
    return None if not known else known[::-1] if order is None else tuple(known[k] for k in order)


def _expand_dims(sizes: Sizes, op: Call) -> Found:
    known = _shape(sizes, op.args[0])
    if known is None or not is_constant(op.args[1]):
        return None
    given = constant_of(op.args[1])
    places = given if isinstance(given, tuple | list) else (given,)
    rank = len(known) + len(places)
    new, rest = {k % rank for k in places}, iter(known)
    return tuple(Affine(1) if k in new else next(rest) for k in range(rank))


def _reduction(sizes: Sizes, op: Call) -> Found:
    known, axis = _shape(sizes, op.args[0]), _option(op, "axis")
    if not known or axis is None:
        return None
    gone = {k % len(known) for k in (axis if isinstance(axis, tuple | list) else (axis,))}
    if _option(op, "keepdims"):
        return tuple(Affine(1) if k in gone else size for k, size in enumerate(known))
    return tuple(size for k, size in enumerate(known) if k not in gone)


def _solve(sizes: Sizes, op: Call) -> Found:
    a, b = (_shape(sizes, x) for x in op.args[:2])
    return b if a and b and len(a) == 2 else None


def _right_side(sizes: Sizes, op: Call) -> Found:
    return _shape(sizes, op.args[2 if op.prim.name == "solved_by" else 1])


def _same(sizes: Sizes, op: Call) -> Found:
    return _shape(sizes, op.args[0])


def _same_matrix(sizes: Sizes, op: Call) -> Found:
    known = _shape(sizes, op.args[0])
    return known if known and len(known) > 1 else None


def _concatenate(sizes: Sizes, op: Call) -> Found:
    axis, parts = _option(op, "axis", 0), getattr(op.args[0], "items", ())
    shapes = [_shape(sizes, part) for part in parts]
    known = shapes[0] if shapes else None
    if not known or axis is None:
        return None
    place = axis % len(known)
    total: Affine | None = Affine(0)
    for shape in shapes:
        total = None if total is None or not shape or len(shape) != len(known) else total + shape[place]
    return tuple(total if k == place else size for k, size in enumerate(known))


def _stack(sizes: Sizes, op: Call) -> Found:
    """``np.stack``, and ``np.array`` of a list."""
    parts, axis = getattr(op.args[0], "items", ()), _option(op, "axis", 0)
    known = _nested(sizes, parts[0]) if parts and {k for k, _ in op.kwargs} <= {"axis", "dtype"} else None
    if known is None or any(_nested(sizes, part) != known for part in parts[1:]):
        return None
    place = axis % (len(known) + 1)
    return (*known[:place], Affine(len(parts)), *known[place:])


def _nested(sizes: Sizes, part: Arg) -> Shape | None:
    """The shape of an array, a number or a list of such."""
    if not isinstance(part, Pack):
        return sizes.shape(part)
    inner = [_nested(sizes, p) for p in part.items] if part.kind in ("list", "tuple") else []
    if not inner or inner[0] is None or any(shape != inner[0] for shape in inner):
        return None
    return (Affine(len(inner)), *inner[0])


def _transformed(sizes: Sizes, op: Call) -> Found:
    """Fourier transforms, and arrays fitted to a length."""
    known = _shape(sizes, op.args[0])
    bound = op.prim.bind(op.args, op.kwargs)
    axis, n = bound["axis"], bound["size" if op.prim.name == "fitted" else "n"]
    if not known or not isinstance(axis, Literal) or not -len(known) <= axis.value < len(known):
        return None
    k = axis.value % len(known)
    left_out = isinstance(n, Literal) and n.value is None
    length = known[k] if left_out else None if isinstance(n, Pack) else sizes.integer(n)
    if op.prim.name == "np.fft.irfft" and left_out:
        length = None
    elif op.prim.name == "np.fft.rfft" and length is not None:
        length = quotient(length, 2) + Affine(1)
    return (*known[:k], length, *known[k + 1 :])


def _counted(sizes: Sizes, op: Call) -> Found:
    """``np.arange(n)``."""
    count = sizes.integer(op.args[0])
    return None if count is None else [count if is_length(count) else clamped(count)]


def _eye(sizes: Sizes, op: Call) -> Found:
    rows, other = sizes.integer(op.args[0]), dict(op.kwargs).get("M", Literal(None))
    columns = rows if other == Literal(None) else None if isinstance(other, Pack) else sizes.integer(other)
    return None if len(op.args) > 1 else [rows, columns]


def _diag(sizes: Sizes, op: Call) -> Found:
    """A square matrix of a vector."""
    shape = None if isinstance(op.args[0], Pack) else sizes.shape(op.args[0])
    return None if shape is None or len(shape) != 1 or len(op.args) > 1 or op.kwargs else (*shape, *shape)


def _vander(sizes: Sizes, op: Call) -> Found:
    """As many rows as there are numbers."""
    known = _shape(sizes, op.args[0])
    count = None if isinstance(op.args[1], Pack) else sizes.integer(op.args[1])
    return (known[0], count) if known else None


def _reshaped(sizes: Sizes, op: Call) -> Found:
    items = op.args[1].items if isinstance(op.args[1], Pack) else (op.args[1],)
    measured = all(  # a number that came from elsewhere may be -1
        i.value != -1 if isinstance(i, Literal) else isinstance(i, Value) and sizes.is_measured(i) for i in items
    )
    return sizes.sizes_of(op.args[1]) if measured and not op.kwargs else None


def _diff(sizes: Sizes, op: Call) -> Found:
    shape, axis, times = _shape(sizes, op.args[0]), _option(op, "axis", -1), _option(op, "n", 1)
    if not shape or not isinstance(axis, int) or not isinstance(times, int):
        return None
    k = axis % len(shape)
    return (*shape[:k], clamped(shape[k] + Affine(-times)), *shape[k + 1 :])


def _option(op: Call, name: str, default: Any = None) -> Any:
    for key, value in op.kwargs:
        if key == name:
            return constant_of(value)
    return default


def quotient(e: Affine, divisor: int) -> Affine:
    """``e // divisor``."""
    return Affine.of(("quotient", hashable(e), divisor, is_length(e))) if e.terms else Affine(e.constant // divisor)


def is_length(e: Affine) -> bool:
    """Whether an expression is a sum of lengths, so that it is not negative."""
    return e.constant >= 0 and all(
        factor >= 0 and isinstance(s, tuple) and (s[0] in ("axis", "slice", "clamped") or s[0] == "quotient" and s[3])
        for s, factor in e.terms.items()
    )


def clamped(e: Affine) -> Affine:
    """``max(e, 0)``; of ``max(e, 0) - 1`` it is ``max(e - 1, 0)``."""
    if not e.terms:
        return Affine(max(e.constant, 0))
    (symbol, factor), *others = e.terms.items()
    if not others and factor == 1 and e.constant <= 0 and isinstance(symbol, tuple) and symbol[0] == "clamped":
        constant, terms = symbol[1]
        return clamped(Affine(constant + e.constant, dict(terms)))
    return Affine.of(("clamped", hashable(e)))


def hashable(e: Affine) -> Any:
    """An affine expression as a symbol: equal expressions give equal symbols."""
    return e.constant, frozenset(e.terms.items())


EXTENTS: dict[str, Callable[[Sizes, Call], Found]] = {
    "matmul": _matmul, "np.dot": _dot, "np.outer": _outer, "np.swapaxes": _swapaxes, "np.transpose": _transpose,
    "ndarray.T": _transpose, "np.expand_dims": _expand_dims, "np.linalg.solve": _solve, "np.concatenate": _concatenate,
    "np.diff": _diff,
    "np.array": _stack, "np.stack": _stack, "inverted_by": _same, "solved_by": _right_side,
    "scipy.linalg.solve_triangular": _right_side, "scipy.linalg.cholesky": _same, "lower_cholesky": _same,
    "scipy.linalg.cho_solve": _right_side, "cho_solve_by": _right_side, "scipy.linalg.lu_solve": _right_side,
    "lu_solve_by": _right_side,
    "np.flip": _same, "np.roll": _same, "np.linalg.inv": _same, "np.linalg.cholesky": _same,
    "np.tril": _same_matrix, "np.triu": _same_matrix, "np.sum": _reduction, "np.mean": _reduction, "np.max": _reduction,
    "np.min": _reduction, "np.argmax": _reduction, "np.argmin": _reduction,
    "np.prod": _reduction, "np.var": _reduction, "np.std": _reduction, "vector_norm": _reduction,
    "squared_norm": _reduction,
    "np.fft.fft": _transformed, "np.fft.ifft": _transformed, "np.fft.rfft": _transformed, "np.fft.irfft": _transformed,
    "fitted": _transformed, "np.arange": _counted, "np.reshape": _reshaped, "np.eye": _eye,
    "np.diag": _diag, "np.vander": _vander,
}  # fmt: skip
