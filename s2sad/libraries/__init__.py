"""What functions of other libraries mean: their primitives and rules, a module for each part of a library.

They are imported when the library is found to be imported already, so that ``import s2sad`` does not import SciPy, and
a program that does not use it needs none. A module here holds declarations (``primitive``, ``REGISTRY.define``) and
rules side by side: what a function is, and how it is differentiated.
"""

from s2sad.prims.primitive import REGISTRY

REGISTRY.provide("numpy.polynomial", "s2sad.libraries.numpy_series")
REGISTRY.provide("numpy", "s2sad.libraries.numpy_poly1d")
REGISTRY.provide("scipy.integrate", "s2sad.libraries.scipy_discrete")
REGISTRY.provide("scipy.linalg", "s2sad.libraries.scipy_linalg_builders")
REGISTRY.provide("scipy.optimize", "s2sad.libraries.scipy_fits")
REGISTRY.provide("scipy.sparse", "s2sad.libraries.scipy_sparse_systems")
REGISTRY.provide("scipy.special", "s2sad.libraries.scipy_special_rarer")
REGISTRY.provide("scipy.special._orthogonal", "s2sad.libraries.scipy_special_polynomials")
REGISTRY.provide("scipy.stats", "s2sad.libraries.scipy_stats")
REGISTRY.provide("scipy.fft", "s2sad.libraries.scipy_fft")
REGISTRY.provide("scipy.spatial", "s2sad.libraries.scipy_neighbours")
REGISTRY.provide("scipy.spatial.distance", "s2sad.libraries.scipy_distance")
REGISTRY.provide("scipy.spatial.transform", "s2sad.libraries.scipy_rigid")
REGISTRY.provide("scipy.signal", "s2sad.libraries.scipy_systems")
REGISTRY.provide("scipy.ndimage", "s2sad.libraries.scipy_ndimage_ranks")
REGISTRY.provide("scipy.interpolate", "s2sad.libraries.scipy_curves")
