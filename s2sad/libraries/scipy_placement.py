"""``scipy.signal.place_poles``: the gain of a state feedback, of systems with one input.

With M = A - b K, of which the poles p are eigenvalues with right vectors x and left ones y, yᴴ x = 1, every pole has
dp = yᴴ (dA - db K - b dK) x: an equation for dK x. Of several inputs, many gains do it, and SciPy searches for one.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal
import scipy.signal as sg

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.prims.inference import number
from s2sad.prims.matrices import eig_
from s2sad.prims.matrices import eigvals as eigvals_
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, pushforward

define = REGISTRY.define


def pole_gain(a, b, poles, method="YT", rtol=1e-3, maxiter=30):
    """The gain that moves the poles of a system to where they are asked for."""
    return scipy.signal.place_poles(a, b, poles, method, rtol, maxiter).gain_matrix


def pole_order(values, poles):
    """For each eigenvalue the number of the pole that it is; LinAlgError where there is more than one input."""
    return np.argmin(np.abs(values[:, None] - poles), axis=1)


def places_in_order(poles):
    """The numbers of poles as SciPy sorts them: the real ones in rising order, then the pairs, each from below."""
    real, below = np.flatnonzero(np.isreal(poles)), np.flatnonzero(np.imag(poles) < 0)
    pairs = [(k, np.argmin(np.abs(poles - np.conj(poles[k])))) for k in below[np.argsort(poles[below])]]
    return np.concatenate([real[np.argsort(poles[real])], np.ravel(np.array(pairs, int))])


def only_input(b):
    """The column of the only input."""
    if b.shape[1] != 1:
        raise np.linalg.LinAlgError(
            "place_poles has a derivative for systems with one input: of several, it searches for one of many gains"
        )
    return b[:, 0]


def _gain(a: Arg, b: Arg, poles: Arg, method: Any = "YT", rtol: Any = 1e-3, maxiter: Any = 30) -> Type:
    number(a)
    return Array("f64", ("?", "?"))


primitive("pole_gain", pole_gain, _gain, style="helper")
constant(primitive("pole_order", pole_order, lambda values, poles: Array("i64", ("?",)), style="helper"))
constant(primitive("places_in_order", places_in_order, lambda poles: Array("i64", ("?",)), style="helper"))
primitive("only_input", only_input, lambda b: Array(number(b).dtype, ("?",)), style="helper", alias="maybe")


@pushforward("only_input", wrt="b")
def only_input_dot(b_dot):
    return b_dot[:, 0]


@pushforward("pole_gain", wrt=("a", "b", "poles"))
def pole_gain_dot(a_dot, b_dot, poles_dot, ans, a, b, poles):
    values, vectors = eig_(a - b @ ans)
    left = np.linalg.inv(vectors)
    moved = np.zeros_like(a) if a_dot is None else a_dot
    if b_dot is not None:
        moved = moved - b_dot @ ans
    rates = np.diagonal(left @ moved @ vectors)
    if poles_dot is not None:
        rates = rates - poles_dot[pole_order(values, poles)]
    return np.real((rates / (left @ only_input(b))) @ left)[None, :]


class Placed:
    """What place_poles gives."""

    def __init__(self, gain, closed, poles):
        self.gain_matrix, self.closed, self.poles = gain, closed, poles

    @property
    def computed_poles(self):
        values = eigvals_(self.closed)
        return values[places_in_order(values)]

    @property
    def requested_poles(self):
        return self.poles[places_in_order(self.poles)]

    def __getattr__(self, name):
        unsupported(f"the field {name} of what place_poles gives", instead="gain_matrix, computed_poles")


@define(sg.place_poles)
def place_poles(A, B, poles, method="YT", rtol=1e-3, maxiter=30):  # noqa: N803
    poles = np.asarray(poles)
    gain = pole_gain(A, B, poles, method, rtol, maxiter)
    return Placed(gain, A - B @ gain, poles)
