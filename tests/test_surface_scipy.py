"""SciPy's functions that are promised: each has a rule, a meaning, or goes through its source; and has a test."""

from __future__ import annotations

import importlib
import types
from pathlib import Path

import pytest

from s2sad.front.derivatives import TRANSFORMS
from s2sad.prims.primitive import REGISTRY
from tests.surface_names import kind_of

HERE = Path(__file__).parent

PROMISED = {
    "scipy.special": """
        gamma gammaln loggamma digamma psi gammainc gammaincc erf erfc erfcx erfinv erfcinv jv jn j0 j1 yv y0 y1
        iv i0 i1 i0e i1e ive kv k0 k1 kve beta betaln betainc logsumexp softmax log_softmax xlogy xlog1py entr
        rel_entr kl_div expit logit ndtr log_ndtr ndtri expi exp1 zeta polygamma multigammaln hyp0f1 hyp1f1
        hyp2f1 ellipk ellipe lambertw
    """,
    "scipy.linalg": """
        solve solve_triangular cho_factor cho_solve lu lu_factor lu_solve expm sqrtm logm solve_sylvester
        solve_continuous_are block_diag toeplitz circulant cholesky_banded solve_banded
    """,
    "scipy.signal": "convolve fftconvolve oaconvolve correlate lfilter filtfilt sosfilt",
    "scipy.ndimage": "convolve1d gaussian_filter map_coordinates",
    "scipy.interpolate": "CubicSpline RegularGridInterpolator",
    "scipy.integrate": "quad trapezoid simpson cumulative_trapezoid cumulative_simpson solve_ivp odeint",
    "scipy.optimize": "root brentq newton fixed_point least_squares minimize minimize_scalar root_scalar curve_fit",
    "scipy.sparse.linalg": "spsolve",
}
SOURCE = {"trapezoid", "simpson", "cumulative_trapezoid", "cumulative_simpson"}
TESTS = {
    "scipy.special": "special", "scipy.linalg": "linalg", "scipy.signal": "signal", "scipy.ndimage": "ndimage",
    "scipy.interpolate": "interpolate", "scipy.integrate": "integrate", "scipy.optimize": "optimize",
    "scipy.sparse.linalg": "sparse",
}  # fmt: skip
NAMES = [(module, name) for module, names in PROMISED.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda text: text)
def test_no_promised_name_is_missing(module, name):
    found = getattr(importlib.import_module(module), name)
    REGISTRY.supply()
    kind = kind_of(module, name, found)
    handled = found in TRANSFORMS or isinstance(found, type) and REGISTRY.adopter(found) is not None
    assert kind in ("rule", "constant", "defined") or handled or name in SOURCE
    texts = [path.read_text("utf-8") for path in HERE.glob(f"test_scipy_{TESTS[module]}*.py")]
    texts.append((HERE / "test_scipy_callbacks.py").read_text("utf-8"))
    assert any(name in text for text in texts), "it has a rule, and no test"


REFUSED = """
    bdtrik bdtrin btdtria btdtrib chdtriv chndtridf chndtrinc fdtridfd gdtria gdtrib nbdtrik nbdtrin
    ncfdtr ncfdtri ncfdtridfd ncfdtridfn ncfdtrinc nctdtr nctdtridf nctdtrinc nctdtrit pdtrik smirnov smirnovi stdtridf
    mathieu_a mathieu_b mathieu_modcem1 mathieu_modcem2 mathieu_modsem1 mathieu_modsem2 besselpoly
    obl_ang1 obl_ang1_cv obl_cv obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv
    pro_ang1 pro_ang1_cv pro_cv pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv
    legendre_p_all assoc_legendre_p_all sph_legendre_p_all sph_harm_y_all
    lpmn lpn clpmn sph_harm btdtr btdtri seterr geterr
""".split()  # noqa: SIM905
"""``docs/limits.md`` says why."""

SOURCE_OF_SPECIAL = "jvp yvp ivp kvp h1vp h2vp factorial2 assoc_laguerre jn_zeros".split()  # noqa: SIM905


@pytest.mark.parametrize("name", importlib.import_module("scipy.special").__all__)
def test_no_name_of_scipy_special_is_missing(name):
    found = getattr(importlib.import_module("scipy.special"), name)
    REGISTRY.supply()
    kind = kind_of("scipy.special", name, found)
    handled = isinstance(found, types.FunctionType) and found in TRANSFORMS
    ends = ("_roots",)
    assert kind is not None or handled or name in REFUSED or name in SOURCE_OF_SPECIAL or name.endswith(ends)
