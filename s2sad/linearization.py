"""Derivatives as linear maps: a function linearized at a point, and the transpose of a function that is linear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.api import Pullback
from s2sad.compiler.cache import CACHE
from s2sad.compiler.numeric import on_numpy
from s2sad.compiler.pipeline import Compiled, Transform, argument_at, nonlinear
from s2sad.compiler.seeds import seeds_like
from s2sad.compiler.signature import as_numpy
from s2sad.compiler.traced_makers import traced_linear_transpose, traced_linearize
from s2sad.errors import InputError
from s2sad.front.derivatives import transform
from s2sad.ir.core import Arg, Trace, Value

F = Callable[..., Any]


class LinearMap:
    """The map from tangents of the arguments to the tangent of the result, at one point: linear.

    It may be called any number of times, and keeps what the function left for it: the function does not run again. It
    refers to the arrays that the function was called with: they must not change in between.
    """

    def __init__(
        self, made: Compiled, arguments: tuple[tuple[Arg, Any], ...], residuals: tuple[Any, ...]
    ) -> None:
        self._made, self._arguments, self._residuals = made, arguments, residuals

    def __call__(self, *tangents: Any) -> Any:
        if len(tangents) != len(self._arguments):
            raise InputError(
                f"{self!r} takes {len(self._arguments)} tangents, and got {len(tangents)}",
                instead="give one for each argument, None for one that does not move",
            )
        given: list[Any] = []
        for k, ((like, primal), tangent) in enumerate(zip(self._arguments, tangents, strict=True)):
            moved = pytrees.tree_map(_still, primal) if tangent is None else tangent
            leaves = seeds_like(like, primal, moved, f"tangents[{k}]")
            given.extend(seed for atom, seed in leaves if isinstance(atom, Value))
        backward = self._made.backward
        assert backward is not None
        try:
            return backward(self._residuals, *given)
        except (ZeroDivisionError, OverflowError):  # Python's floats raise where NumPy's numbers give inf
            again = on_numpy(backward, self._made.source, self._made.cotangents)
            return again(as_numpy(self._residuals), *map(as_numpy, given))

    @property
    def source(self) -> str:
        """Both generated functions as text: the forward sweep and the linear map."""
        return self._made.source

    def __repr__(self) -> str:
        return f"<linear map of {self._made.program.trace.name.removesuffix('_forward')}>"


def _still(leaf: Any) -> Any:
    """The tangent, or the value, zero."""
    if isinstance(leaf, np.ndarray):
        return np.zeros_like(leaf)
    return leaf if isinstance(leaf, bool) or not isinstance(leaf, int | float | complex | np.number) else type(leaf)(0)


@transform(traced=traced_linearize)
def linearize(f: F, *primals: Any, has_aux: bool = False, optimise: bool = True, nan_safe: bool = True) -> Any:
    """The value of a function, and its derivative at this point as a linear map of tangents.

    Parameters
    ----------
    f : callable
    *primals
        The arguments; all of them are differentiated. (Bind others with a lambda or ``functools.partial``.)
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then the result is ``(value, linear map, aux)``.

    Returns
    -------
    tuple
        ``(value, linear_map)``. ``linear_map(*tangents)``, with a tangent for each argument (None for one that does not
        move), gives the tangent of the value, as ``jvp`` does; the function itself runs once.

    Examples
    --------
    >>> import s2sad
    >>> value, linear_map = s2sad.linearize(lambda x, y: x * y, 3.0, 2.0)
    >>> value, linear_map(1.0, 0.0), linear_map(0.0, 1.0)
    (6.0, 2.0, 3.0)
    """
    chosen = tuple(range(len(primals)))
    dispatcher = CACHE.dispatcher(f, Transform("linearize", chosen, has_aux, optimise, nan_safe=nan_safe))
    (out, residuals), made = dispatcher.run(primals, {})
    primal = made.stages["primal"]
    assert isinstance(primal, Trace)
    arguments = tuple(
        (argument_at(primal, dispatcher.parameters, place), value)
        for place, value in zip(made.places, primals, strict=True)
    )
    linear_map = LinearMap(made, arguments, residuals)
    if has_aux:
        out, aux = out
        return out, linear_map, aux
    return out, linear_map


@transform(traced=traced_linear_transpose)
def linear_transpose(f: F, *example: Any, optimise: bool = True, nan_safe: bool = True) -> Any:
    """The transpose of a function that is linear in its arguments.

    Parameters
    ----------
    f : callable
        Linear: with ``A`` for its matrix, ``f(x)`` is ``A x``. It may depend on other things, by closure, in any way.
    *example
        Arguments of the structure, shapes and dtypes that it is meant for; their numbers do not matter.

    Returns
    -------
    Pullback
        Takes what has the structure and shapes of the result of ``f``, and gives a tuple, for each argument what has
        its structure and shapes: ``Aᵀ y``.

    Raises
    ------
    InputError
        The function is not linear: its derivative hangs on where it is taken, or ``f(0)`` is not zero.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> transposed = s2sad.linear_transpose(lambda x: 3.0 * x[1:] - x[:-1], np.ones(3))
    >>> transposed(np.array([1.0, 2.0]))
    (array([-1.,  1.,  6.]),)
    """
    chosen = tuple(range(len(example)))
    dispatcher = CACHE.dispatcher(f, Transform("vjp", chosen, False, optimise, nan_safe=nan_safe))
    zeros = tuple(pytrees.tree_map(_still, value) for value in example)
    (out, residuals), made = dispatcher.run(zeros, {})
    derived = made.stages["optimised" if optimise else "derivative"]
    primal = made.stages["primal"]
    assert isinstance(derived, Trace) and isinstance(primal, Trace)
    nonlinear(derived, [argument_at(derived, dispatcher.parameters, place) for place in made.places], primal.name)
    numbers = [leaf for leaf in pytrees.leaves(out) if isinstance(leaf, np.ndarray | np.number | float | complex)]
    if any(np.any(leaf != 0) for leaf in numbers):
        raise InputError(
            f"{primal.name} is not linear: at zero it is not zero",
            instead="leave out what is added to the linear part, or use vjp, for the transpose of the derivative",
        ).at(primal.loc)
    return Pullback(made, out, residuals)


__all__ = ["LinearMap", "linear_transpose", "linearize"]
