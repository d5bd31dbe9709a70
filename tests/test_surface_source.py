"""Finding the syntax tree of any callable, exactly, or saying why not."""

import ast
import functools
import importlib.util
import linecache
import math
import sys

import pytest

from s2sad.errors import SourceError
from s2sad.front.source import function_source, locate, resolve

two, three = lambda x: x * 2, lambda x: x * 3  # noqa: E731
nested = lambda x: (lambda x: x + 1)  # noqa: E731
long = functools.partial(
    lambda x, y: x
    + y * 2,
    1.0,
)  # fmt: skip


def text(fn):
    return ast.unparse(function_source(fn).node)


def test_two_lambdas_on_one_line_are_told_apart():
    assert text(two) == "lambda x: x * 2"
    assert text(three) == "lambda x: x * 3"


def test_equal_lambdas_on_one_line_have_their_own_columns():
    a, b = (lambda x: x + 1), (lambda x: x + 1)
    columns = [function_source(f).node.col_offset for f in (a, b)]
    assert columns[0] < columns[1]


def test_lambda_in_a_lambda():
    assert text(nested) == "lambda x: lambda x: x + 1"
    assert text(nested(0)) == "lambda x: x + 1"


def test_lambda_over_several_lines_inside_a_call():
    source = function_source(long)
    assert ast.unparse(source.node) == "lambda x, y: x + y * 2"
    assert resolve(long).args == (1.0,)
    assert linecache.getline(source.file, source.line).strip() == "lambda x, y: x"


def test_lambda_with_a_constant_body_and_as_a_default():
    def f(g=lambda: 1, h=lambda: 2):
        return g, h

    assert [text(g) for g in f()] == ["lambda: 1", "lambda: 2"]


def double(fn):
    @functools.wraps(fn)
    def wrapper(*args):
        return 2 * fn(*args)

    return wrapper


@double
@functools.cache
def decorated(x):
    """Doc."""
    return x * x


def test_decorated_function_gives_the_wrapper_and_access_to_what_it_wraps():
    source = function_source(decorated)
    assert source.name == "wrapper"
    assert "fn" in source.closure
    inner = function_source(source.wrapped)
    assert inner.name == "decorated"
    assert inner.line == inner.node.lineno
    assert linecache.getline(inner.file, inner.line).startswith("def decorated")
    assert linecache.getline(inner.file, inner.line + 2).strip() == ast.unparse(inner.body[1])


class Model:
    scale = 3.0

    def loss(self, x, *, power=2):
        return self.__private(x) ** power

    def __private(self, x):
        return x * self.scale

    def __call__(self, x):
        return self.loss(x)

    @classmethod
    def of(cls, x):
        return cls.scale * x

    @staticmethod
    def plain(x):
        return x

    def above(self):
        return super().__hash__()


def test_methods_and_callable_objects():
    model = Model()
    assert resolve(model.loss).args == (model,)
    assert function_source(model.loss).qualname == "Model.loss"
    assert function_source(model.loss).kwdefaults == {"power": 2}
    assert resolve(model).args == (model,)
    assert function_source(model).name == "__call__"
    assert resolve(Model.of).args == (Model,)
    assert function_source(Model.plain).name == "plain"
    assert resolve(Model.__dict__["plain"]).function is Model.plain
    assert function_source(model.above).name == "above"
    assert function_source(model._Model__private).name == "__private"


def test_nested_partials_keep_the_order_of_arguments():
    def f(a, b, c, d=0):
        return a, b, c, d

    target = resolve(functools.partial(functools.partial(f, 1, d=4), 2, d=5))
    assert (target.function, target.args, dict(target.kwargs)) == (f, (1, 2), {"d": 5})


def test_nested_functions_positions_and_closures():
    k = 3.0

    def outer(x):
        y = x * k

        def inner(z):  # a comment

            return z * y + k
        # trailing

        return inner

    source = function_source(outer)
    assert source.closure["k"].cell_contents == 3.0
    inner = function_source(outer(2.0))
    assert set(inner.closure) == {"k", "y"}
    statement = inner.node.body[0]
    where = inner.locate(statement)
    assert where.text == "return z * y + k"
    assert where.function.endswith("outer.<locals>.inner")


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_encodings_tabs_and_columns_in_characters(tmp_path):
    path = tmp_path / "coded.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nif 1:\n\tdef f(x):\n\t\té = x; return é + abs(é)\n".encode("latin-1"))
    f = load(path, "coded").f
    source = function_source(f)
    last = source.node.body[-1]
    where = locate(source.file, last)
    line = linecache.getline(source.file, where.line)
    assert line[where.column : where.end_column] == "return é + abs(é)"


def test_future_annotations_and_one_line_functions(tmp_path):
    path = tmp_path / "modern.py"
    path.write_text(
        "from __future__ import annotations\n"
        "def a(x: Undefined) -> Unknown: return x\n"
        "def b(\n    x,\n    y=(1,\n2),\n):\n"
        "    '''Text\nat the margin.'''\n    def c(z: Unknown): return x\n    return c\n"
    )
    module = load(path, "modern")
    assert ast.unparse(function_source(module.a).node.body[0]) == "return x"
    assert len(function_source(module.b).node.body) == 3
    assert function_source(module.b(1)).name == "c"


def test_a_file_edited_after_the_import_is_refused(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x * 2.0\n")
    f = load(path, "edited").f
    linecache.checkcache(str(path))
    path.write_text("def f(x):\n    return x * 3.0\n")
    with pytest.raises(SourceError, match="is not what it was compiled from") as error:
        function_source(f)
    assert "reload the module" in str(error.value)


def test_a_file_edited_and_reloaded_is_read_again(tmp_path):
    path = tmp_path / "reloaded.py"
    path.write_text("def f(x):\n    return x * 2.0\n")
    assert text(load(path, "reloaded").f).endswith("x * 2.0")
    path.write_text("def f(x):\n    return 1 + x * 3.0\n")
    assert text(load(path, "reloaded").f).endswith("1 + x * 3.0")


def test_a_notebook_cell_is_read_from_linecache():
    cell = "%matplotlib inline\ndef f(x):\n    return x + 1\ng = lambda x: x - 1\n"
    clean = cell.replace("%matplotlib inline", "pass")
    name = "<ipython-input-1-abcdef>"
    linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)
    scope = {}
    exec(compile(clean, name, "exec"), scope)
    assert text(scope["f"]) == "def f(x):\n    return x + 1"
    assert text(scope["g"]) == "lambda x: x - 1"


def test_no_source_says_why():
    scope = {}
    # not '<string>': since Python 3.13 that names the text of ``python -c``, where there is one
    exec(compile("def f(x):\n    return x", "<made by exec>", "exec"), scope)
    with pytest.raises(SourceError) as error:
        function_source(scope["f"])
    assert str(error.value) == (
        "the source of f cannot be read: there is no text for '<made by exec>'\n"
        "  why: it was made by exec or eval, or its file is gone\n"
        "  instead: define it in a file, or enter its text into linecache.cache under the file name given to compile"
    )
    with pytest.raises(SourceError, match="math.sin has no Python source"):
        function_source(math.sin)
    with pytest.raises(SourceError, match="Model is a class"):
        function_source(Model)
    with pytest.raises(SourceError, match="an object of type int is not callable"):
        function_source(3)


def test_trees_are_shared_and_dropped_with_their_code():
    def f(x):
        return x

    assert function_source(f).node is function_source(f).node
    code = id(f.__code__)
    from s2sad.front import source

    assert code in source._FOUND
    assert sys.getrefcount(f.__code__) < 20


def test_library_functions_are_found():
    import argparse
    import statistics
    import textwrap

    methods = argparse._StoreAction.__init__, statistics.NormalDist.pdf
    for fn in (textwrap.dedent, statistics.mean, functools.wraps, *methods):
        assert function_source(fn).name == fn.__name__
