"""Derivatives of what makes and copies arrays."""

import math

import numpy as np

from s2sad.prims.creation import FLOATS, INTEGERS
from s2sad.prims.runtime import unbroadcast
from s2sad.prims.structure import is_written_out
from s2sad.rules.book import constant, linear, pullback, pushforward

constant(np.zeros, np.ones, np.empty, np.zeros_like, np.ones_like, np.empty_like, np.eye, np.identity, "zero_of")
constant("np.arange")
constant(*INTEGERS)


def unstacked(bar, parts):
    """The cotangents of the parts of a nested list of which an array was made."""
    if isinstance(parts, list | tuple):
        return [unstacked(bar[k], part) for k, part in enumerate(parts)]
    return bar


def dtype_of_items(parts):
    return dtype_of_items(parts[0]) if isinstance(parts, list | tuple) else np.result_type(parts)


@linear(np.array, wrt="object")
def array(ans_bar, object):
    """Items of a list whose length is not known have one dtype, in which all of their cotangents are."""
    if isinstance(object, list | tuple) and not is_written_out(object):
        dtype = dtype_of_items(object)
        if dtype.kind == np.result_type(ans_bar).kind and dtype != np.result_type(ans_bar):
            ans_bar = ans_bar.astype(dtype)
    return unstacked(ans_bar, object)


@linear(np.ascontiguousarray, wrt="a")
def contiguous(ans_bar, a):
    return np.reshape(ans_bar, np.shape(a))


@linear(np.asfortranarray, wrt="a")
def fortran(ans_bar, a):
    return np.reshape(ans_bar, np.shape(a))


@linear(np.copy)
def copy(ans_bar):
    return ans_bar


@linear("ndarray.copy")
def copied(ans_bar):
    return ans_bar


@linear("astype", wrt="a")
def astype(ans_bar):
    return ans_bar


for scalar_type in FLOATS:
    linear(scalar_type)(astype)


@linear(np.full, wrt="fill_value")
def full(ans_bar, fill_value):
    return unbroadcast(ans_bar, np.shape(fill_value))


@linear(np.full_like, wrt="fill_value")
def full_like(ans_bar, fill_value):
    return unbroadcast(ans_bar, np.shape(fill_value))


@pullback("range_between", wrt="start")
def range_between(ans_bar):
    return np.sum(ans_bar)


@pushforward("range_between", wrt="start")
def range_between_dot(start_dot, ans):
    return start_dot * np.ones(len(ans))


@pullback("range_by", wrt=("start", "step"))
def range_by(ans_bar):
    return np.sum(ans_bar), np.sum(ans_bar * np.arange(len(ans_bar)))


@pushforward("range_by", wrt=("start", "step"))
def range_by_dot(start_dot, step_dot, ans):
    return start_dot + step_dot * np.arange(len(ans))


@pullback(np.linspace, wrt=("start", "stop"))
def linspace(ans_bar, start, stop, num, endpoint):
    weight = np.reshape(np.linspace(0.0, 1.0, num, endpoint), (-1,) + (1,) * (np.ndim(ans_bar) - 1))
    start_bar = np.sum(ans_bar * (1.0 - weight), axis=0)
    stop_bar = np.sum(ans_bar * weight, axis=0)
    return unbroadcast(start_bar, np.shape(start)), unbroadcast(stop_bar, np.shape(stop))


@pushforward(np.frexp)
def frexp(ans, x_dot):
    return np.ldexp(x_dot, -ans[1]), None


@pushforward("math.frexp")
def math_frexp(ans, x_dot):
    return math.ldexp(x_dot, -ans[1]), None
