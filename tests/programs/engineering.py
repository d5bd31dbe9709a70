"""Correlations of process and mechanical engineering, on floats, in the manner of the libraries that hold them.

Guards that do not fire, options by name, coefficients in tables and dicts of the module, ``is None`` defaults, helpers
with keyword arguments, solvers written in Python. The source of each formula stands with it.
"""

import functools
import math
from bisect import bisect_left
from math import acos, cos, exp, log, log10, pi, sqrt

from tests.programs import program

GAS = 8.31446261815324
ANTOINE = {  # A, B, C, lowest and highest temperature; NIST WebBook
    "water": (4.6543, 1435.264, -64.848, 255.9, 373.0),
    "ethanol": (5.24677, 1598.673, -46.424, 292.8, 366.6),
    "benzene": (4.01814, 1203.835, -53.226, 287.7, 354.1),
}
SHOMATE = {  # NIST WebBook: [upper limit, A ... E]
    "N2": [(500.0, 28.98641, 1.853978, -9.647459, 16.63537, 0.000117), (2000.0, 19.50583, 19.88705, -8.598535, 1.369784, 0.527601)],
    "O2": [(700.0, 31.32234, -20.23531, 57.86644, -36.50624, -0.007374), (2000.0, 30.03235, 8.772972, -3.988133, 0.788313, -0.741599)],
}  # fmt: skip
PIPE_SIZES = [15.8, 20.9, 26.6, 35.1, 40.9, 52.5, 62.7, 77.9, 102.3]
PIPE_NOMINAL = [0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0]
FITTINGS = {"elbow": (800.0, 0.14, 4.0), "tee": (500.0, 0.274, 4.0), "gate valve": (300.0, 0.037, 3.9)}


def checked(function):
    """Refuses what is not positive, as libraries do."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        for value in args:
            if isinstance(value, float | int) and not isinstance(value, bool) and value <= 0:
                raise ValueError(f"{function.__name__}: {value} is not positive")
        return function(*args, **kwargs)

    return wrapper


def horner(coefficients, x):
    total = 0.0
    for c in coefficients:
        total = total * x + c
    return total


def interpolated(x, xs, ys, extrapolate=False):
    """Linear interpolation in a table."""
    if x <= xs[0]:
        return ys[0] if not extrapolate else ys[0] + (ys[1] - ys[0]) / (xs[1] - xs[0]) * (x - xs[0])
    if x >= xs[-1]:
        return ys[-1] if not extrapolate else ys[-1] + (ys[-1] - ys[-2]) / (xs[-1] - xs[-2]) * (x - xs[-1])
    k = bisect_left(xs, x)
    return ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1])


def secant(f, x0, x1=None, args=(), xtol=1e-13, maxiter=60):
    """Two-point iteration with the guards of a library's solver."""
    if x1 is None:
        x1 = x0 * (1.0 + 1e-3) if x0 != 0.0 else 1e-3
    f0 = f(x0, *args)
    f1 = f(x1, *args)
    for iteration in range(maxiter):
        if f1 == f0:
            if x1 != x0:
                raise RuntimeError(f"tolerance reached at iteration {iteration}, x={x1:g}")
            return x1
        x2 = x1 - f1 * (x1 - x0) / (f1 - f0)
        if abs(x2 - x1) <= xtol * abs(x2):
            return x2
        x0, f0, x1 = x1, f1, x2
        f1 = f(x1, *args)
    raise RuntimeError(f"failed to converge after {maxiter} iterations, value {x1:g}")


@program(5e4, 0.05)
@program(1200.0, 0.05, name="friction_laminar")
@program(5e4, 0.05, "haaland", name="friction_haaland", wrt=(0, 1))
@program(5e4, 0.05, "colebrook", name="friction_colebrook", wrt=(0, 1))
def friction(Re, eD, method=None):
    """Darcy's factor. Swamee & Jain (1976), Haaland (1983), Colebrook (1939)."""
    if Re <= 0.0 or eD < 0.0:
        raise ValueError(f"Reynolds number {Re} and roughness {eD} have to be positive")
    if Re < 2040.0:
        return 64.0 / Re
    if method is None or method == "swamee-jain":
        return 0.25 / log10(eD / 3.7 + 5.74 / Re**0.9) ** 2
    elif method == "haaland":
        return (-1.8 * log10((eD / 3.7) ** 1.11 + 6.9 / Re)) ** -2
    elif method == "colebrook":
        guess = friction(Re, eD, method="haaland")
        return secant(lambda f: 1.0 / sqrt(f) + 2.0 * log10(eD / 3.7 + 2.51 / (Re * sqrt(f))), guess)
    else:
        raise ValueError(f"method {method!r} is not one of swamee-jain, haaland, colebrook")


@program(320.0, "ethanol", wrt=(0,))
@program(350.0, "water", True, name="vapour_pressure_checked", wrt=(0,))
def vapour_pressure(T, substance, check=False):
    """Antoine (1888), bar."""
    if substance not in ANTOINE:
        raise KeyError(substance)
    A, B, C, low, high = ANTOINE[substance]
    if check and not low <= T <= high:
        raise ValueError("temperature %g is outside of %g to %g K" % (T, low, high))
    return 10.0 ** (A - B / (T + C))


@program(650.0, "N2", wrt=(0,))
@program(400.0, "O2", name="heat_capacity_low", wrt=(0,))
def heat_capacity(T, gas):
    """Shomate's equation, J/(mol K)."""
    t = T / 1000.0
    for limit, a, b, c, d, e in SHOMATE[gas]:
        if T <= limit:
            return a + b * t + c * t**2 + d * t**3 + e / t**2
    raise ValueError(f"{T} K is too hot for the table of {gas}")


@program(30.0, 8e4, 0.0)
@program(70.0, 8e4, 0.2, name="pipe_between_sizes")
def fitting_loss(diameter_mm, Re, extra):
    """3-K method, Darby (2001), with the nominal size from a table."""
    k1, ki, kd = FITTINGS["elbow"]
    nominal = interpolated(diameter_mm, PIPE_SIZES, PIPE_NOMINAL, extrapolate=True)
    return k1 / Re + ki * (1.0 + kd / nominal**0.3) + extra


@program(350.0, 1.2e6)
def peng_robinson_volume(T, P):
    """The gas root of the cubic by trigonometry or Cardano; Peng & Robinson (1976), propane."""
    Tc, Pc, omega = 369.83, 4.248e6, 0.1523
    kappa = horner((-0.26992, 1.54226, 0.37464), omega)
    alpha = (1.0 + kappa * (1.0 - sqrt(T / Tc))) ** 2
    A = 0.45724 * GAS**2 * Tc**2 / Pc * alpha * P / (GAS * T) ** 2
    B = 0.07780 * GAS * Tc / Pc * P / (GAS * T)
    b, c, d = -(1.0 - B), A - 3.0 * B * B - 2.0 * B, -(A * B - B * B - B**3)
    q, r = (3.0 * c - b * b) / 9.0, (9.0 * b * c - 27.0 * d - 2.0 * b**3) / 54.0
    disc = q**3 + r**2
    if disc < 0.0:
        theta = acos(r / sqrt(-(q**3)))
        z = max(2.0 * sqrt(-q) * cos((theta + 2.0 * k * pi) / 3.0) - b / 3.0 for k in range(3))
    else:
        s, t = r + sqrt(disc), r - sqrt(disc)
        z = math.copysign(abs(s) ** (1.0 / 3.0), s) + math.copysign(abs(t) ** (1.0 / 3.0), t) - b / 3.0
    return z * GAS * T / P


@program(400.0, 320.0, 290.0, 330.0)
def log_mean_temperature(hot_in, hot_out, cold_in, cold_out, counterflow=True):
    """Logarithmic mean; its limit where the differences are equal."""
    first, second = (hot_in - cold_out, hot_out - cold_in) if counterflow else (hot_in - cold_in, hot_out - cold_out)
    if first <= 0.0 or second <= 0.0:
        raise ValueError("the streams cross")
    if abs(first - second) < 1e-9 * first:
        return 0.5 * (first + second)
    return (first - second) / log(first / second)


@program(1.8, 0.6)
@program(1.8, 0.6, "shell", 2, name="effectiveness_shell", wrt=(0, 1))
@program(1.8, 0.6, "crossflow", name="effectiveness_crossflow", wrt=(0, 1))
def effectiveness(ntu, cr, kind="counterflow", shells=1):
    """Kays & London (1984)."""
    if not 0.0 <= cr <= 1.0:
        raise ValueError(f"ratio of capacities {cr} is not between 0 and 1")
    if kind == "counterflow":
        return ntu / (1.0 + ntu) if cr == 1.0 else (1.0 - exp(-ntu * (1.0 - cr))) / (1.0 - cr * exp(-ntu * (1.0 - cr)))
    if kind in ("shell", "shell and tube"):
        root = (1.0 + cr * cr) ** 0.5
        one = 2.0 / (1.0 + cr + root * (1.0 + exp(-ntu * root)) / (1.0 - exp(-ntu * root)))
        if shells > 1:
            term = ((1.0 - one * cr) / (1.0 - one)) ** shells
            one = (term - 1.0) / (term - cr)
        return one
    if kind.startswith("cross"):
        return 1.0 - exp(ntu**0.22 / cr * (exp(-cr * ntu**0.78) - 1.0))
    raise ValueError(f"unknown arrangement {kind}")


@program(0.8, 0.05)
def stream_function_drag(V, D):
    """Sphere drag over ranges of Reynolds number, from a list of limits; Clift, Grace & Weber (1978), abridged."""
    Re = V * D / 1.5e-5
    w = log10(Re)
    if Re < 0.01:
        return 24.0 / Re + 3.0 / 16.0
    elif Re < 20.0:
        return 24.0 / Re * (1.0 + 0.1315 * Re ** (0.82 - 0.05 * w))
    elif Re < 260.0:
        return 24.0 / Re * (1.0 + 0.1935 * Re**0.6305)
    elif Re < 1500.0:
        return 10 ** (1.6435 - 1.1242 * w + 0.1558 * w**2)
    elif Re < 12000.0:
        return 10.0 ** horner((0.1049, -0.9295, 2.5558, -2.4571), w)
    return 0.4


@program(1.0, 2500.0)
def terminal_velocity(diameter_mm, density):
    """Where drag and weight agree, by the secant method; drag of Schiller & Naumann (1933)."""

    def unbalanced(v, d, rho):
        re = v * d * 1000.0 / 1e-3
        drag = 24.0 / re * (1.0 + 0.15 * re**0.687) if re < 1000.0 else 0.44
        return v - sqrt(4.0 * 9.80665 * d * (rho - 1000.0) / (3.0 * drag * 1000.0))

    return secant(unbalanced, 0.15, 0.2, args=(diameter_mm / 1000.0, density), xtol=1e-14)


@program(298.0, 0.6)
def wet_bulb(T, humidity):
    """Stull (2011), on Celsius."""
    t, rh = T - 273.15, humidity * 100.0
    return (
        t * math.atan(0.151977 * (rh + 8.313659) ** 0.5) + math.atan(t + rh) - math.atan(rh - 1.676331)
        + 0.00391838 * rh**1.5 * math.atan(0.023101 * rh) - 4.686035
    )  # fmt: skip


@checked
def hydraulic_radius(area, perimeter):
    return area / perimeter


@program(1.2, 0.5, 2.0)
def manning_flow(width, depth, permille):
    """Open channel; the helper is decorated with a check."""
    radius = hydraulic_radius(width * depth, width + 2.0 * depth)
    return width * depth * radius ** (2.0 / 3.0) * (permille / 1000.0) ** 0.5 / 0.013


class Fluid:
    """Properties computed on demand and kept."""

    def __init__(self, T, P=101325.0, name="air"):
        self.T, self.P, self.name = T, P, name
        self._density = None

    @property
    def density(self):
        if self._density is None:
            self._density = self.P / (287.05 * self.T)
        return self._density

    @property
    def viscosity(self):
        return 1.716e-5 * (self.T / 273.15) ** 1.5 * (273.15 + 110.4) / (self.T + 110.4)

    def reynolds(self, *, velocity, length):
        return self.density * velocity * length / self.viscosity


@program(310.0, 4.0)
def plate_coefficient(T, velocity):
    """An object made inside, with cached and computed properties. Sutherland (1893); Pohlhausen (1921)."""
    air = Fluid(T)
    re = air.reynolds(velocity=velocity, length=0.2)
    nu = 0.664 * re**0.5 * 0.71 ** (1 / 3.0) if re < 5e5 else (0.037 * re**0.8 - 871.0) * 0.71 ** (1 / 3.0)
    return nu * 0.026 / 0.2 + air.density


@program(0.4, 1.3)
def rachford_rice(z1, k1):
    """Vapour fraction of a flash of three components; Rachford & Rice (1952). Lists of floats, a bracketed Newton."""
    zs = [z1, 0.35, 0.65 - z1]
    ks = [k1 * 2.0, 0.9, 0.3]
    if abs(sum(zs) - 1.0) > 1e-9:
        raise ValueError("fractions do not sum to one")
    low, high = 1.0 / (1.0 - max(ks)), 1.0 / (1.0 - min(ks))
    v = 0.5 * (low + high)
    for _ in range(60):
        f = sum(z * (k - 1.0) / (1.0 + v * (k - 1.0)) for z, k in zip(zs, ks, strict=True))
        slope = -sum(z * ((k - 1.0) / (1.0 + v * (k - 1.0))) ** 2 for z, k in zip(zs, ks, strict=True))
        new = v - f / slope
        if not low < new < high:
            new = 0.5 * (v + (low if new <= low else high))
        if abs(new - v) < 1e-15:
            break
        v = new
    xs = [z / (1.0 + v * (k - 1.0)) for z, k in zip(zs, ks, strict=True)]
    return v + xs[0]


@program(300.0, 0.3)
def mixture_viscosity(T, x):
    """Wilke (1950): a double loop over lists of properties."""
    masses, viscosities, fractions = [28.0, 44.0], [1.78e-5 * (T / 300.0) ** 0.7, 1.5e-5 * (T / 300.0) ** 0.8], [x, 1.0 - x]
    total = 0.0
    for i in range(len(masses)):
        denominator = 0.0
        for j in range(len(masses)):
            ratio = (viscosities[i] / viscosities[j]) ** 0.5 * (masses[j] / masses[i]) ** 0.25
            denominator += fractions[j] * (1.0 + ratio) ** 2 / (8.0 * (1.0 + masses[i] / masses[j])) ** 0.5
        total += fractions[i] * viscosities[i] / denominator
    return total * 1e5


@program(0.3, 0.2, None, wrt=(0, 1))
@program(0.3, 0.2, 1.9, name="orifice_with_density")
def orifice_flow(beta, pressure_bar, rho=None, **options):
    """Reader-Harris & Gallagher, abridged to its leading terms; ISO 5167 (2003)."""
    density = 1.2 if rho is None else rho
    re = options.get("Re", 1e5)
    c = 0.5961 + 0.0261 * beta**2 - 0.216 * beta**8 + 0.000521 * (1e6 * beta / re) ** 0.7
    expansibility = options.pop("eps", 1.0)
    return c * expansibility * (1.0 - beta**4) ** -0.5 * pi / 4.0 * beta**2 * sqrt(2.0 * density * pressure_bar * 1e5)


@program(2.2, 0.7, 1.1)
def beam_deflection(load, position, stiffness, length=3.0, supports="simple"):
    """Euler & Bernoulli: a point load, on either side of it."""
    try:
        a = {"simple": position, "cantilever": 0.0}[supports]
    except KeyError:
        raise ValueError(f"supports {supports}") from None
    b = length - a
    x = 0.5 * length
    if x <= a:
        return load * b * x * (length**2 - b**2 - x**2) / (6.0 * length * stiffness)
    return load * b * (length / b * (x - a) ** 3 + (length**2 - b**2) * x - x**3) / (6.0 * length * stiffness)


@program([0.25, 0.45, 0.3], 340.0)
def bubble_pressure(fractions, T):
    """Raoult (1887), over a dict of coefficients."""
    total = 0.0
    for x, (name, (A, B, C, *_)) in zip(fractions, ANTOINE.items(), strict=True):
        if name != "none":
            total += x * 10 ** (A - B / (T + C))
    return total
