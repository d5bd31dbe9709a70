"""Which dispatcher serves a function: one for all functions of equal code, constants and surroundings.

- A function without closure: by its code, the identity of its globals, and its defaults. So a lambda that is written in
  a loop is compiled once.
- Lambdas of equal code, constants and text, in one module: each by itself, so that a refusal points at the right one;
  what has been compiled for one serves all.
- A closure: on the function itself (as an attribute), so that what it has closed over dies with it.
- A bound method, a partial, a callable object: by the identity of its parts, the least recently used forgotten.
- A derivative: on its dispatcher.
"""

from __future__ import annotations

import functools
import threading
import types
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeGuard

from s2sad.compiler.declared import custom_of
from s2sad.compiler.dispatch import Dispatcher, Entries
from s2sad.compiler.pipeline import Transform
from s2sad.errors import SourceError
from s2sad.front.source import written

_ATTRIBUTE = "__s2sad_derivatives__"
_SIMPLE = frozenset({int, float, complex, bool, str, bytes, type(None), type, types.BuiltinFunctionType})


class Cache:
    """Dispatchers by function and transform; at most ``size`` of those that no function holds itself."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._shared: OrderedDict[Hashable, tuple[Dispatcher, Any]] = OrderedDict()
        self._twins: weakref.WeakValueDictionary[Hashable, Entries] = weakref.WeakValueDictionary()
        self._lock = threading.RLock()

    def dispatcher(self, fn: Callable[..., Any], transform: Transform) -> Dispatcher:
        """The one dispatcher for a function and a transform; made at the first request."""
        with self._lock:
            inner = getattr(fn, "dispatcher", None)
            if isinstance(inner, Dispatcher):
                return _entered(inner.derived, fn, transform)
            if isinstance(fn, types.FunctionType) and not _stands_alone(fn):
                return _entered(_own_table(fn), fn, transform)
            key = (identity(fn), transform)
            found = self._shared.get(key)
            if found is None:
                # The function is kept with its entry: an identity in a key must not be taken over by another object.
                twins = functools.partial(self._shared_by_twins, fn, transform) if _is_lambda(fn) else None
                found = self._shared[key] = (Dispatcher(fn, transform, twins), fn)
                if len(self._shared) > self._size:
                    self._shared.popitem(last=False)
            else:
                self._shared.move_to_end(key)
            return found[0]

    def _shared_by_twins(self, fn: types.FunctionType, transform: Transform) -> Entries:
        """The entries of all lambdas that are equal to this one."""
        try:
            text = written(fn)
        except SourceError:
            return Entries()
        defaults = (fn.__defaults__, fn.__kwdefaults__)
        key = (_content(fn.__code__), text, id(fn.__globals__), repr(defaults), transform)
        with self._lock:
            return self._twins.setdefault(key, Entries())

    def clear(self) -> None:
        """Forget every dispatcher that is not held by a closure."""
        with self._lock:
            self._shared.clear()


CACHE = Cache()


def _entered(table: dict[Transform, Dispatcher], fn: Callable[..., Any], transform: Transform) -> Dispatcher:
    if transform not in table:
        table[transform] = Dispatcher(fn, transform)
    return table[transform]


def _stands_alone(fn: types.FunctionType) -> bool:
    """Whether nothing but code, globals and plain defaults makes up the function."""
    defaults = (*(fn.__defaults__ or ()), *(fn.__kwdefaults__ or {}).values())
    if custom_of(fn) is not None:  # a function of equal code may have no rule, or another one
        return False
    return fn.__closure__ is None and not hasattr(fn, "__wrapped__") and all(type(d) in _SIMPLE for d in defaults)


def _is_lambda(fn: object) -> TypeGuard[types.FunctionType]:
    return isinstance(fn, types.FunctionType) and fn.__name__ == "<lambda>"


def _content(code: types.CodeType) -> Hashable:
    """What a code object does, without where it stands."""
    constants = tuple(_content(c) if isinstance(c, types.CodeType) else (type(c), repr(c)) for c in code.co_consts)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, counts


def _own_table(fn: types.FunctionType) -> dict[Transform, Dispatcher]:
    table: dict[Transform, Dispatcher]
    owner, table = fn.__dict__.get(_ATTRIBUTE, (None, {}))
    if owner is None or owner() is not fn:  # functools.wraps copies attributes to another function
        table = {}
        fn.__dict__[_ATTRIBUTE] = (weakref.ref(fn), table)
    return table


def identity(fn: Any) -> Hashable:
    """A key that is equal for callables that run the same code in the same surroundings."""
    if isinstance(fn, types.FunctionType):
        code = fn.__code__
        defaults = tuple((type(d), repr(d)) for d in fn.__defaults__ or ())
        named = tuple((k, type(d), repr(d)) for k, d in (fn.__kwdefaults__ or {}).items())
        return (code, code.co_filename, id(fn.__globals__), defaults, named) if _stands_alone(fn) else id(fn)
    if isinstance(fn, types.MethodType):
        return ("method", id(fn.__self__), identity(fn.__func__))
    if isinstance(fn, functools.partial):
        keywords = tuple((k, id(v)) for k, v in fn.keywords.items())
        return ("partial", identity(fn.func), tuple(map(id, fn.args)), keywords)
    return id(fn)
