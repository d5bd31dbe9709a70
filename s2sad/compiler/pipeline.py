"""The road from a function and a signature to a compiled derivative, with every stage kept to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any, Literal

from s2sad import emit, front, passes, transforms
from s2sad.analysis.cost import cost, typical
from s2sad.compiler import axes
from s2sad.compiler.axes import Axes
from s2sad.compiler.load import load
from s2sad.compiler.parameters import Argnums, Parameters, Place
from s2sad.compiler.signature import NUMBERS, active_spec
from s2sad.compiler.stateful import InTurn, finds_what_it_left
from s2sad.depth import with_room
from s2sad.errors import Error, InputError, TraceError
from s2sad.front.program import Program, Traceable
from s2sad.front.turns import with_first_turns
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Atom, Call, Pack, Param, Trace, Value, atoms_of, values_of
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Scalar
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY

Mode = Literal[
    "primal", "grad", "value_and_grad", "jvp", "vjp", "hvp", "vhp", "jacfwd", "jacrev", "jacobian", "hessian",
    "laplacian", "divergence", "curl", "vmap", "tangents", "cotangents", "jet", "linearize",
]  # fmt: skip
JACOBIANS: tuple[Mode, Mode] = ("jacfwd", "jacrev")
SPLIT = ("vjp", "linearize")
"""Modes of two halves: the forward sweep, and what is called with what it left."""
DIRECTIONAL = ("hvp", "vhp")
"""Modes whose derivative takes one more argument than the function, the direction, behind the others."""
SEEDED = ("jvp", "jet", *DIRECTIONAL, "tangents", "cotangents")
"""Modes whose generated function takes directions behind the arguments of the function."""


@dataclass(frozen=True, slots=True)
class Transform:
    """What is made of a function. ``optimise=False`` leaves the passes out: the trace as the transform wrote it;
    ``holomorphic``: the result is one complex number that depends analytically on what is differentiated;
    ``nan_safe``: a cotangent that is zero by selection stays zero, also where the slope is infinite.
    """

    mode: Mode
    argnums: Argnums = 0
    has_aux: bool = False
    optimise: bool = True
    holomorphic: bool = False
    nan_safe: bool = True
    in_axes: Axes = None  # of vmap
    out_axes: Axes = None
    axis_size: int | None = None
    order: int = 0  # of jet: of the coefficients that it gives, and of those that it is given
    given: int = 0
    linear: bool = False  # whether the function has to be linear
    value: bool = False  # of what is not value_and_grad: whether the function's value is given, too


@dataclass(frozen=True, slots=True)
class Derived:
    """A transformed program, and the stages that led to it, by name."""

    program: Program
    stages: Mapping[str, Trace | str]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A derivative ready to run.

    ``backward`` is the second half of a ``vjp``, ``seeded`` the leaves of the result whose cotangents it takes.
    """

    program: Program
    stages: Mapping[str, Trace | str]
    source: str
    run: FunctionType
    backward: FunctionType | None = None
    places: tuple[Place, ...] = ()
    seeded: tuple[int, ...] = ()
    has_aux: bool = False

    @property
    def cotangents(self) -> object:
        """What ``backward`` gives, as in its trace."""
        last = self.stages["backward"]
        return last.result if isinstance(last, Trace) else None


def derive(fn: Callable[..., Any], parameters: Parameters, specs: Sequence[Any], transform: Transform) -> Derived:
    """Trace a function for canonical specifications and transform the trace.

    Raises
    ------
    InputError
        An argument that is asked for has no derivative, or the result is not one number where it has to be.
    UnsupportedError, SourceError
        The function cannot be traced, or an operation in it has no derivative rule.
    """
    return with_first_turns(lambda: with_room(lambda: _derive(fn, parameters, specs, transform)))


def _derive(fn: Callable[..., Any], parameters: Parameters, given: Sequence[Any], transform: Transform) -> Derived:
    places: tuple[Place, ...] = ()
    specs = list(given)
    mapped: list[axes.Mapped] = []
    if transform.mode == "vmap":
        specs, mapped = axes.rows_of(transform.in_axes, parameters, specs)
        axes.extent(mapped, transform.axis_size)
    elif transform.mode != "primal":
        places = parameters.places(transform.argnums, specs)
        for place in places:
            specs = with_active(specs, place, parameters.label(place))
    args, kwargs = parameters.unbind(specs)
    if isinstance(fn, Traceable):
        program = fn.__s2sad_program__(args, kwargs)
    else:
        program = front.trace_call(fn, args, kwargs)
    primal = plain(program.trace, parameters.function)
    stages: dict[str, Trace | str] = {"primal": primal}
    if transform.mode == "vmap" and finds_what_it_left(program):
        program = front.trace_call(InTurn(fn, transform, primal.name), *parameters.unbind(given))
        derived = replace(program.trace, origin=axes.told(primal.name, mapped))
        return _simplified(program, derived, stages, transform)
    if transform.mode == "primal":
        return Derived(replace(program, trace=primal), stages)
    if transform.optimise:
        primal = passes.dce(passes.cse(primal)) if transform.mode == "vmap" else passes.prepared(primal)
    if transform.mode == "vmap":
        derived = axes.vectorized(primal, mapped, transform.out_axes, transform.axis_size)
        derived = replace(derived, origin=axes.told(primal.name, mapped))
        program = replace(program, statics=tuple(axes.of_rows(guard, mapped) for guard in program.statics))
        return _simplified(program, derived, stages, transform)
    chosen = [argument_at(primal, parameters, place) for place in places]
    labels = ", ".join(map(parameters.label, places))
    if transform.mode == "jacobian":
        transform = replace(transform, mode=cheaper(primal, chosen, transform, samples_at(primal, parameters, specs)))
    derived = replace(
        transformed(primal, chosen, transform), origin=_ORIGINS[transform.mode].format(f=primal.name, x=labels)
    )
    return _simplified(program, derived, stages, transform)


def _simplified(program: Program, derived: Trace, stages: dict[str, Trace | str], transform: Transform) -> Derived:
    """The transformed program, optimised where that is wanted."""
    stages["derivative"] = derived
    if transform.optimise:
        derived = passes.optimise(derived)
        stages["optimised"] = derived
    return Derived(replace(program, trace=derived), stages)


_ORIGINS: dict[Mode, str] = {
    "primal": "",
    "grad": "Gradient of {f} with respect to {x} (reverse mode).",
    "value_and_grad": "Value of {f} and its gradient with respect to {x} (reverse mode).",
    "jvp": "Value of {f} and its tangent for tangents of {x} (forward mode).",
    "jet": "Value of {f} and its Taylor coefficients for coefficients of {x}.",
    "vjp": "Value of {f} and the cotangents of {x} (reverse mode).",
    "vmap": "",
    "hvp": "Product of the Hessian of {f} with respect to {x} and a direction (forward over reverse mode).",
    "vhp": "Product of a direction and the Hessian of {f} with respect to {x} (reverse over forward mode).",
    "linearize": "Value of {f}, and its tangent for tangents of {x} as a program of its own.",
    "jacfwd": "Jacobian of {f} with respect to {x} (forward mode, all directions in one sweep).",
    "jacrev": "Jacobian of {f} with respect to {x} (reverse mode, all cotangents in one sweep).",
    "jacobian": "Jacobian of {f} with respect to {x} (all directions in one sweep).",
    "hessian": "Hessian of {f} with respect to {x} (forward over reverse mode, all directions in one sweep).",
    "laplacian": "Laplacian of {f} with respect to {x} (forward over forward mode, all directions in one sweep).",
    "divergence": "Divergence of {f} with respect to {x} (forward mode, all directions in one sweep).",
    "curl": "Curl of {f} with respect to {x} (forward mode, all directions in one sweep).",
    "tangents": "Tangents of {f} for rows of tangents of {x} (forward mode).",
    "cotangents": "Cotangents of {x} for rows of cotangents of {f} (reverse mode).",
}


def with_active(specs: Sequence[Any], place: Place, label: str) -> list[Any]:
    """Specifications with the argument at a place made fit for differentiation."""
    index, key = place
    out = list(specs)
    if key is None:
        out[index] = active_spec(out[index], label)
    elif isinstance(key, str):
        out[index] = {k: active_spec(v, label) if k == key else v for k, v in out[index].items()}
    else:
        out[index] = tuple(active_spec(v, label) if k == key else v for k, v in enumerate(out[index]))
    return out


def plain(trace: Trace, name: str) -> Trace:
    """A trace to transform (again): without the section marks of an earlier transform, under a name that can be one."""
    ops = tuple(op for op in trace.body.ops if not (isinstance(op, Call) and op.prim is structure.section))
    named = trace.name if trace.name.isidentifier() else name if name.isidentifier() else "f"
    return replace(trace.with_body(ops), name=named)


def argument_at(trace: Trace, parameters: Parameters, place: Place) -> Arg:
    """The structure of values that stands for the argument at a place.

    Raises
    ------
    TraceError
        The argument is no variable of the trace: a fault of ours, since what is differentiated stays one.
    """
    index, key = place
    label = parameters.label(place)
    found: Arg | None = dict(trace.arguments).get(key if isinstance(key, str) else parameters.names[index])
    if isinstance(key, int) and isinstance(found, Pack):
        found = found.items[key]
    if found is None or any(is_number(atom) for atom in atoms_of(found)):
        raise TraceError(f"{label} of {parameters.function} is no variable of its trace")
    return found


def is_number(atom: Atom) -> bool:
    """Whether an atom is a number that the trace knows."""
    return isinstance(atom, Constant) and isinstance(atom.value, NUMBERS) and not isinstance(atom.value, bool)


def transformed(primal: Trace, chosen: Sequence[Arg], transform: Transform) -> Trace:
    """The derivative's trace, with its result in the structure that the user gets."""
    wrt = tuple(values_of(*chosen))
    aux: Arg | None = None
    if transform.has_aux:
        primal, aux = without_aux(primal)
    match transform.mode:
        case "vmap":
            raise TraceError(f"{primal.name} is mapped, not differentiated")
        case "jvp":
            out = transforms.pushforward(primal, wrt, nan_safe=transform.nan_safe)
            if aux is not None:
                assert isinstance(out.result, Pack)
                return replace(out, result=Pack("tuple", (*out.result.items, aux)))
            return out
        case "tangents" | "cotangents" as mode:
            if transform.value:
                aux = primal.result if aux is None else Pack("tuple", (primal.result, aux))
            rows = transforms.tangents if mode == "tangents" else transforms.cotangents
            return rows(primal, wrt, aux, nan_safe=transform.nan_safe)
        case "jet":
            out = transforms.series(primal, wrt, transform.order, transform.given)
            assert isinstance(out.result, Pack)
            return out if aux is None else replace(out, result=replace(out.result, items=(*out.result.items, aux)))
        case "vjp":
            out = transforms.pullback(primal, wrt, value=True, nan_safe=transform.nan_safe)
            assert isinstance(out.result, Pack)
            result, bars = out.result.items
            out, bars = as_arrays(out, wrt, bars)
            value = result if aux is None else Pack("tuple", (result, aux))
            return replace(out, result=Pack("tuple", (value, Pack("tuple", restored(chosen, bars)))))
        case "grad" | "value_and_grad":
            primal = one_element(primal, transform)
            out = transforms.pullback(primal, wrt, value=False, seed=1.0, nan_safe=transform.nan_safe)
            single = isinstance(transform.argnums, int | str)
            out, bars = as_arrays(out, wrt, out.result)
            parts = restored(chosen, bars)
            grads = parts[0] if single else Pack("tuple", parts)
            if transform.mode == "grad":
                result = grads if aux is None else Pack("tuple", (grads, aux))
                return replace(out, result=result)
            value = primal.result if aux is None else Pack("tuple", (primal.result, aux))
            return replace(out, name=f"{primal.name}_value_and_grad", result=Pack("tuple", (value, grads)))
        case "linearize":
            out = transforms.linearized(primal, wrt, nan_safe=transform.nan_safe)
            assert isinstance(out.result, Pack)
            value, dots = out.result.items
            return replace(out, result=Pack("tuple", (value if aux is None else Pack("tuple", (value, aux)), dots)))
        case "hvp":
            gradient = transformed(primal, chosen, replace(transform, mode="grad", has_aux=False))
            gradient, aux = again(gradient, aux, primal.name, transform)
            out = transforms.pushforward(gradient, wrt, nan_safe=transform.nan_safe)
            return with_aux(replace(out, name=f"{primal.name}_hvp"), -1, aux)
        case "vhp":
            slope = transforms.pushforward(one_element(primal, transform), wrt, nan_safe=transform.nan_safe)
            assert isinstance(slope.result, Pack)
            slope, aux = again(replace(slope, result=slope.result.items[1]), aux, primal.name, transform)
            out = transformed(slope, chosen, replace(transform, mode="grad", has_aux=False))
            return with_aux(replace(out, name=f"{primal.name}_vhp"), None, aux)
        case "jacfwd" | "jacrev" | "laplacian" | "divergence" | "curl" as mode:
            make = {"jacfwd": transforms.jacfwd, "jacrev": transforms.jacrev, "laplacian": transforms.laplacian,
                    "divergence": transforms.divergence, "curl": transforms.curl}[mode]  # fmt: skip
            return with_value(make(primal, chosen, options_of(transform, aux)), transform.value)
        case "jacobian":
            best = cheaper(primal, chosen, transform, {})
            whole = primal if aux is None else replace(primal, result=Pack("tuple", (primal.result, aux)))
            return transformed(whole, chosen, replace(transform, mode=best))
        case "hessian":
            inner = transforms.jacrev(primal, chosen, options_of(transform, aux))
            inner, _ = again(inner, None, primal.name, transform)
            assert isinstance(inner.result, Pack)
            value, slopes, *along = inner.result.items
            options = options_of(transform, Pack("tuple", (value, *along)))
            like = tuple(values_of(*chosen)) if isinstance(value.type, Scalar) else ()
            out = transforms.jacfwd(replace(inner, result=slopes), chosen, options, like)
            assert isinstance(out.result, Pack)
            _, whole_derivative, kept = out.result.items
            assert isinstance(kept, Pack)
            value, *along = kept.items
            result = Pack("tuple", (value, whole_derivative, *along))
            return with_value(replace(out, name=f"{primal.name}_hessian", result=result), transform.value)
        case "primal":
            return primal


def cheaper(primal: Trace, chosen: Sequence[Arg], transform: Transform, samples: Mapping[Value, Any]) -> Mode:
    """The mode in which the whole Jacobian takes fewer operations; the other one where one is refused."""
    counts: dict[Mode, float] = {}
    refused: list[Error] = []
    for mode in JACOBIANS:
        try:
            derived = transformed(primal, chosen, replace(transform, mode=mode, has_aux=False, value=True))
        except Error as error:
            refused.append(error)
            continue
        derived = passes.dce(passes.cse(derived))
        counts[mode] = cost(derived, {**typical(p.value for p in derived.params), **samples}).operations
    if not counts:
        raise refused[0]
    return min(counts, key=lambda mode: counts[mode])


def samples_at(trace: Trace, parameters: Parameters, specs: Sequence[Any]) -> dict[Value, Any]:
    """What is known today of the arguments of a trace."""
    out: dict[Value, Any] = {}

    def match(arg: Arg, spec: Any) -> None:
        if isinstance(arg, Value):
            if isinstance(spec, front.Leaf) and spec.value is not front.UNKNOWN:
                out[arg] = spec.value
        elif isinstance(arg, Pack):
            fields = spec.fields if isinstance(spec, front.Record) else spec
            if isinstance(fields, dict):
                pairs = [(item, fields.get(key)) for key, item in zip(arg.keys, arg.items, strict=False)]
            elif isinstance(fields, tuple | list):
                pairs = list(zip(arg.items, fields, strict=False))
            else:
                return
            for item, part in pairs:
                match(item, part)

    arguments = dict(trace.arguments)
    for name, spec in zip(parameters.names, specs, strict=True):
        if name in arguments:
            match(arguments[name], spec)
    return out


def options_of(transform: Transform, along: Arg | None = None) -> transforms.Options:
    """What a Jacobian has to know of the transform, and what is to come with it."""
    single = isinstance(transform.argnums, int | str)
    return transforms.Options(single, transform.holomorphic, transform.nan_safe, along)


def again(derivative: Trace, aux: Arg | None, name: str, transform: Transform) -> tuple[Trace, Arg | None]:
    """A derivative as the function to transform next, and the auxiliary result, which is of no account there."""
    trace = plain(replace(derivative, name=name), name)
    if not transform.optimise:
        return trace, aux
    if aux is None:
        return passes.optimise(trace), None
    both = passes.optimise(replace(trace, result=Pack("tuple", (trace.result, aux))))
    assert isinstance(both.result, Pack)
    result, aux = both.result.items
    return replace(both, result=result), aux


def with_value(trace: Trace, value: bool) -> Trace:
    """A trace of value, derivative and what comes along with the derivative alone, or with both, and with the last."""
    assert isinstance(trace.result, Pack)
    own, derivative, *along = trace.result.items
    aux = along[0] if along else None
    if not value:
        return with_aux(trace, 1, aux)
    return replace(trace, result=Pack("tuple", (own if aux is None else Pack("tuple", (own, aux)), derivative)))


def with_aux(trace: Trace, item: int | None, aux: Arg | None) -> Trace:
    """The trace with one item of its result alone (all of it for None), and the auxiliary result behind it."""
    result = trace.result
    if item is not None:
        assert isinstance(result, Pack)
        result = result.items[item]
    return replace(trace, result=result if aux is None else Pack("tuple", (result, aux)))


def restored(chosen: Sequence[Arg], bars: Arg) -> tuple[Arg, ...]:
    """Cotangents, given in the order of all leaves, in the structure of each chosen argument."""
    assert isinstance(bars, Pack)
    remaining = iter(bars.items)
    return tuple(with_leaves(arg, remaining) for arg in chosen)





def as_arrays(trace: Trace, wrt: Sequence[Value], bars: Arg) -> tuple[Trace, Arg]:
    """A pullback whose cotangents of arrays without axes are arrays too: NumPy's arithmetic makes scalars of them."""
    assert isinstance(bars, Pack)
    if not any(isinstance(v.type, Array) and v.type.axes == () for v in wrt):
        return trace, bars
    builder = Builder(list(trace.body.ops))
    array = REGISTRY.by_name["np.array"]
    items = tuple(
        builder.call(array, bar) if isinstance(v.type, Array) and v.type.axes == () else bar
        for v, bar in zip(wrt, bars.items, strict=True)
    )
    return trace.with_body(tuple(builder.ops)), Pack("tuple", items)


def with_leaves(arg: Arg, remaining: Any) -> Arg:
    """The structure with its atoms taken from an iterator."""
    if isinstance(arg, Pack):
        return replace(arg, items=tuple(with_leaves(item, remaining) for item in arg.items))
    if not isinstance(arg, Value):
        return Constant(None)  # a string, say, in a container of parameters
    leaf: Arg = next(remaining)
    return leaf


def without_aux(trace: Trace) -> tuple[Trace, Arg]:
    """A trace with result ``(out, aux)`` as one with result ``out``, and ``aux``."""
    if not isinstance(trace.result, Pack) or trace.result.kind not in ("tuple", "list") or len(trace.result.items) != 2:
        raise InputError(
            f"has_aux=True needs a result (out, aux), and {trace.name} gives {describe(trace.result)}",
            instead="return a tuple of two, or leave has_aux out",
        ).at(trace.loc)
    out, aux = trace.result.items
    return replace(trace, result=out), aux


def one_element(trace: Trace, transform: Transform) -> Trace:
    """The trace itself where its result is one real number; guarded where only the run can tell."""
    result = trace.result
    t = result.type
    number = "complex number" if transform.holomorphic else "real number"
    what = f"{transform.mode} needs a function whose result is one {number}"
    if isinstance(result, Pack) or not isinstance(t, Scalar | Array):
        raise InputError(
            f"{what}; the result of {trace.name} is {describe(result)}",
            instead="return one number, or use vjp or jacobian; has_aux=True takes more results along",
        ).at(trace.loc)
    if t.dtype[0] != ("c" if transform.holomorphic else "f"):
        instead = "return its real part, or, if the function is analytic, ask for its derivative with holomorphic=True"
        if transform.holomorphic:
            instead = "leave out holomorphic=True"
        elif t.dtype[0] != "c":
            instead = "return a float"
        raise InputError(f"{what}; that of {trace.name} is of type {t}", instead=instead).at(trace.loc)
    if isinstance(t, Scalar) or t.axes is not None and all(axis == "1" for axis in t.axes):
        return trace
    if t.axes is not None and any(axis == "n" for axis in t.axes):
        raise InputError(
            f"{what}; that of {trace.name} is an array of type {t}",
            instead="reduce it (np.sum, np.mean), or use jacobian for all derivatives, or vjp for a weighted sum",
        ).at(trace.loc)
    return checked_size(trace, size_message(transform.mode))


def size_message(mode: Mode) -> str:
    """What a derivative says when only its run can tell that the result has more than one element."""
    return f"{mode} needs a function whose result is one real number; reduce it (np.sum), or use jacobian or vjp"


def checked_size(trace: Trace, message: str) -> Trace:
    """The trace with a check, when it runs, that its result has one element."""
    builder = Builder(list(trace.body.ops))
    result = front.inline(builder, _one_element, {"result": trace.result, "message": Constant(message)})
    return trace.with_body(tuple(builder.ops), result)


def _one_element(result: Any, message: Any) -> Any:
    if result.size != 1:
        raise TypeError(message)
    return result


def describe(arg: Arg) -> str:
    """A result in words."""
    match arg:
        case Pack(kind="tuple" | "list" as kind, items=items):
            return f"a {kind} of {len(items)}"
        case Pack(kind="dict", keys=keys):
            return f"a dict with keys {list(keys)}"
        case Pack(cls=cls):
            return f"a {cls.__name__ if cls else arg.kind}"
        case _:
            return str(arg.type)


def compiled(fn: Callable[..., Any], parameters: Parameters, specs: Sequence[Any], transform: Transform) -> Compiled:
    """Everything from a function and canonical specifications to a function that runs. See ``derive`` for errors."""
    return with_first_turns(lambda: with_room(lambda: _compiled(fn, parameters, specs, transform)))


def _compiled(fn: Callable[..., Any], parameters: Parameters, specs: Sequence[Any], transform: Transform) -> Compiled:
    derived = derive(fn, parameters, specs, transform)
    trace = passes.lowered(derived.program.trace) if transform.optimise else derived.program.trace
    stages = dict(derived.stages)
    places = parameters.places(transform.argnums, specs) if transform.mode not in ("primal", "vmap") else ()
    if transform.mode not in SPLIT:
        source, names = emit.written(trace, trace.origin or None, parameters.defaults)
        stages["source"] = source
        return Compiled(derived.program, stages, source, load(source, trace.name, names), None, places)
    forward, backward = halves(trace, transform)
    if transform.optimise:
        forward, backward = passes.optimise(forward), passes.optimise(backward)
    stages.update(forward=forward, backward=backward)
    first, first_names = emit.written(forward, docstring=forward.origin)
    second, second_names = emit.written(backward, docstring=backward.origin)
    stages["source"] = source = together(first, second)
    seeded = tuple(map(seed_place, seeds(backward)))
    return Compiled(
        replace(derived.program, trace=forward), stages, source, load(first, forward.name, first_names),
        load(second, backward.name, second_names), places, seeded, transform.has_aux,
    )  # fmt: skip


def halves(trace: Trace, transform: Transform) -> tuple[Trace, Trace]:
    """The two halves of a derivative."""
    forward, backward = transforms.split(trace)
    if transform.optimise:
        forward, backward = transforms.sizes_instead(forward, backward, shaped_like(trace))
    if transform.mode == "linearize":
        name = forward.name.removesuffix("_linearize_forward")
        forward = replace(forward, name=f"{name}_forward", origin=f"Value of {name}, and what its derivative needs.")
        origin = f"Tangent of {name} for tangents of its arguments."
        backward = replace(backward, name=f"{name}_linear", origin=origin)
        forward, backward = transforms.unmarked(forward), transforms.unmarked(backward)
    return forward, backward


def shaped_like(trace: Trace) -> dict[Value, Atom]:
    """What each seed of a derivative in two halves has the shape of: an argument, or a leaf of the result."""
    assert isinstance(trace.result, Pack)
    leaves = list(atoms_of(trace.result.items[0]))
    return {p.value: p.like or leaves[seed_place(p)] for p in trace.params if p.kind == "seed"}


def seed_place(seed: Param) -> int:
    """Which of the leaves a seed in a derivative of two halves is for."""
    return int(seed.path.removeprefix("result[").removesuffix("]"))


def nonlinear(derived: Trace, chosen: Sequence[Arg], name: str) -> None:
    """Refuse a function that is not linear in its arguments: a pullback of it that hangs on their numbers."""
    assert isinstance(derived.result, Pack)
    if transforms.reads_values(derived, tuple(values_of(*chosen)), values_of(derived.result.items[1])):
        raise InputError(
            f"{name} is not linear",
            why="its derivative hangs on where it is taken",
            instead="use linearize or vjp, for the derivative at a point",
        ).at(derived.loc)


def together(first: str, second: str) -> str:
    """Two generated modules as one text: what both import or define stands there once."""
    imports: dict[str, None] = {}
    definitions: dict[str, None] = {}
    for text in (first, second):
        for block in text.strip("\n").split("\n\n\n"):
            (imports if block.startswith("import ") else definitions).update(
                dict.fromkeys(block.splitlines() if block.startswith("import ") else [block])
            )
    head = ["\n".join(imports)] if imports else []
    return "\n\n\n".join([*head, *definitions]) + "\n"


def captures(trace: Trace) -> tuple[Param, ...]:
    """The trace's parameters that the caller reads for it, in order."""
    return tuple(p for p in trace.params if p.kind == "capture")


def seeds(trace: Trace) -> tuple[Param, ...]:
    """The trace's parameters that carry tangents or cotangents, in order."""
    return tuple(p for p in trace.params if p.kind == "seed")
