"""``scipy.fft``: the transforms of ``np.fft`` under their other name, and those of cosines and sines.

The matrix of a cosine or sine transform of type 1 or 4 is symmetric, and those of types 2 and 3 are transposes of each
other, all but for the end points, which count once where others count twice (Strang, "The discrete cosine transform",
1999). With ``norm="ortho"`` each is orthogonal, and its transpose is its inverse.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.fft as sf

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.prims.fft import other_norm
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.runtime import fitted
from s2sad.rules.batching import batches
from s2sad.rules.batching_reductions import line
from s2sad.rules.book import linear
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


# -- cosines and sines ------------------------------------------------------------------------------------------------


def _same(x: Arg, type=2, axis=-1, norm=None) -> Type:  # noqa: A002
    t = number(x)
    option(type), option(axis), option(norm)
    dtype = t.dtype if t.dtype[0] == "c" else "f32" if t.dtype in ("f16", "f32") else "f64"
    return Array(dtype, axes(t))


def run_dct(x, type=2, axis=-1, norm=None):  # noqa: A002
    return sf.dct(x, type=type, axis=axis, norm=norm)


def run_dst(x, type=2, axis=-1, norm=None):  # noqa: A002
    return sf.dst(x, type=type, axis=axis, norm=norm)


cosines = primitive("dct", run_dct, _same, text="scipy.fft.dct", calls=())
sines = primitive("dst", run_dst, _same, text="scipy.fft.dst", calls=())
batches(cosines, sines, way="axis moves")(line)
dct_of, dst_of = REGISTRY.word(cosines), REGISTRY.word(sines)


@REGISTRY.compute
def back(type):  # noqa: A002
    """The type of the transform that is the inverse, but for a factor."""
    return {1: 1, 2: 3, 3: 2, 4: 4}[type]


def ends_doubled(x, axis, first, last):
    """Weights of the places along an axis: 2 for the end points, 1 for the others."""
    place = along_axis(np.arange(np.shape(x)[axis]), np.ndim(x), axis)
    end = np.shape(x)[axis] - 1
    at_end = (place == 0) | (place == end) if first and last else place == 0 if first else place == end
    return np.where(at_end, 2.0, 1.0)


def transposed(transform, g, type, axis, norm, first, last):  # noqa: A002
    """The transpose of a transform of which the columns ``first`` and ``last`` (of types 1 or 3) count half."""
    if norm == "ortho":
        return transform(g, back(type), axis, norm)
    if type == 2:
        return transform(g * ends_doubled(g, axis, first, last), 3, axis, norm)
    if type == 3:
        return transform(g, 2, axis, norm) / ends_doubled(g, axis, first, last)
    return transform(g, type, axis, norm)


@linear(cosines, wrt="x")
def dct_(ans_bar, type, axis, norm):  # noqa: A002
    if type == 1 and norm != "ortho":
        ends = ends_doubled(ans_bar, axis, True, True)
        return dct_of(ans_bar * ends, 1, axis, norm) / ends
    return transposed(dct_of, ans_bar, type, axis, norm, True, False)


@linear(sines, wrt="x")
def dst_(ans_bar, type, axis, norm):  # noqa: A002
    return transposed(dst_of, ans_bar, type, axis, norm, False, True)


def given(name, x, n, axis, orthogonalize):
    if orthogonalize is not None:
        unsupported(f"scipy.fft.{name} with orthogonalize=", instead='leave it out, or say norm="ortho"')
    x = np.array(x) if isinstance(x, (list, tuple)) else x
    return x if n is None else fitted(x, n, axis)


@define(sf.dct)
def dct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dct_of(given("dct", x, n, axis, orthogonalize), type, axis, norm)


@define(sf.idct)
def idct(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dct_of(given("idct", x, n, axis, orthogonalize), back(type), axis, other_norm(norm))


@define(sf.dst)
def dst(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dst_of(given("dst", x, n, axis, orthogonalize), type, axis, norm)


@define(sf.idst)
def idst(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return dst_of(given("idst", x, n, axis, orthogonalize), back(type), axis, other_norm(norm))


@REGISTRY.compute
def all_axes(rank, axes):
    return tuple(range(rank)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)


def over_axes(transform, name, x, kind, s, axes, norm, orthogonalize):
    if s is not None:
        unsupported(f"scipy.fft.{name} with s=", instead="pad or cut the array before")
    x = given(name, x, None, -1, orthogonalize)
    for axis in all_axes(np.ndim(x), axes):
        x = transform(x, kind, axis, norm)
    return x


@define(sf.dctn)
def dctn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):  # noqa: A002
    return over_axes(dct_of, "dctn", x, type, s, axes, norm, orthogonalize)


@define(sf.idctn)
def idctn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return over_axes(dct_of, "idctn", x, back(type), s, axes, other_norm(norm), orthogonalize)


@define(sf.dstn)
def dstn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return over_axes(dst_of, "dstn", x, type, s, axes, norm, orthogonalize)


@define(sf.idstn)
def idstn(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, orthogonalize=None):  # noqa: A002
    return over_axes(dst_of, "idstn", x, back(type), s, axes, other_norm(norm), orthogonalize)
