"""What operations are. Importing this package fills the registry."""

from s2sad.prims import (
    broadcasting,
    creation,
    mathematics,
    python,
    reductions,
    structure,
    ufuncs,
)

__all__ = ["broadcasting", "creation", "mathematics", "python", "reductions", "structure", "ufuncs"]
