"""Products with what a program selected: the factor goes in, the selection stays outside.

A cotangent that is zero where a program did not select has to stay zero, also where it is multiplied by an infinite
slope. Where it is seen how the zeros came about, ``np.where(c, g, 0.0)`` times ``x`` is ``np.where(c, g * x, 0.0)``,
and a cotangent whose cells were cleared is cleared after it is multiplied: this costs what the plain product costs.
Everywhere else the product is ``masked_product``, which looks for zeros when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from s2sad.analysis.selection import SELECTING
from s2sad.ir.core import Atom, Literal, Value
from s2sad.ir.types import Array
from s2sad.prims import structure
from s2sad.transforms.rules import Applier

CHOOSING = SELECTING | {"max", "min"}
"""Functions whose partials are zero where they do not choose: a product with them is a selection of its own."""
CASTS = ("np.float64", "float")
"""What makes a number of a selection that is an array without axes."""
DEPTH = 8  # products between a selection and an infinite slope that are looked through

Select = Callable[[Atom], Atom]


@dataclass
class Selections:
    """What is known of the cotangents of one sweep."""

    apply: Applier
    owners: dict[Atom, Value] = field(default_factory=dict)  # cotangent -> of what
    products: dict[Atom, tuple[Atom, Atom]] = field(default_factory=dict)  # cotangent -> what it is the product of
    masks: dict[Atom, tuple[Atom, Atom]] = field(default_factory=dict)  # cotangent -> what it is where a mask is true
    whole: set[Atom] = field(default_factory=set)  # not zero by selection anywhere

    def note(self, name: str, bar: Atom, g: Atom, partial: Atom) -> None:
        """``bar`` is ``g * partial``, where ``partial`` is that of the function ``name``."""
        if isinstance(partial.type, Array) and partial.type.dtype == "bool":
            self.masks[bar] = g, partial
        elif name not in CHOOSING:
            self.products[bar] = g, partial

    def product(self, g: Atom, partial: Atom) -> Atom | None:
        """``g * partial`` with zeros where ``g`` is zero by selection; None where it is not seen how."""
        found = self.selection(g, DEPTH)
        if found is None:
            return None
        select, inner, factors = found
        for factor in (*factors, partial):
            inner = self.apply.product(inner, factor, guarded=False)
            self.whole.add(inner)
        return select(inner)

    def selection(self, g: Atom, depth: int) -> tuple[Select, Atom, tuple[Atom, ...]] | None:
        """The selection that a cotangent is, what is selected from, and the factors that it was multiplied by since."""
        if depth == 0 or not isinstance(g, Value):
            return None
        if g in self.products:
            before, factor = self.products[g]
            found = self.selection(before, depth - 1)
            return None if found is None else (found[0], found[1], (*found[2], factor))
        if g in self.masks:
            before, mask = self.masks[g]
            return self.inside(before, lambda p: self.apply.prim("np.where", mask, p, Literal(0.0)), depth)
        self.apply.follow()
        made = self.apply.sizes.makers.get(g)
        if made is None:
            return None
        if made.prim.name in CASTS:

            def cast(p: Atom) -> Atom:
                return self.apply.prim(made.prim.name, p)

            number = made.args[0]
            return self.inside(number, cast, depth) if number not in self.owners else None
        if made.prim.name == "np.where":
            condition, one, other = made.args
            if is_zero(one) and is_zero(other):
                return None
            if is_zero(other):
                return self.inside(one, lambda p: self.apply.prim("np.where", condition, p, Literal(0.0)), depth)
            if is_zero(one):
                return self.inside(other, lambda p: self.apply.prim("np.where", condition, Literal(0.0), p), depth)
        if made.prim is structure.store and is_zero(made.args[2]):
            index = made.args[1]

            def cleared(p: Atom) -> Atom:
                return self.apply.builder.call(structure.store, p, index, Literal(0.0))

            return self.inside(made.args[0], cleared, depth)
        return None

    def inside(self, inner: object, select: Select, depth: int) -> tuple[Select, Atom, tuple[Atom, ...]] | None:
        """The selection ``select`` from ``inner``, which may be a selection itself."""
        if not isinstance(inner, Literal | Value):
            return None
        owner = self.owners.get(inner)
        if isinstance(inner, Literal) or inner in self.whole or owner is not None and owner not in self.apply.masked:
            return select, inner, ()
        found = self.selection(inner, depth - 1)
        if found is None:
            return None
        first, origin, factors = found
        return (lambda p: select(first(p))), origin, factors


def is_zero(arg: object) -> bool:
    """Whether this is the number zero, written out."""
    return isinstance(arg, Literal) and isinstance(arg.value, float) and arg.value == 0.0
