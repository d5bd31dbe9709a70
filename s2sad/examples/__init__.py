"""Worked examples: plain NumPy models, data to fit them to, and the demonstration (``s2sad.examples.demo``)."""
