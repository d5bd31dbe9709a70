"""The rule book as people read it: docs/primitives.md and ``s2sad rules``."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import types
from typing import get_args

import numpy as np
import pytest
from click.testing import CliRunner

from s2sad import partials, primitive, pullback
from s2sad.cli.main import main
from s2sad.ir.types import FLOAT
from s2sad.prims.primitive import REGISTRY, Registry
from s2sad.rules.batching import Way
from s2sad.rules.book import BOOK, RuleBook
from s2sad.views import rules, surface


@pytest.fixture(scope="module")
def found() -> list[rules.Entry]:
    missing = set(rules.LIBRARIES) - set(rules.supplied())
    assert not missing, "the tests want SciPy"
    return rules.entries()


def test_the_page_is_up_to_date() -> None:
    """In a process of its own: other tests declare primitives."""
    script = "from s2sad.views import rules; rules.supplied(); print(rules.page(rules.entries()), end='')"
    root = rules.PAGE.parent.parent
    environment = dict(os.environ, PYTHONPATH=str(root), PYTHONIOENCODING="utf-8")
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment, cwd=root)
    assert run.returncode == 0, run.stderr.decode()
    text, made = rules.PAGE.read_text("utf-8"), run.stdout.decode("utf-8")
    if rules.made_with() in text:
        assert text == made, "run: make primitives"
        return
    here, there = rows(made), rows(text)
    assert len(here) > 1500
    for name in there - here:  # what other versions have: this one does not
        assert not exists(name), name
    for name in here - there:
        module, _, last = name.rpartition(".")
        inherited = module.endswith("_infrastructure.rv_discrete")  # in other versions
        assert inherited or last in surface.LATER.get(module, "").split(), name


def rows(page: str) -> set[str]:
    """The names that have a row."""
    return set(re.findall(r"^\| `([\w.]+)\(", page, re.MULTILINE))


def exists(name: str) -> bool:
    """Whether there is something of this name, in a module or as a primitive."""
    first, *rest = name.split(".")
    try:
        found = importlib.import_module({"np": "numpy"}.get(first, first))
        for part in rest:
            found = getattr(found, part, None) or importlib.import_module(f"{found.__name__}.{part}")
    except (ImportError, AttributeError):
        return name in REGISTRY.by_name
    return True


@pytest.mark.parametrize("name", surface.MODULES)
def test_no_public_name_is_missing_on_the_page(name: str) -> None:
    module = importlib.import_module(name)
    text = rules.PAGE.read_text("utf-8")
    prefix = name.replace("numpy", "np", 1)
    public = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    for one in public:
        found = getattr(module, one)
        if callable(found) and not isinstance(found, type | types.ModuleType):
            row = re.search(rf"^\| `{re.escape(prefix)}\.{one}\(", text, re.MULTILINE)
            listed = re.search(rf"^\| {re.escape(name)} \|.*`{one}`", text, re.MULTILINE)
            assert row or listed, one


def test_every_primitive_has_an_entry(found: list[rules.Entry]) -> None:
    named = {e.name for e in found}
    assert set(REGISTRY.by_name) <= named
    by_name = {e.name: e for e in found if e.form != "defined"}
    rules_of = [r for r in BOOK.forward.values() if r.body is None or r.body.__module__.startswith("s2sad.")]
    ours = [rule.prim for rule in rules_of]  # and none that another test has declared
    assert len(ours) > 500
    for prim in ours:
        entry = by_name[prim.name]
        assert entry.form not in ("none", "structural"), entry.name
        assert entry.source, entry.name
        assert entry.form == "constant" or entry.derivative, entry.name
        assert "(...)" not in entry.derivative, entry.name
    assert all(e.batches in get_args(Way) for e in by_name.values())


def test_every_definition_has_an_entry(found: list[rules.Entry]) -> None:
    named = {e.name for e in found if e.form == "defined"}
    assert {"np.vstack", "np.linalg.norm", "math.hypot", "scipy.special.zeta", "statistics.mean"} <= named
    assert len(REGISTRY.defined()) == len(REGISTRY.definitions)


def test_what_an_entry_says(found: list[rules.Entry]) -> None:
    (sqrt,) = [e for e in rules.chosen(found, ["np.sqrt"]) if e.form != "defined"]
    assert (sqrt.signature, sqrt.form, sqrt.derivative, sqrt.guarded) == ("(x)", "partials", "0.5 / ans", True)
    assert sqrt.batches == "elementwise" and sqrt.source.startswith("DLMF")
    (gammainc,) = [e for e in rules.chosen(found, ["scipy.special.gammainc"]) if e.form != "defined"]
    assert gammainc.source.startswith("DLMF 8")
    (log,) = [e for e in rules.chosen(found, ["cmath.log"]) if e.form == "partials"]
    assert log.derivative == "1.0 / z"
    (floor,) = [e for e in rules.chosen(found, ["np.floor"]) if e.form != "defined"]
    assert (floor.form, floor.derivative) == ("constant", "")
    assert {e.section for e in rules.chosen(found, ["numpy.fft"])} == {"numpy.fft"}
    assert all("linear" in e.form for e in rules.chosen(found, [], "linear"))
    (refused,) = [e for e in rules.chosen(found, ["scipy.special.hyp0f1"]) if e.form != "defined"]
    assert refused.unknown == ("v",) and "refused: `v`" in rules.as_row(refused)


def test_a_users_own_primitive() -> None:
    book, registry = RuleBook(Registry()), Registry()
    own = primitive("mine.cube", lambda x: x**3, lambda x: FLOAT, calls=())
    try:
        partials(own, book=book, source="my notes")(lambda x: 3.0 * x * x)
        entry = rules.of_primitive(own, book)
        assert (entry.derivative, entry.source, entry.section) == ("3.0 * x * x", "my notes", "mine")
        pullback(own, book=book)(lambda ans_bar, x: ans_bar * 3.0 * x * x)
        assert rules.of_primitive(own, book).form == "partials + pullback"
        assert not registry.by_name
    finally:
        del REGISTRY.by_name["mine.cube"]
    with pytest.raises(ValueError, match="two primitives"):
        primitive("np.sqrt", np.sqrt, lambda x: FLOAT)


def test_the_command() -> None:
    shown = CliRunner().invoke(main, ["rules", "np.sqrt", "np.linalg.det"])
    assert shown.exit_code == 0
    assert "np.sqrt(x)\n    partials in x, guarded; batches: elementwise\n" in shown.output
    assert "pullback in a" in shown.output and "def " not in shown.output
    listed = CliRunner().invoke(main, ["rules", "scipy.special", "--form", "partials", "--format", "json"])
    entries = json.loads(listed.output)
    assert {e["section"] for e in entries} == {"scipy.special"} and all("partials" in e["form"] for e in entries)
    assert [e["refused"] for e in entries if e["name"] == "scipy.special.hyp1f1"] == [["a", "b"]]
    nothing = CliRunner().invoke(main, ["rules", "np.no_such_function"])
    assert nothing.exit_code == 1 and "no primitive is called np.no_such_function" in nothing.output
