"""``scipy.signal``: partial fractions of simple poles.

The residue of B/A at a simple pole p is B(p) / A'(p). Where poles coincide, the residues of one another's powers do not
go on from those of poles that are apart: there is no derivative, and ``LinAlgError`` is raised.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.signal as sg

from s2sad.libraries.scipy_convolution import as_array
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def apart(poles, tol):
    """The poles; LinAlgError where two of them are taken for one."""
    distance = np.abs(poles[:, None] - poles) + 2.0 * tol * np.eye(len(poles))
    if np.any(distance < tol):
        raise np.linalg.LinAlgError("partial fractions of poles that coincide have no derivative")
    return poles


def coefficients(b):
    return np.atleast_1d(as_array(b)) * 1.0


def poles_of(a, tol):
    """The poles by size, those of a pair with the positive imaginary part first."""
    poles = np.roots(a)
    return apart(poles[np.lexsort((-np.imag(poles), np.round(np.abs(poles), 9)))], tol)


def divided(b, a):
    """The polynomial part of B/A, and what is left of B."""
    if len(b) < len(a):
        return np.zeros(0), b
    return np.polydiv(b, a)


@define(sg.residue)
def residue(b, a, tol=1e-3, rtype="avg"):
    b, a = coefficients(b), coefficients(a)
    poles = poles_of(a, tol)
    whole, rest = divided(b, a)
    return np.polyval(rest, poles) / np.polyval(np.polyder(a), poles), poles, whole


@define(sg.residuez)
def residuez(b, a, tol=1e-3, rtype="avg"):
    b, a = coefficients(b), coefficients(a)
    poles = poles_of(a, tol)
    whole, rest = divided(np.flip(b), np.flip(a))
    at = 1.0 / poles
    return -poles * np.polyval(rest, at) / np.polyval(np.polyder(np.flip(a)), at), poles, np.flip(whole)


def over_common_denominator(r, p, tol):
    """Numerator and denominator, highest power first, of the sum of residues over x - p."""
    r, p = np.atleast_1d(as_array(r)), apart(np.atleast_1d(as_array(p)) * 1.0, tol)
    top = np.zeros(len(p))
    for j in range(len(p)):
        top = top + r[j] * np.poly(np.concatenate([p[:j], p[j + 1 :]]))
    return top, np.poly(p)


@define(sg.invres)
def invres(r, p, k, tol=1e-3, rtype="avg"):
    top, whole = over_common_denominator(r, p, tol)
    k = np.atleast_1d(as_array(k))
    return (np.polyadd(np.polymul(k * 1.0, whole), top) if len(k) else top), whole


@define(sg.invresz)
def invresz(r, p, k, tol=1e-3, rtype="avg"):
    top, whole = over_common_denominator(r, p, tol)
    k = np.atleast_1d(as_array(k))
    if len(k):
        longer = np.convolve(k, whole)
        top = longer + np.concatenate([top, np.zeros(len(longer) - len(top))])
    return top, whole
