"""Functions as array libraries write them: options by name, keyword plumbing, decorated helpers, models as classes,
guards that never fire, arrays and numbers by one code. Formulas are textbook facts; where one has a source it is named.
"""

import collections.abc
import functools
import inspect
import types
import warnings

import numpy as np
import numpy.polynomial.chebyshev as chebyshev
import numpy.polynomial.polynomial as power_series

from tests.programs import program

X = np.array([0.5, 1.2, 0.8, 1.7])
P = np.array([0.3, 0.9, 1.4, 0.6])
V = np.array([0.4, -0.3, 0.9])
A = np.array([[1.0, 0.4, 0.2], [0.5, 1.3, 0.9]])
DEG = np.array([12.0, 35.0, 61.0])


# -- conversions and decisions on types ---------------------------------------------------------------------------------


def _as_float_array(a, name="a"):
    a = np.asanyarray(a)
    if a.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be numeric, got dtype {a.dtype!r}")
    if not np.issubdtype(a.dtype, np.floating):
        a = a.astype(np.result_type(a.dtype, np.float64))
    return a


def _first_or_all(values, scalar):
    return values.item() if scalar else values


@program(X, name="saturation_pressure_array")
@program(0.9, name="saturation_pressure_number")
def saturation_pressure(t):
    """Magnus form of the saturation vapour pressure over water, in hPa (Alduchov & Eskridge 1996)."""
    scalar = np.isscalar(t)
    t = np.atleast_1d(_as_float_array(t, "t"))
    if t.ndim > 1:
        raise ValueError(f"expected at most one axis, got {t.ndim}")
    out = 6.1094 * np.exp(17.625 * t / (t + 243.04))
    return _first_or_all(out, scalar)


@program(DEG, 0.3)
def angle_of_incidence(zenith, tilt):
    """Cosine of the angle between the sun and a tilted plane, clipped where the sun is behind it."""
    cosine = np.cos(np.radians(zenith)) * np.cos(tilt) + np.sin(np.radians(zenith)) * np.sin(tilt)
    cosine = np.clip(cosine, -1, 1)
    try:
        cosine.name = "cosine"
    except AttributeError:
        pass
    return np.where(cosine > 0.0, cosine, 0.0)


@program(DEG)
def relative_airmass(zenith):
    """Kasten & Young 1989, with the options of a library that has others, too."""
    return _airmass(zenith, model="KastenYoung1989")


def _airmass(zenith, model="simple"):
    z = np.where(zenith > 90, np.nan, zenith)
    model = model.lower()
    if "simple" == model:
        am = 1.0 / np.cos(np.radians(z))
    elif model in ("kasten1966", "kastenyoung1989"):
        am = 1.0 / (np.cos(np.radians(z)) + 0.50572 * ((6.07995 + (90 - z)) ** -1.6364))
    else:
        raise ValueError('%s is not a valid model for relativeairmass' % model)
    return am


@program(A, V)
def broadcast_by_hand(a, v):
    shape = np.broadcast_shapes(a.shape, v.shape, (1,))
    a, v = np.broadcast_to(a, shape, subok=True), np.broadcast_to(v, shape)
    b = np.broadcast(a, v)
    if b.ndim != 2 or b.shape != shape:
        raise ValueError("shapes do not match")
    return np.sum(a * v, axis=-1) / b.size


@program(X)
def buffers_with_an_order(x):
    out = np.zeros(x.shape, np.float64, "C")
    out += np.ones_like(x, dtype=float, order="K", subok=False) * x
    out *= np.full(x.shape, 2.0, dtype=None, order="F")
    if not out.flags.writeable:
        out = out.copy()
    out[..., 0] = x[-1]
    return out


# -- decorators ------------------------------------------------------------------------------------------------------------


def deprecated_keyword(old, new):
    """Rename a keyword, with a warning."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            if old in kwargs:
                warnings.warn(f"{old} is called {new} now", DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return wrapper

    return decorate


def in_radians(*names):
    """The named parameters come in degrees."""

    def decorate(function):
        parameters = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            given = dict(zip(parameters, args))
            given.update(kwargs)
            for name in names:
                if name in given:
                    given[name] = np.deg2rad(given[name])
            return function(**given)

        return wrapper

    return decorate


def same_namespace(function):
    """Hand the array namespace of the first argument to the function."""

    @functools.wraps(function)
    def wrapper(x, *args, xp=None, **kwargs):
        xp = array_namespace(x) if xp is None else xp
        return function(xp.asarray(x), *args, xp=xp, **kwargs)

    return wrapper


def array_namespace(*arrays):
    """The module whose functions fit these arrays."""
    found = [a for a in arrays if a is not None]
    if all(isinstance(a, np.ndarray | np.generic | float) for a in found):
        return types.SimpleNamespace(
            asarray=np.asarray, exp=np.exp, log=np.log, sum=np.sum, max=np.max, any=np.any, isnan=np.isnan,
            where=np.where, expand_dims=np.expand_dims, moveaxis=np.moveaxis, bool=np.bool_,
        )  # fmt: skip
    raise TypeError("no namespace for these arrays")


@program(DEG)
def decorated_in_degrees(angle):
    return _refraction(angle, index=1.33) + _refraction(angle=angle, index=1.5)


@in_radians("angle")
def _refraction(angle, index=1.0):
    """Snell's law."""
    return np.arcsin(np.sin(angle) / index)


@program(X)
def deprecated_keyword_is_renamed(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _scaled(x, scale=2.0) + _scaled(x, factor=3.0)


@deprecated_keyword("scale", "factor")
def _scaled(x, factor=1.0):
    return factor * np.tanh(x)


@program(A)
def namespace_of_the_array(a):
    return _log_sum_exp(a, axis=1) * _log_sum_exp(a, axis=0, keepdims=True).sum()


@same_namespace
def _log_sum_exp(x, axis=None, keepdims=False, *, xp):
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isnan(top), 0.0, top)
    out = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else out[tuple(0 if k == axis else slice(None) for k in range(out.ndim))]


# -- tables of functions and of constants -----------------------------------------------------------------------------------


class Constants(dict):
    """A dict whose items are attributes."""

    def __init__(self, **values):
        super().__init__(**values)

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Methods(collections.abc.Mapping):
    """Names in any case."""

    def __init__(self, methods):
        self._methods = dict(methods)

    def __getitem__(self, name):
        return self._methods[name.lower()]

    def __iter__(self):
        return iter(self._methods)

    def __len__(self):
        return len(self._methods)


PQ = Constants(m_1=2610 / 16384, m_2=2523 / 32, c_1=3424 / 4096, c_2=2413 / 128, c_3=2392 / 128)
ENCODINGS = Methods({"gamma 2.2": lambda v: np.power(v, 1 / 2.2), "linear": lambda v: v})


@program(np.array([0.1, 0.4, 0.8]))
def perceptual_quantizer(luminance):
    """SMPTE ST 2084's transfer function, and its constants."""
    y = np.power(luminance, PQ.m_1)
    return np.power((PQ.c_1 + PQ["c_2"] * y) / (PQ.c_3 * y + 1.0), PQ.m_2)


@program(np.array([0.1, 0.4, 0.8]))
def encoding_by_name(values):
    method = "Gamma 2.2"
    if method.lower() not in tuple(ENCODINGS):
        raise ValueError(f'"{method}" is not one of {tuple(ENCODINGS)}')
    return ENCODINGS[method](values) + ENCODINGS.get("linear")(values) + sum(f(values) for f in ENCODINGS.values())


WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08)}


@program(X)
def windowed(x):
    return sum(x * _cosine_window(x.size, name) for name in WINDOWS)


def _cosine_window(n, name, sym=True):
    if n < 1:
        return np.array([])
    if n == 1:
        return np.ones(1)
    terms = WINDOWS[name]
    phase = np.linspace(-np.pi, np.pi, n if sym else n + 1)
    w = np.zeros(n)
    for k, a in enumerate(terms):
        w += a * np.cos(k * phase)
    return w


# -- models as classes ---------------------------------------------------------------------------------------------------------


class Model:
    """A parametric curve: ``evaluate`` is static, the parameters have names and defaults."""

    parameters: dict = {}

    def __init__(self, **values):
        unknown = [k for k in values if k not in self.parameters]
        if unknown:
            raise TypeError(f"unknown parameters: {', '.join(unknown)}")
        for name, default in self.parameters.items():
            setattr(self, name, values.get(name, default))

    def __call__(self, x):
        inputs = np.asarray(x, dtype=float)
        return self.evaluate(inputs, *[getattr(self, name) for name in self.parameters])

    def __add__(self, other):
        return Sum(self, other)


class Sum:
    def __init__(self, *parts):
        self.parts = parts

    def __call__(self, x):
        return sum(part(x) for part in self.parts)


class Gaussian(Model):
    parameters = {"amplitude": 1.0, "mean": 0.0, "stddev": 1.0}

    @property
    def fwhm(self):
        return self.stddev * 2.0 * np.sqrt(2.0 * np.log(2.0))

    @staticmethod
    def evaluate(x, amplitude, mean, stddev):
        return amplitude * np.exp(-0.5 * (x - mean) ** 2 / stddev**2)


class Moffat(Model):
    """Moffat 1969."""

    parameters = {"amplitude": 1.0, "x_0": 0.0, "gamma": 1.0, "alpha": 1.0}

    @staticmethod
    def evaluate(x, amplitude, x_0, gamma, alpha):
        return amplitude * (1.0 + ((x - x_0) / gamma) ** 2) ** (-alpha)


@program(1.3, 0.2, X)
def compound_model(amplitude, width, x):
    line = Gaussian(amplitude=amplitude, mean=0.9, stddev=width + 0.5)
    both = line + Moffat(gamma=width, alpha=1.5)
    return both(x) * line.fwhm


class Cosmology:
    """A flat universe of matter and a cosmological constant."""

    def __init__(self, h0, matter):
        if not 0.0 <= matter <= 1.0:
            raise ValueError("Matter density can not be negative")
        self._h0 = h0
        self.matter = matter

    @functools.cached_property
    def hubble_distance(self):
        return 299792.458 / self._h0

    def efunc(self, z):
        return np.sqrt(self.matter * (1.0 + z) ** 3 + (1.0 - self.matter))

    def comoving_distance(self, z, n=9):
        nodes, weights = np.polynomial.legendre.leggauss(n)
        points = 0.5 * z * (nodes + 1.0)
        return self.hubble_distance * 0.5 * z * np.sum(weights / self.efunc(points))


@program(70.0, 0.3, 0.8)
def distance_in_a_flat_universe(h0, matter, z):
    return Cosmology(h0, matter).comoving_distance(z)


# -- statistics ------------------------------------------------------------------------------------------------------------------


def _moment(a, order, axis, mean=None):
    if order in (0, 1):
        return np.ones_like(np.mean(a, axis=axis)) if order == 0 else np.zeros_like(np.mean(a, axis=axis))
    mean = a.mean(axis, keepdims=True) if mean is None else mean
    steps = [order]
    current = order
    while current > 2:
        current = (current - 1) / 2 if current % 2 else current / 2
        steps.append(current)
    power = (a - mean).copy() if steps[-1] == 1 else (a - mean) ** 2
    for n in steps[-2::-1]:
        power = power**2
        if n % 2:
            power *= a - mean
    return np.mean(power, axis)


@program(A)
def standardised_moments(a):
    m2, m3, m4 = (_moment(a, k, 1) for k in (2, 3, 4))
    with np.errstate(all="ignore"):
        zero = m2 <= (np.finfo(m2.dtype).resolution * a.mean(1)) ** 2
        skew = np.where(zero, np.nan, m3 / m2**1.5)
        kurtosis = np.where(zero, np.nan, m4 / m2**2.0)
    return skew + (kurtosis - 3.0) * 0.5


@program(X, P)
def weighted_quantities(x, w):
    """Mean, variance and effective size; the weights need not sum to one."""
    if np.any(w < 0):
        raise ValueError("weights must not be negative")
    average, total = np.average(x, weights=w, returned=True)
    variance = np.average((x - average) ** 2, weights=w)
    return np.array([average, np.sqrt(variance), total**2 / np.sum(w**2)])


class Distribution:
    """A density with location and scale, and the support it has."""

    lower, upper = -np.inf, np.inf

    def logpdf(self, x, *args, loc=0.0, scale=1.0):
        x, loc, scale = map(np.asarray, (x, loc, scale))
        x = (x - loc) / scale
        inside = (x > self.lower) & (x < self.upper) & (scale > 0)
        out = np.empty(np.shape(inside), np.promote_types(x.dtype, np.float64))
        out.fill(-np.inf)
        np.putmask(out, np.isnan(x), np.nan)
        if np.any(inside):
            good = np.extract(inside, x)
            np.place(out, inside, self._logpdf(good, *args) - np.log(scale))
        return out[()] if out.ndim == 0 else out


class Gamma(Distribution):
    lower = 0.0

    def _logpdf(self, x, k):
        return (k - 1.0) * np.log(x) - x


@program(X, 2.3, 0.4, name="log_density_array")
@program(0.8, 2.3, 0.4, name="log_density_number")
def log_density(x, k, scale):
    return Gamma().logpdf(x, k, scale=scale, loc=-0.1)


@program(X, P)
def distances_by_name(u, v):
    return np.stack([_distance(u, v, m) for m in ("euclidean", "cityblock", "chebyshev", "canberra", "braycurtis")])


def _distance(u, v, metric, w=None, p=None):
    u, v = np.asarray(u, dtype=None, order="c"), np.asarray(v, order="c")
    if u.ndim != 1:
        raise ValueError("Input vector should be 1-D.")
    if not callable(metric):
        metric = {
            "euclidean": lambda a, b: np.linalg.norm(a - b), "cityblock": lambda a, b: abs(a - b).sum(),
            "chebyshev": lambda a, b: max(abs(a - b)), "braycurtis": lambda a, b: abs(a - b).sum() / abs(a + b).sum(),
            "canberra": lambda a, b: np.sum(abs(a - b) / (abs(a) + abs(b))),
        }[metric]  # fmt: skip
    return metric(u, v)


# -- polynomials and matrices, by NumPy's own Python code -----------------------------------------------------------------------


@program(X, P)
def polynomial_functions(x, c):
    return (
        np.polyval(np.polymul(c, c[:2]), x) + np.polyval(np.polyder(c), x) + np.polyval(np.polyint(c, k=0.5), x)
        + power_series.polyval(x, power_series.polymul(c, c)) + chebyshev.chebval(x, c)
    )  # fmt: skip


@program(X, P)
def polynomial_objects(x, c):
    p = np.polynomial.Polynomial(c)
    q = np.poly1d(c)
    return p(x) * p.deriv()(x) + q(x) + np.sum(q.deriv().coeffs)


@program(V)
def structured_matrices(v):
    n = len(v)
    toeplitz = v[abs(np.arange(n)[:, None] - np.arange(n))]
    vander = np.vander(v, n, increasing=True)
    companion = np.eye(n, k=-1) + np.pad(v[None, :], ((0, 2), (0, 0)))
    return toeplitz @ vander + companion @ np.kron(np.eye(1), toeplitz)


@program(A)
def axes_moved_and_back(a):
    axis = -1
    a = np.moveaxis(np.expand_dims(a, 0), axis, 0)
    shape = a.shape
    flat = a.reshape(shape[0], -1)
    out = np.cumsum(flat, axis=0) / np.arange(1, shape[0] + 1)[:, None]
    return np.moveaxis(out.reshape(shape), 0, axis).squeeze(0)


@program(X, P)
def trapezoid_with_options(y, dx):
    return _integrate(y, dx=dx[:-1]) + _integrate(y, x=np.cumsum(dx)) * _integrate(y)


def _integrate(y, x=None, dx=1.0, axis=-1):
    y = np.asanyarray(y)
    if x is None:
        d = dx
    else:
        x = np.asanyarray(x)
        d = np.diff(x) if x.ndim == 1 else np.diff(x, axis=axis)
    lower, upper = [slice(None)] * y.ndim, [slice(None)] * y.ndim
    lower[axis], upper[axis] = slice(None, -1), slice(1, None)
    return (d * (y[tuple(lower)] + y[tuple(upper)]) / 2.0).sum(axis)


# -- colour, weather, solar cells --------------------------------------------------------------------------------------------------


@program(np.array([0.02, 0.3, 0.9]))
def srgb_transfer(linear):
    """IEC 61966-2-1, by masked stores."""
    encoded = linear.copy()
    small = linear <= 0.0031308 * 12.0
    encoded[small] *= 12.92
    encoded[~small] = 1.055 * encoded[~small] ** (1.0 / 2.4) - 0.055
    return encoded


@program(np.array([0.4, 0.35, 0.2]))
def lab_of_xyz(xyz):
    """CIE 1976 L*a*b*, against the D65 white."""
    white = np.array([0.95047, 1.0, 1.08883])
    ratio = xyz / white
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack((116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])), axis=-1)


@program(np.array([10.0, 22.0, 31.0]), np.array([5.0, 60.0, 80.0]))
def apparent_temperature(t, rh):
    """The Rothfusz regression in places, the simple formula elsewhere; adjusted where it is dry."""
    simple = 0.5 * (t + 2.0 + t * 1.2 + rh * 0.094)
    full = -8.78 + 1.61 * t + 2.34 * rh * 0.1 - 0.146 * t * rh * 0.1
    out = np.where(t > 20.0, full, simple)
    dry = (rh < 13) & (t < 25)
    if np.any(dry):
        out[dry] -= ((13.0 - rh[dry]) / 4.0) * np.sqrt((17.0 - abs(t[dry] - 17.5)) / 17.0)
    return out


@program(np.array([5.0, 3.0]), np.array([0.4, 0.55]))
def diode_current(photocurrent, voltage):
    """A solar cell's current by a fixed number of Newton steps."""
    i0, rs, a = 1e-3, 0.05, 0.1
    current = photocurrent.copy()
    for _ in range(6):
        junction = voltage + current * rs
        residual = photocurrent - i0 * np.expm1(junction / a) - current
        slope = -i0 * rs / a * np.exp(junction / a) - 1.0
        current = current - residual / slope
    return np.maximum(current, 0.0)


@program(np.array([0.0, 0.2, 0.7, 1.4]), 0.6)
def efficiency_at_part_load(power, nominal):
    """No power, no efficiency: what stands before the store is kept there."""
    fixed = np.array([False, True, True, True])
    eta = np.zeros_like(power, dtype=float)
    zeta = np.divide(power, nominal, where=fixed, out=np.zeros_like(power))
    eta[fixed] = -0.0162 * zeta[fixed] - 0.0059 / zeta[fixed] + 0.9858
    limited = np.minimum(eta * power, nominal)
    return np.maximum(limited, 0.0)
