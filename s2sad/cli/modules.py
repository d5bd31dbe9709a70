"""Finding the functions that a command is about: in a file, or in an importable module."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


class NotFound(Exception):
    """There is no such file, module or function, or it cannot be imported; the message says which and why."""


def load(target: str) -> tuple[ModuleType, str | None]:
    """The module that ``MODULE[:FUNCTION]`` names, imported, and the function's name.

    Raises
    ------
    NotFound
        There is none, or importing it raises.
    """
    place, name = _split(target)
    path = Path(place)
    if place.endswith(".py") or path.is_file():
        if not path.is_file():
            raise NotFound(f"no file {place}")
        return _from_file(path), name
    if not all(part.isidentifier() for part in place.split(".")):
        raise NotFound(f"{place!r} is neither a file nor a module")
    with _importing(Path.cwd(), place):
        return importlib.import_module(place), name


def _split(target: str) -> tuple[str, str | None]:
    place, colon, name = target.rpartition(":")
    drive = len(place) == 1 and name.startswith(("\\", "/"))  # C:\file.py
    return (place, name or None) if colon and not drive else (target, None)


def _from_file(path: Path) -> ModuleType:
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise NotFound(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # as import does: dataclasses and pickles look their module up
    try:
        with _importing(path.resolve().parent, str(path)):
            spec.loader.exec_module(module)
    finally:
        if before is not None:
            sys.modules[name] = before
    return module


@contextlib.contextmanager
def _importing(folder: Path, what: str) -> Iterator[None]:
    """Import with a folder in front of the path, for that long only; what the module prints goes to stderr."""
    path = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except NotFound:
        raise
    except ModuleNotFoundError as error:
        raise NotFound(f"cannot import {what}: {error}") from error
    except (Exception, SystemExit) as error:
        raise NotFound(f"cannot import {what}: {type(error).__name__}: {error}") from error
    finally:
        sys.path[:] = path


def function(module: ModuleType, name: str) -> Callable[..., Any]:
    """The function of a module by its (dotted) name.

    Raises
    ------
    NotFound
        The module has none of that name.
    """
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            known = ", ".join(functions(module)) or "none"
            raise NotFound(f"{module.__name__} has no function {name!r}; it has: {known}") from None
    if not callable(found):
        raise NotFound(f"{name!r} in {module.__name__} is not a function")
    chosen: Callable[..., Any] = primal_of(found)
    return chosen


def functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions that a module defines itself, in the order of its source; of derivatives, their primals."""
    out: dict[str, Callable[..., Any]] = {}
    for name, value in vars(module).items():
        inner = primal_of(value)
        if hasattr(inner, "__code__") and getattr(inner, "__module__", None) == module.__name__:
            out[name] = inner
    return dict(sorted(out.items(), key=lambda pair: pair[1].__code__.co_firstlineno))


def primal_of(value: Any) -> Any:
    """The function that was decorated, where it was decorated with a derivative."""
    while hasattr(value, "__s2sad_program__") and hasattr(value, "primal"):
        value = value.primal
    return value
