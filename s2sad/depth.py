"""Room for deeply nested programs: what does not fit on the caller's stack is compiled on a thread with a larger one.

Every walk goes by recursion from a region into the regions inside of it, and from an expression into its parts. A
program of everyday depth fits under the recursion limit that Python has anyway. One that does not (an ``elif`` chain of
a thousand cases, hundreds of early returns) is compiled again where there is room: raising the limit alone would risk
the C stack, which cannot grow.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from s2sad.errors import UnsupportedError

T = TypeVar("T")

STACK = 512 * 1024 * 1024  # bytes of address space; what is not touched costs nothing
DEPTH = 120_000  # frames
_LOCK = threading.Lock()
_NAME = "s2sad deep"


def with_room(work: Callable[[], T]) -> T:
    """The result of ``work``, done again on a larger stack where it overflows this one.

    Raises
    ------
    UnsupportedError
        Where even that is not deep enough.
    """
    if threading.current_thread().name == _NAME:
        return work()
    try:
        return work()
    except RecursionError:
        pass
    try:
        return _apart(work)
    except (RecursionError, MemoryError):
        raise UnsupportedError(
            "this function is nested too deeply",
            why="its expressions, blocks or calls stand in each other deeper than Python can follow",
            instead="split it into functions, or write a loop",
        ) from None


def _apart(work: Callable[[], T]) -> T:
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # handed to the caller's thread
            failure.append(error)

    with _LOCK:  # the recursion limit and the size of new stacks belong to the whole process
        limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
        sys.setrecursionlimit(max(limit, DEPTH))
        try:
            context: Any = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(run,), name=_NAME, daemon=True)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return result[0]
