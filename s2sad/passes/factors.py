"""Factorizations used again: by the reverse sweep, by other systems with the same matrix, by all steps of a loop.

``factored`` goes before differentiation. In a program that uses SciPy, which has LU factors where NumPy has none,
solvers of NumPy are written with factors that are there once for each matrix; and factors of a matrix that stays the
same in a loop are made before the loop, with what the matrix is made of. Their derivative is that of what is computed
with them (``libraries.scipy_factors``), which takes the matrix along. ``with_plain_solvers`` goes last: there nothing
takes the matrix along, and where factors serve one system alone, that is NumPy's function again.

What is made before a loop that may be left at once must not raise: factors of singular matrices are no error until they
are used, and the matrix is a sum or product of arrays.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace

from s2sad.analysis.sizes import Sizes
from s2sad.ir.core import (
    Arg,
    Atom,
    Call,
    For,
    Literal,
    Op,
    Pack,
    Region,
    Trace,
    Value,
    While,
    operands,
    regions,
    values_of,
)
from s2sad.ir.types import Array, rank
from s2sad.ir.walk import all_ops, result_values
from s2sad.passes.dce import dce
from s2sad.passes.rewriter import Rewriter
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.structure import dim

BY_FACTORS = {
    "np.linalg.solve": "solved_by", "np.linalg.inv": "inverted_by", "np.linalg.det": "determined_by",
    "np.linalg.slogdet": "log_determined_by",
}  # fmt: skip
"""What NumPy's functions of one matrix are by its factors."""
DIRECT = {name: function for function, name in BY_FACTORS.items()}
TAKING_ALONG = {"scipy.linalg.lu_solve": "lu_solve_by", "scipy.linalg.cho_solve": "cho_solve_by"}
"""Solutions by factors of the program's own, and those for which it is known of which matrix these are."""
FACTORS = ("lu_of", "scipy.linalg.lu_factor")
"""What is made before a loop: factors of our own, and those of the program."""
STEADY = frozenset(
    ("np.eye", "np.identity", "np.diag", "np.diagonal", "ndarray.T", "ndarray.swapaxes", "np.swapaxes", "matmul",
     "np.dot", "np.outer", "dim", "np.kron")
)  # fmt: skip
"""What a matrix may be made of before a loop, beside arithmetic."""


def factored(trace: Trace) -> Trace:
    """The program with the LU factors of its matrices."""
    if "scipy" in trace.libraries and any(_concerned(op) for op in all_ops(trace.body.ops)):
        importlib.import_module("s2sad.libraries.scipy_linalg")
        trace = _Factored().trace(trace)
    if any(isinstance(op, Call) and op.prim.name in FACTORS for op in all_ops(trace.body.ops)):
        trace = _Hoisted().trace(trace)
    return trace


def _concerned(op: Op) -> bool:
    """Whether an operation is one that factors may be used for."""
    return isinstance(op, Call) and op.prim.name.startswith(("np.linalg.", *TAKING_ALONG))


def _by_factors(op: Op) -> bool:
    """Whether an operation is one of NumPy's on one matrix, in the dtype that LAPACK works in."""
    if not isinstance(op, Call) or op.prim.name not in BY_FACTORS:
        return False
    a = op.args[0].type
    if not isinstance(a, Array) or a.axes is None or len(a.axes) != 2 or a.dtype not in ("f32", "f64", "c64", "c128"):
        return False
    b = op.args[-1].type
    return isinstance(b, Array) and b.dtype == a.dtype and len(b.axes or ()) in (1, 2)


class _Factored(Rewriter):
    """NumPy's functions by factors. Those of a transposed matrix are those of the matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.transposes: dict[Arg, Arg] = {}
        self.matrices: dict[tuple[Arg, ...], Arg] = {}

    def call(self, op: Call) -> None:
        match op.prim.name:
            case "ndarray.T":
                self.transposes[op.result] = op.args[0]
            case "scipy.linalg.lu_factor":
                self.matrices[op.results] = op.args[0]
            case "scipy.linalg.cholesky":
                self.matrices[(op.result, *(v for _, v in op.kwargs))] = op.args[0]
            case "scipy.linalg.lu_solve" | "scipy.linalg.cho_solve":
                self.given_factors(op)
                return
            case "np.linalg.cholesky" if rank(op.args[0].type) == 2:
                op = replace(op, prim=REGISTRY.by_name["lower_cholesky"])
                self.changed = True
        if not _by_factors(op):
            self.emit(op)
            return
        a, *right = op.args
        options: tuple[tuple[str, Arg], ...] = ()
        if right and a in self.transposes:
            a, options = self.transposes[a], (("trans", Literal(1)),)
        lu_of, prim = REGISTRY.by_name["lu_of"], REGISTRY.by_name[BY_FACTORS[op.prim.name]]
        types = lu_of.infer(a)
        assert isinstance(types, tuple)
        lu, pivots = Value(types[0], "lu"), Value(types[1], "pivots")
        self.emit(Call(lu_of, (a,), (lu, pivots), (), op.loc))
        self.emit(Call(prim, (lu, pivots, *right), op.results, (*options, ("a", a)), op.loc))
        self.changed = True


    def given_factors(self, op: Call) -> None:
        """A solution by factors that the program hands on: of which matrix, where that is known."""
        factors = op.args[0]
        assert isinstance(factors, Pack)
        given = tuple(x for x in factors.items if x != Literal(False))
        a = self.matrices.get(given)
        if a is not None:
            prim = REGISTRY.by_name[TAKING_ALONG[op.prim.name]]
            op = replace(op, prim=prim, kwargs=(*op.kwargs, ("a", a)))
            self.changed = True
        self.emit(op)


# -- loops ------------------------------------------------------------------------------------------------------------


class _Hoisted(Rewriter):
    """Factors of what stays the same in a loop, before the loop; lengths of arrays that keep their shape as well."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes = Sizes()

    def trace(self, trace: Trace) -> Trace:
        self.sizes.note(trace.body.ops)
        return super().trace(trace)

    def loop(self, op: For) -> None:
        self.emit(replace(op, body=self.outside(op.body, (op.start, *op.inits), runs(op))))

    def repeat(self, op: While) -> None:
        self.emit(replace(op, body=self.outside(op.body, op.inits, False)))

    def outside(self, body: Region, inits: Sequence[Atom], surely: bool) -> Region:
        """The body without what goes before its loop, which is emitted."""
        first = dict(zip(body.params, inits, strict=True))
        measured = [self.measured(op, first) if isinstance(op, Call) and op.prim is dim else op for op in body.ops]
        body = replace(body, ops=tuple(measured))
        before = steady(body, surely)
        if not before:
            return body
        self.out += before
        self.changed = True
        gone = set(map(id, before))
        return replace(body, ops=tuple(op for op in body.ops if id(op) not in gone))


    def measured(self, op: Call, first: dict[Value, Atom]) -> Call:
        """The length of an array that is carried, as that of the one that the loop begins with."""
        carried = op.args[0]
        if isinstance(carried, Value) and carried in first and self.sizes.same(carried, first[carried]):
            return replace(op, args=(first[carried], *op.args[1:]))
        return op


def runs(op: For) -> bool:
    """Whether a loop certainly has a round."""
    bounds = [a.value for a in (op.start, op.stop, op.step) if isinstance(a, Literal) and type(a.value) is int]
    return len(bounds) == 3 and len(range(*bounds)) > 0


def steady(body: Region, surely: bool) -> list[Call]:
    """The factorizations in a loop's body that are the same in every round, after what they need."""
    if not any(isinstance(op, Call) and op.prim.name in FACTORS for op in body.ops):
        return []
    born = {*body.params, *(r for op in body.ops for r in op.results)}
    made: dict[Value, Call] = {}
    needed: set[Value] = set()
    for op in body.ops:
        if isinstance(op, Call) and may_go(op, surely) and all(v not in born or v in made for v in operands(op)):
            made.update(dict.fromkeys(op.results, op))
            if op.prim.name in FACTORS:
                needed.update(op.results)
    work = list(needed)
    while work:
        more = [v for v in operands(made[work.pop()]) if v in made and v not in needed]
        needed.update(more)
        work += more
    return [op for op in body.ops if isinstance(op, Call) and any(r in needed for r in op.results)]


def may_go(op: Call, surely: bool) -> bool:
    """Whether an operation is pure, and, where the loop may have no round, has a value and a slope everywhere."""
    if op.prim.effect or not op.results:
        return False
    if op.prim.name == "lu_of" or op.prim.name in STEADY:
        return True
    if surely:
        return op.prim.elementwise or op.prim.name in FACTORS
    divisor = op.args[-1] if op.prim.name == "div" else Literal(1)
    return op.prim.name in ("add", "sub", "mul", "neg", "div") and isinstance(divisor, Literal) and divisor.value != 0


# -- the last pass ----------------------------------------------------------------------------------------------------


def with_plain_solvers(trace: Trace) -> Trace:
    """The trace as it is written: without what only derivatives need, without factors that serve one system alone."""
    taken_along = (*DIRECT, *TAKING_ALONG.values())
    if not any(isinstance(op, Call) and op.prim.name in taken_along for op in all_ops(trace.body.ops)):
        return trace
    return dce(_Lowered(alone(trace)).trace(trace))


def alone(trace: Trace) -> set[Value]:
    """Factors that are used by one operation, in the region that they are made in."""
    users: dict[Value, list[int]] = {}
    home: dict[Value, int] = {}
    partner: dict[Value, Value] = {}
    work: list[Sequence[Op]] = [trace.body.ops]
    place = 0
    while work:
        place += 1
        for op in work.pop():
            work += [region.ops for region in regions(op)]
            for v in dict.fromkeys(operands(op)):
                users.setdefault(v, []).append(place)
            for region in regions(op):
                for v in dict.fromkeys(values_of(*region.yields)):
                    users.setdefault(v, []).append(0)
            if isinstance(op, Call) and op.prim.name == "lu_of":
                home |= dict.fromkeys(op.results, place)
                partner[op.results[0]] = op.results[1]
    for v in result_values(trace):
        users.setdefault(v, []).append(0)
    return {lu for lu, pivots in partner.items()
            if users.get(lu, []) == [home[lu]] and users.get(pivots, [home[lu]]) == [home[lu]]}  # fmt: skip


class _Lowered(Rewriter):
    def __init__(self, alone: set[Value]) -> None:
        super().__init__()
        self.alone = alone

    def call(self, op: Call) -> None:
        for name, prim in TAKING_ALONG.items():
            if op.prim.name == prim:
                op = replace(op, prim=REGISTRY.by_name[name], kwargs=tuple((k, v) for k, v in op.kwargs if k != "a"))
                self.changed = True
        if op.prim.name not in DIRECT:
            self.emit(op)
            return
        self.changed = True
        options = dict(op.kwargs)
        a = options.pop("a", None)
        lu, pivots, *right = op.args
        if lu not in self.alone or a is None:
            plain = REGISTRY.by_name[op.prim.name.removesuffix("_by")]
            self.emit(replace(op, prim=plain, kwargs=tuple(options.items())))
            return
        if options.get("trans") == Literal(1):
            a = self.transposed(a, op)
        self.emit(Call(REGISTRY.by_name[DIRECT[op.prim.name]], (a, *right), op.results, (), op.loc))

    def transposed(self, a: Arg, op: Call) -> Value:
        prim = REGISTRY.by_name["ndarray.T"]
        t = prim.infer(a)
        assert not isinstance(t, tuple)
        out = Value(t)
        self.emit(Call(prim, (a,), (out,), (), op.loc))
        return out
