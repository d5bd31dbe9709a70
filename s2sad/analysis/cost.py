"""What a trace costs, counted and not timed: arithmetic operations on numbers, for given sizes of its arguments.

An elementwise operation counts the elements of its result, a reduction those of its operand, a product of matrices
``rows * columns * inner``, a solver or factorization the cube of its order. What is free (a view, a shape, arithmetic
on indices) counts nothing. A loop counts its body as often as it runs; a branch counts as its dearer side.

Sizes are the symbolic ones of ``analysis.sizes``, evaluated at the arguments. Where a size, or how often a loop runs,
hangs on numbers that only a run would tell, it is taken to be that of the operands, or once: then ``exact`` is False.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sad.analysis.affine import Affine
from s2sad.analysis.sizes import Sizes
from s2sad.ir.core import Apply, Arg, Atom, Call, For, If, Op, Pack, Trace, Value, While, atoms_of, values_of
from s2sad.ir.types import Array, List, Scalar

TYPICAL = 32  # an axis of which nothing is known
PRODUCTS = frozenset({"matmul", "np.dot", "np.inner", "np.tensordot", "np.einsum", "np.vdot", "np.outer", "np.kron"})
CUBES = frozenset({
    "np.linalg.solve", "np.linalg.inv", "np.linalg.det", "np.linalg.slogdet", "np.linalg.cholesky", "np.linalg.qr",
    "np.linalg.eigh", "np.linalg.eig", "np.linalg.svd", "np.linalg.pinv", "np.linalg.lstsq", "np.linalg.matrix_rank",
    "lu_of", "inverted_by",
})  # fmt: skip


@dataclass(slots=True)
class Cost:
    """``operations`` on numbers; ``calls``: how many operations of the trace run for them."""

    operations: float = 0.0
    calls: float = 0.0
    exact: bool = True

    def add(self, other: Cost, times: float = 1.0) -> None:
        """Count something else too, so many times."""
        self.operations += other.operations * times
        self.calls += other.calls * times
        self.exact = self.exact and other.exact


def cost(trace: Trace, samples: Mapping[Value, Any]) -> Cost:
    """The cost of a trace for arguments with the shapes, and integers with the values, of ``samples``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> trace = s2sad.trace(lambda A, x: np.sum(np.tanh(A @ x)), np.ones((3, 4)), np.ones(4))
    >>> sizes = {p.value: np.ones((3, 4)) if p.path == "A" else np.ones(4) for p in trace.params}
    >>> cost(trace, sizes)
    Cost(operations=18.0, calls=3.0, exact=True)
    """
    sizes = Sizes()
    sizes.note(trace.body.ops)
    return _Counter(sizes, samples).ops(trace.body.ops)


@dataclass
class _Counter:
    """The walk. ``known`` are shapes of arrays whose sizes no expression gives."""

    sizes: Sizes
    samples: Mapping[Value, Any]
    known: dict[Value, tuple[float, ...]] = field(default_factory=dict)
    exact: bool = True
    entered: list[Trace] = field(default_factory=list)

    def ops(self, ops: Iterable[Op]) -> Cost:
        out = Cost()
        for op in ops:
            out.add(self.op(op))
        return out

    def op(self, op: Op) -> Cost:
        match op:
            case Call():
                return self.call(op)
            case If(then=then, orelse=orelse):
                sides = self.ops(then.ops), self.ops(orelse.ops)
                return max(sides, key=lambda side: side.operations)
            case For(start=start, stop=stop, step=step, body=body):
                out = Cost()
                bounds = [self.number(a) for a in (start, stop, step)]
                if any(b is None for b in bounds) or not bounds[2]:
                    out.add(self.ops(body.ops))
                    out.exact = False
                else:
                    first, last, stride = (b for b in bounds if b is not None)
                    out.add(self.ops(body.ops), max(0.0, math.ceil((last - first) / stride)))
                return out
            case While(cond=cond, body=body):
                out = self.ops((*cond.ops, *body.ops))
                out.exact = False
                return out
            case Apply():
                return self.applied(op)

    def applied(self, op: Apply) -> Cost:
        """A call of a function, for arguments of the sizes of this call; one in itself counts nothing."""
        inner = op.callee.trace
        if inner is None or any(inner is outer for outer in self.entered):
            return Cost(exact=False)
        self.sizes.note(inner.body.ops)
        for param, arg in zip(inner.params, op.args, strict=False):
            if isinstance(param.value.type, Array) and not isinstance(arg, Pack) and (shape := self.shape(arg)):
                self.known[param.value] = shape
        self.entered.append(inner)
        out = self.ops(inner.body.ops)
        self.entered.pop()
        for result, leaf in zip(op.results, atoms_of(inner.result), strict=False):
            if isinstance(result.type, Array) and (shape := self.shape(leaf)):
                self.known[result] = shape
        out.exact = out.exact and len(inner.params) == len(op.args)
        return out

    def call(self, op: Call) -> Cost:
        self.exact = True
        for r in op.results:
            if isinstance(r.type, Array) and self.shape(r) is None:
                self.known[r] = self.like_operands(op, r.type)
                self.exact = False
        if op.prim.cost == "free" or op.prim.effect or not op.results:
            return Cost()
        operands = [s for a in values_of(*op.args, *(v for _, v in op.kwargs)) if (s := self.shape(a)) is not None]
        results = [s for r in op.results if (s := self.shape(r)) is not None]
        most = max((math.prod(s) for s in (*operands, *results)), default=1.0)
        name = op.prim.name
        if all(isinstance(r.type, Scalar) and r.type.dtype[0] in "iub" for r in op.results) and not operands:
            return Cost(exact=self.exact)
        if name in PRODUCTS and len(operands) > 1:
            sizes = [math.prod(s) for s in (*operands[:2], *results[:1])]
            most = math.sqrt(math.prod(sizes)) if len(sizes) == 3 else max(sizes)
        elif name in CUBES or name.startswith(("scipy.linalg.", "np.linalg.")) and operands and len(operands[0]) > 1:
            most = max(most, math.prod(operands[0]) * operands[0][-1])
        elif name.startswith("np.fft."):
            most *= max(1.0, math.log2(max(2.0, most)))
        return Cost(most, 1.0, self.exact)

    # -- sizes --------------------------------------------------------------------------------------------------------

    def shape(self, a: Atom) -> tuple[float, ...] | None:
        """The shape of a value as numbers; () for what is no array."""
        if not isinstance(a.type, Array) or not isinstance(a, Value):
            return (float(TYPICAL),) if isinstance(a.type, List) else ()
        if a in self.known:
            return self.known[a]
        if a in self.samples:
            return tuple(map(float, np.shape(self.samples[a])))
        shape = self.sizes.shape(a)
        if shape is None:
            return None
        out = [self.value(size) for size in shape]
        if any(n is None for n in out):
            return None
        self.known[a] = tuple(n for n in out if n is not None)
        return self.known[a]

    def like_operands(self, op: Call, t: Array) -> tuple[float, ...]:
        """A guess: as large as the largest operand."""
        operands = [self.shape(a) or () for a in values_of(*op.args)]
        largest = max(operands, key=math.prod, default=())
        rank = len(largest) if t.axes is None else len(t.axes)
        if len(largest) == rank:
            return largest
        each = math.prod(largest) ** (1.0 / rank) if rank and largest else float(TYPICAL)
        return (each,) * rank

    def number(self, a: Arg) -> float | None:
        """An integer as a number."""
        affine = self.sizes.integer(a)
        return None if affine is None else self.value(affine)

    def value(self, size: Affine) -> float | None:
        total = float(size.constant)
        for symbol, factor in size.terms.items():
            n = self.symbol(symbol)
            if n is None:
                return None
            total += factor * n
        return total

    def symbol(self, symbol: Any) -> float | None:
        match symbol:
            case Value():
                sample = self.samples.get(symbol)
                if isinstance(sample, int | np.integer):
                    return float(sample)
                return self.made(symbol)
            case ("axis", Value() as v, int() as k):
                if v in self.known:
                    return self.known[v][k] if k < len(self.known[v]) else None
                if v in self.samples:
                    shape = np.shape(self.samples[v])
                    return float(shape[k]) if k < len(shape) else None
                return None
            case ("clamped", inner):
                found = self.hashed(inner)
                return None if found is None else max(found, 0.0)
            case ("quotient", inner, int() as divisor, _):
                found = self.hashed(inner)
                return None if found is None else found // divisor
            case ("slice", n, *bounds):
                return self.sliced(n, bounds)
        return None

    def made(self, v: Value) -> float | None:
        """An integer that is computed of others."""
        op = self.sizes.makers.get(v)
        if op is None:
            return None
        if op.prim.name == "np.size" and isinstance(op.args[0], Value):
            shape = self.shape(op.args[0])
            return None if shape is None else math.prod(shape)
        numbers = [self.number(a) for a in op.args]
        if op.kwargs or any(n is None for n in numbers):
            return None
        match op.prim.name, numbers:
            case "mul", [float() as a, float() as b]:
                return a * b
            case "floordiv", [float() as a, float() as b] if b:
                return a // b
            case ("min" | "builtins.min"), [float(), *_]:
                return min(n for n in numbers if n is not None)
            case ("max" | "builtins.max"), [float(), *_]:
                return max(n for n in numbers if n is not None)
        return None

    def hashed(self, symbol: Any) -> float | None:
        """An affine expression that was made a symbol (see ``extents.hashable``)."""
        constant, terms = symbol
        return self.value(Affine(constant, dict(terms)))

    def sliced(self, n: Any, bounds: list[Any]) -> float | None:
        length = self.hashed(n)
        parts = [None if b is None else self.hashed(b) for b in bounds]
        if length is None or any(b is not None and p is None for b, p in zip(bounds, parts, strict=True)):
            return None
        given = [None if p is None else int(p) for p in parts]
        return float(len(range(int(length))[slice(*given)]))


def typical(params: Iterable[Value]) -> dict[Value, Any]:
    """Samples of parameters of which nothing but the type is known."""
    return {
        v: np.broadcast_to(0.0, tuple(1 if n == "1" else TYPICAL for n in v.type.axes or ()))
        for v in params if isinstance(v.type, Array)
    }  # fmt: skip
