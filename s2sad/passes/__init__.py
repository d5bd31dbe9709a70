"""Passes: each makes an equal, plainer trace. One a file; ``optimise`` runs them all to a fixed point."""

from s2sad.passes.cse import cse, cse_ops
from s2sad.passes.dce import dce, dce_ops

__all__ = ["cse", "cse_ops", "dce", "dce_ops"]
