"""Derivatives of elementwise functions: one partial derivative per operand.

Where a derivative is not defined: ``abs`` at 0 gives 0, ties of ``max`` and ``min`` share equally, ``x ** 0`` at 0
gives 0. *Guarded* are those whose value or slope may be infinite for finite operands: there a cotangent that is zero,
because ``where`` selected the other branch, has to stay zero.
"""

# A rule is named after its function; many of these names are builtins, and the formulas read best on one line each.
# ruff: noqa: A001, A002, E302, E305, E704, F811

import math

import numpy as np

from s2sad.prims.primitive import constant_of, is_constant
from s2sad.prims.runtime import (
    log_of_base,
    masked_product,
    modified_bessel,
    polygamma,
    reciprocal_or_zero,
    share,
    share_of_first,
)
from s2sad.rules.book import bilinear, constant, linear, partials


def divides(arguments):
    """Whether a quotient's divisor may be zero: it is not a number written out."""
    return not is_constant(arguments["x2"])


def singular_power(arguments):
    """Whether a power or its slope may be infinite, or no number: its exponent is no whole number from 1 upwards."""
    exponent = constant_of(arguments["x2"]) if is_constant(arguments["x2"]) else None
    return not (isinstance(exponent, int | float) and exponent >= 1 and exponent == int(exponent))


# Arithmetic


@linear("add", wrt=("x1", "x2"))
def add(ans_bar): return ans_bar, ans_bar
@linear("sub", wrt=("x1", "x2"))
def sub(ans_bar): return ans_bar, -ans_bar
@partials("mul")
def mul(x1, x2): return x2, x1
@partials("div", guarded=divides)
def div(x2, ans): return 1.0 / x2, -ans / x2
@partials("pow", guarded=singular_power)
def pow_(x1, x2, ans): return x2 * x1 ** (x2 - (x2 != 0)), ans * log_of_base(x1)
@partials("mod", guarded=divides)
def mod(x1, x2): return 1.0, -(x1 // x2)
@linear("neg")
def neg(ans_bar): return -ans_bar
@linear("pos")
def pos(ans_bar): return ans_bar
@partials("abs")
def abs_(x): return sign(x)
@partials("squared_modulus")
def squared_modulus(z): return 2.0 * z
@partials("max")
def max_(numbers, ans): return shares(numbers, ans, lambda x1, x2: (share_of_first(x1, x2), share(x2, x1)))
@partials("min")
def min_(numbers, ans): return shares(numbers, ans, lambda x1, x2: (share_of_first(x2, x1), share(x1, x2)))


def shares(numbers, ans, of_two):
    """How much of the greatest or smallest of several numbers each of them is: those that tie have equal parts."""
    if len(numbers) == 2:
        return of_two(numbers[0], numbers[1])
    chosen = [1.0 if x == ans else 0.0 for x in numbers]
    ties = sum(chosen[1:], chosen[0])
    ties = ties if ties > 0.0 else 1.0  # all are nan
    return tuple([chosen[k] / ties for k in range(len(chosen))])  # values without names are written shorter


@linear("float")
def float_(ans_bar): return ans_bar
@linear("ndarray.item")
def item(ans_bar, a): return np.broadcast_to(ans_bar, np.shape(a))

# Powers and roots (DLMF 4.2)

@partials(np.square)
def square(x): return 2.0 * x
@partials(np.sqrt, guarded=True)
def sqrt(ans): return 0.5 / ans
@partials(np.cbrt, guarded=True)
def cbrt(ans): return 1.0 / (3.0 * ans**2)
@partials(np.reciprocal, guarded=True)
def reciprocal(ans): return -(ans**2)
@partials(np.float_power, guarded=singular_power)
def float_power(x1, x2, ans): return x2 * x1 ** (x2 - (x2 != 0)), ans * log_of_base(x1)
@partials("squared_hypot")
def squared_hypot(x1, x2): return 2.0 * x1, 2.0 * x2
@partials(np.hypot)
def hypot(x1, x2, ans): return x1 * reciprocal_or_zero(ans), x2 * reciprocal_or_zero(ans)

# Exponentials and logarithms (DLMF 4.7)

@partials(np.exp, guarded=True)
def exp(ans): return ans
@partials(np.exp2, guarded=True)
def exp2(ans): return ans * math.log(2.0)
@partials(np.expm1, guarded=True)
def expm1(ans): return ans + 1.0
@partials(np.log, guarded=True)
def log(x): return 1.0 / x
@partials(np.log2, guarded=True)
def log2(x): return 1.0 / (x * math.log(2.0))
@partials(np.log10, guarded=True)
def log10(x): return 1.0 / (x * math.log(10.0))
@partials(np.log1p, guarded=True)
def log1p(x): return 1.0 / (1.0 + x)
@partials(np.logaddexp)
def logaddexp(x1, x2, ans): return np.exp(x1 - lifted(ans)), np.exp(x2 - lifted(ans))
@partials(np.logaddexp2)
def logaddexp2(x1, x2, ans): return np.exp2(x1 - lifted(ans)), np.exp2(x2 - lifted(ans))

def lifted(log):
    """The logarithm of a sum, of none too: that of 0 is put above those of its terms, which have slope 0 then."""
    return np.maximum(log, -1e38)

# Bessel functions: DLMF 10.29.1

@partials(np.i0)
def i0(x): return modified_bessel(1, x)
@partials("modified_bessel", wrt="x")
def modified_bessel_(n, x): return 0.5 * (modified_bessel(n - 1, x) + modified_bessel(n + 1, x))

@partials("normal_quantile")
def normal_quantile(ans): return math.sqrt(2.0 * math.pi) * math.exp(0.5 * ans**2)

# Trigonometry (DLMF 4.20, 4.24)

@partials(np.sin)
def sin(x): return np.cos(x)
@partials(np.cos)
def cos(x): return -np.sin(x)
@partials(np.tan, guarded=True)
def tan(ans): return 1.0 + ans**2
@partials(np.arcsin, guarded=True)
def arcsin(x): return 1.0 / np.sqrt(1.0 - x**2)
@partials(np.arccos, guarded=True)
def arccos(x): return -1.0 / np.sqrt(1.0 - x**2)
@partials(np.arctan)
def arctan(x): return 1.0 / (1.0 + x**2)
@partials(np.arctan2, guarded=True)
def arctan2(x1, x2): return x2 / (x1**2 + x2**2), -x1 / (x1**2 + x2**2)
@partials(np.sinc)
def sinc(x): return sinc_slope(x)
@partials(np.deg2rad)
def deg2rad(): return math.pi / 180.0
@partials(np.radians)
def radians(): return math.pi / 180.0
@partials(np.rad2deg)
def rad2deg(): return 180.0 / math.pi
@partials(np.degrees)
def degrees(): return 180.0 / math.pi

# Hyperbolic functions (DLMF 4.34, 4.38)

@partials(np.sinh, guarded=True)
def sinh(x): return np.cosh(x)
@partials(np.cosh, guarded=True)
def cosh(x): return np.sinh(x)
@partials(np.tanh)
def tanh(ans): return 1.0 - ans**2
@partials(np.arcsinh)
def arcsinh(x): return 1.0 / np.sqrt(x**2 + 1.0)
@partials(np.arccosh, guarded=True)
def arccosh(x): return 1.0 / np.sqrt(x**2 - 1.0)
@partials(np.arctanh, guarded=True)
def arctanh(x): return 1.0 / (1.0 - x**2)

# Choosing and bending

@partials(np.fabs)
def fabs(x): return sign(x)
@partials("greater")
def greater(x, y): return 1.0 - (x < y) - 0.5 * (x == y), (x < y) + 0.5 * (x == y)
@partials("lesser")
def lesser(x, y): return 1.0 - (x > y) - 0.5 * (x == y), (x > y) + 0.5 * (x == y)
@partials(np.maximum)
def maximum(x1, x2): return (x1 > x2) + 0.5 * (x1 == x2), (x1 < x2) + 0.5 * (x1 == x2)
@partials(np.minimum)
def minimum(x1, x2): return (x1 < x2) + 0.5 * (x1 == x2), (x1 > x2) + 0.5 * (x1 == x2)
@partials(np.fmax)
def fmax(x1, x2, ans): return (x1 == ans) / (1.0 + (x1 == x2)), (x2 == ans) / (1.0 + (x1 == x2))
@partials(np.fmin)
def fmin(x1, x2, ans): return (x1 == ans) / (1.0 + (x1 == x2)), (x2 == ans) / (1.0 + (x1 == x2))
@partials("np.clip")
def clip(a, a_min, a_max): return within(a, a_min, a_max), below(a, a_min), above(a, a_max)
@linear(np.where, wrt=("x", "y"))
def where(ans_bar, condition): return np.where(condition, ans_bar, 0.0), np.where(condition, 0.0, ans_bar)
@partials(np.copysign)
def copysign(x1, x2): return np.sign(x1) * np.copysign(1.0, x2), None
@partials(np.heaviside)
def heaviside(x1): return None, x1 == 0
@partials(np.fmod, guarded=divides)
def fmod(x1, x2): return 1.0, -np.trunc(x1 / x2)
@linear(np.ldexp, wrt="x1")
def ldexp(ans_bar, x2): return np.ldexp(ans_bar, x2)
@partials(np.nextafter)
def nextafter(): return 1.0, None
@partials("np.nan_to_num")
def nan_to_num(x): return np.isfinite(x)


def sign(x):
    """The sign of a number, 0 at 0; of a Python number without NumPy, which is slow on single numbers."""
    return np.sign(x) if isinstance(x, np.ndarray | np.generic) else (x > 0) - (x < 0)


def within(a, a_min, a_max):
    if a_min is None and a_max is None:
        return 1.0
    if a_max is None:
        return a >= a_min
    if a_min is None:
        return a <= a_max
    return (a >= a_min) & (a <= a_max)


def below(a, a_min):
    return None if a_min is None else a < a_min


def above(a, a_max):
    return None if a_max is None else a > a_max


def sinc_slope(x):
    """Derivative of ``sin(pi x) / (pi x)``; near 0 by its series, which differentiates to any order that is asked."""
    near = np.abs(x) < 0.03
    far = np.where(near, 1.0, x)
    t = (math.pi * x) ** 2
    series = math.pi**2 * x * (t * (t * (t / 45360.0 - 1.0 / 840.0) + 1.0 / 30.0) - 1.0 / 3.0)
    return np.where(near, series, (np.cos(math.pi * far) - np.sinc(far)) / far)


# The math module (DLMF 4, 5, 7)

@partials("math.sqrt", guarded=True)
def math_sqrt(ans): return 0.5 / ans
@partials("math.exp")
def math_exp(ans): return ans
@partials("math.expm1")
def math_expm1(ans): return ans + 1.0
@partials("math.log", guarded=True)
def math_log(x): return 1.0 / x
@partials("math.log2", guarded=True)
def math_log2(x): return 1.0 / (x * math.log(2.0))
@partials("math.log10", guarded=True)
def math_log10(x): return 1.0 / (x * math.log(10.0))
@partials("math.log1p", guarded=True)
def math_log1p(x): return 1.0 / (1.0 + x)
@partials("math.pow", guarded=singular_power)
def math_pow(x1, x2, ans): return x2 * x1 ** (x2 - (x2 != 0)), ans * log_of_base(x1)
@partials("math.hypot")
def math_hypot(x1, x2, ans): return x1 * reciprocal_or_zero(ans), x2 * reciprocal_or_zero(ans)
@partials("squared_root")
def squared_root(): return 1.0
@partials("squared_root_of_number")
def squared_root_of_number(): return 1.0
@partials("squared_hypotenuse")
def squared_hypotenuse(x1, x2): return 2.0 * x1, 2.0 * x2
@partials("math.sin")
def math_sin(x): return math.cos(x)
@partials("math.cos")
def math_cos(x): return -math.sin(x)
@partials("math.tan")
def math_tan(ans): return 1.0 + ans**2
@partials("math.asin", guarded=True)
def math_asin(x): return 1.0 / math.sqrt(1.0 - x**2)
@partials("math.acos", guarded=True)
def math_acos(x): return -1.0 / math.sqrt(1.0 - x**2)
@partials("math.atan")
def math_atan(x): return 1.0 / (1.0 + x**2)
@partials("math.atan2", guarded=True)
def math_atan2(x1, x2): return x2 / (x1**2 + x2**2), -x1 / (x1**2 + x2**2)
@partials("math.sinh")
def math_sinh(x): return math.cosh(x)
@partials("math.cosh")
def math_cosh(x): return math.sinh(x)
@partials("math.tanh")
def math_tanh(ans): return 1.0 - ans**2
@partials("math.asinh")
def math_asinh(x): return 1.0 / math.sqrt(x**2 + 1.0)
@partials("math.acosh", guarded=True)
def math_acosh(x): return 1.0 / math.sqrt(x**2 - 1.0)
@partials("math.atanh", guarded=True)
def math_atanh(x): return 1.0 / (1.0 - x**2)
@partials("math.erf")
def math_erf(x): return 2.0 / math.sqrt(math.pi) * math.exp(-(x**2))
@partials("math.erfc")
def math_erfc(x): return -2.0 / math.sqrt(math.pi) * math.exp(-(x**2))
@partials("math.gamma")
def math_gamma(x, ans): return ans * polygamma(0, x)
@partials("math.lgamma")
def math_lgamma(x): return polygamma(0, x)
@partials("math.fabs")
def math_fabs(x): return sign(x)
@partials("math.copysign")
def math_copysign(x1, x2): return sign(x1) * math.copysign(1.0, x2), None
@partials("math.fmod", guarded=divides)
def math_fmod(x1, x2): return 1.0, -math.trunc(float(x1 / x2))
@partials("math.remainder", guarded=divides)
def math_remainder(x1, x2): return 1.0, -round(x1 / x2)
@linear("math.ldexp", wrt="x1")
def math_ldexp(ans_bar, x2): return math.ldexp(ans_bar, x2)
@partials("math.nextafter")
def math_nextafter(): return 1.0, None
@partials("math.degrees")
def math_degrees(): return 180.0 / math.pi
@partials("math.radians")
def math_radians(): return math.pi / 180.0

if hasattr(math, "fma"):
    @partials("math.fma")
    def math_fma(x, y): return y, x, 1.0
if hasattr(math, "cbrt"):
    @partials("math.cbrt", guarded=True)
    def math_cbrt(ans): return 1.0 / (3.0 * ans**2)
    @partials("math.exp2")
    def math_exp2(ans): return ans * math.log(2.0)

# Constant wherever they have a derivative

constant("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor", "invert", "lshift", "rshift", "not", "floordiv")
constant("bisect.bisect_left", "bisect.bisect_right")
constant("share", "share_of_first", "int", "bool", "len", "round")
constant("dim", "shape", "np.ndim", "np.size", "list_len", "str.format")
constant(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.signbit, np.spacing, np.gcd, np.lcm)
constant(np.isnan, np.isinf, np.isfinite, np.isposinf, np.isneginf, np.isclose)
constant(np.logical_and, np.logical_or, np.logical_not, np.logical_xor)
constant("math.floor", "math.ceil", "math.trunc", "math.isqrt", "math.factorial", "math.comb", "math.perm", "math.ulp")
constant("math.isnan", "math.isinf", "math.isfinite", "math.isclose", "math.gcd", "math.lcm")

# The helpers of generated code

@bilinear("masked_product")
def masked(ans_bar, g, x): return masked_product(ans_bar, x), masked_product(g, ans_bar)
@partials("reciprocal_or_zero")
def safe_reciprocal(ans): return -(ans**2)
@partials("log_of_base")
def logarithm(x): return reciprocal_or_zero(x)
@partials("polygamma", wrt="x")
def digamma(n, x): return polygamma(n + 1, x)
