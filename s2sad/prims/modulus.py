"""The squared modulus of complex numbers, which has a derivative at 0 and needs no root for it, where ``abs`` does."""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Arg
from s2sad.ir.types import Type
from s2sad.prims.primitive import primitive
from s2sad.prims.python import abs_


def squared_modulus(z: Any) -> Any:
    """Return abs(z)**2 of complex numbers."""
    return abs(z) ** 2


def _of_complex(z: Arg) -> Type:
    found = abs_.infer(z)
    assert not isinstance(found, tuple)
    return found


squared = primitive("squared_modulus", squared_modulus, _of_complex, style="helper", elementwise=True, cost="cheap")
