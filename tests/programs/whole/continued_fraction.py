"""A continued fraction by Lentz's method; its terms come from a generator."""


def terms(x):
    """Partial numerators and denominators of tan(x)."""
    yield x, 1.0
    k = 3.0
    while True:
        yield -x * x, k
        k += 2.0


def tangent(x, tolerance=1e-14):
    value, c, d = 1e-30, 1e-30, 0.0
    for numerator, denominator in terms(x):
        d = 1.0 / (denominator + numerator * d)
        c = denominator + numerator / c
        value *= c * d
        if abs(c * d - 1.0) < tolerance:
            return value
