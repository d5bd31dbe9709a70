"""How what belongs to rules of users' functions batches."""

from __future__ import annotations

from s2sad.ir.core import Arg, Call, Pack
from s2sad.rules.batching import Batch, Result, RowByRow, batches


@batches("of_shape", way="leading axes")
def of_shape(b: Batch, call: Call, moved: set[str]) -> Result:
    """Rows of a shape are as many in an array of that shape with one more axis."""
    x, shape, what = call.args
    if moved != {"x"} or not isinstance(shape, Pack):
        raise RowByRow
    whole: Arg = Pack("tuple", (b.size, *(b.of(n) for n in shape.items)))
    return b.call("of_shape", b.of(x), whole, what)
