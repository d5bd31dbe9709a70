"""Rules about diagonal matrices: what a sweep over all directions starts from, and is as long as no step mixes them.

The rows of ``np.eye(n)`` are the unit vectors, which the sweeps of a Jacobian are seeded with. Multiplied by a vector,
divided, or added to another diagonal they stay ``np.diag(d)``, of which ``d`` alone is computed with:
``np.diag(d) @ W`` is ``d[:, None] * W``, its sums along rows are ``d``, and ``np.diag(d) + M`` touches the diagonal of
``M`` only.

Beside the diagonal the zeros stay zeros, also where ``d`` is infinite.
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.ir.core import Arg, Atom, Call, Pack, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Scalar, axes
from s2sad.passes.context import Context, Rule
from s2sad.passes.facts import fits
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY

COLUMN = Pack("tuple", (Pack("slice", (Constant(None),) * 3), Constant(None)))  # [:, None]
ONE = Constant(1.0)
REAL = ("f64", "i64")
LONGEST = 8  # operations that are looked through for where a diagonal comes from


def diagonal_of(context: Context, matrix: Arg) -> Atom | None:
    """What stands on the diagonal of a diagonal matrix: a vector, or one number for all; None for other matrices."""
    op = context.facts.definition(matrix, "np.eye", "np.identity", "np.diag", "mul")
    if op is None or not _is_square(op.result):
        return None
    match op.prim.name, op.args:
        case "np.eye" | "np.identity", (_,):
            return ONE if not op.kwargs else None
        case "np.diag", (Value() as d,):
            return d if not op.kwargs and axes(d.type) == ("n",) else None
        case "mul", (one, Value() | Constant() as number) if _is_identity(context, one) and _is_number(number):
            return number
        case "mul", (Value() | Constant() as number, one) if _is_identity(context, one) and _is_number(number):
            return number
    return None


def _taken(context: Context, op: Call, matrix: Arg) -> Atom | None:
    """What stands on the diagonal, as ``diagonal_of``; of ``np.eye(n) / s`` the quotient is computed."""
    divisor = _divisor(context, matrix)
    return diagonal_of(context, matrix) if divisor is None else context.part(op, REGISTRY.by_name["div"], ONE, divisor)


def _divisor(context: Context, matrix: Arg) -> Atom | None:
    """The number that the identity is divided by."""
    op = context.facts.definition(matrix, "div")
    if op is None or not _is_identity(context, op.args[0]) or isinstance(op.args[1], Pack):
        return None
    return op.args[1] if _is_number(op.args[1]) else None


def _is_identity(context: Context, matrix: Arg) -> bool:
    """Whether a matrix is the identity."""
    op = context.facts.definition(matrix, "np.eye", "np.identity")
    return op is not None and len(op.args) == 1 and not op.kwargs and _is_square(op.result)


def _is_square(a: Arg) -> bool:
    return isinstance(a, Value) and isinstance(a.type, Array) and a.type.dtype == "f64" and a.type.axes == ("n", "n")


def _is_number(a: Arg) -> bool:
    if isinstance(a, Pack) or not isinstance(a.type, Array | Scalar):
        return False
    return a.type.dtype in REAL and axes(a.type) == ()


def _is_row(context: Context, a: Arg, matrix: Arg, kinds: tuple[str, ...] = REAL) -> bool:
    """Whether an array has an item for each column of a matrix: it does not make a larger matrix of it."""
    if not isinstance(a, Value) or not isinstance(a.type, Array) or a.type.axes != ("n",) or a.type.dtype not in kinds:
        return False
    own, whole = context.facts.shape(a), context.facts.shape(matrix)
    return own is not None and whole is not None and len(whole) == 2 and own == whole[-1:]


def _is_factor(context: Context, a: Arg, matrix: Arg) -> bool:
    return _is_number(a) or _is_row(context, a, matrix)


def _written(context: Context, op: Call, d: Atom | None) -> Call | None:
    """The diagonal matrix with a vector on its diagonal; that with one number stays as it is."""
    if d is None or axes(d.type) != ("n",):
        return None
    out = context.again(op, REGISTRY.by_name["np.diag"], d)
    return out if out is None or not _of_a_sweep(context, *op.args) else replace(out, loc=None)


def _of_a_sweep(context: Context, *args: Arg) -> bool:
    """Whether a matrix is made of directions, which are in no line of the program: ``K + s * np.eye(n)`` in a program
    stays as it was written.
    """
    pending = list(args)
    for _ in range(LONGEST):
        if not pending:
            break
        op = context.facts.definition(pending.pop(), "np.eye", "np.diag", "mul", "div", "neg", "add", "sub", "np.where")
        if op is not None and op.loc is None and op.prim.name in ("np.eye", "np.diag"):
            return True
        if op is not None and op.prim.name != "np.diag":
            pending.extend(op.args)
    return False


def _scaled(context: Context, op: Call, first: Atom, second: Atom) -> Atom | None:
    """One diagonal's items, by another's or by a row."""
    if op.prim.name == "mul" and ONE in (first, second):
        return second if first == ONE else first
    return context.part(op, op.prim, first, second)


def _mul(context: Context, op: Call) -> Call | None:
    for k in (0, 1):
        matrix, other = op.args[k], op.args[1 - k]
        divisor = _divisor(context, matrix)
        if divisor is not None and not isinstance(other, Pack) and _is_row(context, other, matrix):
            return _written(context, op, context.part(op, REGISTRY.by_name["div"], other, divisor))
        d = _taken(context, op, matrix)
        if d is None or not _is_factor(context, other, matrix) or isinstance(other, Pack):
            continue
        return _written(context, op, _scaled(context, op, *((d, other) if k == 0 else (other, d))))
    return _distributed(context, op)


def _distributed(context: Context, op: Call) -> Call | None:
    """``(np.diag(d) + a[:, None]) * row`` is a diagonal and a product, with no sum of whole matrices before."""
    for k, (total, other) in enumerate((op.args, op.args[::-1])):
        inner = context.facts.definition(total, "add", "sub") if k == 0 or op.prim.name == "mul" else None
        if inner is None or not context.facts.single(total) or isinstance(other, Pack):
            continue
        if not _is_factor(context, other, total) or not _is_square(total) or all(map(_is_square, inner.args)):
            continue
        if all(diagonal_of(context, part) is None for part in inner.args):
            continue
        parts = [context.part(op, op.prim, *((part, other) if k == 0 else (other, part))) for part in inner.args]
        if None not in parts:
            return context.again(op, inner.prim, *parts)
    return None


def _div(context: Context, op: Call) -> Call | None:
    matrix, other = op.args
    d = _taken(context, op, matrix)
    if d is None or isinstance(other, Pack) or not _is_factor(context, other, matrix):
        return _distributed(context, op)
    return _written(context, op, _scaled(context, op, d, other))


def _neg(context: Context, op: Call) -> Call | None:
    d = _taken(context, op, op.args[0])
    return None if d is None or not axes(d.type) else _written(context, op, context.part(op, op.prim, d))


def _plus(context: Context, op: Call) -> Call | None:
    """Sums and differences: of two diagonals, one; of a diagonal and a matrix, the matrix with another diagonal."""
    first, second = op.args
    one, other = _taken(context, op, first), _taken(context, op, second)
    if one is not None and other is not None:
        if not axes(one.type) and not axes(other.type) or not _alike(context, first, second):
            return None
        return _written(context, op, context.part(op, op.prim, one, other))
    matrix, d = (first, other) if one is None else (second, one)
    if d is None or not _is_square(matrix) or isinstance(matrix, Pack) or not _alike(context, first, second):
        return None
    if not _of_a_sweep(context, first if matrix is second else second):
        return None
    prim = op.prim
    if op.prim.name == "sub" and one is not None:  # D - M
        negative = context.part(op, REGISTRY.by_name["neg"], matrix)
        if negative is None:
            return None
        matrix, prim = negative, REGISTRY.by_name["add"]
    count = context.part(op, structure.dim, matrix, Constant(0))
    place = None if count is None else context.part(op, REGISTRY.by_name["np.arange"], count)
    if place is None:
        return None
    index = Pack("tuple", (place, place))
    items = context.part(op, structure.gather, matrix, index)
    total = None if items is None else context.part(op, prim, items, d)
    return None if total is None else context.again(op, structure.store, matrix, index, total)


def _alike(context: Context, a: Arg, b: Arg) -> bool:
    own = context.facts.shape(a)
    return own is not None and own == context.facts.shape(b)


def _matmul(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    for matrix, other, left in ((a, b, True), (b, a, False)):
        where = axes(other.type) if isinstance(other.type, Array) else None
        d = _taken(context, op, matrix) if where is not None and len(where) == 2 else None
        if d is None or isinstance(other, Pack) or not fits(other, op.result.type):
            continue
        if not _of_a_sweep(context, matrix):  # zeros times infinite items are nan in a program's own product
            continue
        if d == ONE:
            return other
        scale = context.part(op, structure.getitem, d, COLUMN) if left and axes(d.type) else d
        if scale is not None:
            return context.again(op, REGISTRY.by_name["mul"], *((scale, other) if left else (other, scale)))
    return None


def _sum(context: Context, op: Call) -> Atom | Call | None:
    """The sums of a diagonal matrix along its rows, or columns, are what stands on the diagonal."""
    options = dict(op.kwargs)
    matrix, keep = op.args[0], options.pop("keepdims", Constant(False))
    axis = op.args[1] if len(op.args) == 2 else options.pop("axis", None)
    d = _taken(context, op, matrix)
    if d is None or options or axis not in (Constant(0), Constant(1), Constant(-1), Constant(-2)):
        return None
    if not axes(d.type):
        shape = context.part(op, structure.dim, matrix, Constant(0))
        whole = None if shape is None else context.part(op, REGISTRY.by_name["np.full"], shape, d)
        if whole is None:
            return None
        d = whole
    if keep == Constant(False):
        return d if fits(d, op.result.type) else None
    index = COLUMN if axis in (Constant(1), Constant(-1)) else Pack("tuple", COLUMN.items[::-1])
    return context.again(op, structure.getitem, d, index)


def _where(context: Context, op: Call) -> Call | None:
    """``np.where(mask, np.diag(d), 0.0)``, for a mask of columns."""
    mask, a, b = op.args
    for k, matrix, other in ((1, a, b), (2, b, a)):
        d = _taken(context, op, matrix) if other == Constant(0.0) else None
        if d is None or not _is_row(context, mask, matrix, ("bool",)):
            continue
        chosen = context.part(op, op.prim, mask, *((d, other) if k == 1 else (other, d)))
        return _written(context, op, chosen)
    return None


def _transposed(context: Context, op: Call) -> Atom | None:
    matrix = op.args[0]
    d = None if isinstance(matrix, Pack) else diagonal_of(context, matrix)
    return matrix if d is not None and not isinstance(matrix, Pack) and fits(matrix, op.result.type) else None


DIAGONAL: dict[str, tuple[Rule, ...]] = {
    "matmul": (_matmul,), "mul": (_mul,), "div": (_div,), "neg": (_neg,), "add": (_plus,), "sub": (_plus,),
    "np.sum": (_sum,), "np.where": (_where,), "ndarray.T": (_transposed,),
}  # fmt: skip
