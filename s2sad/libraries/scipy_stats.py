"""``scipy.stats``: the parts of it, a module each."""

import s2sad.libraries.scipy_stats_counts
import s2sad.libraries.scipy_stats_groups
import s2sad.libraries.scipy_stats_kernels
import s2sad.libraries.scipy_stats_limits
import s2sad.libraries.scipy_stats_measures
import s2sad.libraries.scipy_stats_moments
import s2sad.libraries.scipy_stats_objects
import s2sad.libraries.scipy_stats_quantiles
import s2sad.libraries.scipy_stats_ranks
import s2sad.libraries.scipy_stats_refusals
import s2sad.libraries.scipy_stats_samples
import s2sad.libraries.scipy_stats_searched
import s2sad.libraries.scipy_stats_sums
import s2sad.libraries.scipy_stats_tables
import s2sad.libraries.scipy_stats_vectors  # noqa: F401
