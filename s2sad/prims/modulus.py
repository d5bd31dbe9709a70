"""The squared modulus of complex numbers, which has a derivative at 0 and needs no root for it, where ``abs`` does."""

from __future__ import annotations

from typing import Any

from s2sad.prims.primitive import primitive
from s2sad.prims.python import abs_


def squared_modulus(x: Any) -> Any:
    """Return abs(x)**2."""
    return abs(x) ** 2


squared = primitive("squared_modulus", squared_modulus, abs_.infer, style="helper", elementwise=True, cost="cheap")
