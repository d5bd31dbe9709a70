"""Cases by name: strings that hang on values, options, paths that would raise, results that may be None."""

import math

from tests.programs import program


def flow_regime(re):
    if re < 2000.0:
        return "laminar"
    if re < 4000.0:
        return "transition"
    if re < 1e5:
        return "turbulent"
    return "fully rough"


@program(500.0, 0.8, name="regime_laminar")
@program(3000.0, 0.8, name="regime_transition")
@program(2e4, 0.8, name="regime_turbulent")
@program(3e5, 0.8, name="regime_rough")
def nusselt_by_regime(re, pr):
    regime = flow_regime(re)
    if regime == "laminar":
        return 3.66 + 0.01 * math.sqrt(re) * pr
    weight = 0.5 if regime in ("transition", "turbulent") else 1.5
    exponent = {"transition": 0.7, "turbulent": 0.8, "fully rough": 0.85}[regime]
    return weight * 0.023 * re**exponent * pr**0.4


def ranked_methods(t, p):
    methods = []
    if t < 400.0:
        methods.append("wagner")
        methods.append("antoine")
    if p > 2.0:
        methods.append("corresponding states")
    methods.append("ideal")
    return methods


@program(350.0, 1.0, name="method_first")
@program(450.0, 3.0, name="method_second")
@program(450.0, 1.5, name="method_last")
def by_the_first_method(t, p):
    method = ranked_methods(t, p)[0]
    if method == "wagner":
        return math.exp(1.0 - 400.0 / t) * p
    elif method == "corresponding states":
        return t * p**1.5
    elif method == "ideal":
        return t / p
    else:
        raise ValueError(f"no such method: {method}")


class Unconverged(ArithmeticError):
    def __init__(self, message, iterations=None, error=None):
        super().__init__(message)
        self.iterations, self.error = iterations, error


@program(3.0, 1.2)
def secant_with_guards(x, start):
    """Raises with keyword arguments, tests for None, and an iteration that begins with no previous point."""
    previous = None
    p = start
    for k in range(40):
        f = p**3 - x
        if previous is None:
            step = -f / (3 * p * p)
        else:
            step = -f * (p - previous[0]) / (f - previous[1])
        if abs(step) < 1e-13:
            return p + step
        previous = (p, f)
        p += step
        if p < 0.0:
            raise Unconverged("left the domain", iterations=k, error=f)
    raise Unconverged("no convergence", iterations=40)


@program(2.5, 0.7)
def path_without_its_option(x, y, length=None, table=None, law=None):
    """The path that would fail for want of an option is not the one taken."""
    if x > 1.0:
        return x * y + x
    first = table[0] * law(y) + x / length
    return first if first > length else -table.slope


@program(2.0)
def none_where_there_is_no_root(x):
    if x < 0.0:
        return None
    return math.sqrt(x) * x


@program(0.3, name="optional_below")
@program(1.7, name="optional_above")
def compared_with_what_may_be_none(x):
    best = None
    if x > 1.0:
        best = x * x
    if best == 100.0 or best != best:
        return 0.0 * x
    if best is None:
        return x**3
    return best + math.sin(best)


def bisected(residual, low, high, args=(), turns=60, tolerance=None):
    """Guards before a loop that returns, a return for each way to converge, an exception after the last turn."""
    f_low = residual(low, *args)
    f_high = residual(high, *args)
    if f_low * f_high > 0.0:
        raise ValueError("no change of sign")
    elif f_low == 0.0:
        return low
    elif f_high == 0.0:
        return high
    width = high - low
    for _ in range(turns):
        width *= 0.5
        middle = low + width
        f_middle = residual(middle, *args)
        if f_middle * f_low >= 0.0:
            low = middle
        if f_middle == 0.0:
            return middle
        elif tolerance is not None:
            if width < 1e-9 and abs(f_middle) < tolerance:
                return middle
        elif width < 1e-9:
            return middle
    raise Unconverged(f"no root after {turns} turns")


def cube_less(x, y):
    return x**3 - y


def polished(x, y):
    for _ in range(4):
        x -= cube_less(x, y) / (3 * x * x)
    return x


@program(2.7, 1.5)
def root_by_bisection(y, weight):
    """Halving does not see how the root moves with y: Newton steps at the end do."""
    return weight * polished(bisected(cube_less, 0.0, 5.0, args=(y,)), y)


@program(2.7, 1.5)
def root_by_bisection_in_a_try(y, weight):
    try:
        x = bisected(cube_less, 0.0, 5.0, args=(y,))
    except Exception:
        x = 1.0
    return weight * polished(x, y)
