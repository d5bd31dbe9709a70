"""Derivatives as s2sad writes them, for the whole programs of the test suite: read them, and review their changes."""
