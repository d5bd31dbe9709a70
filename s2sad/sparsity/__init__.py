"""Which derivatives can be non-zero at all, and how to get them in few sweeps: patterns and colourings."""
