"""How functions of one number batch: those of ``math`` by NumPy's of the same name, Python's own by NumPy's too."""

from __future__ import annotations

import functools

from s2sad.ir.core import Atom, Call, Literal, Ref
from s2sad.ir.types import Array, Scalar
from s2sad.prims.creation import FLOATS, INTEGERS
from s2sad.rules.batching import Batch, Result, RowByRow, batches, dtype_ref

SAME = {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "exp": "exp",
    "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p",
    "cbrt": "cbrt", "sqrt": "sqrt", "fabs": "fabs", "degrees": "degrees", "radians": "radians", "atan2": "arctan2",
    "copysign": "copysign", "fmod": "fmod", "nextafter": "nextafter", "hypot": "hypot", "pow": "float_power",
    "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "ldexp": "ldexp",
}  # fmt: skip
"""Functions of ``math`` and ``cmath`` that NumPy has under the same name, or another."""

COMPLEX = (
    "exp", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "log", "isnan", "isinf", "isfinite",
)  # fmt: skip


def of_dtype(b: Batch, atom: Atom, dtype: str) -> Atom:
    """An array of that dtype: itself, or another."""
    t = atom.type
    if isinstance(t, Scalar) or isinstance(t, Array) and t.dtype == dtype:
        return atom
    return b.call("astype", atom, FLOAT if dtype == "f64" else dtype_ref(dtype))


FLOAT = Ref(float, "float")


@batches(*(f"math.{name}" for name in SAME))
def math_function(b: Batch, call: Call, moved: set[str]) -> Result:
    operands = []
    for arg in call.args:
        atom = b.atom(arg)
        whole = isinstance(atom.type, Array) and atom.type.dtype == "i64"
        operands.append(atom if whole else of_dtype(b, atom, "f64"))
    return b.call(f"np.{SAME[call.prim.name.removeprefix('math.')]}", *operands)


@batches(*(f"cmath.{name}" for name in COMPLEX))
def complex_function(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(f"np.{SAME[call.prim.name.removeprefix('cmath.')]}", of_dtype(b, b.atom(call.args[0]), "c128"))


@batches("squared_hypotenuse")
def squared_hypotenuse(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call("squared_hypot", *(of_dtype(b, b.atom(arg), "f64") for arg in call.args))


@batches("squared_root_of_number")
def squared_root_of_number(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call("squared_root", of_dtype(b, b.atom(call.args[0]), "f64"))


@batches("math.floor", "math.ceil", "math.trunc")
def whole(b: Batch, call: Call, moved: set[str]) -> Result:
    atom = b.atom(call.args[0])
    if atom.type.dtype[0] in "iu":  # type: ignore[union-attr]
        return atom
    name = call.prim.name.removeprefix("math.")
    return b.call("astype", atom if name == "trunc" else b.call(f"np.{name}", atom), dtype_ref("i64"))


@batches("math.frexp")
def frexp(b: Batch, call: Call, moved: set[str]) -> Result:
    mantissa, exponent = b.calls("np.frexp", of_dtype(b, b.atom(call.args[0]), "f64"))
    return mantissa, of_dtype(b, exponent, "i64")


@batches("round")
def rounded(b: Batch, call: Call, moved: set[str]) -> Result:
    if len(call.args) + len(call.kwargs) > 1:
        raise RowByRow  # Python rounds to digits more carefully than NumPy
    return of_dtype(b, b.call("np.rint", b.atom(call.args[0])), "i64")


@batches("float", "int", "bool")
def converted(b: Batch, call: Call, moved: set[str]) -> Result:
    atom = b.atom(call.args[0])
    if b.ndim(call.args[0]):
        atom = b.call("np.reshape", atom, b.size)
    return of_dtype(b, atom, {"float": "f64", "int": "i64", "bool": "bool"}[call.prim.name])


@batches(*(f"np.{c.__name__}" for c in (*FLOATS, *INTEGERS)))
def cast(b: Batch, call: Call, moved: set[str]) -> Result:
    t = call.results[0].type
    assert isinstance(t, Scalar | Array)
    return of_dtype(b, b.atom(call.args[0]), t.dtype)


@batches("complex")
def complex_of(b: Batch, call: Call, moved: set[str]) -> Result:
    real, imag = call.args
    if b.ndim(real) or b.ndim(imag):
        raise RowByRow
    return b.call("add", b.atom(real), b.call("mul", Literal(1j), b.atom(imag)))


@batches("min")
def least(b: Batch, call: Call, moved: set[str]) -> Result:
    return functools.reduce(lambda x, y: b.call("lesser", x, y), map(b.atom, call.args))


@batches("max")
def greatest(b: Batch, call: Call, moved: set[str]) -> Result:
    return functools.reduce(lambda x, y: b.call("greater", x, y), map(b.atom, call.args))


@batches("share")
def share(b: Batch, call: Call, moved: set[str]) -> Result:
    """How much of the greater of two numbers the first is: all, nothing, or half where they tie."""
    x, y = map(b.atom, call.args)
    greater, tied = b.call("gt", x, y), b.call("eq", x, y)
    return b.call("add", greater, b.call("mul", Literal(0.5), tied))


@batches("share_of_first")
def share_of_first(b: Batch, call: Call, moved: set[str]) -> Result:
    x, y = map(b.atom, call.args)
    less, tied = b.call("gt", y, x), b.call("eq", x, y)
    return b.call("sub", b.call("sub", Literal(1.0), less), b.call("mul", Literal(0.5), tied))


@batches("normal_quantile", way="loop")
def of_one_number(b: Batch, call: Call, moved: set[str]) -> Result:
    raise RowByRow
