"""The shipped examples: what they find, and that their data are what they say."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from rich.console import Console

from s2sad.examples import demo, make_pendulum


def test_the_regression_finds_the_published_coefficients():
    """Dalal, Fowlkes & Hoadley, JASA 84 (1989) and every textbook since: 15.0429 and -0.2322."""
    problem, _ = demo.problems()
    last = demo.fit(problem)
    np.testing.assert_allclose(problem.report(last.x), [15.0429, -0.2322], atol=5e-5)
    assert last.slope < 1e-7


def test_the_pendulum_finds_the_parameters_that_made_the_data():
    _, problem = demo.problems()
    last = demo.fit(problem)
    np.testing.assert_allclose(last.x, make_pendulum.TRUTH, atol=0.01)
    residual = np.sqrt(last.value / len(problem.data[0]))
    assert residual == pytest.approx(make_pendulum.NOISE, rel=0.2)


@pytest.mark.parametrize("which", [0, 1])
def test_generated_gradients_agree_with_differences(which):
    problem = demo.problems()[which]
    assert demo.gradient_error(problem, problem.start) < 1e-8


def test_the_pendulum_data_are_reproduced(capsys):
    make_pendulum.main()
    assert capsys.readouterr().out == files("s2sad.examples").joinpath("pendulum.csv").read_text()


def test_the_demonstration_prints_what_it_promises():
    out = io.StringIO()
    demo.main(Console(file=out, width=160, color_system=None))
    text = out.getvalue()
    for expected in ("11.652", "def f_grad(x1, x2):", "(5.5, 1.71634)", "15.0429", "-0.23216", "2.200", "0.1500"):
        assert expected in text


def test_the_demonstration_runs_as_a_module():
    run = subprocess.run([sys.executable, "-m", "s2sad.examples.demo"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
