"""``scipy.fft``: the transforms of ``np.fft`` under their other name, and those of cosines and sines.

The matrix of a cosine or sine transform of type 1 or 4 is symmetric, and those of types 2 and 3 are transposes of each
other, all but for the end points, which count once where others count twice (Strang, "The discrete cosine transform",
1999). With ``orthogonalize=True``, which goes with ``norm="ortho"``, they are so at the end points too.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.fft as sf
import scipy.special as sc

from s2sad.front.derivatives import CONTEXTS
from s2sad.front.values import Known
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Type, axes
from s2sad.libraries.solutions import means, refused
from s2sad.prims.fft import other_norm
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.runtime import fitted
from s2sad.rules.batching import batches
from s2sad.rules.batching_reductions import line
from s2sad.rules.book import constant, linear
from s2sad.rules.fft import along_axis

define = REGISTRY.define


def one_axis(name):
    """The transform of NumPy along one axis; where SciPy computes is not ours to say."""
    meant = getattr(np.fft, name)

    @define(getattr(sf, name))
    def transform(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return meant(x, n, axis, norm)


def several_axes(name, default):
    meant = getattr(np.fft, name)

    @define(getattr(sf, name))
    def transform(x, s=None, axes=default, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return meant(x, s, axes, norm)


for chosen in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    one_axis(chosen)
for chosen in ("fft2", "ifft2", "rfft2", "irfft2"):
    several_axes(chosen, (-2, -1))
for chosen in ("fftn", "ifftn", "rfftn", "irfftn"):
    several_axes(chosen, None)


# -- spectra of which one half is there --------------------------------------------------------------------------------


def hermitian(name, default):
    """``hfft2``, ``hfftn``: real numbers from half of a spectrum that stands at positive frequencies."""

    @define(getattr(sf, f"hfft{name}"))
    def forwards(x, s=None, axes=default, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return np.fft.irfftn(np.conjugate(x), s, axes, other_norm(norm))

    @define(getattr(sf, f"ihfft{name}"))
    def backwards(x, s=None, axes=default, norm=None, overwrite_x=False, workers=None, *, plan=None):
        return np.conjugate(np.fft.rfftn(x, s, axes, other_norm(norm)))


hermitian("2", (-2, -1))
hermitian("n", None)


@define(sf.fftshift)
def fftshift(x, axes=None):
    return np.fft.fftshift(x, axes)


@define(sf.ifftshift)
def ifftshift(x, axes=None):
    return np.fft.ifftshift(x, axes)


@define(sf.fftfreq)
def fftfreq(n, d=1.0, *, xp=None, device=None):
    return np.fft.fftfreq(n, d)


@define(sf.rfftfreq)
def rfftfreq(n, d=1.0, *, xp=None, device=None):
    return np.fft.rfftfreq(n, d)


def _length(target: Arg, real=False) -> Type:
    return INT


for chosen in ("next_fast_len", "prev_fast_len"):
    if hasattr(sf, chosen):
        constant(primitive(f"scipy.fft.{chosen}", getattr(sf, chosen), _length))


def with_workers(machine, context, target, rest, node):
    """How many threads SciPy may take is not ours to say."""
    rest()


CONTEXTS[sf.set_workers] = with_workers


def is_scipys(machine, backend, name):
    """Refuse a backend that is not SciPy's own."""
    if not (isinstance(backend, Known) and backend.value == "scipy"):
        machine.refuse(
            f"scipy.fft.{name} of another backend than SciPy's", why="what it computes is not known",
            instead='scipy.fft.set_backend("scipy"), or set it outside of the function',
        )  # fmt: skip


def with_backend(machine, context, target, rest, node):
    """SciPy's own backend is the one that is differentiated."""
    machine.node = context
    given = [*context.args, *[k.value for k in context.keywords if k.arg == "backend"]]
    is_scipys(machine, machine.evaluate(given[0]), "set_backend")
    rest()


CONTEXTS[sf.set_backend] = with_backend


@means(sf.set_global_backend)
def set_global_backend(machine, backend, **options):
    is_scipys(machine, backend, "set_global_backend")
    return Known(None)


refused(sf, "skip_backend register_backend set_backend", "choose the backend outside of the function")


# -- cosines and sines ------------------------------------------------------------------------------------------------


def _same(x: Arg, type=2, axis=-1, norm=None, orthogonalize=None) -> Type:  # noqa: A002
    t = number(x)
    option(type), option(axis), option(norm), option(orthogonalize)
    dtype = t.dtype if t.dtype[0] == "c" else "f32" if t.dtype in ("f16", "f32") else "f64"
    return Array(dtype, axes(t))


def run_dct(x, type=2, axis=-1, norm=None, orthogonalize=None):  # noqa: A002
    return sf.dct(x, type=type, axis=axis, norm=norm, orthogonalize=orthogonalize)


def run_dst(x, type=2, axis=-1, norm=None, orthogonalize=None):  # noqa: A002
    return sf.dst(x, type=type, axis=axis, norm=norm, orthogonalize=orthogonalize)


cosines = primitive("dct", run_dct, _same, text="scipy.fft.dct", calls=())
sines = primitive("dst", run_dst, _same, text="scipy.fft.dst", calls=())
batches(cosines, sines, way="axis moves")(line)
dct_of, dst_of = REGISTRY.word(cosines), REGISTRY.word(sines)


@REGISTRY.compute
def back(type):  # noqa: A002
    """The type of the transform that is the inverse, but for a factor."""
    return {1: 1, 2: 3, 3: 2, 4: 4}[type]


@REGISTRY.compute
def orthogonal(norm, orthogonalize):
    """Whether the columns of a transform are orthogonal to each other."""
    return norm == "ortho" if orthogonalize is None else orthogonalize


def ends_doubled(x, axis, first, last):
    """Weights of the places along an axis: 2 for the end points, 1 for the others."""
    place = along_axis(np.arange(np.shape(x)[axis]), np.ndim(x), axis)
    end = np.shape(x)[axis] - 1
    at_end = (place == 0) | (place == end) if first and last else place == 0 if first else place == end
    return np.where(at_end, 2.0, 1.0)


def transposed(transform, g, type, axis, norm, orthogonalize, first, last):  # noqa: A002
    """The transpose of a transform of which the columns ``first`` and ``last`` (of types 1 or 3) count half."""
    if orthogonal(norm, orthogonalize) or type == 4:
        return transform(g, back(type), axis, norm, orthogonalize)
    if type == 1:
        if not first:
            return transform(g, 1, axis, norm, orthogonalize)
        ends = ends_doubled(g, axis, True, True)
        return transform(g * ends, 1, axis, norm, orthogonalize) / ends
    ends = ends_doubled(g, axis, first, last)
    if type == 2:
        return transform(g * ends, 3, axis, norm, orthogonalize)
    return transform(g, 2, axis, norm, orthogonalize) / ends


@linear(cosines, wrt="x")
def dct_(ans_bar, type, axis, norm, orthogonalize):  # noqa: A002
    return transposed(dct_of, ans_bar, type, axis, norm, orthogonalize, True, False)


@linear(sines, wrt="x")
def dst_(ans_bar, type, axis, norm, orthogonalize):  # noqa: A002
    return transposed(dst_of, ans_bar, type, axis, norm, orthogonalize, False, True)


def given(x, n, axis):
    x = np.array(x) if isinstance(x, (list, tuple)) else x
    return x if n is None or n == -1 else fitted(x, n, axis)


@define(sf.dct)
def dct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dct_of(given(x, n, axis), type, axis, norm, orthogonalize)


@define(sf.idct)
def idct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dct_of(given(x, n, axis), back(type), axis, other_norm(norm), orthogonalize)


@define(sf.dst)
def dst(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dst_of(given(x, n, axis), type, axis, norm, orthogonalize)


@define(sf.idst)
def idst(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dst_of(given(x, n, axis), back(type), axis, other_norm(norm), orthogonalize)


@REGISTRY.compute
def all_axes(rank, count, axes):
    """The axes that a transform goes over: the last ones, where only their lengths are given."""
    if axes is None:
        return tuple(range(rank)) if count is None else tuple(range(-count, 0))
    return (axes,) if isinstance(axes, int) else tuple(axes)


def over_axes(transform, x, kind, s, axes, norm, orthogonalize):
    x = np.array(x) if isinstance(x, (list, tuple)) else x
    sizes = s if s is None or isinstance(s, (list, tuple)) else (s,)
    over = all_axes(np.ndim(x), None if sizes is None else len(sizes), axes)
    for k in range(len(over)):
        x = transform(given(x, None if sizes is None else sizes[k], over[k]), kind, over[k], norm, orthogonalize)
    return x


@define(sf.dctn)
def dctn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):  # noqa: A002
    return over_axes(dct_of, x, type, s, axes, norm, orthogonalize)


@define(sf.idctn)
def idctn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return over_axes(dct_of, x, back(type), s, axes, other_norm(norm), orthogonalize)


@define(sf.dstn)
def dstn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return over_axes(dst_of, x, type, s, axes, norm, orthogonalize)


@define(sf.idstn)
def idstn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return over_axes(dst_of, x, back(type), s, axes, other_norm(norm), orthogonalize)


# -- Hankel transforms of logarithmically spaced values ---------------------------------------------------------------


def hankel_weights(n, dln, mu, offset, bias):
    """The factors of the spectrum (Hamilton, "Uncorrelated modes of the non-linear power spectrum", 2000)."""
    frequency = np.arange(n // 2 + 1) * (2.0 * np.pi / (n * dln))
    above = sc.loggamma(0.5 * (mu + 1.0 + bias) + 0.5j * frequency)
    below = sc.loggamma(0.5 * (mu + 1.0 - bias) + 0.5j * frequency)
    size = np.exp(np.real(above) - np.real(below) + math.log(2.0) * bias)
    turn = np.imag(above) + np.imag(below) + (math.log(2.0) - offset) * frequency
    weights = size * np.exp(1j * turn)
    return np.concatenate([weights[:-1], np.real(weights[-1:])])


def biased(x, dln, factor, offset):
    n = np.shape(x)[-1]
    return x * np.exp(-factor * ((np.arange(n) - (n - 1) / 2.0) * dln + offset))


@define(sf.fht)
def fht(a, dln, mu, offset=0.0, bias=0.0):
    a = np.array(a) if isinstance(a, (list, tuple)) else a
    n = np.shape(a)[-1]
    weights = hankel_weights(n, dln, mu, offset, bias)
    spectrum = np.fft.rfft(biased(a, dln, bias, 0.0)) * weights
    return biased(np.flip(np.fft.irfft(spectrum, n), -1), dln, bias, offset)


@define(sf.ifht)
def ifht(A, dln, mu, offset=0.0, bias=0.0):  # noqa: N803
    A = np.array(A) if isinstance(A, (list, tuple)) else A  # noqa: N806
    n = np.shape(A)[-1]
    weights = np.conjugate(hankel_weights(n, dln, mu, offset, bias))
    spectrum = np.fft.rfft(biased(A, dln, -bias, offset)) / weights
    return biased(np.flip(np.fft.irfft(spectrum, n), -1), dln, -bias, 0.0)


@define(sf.fhtoffset)
def fhtoffset(dln, mu, initial=0.0, bias=0.0):
    frequency = np.pi / (2.0 * dln)
    above = np.imag(sc.loggamma(0.5 * (mu + 1.0 + bias) + 1j * frequency))
    below = np.imag(sc.loggamma(0.5 * (mu + 1.0 - bias) + 1j * frequency))
    turns = (math.log(2.0) - initial) / dln + (above + below) / np.pi
    return initial + (turns - np.round(turns)) * dln
