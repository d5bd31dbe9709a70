"""The rarer forms of calls that primitives take in their plain form: ``np.sum(x, where=mask)``, ``np.where(mask)``,
``np.add.reduce(x)``; each in terms of the plain form.

Where a function is a primitive too, its definition here is for the calls that do not fit the primitive's signature.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"

from __future__ import annotations

import itertools

import numpy as np

from s2sad.prims.creation import copies
from s2sad.prims.primitive import REGISTRY, unsupported
from s2sad.prims.products import conj
from s2sad.prims.reductions import greatest, least
from s2sad.prims.statistics import of_precision, root, shared_out

define = REGISTRY.define


@define(np.where)
def where(condition):
    return np.nonzero(condition)


@define(np.sum)
def sum_(a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True):
    kept = a if where is True else np.where(where, a, 0)
    total = np.sum(kept, axis=axis, dtype=dtype, keepdims=keepdims)
    return total if isinstance(initial, int) and initial == 0 else of_precision(total + initial, total)


@define(np.prod)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True):
    kept = a if where is True else np.where(where, a, 1)
    product = np.prod(kept, axis=axis, dtype=dtype, keepdims=keepdims)
    return product if isinstance(initial, int) and initial == 1 else of_precision(product * initial, product)


def counted(a, where, axis, keepdims):
    """How many elements take part."""
    return np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)


@define(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    if where is True:
        return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims)
    total = np.sum(np.where(where, a, 0), axis=axis, dtype=dtype, keepdims=keepdims)
    return shared_out(total, counted(a, where, axis, keepdims))


@define(np.var)
def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    fewer = ddof if correction is None else correction
    if where is True and mean is None:
        return np.var(a, axis=axis, dtype=dtype, ddof=fewer, keepdims=keepdims)
    if mean is None:
        total = np.sum(np.where(where, a, 0), axis=axis, dtype=dtype, keepdims=True)
        mean = shared_out(total, counted(a, where, axis, True))
    apart = np.where(where, a - mean, 0)
    count = counted(a, where, axis, keepdims) - fewer
    return shared_out(np.sum(np.real(conj(apart) * apart), axis=axis, dtype=dtype, keepdims=keepdims), count)


@define(np.std)
def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    fewer = ddof if correction is None else correction
    if where is True and mean is None:
        return np.std(a, axis=axis, dtype=dtype, ddof=fewer, keepdims=keepdims)
    return root(var(a, axis, dtype, None, fewer, keepdims, where=where, mean=mean))


@define(np.max, np.amax)
def max_(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    kept = a if where is True else np.where(where, a, initial)
    if initial is not None and axis is None and keepdims is False and np.result_type(kept).kind in "fiu":
        return np.max(np.append(kept, np.asarray(initial).astype(np.result_type(kept))))
    if initial is None:
        return np.max(kept, axis=axis, keepdims=keepdims)
    largest = greatest(kept, axis, keepdims=keepdims)
    return of_precision(np.maximum(largest, initial), np.asarray(a))


@define(np.min, np.amin)
def min_(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    kept = a if where is True else np.where(where, a, initial)
    if initial is not None and axis is None and keepdims is False and np.result_type(kept).kind in "fiu":
        return np.min(np.append(kept, np.asarray(initial).astype(np.result_type(kept))))
    if initial is None:
        return np.min(kept, axis=axis, keepdims=keepdims)
    smallest = least(kept, axis, keepdims=keepdims)
    return of_precision(np.minimum(smallest, initial), np.asarray(a))


@define(np.any)
def any_(a, axis=None, out=None, keepdims=False, *, where=True):
    return np.any(np.logical_and(a, where), axis=axis, keepdims=keepdims)


@define(np.all)
def all_(a, axis=None, out=None, keepdims=False, *, where=True):
    return np.all(np.logical_or(a, np.logical_not(where)), axis=axis, keepdims=keepdims)


@define(np.array)
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0, like=None):
    if ndmax != 0 and np.ndim(object) > ndmax:
        unsupported("np.array with an ndmax= that makes objects", instead="leave it out")
    if copy is False and not isinstance(object, np.ndarray):
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    made = np.array(object, dtype=dtype) if copies(copy) else np.asarray(object, dtype=dtype)
    return made if ndmin == 0 or ndmin <= made.ndim else np.reshape(made, (1,) * (ndmin - made.ndim) + made.shape)


def filled(function):
    def make(shape, dtype=float, order="C", *, device=None, like=None):
        return function(shape, dtype=dtype)

    define(function)(make)


for function in (np.zeros, np.ones, np.empty):
    filled(function)


@define(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    return np.broadcast_to(array, shape)


def filled_like(function):
    def make(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
        return function(a, dtype=dtype, shape=shape)

    define(function)(make)


for function in (np.zeros_like, np.ones_like):
    filled_like(function)


@define(np.empty_like)
def empty_like(prototype, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return np.empty_like(prototype, dtype=dtype, shape=shape)


def of_two_parts(kind):
    def make(real=0, imag=0):
        return kind(real + 1j * imag)

    define(kind)(make)


for kind in (np.complex64, np.complex128, np.clongdouble):
    of_two_parts(kind)


@define(np.eye)
def eye(N, M=None, k=0, dtype=float, order="C", *, device=None, like=None):
    return np.eye(N, M, k, dtype=dtype)


@define(np.identity)
def identity(n, dtype=None, *, like=None):
    return np.identity(n, dtype=dtype)


@define(np.tri)
def tri(N, M=None, k=0, dtype=float, *, like=None):
    return np.greater_equal.outer(np.arange(N), np.arange(-k, (N if M is None else M) - k)).astype(dtype)


@define(np.ascontiguousarray)
def ascontiguousarray(a, dtype=None, *, like=None):
    return np.ascontiguousarray(a, dtype=dtype)


@define(np.asfortranarray)
def asfortranarray(a, dtype=None, *, like=None):
    return np.asfortranarray(a, dtype=dtype)


@define(np.require)
def require(a, dtype=None, requirements=None, *, like=None):
    wanted = [r.upper()[0] for r in requirements or ()]
    return np.asarray(a, dtype=dtype, order="F" if "F" in wanted else "C" if "C" in wanted else None)


@define(np.full)
def full(shape, fill_value, dtype=None, order="C", *, device=None, like=None):
    return np.full(shape, fill_value, dtype=dtype)


@define(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    return np.full_like(a, fill_value, dtype=dtype, shape=shape)


@define(np.reshape)
def reshape(a, /, shape, order="C", *, copy=None):
    out = np.reshape(a, shape, order=order)
    return np.copy(out) if copy else out


@define(np.copy)
def copy(a, order="K", subok=False):
    return np.copy(a)


@define(np.ndindex)
def ndindex(*shape):
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    return itertools.product(*[range(n) for n in sizes])


@define(np.ndenumerate)
def ndenumerate(arr):
    a = np.asarray(arr)
    return ((place, a[place]) for place in ndindex(np.shape(a)))


@define(np.nditer)
def nditer(op, flags=None, op_flags=None, op_dtypes=None, order="K", casting="safe"):
    if flags or op_flags or op_dtypes or order != "C":
        unsupported("np.nditer in the order of memory, or with flags", instead="a.flat, np.ndenumerate, or order='C'")
    if isinstance(op, list | tuple):
        return zip(*[np.ravel(a) for a in np.broadcast_arrays(*op)], strict=True)
    return (item for item in np.ravel(op))


@define(np.iterable)
def iterable(y):
    if isinstance(y, bool | int | float | complex | np.number | np.ndarray):
        return np.ndim(y) > 0
    try:
        iter(y)
    except TypeError:
        return False
    return True
