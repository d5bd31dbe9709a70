"""The public functions: how they are called, what they give, what they refuse and in which words."""

import copy
import functools
import gc
import inspect
import io
import linecache
import math
import pickle
import re
import subprocess
import sys
import traceback
import weakref
from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import s2sad
from s2sad.compiler.cache import CACHE
from s2sad.errors import InputError
from s2sad.testing import check_grads


def product(x, y):
    """The product."""
    return x * y


def cube(x):
    return x * x * x


@s2sad.grad
def square(x):
    """Its square."""
    return x * x


@s2sad.grad(argnums=("y", "x"))
def both(x: float, y: float) -> float:
    return x * x * y


Pair = namedtuple("Pair", "a b")


@dataclass
class Line:
    slope: float
    offset: np.ndarray

    def at(self, x):
        return self.slope * x + self.offset


# -- calling ---------------------------------------------------------------------------------------------------------


def test_grad_is_a_function_a_decorator_and_a_decorator_with_arguments():
    assert s2sad.grad(product)(3.0, 2.0) == 2.0
    assert square(3.0) == 6.0
    assert both(3.0, 2.0) == (9.0, 12.0)


def test_argnums_by_number_name_and_sequence():
    assert s2sad.grad(product, 1)(3.0, 2.0) == 3.0
    assert s2sad.grad(product, argnums="y")(3.0, 2.0) == 3.0
    assert s2sad.grad(product, argnums=-1)(3.0, 2.0) == 3.0
    assert s2sad.grad(product, argnums=(1,))(3.0, 2.0) == (3.0,)
    assert s2sad.grad(product, argnums=[1, "x"])(3.0, 2.0) == (3.0, 2.0)


def test_keywords_and_defaults():
    def f(x, k=2.0, *, p=3.0):
        return k * x * p

    g = s2sad.grad(f)
    assert g(1.0) == 6.0
    assert g(1.0, 4.0) == 12.0
    assert g(x=1.0, p=1.0) == 2.0
    assert g(1.0, p=5.0, k=1.0) == 5.0
    assert g(1.0) == 6.0
    assert s2sad.grad(f, argnums="p")(1.0) == 2.0


def test_variable_arguments():
    def f(*xs, **named):
        return xs[0] * xs[1] * named["k"]

    assert s2sad.grad(f, argnums=1)(2.0, 3.0, k=5.0) == 10.0
    assert s2sad.grad(f, argnums="k")(2.0, 3.0, k=5.0) == 6.0
    assert s2sad.grad(f, argnums=(0, 1))(2.0, 3.0, k=5.0) == (15.0, 10.0)


def test_value_and_grad_and_aux():
    def f(x, y):
        z = x * y
        return z * z, {"z": z, "note": "kept"}

    assert s2sad.value_and_grad(product)(3.0, 2.0) == (6.0, 2.0)
    assert s2sad.grad(f, has_aux=True)(3.0, 2.0) == (24.0, {"z": 6.0, "note": "kept"})
    assert s2sad.value_and_grad(f, has_aux=True)(3.0, 2.0) == ((36.0, {"z": 6.0, "note": "kept"}), 24.0)


def test_decorated_functions():
    def twice(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            return 2.0 * f(*args, **kwargs)

        return wrapper

    @twice
    @functools.cache
    def f(x, y=2.0):
        return x * x * y

    g = s2sad.grad(f)
    assert g(3.0) == 24.0
    assert s2sad.grad(f, argnums="y")(3.0, y=5.0) == 18.0
    assert str(inspect.signature(g)) == "(x, y=2.0)"
    assert s2sad.grad(functools.cache(cube))(2.0) == 12.0


def test_the_derivative_looks_like_its_primal():
    assert square.__name__ == "square"
    assert square.__doc__ == "Its square."
    assert str(inspect.signature(both)) == "(x: float, y: float) -> float"
    assert both.primal(3.0, 2.0) == 18.0
    assert repr(both) == "<grad of both with respect to y, x>"
    assert repr(s2sad.grad(product, argnums=(0, "y"))) == "<grad of product with respect to x, y>"


def test_a_method_is_bound_like_any_other():
    class Model:
        def __init__(self, k):
            self.k = k

        def loss(self, x):
            return self.k * x * x

        slope = s2sad.grad(loss)

        @s2sad.grad(argnums="y")
        def other(self, x, y):
            return self.k * x * y

    one, two = Model(1.0), Model(2.0)
    assert (one.slope(3.0), two.slope(3.0)) == (6.0, 12.0)
    assert two.other(3.0, 4.0) == 6.0
    two.k = 5.0
    assert two.slope(3.0) == 30.0
    assert s2sad.grad(two.loss)(3.0) == 30.0


def test_pickles_where_the_primal_does():
    for g in (square, both, s2sad.grad(product, argnums=1)):
        again = pickle.loads(pickle.dumps(g))
        args = (3.0,) if g is square else (3.0, 2.0)
        assert again(*args) == g(*args)
    assert pickle.loads(pickle.dumps(square)) is square


# -- structures ------------------------------------------------------------------------------------------------------


def test_gradients_have_the_structure_of_the_argument():
    def f(p):
        return np.sum(p["w"] * p["w"]) * p["b"][0] + p["b"][1].a * p["b"][1].b

    p = {"w": np.array([1.0, 2.0]), "b": (3.0, Pair(4.0, 5.0))}
    before = copy.deepcopy(p)
    got = s2sad.grad(f)(p)
    assert list(got) == ["w", "b"]
    np.testing.assert_array_equal(got["w"], [6.0, 12.0])
    assert got["b"] == (5.0, Pair(5.0, 4.0))
    assert type(got["b"][1]) is Pair
    np.testing.assert_array_equal(p["w"], before["w"])


def test_dataclasses():
    def f(line, x):
        return np.sum(line.at(x))

    got = s2sad.grad(f)(Line(2.0, np.array([1.0, 1.0])), np.array([3.0, 4.0]))
    assert type(got) is Line
    assert got.slope == 7.0
    np.testing.assert_array_equal(got.offset, [1.0, 1.0])


def test_structure_is_part_of_the_signature():
    def f(p):
        return p[0] * p[1]

    g = s2sad.grad(f)
    assert g((2.0, 3.0)) == (3.0, 2.0)
    assert g([2.0, 3.0]) == [3.0, 2.0]
    np.testing.assert_array_equal(g((np.array([2.0]), 3.0))[0], [3.0])


# -- types -----------------------------------------------------------------------------------------------------------


def test_ints_are_taken_as_floats():
    got = s2sad.grad(lambda x: x**2 / 4)(3)
    assert (got, type(got)) == (1.5, float)
    got = s2sad.grad(lambda p: p["a"] * p["b"])({"a": 2, "b": 3.0})
    assert got == {"a": 3.0, "b": 2.0}
    assert type(got["b"]) is float


def test_single_precision_stays():
    got = s2sad.grad(lambda x: np.sum(x * x * 0.5))(np.array([1.5, 2.0], np.float32))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, np.array([1.5, 2.0], np.float32))
    one = s2sad.grad(lambda x: x * x)(np.float32(1.5))
    assert (type(one), one) == (np.float32, 3.0)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_results_of_one_element_have_any_shape(shape):
    x = np.full(shape, 3.0)
    got = s2sad.grad(lambda x: x * x)(x)
    assert np.shape(got) == shape
    np.testing.assert_array_equal(got, np.full(shape, 6.0))


def message(call):
    with pytest.raises(InputError) as error:
        call()
    return str(error.value)


REFUSALS = {
    "an int array": (
        lambda: s2sad.grad(lambda x: np.sum(x))(np.array([1, 2])),
        "argument x is an array of int64: a derivative needs floats\n"
        "  why: it cannot change by a small amount\n"
        "  instead: pass x.astype(float)",
    ),
    "a bool array in a container": (
        lambda: s2sad.grad(lambda p: np.sum(p["w"]))({"w": np.array([True])}),
        "argument p['w'] is an array of bool: a derivative needs floats\n"
        "  why: it cannot change by a small amount\n"
        "  instead: pass p['w'].astype(float)",
    ),
    "a complex number": (
        lambda: s2sad.grad(product)(1j, 2.0),
        "grad needs a function whose result is one real number; that of product is of type c128\n"
        f'  File "{__file__}", line {product.__code__.co_firstlineno + 2}, in product\n'
        "    return x * y\n"
        "           ^^^^^\n"
        "  instead: return its real part, or, if the function is analytic, ask for its derivative with "
        "holomorphic=True",
    ),
    "None": (
        lambda: s2sad.grad(product)(None, 1.0),
        "argument x is None: it cannot be differentiated\n"
        "  instead: choose the arguments to differentiate with argnums, and pass floats or float arrays in them",
    ),
    "a string": (
        lambda: s2sad.grad(product, argnums="y")(1.0, "a"),
        "argument y is 'a': it cannot be differentiated\n"
        "  instead: choose the arguments to differentiate with argnums, and pass floats or float arrays in them",
    ),
    "a bool": (
        lambda: s2sad.grad(product)(True, 1.0),
        "argument x is True: it cannot be differentiated\n"
        "  instead: choose the arguments to differentiate with argnums, and pass floats or float arrays in them",
    ),
    "an array of objects": (
        lambda: s2sad.grad(lambda x: x[0])(np.array([1.0, None])),
        "argument x is an array of dtype object, which holds no numbers that can be traced\n"
        "  instead: pass numbers in native byte order: x.astype(float)",
    ),
    "a matrix": (
        lambda: s2sad.grad(lambda x: np.sum(x))(np.ma.masked_array([1.0])),
        "argument x is a MaskedArray, which has its own arithmetic\n"
        "  instead: pass a plain array: np.asarray(x)",
    ),
    "an unknown name": (
        lambda: s2sad.grad(product, argnums="z"),
        "product has no argument named 'z'\n  instead: choose from its arguments: x, y",
    ),
    "a number too large": (
        lambda: s2sad.grad(product, argnums=(0, 2)),
        "product has 2 positional arguments: argnums=2 is out of range\n  instead: choose from its arguments: x, y",
    ),
    "an argument twice": (
        lambda: s2sad.grad(product, argnums=(0, "x")),
        "argnums=(0, 'x') names an argument of product twice",
    ),
    "no argnums": (
        lambda: s2sad.grad(product, argnums=()),
        "argnums=() does not name arguments\n  instead: give a position, a name, or a tuple of positions and names",
    ),
    "no function": (
        lambda: s2sad.grad(3.0),
        "grad needs a function, not 3.0\n  instead: write @grad(argnums=...) or grad(f, argnums=...)",
    ),
    "lists in jvp": (
        lambda: s2sad.jvp(product, 1.0, 1.0),
        "jvp takes its primals and tangents as tuples\n  instead: write jvp(f, (x,), (x_dot,))",
    ),
    "a tangent too few": (
        lambda: s2sad.jvp(product, (1.0, 2.0), (1.0,)),
        "jvp got 2 primals and 1 tangents\n  instead: give one tangent for each primal",
    ),
    "a tangent of another shape": (
        lambda: s2sad.jvp(lambda x: x * x, (np.ones(3),), (1.0,)),
        "tangents[0] has shape (), but the value it belongs to has shape (3,)\n  instead: give it that shape",
    ),
    "a cotangent of another structure": (
        lambda: s2sad.vjp(lambda x: (x, x), 1.0)[1](1.0),
        "the cotangent is a float, but the value it belongs to is a tuple of 2\n  instead: give it the same structure",
    ),
}


@pytest.mark.parametrize(("call", "text"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals(call, text):
    assert message(call) == text


def test_a_result_of_several_numbers_names_the_ways_out():
    def f(x):
        return x * 2.0

    text = message(lambda: s2sad.grad(f)(np.ones(3)))
    assert text.startswith("grad needs a function whose result is one real number; that of f is an array of type f64")
    assert "jacobian" in text
    assert "vjp" in text
    assert "    return x * 2.0\n           ^^^^^^^\n" in text
    assert "is a tuple of 2" in message(lambda: s2sad.grad(lambda x: (x, x))(1.0))


def test_wrong_calls_are_python_s_own_errors():
    with pytest.raises(TypeError, match=r"product\(\) missing a required argument: 'y'"):
        s2sad.grad(product)(1.0)


# -- forward and reverse ---------------------------------------------------------------------------------------------


def test_jvp_and_vjp():
    assert s2sad.jvp(product, (3.0, 2.0), (1.0, 0.5)) == (6.0, 3.5)
    assert s2sad.jvp(product, (3.0, 2.0), (1.0, None)) == (6.0, 2.0)
    out, pullback = s2sad.vjp(product, 3.0, 2.0)
    assert (out, pullback(1.0), pullback(2.0)) == (6.0, (2.0, 3.0), (4.0, 6.0))
    assert repr(pullback) == "<pullback of product>"


def test_both_parts_of_a_vjp_are_shown_as_one_module():
    def f(x, y):
        return np.exp(x * y) * np.sum(y, axis=0)

    x, y = np.array([1.0, 2.0]), np.ones((3, 2))
    out, pullback = s2sad.vjp(f, x, y)
    assert pullback.source.count("import numpy as np\n") == 1
    space = {}
    exec(pullback.source, space)
    again, residuals = space["f_forward"](x, y)
    np.testing.assert_array_equal(again, out)
    for got, want in zip(space["f_pullback"](residuals, np.ones_like(out)), pullback(np.ones_like(out)), strict=True):
        np.testing.assert_array_equal(got, want)
    from s2sad.compiler.pipeline import together

    helper = "def zero():\n    return 0.0\n"
    first, second = (f"import {m}\nimport numpy as np\n\n\n{helper}\n\ndef {m}1():\n    pass\n" for m in ("a", "b"))
    assert together(first, second) == (
        f"import a\nimport numpy as np\nimport b\n\n\n{helper}\n\n"
        "def a1():\n    pass\n\n\ndef b1():\n    pass\n"
    )


def test_structured_results():
    def f(x, y):
        return {"p": x * y, "q": (x + y, [y])}

    out, dot = s2sad.jvp(f, (3.0, 2.0), (1.0, 0.0))
    assert out == {"p": 6.0, "q": (5.0, [2.0])}
    assert dot == {"p": 2.0, "q": (1.0, [0.0])}
    out, pullback = s2sad.vjp(f, 3.0, 2.0)
    assert pullback({"p": 1.0, "q": (10.0, [100.0])}) == (12.0, 113.0)


def test_aux_of_jvp_and_vjp():
    def f(x):
        return x * x, [x]

    assert s2sad.jvp(f, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, [3.0])
    out, pullback, aux = s2sad.vjp(f, 3.0, has_aux=True)
    assert (out, aux, pullback(1.0)) == (9.0, [3.0], (6.0,))


def test_the_primal_of_a_vjp_runs_once():
    count = []

    def f(x):
        print("run")
        return x * x

    del count
    import contextlib

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        _, pullback = s2sad.vjp(f, 3.0)
        assert pullback(1.0) == pullback(1.0) == (6.0,)
    assert text.getvalue() == "run\n"


def test_derivatives_of_derivatives_to_order_three():
    def f(x):
        return x * x * x * x

    g = s2sad.grad
    assert g(g(f))(2.0) == 48.0
    assert g(g(g(f)))(2.0) == 48.0
    assert s2sad.jvp(g(g(f)), (2.0,), (1.0,)) == (48.0, 48.0)
    assert s2sad.vjp(g(g(f)), 2.0)[1](1.0) == (48.0,)
    assert s2sad.value_and_grad(g(f))(2.0) == (32.0, 48.0)


def test_a_mixed_second_derivative():
    def f(x, y):
        return x * x * y

    assert s2sad.grad(s2sad.grad(f, argnums=1), argnums=0)(3.0, 5.0) == 6.0
    assert s2sad.grad(s2sad.grad(f, argnums="x"), argnums="y")(3.0, 5.0) == 6.0


def test_a_derivative_called_inside_a_function():
    def newton(x):
        return x - product(x, x) / square(x)

    assert s2sad.grad(newton)(3.0) == 0.5


def test_a_gradient_made_and_called_inside_a_function():
    def f(x, y):
        return s2sad.grad(product, argnums=1)(x, y) * y + s2sad.value_and_grad(product)(x * x, y)[1]

    assert s2sad.grad(f, argnums=(0, 1))(3.0, 2.0) == (2.0, 4.0)
    k = 2.0

    def inner(x):
        return k * x * x

    g = s2sad.grad(s2sad.grad(lambda x: s2sad.grad(inner)(x) * x))
    assert g(3.0) == 8.0
    k = 3.0
    assert g(3.0) == 12.0


def test_jvp_and_vjp_inside_a_function():
    def f(x):
        return s2sad.jvp(product, (x * x, x), (x, 1.0))[1]  # x² + x²

    assert s2sad.grad(f)(3.0) == 12.0

    def g(x, y):
        out, pullback = s2sad.vjp(product, x, y)
        return out * pullback(x)[0] + pullback(1.0)[1]  # x y · x y + x

    assert s2sad.grad(g, argnums=(0, 1))(3.0, 2.0) == (25.0, 36.0)
    x, v = np.array([1.0, 2.0]), np.array([3.0, 5.0])

    def h(x):
        return s2sad.jvp(cube, (x,), (x,))[1]  # 3 x³

    assert_array(s2sad.jvp(h, (x,), (v,))[1], 9 * x * x * v)
    with pytest.raises(InputError, match=r"tangents\[0\] is of type f64, but the value it belongs to is of type"):
        s2sad.grad(lambda x: np.sum(s2sad.jvp(cube, (x,), (1.0,))[1]))(x)

    def made_inside(x):
        return s2sad.grad(lambda y: x * y)(x)

    assert s2sad.grad(made_inside)(1.0) == 1.0


def assert_array(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-14)


def test_tracing_inside_a_function_is_refused():
    def f(x):
        s2sad.trace(product, x, x)
        return x

    with pytest.raises(s2sad.UnsupportedError) as error:
        s2sad.grad(f)(3.0)
    assert str(error.value).startswith("a call of s2sad.trace inside a function that is differentiated\n  File ")


# -- what was generated ----------------------------------------------------------------------------------------------


def test_source_before_and_after_a_call():
    def f(x, y):
        return x * y

    g = s2sad.grad(f)
    assert "def f_grad(x, y):" in g.source
    assert "unbroadcast" not in g.source
    g(np.float64(1.0), 2.0)
    assert "def f_grad(x, y):" in g.source_for(1.0, 2.0)
    assert list(g.stages) == ["primal", "derivative", "optimised", "source"]
    assert "def f_grad(x, y):" in str(g.stages)
    assert g.trace.name == "f_grad"
    assert g.primal is f


def test_source_from_annotations():
    def f(x: "np.ndarray[tuple[int], np.dtype[np.float32]]", k: int) -> float:
        return np.sum(x) * k

    assert str(s2sad.trace(f)).startswith("f(x: f32[?], k: i64):")

    class Float:
        dim_str, dtypes = "n 1", ["float64"]

    def h(x: Float(), y: float):
        return np.sum(x * y)

    assert str(s2sad.trace(h)).startswith("h(x: f64[n,1], y: f64):")


def test_trace():
    assert str(s2sad.trace(product, 1.0, 2.0)) == (
        "product(x: f64, y: f64):\n    v1: f64 = x * y\n    return v1"
    )


def test_display():
    html = square._repr_html_()
    assert "square_grad" in html
    assert html.startswith("<pre") and "color" in html
    from rich.console import Console

    console = Console(record=True, width=100, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(square)
    assert "def square_grad(x):" in console.export_text()


def test_source_is_shown_highlighted_in_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    class Printer:
        def text(self, text):
            self.seen = text

    def seen(stream, variables=()):
        with monkeypatch.context() as context:
            context.delenv("NO_COLOR", raising=False)
            context.setattr(sys, "stdout", stream)
            for name in variables:
                context.setenv(name, "1")
            square.show()
            printer = Printer()
            square._repr_pretty_(printer, False)
        assert stream.getvalue() == printer.seen + "\n"
        return stream.getvalue()

    plain = square.source
    assert seen(io.StringIO()) == plain
    assert seen(Terminal(), ["NO_COLOR"]) == plain
    assert "\x1b[" in seen(Terminal())
    assert re.sub(r"\x1b\[[0-9;]*m", "", seen(Terminal())) == plain


def test_what_cannot_be_compiled_yet_is_shown_all_the_same():
    g = s2sad.grad(lambda p: input(p))
    assert repr(g) == "<grad of <lambda> with respect to p>"
    assert g._repr_html_() == "<pre>&lt;grad of &lt;lambda&gt; with respect to p&gt;</pre>"


def test_a_comment_quotes_the_lambda_and_not_its_line():
    g, h = s2sad.grad(lambda x: x * x * 5.0), s2sad.grad(lambda x: np.sin(x) * x)
    assert g.source.count("# x * x * 5.0\n") == 1
    assert h.source.count("# np.sin(x) * x\n") == 1


def test_tracebacks_show_the_generated_line():
    def f(x, n):
        y = np.zeros(2)
        y[n] = x
        return y[0]

    g = s2sad.grad(f)
    assert g(1.0, 0) == 1.0
    with pytest.raises(IndexError) as error:
        g(1.0, 7)
    text = "".join(traceback.format_exception(error.value))
    assert "<s2sad f_grad" in text
    assert "[n]" in text


def test_a_function_s_own_exceptions_come_through_as_they_are():
    class Refused(Exception):
        pass

    def f(x, n):
        if n > 3:
            raise ValueError(f"n too large: {n} {{}}")
        if n > 2:
            raise Refused((n, [x, "s"])) from None
        assert n != 2, f"n is {n!r}"
        return x * x

    g = s2sad.grad(f)
    assert g(1.0, 1) == 2.0
    for n in (4, 3, 2):
        with pytest.raises(Exception) as want:  # noqa: B017
            f(1.0, n)
        with pytest.raises(type(want.value)) as got:
            g(1.0, n)
        assert got.value.args == (("n is 2",) if n == 2 else want.value.args)  # pytest adds to it in f itself
    text = "".join(traceback.format_exception(got.value))
    assert 'raise AssertionError(\'n is {!r}\'.format(n))  # assert n != 2, f"n is {n!r}"' in text
    assert "out = run(" in text  # the entry can be read too

    def chained(x):
        if x > 0:
            raise ValueError("a") from TypeError("b")
        return x

    with pytest.raises(ValueError, match="^a$"):
        s2sad.grad(chained)(1.0)

    def named(x):
        if x > 0:
            raise ImportError("a", name="b")
        return x

    with pytest.raises(s2sad.UnsupportedError, match="an exception with keyword arguments is not supported"):
        s2sad.grad(named)(1.0)


def test_generated_source_with_formatted_text_stands_alone():
    def f(x):
        if x > 0:
            raise ValueError(f"{x:.1f} {{}}")
        return x

    space = {}
    exec(s2sad.grad(f).source_for(1.0), space)
    with pytest.raises(ValueError, match=r"1\.0 {}"):
        space["f_grad"](1.0)


def test_unoptimised_derivatives_are_equal():
    plain = s2sad.grad(product, optimise=False)
    assert plain(3.0, 2.0) == 2.0
    assert list(plain.stages) == ["primal", "derivative", "source"]


@pytest.mark.parametrize("a", [np.ones((2, 3)), np.ones(4)])
def test_shapes_that_do_not_fit_are_the_program_s_own_error(a):
    b = np.ones((2, 3))
    for f in (lambda a, b: np.sum(a @ b), lambda a, b: np.sum(a[:, None] * b)):
        try:
            f(a, b)
        except ValueError:
            with pytest.raises(ValueError, match="mismatch|broadcast"):
                s2sad.grad(f)(a, b)
            with pytest.raises(ValueError, match="mismatch|broadcast"):
                s2sad.value_and_grad(f, argnums=(1, 0))(a, b)
    with pytest.raises(ValueError, match="broadcast"):
        s2sad.grad(lambda p: np.sum(p["a"] * p["b"]))({"a": np.ones(3), "b": np.ones(4)})


def test_generators_and_coroutines_are_refused_even_where_they_never_yield():
    async def later(x):
        return x * x

    def numbers(x):
        if x is None:
            yield x
        return x * x

    with pytest.raises(s2sad.UnsupportedError, match="async code is not supported"):
        s2sad.grad(later)(1.0)
    with pytest.raises(s2sad.UnsupportedError, match="a generator function is not supported"):
        s2sad.grad(numbers)(1.0)


@dataclass
class Layer:
    gain: float
    weights: np.ndarray
    activation: str = "tanh"
    bias: object = None


def layer(p, x):
    h = p.weights * x
    return np.sum(np.tanh(h) if p.activation == "tanh" else h) * p.gain


def scaled_by(options, x):
    return x * options["scale"] if options["kind"] == "linear" else x * options["scale"] ** 2


def test_what_is_no_number_in_a_container_stays_out():
    """A string or None among parameters: the derivative has None in its place, in every form."""
    p = Layer(2.0, np.array([1.0, 2.0]))
    found = s2sad.grad(layer)(p, 0.5)
    assert (found.activation, found.bias) == (None, None)
    assert found.gain == pytest.approx(np.sum(np.tanh(p.weights * 0.5)))
    np.testing.assert_allclose(found.weights, 1.0 - np.tanh(p.weights * 0.5) ** 2)
    options = {"scale": 3.0, "kind": "square", "verbose": True}
    assert s2sad.grad(scaled_by)(options, 2.0) == {"scale": 12.0, "kind": None, "verbose": None}
    assert s2sad.grad(scaled_by)({**options, "kind": "linear"}, 2.0)["scale"] == 2.0
    assert s2sad.vjp(lambda o: scaled_by(o, 2.0), options)[1](1.0) == ({"scale": 12.0, "kind": None, "verbose": None},)
    tangent = {"scale": 1.0, "kind": None, "verbose": None}
    assert s2sad.jvp(scaled_by, (options, 2.0), (tangent, None)) == (18.0, 12.0)
    inner = s2sad.grad(lambda s: s2sad.grad(scaled_by)({"scale": s, "kind": "square"}, 2.0)["scale"])
    assert inner(3.0) == 4.0


def test_complex_numbers_on_the_way():
    assert s2sad.grad(lambda x: np.abs(x * np.exp(1j * x)))(2.0) == pytest.approx(1.0)
    assert s2sad.jvp(lambda x, c: x * c, (2.0, 1j), (1.0, None)) == (2j, 1j)
    assert s2sad.grad(lambda x, c: x * np.abs(c))(2.0, 3j) == 3.0


def test_a_result_whose_size_only_the_run_tells():
    g = s2sad.grad(lambda x, n: x[:n] ** 2)
    np.testing.assert_array_equal(g(np.array([3.0, 4.0]), 1), [6.0, 0.0])
    text = message(lambda: g(np.array([3.0, 4.0]), 2))
    what = "grad needs a function whose result is one real number, and this one has more or none"
    assert text.startswith(f"{what}\n  File ")
    assert text.endswith("^^^^^^^^^^\n  instead: reduce it (np.sum), or use jacobian or vjp")


def test_leaves_without_derivative_in_results_and_directions():
    def f(x):
        return np.sum(x * x), len(x), "note"

    out, pullback = s2sad.vjp(f, np.ones(3))
    assert out == (3.0, 3, "note")
    np.testing.assert_array_equal(pullback((1.0, None, None))[0], [2.0, 2.0, 2.0])
    assert s2sad.jvp(product, (3.0, 2.0), (None, None)) == (6.0, 0.0)
    assert s2sad.jvp(lambda x, n: x**n, (3, 2), (1, None)) == (9.0, 6.0)


def test_infinite_derivatives_of_python_floats_are_infinite():
    with np.errstate(divide="ignore"):
        assert s2sad.grad(lambda x: np.log(x))(0.0) == np.inf
        assert s2sad.vjp(lambda x: np.log(x), 0.0)[1](1.0) == (np.inf,)
        assert s2sad.jvp(lambda x: np.sqrt(x), (0.0,), (1.0,)) == (0.0, np.inf)
    with pytest.raises(ZeroDivisionError):
        s2sad.grad(lambda x: 1 / x)(0.0)
    with pytest.raises(OverflowError):
        s2sad.grad(lambda x: x**400)(1e10)


def test_functions_of_numpy_itself():
    assert s2sad.grad(np.sin)(0.0) == 1.0
    np.testing.assert_array_equal(s2sad.grad(np.sum)(np.ones(3)), np.ones(3))
    assert s2sad.jvp(np.multiply, (3.0, 2.0), (1.0, 0.0)) == (6.0, 2.0)
    x = np.array([0.0, 1.0, 4.0])
    np.testing.assert_array_equal(s2sad.grad(np.trapezoid)(x, x), [0.5, 2.0, 1.5])
    np.testing.assert_array_equal(s2sad.grad(np.trapezoid, 1)(x, x=x), [-0.5, -2.0, 2.5])
    np.testing.assert_array_equal(s2sad.grad(np.average)(x, weights=x), [0.0, 0.2, 0.8])
    np.testing.assert_array_equal(s2sad.jvp(np.where, (x > 0.5, x, x), (None, x, 0.0 * x))[1], x)
    np.testing.assert_allclose(s2sad.grad(math.hypot, (0, 1))(0.3, 0.4), (0.6, 0.8), rtol=1e-15)
    assert s2sad.grad(math.log)(4.0) == 0.25
    assert s2sad.grad(max, (0, 1))(1.0, 2.0) == (0.0, 1.0)
    np.testing.assert_array_equal(s2sad.grad(np.median)(x), [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(s2sad.grad(np.nanmean)(x, axis=0), [1 / 3, 1 / 3, 1 / 3])


# -- captures and the cache ------------------------------------------------------------------------------------------

SCALE = 2.0


def scaled(x):
    return SCALE * x * x


JOIN = np.stack


def joined(x):
    return JOIN([x, 2.0 * x])


def test_a_global_that_stands_for_another_function_of_numpy():
    global JOIN
    g = s2sad.jacobian(joined)
    assert g(np.ones(2)).shape == (2, 2, 2)
    JOIN = np.concatenate
    assert g(np.ones(2)).shape == (4, 2)
    JOIN = np.stack


def test_globals_and_closures_are_read_at_every_call():
    global SCALE
    g = s2sad.grad(scaled)
    assert g(3.0) == 12.0
    SCALE = 5.0
    assert g(3.0) == 30.0
    SCALE = np.array([1.0])
    np.testing.assert_array_equal(g(3.0), [6.0])
    SCALE = 2.0

    k = 1.0

    def f(x):
        return k * x

    h = s2sad.grad(f)
    assert h(1.0) == 1.0
    k = 4.0
    assert h(1.0) == 4.0


def test_names_that_stand_for_constants_of_numpy_may_stand_for_others_tomorrow():
    global SCALE
    x = np.array([1.0, -2.0, 3.0])
    order = np.inf

    def norm(x):
        return np.linalg.norm(x, order) + np.linalg.norm(x, SCALE)

    g = s2sad.grad(norm)
    SCALE = np.inf
    np.testing.assert_array_equal(g(x), [0.0, 0.0, 2.0])
    order = 1
    np.testing.assert_array_equal(g(x), [1.0, -1.0, 2.0])
    SCALE = 1.0
    np.testing.assert_array_equal(g(x), [2.0, -2.0, 2.0])
    SCALE = np.pi
    h = s2sad.grad(scaled)
    assert h(1.0) == 2.0 * np.pi
    SCALE = np.nan
    assert np.isnan(h(1.0)) and np.isnan(h(2.0))
    SCALE = 2.0
    assert h(1.0) == 4.0


def helper(x):
    return x * x


def calls_helper(x):
    return helper(x)


def test_a_helper_that_is_defined_anew_is_seen():
    global helper
    g = s2sad.grad(calls_helper)
    assert g(3.0) == 6.0
    old = helper
    helper = lambda x: 5.0 * x  # noqa: E731
    assert g(3.0) == 5.0
    helper = old
    assert g(3.0) == 6.0

    def inner(x):
        return x * x

    h = s2sad.grad(lambda x: inner(x))
    assert h(3.0) == 6.0

    def inner(x):  # noqa: F811
        return x

    assert h(3.0) == 1.0


def test_functions_in_attributes_and_containers_are_looked_at_again():
    class Layer:
        def __init__(self):
            self.act, self.more = np.sin, [cube, {"f": np.cos}]

        def loss(self, x):
            return self.act(x) + self.more[0](x) * self.more[1]["f"](x)

    layer = Layer()
    g = s2sad.grad(layer.loss)
    assert g(0.0) == 1.0
    layer.act = np.exp
    layer.more[0] = lambda x: 5.0 * x
    assert g(0.0) == 6.0
    layer.more[1]["f"] = lambda x: x + 2.0
    assert g(0.0) == 11.0


def test_objects_and_flags_in_attributes_are_looked_at_again():
    class Sine:
        def of(self, x):
            return np.sin(x)

    class Double:
        def of(self, x):
            return 2.0 * x

    class Model:
        act, flag = Sine(), np.bool_(True)

        def loss(self, x):
            return self.act.of(x) if self.flag else -x

    model = Model()
    g = s2sad.grad(model.loss)
    assert g(0.0) == 1.0
    model.act = Double()
    assert g(0.0) == 2.0
    for flag in (np.bool_(False), 0, False, ""):
        model.flag = flag
        assert g(0.0) == -1.0
    for flag in (np.bool_(True), 1, True, "yes"):
        model.flag = flag
        assert g(0.0) == 2.0


def test_a_module_that_is_loaded_anew_is_seen(tmp_path, monkeypatch):
    import importlib

    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "reloaded_helpers.py"
    path.write_text("def helper(x):\n    return x * x\n")
    module = importlib.import_module("reloaded_helpers")
    g = s2sad.grad(lambda x: module.helper(x))
    assert g(3.0) == 6.0
    path.write_text("def helper(x):\n    return 7.0 * x + 1\n")
    importlib.invalidate_caches()
    importlib.reload(module)
    assert g(3.0) == 7.0


def test_static_arguments_are_looked_up_by_value():
    def f(x, axis, kind):
        y = np.sum(x * x, axis=axis)
        return np.sum(y[0:1]) if kind == "first" else np.sum(y)

    g = s2sad.grad(f)
    x = np.arange(6.0).reshape(2, 3)
    for _ in range(2):
        np.testing.assert_array_equal(g(x, 0, "first"), [[0, 0, 0], [6, 0, 0]])
        np.testing.assert_array_equal(g(x, 1, "first"), [[0, 2, 4], [0, 0, 0]])
        np.testing.assert_array_equal(g(x, 1, "all"), 2 * x)
    with pytest.raises(s2sad.UnsupportedError, match="an argument of np.sum has to be known"):
        s2sad.grad(f, argnums=1)(x, 1, "all")


def test_equal_lambdas_share_their_derivative():
    CACHE.clear()
    made = [s2sad.grad(lambda x: x * x * 3.0) for _ in range(3)]
    assert [g(1.0) for g in made] == [6.0] * 3
    assert made[0].dispatcher is made[2].dispatcher
    other = s2sad.grad(lambda x: x * x * 4.0)
    assert other.dispatcher is not made[0].dispatcher
    assert other(1.0) == 8.0


def test_equal_lambdas_at_different_places_share_what_is_compiled():
    CACHE.clear()
    first, second = s2sad.grad(lambda x: x * x * 7.0), s2sad.grad(lambda x: x * x * 7.0)
    third = s2sad.grad(lambda x: x * x * 7.0)
    other, spaced = s2sad.grad(lambda x: x * x * 7), s2sad.grad(lambda x: x  *  x * 7.0)  # noqa: E241
    assert [g(1.0) for g in (first, second, third, other, spaced)] == [14.0] * 5
    assert first.dispatcher.last is second.dispatcher.last is third.dispatcher.last
    assert other.dispatcher.last is not first.dispatcher.last
    assert "# x  *  x * 7.0" in spaced.source
    np.testing.assert_array_equal(second(np.ones(1)), [14.0])
    assert third.source_for(np.ones(1)) == first.source_for(np.ones(1))


def test_the_refusal_of_one_of_two_equal_lambdas_points_at_that_one():
    first, second = (lambda x: x.nothing, s2sad.grad), (lambda x: x.nothing, s2sad.grad)
    places = []
    for f, transform in (first, second):
        with pytest.raises(s2sad.Error) as error:
            transform(f)(1.0)
        places.append(error.value.location.column)
    assert places[0] < places[1]


def test_closures_over_other_values_do_not_share():
    def times(k):
        return s2sad.grad(lambda x: k * x * x)

    assert [times(k)(1.0) for k in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]


def test_sizes_do_not_recompile_and_ranks_do():
    g = s2sad.grad(lambda x: np.sum(x * x))
    sources = set()
    for shape in [(2,), (5,), (1,), (2, 3)]:
        np.testing.assert_array_equal(g(np.ones(shape)), np.full(shape, 2.0))
        sources.add(id(g.dispatcher.last))
    assert len(sources) == 3


def test_what_a_closure_holds_dies_with_it():
    class Data(np.ndarray):
        pass

    def make():
        data = [np.ones(3)]
        held = weakref.ref(data[0])

        def f(x):
            return np.sum(data[0] * x)

        np.testing.assert_array_equal(s2sad.grad(f)(np.ones(3)), np.ones(3))
        return held

    held = make()
    gc.collect()
    assert held() is None


def test_generated_text_dies_with_its_function():
    def f(x):
        return x * 1.2345678 + 0.000123

    k = 2.0
    g = s2sad.grad(lambda x: f(x) * k)
    g(1.0)
    file = g.dispatcher.last.run.__code__.co_filename
    assert linecache.getlines(file)
    del g
    gc.collect()
    assert not linecache.getlines(file)


def test_importing_is_light():
    code = "import s2sad, sys; print(sorted(m for m in ('scipy', 'rich', 'pygments', 'click') if m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# -- the checker -----------------------------------------------------------------------------------------------------


def test_check_grads_accepts_what_is_right():
    check_grads(lambda x, y: np.sum(np.sin(x) * y), (np.array([0.3, 1.2]), 0.7), order=3)
    check_grads(lambda p: {"a": p["x"] * p["y"], "b": [np.exp(p["x"])]}, ({"x": 0.5, "y": np.array([1.0, 2.0])},))
    check_grads(lambda x: np.sum(x * x), (np.array([1.0, 2.0], np.float32),))


def test_check_grads_says_where_it_has_nothing_to_compare_with():
    with pytest.raises(AssertionError, match="nothing to compare a derivative with, differences are nan here"):
        check_grads(lambda x: np.sqrt(x) * 0.0, (-1.0,))


def test_check_grads_finds_what_is_wrong():
    from s2sad.prims.primitive import Primitive
    from s2sad.rules.book import BOOK, partials

    def half(x):
        return x / 2.0

    def infer(x):
        return x.type

    prim = s2sad.primitive("test.half", half, infer, elementwise=True)
    assert isinstance(prim, Primitive)
    partials(prim, book=BOOK)(lambda x: 3.0)
    with pytest.raises(AssertionError, match=r"forward mode is wrong for .*order 1: ⟨ȳ, J ẋ⟩ = .*differences = "):
        check_grads(lambda x: half(x), (1.0,))
    with pytest.raises(AssertionError, match=r"reverse mode is wrong for .*order 1: ⟨Jᵀ ȳ, ẋ⟩ = .*differences = "):
        check_grads(lambda x: half(x), (1.0,), modes=("rev",))
    with pytest.raises(ValueError, match="modes are 'fwd' and 'rev'"):
        check_grads(half, (1.0,), modes=("forward",))


def test_a_number_that_becomes_an_array_on_the_way_round_a_loop():
    def clenshaw(x, c):
        b0, b1 = c[-1], 0.0
        for k in range(len(c) - 2, -1, -1):
            b0, b1 = 2.0 * x * b0 - b1 + c[k], b0
        return np.sum(b0 - x * b1)

    check_grads(clenshaw, (np.array([0.3, 0.7]), np.array([1.0, 0.5, 0.25, 0.125])))
    check_grads(clenshaw, (0.3, np.array([1.0, 0.5, 0.25, 0.125])))


def test_the_checker_is_at_hand_and_takes_ints_as_floats():
    s2sad.testing.check_grads(lambda x, p: x * p["k"] ** 2, (3, {"k": 2}))
    run = subprocess.run(
        [sys.executable, "-c", "import s2sad; s2sad.testing.check_grads(abs, (2.0,))"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_signatures_ahead_from_defaults_and_container_annotations():
    def f(x: np.ndarray, mode: str = "a", flag: bool = True, limit: float | None = None) -> float:
        return np.sum(x) if mode == "a" and flag and limit is None else np.sum(x * x)

    assert "x_bar = np.ones(x.shape)" in s2sad.grad(f).source
    assert str(s2sad.trace(f)).startswith("f(x: f64[...], flag: bool):")

    def g(p: Pair, q: tuple[float, float], names: list[float] = ()) -> float:
        return p.a * q[0] * q[1]

    with pytest.raises(InputError, match="the annotation of p, .*Pair'>, does not tell its type"):
        s2sad.trace(g)

    class Typed(NamedTuple):
        a: float
        b: np.ndarray

    @dataclass
    class Inner:
        p: Typed
        k: float

    def h(d: Inner, q: tuple[float, float]) -> float:
        return d.k * np.sum(d.p.b) * d.p.a * q[0]

    g = s2sad.grad(h)
    assert "def h_grad(d, q):" in g.source
    got = g(Inner(Typed(2.0, np.ones(2)), 3.0), (5.0, 7.0))
    assert got.k == 20.0 and got.p.a == 30.0
    np.testing.assert_array_equal(got.p.b, [30.0, 30.0])


def test_one_container_in_two_places_is_refused():
    def f(p, q):
        p["a"] = q["b"] * 3.0
        return p["a"] * q["a"]

    p = {"a": 1.0, "b": 2.0}
    g = s2sad.value_and_grad(f)
    assert g(dict(p), dict(p))[0] == 6.0
    with pytest.raises(s2sad.InputError, match="the same dict is passed in two places"):
        g(p, p)
    assert p == {"a": 1.0, "b": 2.0}


def test_one_container_in_two_places_is_taken_where_nothing_is_stored():
    def f(p, q):
        return p["a"] ** 2 * q["a"]

    p = {"a": 2.0}
    assert s2sad.grad(f, argnums=(0, 1))(p, p) == ({"a": 8.0}, {"a": 4.0})
    row = [1.0, 2.0]
    assert s2sad.grad(lambda m: m[0][0] * m[1][1])([row, row]) == [[2.0, 0.0], [0.0, 1.0]]

    def asks(p, q):
        return p["a"] * (2.0 if p is q else 3.0)

    assert s2sad.grad(asks)(dict(p), dict(p)) == {"a": 3.0}
    with pytest.raises(s2sad.InputError, match="the same dict is passed in two places"):
        s2sad.grad(asks)(p, p)


def stencil(u):
    for _ in range(3):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = v
    return np.sum(u**2)


def misfit(x, A, b):
    return np.sum((A @ x - b) ** 2)


def table(a):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total += a[i, j] ** 2
    return total


@pytest.mark.parametrize(("f", "line"), [
    (stencil, "u_bar[1:-1] = 0.0"), (misfit, "x_bar = A.T @ (2 * v1)"), (table, "a_bar[i, j] +="),
])  # fmt: skip
def test_the_source_before_any_call_is_for_arguments_that_the_program_can_work_with(f, line):
    source = s2sad.grad(f).source
    assert "raise" not in source
    assert line in source
