"""NumPy functions that call the user's function for each item, line or index: ``vectorize``, ``apply_along_axis`` …"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.front.reflection import Reflection
from s2sad.front.values import Abstract, Known, Partial, TupleOf, pack
from s2sad.ir.core import If, Value
from s2sad.ir.types import Scalar

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]


class Applying(Reflection):
    """Handlers of the table below; one answers None where the ordinary way of calling does."""

    def listed(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    def call_vectorize(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names = ("pyfunc", "otypes", "doc", "excluded", "cache", "signature")
        options = dict(zip(names, args, strict=False)) | kwargs
        function = options.pop("pyfunc", None)
        if function is None:  # a decorator with options
            return Partial(Known(np.vectorize), (), kwargs)
        known = {k: self.concrete(v) for k, v in options.items() if k in ("otypes", "excluded", "signature")}
        return Partial(Known(vectorized), (self.vectorizer_of(function, **known),))

    def vectorizer(self, f: np.vectorize) -> Abstract:
        """An ``np.vectorize`` from outside."""
        return self.vectorizer_of(Known(f.pyfunc), f.otypes, f.excluded, f.signature)

    def vectorizer_of(self, function: Abstract, otypes: Any = None, excluded: Any = None, signature: Any = None) -> Abstract:  # noqa: E501
        if signature is not None:
            self.refuse("np.vectorize with a signature", instead="write the loop over the leading axes")
        dtypes = None if otypes is None else tuple(np.dtype(t) for t in otypes)
        return pack((function, Known(dtypes), Known(frozenset(excluded or ()))))

    def call_vectorized(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """A call of what ``np.vectorize`` gave."""
        made, *given = args
        assert isinstance(made, TupleOf)
        function, otypes, excluded = made.items
        assert isinstance(otypes, Known) and isinstance(excluded, Known)
        spread: dict[Any, Abstract] = {}
        fixed: dict[Any, Abstract] = {}
        for where, value in (*enumerate(given), *kwargs.items()):
            (fixed if where in excluded.value else spread)[where] = value
        caller = Partial(Known(called_with), (function, Known(tuple(spread)), self.mapping(fixed)))
        arrays = [self.as_array(self.call(Known(np.asarray), (value,))) for value in spread.values()]
        if not arrays:
            self.wrong("np.vectorize called without an argument to go through", why="Python would raise ValueError")
        out = self.call_meaning(elementwise_calls, (caller, *arrays), {})
        results = out.items if isinstance(out, TupleOf) else (out,)
        if otypes.value is None:
            for result in results:
                self.one_dtype(result)
            return out
        if len(otypes.value) != len(results):
            self.wrong(f"{len(otypes.value)} otypes for {len(results)} results", why="Python would raise ValueError")
        cast = [self.call(self.attribute(r, "astype"), (Known(t),)) for r, t in zip(results, otypes.value, strict=True)]
        return pack(cast) if isinstance(out, TupleOf) else cast[0]

    def mapping(self, content: dict[Any, Abstract]) -> Abstract:
        return self.container("dict", tuple(content), list(content.values()), None)

    def one_dtype(self, result: Abstract) -> None:
        """Refuse results that are ints on one path and floats on another: NumPy looks at the first only."""
        producers = self.producers()
        pending: list[Any] = [self.to_arg(result)]
        seen: set[Any] = set()
        while pending:
            value = pending.pop()
            op = producers.get(value) if isinstance(value, Value) and value not in seen else None
            seen.add(value)
            if isinstance(op, If):
                k = op.results.index(value)
                sides = (op.then.yields[k], op.orelse.yields[k])
                kinds = {s.type.dtype[0] for s in sides if isinstance(s.type, Scalar)}
                if len(kinds) > 1:
                    self.refuse(
                        "np.vectorize of a function that returns an int on one path and a float on another",
                        why="NumPy gives all results the type of the first",
                        instead="give otypes=[float], or return floats on every path",
                    )
                pending.extend(sides)
            elif op is not None:
                for region in (getattr(op, "body", None),):
                    pending.extend(a for o in (region.ops if region else ()) for a in getattr(o, "args", ()))
                pending.extend(a for a in getattr(op, "args", ()) if isinstance(a, Value))

    def call_frompyfunc(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        self.refuse(
            "np.frompyfunc",
            why="it makes arrays of Python objects, which have no derivative",
            instead="use np.vectorize, or a loop",
        )

    def call_apply_along_axis(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names = ("func1d", "axis", "arr")
        options = dict(zip(names, args[:3], strict=False)) | {k: v for k, v in kwargs.items() if k in names}
        if len(options) < 3:
            return None
        named = {k: v for k, v in kwargs.items() if k not in names}
        function = Partial(Known(applied), (options["func1d"], pack(args[3:]), self.mapping(named)))
        return self.call_meaning(along_axis, (function, options["axis"], options["arr"]), {})

    def call_applied(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function, given, named, row = args
        assert isinstance(given, TupleOf)
        return self.call(function, (row, *given.items), self.known_mapping(named))

    def call_called_with(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """One call of a function that ``np.vectorize`` goes through arrays with."""
        function, places, fixed, *items = args
        assert isinstance(places, Known)
        found = dict(zip(places.value, items, strict=True)) | self.content(fixed)
        positional = [found[k] for k in sorted(k for k in found if isinstance(k, int))]
        return self.call(function, positional, {k: v for k, v in found.items() if isinstance(k, str)})

    def call_fromfunction(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        options = dict(zip(("function", "shape"), args, strict=False)) | kwargs
        function, shape, dtype = (options.pop(k, None) for k in ("function", "shape", "dtype"))
        options.pop("like", None)
        if function is None or shape is None:
            return None
        axes = self.known_items(shape, "np.fromfunction")
        lengths = self.call(Known(np.indices), (pack(axes),), {"dtype": dtype or Known(float)})
        return self.call(function, [self.subscript(lengths, Known(k)) for k in range(len(axes))], options)

    def call_fromiter(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names = ("iter", "dtype", "count")
        options = dict(zip(names, args, strict=False)) | kwargs
        options.pop("like", None)
        if "iter" not in options or "dtype" not in options or options.keys() - {*names}:
            return None
        listed = self.listed(options["iter"])
        array = self.call(Known(np.array), (listed,), {"dtype": options["dtype"]})
        count = options.get("count", Known(-1))
        if isinstance(count, Known) and count.value == -1:
            return array
        return self.call_meaning(first_of, (array, count), {})


# -- what these functions do, as functions that are traced ------------------------------------------------------------


def applied(function: Any, args: Any, kwargs: Any, row: Any) -> Any:
    """One call of a function with further arguments; see ``call_applied``."""
    return function(row, *args, **kwargs)


def vectorized(made: Any, *args: Any, **kwargs: Any) -> Any:
    """A call of what ``np.vectorize`` gave; see ``call_vectorized``."""
    return made(*args, **kwargs)


def called_with(function: Any, places: Any, fixed: Any, *items: Any) -> Any:
    """One call of a function with some arguments fixed; see ``call_called_with``."""
    return function(*items)


def elementwise_calls(function: Any, *arrays: Any) -> Any:
    """``np.vectorize(function)(*arrays)``."""
    whole = arrays[0]
    for array in arrays[1:]:
        whole = whole + array * 0 if array.shape != whole.shape else whole
    columns = [np.broadcast_to(array, whole.shape).ravel().tolist() for array in arrays]
    rows = [function(*row) for row in zip(*columns, strict=True)]
    if not rows:
        raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
    if isinstance(rows[0], tuple):
        return tuple(np.array([row[k] for row in rows]).reshape(whole.shape) for k in range(len(rows[0])))
    return np.array(rows).reshape(whole.shape)


def along_axis(function: Any, axis: Any, array: Any) -> Any:
    """``np.apply_along_axis(function, axis, array)``."""
    lines = np.moveaxis(np.asarray(array), axis, -1)
    around = lines.shape[:-1]
    rows = lines if lines.ndim == 2 else lines[None] if lines.ndim == 1 else lines.reshape(-1, lines.shape[-1])
    made = np.array([function(line) for line in rows])
    if made.ndim == 1:
        return made if lines.ndim == 2 else made.reshape(around)
    out = made.reshape(around + made.shape[1:])
    first = axis % array.ndim
    for k in range(made.ndim - 1):
        out = np.moveaxis(out, len(around) + k, first + k)
    return out


def first_of(array: Any, count: Any) -> Any:
    """The first items of an array that has at least as many."""
    if len(array) < count:
        raise ValueError("iterator too short")
    return array[:count]


APPLYING: dict[Any, str] = {
    np.vectorize: "call_vectorize", vectorized: "call_vectorized", called_with: "call_called_with",
    np.frompyfunc: "call_frompyfunc", np.apply_along_axis: "call_apply_along_axis", applied: "call_applied",
    np.fromiter: "call_fromiter", np.fromfunction: "call_fromfunction",
}  # fmt: skip
