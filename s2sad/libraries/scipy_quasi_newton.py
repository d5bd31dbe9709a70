"""``scipy.optimize``: ``broyden1`` and its kin, which find roots of functions of arrays of any shape."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
import scipy.optimize as so

from s2sad.compiler.callbacks import as_array, handed
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.implicit import custom_root
from s2sad.ir.core import Arg, Literal, Value
from s2sad.ir.types import Type
from s2sad.libraries.solutions import means, refuse_options, with_parameters, written
from s2sad.prims.primitive import primitive
from s2sad.rules.book import constant


def root_of_array(solver, F, xin, args=(), **options):  # noqa: N803
    """A root found by scipy.optimize.broyden1 or its kin, of a function that takes further arguments."""
    return getattr(scipy.optimize, solver)(lambda x: F(x, *args), xin, **options)


def _like(solver: Arg, F: Arg, xin: Arg, *rest: Any, **more: Any) -> Type:  # noqa: N803
    assert isinstance(xin, Value)
    return xin.type


OPTIONS = """
    iter alpha max_rank maxiter f_tol f_rtol x_tol x_rtol line_search reduction_method w0 M alphamax rdiff method
    inner_maxiter outer_k
"""
root_of_array_ = primitive(
    "root_of_array", root_of_array, with_parameters(_like, f"solver F xin / args {OPTIONS}"), style="helper"
)
constant(root_of_array_)


def nearby(F, x, args):  # noqa: N803
    """The root that was found, as a function of everything."""
    return custom_root(lambda x: F(x, *args), x, lambda F, x: x)  # noqa: PLW0108  (traced, not called as it stands)


def declared(name: str) -> None:
    """Say what a call of one of these solvers means."""

    @means(getattr(so, name))
    def meaning(
        machine: Calls, F: Abstract, xin: Abstract, iter: Abstract | None = None, **options: Abstract  # noqa: A002, N803
    ) -> Abstract:
        refuse_options(machine, f"optimize.{name}", options, "verbose callback tol_norm inner_M inner_callback")
        start = machine.call(Known(np.asarray), (xin,), {"dtype": Known(float)})
        held = machine.to_arg(start)
        assert isinstance(held, Value)
        f = handed(machine, F, [held], None, as_array)
        more = options if iter is None else options | {"iter": iter}
        named = written(machine, more, "verbose callback tol_norm inner_M inner_callback")
        found = machine.emit(root_of_array_, Literal(name), f.function, held, args=f.args, **named)
        parts = pack(tuple(machine.wrap(v) for v in f.captured))
        return machine.call(Known(nearby), (Known(f.function.value), machine.wrap(found), parts), {})


for name in ("broyden1", "broyden2", "anderson", "newton_krylov", "linearmixing", "excitingmixing", "diagbroyden"):
    declared(name)
