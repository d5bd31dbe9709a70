"""Writes the texts of all refusals anew."""

from tests.refusals import HERE, write

for path in sorted(HERE.glob("*.txt")):
    write(path)
