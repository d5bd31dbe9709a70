"""Source-to-source automatic differentiation of ordinary NumPy programs.

>>> import s2sad
>>> s2sad.grad(lambda x: x * x)(3.0)
6.0
"""

from s2sad import libraries as _libraries
from s2sad import rules as _rules
from s2sad import testing
from s2sad.api import Derivative, Pullback, grad, jvp, trace, value_and_grad, vjp
from s2sad.checkpointing import checkpoint, checkpoint_loop, checkpointed
from s2sad.cotangents import insert_cotangent, stop_gradient
from s2sad.custom import batched, bilinear, constant, elementwise, linear, partials, primitive, pullback, pushforward
from s2sad.custom_functions import custom_jvp, custom_vjp
from s2sad.differences import numeric
from s2sad.discretization import discrete
from s2sad.errors import Error, InputError, Location, RuleError, SourceError, TraceError, UnsupportedError
from s2sad.implicit import custom_root, fixed_point
from s2sad.jacobians import (
    Counts,
    curl,
    divergence,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    laplacian,
    value_and_hessian,
    value_and_jacobian,
    vhp,
)
from s2sad.linearization import LinearMap, linear_transpose, linearize
from s2sad.sparse import SparseJacobian, sparse_hessian, sparse_jacobian
from s2sad.taylor import jet, taylor
from s2sad.vectorize import Vectorized, vmap

__version__ = "0.1.0"

__all__ = [
    "Counts", "Derivative", "Error", "InputError", "LinearMap", "Location", "Pullback", "RuleError", "SourceError",
    "SparseJacobian", "TraceError", "UnsupportedError", "Vectorized", "batched", "bilinear", "checkpoint",
    "checkpoint_loop", "checkpointed", "constant", "curl", "custom_jvp", "custom_root", "custom_vjp", "discrete",
    "divergence", "elementwise", "fixed_point", "grad", "hessian", "hvp", "insert_cotangent", "jacfwd", "jacobian",
    "jacrev", "jet", "jvp", "laplacian", "linear", "linear_transpose", "linearize", "numeric", "partials",
    "primitive", "pullback", "pushforward", "sparse_hessian", "sparse_jacobian", "stop_gradient", "taylor",
    "testing", "trace", "value_and_grad", "value_and_hessian", "value_and_jacobian", "vhp", "vjp", "vmap",
]  # fmt: skip

del _libraries, _rules
