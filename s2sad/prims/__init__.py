"""What operations are. Importing this package fills the registry."""

from s2sad.prims import (
    arrangement,
    broadcasting,
    creation,
    mathematics,
    python,
    reductions,
    shaping,
    structure,
    ufuncs,
)

__all__ = [
    "arrangement", "broadcasting", "creation", "mathematics", "python", "reductions", "shaping",
    "structure", "ufuncs",
]  # fmt: skip
