"""Where derivatives end, and where users look at them: ``stop_gradient`` and ``insert_cotangent``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, TypeVar

from s2sad import pytrees
from s2sad.compiler.hooks import traced_insert, traced_stop, with_cotangent
from s2sad.front.derivatives import CONTEXTS, transform

T = TypeVar("T")


@transform(traced=traced_stop)
def stop_gradient(x: T) -> T:
    """What it is given, taken for a constant by every derivative: forward and reverse, of any order.

    Parameters
    ----------
    x : any
        Numbers, arrays, and containers of them; a container comes back as one of its own, of the same items.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.grad(lambda x: x * s2sad.stop_gradient(x))(3.0)
    3.0
    """
    out: T = pytrees.tree_map(lambda leaf: leaf, x)
    return out


@transform(traced=traced_insert)
def insert_cotangent(x: Any, function: Callable[[Any], Any] | None = None) -> Any:
    """Put code into the reverse sweep: it is run where the cotangent of ``x`` comes by, and may change it.

    Two forms::

        with s2sad.insert_cotangent(x) as x_bar:      # x is a variable
            print("x_bar =", x_bar)
            x_bar = np.clip(x_bar, -1.0, 1.0)

        x = s2sad.insert_cotangent(x, function)       # function(x_bar) gives the cotangent to go on with, or None

    The body is part of the derivative's source, and may read any variable of the function. In a loop it is run once for
    each iteration, the last first; where no cotangent comes by it is not run. Called undifferentiated, the function
    does not run it, and in forward mode tangents pass unchanged. What it stores in local variables is forgotten.

    The body belongs to the first reverse sweep. A derivative of that derivative differentiates the body as it does the
    rest of it, in every mode, and does not run it on cotangents of its own.

    Parameters
    ----------
    x : any
        Numbers, arrays, and containers of them. The cotangent that is seen is that of all later reads.
    function : callable, optional

    Returns
    -------
    any
        ``x`` itself, or, without a function, a context manager.

    Examples
    --------
    >>> import s2sad
    >>> def f(x):
    ...     y = x * x
    ...     with s2sad.insert_cotangent(y) as y_bar:
    ...         y_bar = min(y_bar, 1.0)
    ...     return 5.0 * y
    >>> f(3.0), s2sad.grad(f)(3.0)
    (45.0, 6.0)
    """
    return _Skipped() if function is None else x


CONTEXTS[insert_cotangent] = with_cotangent


class _Skip(BaseException):
    """Raised at the first step of a body that is not to be run."""


class _Skipped:
    """A context manager whose body is not run: the first step in it raises, which ``__exit__`` knows."""

    def __enter__(self) -> None:
        frame = sys._getframe(1)
        self._frame, self._tracer = frame, sys.gettrace()
        self._own, self._opcodes = frame.f_trace, frame.f_trace_opcodes
        frame.f_trace_opcodes = True
        frame.f_trace = self._leave
        sys.settrace(lambda *event: None)

    def _leave(self, frame: FrameType, event: str, arg: Any) -> None:
        self._restore()
        raise _Skip

    def _restore(self) -> None:
        frame = self._frame
        frame.f_trace, frame.f_trace_opcodes = self._own, self._opcodes
        sys.settrace(self._tracer)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return kind is _Skip
