"""``scipy.special.legendre`` and its kin: orthogonal polynomials of known degrees, as objects that can be called."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.libraries.numpy_poly1d import Poly1d
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define
KIND = type(sp.legendre(1))


class Orthogonal(Poly1d):
    """A polynomial that is evaluated by a function of its own: by its recurrence, which loses no digits."""

    def __init__(self, c, evaluated, weights):
        self.coeffs, self.variable, self.evaluated, self.weights = c, "x", evaluated, weights

    def __call__(self, v):
        if isinstance(v, Poly1d):
            return Poly1d(self.coeffs)(v)
        return self.evaluated(v)


REGISTRY.stands_for[Orthogonal] = KIND


@REGISTRY.compute
def made(name, degree, parameters, monic):
    """Coefficients, nodes and weights, and the factor to the standard form, of a polynomial that is known."""
    found = getattr(sp, name)(degree, *parameters, monic=monic)
    standard = getattr(sp, name)(degree, *parameters)
    factor = float(found.coeffs[0] / standard.coeffs[0])
    return tuple(found.coeffs.tolist()), tuple(map(tuple, found.weights.tolist())), factor


def declare(name: str, parameters: int) -> None:
    evaluate = getattr(sp, f"eval_{name}")

    def polynomial(n, given, monic):
        coeffs, weights, factor = made(name, n, given, monic)
        if monic:
            return Orthogonal(np.array(coeffs), lambda x: factor * evaluate(n, *given, x), np.array(weights))
        return Orthogonal(np.array(coeffs), lambda x: evaluate(n, *given, x), np.array(weights))

    if parameters == 0:
        @define(getattr(sp, name))
        def of_degree(n, monic=False):
            return polynomial(n, (), monic)
    elif parameters == 1:
        @define(getattr(sp, name))
        def with_parameter(n, alpha, monic=False):
            return polynomial(n, (alpha,), monic)
    else:
        @define(getattr(sp, name))
        def with_parameters(n, alpha, beta, monic=False):
            return polynomial(n, (alpha, beta), monic)


for _name in (
    "legendre", "chebyt", "chebyu", "chebyc", "chebys", "hermite", "hermitenorm", "laguerre", "sh_legendre",
    "sh_chebyt", "sh_chebyu",
):  # fmt: skip
    declare(_name, 0)
for _name in ("genlaguerre", "gegenbauer"):
    declare(_name, 1)
for _name in ("jacobi", "sh_jacobi"):
    declare(_name, 2)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """An orthogonal polynomial from outside."""
    return machine.call(Known(np.poly1d), (machine.external(value.coeffs, source.attribute("coeffs")),), {})


REGISTRY.adopters[KIND] = adopted
