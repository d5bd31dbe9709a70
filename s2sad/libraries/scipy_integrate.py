"""``scipy.integrate``: integrals, differentiated under the integral sign and at their limits."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate as si

from s2sad.api import vjp
from s2sad.compiler.callbacks import as_array, as_number, handed
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, pack
from s2sad.ir.core import Arg, Ref
from s2sad.ir.types import FLOAT, Array, Type, axes, of
from s2sad.libraries.scipy_optimize import means, refuse_options
from s2sad.prims.primitive import primitive
from s2sad.rules.book import pullback


def _quad(
    func: Arg, a: Arg, b: Arg, args: Any = (), epsabs: Any = 1.49e-8, epsrel: Any = 1.49e-8, limit: Any = 50,
    points: Any = None,
) -> tuple[Type, ...]:  # fmt: skip
    return FLOAT, FLOAT


quad = primitive("scipy.integrate.quad", si.quad, _quad, calls=())


@means(si.quad)
def quad_(
    machine: Calls, func: Abstract, a: Abstract, b: Abstract, args: Abstract | None = None, **options: Abstract
) -> Abstract:
    refuse_options(machine, "quad", options, ("full_output", "weight", "wvar", "wopts", "complex_func"))
    f = handed(machine, func, [FLOAT], args, as_number)
    named: dict[str, Any] = {k: machine.to_arg(v) for k, v in options.items()}
    results = machine.emits(quad, f.function, machine.to_arg(a), machine.to_arg(b), args=f.args, **named)
    return pack(tuple(map(machine.wrap, results)))


@pullback(quad, wrt=("a", "b", "args"))
def quad_bar(ans_bar, func, a, b, args):
    bar = ans_bar[0]
    if bar is None:
        return None, None, None
    of_args = tuple([bar * integral(func, a, b, args, k) for k in range(len(args))])
    return -bar * func(a, *args), bar * func(b, *args), of_args


def integral(func, a, b, args, k):
    """The integral of the slope of ``func`` in its parameter ``k``."""
    def slope(x):
        return vjp(lambda *args: func(x, *args), *args)[1](1.0)[k]

    return si.quad(slope, a, b)[0] if np.ndim(args[k]) == 0 else si.quad_vec(slope, a, b)[0]


def _quad_vec(
    f: Arg, a: Arg, b: Arg, epsabs: Any = 1e-200, epsrel: Any = 1e-8, args: Any = (), limit: Any = 10000
) -> tuple[Type, ...]:
    assert isinstance(f, Ref)
    return as_values(f.value.trace.result.type), FLOAT


def as_values(t: Type) -> Type:
    """The type of an integral of values of this type."""
    shape = axes(t)
    return Array("f64", shape) if shape != () else of("f64", ())


quad_vec = primitive("scipy.integrate.quad_vec", si.quad_vec, _quad_vec, calls=())


@means(si.quad_vec)
def quad_vec_(
    machine: Calls, f: Abstract, a: Abstract, b: Abstract, *, args: Abstract | None = None, **options: Abstract
) -> Abstract:
    unwanted = ("full_output", "norm", "workers", "cache_size", "quadrature", "points")
    refuse_options(machine, "quad_vec", options, unwanted)
    given = handed(machine, f, [FLOAT], args, as_array)
    named: dict[str, Any] = {k: machine.to_arg(v) for k, v in options.items()}
    results = machine.emits(quad_vec, given.function, machine.to_arg(a), machine.to_arg(b), args=given.args, **named)
    return pack(tuple(map(machine.wrap, results)))


@pullback(quad_vec, wrt=("a", "b", "args"))
def quad_vec_bar(ans_bar, f, a, b, args):
    bar = ans_bar[0]
    if bar is None:
        return None, None, None

    def slope(x, k):
        return vjp(lambda *args: f(x, *args), *args)[1](bar)[k]

    of_args = tuple([si.quad_vec(lambda x, k=k: slope(x, k), a, b)[0] for k in range(len(args))])
    return -np.sum(bar * f(a, *args)), np.sum(bar * f(b, *args)), of_args
