"""Every refusal says, word for word, what ``tests/refusals`` has; and every place that refuses has a case there."""

from __future__ import annotations

import pytest

from tests.refusals import HERE, every_case, refusal, sites

CASES = every_case()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=[f"{c.file}-{c.name.replace(' ', '_')}" for c in CASES])
def test_a_refusal_has_its_text(case):
    assert refusal(case) == case.text


@pytest.mark.parametrize("case", [c for c in CASES if c.file != "interface"], ids=lambda c: c.name.replace(" ", "_"))
def test_a_refusal_of_a_program_says_where(case):
    lines = case.text.splitlines()
    assert any(line.startswith('  File "program.py", line ') for line in lines), case.text
    assert any(set(line.strip()) == {"^"} for line in lines), case.text
    assert "site-packages" not in case.text and "/lib/python" not in case.text, "it would change with the library"


def test_every_place_that_refuses_is_shown():
    said = [case.what for case in CASES]
    silent = sorted({s.place for s in sites() if not any(s.pattern.match(text) for text in said)})
    listed = (HERE / "without_a_case.md").read_text(encoding="utf-8").split("\n## ", 1)[1]
    noted = sorted({line[2:] for line in listed.splitlines() if line.startswith("- ")})
    assert silent == noted, "add a case to tests/refusals, then run python -m tests.refusals"
