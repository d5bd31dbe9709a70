"""Second derivatives times a vector, and whole matrices of derivatives, as functions of a function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.api import Derivative
from s2sad.compiler.directions import each_direction
from s2sad.compiler.dispatch import MISS
from s2sad.compiler.parameters import Argnums, checked_argnums
from s2sad.compiler.pipeline import Mode, Transform, argument_at
from s2sad.compiler.seeds import is_like, seeds_like
from s2sad.compiler.traced_makers import TracedMaker, call_along, jacobian_mode, traced_along, traced_make
from s2sad.errors import InputError
from s2sad.front.derivatives import transform
from s2sad.front.program import Program
from s2sad.front.values import Known, Transformed
from s2sad.front.values import Source as Origin
from s2sad.ir.core import Trace, Value
from s2sad.views.highlight import Source
from s2sad.ways import Counts, Jacobian

F = Callable[..., Any]

WHOLE = ("jacobian", "jacfwd", "jacrev", "hessian")
"""Modes that give whole matrices."""


class Directional(Derivative):
    """A derivative in a direction: called with the function's own arguments and, behind them, the direction.

    The direction has the structure and shapes of the differentiated argument; where ``argnums`` is a sequence, it is a
    tuple of such.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args:
            raise InputError(
                f"{self.transform.mode} of {self.dispatcher.parameters.function} got no direction",
                instead="call it with the function's arguments and, behind them, the direction",
            )
        point, direction = args[:-1], args[-1]
        entry = None if kwargs else self._fast.get(tuple(map(type, point)))
        if entry is not None and (seeds := seeds_at_once(point, self.transform.argnums, direction)) is not None:
            out = entry(*point, seeds=seeds)
            if out is not MISS:
                return out
        return self.dispatcher.call(point, kwargs, self._seeds(point, kwargs, direction))

    def _seeds(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], direction: Any) -> list[Any]:
        """The direction, leaf by leaf, in the shapes and dtypes of what it belongs to."""
        parameters = self.dispatcher.parameters
        made = self.dispatcher.find(args, kwargs)
        primal = made.stages["primal"]
        assert isinstance(primal, Trace)
        values = parameters.bind(args, kwargs)
        given = each_direction(self.transform, direction, "the direction")
        seeds: list[Any] = []
        for place, (part, what) in zip(made.places, given, strict=True):
            index, key = place
            value = values[index] if key is None else values[index][key]
            leaves = seeds_like(argument_at(primal, parameters, place), value, part, what)
            seeds.extend(seed for atom, seed in leaves if isinstance(atom, Value))
        return seeds

    def __s2sad_program__(self, specs: Sequence[Any], kwspecs: Mapping[str, Any]) -> Program:
        *point, direction = specs
        return self.dispatcher.derive_along(self.dispatcher.bound_specs(point, kwspecs), direction).program

    def __s2sad_inside__(self, source: Origin | None) -> Transformed:
        found = None if source is None else source.attribute("primal")
        return Transformed(Known(self.primal, found), self.transform, call_along)

    def source_for(self, *args: Any, **kwargs: Any) -> Source:
        """The generated module as text for arguments, and a direction, like these."""
        return super().source_for(*args[:-1], **kwargs)


def seeds_at_once(point: tuple[Any, ...], argnums: Argnums, direction: Any) -> tuple[Any, ...] | None:
    """The seeds of a direction whose parts are arrays or floats just like their arguments; None where it takes a look.

    It saves the walk through structures, which costs more than the derivative of a small function.
    """
    if type(argnums) is int:
        return (direction,) if 0 <= argnums < len(point) and is_like(point[argnums], direction) else None
    if type(argnums) is not tuple or type(direction) is not tuple or len(argnums) != len(direction):
        return None
    for place, part in zip(argnums, direction, strict=True):
        if type(place) is not int or not 0 <= place < len(point) or not is_like(point[place], part):
            return None
    return direction


def _directional(mode: Mode, f: F | None, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """What ``hvp`` and ``vhp`` give: a decorator, a derivative, or its result at the arguments."""
    if f is None:
        return functools.partial(_MAKERS[mode], **options)
    if not callable(f):
        raise InputError(f"{mode} needs a function, not {f!r}", instead=f"write {mode}(f, x, v)")
    argnums = checked_argnums(options["argnums"])
    flags = {name: bool(value) for name, value in options.items() if name != "argnums"}
    made = Directional(f, Transform(mode, argnums, **flags))
    made.dispatcher.parameters.check(argnums)
    return made(*args) if args else made


@transform(traced=functools.partial(traced_along, mode="hvp"))
def hvp(
    f: F | None = None, *args: Any, argnums: Argnums = 0, has_aux: bool = False, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The Hessian of a function of one real result times a vector, without the Hessian: forward over reverse mode.

    ``hvp(f, x, v)`` gives it; ``hvp(f)`` is a function, to be called as ``hvp(f)(x, v)``, also a decorator.

    Parameters
    ----------
    f : callable
        Plain NumPy Python whose result has exactly one element.
    *args
        The arguments of ``f`` and, behind them, the vector: in the structure and shapes of the differentiated argument,
        or a tuple of such where ``argnums`` is a sequence.
    argnums : int, str, or sequence of them
        Which arguments to differentiate, by position or name.
    has_aux, optimise, holomorphic, nan_safe : bool
        As in ``grad``.

    Returns
    -------
    Derivative, or the product
        The product has the structure and shapes of the vector; with ``has_aux``, ``(product, aux)``.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.hvp(lambda x, y: x * x * y, 3.0, 2.0, 1.0)
    4.0
    >>> s2sad.hvp(lambda x, y: x * x * y, argnums=(0, 1))(3.0, 2.0, (1.0, 0.0))
    (4.0, 6.0)
    """
    options = {"argnums": argnums, "has_aux": has_aux, "optimise": optimise, "holomorphic": holomorphic}
    return _directional("hvp", f, args, {**options, "nan_safe": nan_safe})


@transform(traced=functools.partial(traced_along, mode="vhp"))
def vhp(
    f: F | None = None, *args: Any, argnums: Argnums = 0, has_aux: bool = False, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """A vector times the Hessian of a function of one real result: the gradient of a slope, reverse over forward mode.

    The Hessian is symmetric, so this is the number that ``hvp`` gives; what is kept in memory, and so what it costs,
    is another. Called like ``hvp``.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.vhp(lambda x, y: x * x * y, 3.0, 2.0, 1.0)
    4.0
    """
    options = {"argnums": argnums, "has_aux": has_aux, "optimise": optimise, "holomorphic": holomorphic}
    return _directional("vhp", f, args, {**options, "nan_safe": nan_safe})


@transform(traced=traced_make)
def _made(
    mode: Any, f: F | None, argnums: Argnums, has_aux: bool, *, value: bool = False, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """What the functions of this module give: a derivative, or, without a function, a decorator."""
    if f is None:
        return functools.partial(
            _made, mode, argnums=argnums, has_aux=has_aux, value=value, optimise=optimise, holomorphic=holomorphic,
            nan_safe=nan_safe,
        )  # fmt: skip
    if not callable(f):
        raise InputError(f"{mode} needs a function, not {f!r}", instead=f"write @{mode}(argnums=...) or {mode}(f)")
    flags = (bool(has_aux), bool(optimise), bool(holomorphic), bool(nan_safe))
    made = Transform(mode, checked_argnums(argnums), *flags, value=bool(value))
    derivative = Jacobian(f, made) if mode in WHOLE else Derivative(f, made)
    derivative.dispatcher.parameters.check(argnums)
    return derivative


@transform(traced=TracedMaker("jacfwd"))
def jacfwd(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The Jacobian of a function in forward mode: all directions in one vectorised sweep. See ``jacobian``.

    It costs about as many times the function as there are numbers in its arguments: for few arguments, many results.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> s2sad.jacfwd(lambda t: np.array([np.cos(t), np.sin(t)]))(0.0)
    array([-0.,  1.])
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("jacfwd", f, argnums, has_aux, **options)


@transform(traced=TracedMaker("jacrev"))
def jacrev(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The Jacobian of a function in reverse mode: all cotangents in one vectorised sweep. See ``jacobian``.

    It costs about as many times the gradient of one result as there are numbers in the result: for many arguments, few
    results. Of a complex argument of a real result, see ``grad``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> s2sad.jacrev(lambda x: x[0] * x)(np.array([2.0, 3.0]))
    array([[4., 0.],
           [3., 2.]])
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("jacrev", f, argnums, has_aux, **options)


@transform(traced=TracedMaker("jacobian"))
def jacobian(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, mode: str = "auto", optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """All derivatives of all results of a function, as arrays.

    Usable as ``jacobian(f)``, ``@jacobian`` and ``@jacobian(argnums=(0, 1))``. The primal runs once, and all directions
    are followed in one sweep, batched: there is no loop over rows.

    Parameters
    ----------
    f : callable
        Plain NumPy Python; its result may be a number, an array, or nested containers of them.
    argnums : int, str, or sequence of them
        Which arguments to differentiate, by position or name: numbers, arrays, or nested containers of them.
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then this gives ``(jacobian, aux)``.
    mode : 'auto', 'forward' or 'reverse'
        How; ``'auto'`` counts the operations of both for the sizes of the arguments, and takes the mode with fewer; for
        large arrays, where most of the matrix is zero whatever the values, groups of columns or rows, as
        ``sparse_jacobian``. ``jacobian(f).explain(*args)`` shows the counts.
    holomorphic : bool
        Whether ``f`` is a complex function that depends analytically on its complex arguments.
    optimise, nan_safe : bool
        As in ``grad``.

    Returns
    -------
    Derivative
        Takes the arguments of ``f``. Gives the structure of the result and, in the place of each number or array of
        it, the structure of the argument (a tuple of such where ``argnums`` is a sequence), with blocks of the shape
        ``result.shape + argument.shape``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> s2sad.jacobian(lambda x: x[0] * x)(np.array([2.0, 3.0]))
    array([[4., 0.],
           [3., 2.]])
    >>> s2sad.jacobian(lambda p: p["a"] * p["x"])({"a": 2.0, "x": np.ones(2)})["a"]
    array([1., 1.])
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made(jacobian_mode(mode), f, argnums, has_aux, **options)


@transform(traced=TracedMaker("jacobian", value=True))
def value_and_jacobian(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, mode: str = "auto", optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The value and the Jacobian of a function, in one sweep. See ``jacobian``.

    Returns
    -------
    Derivative
        Gives ``(value, jacobian)``, or ``((value, aux), jacobian)`` with ``has_aux``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> s2sad.value_and_jacobian(lambda x: x * x)(np.array([2.0, 3.0]))
    (array([4., 9.]), array([[4., 0.],
           [0., 6.]]))
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made(jacobian_mode(mode), f, argnums, has_aux, value=True, **options)


@transform(traced=TracedMaker("hessian"))
def hessian(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """All second derivatives of a function: forward mode over reverse mode, all directions in one sweep.

    Of a function with one number as its result, blocks have the shape ``argument.shape + argument.shape``, in the
    structure of the arguments twice; of an array, ``result.shape`` stands before that.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> s2sad.hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("hessian", f, argnums, has_aux, **options)


@transform(traced=TracedMaker("hessian", value=True))
def value_and_hessian(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The value and the Hessian of a function. See ``hessian``.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.value_and_hessian(lambda x: x ** 3)(2.0)
    (8.0, 12.0)
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("hessian", f, argnums, has_aux, value=True, **options)


@transform(traced=TracedMaker("laplacian"))
def laplacian(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The sum of the second derivatives of a function along all coordinates of its arguments.

    Forward mode over forward mode, all directions in one sweep; no Hessian is made. Of several results, each has its
    own: the Laplacian has the structure and shapes of the result.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> print(s2sad.laplacian(lambda x: x[0] ** 2 * x[1] + x[1] ** 2)(np.array([3.0, 5.0])))
    12.0
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("laplacian", f, argnums, has_aux, **options)


@transform(traced=TracedMaker("divergence"))
def divergence(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The divergence of a field: the sum of the derivatives of each component along its own coordinate.

    The result of ``f`` has the shape of its argument. All directions in one forward sweep.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> print(s2sad.divergence(lambda x: x * x)(np.array([1.0, 2.0, 3.0])))
    12.0
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("divergence", f, argnums, has_aux, **options)


@transform(traced=TracedMaker("curl"))
def curl(
    f: F | None = None, argnums: Argnums = 0, has_aux: bool = False, *, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The curl of a field in space, which takes an array of three numbers and gives one.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> s2sad.curl(lambda r: np.array([-r[1], r[0], 0.0]))(np.ones(3))
    array([ 0., -0.,  2.])
    """
    options = {"optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe}
    return _made("curl", f, argnums, has_aux, **options)


_MAKERS: dict[str, F] = {"hvp": hvp, "vhp": vhp}

__all__ = [
    "Counts", "Directional", "Jacobian", "curl", "divergence", "hessian", "hvp", "jacfwd", "jacobian", "jacrev",
    "laplacian", "value_and_hessian", "value_and_jacobian", "vhp",
]  # fmt: skip
