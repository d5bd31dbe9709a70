"""What of Python is taken and what is refused: one row for every class of ``ast``, and nothing outside the table.

The front end asks ``check`` before it evaluates a node, so only code that would run is refused: a ``try`` in a branch
that is known not to be taken does no harm. A node that has no row, from a later Python say, is refused as well.
A row moves from ``REFUSED`` to ``ACCEPTED`` when the front end takes it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from s2sad.errors import Location, UnsupportedError
from s2sad.front.source import FunctionSource


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a construct is refused and what to write instead."""

    what: str
    why: str
    instead: str


ACCEPTED: frozenset[str] = frozenset(
    """
    FunctionDef ClassDef Lambda Return Delete Nonlocal Global Assign AugAssign AnnAssign For While If Raise Assert Expr
    Pass Break Continue Yield YieldFrom
    Match match_case MatchValue MatchSingleton MatchSequence MatchMapping MatchClass MatchStar MatchAs MatchOr
    Try ExceptHandler With withitem Import ImportFrom alias
    BoolOp NamedExpr BinOp UnaryOp IfExp Dict Set ListComp SetComp DictComp GeneratorExp Compare Call
    FormattedValue JoinedStr Constant Attribute Subscript Starred Name List Tuple Slice
    Load Store Del And Or Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv
    Invert Not UAdd USub Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn
    comprehension arguments arg keyword
    """.split()  # noqa: SIM905
)

_TRY = Refusal(
    "try with except*",
    "which statement raises depends on values that the derivative does not have",
    "test the condition with if before the statement that may raise",
)
_ASYNC = Refusal(
    "async code", "a derivative runs its statements in one fixed order", "write it as an ordinary function"
)
_YIELD = Refusal(
    "a generator function", "its body runs piecewise, interleaved with the code that reads it",
    "append the values to a list and return the list",
)  # fmt: skip
_TYPES = Refusal(
    "a type parameter or type alias", "it has no meaning for the derivative", "move it out of the function"
)
_NOT_CODE = Refusal("this node", "it is no part of a function's body", "pass a function")

REFUSED: dict[str, Refusal] = {
    "TryStar": _TRY,
    "AsyncFunctionDef": _ASYNC, "AsyncFor": _ASYNC, "AsyncWith": _ASYNC, "Await": _ASYNC,
    "TypeAlias": _TYPES, "TypeVar": _TYPES, "ParamSpec": _TYPES, "TypeVarTuple": _TYPES,
    "Module": _NOT_CODE, "Interactive": _NOT_CODE, "Expression": _NOT_CODE, "FunctionType": _NOT_CODE,
    "TypeIgnore": _NOT_CODE,
}  # fmt: skip


def check(node: ast.AST, location: Location | None = None) -> None:
    """Nothing for a node that is taken; UnsupportedError, with the place, for any other."""
    name = type(node).__name__
    if name not in ACCEPTED:
        raise refusal(name).at(location)


def refusal(name: str) -> UnsupportedError:
    """The error for a node, given by the name of its class, that is not taken."""
    row = _YIELD if name == "Yield" else REFUSED.get(name)
    if row is None:
        return UnsupportedError(
            f"{name} is not supported",
            why="this version of s2sad does not know that construct of Python",
            instead="write it with older constructs",
        )
    return UnsupportedError(f"{row.what} is not supported", why=row.why, instead=row.instead)


def check_function(source: FunctionSource) -> None:
    """Refuses what a function is as a whole, reached or not: a coroutine."""
    flags = source.function.__code__.co_flags
    if flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise refusal("Await").at(source.locate(source.node))


def check_result(source: FunctionSource) -> None:
    """Refuses a generator function as the function that is differentiated."""
    first = next((n for n in own_nodes(source) if isinstance(n, ast.Yield | ast.YieldFrom)), source.node)
    raise refusal("Yield").at(source.locate(first))


def own_nodes(source: FunctionSource) -> Iterator[ast.AST]:
    """The nodes of a function's body in the order of the text, without those of functions and classes inside it."""
    stack: list[ast.AST] = list(reversed(source.body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))
