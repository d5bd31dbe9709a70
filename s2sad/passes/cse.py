"""Common subexpressions: what is computed already is not computed again, in the same region or in one nested in it.

In SSA two calls of a pure primitive with the same operands have the same value, stores in between or not: a store makes
a new value. Creation (``np.zeros``, ``zero_of``, lists) is left alone all the same: two chains of stores that begin at
one buffer would cost a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from s2sad.ir.core import Arg, Atom, Call, Op, Pack, Ref, Trace, Value, atoms_of
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, List, Object, Struct
from s2sad.passes.rewriter import Rewriter
from s2sad.prims.structure import accumulate, build, list_accumulate, scatter_add, store, zero_of

Key = tuple[object, ...]

UNSHARED = {build, zero_of, store, accumulate, scatter_add, list_accumulate}
BUFFERS = ("np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like", "np.copy", "np.array", "ndarray.copy")


def cse(trace: Trace) -> Trace:
    """The trace with each pure call made once where its first result can be seen.

    >>> from s2sad.ir.build import Builder
    >>> from s2sad.ir.core import Param, Region
    >>> from s2sad.ir.types import BOOL, FLOAT
    >>> from s2sad.prims.structure import dim
    >>> x, b = Value(Array("f64", ("n",)), "x"), Builder()
    >>> m, n = b.call(dim, x, 0, name="m"), b.call(dim, x, 0, name="n")
    >>> before = Trace("f", (Param(x, "x"),), Region((), tuple(b.ops), ()), Pack("tuple", (m, n)))
    >>> print(cse(before))
    f(x: f64[n]):
        m: i64 = x.shape[0]
        return (m, m)
    """
    return _Cse().trace(trace)


def cse_ops(ops: Sequence[Op]) -> tuple[tuple[Op, ...], Mapping[Value, Atom]]:
    """The operations, each pure call made once; and which value stands for each that is gone."""
    rewriter = _Cse()
    return rewriter.ops(ops), rewriter.mapping


class _Cse(Rewriter):
    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Key, tuple[Value, ...]] = {}
        self.scopes: list[list[Key]] = []  # what each open region added

    def enter(self) -> None:
        self.scopes.append([])

    def leave(self) -> None:
        for key in self.scopes.pop():
            del self.known[key]

    def call(self, op: Call) -> None:
        if not shareable(op):
            self.emit(op)
            return
        key = (op.prim, *map(_key, op.args), *((k, _key(v)) for k, v in op.kwargs))
        known = self.known.get(key)
        if known is None:
            self.known[key] = op.results
            if self.scopes:
                self.scopes[-1].append(key)
            self.emit(op)
        elif all(a.type == b.type for a, b in zip(known, op.results, strict=True)):
            for old, new in zip(op.results, known, strict=True):
                self.bind(old, new)
        else:
            self.emit(op)


def shareable(op: Call) -> bool:
    """Whether one result may serve two uses: a pure call, and not the making of a buffer to be stored into."""
    if op.prim.effect or op.prim in UNSHARED or op.prim.name in BUFFERS or not op.results:
        return False
    if any(isinstance(r.type, List | Struct | Object) for r in op.results):
        return False
    makes_array = any(isinstance(r.type, Array) for r in op.results)
    return not makes_array or any(isinstance(a.type, Array | List) for a in _operands(op.args))


def _operands(args: Iterable[Arg]) -> Iterable[Atom]:
    for arg in args:
        yield from atoms_of(arg)


def _key(arg: Arg) -> object:
    match arg:
        case Pack():
            return (arg.kind, arg.keys, arg.cls, *map(_key, arg.items))
        case Constant():
            return (type(arg.value), repr(arg.value))
        case Ref():
            return ("ref", arg.path, id(arg.value))
        case Value():
            return arg
