"""``scipy.stats``: what has no derivative here, refused by name where it is called."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import scipy.stats as st
import scipy.stats._discrete_distns as discrete
import scipy.stats._distn_infrastructure as infrastructure

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract
from s2sad.libraries.scipy_stats_methods import title
from s2sad.libraries.solutions import means, refused
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define

refused(
    st, "Mixture abs exp log order_statistic truncate",
    "the formula of the density of the transformed variable, with scipy.stats.norm, uniform, gamma",
)  # fmt: skip
refused(st, "rv_continuous rv_discrete rv_histogram", "make the distribution outside, or write out its formula")
refused(
    st, "bootstrap goodness_of_fit monte_carlo_test permutation_test power sobol_indices multiscale_graphcorr "
    "BootstrapMethod MonteCarloMethod PermutationMethod",
    "draw the samples outside, and write out the mean over them",
)  # fmt: skip
refused(
    st, "bayes_mvs dunnett mvsdist wasserstein_distance_nd", "write out the statistic",
)  # fmt: skip
refused(st, "binned_statistic_2d binned_statistic_dd", "np.bincount with weights=, of the numbers of the bins")
refused(st, "fit", "minimize the negative log-likelihood: scipy.optimize.minimize")
refused(
    st.qmc, "Halton LatinHypercube MultinomialQMC MultivariateNormalQMC PoissonDisk Sobol discrepancy "
    "geometric_discrepancy update_discrepancy", "draw the points before, and pass them; the formula, written out",
)  # fmt: skip
refused(st.contingency, "crosstab", "np.unique with return_counts=True")
refused(
    st.mstats, " ".join(
        name for name in st.mstats.__all__
        if getattr(st.mstats, name).__module__.startswith("scipy.stats._mstats")
    ), "the function of the same name in scipy.stats, or NumPy's, of the values that are not masked",
)  # fmt: skip


@define(infrastructure.rv_generic.rvs)
def rvs(self, *args, **kwds):
    unsupported(
        f"{title(self)}.rvs",
        instead="draw standard numbers with a NumPy Generator and scale them: loc + scale * rng.standard_normal(n)",
    )


@define(st.rv_continuous.fit)
def fit(self, data, *args, **kwds):
    unsupported(f"{title(self)}.fit", instead="minimize its negative log-likelihood: scipy.optimize.minimize")


def refused_methods(owner: Any, title: str, names: str, instead: str) -> None:
    """Say that these methods of a class, where it has them, have no derivative here."""

    def refuse(name: str) -> None:
        @define(getattr(owner, name))
        def refusal(*args, **kwds):
            unsupported(title, instead=instead)

    for name in names.split():
        if name in vars(owner):
            refuse(name)


refused_methods(
    type(st.uniform_direction), "scipy.stats.uniform_direction with its dimension", "__call__",
    "rng.standard_normal(n), divided by its norm",
)  # fmt: skip


def refused_tables(name: str, kind: str) -> None:
    """Of the distributions whose formula is a compiled object."""
    @means(getattr(discrete, kind))
    def refusal(machine: Calls, *args: Abstract, **kwargs: Abstract) -> Abstract:
        machine.refuse(f"scipy.stats.{name}", instead="write out the sum over its support")


refused_tables("nchypergeom_wallenius", "_PyWalleniusNCHypergeometric")
