"""Rules of arithmetic that keep every bit that matters: dtype, shape, NaN and infinity. A zero may change its sign
where it is added to another zero; nothing else changes beyond the rounding of one operation.

What is *not* here, and why: ``x * 0 -> 0`` (loses shape and NaN), ``x - x -> 0`` (NaN), ``x + 0.0 -> x`` (-0.0),
``(x * 2.0) * 3.0 -> x * 6.0`` and other regrouping of floats.
"""

from __future__ import annotations

import math

from s2sad.ir.core import Arg, Atom, Call, Pack, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Scalar, Type, axes, is_inexact
from s2sad.passes.context import Context, Rule
from s2sad.passes.facts import fits, has_shape_of
from s2sad.passes.rewriter import is_literal
from s2sad.prims.broadcasting import expand_reduced
from s2sad.prims.python import add, div, floordiv, mul, neg, pow_, sub
from s2sad.prims.structure import dim, list_len


def negated(context: Context, arg: Arg) -> Arg | None:
    """``b`` where the operand is ``-b``: a negation that nobody else reads, or a negative literal."""
    if isinstance(arg, Constant):
        negative = isinstance(arg.value, int | float) and not isinstance(arg.value, bool) and str(arg.value)[0] == "-"
        return Constant(-arg.value) if negative else None
    op = context.facts.definition(arg, "neg")
    if op is not None and is_inexact(op.results[0].type) and context.facts.single(arg):
        return op.args[0]
    return None


def negated_term(context: Context, arg: Arg) -> Arg | None:
    """``b`` where a term is ``-b``, also where the minus stands at a factor: ``(-a) * b``."""
    plain = negated(context, arg)
    if plain is not None or isinstance(arg, Constant):
        return plain
    op = context.facts.definition(arg, "mul", "div")
    if op is None or not context.facts.single(arg) or not is_inexact(op.results[0].type):
        return None
    for k, factor in enumerate(op.args):
        base = negated(context, factor)
        if base is not None:
            operands = (base, op.args[1]) if k == 0 else (op.args[0], base)
            return context.part(op, op.prim, *operands)
    return None


def is_real(t: Type) -> bool:
    return is_inexact(t) and isinstance(t, Array | Scalar) and t.dtype[0] == "f"


def _same_axes(a: Arg, b: Arg) -> bool:
    return isinstance(a.type, Array | Scalar) and isinstance(b.type, Array | Scalar) and axes(a.type) == axes(b.type)


def _add(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    for zero, term in ((a, b), (b, a)):
        if (context.facts.definition(zero, "zero_of") or _never(context, zero)) and _stands(context, op, term, zero):
            return term  # type: ignore[return-value]
    for term, other in ((b, a), (a, b)):
        base = negated_term(context, term)
        if base is not None:
            return context.again(op, sub, other, base)
    if a is b and is_real(op.result.type):  # of complex numbers NumPy makes 2 + 0j, and 0 * inf is NaN
        return context.again(op, mul, 2.0, a)
    return _offset(context, op, 1)


def _sub(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    if context.facts.definition(b, "zero_of") and _stands(context, op, a, b):
        return a  # type: ignore[return-value]
    if is_literal(b, 0) and fits(a, op.result.type):
        return a  # type: ignore[return-value]
    if context.facts.definition(a, "zero_of") and _stands(context, op, b, a):
        return context.again(op, neg, b)
    base = negated_term(context, b)
    if base is not None:
        return context.again(op, add, a, base)
    base = None if isinstance(a, Constant) else negated(context, a)
    if base is not None:
        total = context.part(op, add, base, b)
        return None if total is None else context.again(op, neg, total)
    return _offset(context, op, -1)


def _never(context: Context, mask: Arg) -> bool:
    """Whether it is ``False & x``, of which every item is 0 where it is added."""
    both = context.facts.definition(mask, "and_")
    return both is not None and any(isinstance(a, Constant) and a.value is False for a in both.args)


def _stands(context: Context, op: Call, term: Arg, other: Arg) -> bool:
    """Whether ``term`` alone has the type of the result and the shape that ``other`` gives it."""
    return fits(term, op.result.type) and has_shape_of(context.facts, term, other)


def _offset(context: Context, op: Call, sign: int) -> Atom | Call | None:
    """Python ints are exact: ``(n - 1) + 1 -> n``, ``(i + 1) + 1 -> i + 2``."""
    a, b = op.args
    if not _python_int(a) or not _python_int(b) or not isinstance(b, Constant):
        return None
    shift = sign * b.value
    inner = context.facts.definition(a, "add", "sub")
    if inner is not None and isinstance(inner.args[1], Constant) and _python_int(inner.args[0]):
        step = inner.args[1].value
        shift += step if inner.prim is add else -step
        a = inner.args[0]
    elif shift != 0:
        return None
    if shift == 0:
        return a if fits(a, op.result.type) else None  # type: ignore[return-value]
    return context.again(op, add if shift > 0 else sub, a, abs(shift))


def _python_int(arg: Arg) -> bool:
    return isinstance(arg.type, Scalar) and arg.type.weak and arg.type.dtype == "i64"


def _mul(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    for one, other in ((a, b), (b, a)):
        if is_literal(one, 1) and fits(other, op.result.type):
            return other  # type: ignore[return-value]
        if is_literal(one, -1) and is_inexact(op.result.type):
            return context.again(op, neg, other)
        power = context.facts.definition(one, "pow")
        if power is not None and is_literal(power.args[1], 0) and fits(other, op.result.type) and has_shape_of(
            context.facts, other, one
        ):
            return other  # type: ignore[return-value]  # x ** 0 is 1 for every x, NaN included
    if not is_inexact(op.result.type):
        return None
    regrouped = _regrouped(context, op)
    if regrouped is not None:
        return regrouped
    for k, (factor, other) in enumerate(((a, b), (b, a))):
        reciprocal = context.facts.definition(factor, "div")
        if reciprocal is not None and is_literal(reciprocal.args[0], 1) and context.facts.single(factor):
            return context.again(op, div, other, reciprocal.args[1])
        if isinstance(factor, Constant):
            continue
        base = negated(context, factor)
        if base is None:
            continue
        if isinstance(other, Constant) and isinstance(other.value, int | float):
            turned = Constant(-other.value)
            return context.again(op, mul, *((base, turned) if k == 0 else (turned, base)))
        if _same_axes(base, op.result):
            product = context.part(op, mul, *((base, other) if k == 0 else (other, base)))
            return None if product is None else context.again(op, neg, product)
    return None


def _regrouped(context: Context, op: Call) -> Call | None:
    """``0.5 * (3 * x)``: two constants make one where one of them is a power of two, by which products are exact.

    Not where the inner product is one of integers, which may wrap around. ``0.5 * (2 * x)`` of an array is left: ``x``
    itself would share its buffer with what becomes of it, and be copied first. Constants over something count as well:
    ``(0.5 / y) * (2 * x)`` is ``x / y``, ``2 * (0.5 / y * x)`` too.
    """
    for outer, rest in (op.args, op.args[::-1]):
        inner = context.facts.definition(rest, "mul")
        if not _number(outer) or inner is None or not context.facts.single(rest) or not is_inexact(rest.type):
            continue
        for constant, x in (inner.args, inner.args[::-1]):
            if not _number(constant) or not (_power_of_two(outer) or _power_of_two(constant)):
                continue
            product = outer.value * constant.value  # type: ignore[union-attr]
            if abs(product) != 1:
                return context.again(op, mul, product, x)
            if product == 1 and fits(x, op.result.type) and isinstance(x.type, Scalar):
                return x  # type: ignore[return-value]
            return None
    return _over(context, op)


def _over(context: Context, op: Call) -> Call | None:
    """A product of constants one of which is over something, as ``_regrouped`` says."""
    for one, other in (op.args, op.args[::-1]):
        quotient = context.facts.definition(one, "div")
        product = context.facts.definition(other, "mul") if is_inexact(other.type) else None
        if quotient is not None and _number(quotient.args[0]):
            below = quotient.args[1]
            if _number(other) and context.facts.single(one) and (k := _exact(quotient.args[0], other)) is not None:
                return context.again(op, div, k, below)
            if product is not None and context.facts.single(other):
                for constant, x in (product.args, product.args[::-1]):
                    if _number(constant) and _exact(quotient.args[0], constant) == 1:
                        return context.again(op, div, x, below)
        if product is not None and _number(one) and context.facts.single(other):
            for factor, x in (product.args, product.args[::-1]):
                inner = context.facts.definition(factor, "div")
                if inner is not None and context.facts.single(factor) and _exact(inner.args[0], one) == 1:
                    return context.again(op, div, x, inner.args[1])
    return None


def _exact(a: Arg, b: Arg) -> float | None:
    """The product of two constants by one of which products are exact."""
    if not _number(a) or not _number(b) or not (_power_of_two(a) or _power_of_two(b)):
        return None
    return a.value * b.value  # type: ignore[no-any-return, union-attr]


def _number(arg: Arg) -> bool:
    return isinstance(arg, Constant) and type(arg.value) in (int, float)


def _power_of_two(arg: Arg) -> bool:
    assert isinstance(arg, Constant)
    return arg.value != 0 and math.isfinite(arg.value) and abs(math.frexp(arg.value)[0]) == 0.5


def _div(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    if is_literal(b, 1) and fits(a, op.result.type):
        return a  # type: ignore[return-value]
    for k, part in enumerate((a, b)):
        base = None if isinstance(part, Constant) else negated(context, part)
        if base is not None and _same_axes(base, op.result):
            quotient = context.part(op, div, *((base, b) if k == 0 else (a, base)))
            return None if quotient is None else context.again(op, neg, quotient)
    return None


def _neg(context: Context, op: Call) -> Atom | Call | None:
    (a,) = op.args
    inner = context.facts.definition(a, "neg")
    if inner is not None and fits(inner.args[0], op.result.type):
        return inner.args[0]  # type: ignore[return-value]
    product = context.facts.definition(a, "mul", "div")
    if product is None or not context.facts.single(a) or not is_inexact(op.result.type):
        return None
    x, y = product.args
    for factor in (x, y) if product.prim is mul else ():
        inner = context.facts.definition(factor, "mul")
        wraps = not is_inexact(factor.type)  # a product of integers
        if inner is not None and not wraps and context.facts.single(factor) and _number(inner.args[0]):
            turned = context.part(op, mul, -inner.args[0].value, inner.args[1])  # type: ignore[union-attr]
            return None if turned is None else context.again(op, mul, *((turned, y) if factor is x else (x, turned)))
    if isinstance(x, Constant) and type(x.value) in (int, float):
        return context.again(op, product.prim, -x.value, y)
    if product.prim is mul and isinstance(y, Constant) and type(y.value) in (int, float):
        return context.again(op, mul, x, -y.value)
    return None


def _sum(context: Context, op: Call) -> Call | None:
    """A sum of negated items is the negated sum."""
    base = None if isinstance(op.args[0], Constant) else negated(context, op.args[0])
    if base is None or not {k for k, _ in op.kwargs} <= {"axis", "keepdims"}:
        return None
    total = context.part(op, op.prim, base, *op.args[1:], **dict(op.kwargs))
    return None if total is None else context.again(op, neg, total)


def _pow(context: Context, op: Call) -> Atom | Call | None:
    base, exponent = op.args
    if is_literal(exponent, 1) and fits(base, op.result.type):
        return base  # type: ignore[return-value]
    t = op.result.type
    if is_literal(exponent, 0) and isinstance(t, Scalar) and t.weak and t.dtype in ("i64", "f64"):
        return Constant(1.0 if t.dtype == "f64" else 1)  # Python: x ** 0 is 1 for every x, NaN included
    rank = len(axes(t) or ())
    if is_literal(exponent, 0) and isinstance(t, Array) and t.dtype == "f64" and rank and fits(base, t):
        sizes = [context.part(op, dim, base, k) for k in range(rank)]
        if None not in sizes:
            return context.again(op, expand_reduced, 1.0, Pack("tuple", tuple(s for s in sizes if s is not None)))
    return None


def _floordiv(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    return a if is_literal(b, 1) and _python_int(a) and _python_int(b) else None  # type: ignore[return-value]


def _real_operand(context: Context, op: Call) -> Call | None:
    """A real operand that is made complex for the other one's sake: that is what the operation does itself."""
    for k, other in enumerate(op.args[::-1]):
        made = context.facts.definition(op.args[k], "astype")
        if made is None or not all(isinstance(a.type, Array) for a in (*made.args[:1], other)):
            continue
        real, cast = made.args[0].type.dtype, made.result.type.dtype  # type: ignore[union-attr]
        if (real, cast) in (("f64", "c128"), ("f32", "c64"), ("f128", "c256")) and other.type == op.result.type:
            operands = list(op.args)
            operands[k] = made.args[0]
            return context.again(op, op.prim, *operands)
    return None


def _equal(context: Context, op: Call) -> Call | None:
    """A number that is written out stands behind what it is compared with."""
    number, x = op.args
    written = isinstance(number, Constant) and isinstance(x, Value)
    return context.again(op, op.prim, x, number) if written else None


def _extreme(context: Context, op: Call) -> Atom | None:
    """``max(len(x), 0)`` and ``min(n, n)`` of Python's ints."""
    if len(op.args) != 2 or not all(map(_python_int, op.args)):
        return None
    a, b = op.args
    counts = context.facts.definition(a, dim.name, list_len.name) is not None
    same = a is b or (op.prim.name == "max" and counts and is_literal(b, 0))
    return a if same and fits(a, op.result.type) else None  # type: ignore[return-value]


ALGEBRA: dict[str, tuple[Rule, ...]] = {
    "eq": (_equal,),
    "max": (_extreme,),
    "min": (_extreme,),
    add.name: (_add, _real_operand),
    sub.name: (_sub, _real_operand),
    mul.name: (_mul, _real_operand),
    div.name: (_div,),
    neg.name: (_neg,),
    pow_.name: (_pow,),
    floordiv.name: (_floordiv,),
    "np.sum": (_sum,),
}
