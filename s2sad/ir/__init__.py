"""The trace: what every stage of the compiler reads and writes."""
