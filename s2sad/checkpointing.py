"""Memory for time: what the reverse sweep runs again instead of keeping."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from s2sad.errors import InputError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import known_value, transform
from s2sad.front.values import Abstract, Generator, Known, Lazy, Transformed, Wrapped
from s2sad.ir.core import Call, Literal
from s2sad.prims import structure

T = TypeVar("T")
S = TypeVar("S")
SNAPSHOTS = 10


def traced_checkpoint(machine: Calls, f: Abstract) -> Abstract:
    """``checkpoint(f)`` in a function that is traced."""
    return Transformed(f, None, call_marked)


def traced_call(machine: Calls, f: Abstract, /, *args: Abstract, **kwargs: Abstract) -> Abstract:
    """A call of what ``checkpoint`` gave outside."""
    return call_marked(machine, Transformed(f, None, call_marked), args, kwargs)


@transform(traced=traced_call)
def called(f: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """A call that a reverse sweep makes again."""
    return f(*args, **kwargs)


def call_marked(
    machine: Calls, made: Transformed, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract:
    """The call as it is, between two marks."""
    name = getattr(getattr(made.function, "value", None), "__name__", None) or name_of(made.function)
    mark(machine, name)
    out = machine.call(made.function, tuple(args), dict(kwargs))
    mark(machine, None)
    return out


def name_of(f: Abstract) -> str:
    """A function's name, for the function that it becomes in the reverse sweep."""
    code = getattr(f, "code", None)
    name = getattr(code, "name", "call")
    return name if name.isidentifier() else "call"


def mark(machine: Calls, title: str | None) -> None:
    frame = machine.frame
    place = frame.call if frame.code.source.file == __file__ else machine.here()
    machine.builder.emit(Call(structure.checkpoint, (Literal(title),), (), (), place))


@transform(traced=traced_checkpoint)
def checkpoint(f: Callable[..., T]) -> Callable[..., T]:
    """A function whose calls are run again in a reverse sweep, which keeps nothing of them but what goes in.

    Usable as ``checkpoint(f)(x)`` and as ``@checkpoint``. Called, differentiated in forward mode, or outside of what is
    differentiated it is ``f``. What ``f`` prints or stores outside of itself happens once.

    Parameters
    ----------
    f : callable
        Any function that can be differentiated. It may not draw random numbers: they would be others the second time.

    Returns
    -------
    callable
        Takes and gives what ``f`` does.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> @s2sad.checkpoint
    ... def layer(x, w):
    ...     return np.tanh(w @ x)
    >>> f = lambda w: np.sum(layer(np.ones(2), w))
    >>> s2sad.grad(f)(np.zeros((2, 2)))
    array([[1., 1.],
           [1., 1.]])
    """
    if not callable(f):
        raise InputError(f"checkpoint needs a function, not {f!r}", instead="write checkpoint(f)(x), or @checkpoint")

    @functools.wraps(f)
    def again(*args: Any, **kwargs: Any) -> T:
        return called(f, *args, **kwargs)

    return again


def traced_checkpointed(machine: Calls, iterable: Abstract, snapshots: Abstract | None = None) -> Abstract:
    """``checkpointed`` in a function that is traced."""
    if isinstance(iterable, Lazy | Generator):
        machine.refuse(
            "s2sad.checkpointed over a generator",
            why="to run a part of a loop again, its items have to be had again",
            instead="loop over a range, an array or a list",
        )
    given = SNAPSHOTS if snapshots is None else known_value(machine, "checkpointed", snapshots)
    try:
        count = counted(SNAPSHOTS if given is None else given)
    except InputError as error:
        raise machine.placed(error) from None
    return Wrapped("iter", (iterable,), Known(count), len(machine.loops))


@transform(traced=traced_checkpointed)
def checkpointed(iterable: Iterable[T], snapshots: int | None = None) -> Iterable[T]:
    """What a loop runs over, with the loop's reverse sweep in the memory of a few states.

    ``for i in checkpointed(range(n), snapshots=k):`` is ``for i in range(n):``; but where it is differentiated in
    reverse mode, of all that the loop carries from one iteration to the next only k states are kept at any time, beside
    the one that is being worked on, and iterations are run again from them. The schedule is binomial, and needs the
    fewest iterations possible: with k states and at most r repeats of each, (k + r)! / (k! r!) of them.

    The state is all that the loop carries and reads again: numbers, arrays (as copies, where the loop stores into
    them), lists. What it prints or stores outside of itself happens once. A loop that is left early (``break``), or
    that stands in another loop, is run through once more.

    Parameters
    ----------
    iterable : range, array, list, or several of them in zip or enumerate
        What the loop runs over. For a loop without a known end, a range that is long enough, with ``break``.
    snapshots : int, optional
        How many states are kept; 10 unless given. It is known when the derivative is made.

    Returns
    -------
    iterable
        The same items.

    Raises
    ------
    InputError
        ``snapshots`` is no positive int.

    References
    ----------
    A. Griewank and A. Walther, "Algorithm 799: Revolve: An implementation of checkpointing for the reverse or adjoint
    mode of computational differentiation", ACM TOMS 26(1), 2000.

    Examples
    --------
    >>> import s2sad
    >>> def f(x):
    ...     for i in s2sad.checkpointed(range(1000), snapshots=4):
    ...         x = x + 0.001 * x * (1.0 - x)
    ...     return x
    >>> round(s2sad.grad(f)(0.5), 6)
    0.786586
    """
    counted(SNAPSHOTS if snapshots is None else snapshots)
    return iter(iterable)


def counted(snapshots: Any) -> int:
    """A number of states that can be kept."""
    try:
        count = operator.index(snapshots)
    except TypeError:
        count = 0
    if count < 1 or isinstance(snapshots, bool):
        raise InputError(
            f"checkpointed keeps a positive number of states, not {snapshots!r}", instead="write snapshots=10"
        )
    return count


def checkpoint_loop(
    step: Callable[[Any, S], S], state: S, steps: int, snapshots: int | None = None
) -> S:
    """Run ``state = step(i, state)`` for ``i`` from 0 to ``steps - 1``, with few states kept: see ``checkpointed``.

    Parameters
    ----------
    step : callable
        Takes the number of the step and the state, gives the next state: a number, an array, a tuple of them.
    state : number, array, or tuple of them
        The first state.
    steps : int
    snapshots : int, optional
        How many states a reverse sweep keeps; 10 unless given.

    Returns
    -------
    The state after the last step.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.grad(lambda r: s2sad.checkpoint_loop(lambda i, x: r * x, 1.0, steps=10))(1.0)
    10.0
    """
    for i in checkpointed(range(steps), snapshots):
        state = step(i, state)
    return state


__all__ = ["checkpoint", "checkpoint_loop", "checkpointed"]
