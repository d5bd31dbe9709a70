"""``scipy.linalg`` of stacks of matrices: functions that are written for one matrix are called for each of them.

As in SciPy, the axes before those of the matrices (of ``ranks`` many) count the matrices; an operand with fewer of them
is the same for all.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect

import numpy as np
import scipy.linalg as sl

from s2sad.front.calls import Calls, is_false
from s2sad.front.values import Abstract, Known
from s2sad.ir.types import rank
from s2sad.libraries.solutions import means
from s2sad.prims.primitive import REGISTRY


def each(function, names, *stacks, **others):
    """A function of the items of stacks, under these names."""
    return together([function(**dict(zip(names, items, strict=True)), **others) for items in zip(*stacks, strict=True)])


def together(parts):
    """The results for all matrices as stacks."""
    if isinstance(parts[0], tuple):
        return MANY([np.stack([part[k] for part in parts]) for k in range(len(parts[0]))])
    return np.stack(parts)


def kind_of_many() -> type:
    """In what SciPy gives several stacks: a list, in some versions."""
    try:
        return type(sl.polar(np.ones((1, 2, 2))))
    except ValueError:
        return tuple


MANY = kind_of_many()


def on_stacks(name: str, asked: str = "", **ranks: int) -> None:
    """Say that a function of arrays of these ranks is called for each item of a stack of them; only where an option is
    given, if there is one that is ``asked`` for."""
    function = getattr(sl, name)
    signature = inspect.signature(function)

    @means(function)
    def meaning(machine: Calls, *args: Abstract, **options: Abstract) -> Abstract:
        given = signature.bind(*args, **options).arguments
        extra = {n: (rank(machine.type_of(given[n])) or 0) - r for n, r in ranks.items() if n in given}
        depth = max(extra.values(), default=0)
        if depth <= 0 or asked and is_false(given.get(asked, Known(False))):
            definition, prim = REGISTRY.definition(function), REGISTRY.lookup(function)
            if definition is not None:
                return machine.call_meaning(definition, args, options)
            if prim is not None:
                return machine.apply(prim, args, options)
            return machine.call_function(function, args, options)
        deep = [n for n in extra if extra[n] == depth]
        others = {n: v for n, v in given.items() if n not in deep}
        return machine.call_meaning(each, (Known(function), Known(tuple(deep)), *(given[n] for n in deep)), others)


ALONE = {
    "a": "hessenberg schur polar rq bandwidth issymmetric ishermitian",
    "A": "matrix_balance ldl funm expm_cond null_space orth fractional_matrix_power",
    "ab": "cholesky_banded", "a_band": "eig_banded eigvals_banded",
}  # fmt: skip
for _operand, _names in ALONE.items():
    for _name in _names.split():
        on_stacks(_name, "", **{_operand: 2})
for _name in ("solve_banded", "solveh_banded"):
    on_stacks(_name, ab=2, b=2)
on_stacks("qr", "pivoting", a=2)
on_stacks("qr_multiply", a=2, c=2)
on_stacks("eigh_tridiagonal", d=1, e=1)
on_stacks("eigvalsh_tridiagonal", d=1, e=1)
on_stacks("lstsq", a=2, b=2)
on_stacks("eig", "b", a=2, b=2)
on_stacks("eigvals", "b", a=2, b=2)
on_stacks("qz", A=2, B=2)
on_stacks("ordqz", A=2, B=2)
on_stacks("khatri_rao", a=2, b=2)
on_stacks("solve_sylvester", a=2, b=2, q=2)
on_stacks("solve_continuous_lyapunov", a=2, q=2)
on_stacks("solve_discrete_lyapunov", a=2, q=2)
for _name in ("solve_continuous_are", "solve_discrete_are"):
    on_stacks(_name, a=2, b=2, q=2, r=2, e=2, s=2)
on_stacks("orthogonal_procrustes", A=2, B=2)
on_stacks("subspace_angles", A=2, B=2)
on_stacks("expm_frechet", A=2, E=2)
on_stacks("diagsvd", s=1)
on_stacks("rsf2csf", T=2, Z=2)
on_stacks("cdf2rdf", w=1, v=2)
