"""Every node of ``ast`` has a row, and refusals say what, where, why and what instead."""

import ast

import pytest

from s2sad.errors import Location, UnsupportedError
from s2sad.front.fence import ACCEPTED, REFUSED, check, check_function, check_result
from s2sad.front.source import function_source

ABSTRACT = {
    "AST", "mod", "stmt", "expr", "expr_context", "boolop", "operator", "unaryop", "cmpop", "excepthandler", "pattern",
    "type_ignore", "type_param",
}  # fmt: skip
BEFORE_3_9 = {"Index", "ExtSlice", "Suite", "AugLoad", "AugStore", "Param"}
BEFORE_3_8 = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "slice"}


def nodes():
    for name, cls in vars(ast).items():
        if isinstance(cls, type) and issubclass(cls, ast.AST) and not name.startswith("_"):
            yield name


def test_every_node_has_exactly_one_row():
    rows = set(ACCEPTED) | set(REFUSED)
    assert not set(ACCEPTED) & set(REFUSED)
    assert {n for n in nodes() if n not in ABSTRACT | BEFORE_3_9 | BEFORE_3_8} <= rows
    assert not rows & (ABSTRACT | BEFORE_3_9 | BEFORE_3_8)


def refused(text):
    node = ast.parse(text).body[0]
    with pytest.raises(UnsupportedError) as error:
        check(node, Location("program.py", node.lineno, node.col_offset, function="f"))
    return str(error.value)


def test_except_star_is_refused():
    assert refused("try:\n    pass\nexcept* ValueError:\n    pass") == (
        "try with except* is not supported\n"
        '  File "program.py", line 1, in f\n'
        "  why: which statement raises depends on values that the derivative does not have\n"
        "  instead: test the condition with if before the statement that may raise"
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def f():\n    global a", None),
        ("async def f(): pass", "async code is not supported"),
    ],
)
def test_statements(text, what):
    if what is None:
        check(ast.parse(text).body[0])
    else:
        message = refused(text)
        assert message.startswith(what)
        assert "why: " in message
        assert "instead: " in message


def test_a_node_without_a_row_is_refused():
    class Later(ast.stmt):
        pass

    with pytest.raises(UnsupportedError, match="Later is not supported"):
        check(Later())


def test_a_coroutine_is_refused_and_a_generator_as_what_is_differentiated():
    def numbers(x):
        if x > 0:
            yield x

    async def later(x):
        return x

    def fine(x):
        return sum(y for y in [x]), lambda: (yield)

    check_function(function_source(numbers))
    with pytest.raises(UnsupportedError, match="a generator function is not supported") as error:
        check_result(function_source(numbers))
    assert error.value.location.text == "yield x"
    with pytest.raises(UnsupportedError, match="async code is not supported"):
        check_function(function_source(later))
    check_function(function_source(fine))
