"""Jacobians and Hessians that are mostly zero: found, coloured, and computed in as few sweeps as there are colours."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from s2sad.api import grad
from s2sad.compiler.cache import CACHE
from s2sad.compiler.dispatch import Dispatcher
from s2sad.compiler.parameters import Argnums, checked_argnums
from s2sad.compiler.pipeline import Compiled, Mode, Transform, argument_at
from s2sad.compiler.pipeline import seeds as seeds_of
from s2sad.errors import InputError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import transform
from s2sad.ir.core import Trace, Value, values_of
from s2sad.ir.evaluate import match_arguments
from s2sad.ir.types import is_complex
from s2sad.sparsity import colouring as colours
from s2sad.sparsity.colouring import Colouring
from s2sad.sparsity.directions import (
    arrays,
    cast,
    directions,
    fingerprint,
    flattened,
    inexact,
    leaves,
    no_direction,
    row_of,
    size_of,
    split,
    stacked,
)
from s2sad.sparsity.pattern import Pattern, TooFull, elements, full, pattern, shapes, transposed
from s2sad.sparsity.sets import distinct, sparse
from s2sad.views.highlight import Source

F = Callable[..., Any]
Which = Literal["auto", "either", "forward", "reverse", "both"]

_ROOM = 4_000_000  # numbers in the directions of one sweep: more of them are taken in several
_PLANS = 16  # for so many kinds of arguments a derivative remembers what it found


@dataclass(frozen=True, eq=False)
class Plan:
    """What was found for arguments of some sizes: the pattern, its colouring, and whether rows are taken one by one."""

    pattern: Pattern
    colouring: Colouring
    inputs: tuple[Any, ...]  # shapes of the leaves that are differentiated
    outputs: tuple[Any, ...]
    measured: bool  # the outputs were looked at, and not told by the analysis: they may be others for other values
    keep: tuple[Any, ...] = ()  # what its key names by identity


class SparseJacobian:
    """The Jacobian of a function as a sparse matrix, called with the function's own arguments.

    Patterns and colourings are found at the first call for each kind of arguments (types, sizes, and the integers that
    are not differentiated), and used again.

    Attributes
    ----------
    primal : callable
        The function that it is the Jacobian of.
    """

    def __init__(self, primal: F, options: Options) -> None:
        self.primal, self.options = primal, options
        self._plans: OrderedDict[Hashable, Plan | None] = OrderedDict()
        self.one_by_one: set[Mode] = set()
        functools.update_wrapper(self, options.shown or primal, updated=())

    # -- what users call --------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        plan, made, data, aux = self.elements(args, kwargs)
        matrix = self.matrix(plan.pattern, data)
        if self.options.check:
            self.checked(matrix, plan, made, args, kwargs)
        return (matrix, aux) if self.options.has_aux else matrix

    def elements(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Plan, Compiled, Any, Any]:
        """The plan for a call, the derivative that it was made for, the elements of its pattern, and what else comes
        with them.
        """
        plan, made = self.plan(args, kwargs)
        used: list[Compiled] = []
        try:
            data, aux = self._compressed(plan, made, args, kwargs, used)
        except InputError:  # another number of results
            if all(_alike(c, made) for c in used):
                raise
        other = next((c for c in used if not _alike(c, made)), None)
        if other is not None:  # a value that the trace has to know is another one today
            plan, made = self.plan(args, kwargs, other)
            data, aux = self._compressed(plan, made, args, kwargs, [])
        return plan, made, data, aux

    def pattern(self, *args: Any, **kwargs: Any) -> Any:
        """Where the matrix may be other than zero, for arguments like these: a sparse matrix of True.

        It holds for all values of what is differentiated.
        """
        found = self.plan(args, kwargs)[0].pattern
        return self.matrix(found, np.ones(found.count, bool))

    def colors(self, *args: Any, **kwargs: Any) -> Colouring:
        """Which columns and rows are taken together in each sweep, for arguments like these."""
        return self.plan(args, kwargs)[0].colouring

    def explain(self, *args: Any, **kwargs: Any) -> str:
        """What was found for arguments like these, in words; without arguments, for those of the last call."""
        last = next(reversed(self._plans.values()), None)
        plan = self.plan(args, kwargs)[0] if args or kwargs or last is None else last
        found, chosen = plan.pattern, plan.colouring
        rows, columns = found.shape
        lines = [
            f"{self._what} of {_name(self.options.shown or self.primal)}: {rows:,} x {columns:,}, "
            f"{found.count:,} elements may be other than zero"
        ]
        if self.options.given is not None:
            lines.append("the pattern is the one that was given")
        elif found.reason:
            lines.append(f"the pattern is full, because it cannot be told: {found.reason}")
        elif found.exact:
            lines.append("the pattern hangs on values that are not differentiated; for others it is found anew")
        longest = int(np.diff(found.indptr).max(initial=0))
        highest = int(np.bincount(found.indices, minlength=1).max(initial=0))
        lines.append(f"at most {longest:,} of them in a row, {highest:,} in a column")
        match chosen.kind:
            case "both":
                how = f"{chosen.forward} in forward mode and {chosen.reverse} in reverse mode"
            case "symmetric":
                how = f"{chosen.forward} in forward mode over the gradient, each element read in one of two places"
            case kind:
                how = f"{chosen.sweeps} in {kind} mode"
        lines.append(f"sweeps: {how}")
        for mode, count in (("tangents", chosen.forward), ("cotangents", chosen.reverse)):
            if count and mode in self.one_by_one:
                lines.append("one by one, since they cannot be taken together")
        return "\n".join(lines)

    @property
    def source(self) -> Source:
        """The generated sweeps as text: those of the last call."""
        texts = []
        for mode in ("tangents", "cotangents"):
            last = self.dispatcher(mode).last if mode not in self.one_by_one else None
            if last is not None:
                texts.append(last.source)
        if not texts:
            raise InputError(f"{self!r} has not been called", instead="call it once, or pattern(...) of it")
        return Source("\n\n".join(texts))

    def __repr__(self) -> str:
        return f"<{self._what} of {_name(self.options.shown or self.primal)}>"

    @property
    def _what(self) -> str:
        return "sparse Hessian" if self.options.symmetric else "sparse Jacobian"

    def __s2sad_call__(self, machine: Calls, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        machine.refuse(
            f"a call of a {self._what} inside a function that is traced",
            why="its result is a sparse matrix, made by code that finds patterns and colours",
            instead="use jacobian or hessian there, or hvp for products",
        )

    # -- plans ------------------------------------------------------------------------------------------------------

    def dispatcher(self, mode: Mode) -> Dispatcher:
        o = self.options
        mode = {"tangents": "jvp", "cotangents": "vjp"}[mode] if mode in self.one_by_one else mode  # type: ignore[assignment]
        return CACHE.dispatcher(
            self.primal,
            Transform(mode, o.argnums, o.has_aux, o.optimise, o.holomorphic, o.nan_safe, value=o.value),
        )

    def compiled(self, mode: Mode, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Compiled:
        """The compiled sweeps in a mode; one by one where they cannot be taken together."""
        if mode not in self.one_by_one:
            try:
                return self.dispatcher(mode).find(args, kwargs)
            except Exception as error:  # what cannot be batched is taken one by one; what cannot be traced is refused
                if self.options.fullest < 1.0:
                    raise TooFull from None
                self.one_by_one.add(mode)
                try:
                    return self.dispatcher(mode).find(args, kwargs)
                except Exception:
                    self.one_by_one.discard(mode)
                    raise error from None
        return self.dispatcher(mode).find(args, kwargs)

    def plan(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], made: Compiled | None = None
    ) -> tuple[Plan, Compiled]:
        """The plan for a call, and the compiled derivative whose primal it was made for."""
        mode: Mode = "cotangents" if self.options.mode == "reverse" else "tangents"
        if made is None:
            made = self.compiled(mode, args, kwargs)
        dispatcher = self.dispatcher(mode)
        primal = made.stages["primal"]
        assert isinstance(primal, Trace)
        named = dispatcher.parameters.by_name(args, dict(kwargs))
        inside = {p.path for p in primal.params}
        captures = {c.path: c.read() for c in made.program.captures if c.path in inside}
        values = match_arguments(primal, (), {n: named[n] for n, _ in primal.arguments if n in named} | captures)
        wrt = [v for place in made.places for v in values_of(argument_at(primal, dispatcher.parameters, place))]
        self._check_types(primal, wrt)
        keep: list[Any] = []
        key: Hashable = (id(made), tuple(fingerprint(values[v], False, keep, True) for v in wrt),
                         tuple(fingerprint(v, False, keep) for u, v in values.items() if u not in wrt))  # fmt: skip
        keep.append(made)
        if key in self._plans and self._plans[key] is None or key not in self._plans:
            exact = (key, tuple(fingerprint(v, True, keep) for u, v in values.items() if u not in wrt))
            if exact not in self._plans:
                plan = self._found(primal, values, wrt, args, kwargs, tuple(keep))
                if plan.pattern.exact:
                    self._plans[key], key = None, exact
                self._plans[key] = plan
                while len(self._plans) > _PLANS:
                    self._plans.popitem(last=False)
            else:
                key = exact
        found = self._plans[key]
        assert found is not None
        if found.measured and found.outputs != self._measured(found.inputs, args, kwargs):
            found = self._plans[key] = self._found(primal, values, wrt, args, kwargs, tuple(keep))
        self._plans.move_to_end(key)
        return found, made

    def _found(
        self, primal: Trace, values: Mapping[Value, Any], wrt: Sequence[Value], args: tuple[Any, ...],
        kwargs: Mapping[str, Any], keep: tuple[Any, ...],
    ) -> Plan:  # fmt: skip
        inputs = shapes([arrays(values[v]) for v in wrt])
        columns = sum(elements(values[v]) for v in wrt)
        body = primal
        if self.options.has_aux:
            assert hasattr(primal.result, "items")
            body = replace(primal, result=primal.result.items[0])
        if self.options.given is None:
            found = pattern(body, values, wrt, self.options.fullest)
        else:
            found = Pattern(np.zeros(0, np.int64), np.zeros(0, np.int64), (-1, columns))
        parts, measured = found.parts, found.shape[0] < 0
        if measured and self.options.fullest < 1.0:
            raise TooFull
        if measured:
            parts = self._measured(inputs, args, kwargs)
            rows = sum(map(size_of, parts))
            found = full(rows, columns, found.reason, found.exact) if self.options.given is None else found
        if self.options.given is not None:
            found = _given(self.options.given, (rows, columns) if found.shape[0] < 0 else found.shape, self._what)
        if found.shape[0] == 0 or columns == 0:
            raise InputError(f"{self._what} of {_name(self.primal)}, whose result or arguments have no floats")
        if self.options.symmetric:
            found = _symmetrised(found)
            chosen, column = colours.symmetric(found), colours.by_columns(found)
            chosen = column if column.sweeps < chosen.sweeps else chosen
        else:
            chosen = colours.best(found, self.options.mode)
        return Plan(found, chosen, inputs, parts, measured, keep)

    def _measured(self, inputs: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The shapes of the result's leaves, found by one sweep."""
        seeds = [no_direction(shape) for shape in inputs]
        made = self.compiled("tangents", args, kwargs)
        types = self._types(made)
        out = self._sweep("tangents", [], [cast(s, t) for s, t in zip(seeds, types, strict=True)], args, kwargs)[0]
        found: tuple[Any, ...] = shapes([arrays(p, True) for p in out])
        return found

    def _check_types(self, primal: Trace, wrt: Sequence[Value]) -> None:
        result = primal.result.items[0] if self.options.has_aux and hasattr(primal.result, "items") else primal.result
        if self.options.holomorphic:
            return
        for v in (*wrt, *values_of(result)):
            if is_complex(v.type):
                raise InputError(
                    f"{self._what} of {_name(self.primal)} in complex numbers",
                    why="which of the four real derivatives are wanted is not said",
                    instead="pass holomorphic=True where the result depends analytically on the arguments, or take real"
                    " and imaginary parts apart",
                )

    # -- sweeps -----------------------------------------------------------------------------------------------------

    def _types(self, made: Compiled) -> list[Any]:
        """The types of the leaves that are differentiated."""
        primal = made.stages["primal"]
        assert isinstance(primal, Trace)
        parameters = self.dispatcher("tangents").parameters
        return [v.type for place in made.places for v in values_of(argument_at(primal, parameters, place))]

    def _compressed(
        self, plan: Plan, made: Compiled, args: tuple[Any, ...], kwargs: Mapping[str, Any], used: list[Compiled]
    ) -> tuple[Any, Any]:
        """The elements of the pattern, in order, and the auxiliary result; ``used`` gets what was run."""
        rows, columns = plan.pattern.shape
        types = self._types(made)
        parts, aux = list[Any](), None
        for mode, groups, count, shaped, kinds in (
            ("tangents", plan.colouring.columns, plan.colouring.forward, plan.inputs, types),
            ("cotangents", plan.colouring.rows, plan.colouring.reverse, plan.outputs, None),
        ):
            if not count:
                continue
            step = max(1, _ROOM // max(rows, columns))
            sweeps = self.compiled(mode, args, kwargs)  # type: ignore[arg-type]
            if kinds is None:
                kinds = [p.value.type for p in seeds_of(sweeps.program.trace)]
            for first in range(0, count, step):
                number = min(step, count - first)
                seeds = directions(groups, first, number, shaped, kinds)
                out, aux = self._sweep(mode, used, seeds, args, kwargs)  # type: ignore[arg-type]
                size = rows if mode == "tangents" else columns
                parts.extend(flattened(out, number, size))
        if not parts:  # nothing but zeros: the auxiliary result all the same
            seeds = [cast(no_direction(shape), t) for shape, t in zip(plan.inputs, types, strict=True)]
            _, aux = self._sweep("tangents", used, seeds, args, kwargs)
        return (np.concatenate(parts)[plan.colouring.take] if parts else np.zeros(0)), aux

    def _sweep(
        self, mode: Mode, used: list[Compiled], seeds: Sequence[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], Any]:
        """What comes out for rows of directions: the leaves, each with its rows in front, and the auxiliary result."""
        dispatcher = self.dispatcher(mode)
        if mode not in self.one_by_one:
            out, made = dispatcher.run(args, kwargs, seeds)
            used.append(made)
            return out if self.options.has_aux or self.options.value else (out, None)
        rows, aux = [], None
        count = next(len(a) for s in seeds for a in leaves(s))
        for k in range(count):
            seed = [row_of(s, k) for s in seeds]
            if mode == "tangents":
                out, made = dispatcher.run(args, kwargs, seed)
                used.append(made)
                aux = out[-1] if self.options.has_aux else None
                rows.append(list(inexact(out[1])))
                continue
            (out, residuals), compiled = dispatcher.run(args, kwargs)
            used.append(compiled)
            aux = out[1] if self.options.has_aux else None
            assert compiled.backward is not None
            bars = compiled.backward(residuals, *[seed[i] for i, _ in enumerate(compiled.seeded)])
            rows.append(list(inexact(bars)))
        return tuple(stacked([row[i] for row in rows]) for i in range(len(rows[0]))), aux

    def matrix(self, found: Pattern, data: Any) -> Any:
        module = sparse()
        make = module.csr_matrix if self.options.container == "matrix" else module.csr_array
        index = np.int32 if max(*found.shape, found.count) < 2**31 else np.int64
        indices, indptr = found.indices.astype(index), found.indptr.astype(index)
        return make((data, indices, indptr), shape=found.shape)

    def checked(
        self, matrix: Any, plan: Plan, made: Compiled, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        """Compare with the derivative in one direction, in which everything moves."""
        columns = matrix.shape[1]
        direction = np.random.default_rng(0).uniform(0.5, 1.5, columns)
        seeds = split(direction[None, :], plan.inputs, self._types(made))
        self.compiled("tangents", args, kwargs)  # one by one, if it has to be
        out, _ = self._sweep("tangents", [], seeds, args, kwargs)
        (true,) = flattened(out, 1, matrix.shape[0])
        got, scale = matrix @ direction, abs(matrix) @ direction
        with np.errstate(invalid="ignore"):
            far = ~(np.abs(true - got) <= 1e-6 * (scale + np.abs(true)) + 1e-12 * (1.0 + np.abs(true).max(initial=0.0)))
        far &= ~(np.isnan(true) & np.isnan(got)) & ~(true == got)
        if far.any():
            row = int(np.argmax(far))
            raise InputError(
                f"the pattern does not fit: row {row} of the {self._what.split()[1]} times a direction is "
                f"{true[row]:.6g}, and {got[row]:.6g} by the pattern",
                instead="leave out pattern=, or say all places that may be other than zero",
            )


def _alike(one: Compiled, other: Compiled) -> bool:
    """Whether two compiled derivatives knew the same values when they were traced."""
    if one is other:
        return True
    first, second = ([(g.path, g.value) for g in made.program.statics] for made in (one, other))
    return len(first) == len(second) and all(
        p == q and (a is b or type(a) is type(b) and repr(a) == repr(b))
        for (p, a), (q, b) in zip(first, second, strict=True)
    )


@dataclass(frozen=True)
class Options:
    """How a sparse derivative was asked for."""

    argnums: Any
    mode: Which
    given: Any
    has_aux: bool
    container: str
    check: bool
    optimise: bool
    holomorphic: bool
    nan_safe: bool
    symmetric: bool = False
    shown: Any = None  # the function as the user gave it
    value: bool = False  # whether the function's value comes with its derivatives
    fullest: float = 1.0  # a pattern of which more is other than zero is not wanted (``pattern.TooFull``)


def _name(f: Any) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _given(given: Any, shape: tuple[int, int], what: str) -> Pattern:
    """A pattern that the caller knows."""
    matrix = sparse().csr_array(given)
    if matrix.shape != shape:
        raise InputError(f"pattern= has shape {matrix.shape}, but the {what} is {shape[0]} x {shape[1]}")
    matrix = sparse().csr_array((matrix != 0) if matrix.nnz else matrix, dtype=bool)
    matrix.sum_duplicates()
    matrix.sort_indices()
    return Pattern(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), shape)


def _symmetrised(found: Pattern) -> Pattern:
    """The pattern and its transpose together."""
    other = transposed(found)
    if np.array_equal(found.indptr, other.indptr) and np.array_equal(found.indices, other.indices):
        return found
    size = found.shape[0]
    keys = distinct(np.concatenate([found.rows * size + found.indices, other.rows * size + other.indices]))
    rows, columns = np.divmod(keys, size)
    return replace(found, indptr=np.searchsorted(rows, np.arange(size + 1)), indices=columns)


def _made(f: F | None, again: F, symmetric: bool, options: dict[str, Any]) -> Any:
    name = again.__name__
    if f is None:
        return functools.partial(again, **options)
    if not callable(f):
        raise InputError(f"{name} needs a function, not {f!r}", instead=f"write @{name} or {name}(f)")
    modes = ("auto", "forward", "reverse", "both")
    if options.get("mode", "auto") not in modes:
        raise InputError(f"mode={options['mode']!r}", instead=f"choose one of {', '.join(modes)}")
    if options["container"] not in ("array", "matrix"):
        raise InputError(f"container={options['container']!r}", instead='choose "array" or "matrix"')
    sparse()
    argnums = checked_argnums(options["argnums"])
    flags = {k: bool(options[k]) for k in ("has_aux", "check", "optimise", "nan_safe")}
    chosen = Options(
        argnums, options.get("mode", "auto"), options["pattern"], container=options["container"],
        holomorphic=bool(options.get("holomorphic", False)), symmetric=symmetric, shown=f, **flags,
    )  # fmt: skip
    inner = f
    if symmetric:
        inner = grad(f, argnums, has_aux=flags["has_aux"], optimise=flags["optimise"], nan_safe=flags["nan_safe"])
    made = SparseJacobian(inner, chosen)
    made.dispatcher("tangents").parameters.check(argnums)
    return made


@transform(traced=None)
def sparse_jacobian(
    f: F | None = None, argnums: Argnums = 0, *, mode: Which = "auto", pattern: Any = None, has_aux: bool = False,
    container: Literal["array", "matrix"] = "array", check: bool = False, optimise: bool = True,
    holomorphic: bool = False, nan_safe: bool = True,
) -> Any:
    """The Jacobian of a function as a sparse matrix, in as few sweeps as it has colours.

    Where it can be other than zero is found by following, through the program, which elements each number can depend
    on; this holds for all values of the arguments that are differentiated. Columns (or rows) that can be told apart in
    their sum are taken in one sweep, and all sweeps in one call of generated code that works on rows of directions.

    Usable as ``sparse_jacobian(f)``, ``@sparse_jacobian`` and ``@sparse_jacobian(mode="reverse")``. Needs SciPy.

    Parameters
    ----------
    f : callable
        Plain NumPy Python. Its result may be an array, a float, or a container of such: the rows are its elements in
        order.
    argnums : int, str, or sequence of them
        Which arguments to differentiate. They may be containers: the columns are all their elements in order.
    mode : 'auto', 'forward', 'reverse' or 'both'
        Groups of columns in forward mode, of rows in reverse mode, or a few dense rows in reverse mode and the rest in
        forward mode (or columns the other way round); 'auto': what takes the fewest sweeps.
    pattern : sparse matrix or array
        Where the Jacobian may be other than zero, if that is known; it is not searched for then.
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then so does this: ``(matrix, aux)``.
    container : 'array' or 'matrix'
        ``scipy.sparse.csr_array`` (whose ``*`` is element by element, as in NumPy) or ``scipy.sparse.csr_matrix``.
    check : bool
        Whether each call compares the matrix with the derivative in one dense direction: one more sweep.
    optimise, nan_safe
        See ``grad``.
    holomorphic : bool
        Whether complex results depend analytically on complex arguments. Without, all numbers have to be real.

    Returns
    -------
    SparseJacobian
        Takes the arguments of ``f``. Elements that the pattern has and that are zero at a point are stored as zeros:
        the structure is that of the pattern at every point. ``.pattern(...)``, ``.colors(...)`` and ``.explain(...)``
        say what was found for arguments like these.

    Raises
    ------
    InputError
        SciPy is not installed; or, at a call, a pattern of the wrong shape or that does not fit.
    UnsupportedError, SourceError
        At the first call: what ``f`` does cannot be differentiated.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> J = s2sad.sparse_jacobian(lambda x: x[1:] * x[:-1])
    >>> J(np.array([1.0, 2.0, 3.0, 4.0])).toarray()
    array([[2., 1., 0., 0.],
           [0., 3., 2., 0.],
           [0., 0., 4., 3.]])
    >>> print(J.explain(np.ones(1000)))
    sparse Jacobian of <lambda>: 999 x 1,000, 1,998 elements may be other than zero
    at most 2 of them in a row, 2 in a column
    sweeps: 2 in forward mode
    """
    options = {
        "argnums": argnums, "mode": mode, "pattern": pattern, "has_aux": has_aux, "container": container,
        "check": check, "optimise": optimise, "holomorphic": holomorphic, "nan_safe": nan_safe,
    }  # fmt: skip
    return _made(f, sparse_jacobian, False, options)


@transform(traced=None)
def sparse_hessian(
    f: F | None = None, argnums: Argnums = 0, *, pattern: Any = None, has_aux: bool = False,
    container: Literal["array", "matrix"] = "array", check: bool = False, optimise: bool = True, nan_safe: bool = True,
) -> Any:
    """The Hessian of a function of one real result as a sparse matrix, in as few sweeps as it has colours.

    Forward mode over the gradient, for groups of columns. The matrix is symmetric, so each element may be read in one
    of two places, and fewer groups do than for a Jacobian: two for an arrow.

    Parameters
    ----------
    f : callable
        Plain NumPy Python whose result has exactly one element.
    argnums : int, str, or sequence of them
        Which arguments to differentiate; rows and columns are all their elements in order, of all of them together.
    pattern, has_aux, container, check, optimise, nan_safe
        See ``sparse_jacobian``.

    Returns
    -------
    SparseJacobian
        Takes the arguments of ``f``; see ``sparse_jacobian``.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> H = s2sad.sparse_hessian(lambda x: np.sum(x[1:] * x[:-1] ** 2))
    >>> H(np.array([1.0, 2.0, 3.0])).toarray()
    array([[4., 2., 0.],
           [2., 6., 4.],
           [0., 4., 0.]])
    """
    options = {
        "argnums": argnums, "pattern": pattern, "has_aux": has_aux, "container": container, "check": check,
        "optimise": optimise, "nan_safe": nan_safe,
    }  # fmt: skip
    return _made(f, sparse_hessian, True, options)


__all__ = ["SparseJacobian", "sparse_hessian", "sparse_jacobian"]
