"""Making a function of source text, so that tracebacks, ``inspect`` and pdb show the text."""

from __future__ import annotations

import hashlib
import linecache
import weakref
from collections.abc import Mapping
from types import FunctionType
from typing import Any


def load(source: str, name: str, names: Mapping[str, Any] | None = None) -> FunctionType:
    """The function ``name`` that a module's source defines.

    The module's pseudo file name is made from the text, so it is the same in every run; the text can be read from
    ``linecache`` as long as the function lives. The same text gives the same function.

    Parameters
    ----------
    source : the text of a module.
    name : of the function in it.
    names : objects that the text refers to and cannot import: classes defined inside a function, for instance.
    """
    file = f"<s2sad {name} {hashlib.sha256(source.encode()).hexdigest()[:6]}>"
    if not names:
        known = _LOADED.get(file)
        if known is not None and "".join(linecache.getlines(file)) == source:
            return known
    _sweep()
    module: dict[str, Any] = {"__name__": "s2sad.generated", **(names or {})}
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), module)
    function: FunctionType = module[name]
    function.__module__ = "s2sad.generated"
    _LOADED[file] = function
    weakref.finalize(function, _forget, file).atexit = False
    return function


_LOADED: weakref.WeakValueDictionary[str, FunctionType] = weakref.WeakValueDictionary()


_GONE: dict[str, None] = {}
"""Files whose functions have died; ``linecache`` has nothing but their names any more."""


def _forget(file: str) -> None:
    """Called by the collector at any time, also while ``linecache`` is walked through: nothing is taken out here."""
    if file not in _LOADED and file in linecache.cache:  # the same text may have been loaded again since
        linecache.cache[file] = (0, None, [], file)
        _GONE[file] = None


def _sweep() -> None:
    """Take the names out of ``linecache``, too."""
    for file in list(_GONE):
        del _GONE[file]
        if file not in _LOADED:
            linecache.cache.pop(file, None)
