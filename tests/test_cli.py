"""The command line: what it prints, its exit codes, and that it leaves the interpreter as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

import s2sad
from s2sad.cli.main import main

ROOT = Path(s2sad.__file__).parents[1]

MODEL = '''
"""A model."""
import numpy as np
import s2sad
from sibling import FACTOR

print("being imported")


def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


@s2sad.grad
def energy(x: np.ndarray, k: float = 2.0):
    return 0.5 * k * FACTOR * np.sum(x * x)


def norm(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2
    return np.sqrt(total)


def doubled(x):
    return 2.0 * x


class Not:
    def traced(self):
        return None

    def scaled(self, x: float):
        return 3.0 * x
'''

BROKEN = MODEL + '''

def writes(x):
    with open("file") as out:
        out.write(str(x))
    return x
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "broken.py").write_text(BROKEN)
    (tmp_path / "sibling.py").write_text("FACTOR = 3.0\n")
    (tmp_path / "fails.py").write_text("raise RuntimeError('no luck')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    before = dict(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - set(before):
        if name in ("model", "broken", "sibling", "fails"):
            del sys.modules[name]


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def test_trace_of_a_function(folder):
    result = run("trace", "model.py:f")
    assert result.exit_code == 0
    assert result.stdout == textwrap.dedent(
        """\
        f(x1: f64, x2: f64):
            v1: f64 = np.log(x1)
            v2: f64 = x1 * x2
            v3: f64 = v1 + v2
            v4: f64 = np.sin(x2)
            v5: f64 = v3 - v4
            return v5
        """
    )


@pytest.mark.parametrize("target", ["model.py", "model", "./model.py"])
def test_trace_of_a_module(folder, target):
    path = list(sys.path)
    result = run("trace", target)
    assert result.exit_code == 0
    heads = [line.partition("(")[0] for line in result.stdout.splitlines() if line and not line.startswith(" ")]
    assert heads == ["f", "energy", "norm", "doubled"]
    assert "for i in range(v1)" in result.stdout and "k: f64" in result.stdout
    assert "being imported" not in result.stdout
    assert sys.path == path


def test_what_cannot_be_traced_is_shown_with_the_reason(folder):
    result = run("trace", "broken.py")
    assert result.exit_code == 1
    assert "doubled(x: f64):" in result.stdout
    assert "writes: cannot be traced\n    open has no derivative rule" in result.stdout
    assert 'with open("file") as out:' in result.stdout and "instead: " in result.stdout
    assert run("trace", "broken.py:f").exit_code == 0


def test_table(folder):
    result = run("trace", "model.py:f", "--table", "--at", "2.0, 5", "--tangent", "x1")
    assert result.exit_code == 0
    assert result.stdout == str(s2sad.trace(_f(), 2.0, 5.0).table(tangent="x1")) + "\n"
    assert "11.652" in result.stdout and "1.7163" in result.stdout
    sampled = run("trace", "model:norm", "--table", "--types", "x: f64[n]")
    assert sampled.exit_code == 0 and "v1 = x" in sampled.stdout


def _f():
    return sys.modules["model"].f


def test_table_at_values_where_the_function_raises(folder):
    result = run("trace", "model.py:norm", "--table", "--at", "[1.0, 2.0], 3.0")
    assert result.exit_code == 1
    assert "no table: " in result.stdout and "Traceback" not in result.output


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_graph(folder, form):
    result = run("trace", "model.py:f", "--graph", form)
    assert result.exit_code == 0
    assert result.stdout == s2sad.trace(_f(), 2.0, 5.0).graph(form) + "\n"


def test_json(folder):
    result = run("trace", "broken.py", "--format", "json", "--graph", "dot", "--table")
    found = json.loads(result.stdout)
    assert result.exit_code == 1 and found["failed"] == 1
    by_name = {entry["name"]: entry for entry in found["functions"]}
    assert list(by_name) == ["f", "energy", "norm", "doubled", "writes"]
    assert by_name["f"]["types"] == "x1: f64, x2: f64" and by_name["f"]["error"] is None
    assert by_name["f"]["graph"].startswith("digraph")
    assert by_name["energy"]["table"]["rows"][1] == {
        "variable": "v2", "equation": "v2 = k", "value": 2.0,
        "adjoint": by_name["energy"]["table"]["rows"][1]["adjoint"],
    }  # fmt: skip
    assert by_name["writes"]["trace"] is None and "open has no derivative rule" in by_name["writes"]["error"]


def test_source_of_a_gradient(folder):
    result = run("source", "model.py:f", "--wrt", "x1,x2")
    assert result.exit_code == 0
    space: dict = {}
    exec(result.stdout, space)
    assert space["f_grad"](2.0, 5.0) == pytest.approx((5.5, 1.7163378145367738), rel=1e-15)


def test_source_of_a_tangent(folder):
    result = run("source", "model.py:f", "--mode", "forward", "--wrt", "x2")
    space: dict = {}
    exec(result.stdout, space)
    assert space["f_jvp"](2.0, 5.0, 1.0)[1] == pytest.approx(1.7163378145367738, rel=1e-15)


def test_source_for_given_types(folder):
    result = run("source", "model.py:norm", "--wrt", "x", "--types", "x: f64[n]")
    assert result.exit_code == 0 and "unbroadcast" not in result.stdout
    space: dict = {}
    exec(result.stdout, space)
    import numpy as np

    np.testing.assert_allclose(space["norm_grad"](np.array([3.0, 4.0])), [0.6, 0.8], rtol=1e-15)


def test_source_of_a_method_is_that_of_what_it_is_given(folder):
    assert "respect to x" in run("source", "model.py:Not.scaled").stdout
    assert json.loads(run("source", "model.py:Not.scaled", "--format", "json").stdout)["wrt"] == ["x"]


def test_source_of_what_is_not_one_number_takes_its_cotangent(folder):
    result = run("source", "model.py:doubled", "--types", "x: f64[n]")
    assert result.exit_code == 0
    space: dict = {}
    exec(result.stdout, space)
    import numpy as np

    np.testing.assert_array_equal(space["doubled_grad"](np.ones(2), np.array([1.0, 5.0])), [2.0, 10.0])


def test_source_as_json(folder):
    found = json.loads(run("source", "model.py:energy", "--format", "json").stdout)
    assert found["function"] == "energy" and found["types"].startswith("x: f64[...]")
    assert found["source"].rstrip() == run("source", "model.py:energy").stdout.rstrip()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trace", "model.py:nothing"), "model has no function 'nothing'; it has: f, energy, norm, doubled"),
        (("trace", "nowhere.py"), "no file nowhere.py"),
        (("trace", "no_such_module_at_all"), "cannot import no_such_module_at_all"),
        (("trace", "fails.py"), "cannot import fails.py: RuntimeError: no luck"),
        (("source", "model.py:f", "--wrt", "z"), "f has no argument named 'z'"),
        (("source", "model.py:f", "--types", "z: f64"), "f has no parameter 'z'"),
        (("source", "broken.py:writes"), "open has no derivative rule"),
    ],
)
def test_failures(folder, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr and "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace",), ("trace", "model.py", "--at", "1.0"), ("trace", "model.py:f", "--types", "x1=f64"),
        ("trace", "model.py:f", "--types", "x1: f65"), ("trace", "model.py:f", "--graph", "svg"),
        ("trace", "model.py:f", "--table", "--at", "x + 1"), ("source", "model.py"), ("nonsense",),
        ("source", "model.py:f", "--mode", "sideways"), ("trace", "model.py", "--format", "yaml"),
    ],
)  # fmt: skip
def test_bad_usage(folder, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_help_and_version():
    assert run("--version").stdout == f"s2sad, version {s2sad.__version__}\n"
    for arguments in (("--help",), ("trace", "--help"), ("source", "-h")):
        result = run(*arguments)
        assert result.exit_code == 0 and result.stdout.startswith("Usage: ")


def test_as_a_process(folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "random"}
    first, second = (
        subprocess.run(
            [sys.executable, "-m", "s2sad", "trace", "broken.py"], capture_output=True, text=True, env=environment,
            check=False,
        )
        for _ in range(2)
    )  # fmt: skip
    assert first.returncode == 1
    assert first.stdout == second.stdout and "writes: cannot be traced" in first.stdout
    assert "\x1b[" not in first.stdout and "Traceback" not in first.stderr
    assert first.stderr == "being imported\n"


def test_colours_are_left_out_where_they_are_not_wanted(folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FORCE_COLOR": "1", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "s2sad", "source", "model.py:f"]
    plain = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "\x1b[" not in plain.stdout
    del environment["NO_COLOR"]
    coloured = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "\x1b[" in coloured.stdout
