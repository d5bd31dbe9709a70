"""Objectives that optimisers are compared on, as methods of small classes that count their calls.

Formulas: M. Jamil, X.-S. Yang, A literature survey of benchmark functions for global optimization problems,
Int. J. Mathematical Modelling and Numerical Optimisation 4 (2013) 150-194; J. J. Moré, B. S. Garbow, K. E. Hillstrom,
Testing unconstrained optimization software, ACM TOMS 7 (1981) 17-41.
"""

import math

import numpy as np
from numpy import abs, arange, arctan2, cos, exp, floor, log, pi, prod, sign, sin, sqrt, sum, tan, where

from tests.programs import program


class Objective:
    """What all of them share: a name, a number of variables, a count of evaluations."""

    def __init__(self, dimensions=2):
        self.dimensions = dimensions
        self.evaluations = 0

    @property
    def n(self):
        return self.dimensions


def objective(*x, **options):
    """Enter the method ``fun`` of the class below, at this point."""

    def enter(cls):
        program(np.array(x), name=cls.__name__, **options)(cls(len(x)).fun)
        return cls

    return enter


@objective(0.7, -0.4, 1.2)
class Ackley(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        mean_square = sum(x**2) / self.n
        mean_cosine = sum(cos(2.0 * pi * x)) / self.n
        return 20.0 + np.e - 20.0 * exp(-0.2 * sqrt(mean_square)) - exp(mean_cosine)


@objective(-6.0, 2.1)
class Bukin(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        return 100.0 * sqrt(abs(x[1] - 0.01 * x[0] ** 2)) + 0.01 * abs(x[0] + 10.0)


@objective(1.3, -2.2, 0.9)
class Griewank(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        i = arange(1.0, np.size(x) + 1.0)
        return sum(x**2) / 4000.0 - prod(cos(x / sqrt(i))) + 1.0


@objective(210.0, 380.0)
class SchwefelSine(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        return 418.9829 * self.n - sum(x * sin(sqrt(abs(x))))


@objective(1.7, 1.2, 1.35)
class Michalewicz(Objective):
    steepness = 10.0

    def fun(self, x, *args):
        self.evaluations += 1
        i = arange(1, self.n + 1)
        return -sum(sin(x) * sin(i * x**2 / pi) ** (2 * self.steepness))


@objective(3.7, 4.4, 3.9, 4.2)
class Shekel(Objective):
    def __init__(self, dimensions):
        super().__init__(dimensions)
        self.centres = np.asarray([[4.0] * 4, [1.0] * 4, [8.0] * 4, [6.0] * 4, [3.0, 7.0, 3.0, 7.0]])
        self.widths = np.asarray([0.1, 0.2, 0.2, 0.4, 0.4])

    def fun(self, x, *args):
        self.evaluations += 1
        return -sum(1.0 / (sum((x - self.centres) ** 2.0, axis=1) + self.widths))


@objective(0.2, 0.5, 0.8)
class Hartmann(Objective):
    def __init__(self, dimensions):
        super().__init__(dimensions)
        self.weights = np.asarray([1.0, 1.2, 3.0, 3.2])
        self.shapes = np.asarray([[3.0, 10.0, 30.0], [0.1, 10.0, 35.0], [3.0, 10.0, 30.0], [0.1, 10.0, 35.0]])
        self.centres = 1e-4 * np.asarray([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])

    def fun(self, x, *args):
        self.evaluations += 1
        row = np.atleast_2d(x)
        return -sum(self.weights * exp(-sum(self.shapes * (row - self.centres) ** 2, axis=1)))


@objective(2.1, 1.3)
class Langermann(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        a, b, c = [3, 5, 2, 1, 7], [5, 2, 1, 4, 9], [1, 2, 5, 2, 3]
        square = (x[0] - a) ** 2 + (x[1] - b) ** 2
        return -sum(c * exp(-square / pi) * cos(pi * square))


@objective(1.4, 2.7)
class Damavandi(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        try:
            ratio = sin(pi * (x[0] - 2.0)) * sin(pi * (x[1] - 2.0)) / (pi**2 * (x[0] - 2.0) * (x[1] - 2.0))
            return (1.0 - abs(ratio) ** 5.0) * (2.0 + (x[0] - 7.0) ** 2.0 + 2.0 * (x[1] - 7.0) ** 2.0)
        except ZeroDivisionError:
            return np.nan


@objective(1.4, -0.7)
class XinSheYang(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        beta, m = 15.0, 5.0
        return exp(-sum((x / beta) ** (2 * m))) - 2.0 * exp(-sum(x**2)) * prod(cos(x) ** 2)


@objective(0.6, -1.1, 0.31, 1.4)
class Corana(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        weights = [1.0, 1000.0, 10.0, 100.0]
        total = 0
        for j in range(4):
            z = floor(abs(x[j] / 0.2) + 0.49999) * sign(x[j]) * 0.2
            if abs(x[j] - z) < 0.05:
                total += 0.15 * (z - 0.05 * sign(z)) ** 2 * weights[j]
            else:
                total += weights[j] * x[j] * x[j]
        return total


@objective(0.1, 0.2, -0.3, 1.1, 0.9, 1.3)
class LennardJones(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        atoms = int(self.n / 3)
        energy = 0.0
        for i in range(atoms - 1):
            for j in range(i + 1, atoms):
                d = [x[3 * i + k] - x[3 * j + k] for k in range(3)]
                square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
                sixth = square * square * square
                if square > 0.0:
                    energy += (1.0 / sixth - 2.0) / sixth
        return energy


@objective(0.5, 11.5, -1.0)
class Penalised(Objective):
    @staticmethod
    def penalty(x, a, b, c):
        return where(abs(x) > a, b * (abs(x) - a) ** c, 0.0)

    def fun(self, x, *args):
        self.evaluations += 1
        y = 1.0 + (x + 1.0) / 4.0
        inner = sum((y[:-1] - 1.0) ** 2.0 * (1.0 + 10.0 * sin(pi * y[1:]) ** 2.0))
        waves = 10.0 * sin(pi * y[0]) ** 2.0 + inner + (y[-1] - 1.0) ** 2.0
        return sum(self.penalty(x, 10.0, 100.0, 4.0)) + pi / 30.0 * waves


@objective(0.7, -0.2, 1.1)
class Pinter(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        i = arange(self.n) + 1
        around = np.zeros(self.n + 2)
        around[1:-1] = x
        around[0], around[-1] = x[-1], x[0]
        a = around[:-2] * sin(around[1:-1]) + sin(around[2:])
        b = around[:-2] ** 2 - 2 * around[1:-1] + 3 * around[2:] - cos(around[1:-1]) + 1
        return sum(i * x**2) + sum(20 * i * sin(a) ** 2) + sum(i * np.log10(1 + i * b**2))


@objective(0.3, 0.9)
class Weierstrass(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        k = np.atleast_2d(arange(5.0)).T
        waves = 0.5**k * cos(2 * pi * 3.0**k * (x + 0.5))
        level = self.n * sum(0.5**k.T * cos(pi * 3.0**k.T))
        return sum(sum(waves, axis=0)) - level


@objective(0.4, 0.8, -0.6)
class Whitley(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        row, column = x, np.atleast_2d(x).T
        t = 100.0 * (row**2.0 - column) + (1.0 - column) ** 2.0
        return sum(sum(t**2.0 / 4000.0 - cos(t) + 1.0, axis=0))


@objective(0.8, 0.3, 1.4)
class SchwefelSums(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        square = np.repeat(np.atleast_2d(x), self.n, axis=0)
        return sum(sum(np.tril(square), axis=1) ** 2)


@objective(1.2, -3.4, 0.8)
class SchwefelLargest(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        return np.max(abs(x)) + max([abs(x[0] + 2 * x[1] - 7), abs(2 * x[0] + x[1] - 5)])


@objective(0.4, 1.7, 0.2, 2.9, 1.1, 0.6)
class BiggsExponential(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        t = arange(1, 14) * 0.1
        y = exp(-t) - 5 * exp(-10 * t) + 3 * exp(-4 * t)
        fitted = x[2] * exp(-t * x[0]) - x[3] * exp(-t * x[1]) + x[5] * exp(-t * x[4])
        return sum((fitted - y) ** 2)


@objective(-0.8, 0.4, 0.3)
class HelicalValley(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        angle = arctan2(x[1], x[0]) / (2.0 * pi)
        return 100 * ((x[2] - 10 * angle) ** 2 + (sqrt(x[0] ** 2 + x[1] ** 2) - 1) ** 2) + x[2] ** 2


@objective(3.1, 4.0, 5.2)
class Paviani(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        return sum(log(x - 2) ** 2.0 + log(10.0 - x) ** 2.0) - prod(x) ** 0.2


@objective(1.1, 0.9, 1.3, 0.8)
class PowerSums(Objective):
    def __init__(self, dimensions):
        super().__init__(dimensions)
        self.targets = [8.0, 18.0, 44.0, 114.0]

    def fun(self, x, *args):
        self.evaluations += 1
        k = np.atleast_2d(arange(self.n) + 1).T
        return sum((sum(x**k, axis=1) - self.targets) ** 2)


@objective(0.3, 0.2, 0.4, 0.6)
class MieleCantrell(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        return (exp(-x[0]) - x[1]) ** 4 + 100 * (x[1] - x[2]) ** 6 + tan(x[2] - x[3]) ** 4 + x[0] ** 8


@objective(-0.6, 1.9, 2.5)
class NeedleEye(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        eye, total, outside = 0.0001, 0.0, 0.0
        for value in x:
            if abs(value) >= eye:
                outside = 1.0
                total += 100.0 + abs(value)
            else:
                total += 1.0
        if outside < 1e-6:
            total = total / self.n
        return total


@objective(6.2, 1.4)
class Zimmerman(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        first = lambda p: 9.0 - p[0] - p[1]  # noqa: E731
        circle = lambda p: (p[0] - 3.0) ** 2.0 + (p[1] - 2.0) ** 2.0 - 16.0  # noqa: E731
        hyperbola = lambda p: p[0] * p[1] - 14.0  # noqa: E731
        price = lambda t: 100.0 * (1.0 + t)  # noqa: E731
        terms = [first(x), price(circle(x)) * sign(circle(x)), price(hyperbola(x)) * sign(hyperbola(x))]
        return np.fmax.reduce(terms + [price(-v) * sign(-v) for v in x])


@objective(0.6, 1.3)
class Tripod(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        p, q = float(x[0] >= 0), float(x[1] >= 0)
        return q * (1.0 + p) + abs(x[0] + 50.0 * q * (1.0 - 2.0 * p)) + abs(x[1] + 50.0 * (1.0 - 2.0 * q))


@objective(1.4, 0.6, 0.3)
class NoisyDistance(Objective):
    """The weights are drawn anew in each evaluation, from a generator that starts anew."""

    def fun(self, x, *args):
        self.evaluations += 1
        generator = np.random.default_rng(11)
        weights = generator.uniform(0.0, 1.0, size=(self.n,))
        return sum(weights * abs(x - 1.0 / arange(1, self.n + 1))) + generator.normal() * x[0] ** 2


@objective(0.31, -0.78)
class Katsuura(Objective):
    def fun(self, x, *args):
        self.evaluations += 1
        k = np.atleast_2d(arange(1, 7)).T
        inner = abs(2.0**k * x - np.round(2.0**k * x)) * 2.0 ** (-k)
        return prod(sum(inner, axis=0) * (arange(0.0, self.n) + 1) + 1)


@program(0.7, 1.9)
def ripples_of_two_floats(a, b):
    """Trefethen's fourth problem."""
    waves = math.sin(60.0 * math.exp(b)) + math.sin(70.0 * math.sin(a)) + math.sin(math.sin(80.0 * b))
    return math.exp(math.sin(50.0 * a)) + waves - math.sin(10.0 * (a + b)) + (a**2 + b**2) / 4.0
