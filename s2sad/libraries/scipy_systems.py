"""``scipy.signal``: linear systems and designs of filters, with coefficients and frequencies that are differentiated.

SciPy's own source does most of it. Said here is what hangs on values there: leading coefficients that are zero are not
cut off, a response is computed from the polynomials, characteristic polynomials are computed without eigenvalues
(Faddeev and LeVerrier), and what a design makes of poles and zeros, which are real or come in conjugate pairs, is real.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import types

import numpy as np
import scipy.signal
import scipy.signal as sg

import s2sad.libraries.scipy_designs
import s2sad.libraries.scipy_fractions
import s2sad.libraries.scipy_peaks
import s2sad.libraries.scipy_placement
import s2sad.libraries.scipy_resampling
import s2sad.libraries.scipy_short_time
import s2sad.libraries.scipy_signal_splines  # noqa: F401  (what else there is in scipy.signal)
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.known import constant_where_known, constants_where_known
from s2sad.libraries.scipy_convolution import as_array
from s2sad.libraries.solutions import refused
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.runtime import fitted
from s2sad.rules.book import constant

define = REGISTRY.define
response_times = scipy.signal._ltisys._default_response_times


def vector(b):
    b = np.atleast_1d(as_array(b))
    return b if np.result_type(b).kind in "fc" else b.astype(float)


# -- transfer functions and state space -------------------------------------------------------------------------------


@define(sg.normalize)
def normalize(b, a):
    """Coefficients over the leading one of the denominator."""
    b, a = vector(b), vector(a)
    return b / a[0], a / a[0]


@define(sg.tf2ss)
def tf2ss(num, den):
    """The controller canonical form."""
    num, den = normalize(num, den)
    num = np.reshape(num, (1, -1)) if np.ndim(num) == 1 else num
    rows, count = np.shape(num)[0], len(den)
    if np.shape(num)[1] > count:
        raise ValueError("Improper transfer function. `num` is longer than `den`.")
    num = np.concatenate([np.zeros((rows, count - np.shape(num)[1])), num], axis=1)
    if count == 1:
        return np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((rows, 1)), num
    a = np.concatenate([-np.reshape(den[1:], (1, -1)), np.eye(count - 2, count - 1)])
    return a, np.eye(count - 1, 1), num[:, 1:] - num[:, :1] * den[1:], num[:, :1]


def characteristic(a):
    """The coefficients of det(z I - A), highest power first."""
    n = np.shape(a)[0]
    out = np.zeros(n + 1)
    out[0] = 1.0
    power = np.eye(n)
    for k in range(1, n + 1):
        power = a @ power
        out[k] = -np.trace(power) / k
        power = power + out[k] * np.eye(n)
    return out


@define(sg.ss2tf)
def ss2tf(A, B, C, D, input=0):  # noqa: A002, N803
    a, b, c, d = (np.atleast_2d(as_array(m)) * 1.0 for m in (A, B, C, D))
    b, d = b[:, input : input + 1], d[:, input]
    den = characteristic(a)
    num = np.zeros((np.shape(c)[0], np.shape(a)[0] + 1))
    for k in range(np.shape(c)[0]):
        num[k] = characteristic(a - b @ c[k : k + 1]) + (d[k] - 1.0) * den
    return num, den


def only_row(num):
    """The numerator of a system with one output."""
    if np.shape(num)[0] != 1:
        raise ValueError("s2sad takes a transfer function from state space for one output: C and D have a row each")
    return num[0]


@define(sg.StateSpace.to_tf)
def to_tf(self, **kwargs):
    num, den = ss2tf(self._A, self._B, self._C, self._D, **kwargs)
    return sg.TransferFunction(only_row(num), den, **self._dt_dict)


@define(sg.ss2zpk)
def ss2zpk(A, B, C, D, input=0):  # noqa: A002, N803
    num, den = ss2tf(A, B, C, D, input)
    return tf2zpk(only_row(num), den)


def polynomials(system):
    """Numerator and denominator of a system with one input and one output."""
    if isinstance(system, sg.TransferFunction):
        num, den = system.num, system.den
    elif isinstance(system, sg.StateSpace):
        num, den = ss2tf(system.A, system.B, system.C, system.D)
    elif isinstance(system, sg.ZerosPolesGain):
        num, den = zpk2tf(system.zeros, system.poles, system.gain)
    elif len(system) == 2:
        num, den = system
    elif len(system) == 3:
        num, den = zpk2tf(*system)
    else:
        num, den = ss2tf(*system)
    return np.ravel(vector(num)), vector(den)


def _found(num: Arg, den: Arg, n: Arg, kind: Arg = "ba") -> Type:  # type: ignore[assignment]
    number(num)
    return Array("f64", ("?",))


frequencies = primitive("scipy.signal.findfreqs", sg.findfreqs, _found)
constant(frequencies)


@define(sg.freqresp)
def freqresp(system, w=None, n=10000):
    num, den = polynomials(system)
    w = sg.findfreqs(num, den, n) if w is None else np.atleast_1d(as_array(w))
    s = 1j * w
    return w, np.polyval(num, s) / np.polyval(den, s)


@define(sg.bode)
def bode(system, w=None, n=100):
    w, response = freqresp(system, w, n)
    return w, 20.0 * np.log10(np.abs(response)), np.unwrap(np.angle(response)) * (180.0 / np.pi)


def state_space(system):
    return system._as_ss() if isinstance(system, sg.lti) else sg.lti(*system)._as_ss()


@define(sg.impulse)
def impulse(system, X0=None, T=None, N=None):  # noqa: N803
    """The response to an impulse, which is that to no input from a state of its own."""
    space = state_space(system)
    start = np.ravel(space.B) if X0 is None else as_array(X0) + np.ravel(space.B)
    t = response_times(space.A, 100 if N is None else N) if T is None else as_array(T)
    t, out, _ = sg.lsim(space, np.zeros(len(t)), t, start, interp=False)
    return t, out


def responses(system, n, t, x0, input_of):
    """The times of a discrete system, and its responses to an input to one of its entries after the other."""
    if not isinstance(system, sg.dlti):
        system = sg.dlti(*system[:-1], dt=system[-1])
    count = len(t) if t is not None else 100 if n is None else n
    u = input_of(count)
    if not isinstance(system, sg.StateSpace):
        times, out = sg.dlsim(system, u, t=t, x0=x0)
        return times, (out,)
    entries = np.shape(system.B)[1]
    out = [sg.dlsim(system, u[:, None] * np.eye(entries)[k], t=t, x0=x0) for k in range(entries)]
    return out[0][0], tuple([one[1] for one in out])


def impulse_of(count):
    u = np.zeros(count)
    u[0] = 1.0
    return u


@define(sg.dstep)
def dstep(system, x0=None, t=None, n=None):
    return responses(system, n, t, x0, np.ones)


@define(sg.dimpulse)
def dimpulse(system, x0=None, t=None, n=None):
    return responses(system, n, t, x0, impulse_of)


@define(sg.group_delay)
def group_delay(system, w=512, whole=False, fs=2 * np.pi):
    b, a = vector(system[0]), vector(system[1])
    if isinstance(w, int):
        w = np.arange(w) * ((2.0 if whole else 1.0) * np.pi / w)
    else:
        w = np.atleast_1d(as_array(w)) * (2.0 * np.pi / fs)
    c = np.convolve(b, np.flip(a))
    z = np.exp(-1j * w)
    slope = np.polyval(np.flip(c * np.arange(len(c))), z)
    return w * (fs / (2.0 * np.pi)), np.real(slope / np.polyval(np.flip(c), z)) - (len(a) - 1.0)


# -- poles and zeros --------------------------------------------------------------------------------------------------


def product_of_roots(roots):
    """The coefficients of a polynomial with these roots, highest power first."""
    roots = vector(roots)
    out = np.zeros(len(roots) + 1, dtype=np.result_type(roots))
    out[0] = 1.0
    for k in range(len(roots)):
        out[1:] = out[1:] - roots[k] * out[:-1]
    return out


def real_product(roots):
    """The same of roots that are real or come in conjugate pairs."""
    return np.real(product_of_roots(roots))


@define(sg.zpk2tf)
def zpk2tf(z, p, k):
    """Real where zeros and poles are; of complex ones those of a real system are meant, in conjugate pairs."""
    z = vector(z)
    if np.ndim(z) > 1:
        unsupported("scipy.signal.zpk2tf with several rows of zeros", instead="call it for each row")
    return k * real_product(z), real_product(p)


@define(sg.tf2zpk)
def tf2zpk(b, a):
    b, a = normalize(b, a)
    return np.roots(b), np.roots(a), b[0]


def section_places(z, p):
    """Which zeros and poles stand together in the sections that scipy.signal.zpk2sos makes, a row for each."""
    sections = scipy.signal.zpk2sos(z, p, 1.0)
    out = []
    for roots, first in ((z, 0), (p, 3)):
        left, places = list(range(len(roots))), []
        for row in sections[:, first : first + 3]:
            pair = []
            for root in np.roots(np.trim_zeros(row, "f")).tolist() if len(left) else []:
                pair.append(min(left, key=lambda k, root=root: abs(roots[k] - root)))
                left.remove(pair[-1])
            places.append(pair)
        out.append(np.array(places))
    return out[0], out[1]


def _places(z: Arg, p: Arg) -> tuple[Type, ...]:
    number(z)
    return Array("i64", ("?", "n")), Array("i64", ("?", "n"))


constant(primitive("section_places", section_places, _places, style="helper"))


def quadratics(roots):
    """Real coefficients of z² − (r + s) z + r s, for pairs of roots in rows."""
    one, other = roots[:, 0], roots[:, 1]
    return np.stack([np.ones(len(roots)), np.real(-(one + other)), np.real(one * other)], axis=1)


@define(sg.zpk2sos)
def zpk2sos(z, p, k, pairing=None, *, analog=False):
    if analog or pairing not in (None, "nearest"):
        unsupported(
            "scipy.signal.zpk2sos with analog= or pairing=",
            instead="output='ba' or 'zpk' of analog filters; pairing='nearest'",
        )
    z, p = vector(z), vector(p)
    size = max(len(z), len(p))
    size = size + size % 2
    z, p = fitted(z, size, 0), fitted(p, size, 0)
    of_zeros, of_poles = section_places(z, p)
    sos = np.concatenate([quadratics(z[of_zeros]), quadratics(p[of_poles])], axis=1)
    sos[0, :3] *= k
    return sos


@define(sg.tf2sos)
def tf2sos(b, a, pairing=None, *, analog=False):
    return zpk2sos(*tf2zpk(b, a), pairing, analog=analog)


# -- designs ----------------------------------------------------------------------------------------------------------


constants_where_known(sg, "buttap cheb1ap cheb2ap ellipap besselap buttord cheb1ord cheb2ord ellipord kaiserord")

zeros_and_poles = types.FunctionType(
    sg.iirfilter.__code__, sg.iirfilter.__globals__, "iirfilter", sg.iirfilter.__defaults__
)


@REGISTRY.compute
def known_order(n):
    """The order of a filter, of which its coefficients are as many as it says."""
    return int(n)


def iirfilter(
    N, Wn, rp=None, rs=None, btype="band", analog=False, ftype="butter", output="ba", fs=None,  # noqa: N803
):  # fmt: skip
    N = known_order(N)  # noqa: N806
    Wn = np.array(Wn) if isinstance(Wn, (list, tuple)) else Wn  # noqa: N806
    z, p, k = zeros_and_poles(N, Wn, rp, rs, btype, analog, ftype, "zpk", fs)
    if output == "zpk":
        return z, p, k
    if output == "sos":
        return zpk2sos(z, p, k, analog=analog)
    return k * real_product(z), real_product(p)


constant_where_known(
    sg.iirfilter, lambda machine, args, options: machine.call_meaning(iirfilter, tuple(args), dict(options))
)


def mapped_table(order):
    """The coefficients of (z - 1)^j (z + 1)^(order - j), highest power first, a row for each j."""
    rows = [np.polymul(np.poly(np.ones(j)), np.poly(-np.ones(order - j))) for j in range(order + 1)]
    return np.array(rows, float)


def _mapped(order: Arg) -> Type:
    return Array("f64", ("?", "?"))


constant(primitive("mapped_table", mapped_table, _mapped, style="helper"))


@define(sg.bilinear)
def bilinear(b, a, fs=1.0):
    b, a = vector(b), vector(a)
    size = max(len(b), len(a))
    table = mapped_table(size - 1)
    scale = (2.0 * fs) ** np.arange(size)
    return normalize((fitted(np.flip(b), size, 0) * scale) @ table, (fitted(np.flip(a), size, 0) * scale) @ table)


@define(sg.lp2hp)
def lp2hp(b, a, wo=1.0):
    b, a = vector(b), vector(a)
    size = max(len(b), len(a))
    scale = wo ** np.arange(size)
    return normalize(fitted(np.flip(b), size, 0) * scale, fitted(np.flip(a), size, 0) * scale)


refused(sg, "unique_roots", "the roots themselves, np.roots")
