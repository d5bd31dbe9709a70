"""Derivatives as traces: a transform takes a trace and gives a trace, to which any transform may be applied again."""

from s2sad.transforms.batch import batch
from s2sad.transforms.compressed import cotangents, tangents
from s2sad.transforms.forward import pushforward
from s2sad.transforms.handing import sizes_instead
from s2sad.transforms.jacobian import Options, curl, divergence, jacfwd, jacrev, laplacian
from s2sad.transforms.linear import linearized, reads_values
from s2sad.transforms.pullback import pullback, split, unmarked
from s2sad.transforms.taylor import series

__all__ = [
    "Options", "batch", "cotangents", "curl", "divergence", "jacfwd", "jacrev", "laplacian", "linearized",
    "pullback", "pushforward", "reads_values", "series", "sizes_instead", "split", "tangents", "unmarked",
]  # fmt: skip
