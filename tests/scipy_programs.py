"""Programs as engineers write them with SciPy: solvers, integrals, tables and sparse systems in one computation."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from scipy import integrate, interpolate, optimize, special, stats
from scipy.integrate import odeint, quad, solve_ivp
from scipy.interpolate import CubicSpline, PchipInterpolator, RegularGridInterpolator
from scipy.optimize import brentq, curve_fit, fsolve, least_squares, minimize, minimize_scalar, newton, root

A = np.array
PROGRAMS = {}


def program(*args, **options):
    """A function and where to check it."""

    def enter(f):
        PROGRAMS[f.__name__] = (f, args, options)
        return f

    return enter


# -- equations of motion and kinetics ---------------------------------------------------------------------------------

DAYS = np.linspace(0.0, 40.0, 6)
CASES = A([1.0, 6.2, 30.0, 88.0, 120.0, 90.0])


def sir(t, y, beta, gamma, population):
    s, i, r = y
    infected = beta * s * i / population
    return [-infected, infected - gamma * i, gamma * i]


@program(A([0.4, 0.12]), 1.5, rtol=1e-5, order=1)
def epidemic(rates, first):
    """The misfit of an epidemic to counts."""
    beta, gamma = rates
    population = 1000.0
    sol = solve_ivp(
        sir, (DAYS[0], DAYS[-1]), [population - first, first, 0.0], args=(beta, gamma, population), t_eval=DAYS,
        rtol=1e-10, atol=1e-10,
    )
    if not sol.success:
        return np.inf
    return np.sum((np.log(sol.y[1]) - np.log(CASES)) ** 2)


@program({"alpha": 1.1, "beta": 0.4, "delta": 0.1, "gamma": 0.4}, A([10.0, 5.0]), order=1, rtol=1e-4)
def hares_and_lynxes(params, start):
    def lotka_volterra(y, t):
        hares, lynxes = y
        return [
            params["alpha"] * hares - params["beta"] * hares * lynxes,
            params["delta"] * hares * lynxes - params["gamma"] * lynxes,
        ]

    years = np.linspace(0, 5, 6)
    path = odeint(lotka_volterra, start, years, rtol=1e-11, atol=1e-11)
    return np.mean((path - A([8.0, 4.0])) ** 2)


@program(A([4.0, 30.0, 12.0]), order=1, rtol=1e-4, modes=("rev",))
def reactions(k):
    """A stiff chain of reactions, by an implicit method with its Jacobian."""

    def rate(t, y):
        r1, r2, r3 = k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2
        return np.array([-r1 + r2, r1 - r2 - r3, r3])

    def jac(t, y):
        return np.array([
            [-k[0], k[1] * y[2], k[1] * y[1]],
            [k[0], -k[1] * y[2] - 2 * k[2] * y[1], -k[1] * y[1]],
            [0.0, 2 * k[2] * y[1], 0.0],
        ])  # fmt: skip

    sol = solve_ivp(rate, [0, 2.0], [1.0, 0.0, 0.0], method="Radau", jac=jac, t_eval=[2.0], rtol=1e-7, atol=1e-9)
    return sol.y[:, -1] @ A([1.0, 10.0, 2.0])


@program(0.6, 9.81, rtol=1e-5, order=1)
def shooting(length, g):
    """The slope with which a beam has to start that its end be flat."""

    def end(slope):
        sol = solve_ivp(lambda x, y: [y[1], -g * np.sin(y[0])], (0, length), [0.1, slope], rtol=1e-11, atol=1e-11)
        return sol.y[1, -1]

    slope = brentq(end, 0.0, 10.0, xtol=1e-13)
    return slope**2


@program(1.2, 0.3, 2.0)
def kepler_position(a, e, t):
    """Where a planet is."""
    mean_anomaly = np.sqrt(1.0 / a**3) * t
    anomaly = newton(
        lambda E: E - e * np.sin(E) - mean_anomaly, mean_anomaly, fprime=lambda E: 1 - e * np.cos(E), tol=1e-14,
        maxiter=100,
    )
    x, y = a * (np.cos(anomaly) - e), a * np.sqrt(1 - e**2) * np.sin(anomaly)
    return np.hypot(x - 0.3, y + 0.1)


def stumpff(z):
    if z > 1e-6:
        s = np.sqrt(z)
        return (1 - np.cos(s)) / z, (s - np.sin(s)) / s**3
    if z < -1e-6:
        s = np.sqrt(-z)
        return (1 - np.cosh(s)) / z, (np.sinh(s) - s) / s**3
    return 1 / 2 - z / 24, 1 / 6 - z / 120


@program(A([1.0, 0.1, 0.05]), A([-0.3, 1.2, 0.2]), 1.7, order=1)
def lambert(r1, r2, tof):
    """The velocity with which to leave r1 to be at r2 in time, by universal variables."""
    mu = 1.0
    n1, n2 = np.linalg.norm(r1), np.linalg.norm(r2)
    angle = np.arccos(np.dot(r1, r2) / (n1 * n2))
    A_ = np.sin(angle) * np.sqrt(n1 * n2 / (1 - np.cos(angle)))

    def y_of(z):
        c, s = stumpff(z)
        return n1 + n2 + A_ * (z * s - 1) / np.sqrt(c)

    def late(z):
        c, s = stumpff(z)
        y = y_of(z)
        return (y / c) ** 1.5 * s + A_ * np.sqrt(y) - np.sqrt(mu) * tof

    z = brentq(late, -2.0, 20.0, xtol=1e-14, rtol=1e-14)
    y = y_of(z)
    f, g = 1 - y / n1, A_ * np.sqrt(y / mu)
    v1 = (r2 - f * r1) / g
    return v1 @ v1


# -- money ------------------------------------------------------------------------------------------------------------


def black_scholes(S, K, T, r, sigma):
    d1 = (np.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * np.sqrt(T))
    return S * stats.norm.cdf(d1) - K * np.exp(-r * T) * stats.norm.cdf(d1 - sigma * np.sqrt(T))


@program(8.0, 100.0, 105.0, 0.75, 0.02)
def implied_volatility(price, S, K, T, r):
    return brentq(lambda sigma: black_scholes(S, K, T, r, sigma) - price, 1e-4, 5.0, xtol=1e-14)


@program(100.0, 105.0, 0.75, 0.02, 0.3, rtol=1e-5)
def option_by_quadrature(S, K, T, r, sigma):
    """The expected payoff, integrated from where there is one."""
    mean = np.log(S) + (r - 0.5 * sigma**2) * T
    width = sigma * np.sqrt(T)
    edge = (np.log(K) - mean) / width

    def payoff(z):
        return (np.exp(mean + width * z) - K) * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)

    value, _ = quad(payoff, edge, 10.0, epsabs=1e-12, epsrel=1e-12)
    return np.exp(-r * T) * value


@program(A([-1000.0, 300.0, 420.0, 480.0, 150.0]))
def internal_rate_of_return(flows):
    years = np.arange(len(flows))

    def present_value(rate):
        return np.sum(flows / (1 + rate) ** years)

    return newton(present_value, 0.1, tol=1e-14)


@program(A([0.02, 0.025, 0.03, 0.032]), 2.4)
def yield_curve(rates, maturity):
    """A forward rate on a curve of zero rates, and a bond."""
    curve = CubicSpline([0.5, 1.0, 2.0, 5.0], rates, bc_type="natural")
    forward = curve(maturity) + maturity * curve(maturity, 1)
    coupons = np.arange(0.5, 3.1, 0.5)
    bond = sum(2.5 * np.exp(-curve(t) * t) for t in coupons) + 100 * np.exp(-curve(3.0) * 3.0)
    return bond * forward


# -- networks and equilibria ------------------------------------------------------------------------------------------

PIPES = [(0, 1, 120.0, 0.3), (0, 2, 200.0, 0.25), (1, 2, 90.0, 0.2), (1, 3, 150.0, 0.25), (2, 3, 110.0, 0.3)]


@program(A([1.2, 1.5, 2.0, 1.3, 1.6]), A([5.0, 3.0]), rtol=1e-5, order=1)
def pipe_network(friction, demand):
    """Heads of a network of pipes in which what comes in goes out."""

    def flow(k, h):
        i, j, length, d = PIPES[k]
        resistance = 0.08 * friction[k] * length / (np.pi**2 * 9.81 * d**5)
        drop = h[i] - h[j]
        return np.sign(drop) * np.sqrt(np.abs(drop) / resistance)

    def imbalance(unknown):
        h = [50.0, unknown[0], unknown[1], unknown[2]]
        q = [flow(k, h) for k in range(len(PIPES))]
        out = np.zeros(4)
        for k, (i, j, _, _) in enumerate(PIPES):
            out[i] -= q[k]
            out[j] += q[k]
        return [out[1] - 0.02, out[2] - demand[0] / 100, out[3] - demand[1] / 100]

    h = fsolve(imbalance, [49.5, 49.0, 48.0], xtol=1e-13)
    return np.sum(h)


@program(0.8, 1.5, 330.0)
def chemical_equilibrium(feed, pressure, temperature):
    """Two reactions at once, by their extents."""
    k1 = np.exp(2.0 - 600.0 / temperature)
    k2 = 0.3 * np.exp(-100.0 / temperature)

    def residual(extent, k1, k2, total):
        x, y = extent
        a, b, c, d = 1.0 - x, total - x - y, x - y, 2 * y
        everything = a + b + c + d
        return np.array([c * everything - k1 * a * b * pressure, d**2 - k2 * b * c])

    sol = root(residual, [0.3, 0.1], args=(k1, k2, feed), method="hybr", tol=1e-13)
    assert sol.success
    return sol.x[0] + 2 * sol["x"][1]


@program(A([1.0, 2.0]), A([0.5, 1.5, 0.2, 0.3]), order=1)
def gene_switch(production, params):
    """The steady state of two genes that repress each other, and how fast it is reached."""
    n, k, d1, d2 = params[0] + 1.5, params[1], 1 + params[2], 1 + params[3]

    def rhs(y):
        return A([production[0] / (1 + (y[1] / k) ** n) - d1 * y[0], production[1] / (1 + (y[0] / k) ** n) - d2 * y[1]])

    y = root(rhs, A([0.1, 1.5]), method="lm", options={"xtol": 1e-14}).x
    slopes = np.stack([
        A([-d1, -production[0] * n / k * (y[1] / k) ** (n - 1) / (1 + (y[1] / k) ** n) ** 2]),
        A([-production[1] * n / k * (y[0] / k) ** (n - 1) / (1 + (y[0] / k) ** n) ** 2, -d2]),
    ])  # fmt: skip
    return np.linalg.det(slopes) + y @ y


@program(1.3, A([0.5, 0.8, 0.3]))
def colebrook(roughness, speeds):
    """Friction in pipes of several Reynolds numbers, all at once."""
    reynolds = 1e5 * speeds
    eps = 1e-3 * roughness

    def f(x):
        return x + 2.0 * np.log10(eps / 3.7 + 2.51 * x / reynolds)

    x = optimize.fixed_point(lambda x: x - f(x), np.full(3, 6.0), xtol=1e-13)
    return np.sum(1 / x**2 * speeds**2)


@program(0.9, 1.1, 0.4)
def van_der_waals(t, p, _w):
    """The volume of a gas, and the work to it."""
    coefficients = [3 * p, -(p + 8 * t), 9.0, -3.0]
    v = optimize.root_scalar(lambda v: np.polyval(coefficients, v), bracket=[0.4, 10.0], method="brentq", xtol=1e-14)
    assert v.converged
    work = quad(lambda u: 8 * t / (3 * u - 1) - 3 / u**2, v.root, 4.0)[0]
    return work + _w


# -- fits -------------------------------------------------------------------------------------------------------------

TIMES = np.linspace(0.0, 4.0, 15)
SIGNAL = 2.5 * np.exp(-1.3 * TIMES) + 0.5 + 0.05 * np.sin(37.0 * TIMES)


def decay(t, a, k, c):
    return a * np.exp(-k * t) + c


def decay_slopes(t, a, k, c):
    return np.column_stack([np.exp(-k * t), -a * t * np.exp(-k * t), np.ones_like(t)])


@program(SIGNAL, rtol=1e-4, order=1)
def half_life(signal):
    """A fit, its time constant, and how sure that is."""
    popt, pcov = curve_fit(
        decay, TIMES, signal, p0=[2.0, 1.0, 0.0], jac=decay_slopes, method="trf", xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    half = np.log(2) / popt[1]
    return half + np.sqrt(np.diag(pcov))[1]


@program(SIGNAL, 0.1, rtol=1e-4, order=1)
def robust_fit(signal, scale):
    def residuals(p, t, y):
        return (decay(t, *p) - y) / 0.1

    fit = least_squares(
        residuals, [2.0, 1.0, 0.3], args=(TIMES, signal), loss="soft_l1", xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    return fit.x @ A([1.0, 2.0, 3.0]) * scale


@program(A([1.2, 1.9, 3.2, 3.9, 5.1]), 0.4, rtol=1e-5)
def ridge(y, penalty):
    """A regression with a penalty, minimised by hand."""
    X = np.vander(np.linspace(0, 1, 5), 3)

    def cost(w):
        r = X @ w - y
        return 0.5 * r @ r + 0.5 * penalty * w @ w

    w = minimize(cost, np.zeros(3), method="BFGS", options={"gtol": 1e-10}).x
    return np.sum(w**3)


@program(A([0.6, 1.3, 0.2]), rtol=1e-4, order=1)
def logistic_regression(prior):
    X = A([[1.0, 0.2], [1.0, 1.5], [1.0, -0.7], [1.0, 2.2], [1.0, 0.9]])
    y = A([0, 1, 0, 1, 0])

    def negative_log_posterior(w, prior):
        z = X @ w
        return np.sum(np.logaddexp(0, z) - y * z) + 0.5 * np.exp(prior[0]) * np.sum((w - prior[1:]) ** 2)

    res = minimize(negative_log_posterior, [0.0, 0.0], args=(prior,), tol=1e-10)
    return res.fun + special.expit(res.x).sum()


@program(A([1.0, 2.0, 0.5]), 3.0, rtol=1e-5, order=1)
def consumer(weights, income):
    """What is bought of three goods for an income: the budget as a constraint."""
    prices = A([1.0, 2.0, 4.0])

    def utility(x):
        return -np.sum(weights * np.log(x))

    res = minimize(
        utility, [0.5, 0.5, 0.2], method="SLSQP", bounds=[(1e-6, None)] * 3,
        constraints={"type": "eq", "fun": lambda x: prices @ x - income}, options={"ftol": 1e-15},
    )
    return res.x @ A([1.0, -2.0, 3.0]) + res.fun


@program(0.7, A([0.3, 0.5]), order=1, rtol=1e-4)
def optimal_design(load, weights):
    """The best thickness of a beam for which the best shape is chosen inside."""

    def mass(t):
        def deflection(s):
            return load / (t * (1 + s) ** 3) + 0.1 * s**2

        shape = minimize_scalar(deflection, bounds=(0, 5), method="bounded", options={"xatol": 1e-12})
        return weights[0] * t + weights[1] * shape.fun

    best = minimize_scalar(mass, bounds=(0.1, 5.0), method="bounded", options={"xatol": 1e-10})
    return best.fun


# -- tables and splines -----------------------------------------------------------------------------------------------

TEMPERATURES, PRESSURES = np.linspace(280, 400, 7), np.linspace(1, 10, 5)
ENTHALPY = 4.2 * TEMPERATURES[:, None] + 0.3 * PRESSURES**2 + 1e-3 * np.outer(TEMPERATURES**1.5, PRESSURES)
STEAM = RegularGridInterpolator((TEMPERATURES, PRESSURES), ENTHALPY)


@program(330.0, A([2.0, 4.5, 7.0]))
def turbine(temperature, pressures):
    """The work between stages, by a table."""
    points = np.column_stack([np.full_like(pressures, temperature), pressures])
    h = STEAM(points)
    return np.sum(np.diff(h) ** 2)


@program(ENTHALPY, 4000.0, 3.0, order=1)
def inverse_table(table, h, p):
    """The temperature at which a table has an enthalpy."""
    lookup = RegularGridInterpolator((TEMPERATURES, PRESSURES), table, method="linear")
    return brentq(lambda t: lookup([t, p])[0] - 0.37 * h, 281.0, 399.0, xtol=1e-12)


@program(A([[0.0, 0.0], [1.0, 0.5], [1.8, 1.7], [3.0, 1.9]]), rtol=1e-5, order=1)
def trajectory(waypoints):
    """The effort and the length of a smooth path."""
    path = CubicSpline(np.arange(4.0), waypoints, bc_type="clamped")
    t = np.linspace(0, 3, 31)
    velocity, acceleration = path(t, 1), path.derivative(2)(t)
    length = integrate.simpson(np.linalg.norm(velocity, axis=1)[1:-1], x=t[1:-1])
    return length + 0.1 * integrate.trapezoid(np.sum(acceleration**2, axis=1), t)


@program(A([0.1, 0.5, 0.9, 0.95]), 0.55)
def quantile_curve(cdf, u):
    """A distribution from a monotone curve: its inverse and its mean."""
    F = PchipInterpolator([0.0, 1.0, 2.0, 4.0], cdf)
    x = brentq(lambda x: F(x) - u, 0.0, 4.0, xtol=1e-13)
    return x + F.integrate(0.0, x)


@program(A([1.0, 0.8, 0.3, 0.25, 0.1]), 0.7)
def cam(profile, phase):
    tck = interpolate.splrep(np.linspace(0, 2, 5), profile, s=0)
    angles = np.linspace(0.1, 1.1, 7) + 0.5 * phase
    lift = interpolate.splev(angles, tck)
    speed = interpolate.splev(angles, tck, der=1)
    return np.max(lift) + np.sum(speed**2) + interpolate.splint(0.2, phase, tck)


# -- fields -----------------------------------------------------------------------------------------------------------


@program(A([1.0, 2.0, 0.5, 1.5, 1.1, 0.9]), 0.3)
def finite_elements(stiffness, load):
    """The compliance of a bar of elements: assembled, held at one end, solved."""
    n = len(stiffness) + 1
    rows, cols, data = [], [], []
    for e in range(n - 1):
        k = stiffness[e] * (n - 1)
        for i, j, v in ((e, e, k), (e, e + 1, -k), (e + 1, e, -k), (e + 1, e + 1, k)):
            rows.append(i)
            cols.append(j)
            data.append(v)
    K = sp.coo_matrix((data, (rows, cols)), shape=(n, n)).tocsr()
    f = np.full(n, load / n)
    u = np.zeros(n)
    u[1:] = spla.spsolve(K[1:, 1:], f[1:])
    return f @ u


@program(A([0.1, 0.4, 1.0, 0.7, 0.2]), 0.5)
def heat(initial, diffusivity):
    """Implicit steps of the heat equation, with one factorisation."""
    n, dt = len(initial), 0.1
    laplacian = sp.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(n, n), format="csc")
    lu = spla.splu(sp.identity(n, format="csc") - dt * diffusivity * laplacian)
    u = initial.copy()
    for _ in range(8):
        u = lu.solve(u)
    return u @ u


@program(A([1.0, 1.2, 0.8, 1.1]), 2.0)
def diffusion_in_two_dimensions(conductivity, source):
    """A Poisson equation on a grid, by a Kronecker sum, with a coefficient in each row."""
    n = len(conductivity)
    T = sp.diags([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], [-1, 0, 1])
    L = sp.kron(sp.diags(conductivity), T) + sp.kron(T, sp.eye(n))
    u = spla.spsolve(L.tocsc(), source * np.ones(n * n))
    return u.max() + np.sum(u**2)


@program(A([0.3, 0.6, 0.2]), 0.85, rtol=1e-5, order=1)
def page_rank(weights, damping):
    """Ranks of pages of a graph whose links have weights."""
    n = 4
    links = sp.csr_matrix(
        (np.concatenate([weights, np.ones(4)]), ([0, 0, 1, 1, 2, 3, 2], [1, 2, 2, 3, 0, 0, 3])), shape=(n, n)
    )
    out = np.asarray(links.sum(axis=1)).ravel()
    P = sp.diags(1 / out) @ links
    rank = spla.spsolve(sp.eye(n, format="csc") - damping * P.T.tocsc(), np.full(n, (1 - damping) / n))
    return np.sum(rank**2)


@dataclass
class Cell:
    resistance: float
    capacity: float

    def voltage(self, current, times):
        soc = 1 - integrate.cumulative_trapezoid(current, times, initial=0) / self.capacity
        ocv = np.interp(soc, [0.0, 0.2, 0.5, 1.0], [3.0, 3.4, 3.7, 4.2])
        return ocv - current * self.resistance


@program(0.05, 2.5, A([1.0, 1.4, 0.6, 0.9]))
def battery(resistance, capacity, current):
    cell = Cell(resistance, capacity)
    v = cell.voltage(current, np.linspace(0.0, 1.5, 4))
    return integrate.simpson(v * current, x=np.linspace(0.0, 1.5, 4))


@program(2.0, 0.4, rtol=1e-5)
def planck(temperature, emissivity):
    """What a body radiates in a band and in all."""

    def intensity(x, t):
        return x**3 * np.exp(-x / t) / (1 - np.exp(-x / t))

    band = quad(intensity, 0.5, 3.0, args=(temperature,))[0]
    total, error = quad(partial(intensity, t=temperature), 0, np.inf)
    return emissivity * band / total


@program(1.1, 0.7, order=1, rtol=1e-5)
def mass_of_a_plate(a, b):
    density = lambda y, x: 1 + x * y**2 * b  # noqa: E731
    mass = integrate.dblquad(density, 0, a, lambda x: 0.0, lambda x: np.sqrt(a**2 - x**2) + b)[0]
    moment = integrate.dblquad(lambda y, x: x * density(y, x), 0, a, 0, b)[0]
    return moment / mass
