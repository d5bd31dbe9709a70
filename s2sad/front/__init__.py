"""From Python to the trace: an abstract interpreter of syntax trees."""

from s2sad.front.interpreter import inline, trace_call
from s2sad.front.program import UNKNOWN, Capture, Guard, Leaf, Program, Record, Static

__all__ = ["UNKNOWN", "Capture", "Guard", "Leaf", "Program", "Record", "Static", "inline", "trace_call"]
