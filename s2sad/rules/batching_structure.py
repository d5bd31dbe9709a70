"""How the language's own operations batch: sizes, lists, containers. (Items of arrays: ``rules.batching_items``.)"""

from __future__ import annotations

from s2sad.ir.core import Arg, Call, Literal
from s2sad.ir.types import Array, List, Scalar, Struct
from s2sad.ir.walk import map_arg
from s2sad.rules.batching import Batch, Result, RowByRow, batches

# -- sizes: the same in every row ------------------------------------------------------------------------------------


@batches("dim", way="same")
def dim(b: Batch, call: Call, moved: set[str]) -> Result:
    a, axis = call.args
    assert isinstance(axis, Literal)
    return b.call("dim", b.atom(a), axis.value if axis.value < 0 else axis.value + 1)


@batches("shape", "np.ndim", "np.size", way="same")
def of_a_row(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(call.prim, b.call("getitem", b.atom(call.args[0]), 0))


@batches("zero_of", way="leading axes")
def zero_of(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.again(call)


@batches("not")
def negated(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call("np.logical_not", b.atom(call.args[0]))


# -- lists and containers: as many items in every row, each of them for all rows ---------------------------------------


def fronts(b: Batch, arg: Arg) -> Arg:
    """All rows of everything in a structure that holds numbers."""
    return map_arg(arg, lambda a: b.front(a) if isinstance(a.type, Array | Scalar | List | Struct) else a)


def same_in_every_row(b: Batch, *args: Arg) -> None:
    if any(map(b.varies, args)):
        raise RowByRow


@batches("list_new", "build", way="leading axes")
def made_of(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.calls(call.prim, *(fronts(b, a) for a in call.args))[0]


@batches("list_repeat", way="leading axes")
def list_repeat(b: Batch, call: Call, moved: set[str]) -> Result:
    same_in_every_row(b, call.args[1])
    return b.call(call.prim, fronts(b, call.args[0]), b.of(call.args[1]))


@batches("list_append", "list_concat", "list_add", way="leading axes")
def both(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(call.prim, *(fronts(b, a) for a in call.args))


@batches("list_get", "list_slice", "item", way="leading axes")
def reached(b: Batch, call: Call, moved: set[str]) -> Result:
    same_in_every_row(b, call.args[1])
    return b.call(call.prim, b.atom(call.args[0]), b.of(call.args[1]))


@batches("list_pop", way="leading axes")
def list_pop(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.calls(call.prim, b.atom(call.args[0]))


@batches("list_len", way="same")
def list_len(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(call.prim, b.atom(call.args[0]))


@batches("list_set", "list_accumulate", way="leading axes")
def list_set(b: Batch, call: Call, moved: set[str]) -> Result:
    a, index, value = call.args
    same_in_every_row(b, index)
    return b.call(call.prim, fronts(b, a), b.of(index), fronts(b, value))

