"""The trace: what every stage of the compiler reads and writes."""

from s2sad.ir import show as _show  # gives Trace its text form

__all__: list[str] = []
del _show
