"""The interpreter's code of a function, kept by code object."""

from __future__ import annotations

import dis
import types

from s2sad.front.fence import check_function
from s2sad.front.scope import Code, code_of
from s2sad.front.source import FunctionSource, function_source

_CODES: dict[int, tuple[types.CodeType, Code]] = {}
HANDING_ON = frozenset(
    """
    RESUME NOP LOAD_FAST LOAD_FAST_BORROW LOAD_FAST_LOAD_FAST LOAD_FAST_BORROW_LOAD_FAST_BORROW LOAD_CONST
    LOAD_SMALL_INT BUILD_TUPLE BUILD_LIST RETURN_VALUE RETURN_CONST CACHE
    """.split()  # noqa: SIM905
)


def code_of_function(function: types.FunctionType) -> Code:
    """The interpreter's code of a function, kept by code object. The closure is read from the function at hand."""
    return code_from(function_source(function))


def code_from(source: FunctionSource) -> Code:
    key = source.function.__code__
    entry = _CODES.get(id(key))
    if entry is None or entry[0] is not key:
        check_function(source)
        # Kept without the function, so that what a closure holds is not kept alive.
        cells = tuple(types.CellType() for _ in key.co_freevars)
        bare = types.FunctionType(key, {}, source.name, None, cells)
        entry = _CODES[id(key)] = (key, code_of(source.node, FunctionSource(bare, source.node, source.file)))
    code = entry[1]
    return Code(
        code.node, source, code.name, code.body, code.names, code.captured, None, code.foreign, {}, code.locations,
        code.live, code.heads, {}, code.yields,
    )  # fmt: skip


def hands_on(code: types.CodeType) -> bool:
    """Whether a function does nothing but put its arguments into tuples and lists: its source is not needed."""
    return all(i.opname in HANDING_ON for i in dis.get_instructions(code))
