"""Dense Jacobians that are mostly zero: computed in as few sweeps as a sparse one has colours, and spread out.

A full sweep carries a row for each column of the Jacobian through every operation. Where each result hangs on few
arguments, a handful of rows do (``sparse.py``), and what is left is to write their numbers to their places.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from s2sad.analysis.cost import Cost, cost, typical
from s2sad.api import grad
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.pipeline import Compiled, Mode, Transform, argument_at, captures, samples_at, seeds
from s2sad.compiler.signature import spec_of
from s2sad.errors import Error
from s2sad.ir.core import Arg, Call, Pack, Trace, Value
from s2sad.ir.types import Array, Scalar, axes
from s2sad.ir.walk import all_ops
from s2sad.sparse import Options, Plan, SparseJacobian, Which
from s2sad.sparsity.pattern import TooFull
from s2sad.views.highlight import Source

LEAST = 1_000_000  # operations of the full sweep: to look for zeros in less than that takes longer
SWEEPS = 32  # the full sweep counts at least so many times the function: else it is no sweep of many rows
LOOKED_AT = 30_000  # operations that could be done in the time in which the pattern's analysis follows one call
FULLEST = 1 / 16  # of a row that may be other than zero


_DIRECTIONS: dict[Mode, Which] = {"jacobian": "either", "jacfwd": "forward", "jacrev": "reverse", "hessian": "forward"}


class Compressed:
    """The Jacobian of a function of arrays whose result is an array, by way of groups of columns or rows; or the
    Hessian of a function of an array, which is the Jacobian of its gradient and symmetric.
    """

    def __init__(self, primal: Callable[..., Any], transform: Transform) -> None:
        t = transform
        self.symmetric = t.mode == "hessian"
        options = Options(
            t.argnums, _DIRECTIONS[t.mode], None, t.has_aux, "array", False, t.optimise, t.holomorphic, t.nan_safe,
            symmetric=self.symmetric, shown=primal, value=t.value, fullest=FULLEST,
        )  # fmt: skip
        if self.symmetric:
            primal = grad(primal, t.argnums, has_aux=t.has_aux, optimise=t.optimise, nan_safe=t.nan_safe)
        self.transform, self.sparse = t, SparseJacobian(primal, options)
        self._latest: Mode = "tangents"

    def cost(
        self, dense: Cost, made: Compiled, parameters: Parameters, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[Cost, str] | None:
        """What it takes for arguments like these, and in which sweeps; None where it is not for them.

        Parameters
        ----------
        dense, made : what the full sweep takes, and the derivative that does it.
        """
        primal = made.stages["primal"]
        assert isinstance(primal, Trace)
        if dense.operations < LEAST or not self._has_arrays(primal, made, parameters):
            return None
        once = cost(primal, sampled(primal, made, parameters, args, kwargs))
        if once.operations * SWEEPS > dense.operations or once.calls * LOOKED_AT > 4.0 * dense.operations:
            return None
        if importlib.util.find_spec("scipy") is None:
            return None
        try:
            plan, sweeps = self._found(args, kwargs)
        except (TooFull, Error):
            return None
        if plan.colouring.sweeps == 0 or not self._agrees(primal, args, kwargs):
            return None
        count = plan.colouring.sweeps
        found = sampled(sweeps.program.trace, sweeps, parameters, args, kwargs)
        shapes = plan.inputs if mode_of(plan) == "tangents" else plan.outputs
        for seed, shape in zip(seeds(sweeps.program.trace), shapes, strict=True):
            found[seed.value] = np.broadcast_to(0.0, (count, *shape))
        out = cost(sweeps.program.trace, found)
        out.add(Cost(float(plan.pattern.shape[0]) * plan.pattern.shape[1], 2.0))  # zeros, and the numbers into them
        return out, f"{count:,} sweep{'s' * (count > 1)} of {plan.colouring.kind} mode"

    def _found(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Plan, Compiled]:
        """The plan for a call, and the compiled sweeps."""
        plan, _ = self.sparse.plan(args, kwargs)
        return plan, self.sparse.compiled(mode_of(plan), args, kwargs)

    def _agrees(self, primal: Trace, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """Whether the derivative in a direction in which everything moves is what the pattern says: one more sweep.

        A program that does something to the world, or draws numbers, is not run for that.
        """
        if any(isinstance(op, Call) and op.prim.effect for op in all_ops(primal.body.ops)):
            return True
        try:
            with np.errstate(all="ignore"):
                plan, made, data, _ = self.sparse.elements(args, kwargs)
                self.sparse.checked(self.sparse.matrix(plan.pattern, data), plan, made, args, kwargs)
        except Exception:  # what the program raises, the full sweep raises too
            return False
        return True

    def _has_arrays(self, primal: Trace, made: Compiled, parameters: Parameters) -> bool:
        """Whether arrays of floats are mapped to one; of a Hessian, whether one is mapped to a number."""
        result = primal.result
        t = self.transform
        if self.symmetric and (t.value or t.holomorphic or not isinstance(t.argnums, int | str)):
            return False
        if self.transform.has_aux:
            assert isinstance(result, Pack)
            result = result.items[0]
        fits = is_float(result) if self.symmetric else is_array(result)
        return fits and all(is_array(argument_at(primal, parameters, place)) for place in made.places)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The blocks, as the full sweep gives them.

        Raises
        ------
        TooFull
            For what the function reads today, most of the Jacobian may be other than zero.
        """
        plan, _, data, extra = self.sparse.elements(args, kwargs)
        self._latest = mode_of(plan)
        rows, columns = plan.pattern.shape
        matrix = np.zeros((rows, columns))
        matrix.ravel()[plan.pattern.places] = data
        (out,) = plan.outputs
        if isinstance(self.transform.argnums, int | str):
            blocks: Any = matrix.reshape(*out, *plan.inputs[0])
        else:
            ends = np.cumsum([int(np.prod(shape)) for shape in plan.inputs])
            parts = np.split(matrix, ends[:-1], axis=1)
            blocks = tuple(
                np.ascontiguousarray(part).reshape(*out, *shape)
                for part, shape in zip(parts, plan.inputs, strict=True)
            )
        if self.transform.value:
            return extra, blocks
        return (blocks, extra) if self.transform.has_aux else blocks

    @property
    def source(self) -> Source:
        """The generated sweeps of the last call as text."""
        last = self.sparse.dispatcher(self._latest).last
        assert last is not None
        return Source(last.source)

    def source_for(self, *args: Any, **kwargs: Any) -> Source:
        """The generated sweeps for arguments like these."""
        return Source(self._found(args, kwargs)[1].source)


def mode_of(plan: Plan) -> Mode:
    """In which mode the directions of a plan are followed."""
    return "tangents" if plan.colouring.forward else "cotangents"


def is_float(arg: Arg) -> bool:
    """Whether this is one number."""
    t = arg.type if isinstance(arg, Value) else None
    return isinstance(t, Array | Scalar) and t.dtype == "f64" and axes(t) == ()


def is_array(arg: Arg) -> bool:
    return isinstance(arg, Value) and isinstance(arg.type, Array) and arg.type.dtype == "f64" and bool(arg.type.axes)


def sampled(
    trace: Trace, made: Compiled, parameters: Parameters, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[Value, Any]:
    """Values of the parameters of a trace of a compiled derivative, at a call's arguments."""
    out = typical(p.value for p in trace.params)
    values = parameters.bind(args, kwargs)
    specs = [spec_of(v, n) for v, n in zip(values, parameters.names, strict=True)]
    out.update(samples_at(trace, parameters, specs))
    read = {c.path: c for c in made.program.captures}
    out.update((p.value, read[p.path].read()) for p in captures(trace) if p.path in read)
    return out
