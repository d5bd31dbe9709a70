"""How products batch: sums of products with one more label, written as an expert would for the ranks at hand."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from s2sad.ir.core import Arg, Atom, Call, Literal, Pack
from s2sad.ir.types import Array, Scalar
from s2sad.prims.products import contracted, subscripts_of
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batches, dtype_ref, literal
from s2sad.rules.batching_reductions import flat

NONE = Literal(None)


def at(b: Batch, array: Atom, *items: Arg) -> Atom:
    """A view of an array."""
    return b.call("getitem", array, Pack("tuple", items))


def inner_of_rows(b: Batch, x: Atom, y: Atom) -> Atom:
    """The product of two vectors in every row; one of them may be the same in all."""
    t = x.type
    assert isinstance(t, Scalar | Array)
    if t.dtype in ("bool", "i8", "i16", "i32", "u8", "u16", "u32"):  # a sum of these is of another dtype
        left, right = ("ab" if len(a.type.axes) > 1 else "b" for a in (x, y))  # type: ignore[union-attr, arg-type]
        return b.call("np.einsum", f"{left},{right}->a", x, y)
    return b.call("np.sum", b.call("mul", x, y), axis=Literal(1))


@batches("matmul")
def matmul(b: Batch, call: Call, moved: set[str]) -> Result:
    return product(b, *call.args)


def product(b: Batch, x1: Arg, x2: Arg) -> Atom:
    """``x1 @ x2`` in every row."""
    left, right = b.ndim(x1), b.ndim(x2)
    x, y = b.atom(x1), b.atom(x2)
    both = b.varies(x1) and b.varies(x2)
    if left == right == 1:
        if both:
            return inner_of_rows(b, x, y)
        return b.call("matmul", x, y) if b.varies(x1) else b.call("matmul", y, x)
    if right == 1:
        if both:
            y = at(b, b.aligned(x2, max(left - 1, 1)), *(COLON,) * max(left, 2), NONE)
            return at(b, b.call("matmul", x, y), *(COLON,) * left, Literal(0))
        if b.varies(x1):
            return b.call("matmul", x, y)
        if left == 2:
            return b.call("matmul", y, b.call("ndarray.T", x))
        y = at(b, b.aligned(x2, left - 1), *(COLON,) * left, NONE)
        return at(b, b.call("matmul", x, y), Literal(Ellipsis), Literal(0))
    if left == 1:
        if b.varies(x1) and (both or right > 2):
            x = at(b, b.aligned(x1, right - 1), *(COLON,) * (right - 1), NONE, COLON)
            return at(b, b.call("matmul", x, y), Literal(Ellipsis), Literal(0), COLON)
        return b.call("matmul", x, y)
    most = max(left, right)
    return b.call("matmul", b.aligned(x1, most), b.aligned(x2, most))


@batches("np.dot")
def dot(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args
    left, right = b.ndim(x), b.ndim(y)
    if not left or not right:
        return multiplied(b, call)
    if max(left, right) <= 2 or right == 1:
        return product(b, x, y)
    labels = string.ascii_letters
    first = labels[:left]
    second = labels[left : left + right - 2] + first[-1] + labels[left + right]
    return summed(b, (x, y), (first, second), first[:-1] + second.replace(first[-1], ""))


def multiplied(b: Batch, call: Call) -> Atom:
    """A product where one of the operands is a number."""
    x, y = call.args
    most = max(b.ndim(x), b.ndim(y))
    out = b.call("mul", b.aligned(x, most), b.aligned(y, most))
    if out.type.dtype != call.results[0].type.dtype:  # type: ignore[union-attr]
        raise RowByRow  # in a product of arrays, Python's numbers count as much as NumPy's
    return out


@batches("np.inner")
def inner(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args
    left, right = b.ndim(x), b.ndim(y)
    if not left or not right:
        return multiplied(b, call)
    if right == 1:
        return product(b, x, y)
    if left == 1:
        return product(b, y, x)
    labels = string.ascii_letters
    first = labels[:left]
    second = labels[left : left + right - 1] + first[-1]
    return summed(b, (x, y), (first, second), first[:-1] + second[:-1])


def summed(b: Batch, operands: Sequence[Arg], terms: Sequence[str], result: str, **options: Any) -> Atom:
    """An einsum, with one more label for the batch."""
    used = "".join(terms) + result
    label = next(c for c in string.ascii_letters if c not in used)
    named = [label + t if b.varies(x) else t for x, t in zip(operands, terms, strict=True)]
    return b.call("np.einsum", f"{','.join(named)}->{label}{result}", *map(b.atom, operands), **options)


@batches("np.einsum")
def einsum(b: Batch, call: Call, moved: set[str]) -> Result:
    operands = call.args[1:]
    subscripts = b.option(call, "subscripts")
    terms, result = subscripts_of(subscripts, [b.ndim(x) for x in operands])
    if "..." in subscripts and "->" in subscripts:  # keep the dots of the author
        text = subscripts.replace(" ", "")
        left, _, result = text.partition("->")
        terms = left.split(",")
    options = {"optimize": Literal(True)} if b.option(call, "optimize") else {}
    return summed(b, operands, terms, result, **options)


@batches("np.outer")
def outer(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args
    left = flat(b, x) if b.varies(x) else line(b, x)
    right = flat(b, y) if b.varies(y) else line(b, y)
    left = at(b, left, *(COLON,) * (2 if b.varies(x) else 1), NONE)
    if b.varies(y):
        right = at(b, right, COLON, NONE, COLON)
    return b.call("mul", left, right)


def line(b: Batch, x: Arg) -> Atom:
    """An array that is the same in every row, in one line."""
    atom = b.atom(x)
    return atom if b.ndim(x) == 1 else b.call("np.reshape", atom, Literal(-1))


@batches("np.vdot")
def vdot(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args
    left = flat(b, x) if b.varies(x) else line(b, x)
    right = flat(b, y) if b.varies(y) else line(b, y)
    if left.type.dtype[0] == "c":  # type: ignore[union-attr]
        left = b.call("np.conjugate", left)
    if not b.varies(x):
        left, right = right, left
    if not (b.varies(x) and b.varies(y)):
        return b.call("matmul", left, right)
    return inner_of_rows(b, left, right)


@batches("np.tensordot")
def tensordot(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args[:2]
    left, right = b.ndim(x), b.ndim(y)
    gone, met = contracted(b.option(call, "axes"), left, right)
    if moved == {"a"}:
        axes = Pack("tuple", (literal(tuple(k + 1 for k in gone)), literal(tuple(met))))
        return b.call("np.tensordot", b.atom(x), b.atom(y), axes=axes)
    labels = string.ascii_letters
    first = labels[:left]
    fresh = iter(labels[left:])
    second = "".join(first[gone[met.index(k)]] if k in met else next(fresh) for k in range(right))
    result = "".join(c for c in first + second if (first + second).count(c) == 1)
    return summed(b, (x, y), (first, second), result)


@batches("np.kron")
def kron(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args
    rank = max(b.ndim(x), b.ndim(y))
    if not rank:
        return multiplied(b, call)
    rows = []
    for arg in (x, y):
        atom = b.aligned(arg, rank)
        if not b.varies(arg):
            if not b.ndim(arg):
                return multiplied(b, call)
            atom = at(b, atom, *(NONE,) * (rank + 1 - b.ndim(arg)))
        rows.append(atom)
    if len(moved) == 1:
        return b.call("np.kron", *rows)
    first = at(b, rows[0], COLON, *(COLON, NONE) * rank)
    second = at(b, rows[1], COLON, *(NONE, COLON) * rank)
    blocks = b.call("mul", first, second)
    sizes = [b.call("mul", b.call("dim", rows[0], k), b.call("dim", rows[1], k)) for k in range(1, rank + 1)]
    return b.call("np.reshape", blocks, Pack("tuple", (b.size, *sizes)))


@batches("np.cross")
def cross(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = call.args[:2]
    left, right = b.ndim(x), b.ndim(y)
    most = max(left, right)
    both = b.option(call, "axis")
    names = ("axisa", "axisb", "axisc")
    axes = [both] * 3 if both is not None else [b.option(call, n) for n in names]
    axes = [k if k < 0 else k - rank for k, rank in zip(axes, (left, right, most), strict=True)]
    given = dict(zip(names, map(Literal, axes), strict=True))
    rows: dict[str, Any] = {}
    for n, arg, axis in (("a", x, axes[0]), ("b", y, axes[1])):
        if b.varies(arg) and b.ndim(arg) < most and axis != -1:
            raise RowByRow
        rows[n] = b.aligned(arg, most)
    return b.again(call, {**rows, **given, "axis": NONE})


# -- convolutions -----------------------------------------------------------------------------------------------------


@batches("np.convolve")
def convolve(b: Batch, call: Call, moved: set[str]) -> Result:
    """All rows in one line, with zeros between them where one would run into the next."""
    if moved != {"a"}:
        raise RowByRow
    b.needs_rows = True
    a, v = (b.atom(arg) for arg in call.args)
    length = b.call("dim", a, 1)
    width = b.call("add", length, b.call("sub", b.call("dim", v, 0), Literal(1)))
    dtype = a.type.dtype  # type: ignore[union-attr]
    apart = b.call("np.zeros", (b.size, width), **({} if dtype == "f64" else {"dtype": dtype_ref(dtype)}))
    first = Pack("tuple", (COLON, Pack("slice", (NONE, length, NONE))))
    apart = b.call("store", apart, first, a)
    line = b.call("np.convolve", b.call("np.ravel", apart), v)
    mine = b.call("getitem", line, Pack("slice", (NONE, b.call("mul", b.size, width), NONE)))
    return b.call("np.reshape", mine, Pack("tuple", (b.size, width)))


@batches("np.correlate")
def correlate(b: Batch, call: Call, moved: set[str]) -> Result:
    """All rows in one line; where one runs into the next is left out."""
    if moved != {"a"}:
        raise RowByRow
    b.needs_rows = True
    a, v = (b.atom(arg) for arg in call.args)
    reverse = b.call("getitem", v, Pack("slice", (NONE, NONE, Literal(-1))))
    if v.type.dtype[0] == "c":  # type: ignore[union-attr]
        reverse = b.call("np.conjugate", reverse)
    line = b.call("np.convolve", b.call("np.ravel", a), reverse)
    more = b.call("sub", b.call("dim", v, 0), Literal(1))
    mine = b.call("getitem", line, Pack("slice", (more, NONE, NONE)))
    rows = b.call("np.reshape", mine, Pack("tuple", (b.size, Literal(-1))))
    width = b.call("sub", b.call("dim", a, 1), more)
    return at(b, rows, COLON, Pack("slice", (NONE, width, NONE)))
