"""Rules about shape: sizes followed to their root, broadcasts that change nothing, and repeats that need not be made.

``expand_reduced(g, x.shape) * 2.0 * x`` becomes ``g * 2.0 * x``: what is repeated only to meet an operand of the full
shape is left to broadcasting; and what is done to a repeated number is done to the number.
"""

from __future__ import annotations

from s2sad.ir.core import Arg, Atom, Call, Pack, Ref, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Scalar, axes, dtype_name
from s2sad.passes.context import Context, Rule
from s2sad.passes.facts import fits, has_shape_of
from s2sad.passes.rewriter import same_arg
from s2sad.prims import structure
from s2sad.prims.broadcasting import expand_reduced, unbroadcast
from s2sad.prims.creation import full
from s2sad.prims.primitive import REGISTRY, is_constant
from s2sad.prims.primitive import constant_of as value_of

REDUCTIONS = ("np.sum", "np.mean", "np.prod", "np.max", "np.min", "np.any", "np.all")
REPEATS = ("expand_reduced", "np.broadcast_to")


def _dim(context: Context, op: Call) -> Atom | Call | None:
    array, axis = op.args[0], op.args[1] if len(op.args) > 1 else Constant(0)
    shape = context.facts.shape(array)
    if not shape or not isinstance(axis, Constant) or not -len(shape) <= axis.value < len(shape):
        return None
    made = context.facts.definition(array, "np.zeros", "np.ones", "np.empty", "np.full")
    if made is not None:
        extents = made.args[0].items if isinstance(made.args[0], Pack) else (made.args[0],)
        extent = extents[axis.value] if len(extents) == len(shape) else None
        if isinstance(extent, Value) and fits(extent, op.result.type):
            return extent
    size = shape[axis.value]
    if not size.terms:
        number = Constant(size.constant)
        return number if fits(number, op.result.type) else None
    symbol, factor = next(iter(size.terms.items()))
    if size.constant or factor != 1 or len(size.terms) > 1:
        return None
    if isinstance(symbol, Value):
        return symbol if fits(symbol, op.result.type) else None
    if not isinstance(symbol, tuple) or symbol[0] != "axis":
        return None
    _, root, k = symbol
    if root is array:
        return None if axis.value == k else context.again(op, structure.dim, root, k)
    if len(op.args) == 1 and k == 0:
        return context.again(op, op.prim, root)
    return context.again(op, structure.dim, root, k)


def _like(context: Context, op: Call) -> Call | None:
    """Zeros of the shape of an array that is a parameter's: that array is not computed, or kept, for its shape."""
    array, shape = op.args[0], context.facts.shape(op.args[0])
    if op.kwargs or not shape or array in context.given or not isinstance(array, Value):
        return None
    found: set[Value] = set()
    for k, size in enumerate(shape):
        symbol = next(iter(size.terms.items()), None)
        if symbol is None and size.constant == 1:
            continue
        match symbol:
            case (("axis", Value() as root, int() as axis), 1) if axis == k and not size.constant:
                found.add(root)
            case _:
                return None
    if len(found) != 1:
        return None
    (root,) = found
    return context.again(op, op.prim, root) if root in context.given and root.type == array.type else None


def _shape(context: Context, op: Call) -> Call | None:
    root = context.facts.root(op.args[0])
    return None if root is op.args[0] else context.again(op, structure.shape, root)


def _unbroadcast(context: Context, op: Call) -> Atom | Call | None:
    x, shape = op.args
    if isinstance(x, Value) and context.facts.root(x) is context.facts.shaped_like(shape) and fits(x, op.result.type):
        return x
    where, sizes = axes(x.type), context.facts.sizes_of(shape)
    extents = shape.items if isinstance(shape, Pack) else None
    if where is None or sizes is None or extents is None or len(where) != len(extents) or not fits(x, op.result.type):
        return None
    known = context.facts.shape(x) or ()
    for extent, size, own, axis in zip(extents, sizes, known, where, strict=True):
        stretched = isinstance(extent.type, Scalar) and extent.type.size == "n"
        if not stretched and axis != "1" and size != own:
            return None
    return x  # type: ignore[return-value]


def _expand_reduced(context: Context, op: Call) -> Atom | Call | None:
    g, shape = op.args
    if isinstance(g, Value) and context.facts.root(g) is context.facts.shaped_like(shape) and not _reduced(op):
        return g if fits(g, op.result.type) else None
    sizes, known = context.facts.sizes_of(shape), context.facts.shape(g)
    same = sizes is not None and known is not None and len(sizes) == len(known)
    if same and not _reduced(op) and sizes == known and fits(g, op.result.type):
        return g  # type: ignore[return-value]
    inner = context.facts.definition(g, "expand_reduced")
    if inner is not None and axes(inner.args[0].type) == () and not inner.kwargs and not op.kwargs:
        return context.again(op, expand_reduced, inner.args[0], shape)
    return None


def _reduced(op: Call) -> bool:
    """Whether an ``expand_reduced`` puts axes back first."""
    options = dict(op.kwargs)
    keepdims = options.get("keepdims", Constant(False))
    return "axis" in options and keepdims != Constant(True)


def _compact(context: Context, op: Call, expanded: Call) -> Arg | None:
    """What broadcasts to the same as the result of an ``expand_reduced``, without being repeated."""
    g = expanded.args[0]
    if not _reduced(expanded):
        return g
    axis = dict(expanded.kwargs)["axis"]
    rank, where = len(axes(expanded.results[0].type) or ()), axes(g.type)
    if not is_constant(axis) or where is None:
        return None
    given = value_of(axis)
    places = sorted(k % rank for k in (given if isinstance(given, tuple | list) else (given,)))
    if places == list(range(len(places))):
        return g  # broadcasting puts leading axes back
    expand = REGISTRY.by_name.get("np.expand_dims")
    return None if expand is None else context.part(op, expand, g, axis)


def elementwise(context: Context, op: Call) -> Atom | Call | None:
    """Elementwise work on a repeated operand: on the operand itself, or not repeated at all."""
    if not isinstance(op.result.type, Array) or op.prim.spelling.style in ("method", "attribute"):
        return None  # a number has no methods of arrays
    repeats = [context.facts.definition(a, *REPEATS) for a in op.args]
    if not any(repeats) or _compares_in_another_precision(op, repeats):
        return None
    for k, expanded in enumerate(repeats):
        if expanded is None:
            continue
        others = [a for j, a in enumerate(op.args) if j != k and repeats[j] is None and not isinstance(a, Pack)]
        if any(has_shape_of(context.facts, a, op.args[k]) for a in others):
            compact = _compact(context, op, expanded)
            if compact is not None:
                args = (*op.args[:k], compact, *op.args[k + 1 :])
                return context.again(op, op.prim, *args, **dict(op.kwargs))
    return _inside(context, op, repeats)


def _compares_in_another_precision(op: Call, repeats: list[Call | None]) -> bool:
    """Whether Python's numbers, repeated to arrays of doubles, are compared with what is no double.

    A number itself would be compared as what the other operand is: 0.1 and float32's 0.1 are one then. Of all other
    operations the result's type tells.
    """
    if dtype_of(op.result) != "bool":
        return False
    numbers = [r.args[0].type for r in repeats if r is not None]
    weak = any(isinstance(t, Scalar) and t.weak for t in numbers)
    return weak and len({dtype_of(a) for a in op.args}) > 1


def dtype_of(arg: Arg) -> str | None:
    return arg.type.dtype if isinstance(arg.type, Array | Scalar) else None


def _inside(context: Context, op: Call, repeats: list[Call | None]) -> Call | None:
    """``op(expand_reduced(g), s)`` with a number ``s`` is ``expand_reduced(op(g, s))``.

    Not where there may be no axes: ``op`` gives a number then, and repeating a number would give an array.
    """
    if not axes(op.result.type):
        return None
    first = next(r for r in repeats if r is not None)
    args: list[Arg] = []
    for arg, expanded in zip(op.args, repeats, strict=True):
        if expanded is not None and _alike(expanded, first):
            args.append(expanded.args[0])
        elif isinstance(arg.type, Scalar):
            args.append(arg)
        else:
            return None
    small = context.like(op, op.prim, *args, **dict(op.kwargs))
    if small is None or not isinstance(small.results[0].type, Array | Scalar):
        return None
    trial = context.like(op, first.prim, small.results[0], *first.args[1:], **dict(first.kwargs))
    if trial is None or not fits(trial.results[0], op.result.type):
        return None
    inner = context.part(op, op.prim, *args, **dict(op.kwargs))
    return None if inner is None else context.again(op, first.prim, inner, *first.args[1:], **dict(first.kwargs))


def _alike(a: Call, b: Call) -> bool:
    left, right = dict(a.kwargs), dict(b.kwargs)
    same = a.prim is b.prim and list(left) == list(right) and axes(a.args[0].type) == axes(b.args[0].type)
    return same and same_arg(a.args[1], b.args[1]) and all(map(same_arg, left.values(), right.values()))


def _stored(context: Context, op: Call) -> Call | None:
    """A store repeats a number by itself."""
    expanded = context.facts.definition(op.args[2], *REPEATS)
    if expanded is None or axes(expanded.args[0].type) != ():
        return None
    return context.again(op, op.prim, op.args[0], op.args[1], expanded.args[0])


def _filled(context: Context, op: Call) -> Call | None:
    """What is stored into is a buffer filled with a number, not a number that looks like an array."""
    expanded = context.facts.definition(op.args[0], *REPEATS)
    if expanded is None or axes(expanded.args[0].type) != ():
        return None
    buffer = context.part(op, full, expanded.args[1], expanded.args[0])
    return None if buffer is None else context.again(op, op.prim, buffer, *op.args[1:])


def _spread_further(context: Context, op: Call) -> Call | None:
    """A number repeated over a shape, with axes of one put in, is the number repeated over the longer shape."""
    repeat, axis = context.facts.definition(op.args[0], *REPEATS), op.args[1]
    if repeat is None or repeat.kwargs or axes(repeat.args[0].type) != () or not is_constant(axis):
        return None
    shape, given = repeat.args[1], value_of(axis)
    if not isinstance(shape, Pack):
        return None
    places = given if isinstance(given, tuple | list) else (given,)
    rank = len(shape.items) + len(places)
    new, rest = {k % rank for k in places}, iter(shape.items)
    longer = tuple(Constant(1) if k in new else next(rest) for k in range(rank))
    return context.again(op, repeat.prim, repeat.args[0], Pack("tuple", longer))


def _transposed(context: Context, op: Call) -> Atom | None:
    inner = context.facts.definition(op.args[0], "ndarray.T", "np.transpose")
    if inner is None or op.kwargs or inner.kwargs or len(op.args) > 1 or len(inner.args) > 1:
        return None
    return inner.args[0] if fits(inner.args[0], op.result.type) else None  # type: ignore[return-value]


def _transposed_back(context: Context, op: Call) -> Atom | None:
    """A sparse matrix that is transposed twice."""
    inner = context.facts.definition(op.args[0], "sparse_transposed")
    return None if inner is None else inner.args[0]  # type: ignore[return-value]


def _not_moved(context: Context, op: Call) -> Atom | None:
    """``np.moveaxis(x, 1, 1)``."""
    rank, given = len(axes(op.args[0].type) or ()), op.args[1:3]
    if not rank or len(given) < 2 or not all(map(is_constant, given)):
        return None
    source, destination = ([k] if isinstance(k, int) else list(k) for k in map(value_of, given))
    alike = [k % rank for k in source] == [k % rank for k in destination]
    return op.args[0] if alike and fits(op.args[0], op.result.type) else None  # type: ignore[return-value]


def _read_reduced(context: Context, op: Call) -> Call | None:
    """``np.sum(x, axis=1, keepdims=True)[:, 0]`` keeps no axis to take it away again; ``np.sum(x, axis=1)[:, None]``
    keeps the one that it puts back.
    """
    array, index = op.args
    negated = context.facts.definition(array, "neg") if context.facts.single(array) else None
    reduced = context.facts.definition(array if negated is None else negated.args[0], *REDUCTIONS)
    if reduced is None or not context.facts.single(reduced.result):
        return None
    options = dict(reduced.kwargs)
    keeps, axis = options.pop("keepdims", Constant(False)) == Constant(True), options.get("axis")
    items = index.items if isinstance(index, Pack) and index.kind == "tuple" else (index,)
    rank, picked = len(axes(reduced.args[0].type) or ()), Constant(0) if keeps else Constant(None)
    if axis is None or not is_constant(axis) or not rank or len(items) > rank:
        return None
    given = value_of(axis)
    gone = {k % rank for k in (given if isinstance(given, tuple | list) else (given,))}
    if {k for k, item in enumerate(items) if item == picked} != gone or any(
        item != picked and not _is_whole(item) for item in items
    ):
        return None
    if not keeps:
        options["keepdims"] = Constant(True)
    if negated is None:
        return context.again(op, reduced.prim, *reduced.args, **options)
    total = context.part(op, reduced.prim, *reduced.args, **options)
    return None if total is None else context.again(op, negated.prim, total)


def _is_whole(item: Arg) -> bool:
    return isinstance(item, Pack) and item.kind == "slice" and all(i == Constant(None) for i in item.items)


def _reshaped(context: Context, op: Call) -> Atom | Call | None:
    if op.kwargs:
        return None
    a, shape = op.args
    if shape in (Constant(-1), Constant((-1,)), Pack("tuple", (Constant(-1),))):
        return _raveled(context, op)
    sizes, known = context.facts.sizes_of(shape), context.facts.shape(a)
    if sizes and sizes == known and fits(a, op.result.type):
        return a  # type: ignore[return-value]
    inner = context.facts.definition(a, "np.reshape")
    if inner is None or inner.kwargs:
        return None
    return context.again(op, op.prim, inner.args[0], shape)


def _raveled(context: Context, op: Call) -> Atom | None:
    """A vector is flat."""
    a = op.args[0]
    return a if isinstance(a, Value) and len(axes(a.type) or ()) == 1 and fits(a, op.result.type) else None


def _cast(context: Context, op: Call) -> Atom | None:
    """A conversion to what the operand is already."""
    x = op.args[0]
    same = isinstance(x, Value) and x.type == op.result.type
    if op.prim.name == "astype":
        dtype = op.args[1]
        same = same and isinstance(dtype, Ref | Constant) and isinstance(x.type, Array | Scalar)
        same = same and dtype_name(value_of(dtype)) == x.type.dtype and not op.kwargs  # type: ignore[union-attr]
    return x if same else None  # type: ignore[return-value]


BROADCASTS: dict[str, tuple[Rule, ...]] = {
    "shape": (_shape,),
    "dim": (_dim,),
    "len": (_dim,),
    "zero_of": (_like,),
    "np.zeros_like": (_like,),
    "np.ones_like": (_like,),
    "np.empty_like": (_like,),
    unbroadcast.name: (_unbroadcast,),
    expand_reduced.name: (_expand_reduced,),
    "np.broadcast_to": (_expand_reduced,),
    "store": (_stored, _filled),
    "accumulate": (_stored, _filled),
    "scatter_add": (_filled,),
    "getitem": (_read_reduced,),
    "np.expand_dims": (_spread_further,),
    "ndarray.T": (_transposed,),
    "np.transpose": (_transposed,),
    "sparse_transposed": (_transposed_back,),
    "np.moveaxis": (_not_moved,),
    "np.reshape": (_reshaped,),
    "np.ravel": (_raveled,),
    "astype": (_cast,),
    "float": (_cast,),
    "int": (_cast,),
    "np.asarray": (_cast,),
}
