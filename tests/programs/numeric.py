"""Numbers: integers beside floats, conversions, the functions of ``math`` and ``statistics``, draws, clocks."""

import datetime
import decimal
import fractions
import math
import statistics
import sys
import time

import numpy as np

from tests.programs import program

V = np.array([0.3, 1.2, 2.1, 0.7, 1.9])


@program(V, 7)
def indices_by_integer_arithmetic(x, n):
    quotient, rest = divmod(n, 3)
    parts = [(n >> 1) % 5, n.bit_length() % 5, (n ^ 5) & 3, ~n % 5, -n // 4 % 5, (n << 2 | 1) % 5]
    return sum(x[i] ** 2 for i in parts) + x[quotient % 5] * x[rest]


@program(1.3, 13)
def power_by_squaring(x, n):
    result, base = 1.0, x
    while n:
        if n & 1:
            result *= base
        base *= base
        n >>= 1
    return result


@program(1.37)
def conversions(x):
    whole = int(x * 3)
    return (
        float(x) * whole + bool(x) * x + round(x, 0) + round(x) * x + abs(-x) + math.trunc(x) * x + math.floor(x)
        + math.ceil(x) * x**2
    )  # fmt: skip


@program(7.3, 2.1)
def parts_of_floats(x, y):
    quotient, rest = divmod(x, y)
    part, whole = math.modf(x)
    mantissa, exponent = math.frexp(x)
    return (
        quotient * x + rest + 2 * part + whole + math.ldexp(mantissa, exponent) * x + math.copysign(x, -y)
        + math.fmod(x, y) + math.remainder(x, y) + x % y + x // y
    )  # fmt: skip


@program(1.3, 0.6)
def functions_of_math(x, y):
    total = math.hypot(x, y, 2.0) + math.dist([x, y], [1.0, 2.0]) + math.fsum([x, y, x * y]) + math.prod([x, y, 2])
    total += math.log(x, y + 1) + math.log2(x) + math.cbrt(y) + math.exp2(x) + math.gamma(x) + math.lgamma(y)
    return total + math.erf(x) * math.erfc(y) + math.atan2(y, x) + math.expm1(x) * math.log1p(y)


@program(1.3, 6, 4)
def whole_numbers_beside_floats(x, n, k):
    weight = math.comb(n, k) + math.factorial(k) + math.perm(n, k) + math.gcd(n, k) + math.isqrt(n) + math.lcm(n, k)
    return weight * x**k + 2**n * x


@program(1.7, name="questions_no")
@program(3.0, name="questions_yes")
def questions(x):
    if math.isclose(x, 3.0, rel_tol=0.1) and x < 4.0:
        return x**2
    if x.is_integer() or math.isnan(x) or not math.isfinite(x):
        return 0.0 * x
    return x**3 if math.nextafter(x, 10.0) > x else x


@program(1.6)
def infinities_at_the_start(x):
    best, worst = float("inf"), -math.inf
    for value in [x, x * x, 2 - x]:
        if value < best:
            best = value
        worst = max(worst, value)
    return 0.0 if best == math.inf else best * worst


@program(1.6, 2.0)
def truth_values_as_numbers(x, y):
    return (x > 0) * y + (True + 1) * x + (x < y) * (y < 3) * x * y + sum([x > 0, y > 5]) * x + (not x) * y


@program(1.6, 2.0, name="chained_inside")
@program(0.6, 4.0, name="chained_left")
def chained_comparisons(x, y):
    if 1 < x < y < 3:
        return x * y
    return x if 0 <= x <= 1 < y else y


@program(V)
def conditions_on_arrays(x):
    total = x.sum() if (x > 2).any() and (x > 0).all() else x[0]
    if np.isclose(x[0], 0.3, atol=1e-2) and np.allclose(x, x) and np.array_equal(x, x):
        total *= 2
    return total * x[1]


@program(1.6)
def scalars_of_numpy(x):
    a, c = np.float64(x), np.array(x)
    return a * np.array(3.0) + c[()] * c.item() + float(c) + c * c + np.asarray(x) * 2 + np.float64("2.5") * a


@program(V, np.array([0, 2, 2, 4]))
def integer_arrays_as_indices(x, where):
    return np.sum(x[where] ** 2) + x[where[0]] * x[where[-1]]


@program(1.6, 3)
def powers(x, n):
    return x**0 + x**n + x**-1 + (-x) ** 3 + (-x) ** 2 + 2**n * x + 2.0**x + x**0.5 + 0**n * x + x**True


@program(V)
def builtins_on_arrays(x):
    total = max(x) + min(x) + sum(x) + sum(x, 1.0) + max(x[0], 0, 0.5) + min(3, x[1])
    return total + max([v * v for v in x]) + min(v for v in x) + sum(v for v in x if v > 1) + sorted(x)[2]


@program([0.3, 1.2, 2.1, 0.7])
def moments(data):
    spread = statistics.stdev(data) + statistics.pvariance(data) + statistics.variance(data) + statistics.pstdev(data)
    return statistics.mean(data) * statistics.fmean(data) + spread + statistics.median(data) + statistics.geometric_mean(data)


@program(1.6)
def exact_numbers(x):
    third = fractions.Fraction(1, 3)
    return float(third) * x + (third + fractions.Fraction(1, 4)) * x + float(decimal.Decimal("0.1")) * x**2


@program(1.6)
def limits_of_floats(x):
    return x * sys.float_info.epsilon * 1e16 + np.finfo(float).eps * 1e16 * x**2 + np.iinfo(np.int64).max * 1e-19 * x + math.tau


@program(1.6)
def years_between_dates(rate):
    held = datetime.date(2020, 1, 31) - datetime.date(2018, 12, 1)
    return math.exp(-rate * held.days / 365.0) + rate * datetime.timedelta(hours=3).total_seconds() * 1e-4


@program(1.6)
def timed(x):
    start = time.perf_counter()
    y = x * x + math.sin(x)
    elapsed = time.perf_counter() - start
    return y if elapsed < 1e6 else elapsed


@program(1.6)
def small_integers_overflow_as_in_numpy(x):
    a = np.array([250, 10], np.uint8) + np.uint8(10)
    return x * a[0] + x * a[1] + math.copysign(1.0, -0.0) * x


@program(V, 4)
def draws_of_a_seeded_generator(x, n):
    generator = np.random.default_rng(7)
    weights = generator.normal(size=n)
    return np.sum(weights * x[:n]) + generator.uniform(0.5, 1.5) * x[0] ** 2 + generator.standard_normal() * x[1]


@program(1.3, 1.9)
def draws_whose_parameters_move(mean, width):
    generator = np.random.default_rng(0)
    sample = generator.normal(mean, width, size=50)
    return np.mean(sample**2) + generator.exponential(mean) + generator.uniform(mean, width)


@program(V)
def draws_of_the_module(x):
    np.random.seed(3)
    return np.sum(np.random.uniform(0.0, 1.0, size=(5,)) * x) + np.random.rand() * x[0] + x[np.random.randint(0, 5)] ** 2


@program(1.6, 20)
def monte_carlo(x, n):
    generator = np.random.default_rng(0)
    total = 0.0
    for _ in range(n):
        u = generator.random()
        if u < 0.5:
            total += math.sin(u * x)
        else:
            total += x * x * u
    return total / n


@program(V)
def any_number_of_arguments(x):
    y = x
    for _ in range(2):
        y = np.sin(y) + x
    some = [v * v for v in y if v > 1.2]
    return math.hypot(*y) + math.hypot(*some, x[0]) + max(*some) - min(0.9, *y[1:]) + math.hypot(x[0], x[1], x[2])
