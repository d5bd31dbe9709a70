"""``scipy.integrate``: integrals, differentiated under the integral sign and at their limits (Leibniz' rule).

The integral of a slope is computed by the program's own quadrature, with its tolerances.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.integrate
import scipy.integrate as si
import scipy.special as sc

from s2sad.api import grad, vjp
from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import as_array, as_number, handed, items_of
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.ir.core import Arg, Literal, Ref, Value, atoms_of
from s2sad.ir.types import FLOAT, Array, Type, axes, is_complex, of
from s2sad.libraries.scipy_optimize import is_true
from s2sad.libraries.solutions import Solution, absent, means, refuse_options, refused, written
from s2sad.prims import statistics
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, pullback

define = REGISTRY.define


def _quad(
    func: Arg, a: Arg, b: Arg, args: Any = (), epsabs: Any = 1.49e-8, epsrel: Any = 1.49e-8, limit: Any = 50,
    points: Any = None, limlst: Any = 50, weight: Any = None, wvar: Any = None,
) -> tuple[Type, ...]:  # fmt: skip
    return FLOAT, FLOAT


quad = primitive("scipy.integrate.quad", si.quad, _quad, calls=())


@means(si.quad)
def quad_(
    machine: Calls, func: Abstract, a: Abstract, b: Abstract, args: Abstract | None = None, **options: Abstract
) -> Abstract:
    unwanted = "wopts maxp1"
    full = is_true(machine, options.pop("full_output", None))
    refuse_options(machine, "integrate.quad", options, unwanted)
    if is_true(machine, options.pop("complex_func", None)):
        more = pack(()) if args is None else args
        return machine.call(Known(complex_quad), (func, a, b, more), options)
    f = handed(machine, func, [FLOAT], args, as_number)
    named = written(machine, options | moving(machine, options), unwanted)
    named = unusual(named, epsabs=1.49e-8, epsrel=1.49e-8, limit=50)
    results = machine.emits(quad, f.function, machine.to_arg(a), machine.to_arg(b), args=f.args, **named)
    told = (machine.bare(Solution, {}),) if full else ()
    return pack((*map(machine.wrap, results), *told))


def moving(machine: Calls, options: Mapping[str, Abstract]) -> dict[str, Abstract]:
    """Points that are not all constants, as a vector, for the sake of the rule: where the function jumps, it counts."""
    points = options.get("points")
    if points is None or not any(isinstance(atom, Value) for atom in atoms_of(machine.to_arg(points))):
        return {}
    return {"points": machine.call(Known(np.ravel), (points,), {})}


def unusual(named: dict[str, Any], **usual: float) -> dict[str, Any]:
    """Options that are not what they are when left out."""
    return {k: v for k, v in named.items() if not (isinstance(v, Literal) and k in usual and v.value == usual[k])}


def complex_quad(func, a, b, args, **options):
    """The integral of a complex function, as SciPy has it: of its parts."""
    real = si.quad(lambda x: np.real(func(x, *args)), a, b, **options)
    imaginary = si.quad(lambda x: np.imag(func(x, *args)), a, b, **options)
    return real[0] + 1j * imaginary[0], real[1] + 1j * imaginary[1]


@pullback(quad, wrt=("a", "b", "args", "wvar", "points"))
def quad_bar(ans_bar, func, a, b, args, epsabs, epsrel, limit, points, weight, wvar, wanted):
    bar = ans_bar[0]
    if bar is None:
        return None, None, None, None, None
    how = (epsabs, epsrel, limit, points, weight, wvar)
    of_args = tuple([bar * integral(func, a, b, args, k, how) if wanted[2][k] else None for k in range(len(args))])
    if weight is not None and weight.startswith("alg"):
        if wanted[0] or wanted[1]:
            where = a * 1.0, b * 1.0, wvar[0] * 1.0, wvar[1] * 1.0
            of_a, of_b, of_p, of_q = vjp(lambda *ends: on_unit_interval(func, *ends, args, how), *where)[1](bar)
            return of_a, of_b, of_args, (of_p, of_q), None
        of_p = bar * exponent_moved(func, a, b, args, how, 0) if wanted[3][0] else None
        of_q = bar * exponent_moved(func, a, b, args, how, 1) if wanted[3][1] else None
        return None, None, of_args, (of_p, of_q), None
    of_a = -bar * func(a, *args) * weighting(a, weight, wvar, (a, b)) if wanted[0] else None
    of_b = bar * func(b, *args) * weighting(b, weight, wvar, (a, b)) if wanted[1] else None
    moves = any(wanted[3]) if isinstance(wvar, tuple) else wanted[3]
    of_wvar = bar * weight_moved(func, a, b, args, how) if moves else None
    if points is None or isinstance(points, (tuple, list)) or not wanted[4]:
        return of_a, of_b, of_args, of_wvar, None
    return of_a, of_b, of_args, of_wvar, bar * (jumps(func, points, args) if a < b else -jumps(func, points, args))


def jumps(func, points, args):
    """How much larger a function is on the left of each point than on its right."""
    out = []
    for p in points:
        beside = 4.0 * np.spacing(np.abs(p) + 1e-100)
        out.append(func(p - beside, *args) - func(p + beside, *args))
    return np.array(out)


def weighting(x, weight, wvar, limits):
    """What the function is multiplied with at x."""
    if weight is None:
        return 1.0
    if weight == "cos":
        return math.cos(wvar * x)
    if weight == "sin":
        return math.sin(wvar * x)
    if weight == "cauchy":
        return 1.0 / (x - wvar)
    left, right = (x - limits[0]) ** wvar[0], (limits[1] - x) ** wvar[1]
    of_logs = np.log(x - limits[0]) if weight in ("alg-loga", "alg-log") else 1.0
    return left * right * of_logs * (np.log(limits[1] - x) if weight in ("alg-logb", "alg-log") else 1.0)


def on_unit_interval(func, a, b, p, q, args, how):
    """The integral with a weight that is singular at its limits, from 0 to 1, where the limits are only numbers."""
    epsabs, epsrel, limit, points, weight, _ = how
    length = b - a

    def part(kind):
        return si.quad(
            lambda u: func(a + length * u, *args), 0.0, 1.0, epsabs=epsabs, epsrel=epsrel, limit=limit, weight=kind,
            wvar=(p, q),
        )[0]  # fmt: skip

    scale, logarithm = length ** (1.0 + p + q), np.log(length)
    if weight == "alg":
        return scale * part("alg")
    if weight == "alg-log":
        logs = logarithm * part("alg") + part("alg-loga") + part("alg-logb")
        return scale * (logarithm * logs + part("alg-log"))
    return scale * (logarithm * part("alg") + part(weight))


def exponent_moved(func, a, b, args, how, k):
    """The derivative in an exponent of a weight, which is a further logarithm under the integral."""
    epsabs, epsrel, limit, points, weight, wvar = how
    more = {"alg": ("alg-loga", "alg-logb"), "alg-loga": (None, "alg-log"), "alg-logb": ("alg-log", None)}
    kind = more[weight][k] if weight in more else None
    if kind is not None:
        return si.quad(
            lambda x: func(x, *args), a, b, epsabs=epsabs, epsrel=epsrel, limit=limit, weight=kind, wvar=wvar
        )[0]  # fmt: skip

    def whole(x):
        return func(x, *args) * weighting(x, weight, wvar, (a, b)) * np.log(x - a if k == 0 else b - x)

    return si.quad(whole, a, b, epsabs=epsabs, epsrel=epsrel, limit=limit)[0]


def weight_moved(func, a, b, args, how):
    """The derivative in the weight's own parameter."""
    epsabs, epsrel, limit, points, weight, wvar = how
    if weight == "cos" or weight == "sin":
        other, sign = ("sin", -1.0) if weight == "cos" else ("cos", 1.0)
        moment = si.quad(
            lambda x: x * func(x, *args), a, b, epsabs=epsabs, epsrel=epsrel, limit=limit, weight=other, wvar=wvar
        )[0]  # fmt: skip
        return sign * moment
    # a principal value: of the slope under the integral, and what the limits add
    inside = si.quad(
        lambda x: grad(lambda x: func(x, *args))(x), a, b, epsabs=epsabs, epsrel=epsrel, limit=limit, weight=weight,
        wvar=wvar,
    )[0]  # fmt: skip
    return inside + func(a, *args) / (a - wvar) - func(b, *args) / (b - wvar)


def integral(func, a, b, args, k, how):
    """The integral of the slope of ``func`` in its parameter ``k``."""
    epsabs, epsrel, limit, points, weight, wvar = how

    def slope(x):
        value, back = vjp(lambda value: func(x, *args[:k], value, *args[k + 1 :]), args[k])
        found = back(1.0)[0]
        if b == math.inf or a == -math.inf:  # far out exp(x) is inf: 1 / exp(x) is 0, and its slope, too, not 0 * inf
            if np.ndim(found) > 0:
                return np.where((value == 0.0) & np.isnan(found), 0.0, found)
            if value == 0.0 and found != found:
                return 0.0
        return found

    if np.ndim(args[k]) == 0:
        return si.quad(
            slope, a, b, epsabs=epsabs, epsrel=epsrel, limit=limit, points=points, weight=weight, wvar=wvar
        )[0]  # fmt: skip
    if weight == "cauchy" or weight is not None and weight.startswith("alg"):
        parts = [
            si.quad(lambda x, i=i: np.ravel(slope(x))[i], a, b, epsabs=epsabs, epsrel=epsrel, weight=weight, wvar=wvar)
            for i in range(np.size(args[k]))
        ]
        return np.reshape(np.array([part[0] for part in parts]), np.shape(args[k]))
    if weight is not None:
        return si.quad_vec(
            lambda x: slope(x) * weighting(x, weight, wvar, (a, b)), a, b, epsabs=epsabs, epsrel=epsrel
        )[0]  # fmt: skip
    return si.quad_vec(slope, a, b, epsabs=epsabs, epsrel=epsrel, points=points)[0]


def _quad_vec(
    f: Arg, a: Arg, b: Arg, epsabs: Any = 1e-200, epsrel: Any = 1e-8, args: Any = (), limit: Any = 10000,
    points: Any = None, norm: Any = "2", quadrature: Any = None,
) -> tuple[Type, ...]:  # fmt: skip
    assert isinstance(f, Ref)
    return as_values(f.value.trace.result.type), FLOAT


def as_values(t: Type) -> Type:
    """The type of an integral of values of this type."""
    shape = axes(t)
    return Array("f64", shape) if shape != () else of("f64", ())


quad_vec = primitive("scipy.integrate.quad_vec", si.quad_vec, _quad_vec, calls=())


@means(si.quad_vec)
def quad_vec_(
    machine: Calls, f: Abstract, a: Abstract, b: Abstract, epsabs: Abstract | None = None,
    epsrel: Abstract | None = None, *, args: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    if not is_one(options.get("workers")):
        machine.refuse("scipy.integrate.quad_vec with workers=", instead="leave it out")
    unwanted = "workers cache_size"
    full = is_true(machine, options.pop("full_output", None))
    refuse_options(machine, "integrate.quad_vec", options, "cache_size")
    options |= {k: v for k, v in {"epsabs": epsabs, "epsrel": epsrel}.items() if v is not None}
    options |= moving(machine, options)
    given = handed(machine, f, [FLOAT], args, as_array)
    if is_complex(given.result.type):
        told = pack(()) if args is None else pack(items_of(machine, args))
        out = machine.call(Known(complex_quad_vec), (f, a, b, told), options)
    else:
        named = written(machine, options, unwanted)
        ends = machine.to_arg(a), machine.to_arg(b)
        out = pack(tuple(map(machine.wrap, machine.emits(quad_vec, given.function, *ends, args=given.args, **named))))
    return pack((*items(machine, out), machine.bare(Solution, {}))) if full else out


def is_one(workers: Abstract | None) -> bool:
    """Whether all is done in this process."""
    return absent(workers) or isinstance(workers, Known) and workers.value == 1


def complex_quad_vec(f, a, b, args, **options):
    """The integral of a complex function: that of its parts, together."""

    def parts(x):
        value = np.asarray(f(x, *args))
        return np.stack([np.real(value), np.imag(value)])

    found, error = si.quad_vec(parts, a, b, **options)
    return found[0] + 1j * found[1], error


@pullback(quad_vec, wrt=("a", "b", "args", "points"))
def quad_vec_bar(ans_bar, f, a, b, args, epsabs, epsrel, points, wanted):
    bar = ans_bar[0]
    if bar is None:
        return None, None, None, None

    def slope(x, k):
        return vjp(lambda value: f(x, *args[:k], value, *args[k + 1 :]), args[k])[1](bar)[0]

    of_args = tuple([
        si.quad_vec(lambda x, k=k: slope(x, k), a, b, epsabs=epsabs, epsrel=epsrel, points=points)[0]
        if wanted[2][k] else None
        for k in range(len(args))
    ])  # fmt: skip
    of_a, of_b = -np.sum(bar * f(a, *args)), np.sum(bar * f(b, *args))
    if points is None or isinstance(points, (tuple, list)) or not wanted[3]:
        return of_a, of_b, of_args, None
    steps = np.reshape(jumps(f, points, args) if a < b else -jumps(f, points, args), (len(points), -1))
    return of_a, of_b, of_args, steps @ np.ravel(bar)


# -- integrals over several variables, as integrals of integrals ------------------------------------------------------


def at(limit, *x):
    """A limit of integration, which may be a function of the variables further out."""
    return limit(*x) if callable(limit) else limit


@define(si.dblquad)
def dblquad(func, a, b, gfun, hfun, args=(), epsabs=1.49e-8, epsrel=1.49e-8):
    def inner(x):
        return si.quad(
            lambda y: func(y, x, *args), at(gfun, x), at(hfun, x), epsabs=epsabs, epsrel=epsrel
        )[0]  # fmt: skip

    return si.quad(inner, a, b, epsabs=epsabs, epsrel=epsrel)


@define(si.tplquad)
def tplquad(func, a, b, gfun, hfun, qfun, rfun, args=(), epsabs=1.49e-8, epsrel=1.49e-8):
    def innermost(y, x):
        return si.quad(
            lambda z: func(z, y, x, *args), at(qfun, x, y), at(rfun, x, y), epsabs=epsabs, epsrel=epsrel
        )[0]  # fmt: skip

    def inner(x):
        return si.quad(lambda y: innermost(y, x), at(gfun, x), at(hfun, x), epsabs=epsabs, epsrel=epsrel)[0]

    return si.quad(inner, a, b, epsabs=epsabs, epsrel=epsrel)


@define(si.nquad)
def nquad(func, ranges, args=None, opts=None, full_output=False):
    if full_output:
        unsupported("scipy.integrate.nquad with full_output=", instead="nest scipy.integrate.quad")
    if opts is None:
        opts = {}
    each = list(opts) if isinstance(opts, (list, tuple)) else [opts] * len(ranges)
    return nested(func, ranges, () if args is None else tuple(args), each)


def nested(func, ranges, outer, how):
    """The integral over the last of some variables of that over the others."""
    ends, options = at(ranges[-1], *outer), at(how[-1], *outer)
    if len(ranges) == 1:
        return si.quad(lambda x: func(x, *outer), ends[0], ends[1], **options)
    return si.quad(lambda x: nested(func, ranges[:-1], (x, *outer), how[:-1])[0], ends[0], ends[1], **options)


# -- sums of samples, where SciPy's source is not traced --------------------------------------------------------------


def _nodes(n: Arg, mu: Any = False) -> tuple[Type, ...]:
    return Array("f64", ("?",)), Array("f64", ("?",))


nodes = primitive("scipy.special.roots_legendre", sc.roots_legendre, _nodes)
constant(nodes)


@define(si.fixed_quad)
def fixed_quad(func, a, b, args=(), n=5):
    x, w = sc.roots_legendre(n)
    if np.isinf(a) or np.isinf(b):
        raise ValueError("Gaussian quadrature is only available for finite limits.")
    y = (b - a) * (x + 1) / 2.0 + a
    return (b - a) / 2.0 * np.sum(w * func(y, *args), axis=-1), None


def romberg_weights(n):
    """What Romberg's rule gives each of n samples at distance one."""
    return scipy.integrate.romb(np.eye(n), axis=0)


weights_ = primitive("romberg_weights", romberg_weights, lambda n: Array("f64", ("?",)), style="helper")
constant(weights_)


@define(si.romb)
def romb(y, dx=1.0, axis=-1, show=False):
    if show:
        unsupported("scipy.integrate.romb with show=True", instead="leave it out")
    y = np.asarray(y)
    return dx * (np.moveaxis(y, axis, -1) @ romberg_weights(y.shape[axis]))


define(si.trapezoid)(statistics.trapezoid)

refused(si, "qmc_quad", "draw the points, and take the mean of the function there")
refused(si, "nsum", "sum the terms in a loop")
refused(si, "tanhsinh cubature", "nest scipy.integrate.quad or quad_vec")
refused(si, "ode complex_ode", "scipy.integrate.solve_ivp, or odeint")
refused(si, "RK23 RK45 DOP853 Radau BDF LSODA OdeSolver OdeSolution DenseOutput",
        "scipy.integrate.solve_ivp(..., method=...), with s2sad.discrete for its steps")  # fmt: skip


def _on_the_sphere(n: Arg) -> tuple[Type, ...]:
    return Array("f64", ("?", "?")), Array("f64", ("?",))


if hasattr(si, "lebedev_rule"):  # SciPy 1.15
    constant(primitive("scipy.integrate.lebedev_rule", si.lebedev_rule, _on_the_sphere))
