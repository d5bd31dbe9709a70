"""Traces and derivatives as people see them: tables, graphs, highlighted source."""

from s2sad.views.evaluation import EvaluationTrace, viewed

__all__ = ["EvaluationTrace", "viewed"]
