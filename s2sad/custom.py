"""Derivative rules that users declare: for functions of their own, compiled code, methods, anything that is called.

The forms are those of the rule book (``rules/book.py``), and a rule for a function of NumPy is entered there.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, TypeVar

from s2sad.compiler import custom as _meaning
from s2sad.compiler.declared import NOTHING, BatchRule, Custom, Declared, custom_of, enter
from s2sad.errors import RuleError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import transform
from s2sad.front.values import Abstract
from s2sad.ir.primitive import Primitive
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.primitive import primitive as declare_primitive
from s2sad.rules import book
from s2sad.rules.book import Form

Body = TypeVar("Body", bound=Callable[..., Any])
Wrt = str | tuple[str, ...] | None
_KINDS = inspect.Parameter


def _outside(machine: Calls, *args: Abstract, **kwargs: Abstract) -> Abstract:
    """What a declaration means in a function that is traced."""
    machine.refuse(
        "a derivative rule that is declared inside a function that is traced",
        why="a rule belongs to a function that is there before the program runs",
        instead="declare it where the function is defined, outside of what is differentiated",
    )


def _is_primitive(target: Any) -> bool:
    """Whether the rule book knows what is meant."""
    return isinstance(target, Primitive | str) or REGISTRY.lookup(target) is not None


def _declared(form: Form, target: Any, wrt: Wrt, returns: Any, more: dict[str, Any]) -> Callable[[Body], Body]:
    if _is_primitive(target):
        if returns is not None:
            raise RuleError(f"{target!r} is a primitive, and what it gives is known", instead="leave returns= out")
        decorator: Callable[[Body], Body] = getattr(book, form)(target, wrt, **more)
        return decorator

    def declare(body: Body) -> Body:
        made = customised(target, returns, body)
        names = _asked(made, body)
        chosen = _wrt(made, form, wrt, names)
        made.declare(_checked(made, Declared(form, chosen, body, names)))
        enter(target, made)
        return body

    return declare


def customised(target: Any, returns: Any = None, body: Callable[..., Any] | None = None) -> Custom:
    """What is declared of a callable so far; made where there is nothing yet."""
    if isinstance(target, types.MethodType):
        raise RuleError(
            f"a rule for the method {target.__func__.__qualname__} of one object",
            why="a method that is looked up is a new object every time",
            instead=f"declare it for the function of the class: {target.__func__.__qualname__}; it gets self",
        )
    if not callable(target) or isinstance(target, type):
        raise RuleError(
            f"a rule for {target!r}, which is no function", why="a rule says how a call is differentiated",
            instead="give the function, or the name of a primitive",
        )
    made = custom_of(target)
    if made is None:
        name = getattr(target, "__name__", type(target).__name__)
        made = Custom(target, name, signature_of(target, body))
    if returns is not None:
        made.returns = returns
    return made


def signature_of(target: Any, body: Callable[..., Any] | None) -> inspect.Signature:
    """The signature of a callable; of compiled code that has none, what its rule calls its operands."""
    try:
        found = inspect.signature(target)
    except (TypeError, ValueError):
        found = None
    given = ("ans", "ans_bar", "rows", "moved")
    names = [] if body is None else [n for n in _names(body) if n not in given and not n.endswith("_dot")]
    if found is not None and not (names and says_nothing(target, found) and not found.parameters.keys() & set(names)):
        return found
    if not names:
        raise RuleError(
            f"the parameters of {getattr(target, '__name__', target)!r} are not known",
            why="it is compiled code without a signature", instead="name them all in the rule",
        ) from None
    return inspect.Signature([inspect.Parameter(n, _KINDS.POSITIONAL_ONLY) for n in names])


def says_nothing(target: Any, signature: inspect.Signature) -> bool:
    """Whether compiled code has ``(*args, **kwargs)`` for a signature, as functions of ``ctypes`` have since 3.13."""
    kinds = {p.kind for p in signature.parameters.values()}
    return kinds == {_KINDS.VAR_POSITIONAL, _KINDS.VAR_KEYWORD} and not hasattr(inspect.unwrap(target), "__code__")


def _names(body: Callable[..., Any]) -> tuple[str, ...]:
    if not callable(body):
        raise RuleError(f"the rule {body!r} is no function", instead="write it as a function of what it needs")
    return tuple(inspect.signature(body).parameters)


def _asked(made: Custom, body: Callable[..., Any]) -> tuple[str, ...]:
    """What a rule asks for by name: its parameters, without those of its own, which have defaults."""
    _names(body)
    own = {n for n, p in inspect.signature(body).parameters.items() if p.default is not NOTHING}
    return tuple(n for n in _names(body) if n not in own or n in made.signature.parameters)


def _wrt(made: Custom, form: Form, wrt: Wrt, names: tuple[str, ...]) -> tuple[str, ...]:
    """The parameters that a rule has derivatives for; where it does not say, those that have no default."""
    if wrt is not None:
        return (wrt,) if isinstance(wrt, str) else tuple(wrt)
    parameters = list(made.signature.parameters.values())
    if form == "pushforward":
        return tuple(p.name for p in parameters if f"{p.name}_dot" in names)
    method = "." in getattr(made.function, "__qualname__", "").rpartition("<locals>.")[2]
    if method and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    return tuple(p.name for p in parameters if p.default is NOTHING and p.kind is not p.VAR_KEYWORD)


def _checked(made: Custom, rule: Declared) -> Declared:
    """The rule itself; RuleError where it names a parameter that the function does not have."""
    parameters = made.signature.parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return rule
    more = {
        "partials": ["ans"], "linear": ["ans_bar"], "bilinear": ["ans_bar"], "constant": [],
        "pushforward": ["ans", *(f"{n}_dot" for n in rule.wrt)], "pullback": ["ans", "ans_bar"],
    }[rule.form]  # fmt: skip
    allowed = {*parameters, *more}
    for name in (*rule.names, *rule.wrt):
        if name not in (allowed if name in rule.names else parameters):
            raise RuleError(
                f"the {rule.form} rule of {made.name} names {name!r}, which it does not have",
                why="the parameters of a rule are bound by name", instead=f"use some of {', '.join(sorted(allowed))}",
                location=rule.place,
            )
    return rule


@transform(traced=_outside)
def partials(target: Any, wrt: Wrt = None, *, returns: Any = None, **more: Any) -> Callable[[Body], Body]:
    """Declare the partial derivatives of an elementwise function, one for each operand in ``wrt``.

    Parameters
    ----------
    target : callable
        A function: of yours, of compiled code, of NumPy; a method is named by its class (``Model.step``). It is called
        as it stands, also by derivatives.
    wrt : str or tuple of str, optional
        The parameters that are differentiated; left out, those without a default. A derivative in another one is
        refused. None as a partial derivative says that it is zero.
    returns : optional
        What the function gives, where that cannot be found by reading it: a type (``float``, ``np.ndarray``), a type as
        text (``"f64[n]"``), an example, or a function of some of the parameters that gives something like it.
    **more
        ``guarded=``, ``unknown=``, ``source=``, for primitives (see ``rules/book.py``).

    Returns
    -------
    callable
        A decorator for the rule. Its parameters are bound by name: those of the function, and ``ans``, its result.

    Examples
    --------
    >>> import s2sad
    >>> def cube(x):
    ...     return x * x * x
    >>> @s2sad.partials(cube)
    ... def cube_slope(x):
    ...     return 3.0 * x**2
    >>> s2sad.grad(cube)(2.0)
    12.0
    """
    return _declared("partials", target, wrt, returns, more)


@transform(traced=_outside)
def linear(target: Any, wrt: Wrt = None, *, returns: Any = None, **more: Any) -> Callable[[Body], Body]:
    """Declare a function that is linear in ``wrt``, jointly: the rule is its transpose. See ``partials``.

    The rule gets ``ans_bar``, the cotangent of the result; forward mode is the function itself, called with tangents.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> def from_behind(x):
    ...     return np.cumsum(x[::-1])[::-1]
    >>> @s2sad.linear(from_behind)
    ... def from_behind_bar(ans_bar):
    ...     return np.cumsum(ans_bar)
    >>> s2sad.grad(lambda x: from_behind(x)[1])(np.ones(3))
    array([0., 1., 1.])
    """
    return _declared("linear", target, wrt, returns, more)


@transform(traced=_outside)
def bilinear(target: Any, wrt: Wrt = None, *, returns: Any = None, **more: Any) -> Callable[[Body], Body]:
    """Declare a function that is linear in each of ``wrt``: the rule gives the transposes. See ``partials``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> def scaled(a, x):
    ...     return a * x
    >>> @s2sad.bilinear(scaled)
    ... def scaled_bars(a, x, ans_bar):
    ...     return np.sum(ans_bar * x), a * ans_bar
    >>> s2sad.grad(lambda a, x: scaled(a, x)[1], argnums=(0, 1))(2.0, np.array([3.0, 4.0]))
    (np.float64(4.0), array([0., 2.]))
    """
    return _declared("bilinear", target, wrt, returns, more)


@transform(traced=_outside)
def pushforward(target: Any, wrt: Wrt = None, *, returns: Any = None, **more: Any) -> Callable[[Body], Body]:
    """Declare how tangents go through a function: the rule gives the tangent of the result. See ``partials``.

    The rule's parameters are those of the function, ``ans``, and ``x_dot``, the tangent of the parameter ``x``, zero
    where ``x`` does not move. Where no pullback is declared, reverse mode is the transpose of the rule, which has to be
    linear in the tangents.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> def condition(x):
    ...     s = np.linalg.svd(x, compute_uv=False)
    ...     return s[0] / s[-1]
    >>> @s2sad.pushforward(condition)
    ... def condition_dot(x, x_dot):
    ...     u, s, v = np.linalg.svd(x)
    ...     s_dot = np.diag(u.T @ x_dot @ v.T)
    ...     return (s_dot[0] - s[0] / s[-1] * s_dot[-1]) / s[-1]
    >>> round(float(s2sad.grad(condition)(np.diag([4.0, 2.0]))[1, 1]), 9)
    -1.0
    """
    return _declared("pushforward", target, wrt, returns, more)


@transform(traced=_outside)
def pullback(target: Any, wrt: Wrt = None, *, returns: Any = None, **more: Any) -> Callable[[Body], Body]:
    """Declare how cotangents go back through a function: the rule gives those of the operands. See ``partials``.

    The rule's parameters are those of the function, ``ans`` and ``ans_bar``, the cotangent of the result, zero in parts
    that nothing depends on. It gives one cotangent for each parameter in ``wrt`` (a tuple where there are several),
    None for zero; that of a container is a container of the same structure. Where no pushforward is declared, forward
    mode is the transpose of the rule, which has to be linear in ``ans_bar``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> def solve(A, b):  # as if it were compiled code
    ...     return np.linalg.solve(A, b)
    >>> @s2sad.pullback(solve, returns=lambda b: b)
    ... def solve_bar(A, ans, ans_bar):
    ...     b_bar = solve(A.T, ans_bar)
    ...     return -np.outer(b_bar, ans), b_bar
    >>> s2sad.grad(lambda b: solve(np.diag([1.0, 2.0]), b).sum())(np.ones(2))
    array([1. , 0.5])
    """
    return _declared("pullback", target, wrt, returns, more)


@transform(traced=_outside)
def constant(*targets: Any, returns: Any = None) -> Any:
    """Declare that functions have derivative zero: they are called, and nothing is propagated through them.

    Of one function it is a decorator as well, also as ``@constant(returns=float)``.

    Examples
    --------
    >>> import s2sad
    >>> @s2sad.constant
    ... def rounded(x):
    ...     return float(int(x))
    >>> s2sad.grad(lambda x: x * rounded(x))(2.5)
    2.0
    """
    if not targets:
        return lambda f: constant(f, returns=returns)
    for target in targets:
        if _is_primitive(target):
            book.constant(target)
            continue
        made = customised(target, returns)
        made.rules.clear()
        made.declare(Declared("constant", (), None))
        enter(target, made)
    return targets[0] if len(targets) == 1 else None


@transform(traced=_outside)
def primitive(
    function: Any = None, run: Any = None, infer: Any = None, *, returns: Any = None, **more: Any,
) -> Any:
    """Declare a function that is called as it stands and not read: compiled code, or code that s2sad does not take.

    It has no derivative until a rule is declared (``partials``, ``pullback`` …); where one is, this is not needed.

    Parameters
    ----------
    function : callable
    returns : optional
        What it gives; see ``partials``.
    run, infer, **more
        With a name as the first argument: an operation that is declared by its inference function; see
        ``prims/primitive.py``.

    Returns
    -------
    callable
        The function itself: it is a decorator too, also as ``@primitive(returns=float)``.

    Examples
    --------
    >>> import s2sad, zlib
    >>> def checksum(x):
    ...     return zlib.crc32(x.tobytes())
    >>> checksum = s2sad.primitive(checksum, returns=int)
    """
    if isinstance(function, str):
        made = declare_primitive(function, run, infer, **more)
        book.BOOK.changed()
        return made
    if function is None:
        return lambda f: primitive(f, returns=returns)
    custom = customised(function, returns)
    custom.opaque = True
    enter(function, custom)
    return function


@transform(traced=_outside)
def elementwise(target: Any = None, *, returns: Any = None) -> Any:
    """Declare that a function takes arrays of any shapes that broadcast, and works element by element.

    In a batch (``vmap``) it is called once, on all rows. NumPy's ufuncs and ``np.vectorize`` need no declaration.

    Parameters
    ----------
    target : callable
        A function that gives one number or array, for one of the forms (``partials`` …) or with ``primitive``.
    returns : optional
        What it gives; see ``partials``.

    Returns
    -------
    callable
        The function itself: it is a decorator too.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> @s2sad.elementwise
    ... def tail(x):
    ...     return np.exp(-x)
    >>> @s2sad.partials(tail)
    ... def tail_slope(ans):
    ...     return -ans
    >>> s2sad.vmap(s2sad.grad(tail))(np.zeros(3))
    array([-1., -1., -1.])
    """
    if target is None:
        return lambda f: elementwise(f, returns=returns)
    made = customised(target, returns)
    made.elementwise = True
    enter(target, made)
    return target


@transform(traced=_outside)
def batched(target: Any, *, returns: Any = None) -> Callable[[Body], Body]:
    """Declare how a function is computed for many rows at once (``vmap``).

    Parameters
    ----------
    target : callable
        A function that has derivative rules, or is a ``primitive``.
    returns : optional
        What it gives; see ``partials``.

    Returns
    -------
    callable
        A decorator for the rule. Its parameters are bound by name: those of the function, with one more axis in front
        where there is another value in every row; ``rows``, the number of rows; ``moved``, the names of the
        parameters that have rows. It gives the results of all rows, the rows in front.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> def solve(A, b):
    ...     return np.linalg.solve(A, b)
    >>> @s2sad.pullback(solve, returns=lambda b: b)
    ... def solve_bar(A, ans, ans_bar):
    ...     b_bar = solve(A.T, ans_bar)
    ...     return -np.outer(b_bar, ans), b_bar
    >>> @s2sad.batched(solve)
    ... def solve_rows(A, b, moved):
    ...     return np.linalg.solve(A, b.T).T if moved == ("b",) else np.linalg.solve(A, b[..., None])[..., 0]
    >>> s2sad.vmap(solve, in_axes=(None, 0))(np.diag([1.0, 2.0]), np.ones((3, 2)))
    array([[1. , 0.5],
           [1. , 0.5],
           [1. , 0.5]])
    """

    def declare(body: Body) -> Body:
        made = customised(target, returns, body)
        names = _asked(made, body)
        allowed = {*made.signature.parameters, "rows", "moved"}
        for name in names:
            if name not in allowed:
                raise RuleError(
                    f"the rule for batches of {made.name} names {name!r}, which it does not have",
                    why="the parameters of a rule are bound by name",
                    instead=f"use some of {', '.join(sorted(allowed))}",
                )
        made.rows = BatchRule(body, names)
        enter(target, made)
        return body

    return declare


del _meaning
