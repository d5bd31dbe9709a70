"""The committed derivatives are what s2sad writes today, byte for byte, and they run without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import s2sad
from generated_examples import regenerate
from tests.programs.rows import ROWS
from tests.programs.transformed import TRANSFORMED
from tests.programs.whole import WHOLE, Whole

every = pytest.mark.parametrize("whole", WHOLE, ids=lambda w: w.name)


@every
def test_committed_source_is_current(whole: Whole) -> None:
    committed = regenerate.path(whole).read_text()
    assert regenerate.source(whole) == committed, "run: python -m generated_examples.regenerate"


@every
def test_committed_source_runs_alone(whole: Whole) -> None:
    text = regenerate.path(whole).read_text()
    assert "s2sad" not in "".join(line for line in text.splitlines() if line.startswith(("import", "from")))
    namespace: dict[str, object] = {}
    exec(compile(text, str(regenerate.path(whole)), "exec"), namespace)
    args = whole.data(whole.small)
    generated = namespace[f"{whole.function.__name__}_grad"]
    got = generated(*args)
    want = s2sad.grad(whole.function, argnums=whole.argnums)(*args)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ROWS)
def test_committed_source_of_all_rows_is_current(name: str) -> None:
    committed = (regenerate.FOLDER / f"{name}.py").read_text()
    assert regenerate.source_of_rows(name) == committed, "run: python -m generated_examples.regenerate"
    function, in_axes, data = ROWS[name]
    namespace: dict[str, object] = {}
    exec(compile(committed, name, "exec"), namespace)
    got = namespace[f"{function.__name__}_vmap"](*data)
    want = [function(*(a if axis is None else a[k] for a, axis in zip(data, in_axes, strict=True))) for k in range(6)]
    np.testing.assert_allclose(got, want, rtol=1e-13)


@pytest.mark.parametrize("name", TRANSFORMED)
def test_committed_source_of_other_transforms_is_current(name: str) -> None:
    committed = (regenerate.FOLDER / f"{name}.py").read_text()
    assert TRANSFORMED[name]() == committed, "run: python -m generated_examples.regenerate"


def test_no_file_is_left_over() -> None:
    names = {regenerate.path(w).name for w in WHOLE} | {f"{name}.py" for name in (*ROWS, *TRANSFORMED)}
    names |= {"__init__.py", "regenerate.py"}
    assert {p.name for p in regenerate.FOLDER.glob("*.py")} == names


def test_the_same_bytes_under_other_hash_seeds(tmp_path: Path) -> None:
    script = (
        "from generated_examples.regenerate import source, WHOLE\n"
        "print('\\n'.join(source(w) for w in WHOLE if w.name in ('textbook', 'kalman', 'cholesky')))"
    )
    root = regenerate.FOLDER.parent
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = dict(os.environ, PYTHONHASHSEED=seed, PYTHONPATH=str(root))
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd=root)
        assert run.returncode == 0, run.stderr
        texts.add(run.stdout)
    assert len(texts) == 1
