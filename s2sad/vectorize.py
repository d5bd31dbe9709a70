"""``vmap``: a function of one row, made a function of many."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, overload

from s2sad.api import Derivative
from s2sad.compiler.axes import Node, frozen
from s2sad.compiler.nested_batch import call_mapped, traced_vmap
from s2sad.compiler.pipeline import Transform
from s2sad.errors import InputError
from s2sad.front.derivatives import transform
from s2sad.front.values import Known, Transformed
from s2sad.front.values import Source as Origin

F = Callable[..., Any]


class Vectorized(Derivative):
    """A function for many rows at once, called as the function is.

    It is compiled like a derivative, and shown like one: ``source``, ``trace``, ``stages``.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.transform.in_axes, Node):
            self.transform.in_axes.check(self.dispatcher.parameters.function, len(args))
        return super().__call__(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Derivative:
        if instance is None or not hasattr(self.primal, "__get__"):
            return self
        return Vectorized(types.MethodType(self.primal, instance), self.transform)

    def __s2sad_inside__(self, source: Origin | None) -> Transformed:
        found = None if source is None else source.attribute("primal")
        return Transformed(Known(self.primal, found), self.transform, call_mapped)

    @property
    def _described(self) -> str:
        return f"vmap of {self.dispatcher.parameters.function}"

    def __reduce__(self) -> str | tuple[Any, ...]:
        found = super().__reduce__()
        return found if isinstance(found, str) else (Vectorized, (self.primal, self.transform))


@overload
def vmap(
    f: F, in_axes: Any = ..., out_axes: Any = ..., *, axis_size: int | None = ..., optimise: bool = ...
) -> Vectorized: ...
@overload
def vmap(
    f: None = ..., in_axes: Any = ..., out_axes: Any = ..., *, axis_size: int | None = ..., optimise: bool = ...
) -> Callable[[F], Vectorized]: ...
@transform(traced=traced_vmap)
def vmap(
    f: F | None = None, in_axes: Any = 0, out_axes: Any = 0, *, axis_size: int | None = None, optimise: bool = True
) -> Any:
    """A function of many rows, made of a function of one: it maps ``f`` over an axis of its arguments.

    The result is that of a loop over the rows, stacked; the generated code is written for all rows at once, as NumPy
    code is by hand. Where the way of the program hangs on the row, it goes on with the rows that take it, or takes them
    one by one.

    Usable as ``vmap(f)``, ``@vmap`` and ``@vmap(in_axes=(0, None))``.

    Parameters
    ----------
    f : callable
        Plain NumPy Python: of one row, which gives numbers, arrays, or containers of them.
    in_axes : int, None, or container of them
        The axis of each argument that holds the rows; None for an argument that is the same in every row. One axis is
        that of all arguments; a tuple has one entry for each argument, in order, a dict one for each that is mapped, by
        name. An entry may be a container, in the structure of its argument or of the upper part of it. What is no array
        in an argument (a string, None) is the same in every row, and so are parameters that are left at their defaults.
        Arguments behind the last entry that are passed by name are mapped over axis 0.
    out_axes : int, None, or container of them
        Where the rows are in the result. None for a part that is the same in every row, and is given once.
    axis_size : int
        The number of rows. Needed only where nothing is mapped.
    optimise : bool
        Whether to simplify the generated code.

    Returns
    -------
    Vectorized
        Takes the arguments of ``f``, each with one more axis where ``in_axes`` says so.

    Raises
    ------
    UnsupportedError, SourceError
        At the first call: what ``f`` does cannot be traced, or not for many rows; the message says where.
    InputError
        At a call: an argument without the axis, or unlike numbers of rows.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> W = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> s2sad.vmap(lambda x: W @ x)(np.eye(2))
    array([[1., 3.],
           [2., 4.]])
    """
    if f is None:
        return functools.partial(vmap, in_axes=in_axes, out_axes=out_axes, axis_size=axis_size, optimise=optimise)
    if not callable(f):
        raise InputError(
            f"vmap needs a function, not {f!r}", instead="write @vmap(in_axes=...) or vmap(f, in_axes=...)"
        )
    return Vectorized(f, made(in_axes, out_axes, axis_size, optimise))


def made(in_axes: Any, out_axes: Any, axis_size: int | None, optimise: bool) -> Transform:
    """What ``vmap`` makes of a function."""
    chosen, given = frozen(in_axes, "in_axes"), frozen(out_axes, "out_axes")
    return Transform("vmap", (), optimise=bool(optimise), in_axes=chosen, out_axes=given, axis_size=axis_size)


__all__ = ["Vectorized", "vmap"]
