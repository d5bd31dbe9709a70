"""``python -m s2sad``: the command line."""

from s2sad.cli.main import main

main(prog_name="s2sad")
