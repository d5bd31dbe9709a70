"""``scipy.optimize``: the older functions for minima (``fmin_bfgs``, ``brent`` …), said with ``minimize``."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.optimize as so

from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define
STEP = np.sqrt(np.finfo(float).eps)


def settings(**options):
    """The options that are given."""
    return {name: value for name, value in options.items() if value is not None}


def plain(name, retall, callback):
    """What would give other results is refused."""
    if retall or callback is not None:
        unsupported(f"scipy.optimize.{name} with retall= or callback=", instead="leave it out")


@define(so.fmin)
def fmin(
    func, x0, args=(), xtol=1e-4, ftol=1e-4, maxiter=None, maxfun=None, full_output=0, disp=1, retall=0, callback=None,
    initial_simplex=None,
):  # fmt: skip
    plain("fmin", retall, callback)
    how = settings(
        xatol=xtol, fatol=ftol, maxiter=maxiter, maxfev=maxfun, disp=bool(disp), initial_simplex=initial_simplex
    )
    sol = so.minimize(func, x0, args, method="Nelder-Mead", options=how)
    return (sol.x, sol.fun, sol.nit, sol.nfev, sol.status) if full_output else sol.x


@define(so.fmin_powell)
def fmin_powell(
    func, x0, args=(), xtol=1e-4, ftol=1e-4, maxiter=None, maxfun=None, full_output=0, disp=1, retall=0, callback=None,
    direc=None,
):  # fmt: skip
    plain("fmin_powell", retall, callback)
    if full_output:
        unsupported("scipy.optimize.fmin_powell with full_output=", instead="minimize(..., method='Powell')")
    how = settings(xtol=xtol, ftol=ftol, maxiter=maxiter, maxfev=maxfun, disp=bool(disp), direc=direc)
    return so.minimize(func, x0, args, method="Powell", options=how).x


@define(so.fmin_bfgs)
def fmin_bfgs(
    f, x0, fprime=None, args=(), gtol=1e-5, norm=np.inf, epsilon=STEP, maxiter=None, full_output=0, disp=1, retall=0,
    callback=None, xrtol=0, c1=1e-4, c2=0.9, hess_inv0=None,
):  # fmt: skip
    plain("fmin_bfgs", retall, callback)
    if full_output:
        unsupported("scipy.optimize.fmin_bfgs with full_output=", instead="minimize(..., method='BFGS')")
    how = settings(
        gtol=gtol, norm=norm, eps=epsilon, maxiter=maxiter, disp=bool(disp), xrtol=xrtol, c1=c1, c2=c2,
        hess_inv0=hess_inv0,
    )  # fmt: skip
    return so.minimize(f, x0, args, method="BFGS", jac=fprime, options=how).x


@define(so.fmin_cg)
def fmin_cg(
    f, x0, fprime=None, args=(), gtol=1e-5, norm=np.inf, epsilon=STEP, maxiter=None, full_output=0, disp=1, retall=0,
    callback=None, c1=1e-4, c2=0.4,
):  # fmt: skip
    plain("fmin_cg", retall, callback)
    how = settings(gtol=gtol, norm=norm, eps=epsilon, maxiter=maxiter, disp=bool(disp), c1=c1, c2=c2)
    sol = so.minimize(f, x0, args, method="CG", jac=fprime, options=how)
    return (sol.x, sol.fun, sol.nfev, sol.njev, sol.status) if full_output else sol.x


@define(so.fmin_ncg)
def fmin_ncg(
    f, x0, fprime, fhess_p=None, fhess=None, args=(), avextol=1e-5, epsilon=STEP, maxiter=None, full_output=0, disp=1,
    retall=0, callback=None, c1=1e-4, c2=0.9,
):  # fmt: skip
    plain("fmin_ncg", retall, callback)
    how = settings(xtol=avextol, eps=epsilon, maxiter=maxiter, disp=bool(disp), c1=c1, c2=c2)
    sol = so.minimize(f, x0, args, method="Newton-CG", jac=fprime, hess=fhess, hessp=fhess_p, options=how)
    return (sol.x, sol.fun, sol.nfev, sol.njev, sol.nhev, sol.status) if full_output else sol.x


@define(so.fmin_l_bfgs_b)
def fmin_l_bfgs_b(
    func, x0, fprime=None, args=(), approx_grad=0, bounds=None, m=10, factr=1e7, pgtol=1e-5, epsilon=1e-8, iprint=None,
    maxfun=15000, maxiter=15000, disp=None, callback=None, maxls=20,
):  # fmt: skip
    plain("fmin_l_bfgs_b", False, callback)
    jac = None if approx_grad else True if fprime is None else fprime
    how = settings(
        maxcor=m, ftol=factr * np.finfo(float).eps, gtol=pgtol, eps=epsilon, maxfun=maxfun, maxiter=maxiter, maxls=maxls
    )
    sol = so.minimize(func, x0, args, method="L-BFGS-B", jac=jac, bounds=bounds, options=how)
    return sol.x, sol.fun, {"funcalls": sol.nfev, "nit": sol.nit, "warnflag": sol.status, "task": sol.message}


@define(so.fmin_tnc)
def fmin_tnc(func, x0, fprime=None, args=(), approx_grad=0, bounds=None, epsilon=1e-8, **options):
    for name in options:
        if name not in ("messages", "disp"):
            unsupported(f"scipy.optimize.fmin_tnc with {name}=", instead="minimize(..., method='TNC', options=...)")
    jac = None if approx_grad else True if fprime is None else fprime
    sol = so.minimize(func, x0, args, method="TNC", jac=jac, bounds=bounds, options={"eps": epsilon})
    return sol.x, sol.nfev, sol.status


def equations(functions, kind, args):
    """Constraints, as minimize has them."""
    return [{"type": kind, "fun": f, "args": args} for f in functions]


@define(so.fmin_slsqp)
def fmin_slsqp(
    func, x0, eqcons=(), f_eqcons=None, ieqcons=(), f_ieqcons=None, bounds=(), fprime=None, fprime_eqcons=None,
    fprime_ieqcons=None, args=(), iter=100, acc=1e-6, iprint=1, disp=None, full_output=0, epsilon=STEP, callback=None,  # noqa: A002
):  # fmt: skip
    plain("fmin_slsqp", False, callback)
    constraints = equations(eqcons, "eq", args) + equations(ieqcons, "ineq", args)
    if f_eqcons is not None:
        constraints = constraints + equations([f_eqcons], "eq", args)
    if f_ieqcons is not None:
        constraints = constraints + equations([f_ieqcons], "ineq", args)
    how = settings(maxiter=iter, ftol=acc, eps=epsilon, disp=bool(iprint) if disp is None else bool(disp))
    ends = bounds if len(bounds) > 0 else None
    sol = so.minimize(
        func, x0, args, method="SLSQP", jac=fprime, bounds=ends, constraints=constraints, options=how
    )
    return (sol.x, sol.fun, sol.nit, sol.status, sol.message) if full_output else sol.x


@define(so.fmin_cobyla)
def fmin_cobyla(func, x0, cons, args=(), consargs=None, rhobeg=1.0, rhoend=1e-4, maxfun=1000, disp=None, catol=2e-4):
    functions = [cons] if callable(cons) else cons
    how = settings(rhobeg=rhobeg, maxiter=maxfun, disp=bool(disp), catol=catol)
    more = args if consargs is None else consargs
    return so.minimize(
        func, x0, args, method="COBYLA", constraints=equations(functions, "ineq", more), tol=rhoend, options=how
    ).x


# -- of one variable --------------------------------------------------------------------------------------------------


@define(so.brent)
def brent(func, args=(), brack=None, tol=1.48e-8, full_output=0, maxiter=500):
    how = {"xtol": tol, "maxiter": maxiter}
    sol = so.minimize_scalar(func, bracket=brack, args=args, method="brent", options=how)
    return (sol.x, sol.fun, sol.nit, sol.nfev) if full_output else sol.x


@define(so.golden)
def golden(func, args=(), brack=None, tol=STEP, full_output=0, maxiter=5000):
    how = {"xtol": tol, "maxiter": maxiter}
    sol = so.minimize_scalar(func, bracket=brack, args=args, method="golden", options=how)
    return (sol.x, sol.fun, sol.nfev) if full_output else sol.x


@define(so.fminbound)
def fminbound(func, x1, x2, args=(), xtol=1e-5, maxfun=500, full_output=0, disp=1):
    how = {"xatol": xtol, "maxiter": maxfun, "disp": disp}
    sol = so.minimize_scalar(func, bounds=(x1, x2), args=args, method="bounded", options=how)
    return (sol.x, sol.fun, sol.status, sol.nfev) if full_output else sol.x


# -- differences ------------------------------------------------------------------------------------------------------


@define(so.approx_fprime)
def approx_fprime(xk, f, epsilon=STEP, *args):
    xk = np.atleast_1d(np.asarray(xk, dtype=float))
    here = f(xk, *args)
    steps = np.broadcast_to(epsilon, xk.shape)
    moved = [xk + steps * unit for unit in np.eye(len(xk))]
    slopes = [(f(x, *args) - here) / np.sum(x - xk) for x in moved]
    return np.stack(slopes, axis=-1)


@define(so.check_grad)
def check_grad(func, grad, x0, *args, epsilon=STEP, direction="all", rng=None):
    if direction != "all":
        unsupported("scipy.optimize.check_grad in a random direction", instead="direction='all'")
    return np.sqrt(np.sum(np.abs((grad(x0, *args) - approx_fprime(x0, func, epsilon, *args)) ** 2)))
