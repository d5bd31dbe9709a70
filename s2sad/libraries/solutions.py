"""Result objects of SciPy's solvers: what ``sol.x`` and ``sol["success"]`` are in a traced program.

The solver's result is one value of the trace, without a derivative of its own. Each field is read from it by an
operation that is written ``sol.x``, and whose further operands (the function, its ``args=``), which are not written,
are what the field's rule differentiates with respect to.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any

from s2sad.front.calls import Calls
from s2sad.front.derivatives import TRANSFORMS
from s2sad.front.values import Abstract, Known, TupleOf
from s2sad.ir.core import Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import BOOL, FLOAT, INT, Object, Type
from s2sad.prims.primitive import primitive, unsupported
from s2sad.rules.book import constant

Meaning = Callable[..., Abstract]


class Solution:
    """A result object in a traced program."""

    def __getitem__(self, name):
        return getattr(self, name)

    def get(self, name, default=None):
        return getattr(self, name, default)

    def __getattr__(self, name):
        unsupported(f"the field {name} of this result", instead="compute it from the solution")


def means(function: Callable[..., Any]) -> Callable[[Meaning], Meaning]:
    """Say what a call of a function that takes functions means: a function of the machine and the arguments."""

    def enter(meaning: Meaning) -> Meaning:
        TRANSFORMS[function] = meaning
        return meaning

    return enter


def refused(library: Any, names: str, instead: str) -> None:
    """Say that these functions and classes of a library, where its version has them, have no derivative here."""

    def refusal(name: str) -> Meaning:
        def meaning(machine: Calls, *args: Abstract, **kwargs: Abstract) -> Abstract:
            machine.refuse(f"{library.__name__}.{name}", instead=instead)

        return meaning

    for name in names.split():
        if isinstance(function := getattr(library, name, None), types.FunctionType | type):
            TRANSFORMS[function] = meaning = refusal(name)
            meaning.refuses = True  # type: ignore[attr-defined]  # the page of primitives says so


def absent(value: Abstract | None) -> bool:
    """Whether an option was left out, or given as None."""
    return value is None or isinstance(value, Known) and value.value is None


def refuse_options(machine: Calls, name: str, options: Mapping[str, Abstract], unwanted: str) -> None:
    """Refuse options that would change what the result is, where they are not given as False, None or empty."""
    for option in unwanted.split():
        given = options.get(option)
        empty = isinstance(given, Known) and not given.value or isinstance(given, TupleOf) and not given.items
        if given is not None and not empty:
            machine.refuse(f"scipy.{name} with {option}=", instead="leave it out")


def written(machine: Calls, options: Mapping[str, Abstract], unwanted: str = "") -> dict[str, Any]:
    """Options as an operation takes them; what stands for the default is left out."""
    skipped = unwanted.split()
    return {k: machine.to_arg(v) for k, v in options.items() if k not in skipped and not absent(v)}


def with_parameters(infer: Callable[..., Any], parameters: str) -> Callable[..., Any]:
    """An inference function under parameters of these names; those after ``/`` have the default None."""
    needed, _, optional = parameters.partition("/")
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    made = [inspect.Parameter(p, kind) for p in needed.split()]
    for p in optional.split():
        made.append(inspect.Parameter(p, kind, default=() if p == "args" else None))

    def inferred(*args: Any, **kwargs: Any) -> Any:
        return infer(*args, **kwargs)

    inferred.__signature__ = inspect.Signature(made)  # type: ignore[attr-defined]
    return inferred


def solver(name: str, function: Callable[..., Any], parameters: str, kind: str = "OptimizeResult") -> Primitive:
    """Declare a function that gives a result object."""
    prim = primitive(
        f"scipy.{name}", function, with_parameters(lambda *args, **kwargs: Object(kind), parameters), calls=()
    )
    constant(prim)
    return prim


def field(name: str, text: str, type_of: Callable[..., Type], parameters: str = "sol") -> Primitive:
    """Declare the reading of a field of a result; the operands after the first are for its rule alone."""

    def run(sol: Any, *operands: Any, **more: Any) -> Any:
        return getattr(sol, text)

    return primitive(name, run, with_parameters(type_of, parameters), style="attribute", text=text, calls=())


def told(name: str, t: Type) -> Primitive:
    """A field that says how the search went, which has no derivative."""
    prim = field(f"solution.{name}", name, lambda sol: t)
    constant(prim)
    return prim


TOLD = {
    **{name: told(name, BOOL) for name in ("success", "converged")},
    **{
        name: told(name, INT)
        for name in ("nfev", "njev", "nhev", "nit", "cg_niter", "status", "iterations", "function_calls")
    },
    **{name: told(name, FLOAT) for name in ("optimality", "constr_violation", "maxcv", "tr_radius")},
    **{name: told(name, Object("str")) for name in ("message", "flag", "method")},
}


def solution(
    machine: Calls, sol: Value, fields: Mapping[str, Abstract], names: str, kind: type[Solution] = Solution
) -> Abstract:
    """A result object with these fields, and with those of its names that say how the search went."""
    content = dict(fields)
    for name in names.split():
        content[name] = machine.wrap(machine.emit(TOLD[name], sol))
    return machine.bare(kind, content)
