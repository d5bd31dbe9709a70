"""What users call: derivatives of functions, as functions."""

from __future__ import annotations

import functools
import html
import importlib
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from s2sad.compiler.annotations import specs_ahead
from s2sad.compiler.cache import CACHE
from s2sad.compiler.dispatch import MISS, Dispatcher
from s2sad.compiler.nested import call_nested
from s2sad.compiler.numeric import on_numpy
from s2sad.compiler.parameters import Argnums, checked_argnums
from s2sad.compiler.pipeline import Compiled, Transform, argument_at
from s2sad.compiler.seeds import seeds_like
from s2sad.compiler.signature import as_numpy
from s2sad.compiler.traced_makers import TracedMaker, traced_jvp, traced_make, traced_vjp
from s2sad.errors import Error, InputError
from s2sad.front.derivatives import transform
from s2sad.front.program import Program
from s2sad.front.values import Known, Transformed
from s2sad.front.values import Source as Origin
from s2sad.ir.core import Pack, Trace, Value
from s2sad.passes import dce
from s2sad.views import EvaluationTrace, viewed
from s2sad.views.highlight import Source

F = Callable[..., Any]
T = TypeVar("T")


class Stages(dict[str, Any]):
    """Every stage of a derivative by name, in order; prints as one text."""

    def __str__(self) -> str:
        return "\n\n".join(f"# {name}\n{stage}" for name, stage in self.items())

    def __repr__(self) -> str:
        return f"<stages: {', '.join(self)}>"


class Derivative:
    """A derivative of a function, called with the function's own arguments.

    It is compiled at the first call for each signature: the types of the arguments and the structure of containers, not
    sizes. It has the primal's name, signature and docstring.

    Attributes
    ----------
    primal : callable
        The function that it is the derivative of.
    """

    def __init__(self, primal: F, transform: Transform) -> None:
        self.dispatcher = CACHE.dispatcher(primal, transform)
        self._fast = self.dispatcher.fast
        self.primal, self.transform = primal, transform
        functools.update_wrapper(self, primal, updated=())
        self.__signature__ = self.dispatcher.parameters.shown

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            entry = self._fast.get(tuple(map(type, args)))
            if entry is not None:
                out = entry(*args)
                if out is not MISS:
                    return out
        return self.dispatcher.call(args, kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Derivative:
        if instance is None or not hasattr(self.primal, "__get__"):
            return self
        return type(self)(types.MethodType(self.primal, instance), self.transform)

    def __s2sad_program__(self, specs: Sequence[Any], kwspecs: Mapping[str, Any]) -> Program:
        return self.dispatcher.derive(self.dispatcher.bound_specs(specs, kwspecs)).program

    def __s2sad_inside__(self, source: Origin | None) -> Transformed:
        """What a call of it means in a function that is traced: its operations are put there."""
        found = None if source is None else source.attribute("primal")
        return Transformed(Known(self.primal, found), self.transform, call_nested)

    # -- what was generated -----------------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        """The generated module as text: of the last call; before any, as the annotations say.

        A string, which IPython and notebooks show highlighted.

        Examples
        --------
        >>> import s2sad
        >>> s2sad.grad(lambda x: x * x).source.splitlines()[0]
        'def f_grad(x):'
        """
        return Source(self._current().source)

    def source_for(self, *args: Any, **kwargs: Any) -> Source:
        """The generated module as text for arguments like these."""
        return Source(self.dispatcher.compiled_for(args, kwargs).source)

    def show(self) -> None:
        """Print the generated source: highlighted in a terminal, as plain text anywhere else."""
        self.source.show()

    @property
    def trace(self) -> EvaluationTrace:
        """The derivative as a trace, from which ``source`` is written."""
        return _viewed(self.dispatcher, self._current().program)

    @property
    def stages(self) -> Stages:
        """Every stage: the primal's trace, the derivative's, the optimised one, the source."""
        return Stages(self._current().stages)

    def _current(self) -> Compiled:
        if self.dispatcher.last is None:
            return ahead(self.dispatcher)
        return self.dispatcher.last

    # -- how it is shown --------------------------------------------------------------------------------------------

    @property
    def _described(self) -> str:
        argnums = self.transform.argnums
        chosen = (argnums,) if isinstance(argnums, int | str) else argnums
        names = list(self.dispatcher.parameters.shown.parameters)
        shown = [names[c] if isinstance(c, int) and -len(names) <= c < len(names) else str(c) for c in chosen]
        return f"{self.transform.mode} of {self.dispatcher.parameters.function} with respect to {', '.join(shown)}"

    def __repr__(self) -> str:
        return f"<{self._described}>"

    def __rich__(self) -> Any:
        return self._shown()

    def _repr_html_(self) -> str:
        shown = self._shown()
        return shown._repr_html_() if isinstance(shown, Source) else f"<pre>{html.escape(shown)}</pre>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        shown = self._shown()
        if isinstance(shown, Source):
            shown._repr_pretty_(printer, cycle)
        else:
            printer.text(shown)

    def _shown(self) -> str:
        """The source; where it cannot be made yet, what this is: to be shown must not raise."""
        try:
            return self.source
        except Error:
            return repr(self)

    def __reduce__(self) -> str | tuple[Any, ...]:
        name = getattr(self, "__qualname__", None)
        if name is not None and _found(self.__module__, name) is self:
            return str(name)
        return type(self), (self.primal, self.transform)


def _found(module: str, qualname: str) -> object:
    """What a module has under a dotted name, or None."""
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return found


def ahead(dispatcher: Dispatcher) -> Compiled:
    """Compile before any call, for the signature that the annotations say, or the first guess that fits the program.

    Raises
    ------
    Error
        None of the signatures that could be meant can be compiled; the error is that of the first.
    """
    first: Error | None = None
    misfit: Compiled | None = None  # a program that may be meant so, and raises on some path for these very types
    for specs in specs_ahead(dispatcher.fn, dispatcher.parameters):
        try:
            made = dispatcher.compiled_ahead(specs)
        except Error as error:
            first = first or error
        else:
            if not made.program.misfit:
                return made
            misfit = misfit or made
    if misfit is not None:
        dispatcher.last = misfit
        return misfit
    assert first is not None
    raise first


@transform(traced=traced_make)
def _make(
    mode: Any, f: F | None, argnums: Argnums, has_aux: bool, optimise: bool, holomorphic: bool, nan_safe: bool
) -> Any:
    if f is None:
        return functools.partial(
            _make, mode, argnums=argnums, has_aux=has_aux, optimise=optimise, holomorphic=holomorphic, nan_safe=nan_safe
        )
    if not callable(f):
        raise InputError(
            f"{mode} needs a function, not {f!r}", instead=f"write @{mode}(argnums=...) or {mode}(f, argnums=...)"
        )
    flags = (bool(has_aux), bool(optimise), bool(holomorphic), bool(nan_safe))
    derivative = Derivative(f, Transform(mode, checked_argnums(argnums), *flags))
    derivative.dispatcher.parameters.check(argnums)
    return derivative


@overload
def grad(
    f: F, argnums: Argnums = ..., has_aux: bool = ..., *, optimise: bool = ..., holomorphic: bool = ...,
    nan_safe: bool = ...,
) -> Derivative: ...
@overload
def grad(
    f: None = ..., argnums: Argnums = ..., has_aux: bool = ..., *, optimise: bool = ..., holomorphic: bool = ...,
    nan_safe: bool = ...,
) -> Callable[[F], Derivative]: ...
@transform(traced=TracedMaker("grad"))
def grad(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The gradient of a function of one real result, in reverse mode.

    Usable as ``grad(f)``, ``@grad`` and ``@grad(argnums=(0, 1))``.

    Parameters
    ----------
    f : callable
        Plain NumPy Python whose result has exactly one element, of any shape.
    argnums : int, str, or sequence of them
        Which arguments to differentiate, by position or name. They may be nested containers of floats and float arrays
        (also complex ones); a Python int is taken as a float. What is no number in a container (a string, None, a bool,
        an object) is left alone, and has None in its place in the gradient.
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then so does the gradient: ``(gradient, aux)``.
    optimise : bool
        Whether to simplify the derivative. Without, it is as the transform wrote it: equal, and longer.
    holomorphic : bool
        Whether the result of ``f`` is one complex number that depends analytically on its arguments; then this is the
        complex derivative f'(z). Without, the result has to be real. For a complex argument z = x + i y of a function
        with a real result the gradient is ∂f/∂x - i ∂f/∂y (as in autograd and JAX; its conjugate is the direction of
        steepest ascent).
    nan_safe : bool
        Whether what the program did not select has derivative zero also where its slope is infinite or not a number:
        ``np.where(x > 0, np.sqrt(x), 0.0)`` at 0. There the generated code multiplies by ``masked_product`` instead of
        ``*``. Without, 0 times infinity is not a number there, and the code is plainer.

    Returns
    -------
    Derivative
        Takes the arguments of ``f``; gives the gradient in the structure of the argument, or a tuple of such where
        ``argnums`` is a sequence.

    Raises
    ------
    UnsupportedError, SourceError
        At the first call: what ``f`` does cannot be differentiated; the message says where and what to write instead.
    InputError
        At a call: an argument of the wrong kind, or a result of more than one element.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.grad(lambda x, y: x * y + x)(3.0, 2.0)
    3.0
    """
    return _make("grad", f, argnums, has_aux, optimise, holomorphic, nan_safe)


@overload
def value_and_grad(
    f: F, argnums: Argnums = ..., has_aux: bool = ..., *, optimise: bool = ..., holomorphic: bool = ...,
    nan_safe: bool = ...,
) -> Derivative: ...
@overload
def value_and_grad(
    f: None = ..., argnums: Argnums = ..., has_aux: bool = ..., *, optimise: bool = ..., holomorphic: bool = ...,
    nan_safe: bool = ...,
) -> Callable[[F], Derivative]: ...
@transform(traced=TracedMaker("value_and_grad"))
def value_and_grad(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The value and the gradient of a function of one real result, in one sweep there and back. See ``grad``.

    Returns
    -------
    Derivative
        Gives ``(value, gradient)``, or ``((value, aux), gradient)`` with ``has_aux``.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    return _make("value_and_grad", f, argnums, has_aux, optimise, holomorphic, nan_safe)


@transform(traced=traced_jvp)
def jvp(
    f: F, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False, *, optimise: bool = True,
    nan_safe: bool = True,
) -> tuple[Any, ...]:
    """The value of a function and its derivative in one direction, in forward mode.

    Parameters
    ----------
    f : callable
    primals : sequence
        The arguments.
    tangents : sequence
        The direction: for each argument a tangent of the same structure and shapes, or None for an argument that does
        not move.
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then the result is ``(value, tangent, aux)``.

    Returns
    -------
    tuple
        ``(value, tangent)``, the tangent in the structure of the value.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, 0.0))
    (6.0, 2.0)
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise InputError("jvp takes its primals and tangents as tuples", instead="write jvp(f, (x,), (x_dot,))")
    if len(primals) != len(tangents):
        raise InputError(
            f"jvp got {len(primals)} primals and {len(tangents)} tangents", instead="give one tangent for each primal"
        )
    moving = tuple(k for k, t in enumerate(tangents) if t is not None)
    dispatcher = CACHE.dispatcher(f, Transform("jvp", moving, has_aux, optimise, nan_safe=nan_safe))
    args = tuple(primals)
    made = dispatcher.find(args, {})
    primal = made.stages["primal"]
    assert isinstance(primal, Trace)
    seeds: list[Any] = []
    for place in made.places:
        k = place[0] if place[1] is None else dispatcher.parameters.positional + int(place[1])
        arg = argument_at(primal, dispatcher.parameters, place)
        parts = seeds_like(arg, primals[k], tangents[k], f"tangents[{k}]")
        seeds.extend(seed for atom, seed in parts if isinstance(atom, Value))
    out: tuple[Any, ...] = dispatcher.call(args, {}, seeds)
    return out


class Pullback:
    """The map from a cotangent of a result to the cotangents of the arguments, at one point.

    It may be called any number of times. It refers to the arrays that the function was called with: they must not
    change in between.
    """

    def __init__(self, made: Compiled, out: Any, residuals: tuple[Any, ...]) -> None:
        self._made, self._out, self._residuals = made, out, residuals

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        forward = self._made.program.trace
        assert self._made.backward is not None and isinstance(forward.result, Pack)
        result = forward.result.items[0]
        if self._made.has_aux:
            assert isinstance(result, Pack)
            result = result.items[0]
        given = list(seeds_like(result, self._out, cotangent, "the cotangent"))
        seeds = [given[k][1] for k in self._made.seeded]
        bars: tuple[Any, ...]
        try:
            bars = self._made.backward(self._residuals, *seeds)
        except (ZeroDivisionError, OverflowError):  # Python's floats raise where NumPy's numbers give inf
            again = on_numpy(self._made.backward, self._made.source, self._made.cotangents)
            bars = again(as_numpy(self._residuals), *map(as_numpy, seeds))
        return bars

    @property
    def source(self) -> str:
        """Both generated functions as text: the forward sweep and the pullback."""
        return self._made.source

    def __repr__(self) -> str:
        return f"<pullback of {self._made.program.trace.name.removesuffix('_forward')}>"


@transform(traced=traced_vjp)
def vjp(f: F, *primals: Any, has_aux: bool = False, optimise: bool = True, nan_safe: bool = True) -> tuple[Any, ...]:
    """The value of a function, and the pullback of cotangents at this point, in reverse mode.

    Parameters
    ----------
    f : callable
    *primals
        The arguments; all of them are differentiated. (Bind others with a lambda or ``functools.partial``.)
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then the result is ``(value, pullback, aux)``.

    Returns
    -------
    tuple
        ``(value, pullback)``. ``pullback(cotangent)``, with a cotangent of the structure and shapes of the value, gives
        a tuple: the cotangent of each argument. The function itself runs once.

    Examples
    --------
    >>> import s2sad
    >>> value, pullback = s2sad.vjp(lambda x, y: x * y, 3.0, 2.0)
    >>> value, pullback(1.0), pullback(2.0)
    (6.0, (2.0, 3.0), (4.0, 6.0))
    """
    dispatcher = CACHE.dispatcher(f, Transform("vjp", tuple(range(len(primals))), has_aux, optimise, nan_safe=nan_safe))
    (out, residuals), made = dispatcher.run(primals, {})
    if has_aux:
        out, aux = out
        return out, Pullback(made, out, residuals), aux
    return out, Pullback(made, out, residuals)


@transform(traced=None)
def trace(f: F, *args: Any, **kwargs: Any) -> EvaluationTrace:
    """The evaluation trace of a function for arguments like these; without any, as its annotations say.

    ``print`` shows it; ``.table(*values)`` prints an evaluation as textbooks do, ``.graph()`` draws it.

    Examples
    --------
    >>> import s2sad
    >>> print(s2sad.trace(lambda x, y: x * y + x, 3.0, 2.0))
    f(x: f64, y: f64):
        v1: f64 = x * y
        v2: f64 = v1 + x
        return v2
    """
    dispatcher = CACHE.dispatcher(f, Transform("primal"))
    if args or kwargs or not dispatcher.parameters.names:
        example = dispatcher.parameters.by_name(args, kwargs)
        return _viewed(dispatcher, dispatcher.derive(dispatcher.specs_of(args, kwargs)).program, example)
    first: Error | None = None
    for specs in specs_ahead(dispatcher.fn, dispatcher.parameters):
        try:
            return _viewed(dispatcher, dispatcher.derive(specs).program)
        except Error as error:
            first = first or error
    assert first is not None
    raise first


def _viewed(dispatcher: Dispatcher, program: Program, example: Mapping[str, Any] | None = None) -> EvaluationTrace:
    """The trace of a program as users see it: without what its results do not need."""
    captures = {c.path: c.read for c in program.captures}
    return viewed(dce(program.trace), captures, example, dispatcher.parameters.by_name)


__all__ = ["Derivative", "Pullback", "Stages", "grad", "jvp", "trace", "value_and_grad", "vjp"]
