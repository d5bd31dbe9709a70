"""Sparse derivatives: patterns contain every number that is not zero; the numbers are those of dense derivatives."""

from __future__ import annotations

import inspect
import random
import sys

import numpy as np
import pytest
import scipy.sparse

import s2sad
from s2sad.prims.primitive import REGISTRY
from s2sad.sparsity import colouring
from s2sad.sparsity.machine import RULES
from s2sad.sparsity.pattern import Pattern
from s2sad.sparsity.sets import Sets
from tests import programs_sparse, random_aliases, random_programs

X = np.linspace(0.3, 1.7, 8)


def dense(f, *args, at=0):
    """The Jacobian column by column."""
    columns = []
    for place in np.ndindex(args[at].shape):
        unit = np.zeros(args[at].shape)
        unit[place] = 1.0
        tangents = [unit if k == at else None for k in range(len(args))]
        columns.append(np.ravel(s2sad.jvp(f, args, tangents)[1]))
    return np.array(columns).T


@pytest.mark.parametrize(("f", "count"), programs_sparse.PROGRAMS, ids=lambda v: getattr(v, "__name__", ""))
def test_programs(f, count):
    want = dense(f, X)
    for mode in ("auto", "reverse"):
        jacobian = s2sad.sparse_jacobian(f, mode=mode, check=True)
        got = jacobian(X)
        assert isinstance(got, scipy.sparse.csr_array)
        np.testing.assert_allclose(got.toarray(), want, rtol=1e-12, atol=1e-14)
    found = jacobian.pattern(X)
    assert count is None or found.nnz == count
    assert "cannot be told" not in jacobian.explain(X)
    for seed in range(3):  # the pattern holds for other values, too
        other = np.random.default_rng(seed).uniform(0.1, 2.5, 8)
        assert not np.any((dense(f, other) != 0) & ~found.toarray())


@pytest.mark.parametrize(("f", "count"), programs_sparse.SUMS, ids=lambda v: getattr(v, "__name__", ""))
def test_hessians(f, count):
    hessian = s2sad.sparse_hessian(f, check=True)
    want = dense(s2sad.grad(f), X)
    got = hessian(X)
    np.testing.assert_allclose(got.toarray(), want, rtol=1e-12, atol=1e-12)
    assert hessian.pattern(X).nnz == count
    assert (hessian.pattern(X) != hessian.pattern(X).T).nnz == 0
    again = s2sad.sparse_jacobian(s2sad.grad(f))(X)
    np.testing.assert_allclose(again.toarray(), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("module", [random_programs, random_aliases], ids=["programs", "aliases"])
def test_random_programs(module):
    args = getattr(module, "POINT", random_programs.POINT)
    other = (args[0] + np.array([0.6, -0.4, -0.7, 0.5]), *args[1:])
    full = 0
    for seed in range(8):
        f = random_programs.load(module.write(random_programs.Seeded(seed)), f"sparse {module.__name__} {seed}")
        try:
            gradient = s2sad.grad(f)
            want, elsewhere = dense(gradient, *args), dense(gradient, *other)
        except s2sad.UnsupportedError:
            continue
        hessian = s2sad.sparse_hessian(f)
        np.testing.assert_allclose(hessian(*args).toarray(), want, rtol=1e-8, atol=1e-9, err_msg=str(seed))
        found = hessian.pattern(*args)
        full += "cannot be told" in hessian.explain(*args)
        assert not np.any((elsewhere != 0) & ~found.toarray()), seed
    assert full <= 2


def test_what_sets_hold_is_what_can_be_reached():
    for seed in range(150):
        r = random.Random(seed)
        sets, pool, heads = Sets(5), list(range(6)), []
        parts: dict[int, set[int]] = {}
        for _ in range(r.randint(1, 25)):
            kind = r.random()
            if kind < 0.6:
                a, b = r.choice(pool), r.choice(pool)
                pool.append(sets.pair(a, b))
                parts.setdefault(pool[-1], set()).update({a, b} - {pool[-1]})
            elif kind < 0.8:
                a, b = np.array(r.choices(pool, k=3)), np.array(r.choices(pool, k=3))
                for x, y, z in zip(a.tolist(), b.tolist(), sets.join(a, b).tolist(), strict=True):
                    pool.append(z)
                    parts.setdefault(z, set()).update({x, y} - {z})
            elif kind < 0.9:
                heads.append(sets.fresh(1))
                pool.append(int(heads[-1][0]))
            elif heads:
                head, part = r.choice(heads), r.choice(pool)
                sets.close(head, np.array([part]))
                parts.setdefault(int(head[0]), set()).add(part)
        ids = np.array(r.choices(pool, k=4))
        indptr, indices = sets.rows(ids)
        for name, low, high in zip(ids.tolist(), indptr[:-1], indptr[1:], strict=True):
            seen, pending = set(), [name]
            while pending:
                v = pending.pop()
                if v not in seen:
                    seen.add(v)
                    pending.extend(parts.get(v, ()))
            assert indices[low:high].tolist() == sorted(v - 1 for v in seen if 0 < v <= 5)


def as_pattern(matrix):
    matrix = scipy.sparse.csr_array(matrix)
    matrix.sort_indices()
    return Pattern(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.shape)


def read_back(matrix, groups):
    """The matrix, from the sums of its columns and rows in the groups of a colouring."""
    columns = np.array([matrix[:, groups.columns == c].sum(axis=1) for c in range(groups.forward)])
    rows = np.array([matrix[groups.rows == c].sum(axis=0) for c in range(groups.reverse)])
    found, out = as_pattern(matrix), np.zeros_like(matrix)
    out[found.rows, found.indices] = np.concatenate([columns.ravel(), rows.ravel()])[groups.take]
    return out


def test_elements_can_be_told_apart_in_groups():
    rng = np.random.default_rng(0)
    for _ in range(40):
        m, n = rng.integers(1, 14, 2)
        a = (rng.random((m, n)) < rng.choice([0.1, 0.3, 0.6])) * rng.integers(1, 100, (m, n)).astype(float)
        if rng.random() < 0.4:
            a[rng.integers(m)] = rng.integers(1, 99, n)
        if rng.random() < 0.4:
            a[:, rng.integers(n)] = rng.integers(1, 99, m)
        for mode in ("forward", "reverse", "both", "auto"):
            assert np.array_equal(read_back(a, colouring.best(as_pattern(a), mode)), a)
        b = (rng.random((n, n)) < 0.3) * rng.integers(1, 100, (n, n)).astype(float)
        assert np.array_equal(read_back(b + b.T, colouring.symmetric(as_pattern(b + b.T))), b + b.T)


def band(x):
    y = x * 1.0
    y[1:-1] = np.sin(x[:-2]) * x[1:-1] + x[2:] ** 2
    return y


def arrow(x):
    y = x * x[0]
    y[0] = np.sum(np.sin(x))
    return y


def blocks(x):
    b = x.reshape(-1, 5)
    return (b * np.sum(b * b, axis=1)[:, None]).ravel()


@pytest.mark.parametrize(
    ("f", "sweeps", "count"),
    [(band, 3, 299_996), (arrow, 3, 299_998), (blocks, 5, 500_000)],
    ids=["band", "arrow", "blocks"],
)
def test_many_inputs_take_as_many_sweeps_as_a_row_is_long(f, sweeps, count):
    x = np.random.default_rng(0).uniform(0.5, 1.5, 100_000)
    jacobian = s2sad.sparse_jacobian(f)
    assert jacobian.colors(x).sweeps == sweeps
    got = jacobian(x)
    assert got.nnz == count
    direction = np.random.default_rng(1).uniform(-1.0, 1.0, len(x))
    np.testing.assert_allclose(got @ direction, s2sad.jvp(f, (x,), (direction,))[1], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(got.T @ direction, s2sad.vjp(f, x)[1](direction)[0], rtol=1e-9, atol=1e-9)


def test_nested_arguments_and_several_results():
    def f(p, n, *, scale):
        return {"a": p["w"] * scale + p["b"], "k": n, "s": (p["w"][0] * p["c"][1], p["c"][0])}

    params = {"w": np.array([1.0, 2.0, 3.0]), "b": 0.5, "c": [2.0, 4.0], "name": "w"}
    got = s2sad.sparse_jacobian(f)(params, 3, scale=2.0).toarray()
    want = [[2, 0, 0, 1, 0, 0], [0, 2, 0, 1, 0, 0], [0, 0, 2, 1, 0, 0], [4, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0]]
    np.testing.assert_array_equal(got, want)
    two = s2sad.sparse_jacobian(lambda x, k, y: x * y[::-1] * k, argnums=(0, "y"), mode="reverse")
    got = two(np.array([1.0, 2.0]), 3, np.array([5.0, 7.0])).toarray()
    np.testing.assert_array_equal(got, [[21, 0, 0, 3], [0, 15, 6, 0]])
    hessian = s2sad.sparse_hessian(lambda x, y: np.sum(x * y**2), argnums=(0, 1))
    got = hessian(np.array([1.0, 2.0]), np.array([3.0, 4.0])).toarray()
    np.testing.assert_array_equal(got, [[0, 0, 6, 0], [0, 0, 0, 8], [6, 0, 2, 0], [0, 8, 0, 4]])


def test_auxiliary_results_formats_and_other_numbers():
    def f(x):
        return x[1:] * x[0], {"norm": np.sum(x), "x": x}

    matrix, aux = s2sad.sparse_jacobian(f, has_aux=True, container="matrix")(X[:3])
    assert isinstance(matrix, scipy.sparse.csr_matrix)
    np.testing.assert_allclose(matrix.toarray(), [[X[1], X[0], 0.0], [X[2], 0.0, X[0]]])
    np.testing.assert_allclose(aux["norm"], X[:3].sum())
    matrix, aux = s2sad.sparse_hessian(lambda x: (np.sum(x**3), x[0]), has_aux=True)(X[:3])
    np.testing.assert_allclose(matrix.toarray(), np.diag(6 * X[:3]))
    single = s2sad.sparse_jacobian(lambda x: x * x)(X.astype(np.float32))
    assert single.dtype == np.float32
    z = np.array([1.0 + 2.0j, 3.0 - 1.0j])
    for mode in ("forward", "reverse"):
        got = s2sad.sparse_jacobian(lambda z: z**2, holomorphic=True, mode=mode)(z)
        np.testing.assert_allclose(got.toarray(), np.diag(2 * z))
    nothing = s2sad.sparse_jacobian(lambda x: np.floor(x), has_aux=False)(X)
    assert nothing.nnz == 0 and nothing.shape == (8, 8)


def test_what_was_found_is_used_again():
    traced = []

    def f(x, places, weight):
        traced.append(1)
        return x[places] * weight

    jacobian = s2sad.sparse_jacobian(f)
    first, second = np.array([0, 2, 1]), np.array([1, 1, 1])
    for places in (first, second, first):
        for weight in (2.0, -3.0):
            want = np.zeros((3, 4))
            want[np.arange(3), places] = weight
            np.testing.assert_array_equal(jacobian(np.arange(4.0), places, weight).toarray(), want)
    assert jacobian.colors(X[:4], first, 1.0) is jacobian.colors(X[4:], first, 7.0)
    assert jacobian.colors(X[:4], first, 1.0) is not jacobian.colors(X[:4], second, 1.0)
    assert len(traced) == 6, "the function runs once in each call, and not where patterns are looked at"

    def decided(x, t):
        return x * t if t > 0 else x[::-1]

    jacobian = s2sad.sparse_jacobian(decided)
    for t in (1.0, -1.0, 2.0):
        np.testing.assert_array_equal(jacobian(X[:3], t).toarray(), np.eye(3) * t if t > 0 else np.eye(3)[::-1])
    assert "for others it is found anew" in jacobian.explain(X[:3], 1.0)

    matrix = np.eye(3)

    def captured(x):
        return matrix @ x

    jacobian = s2sad.sparse_jacobian(captured)
    assert jacobian(X[:3]).nnz == 3
    matrix = np.ones((3, 3))
    assert jacobian(X[:3]).nnz == 9


def test_a_size_that_hangs_on_the_values_is_looked_at_in_each_call():
    jacobian = s2sad.sparse_jacobian(lambda x: x[x > 0.0] * 2.0, mode="reverse")
    np.testing.assert_array_equal(jacobian(np.array([1.0, -1.0])).toarray(), [[2.0, 0.0]])
    np.testing.assert_array_equal(jacobian(np.array([1.0, 1.0])).toarray(), 2.0 * np.eye(2))
    assert "the pattern is full" in jacobian.explain(np.array([1.0, 1.0]))


def test_a_known_pattern():
    known = scipy.sparse.diags_array([1.0, 1.0], offsets=[0, 1], shape=(7, 8))
    jacobian = s2sad.sparse_jacobian(programs_sparse.neighbours, pattern=known, check=True)
    np.testing.assert_allclose(jacobian(X).toarray(), dense(programs_sparse.neighbours, X))
    assert "given" in jacobian.explain(X)
    with pytest.raises(s2sad.InputError, match="does not fit"):
        s2sad.sparse_jacobian(programs_sparse.neighbours, pattern=np.eye(7, 8), check=True)(X)


def test_with_other_transforms_and_as_a_decorator():
    @s2sad.sparse_jacobian(mode="forward")
    def rows(x):
        return s2sad.vmap(lambda r: r[1:] * r[0])(x.reshape(2, 4)).ravel()

    assert rows.__name__ == "rows"
    got = rows(X)
    np.testing.assert_allclose(got.toarray(), dense(rows.primal, X))
    assert got.nnz == 12 and rows.colors(X).sweeps == 2
    assert "def rows_tangents(x, x_dot):" in rows.source

    def inner(x):
        return s2sad.grad(lambda y: np.sum(y[1:] * y[:-1] ** 2))(x) * x

    got = s2sad.sparse_jacobian(inner)(X)
    np.testing.assert_allclose(got.toarray(), dense(inner, X))
    assert got.nnz == 22


def test_arguments_are_left_alone():
    x = X.copy()

    def f(x):
        x *= 2.0
        return x * x

    np.testing.assert_allclose(s2sad.sparse_jacobian(f, mode="reverse")(x).toarray(), np.diag(8 * X))
    np.testing.assert_array_equal(x, X)


def test_rules_take_what_primitives_take():
    for name, function in RULES.items():
        prim = REGISTRY.by_name.get(name)
        if prim is None:
            continue
        machine, *own = inspect.signature(function).parameters.values()
        if any(p.kind is p.VAR_KEYWORD for p in own):
            continue
        assert [p.name for p in own] == list(prim.signature.parameters), name


def test_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(s2sad.InputError, match=r"(?s)need SciPy.*pip install \"s2sad\[scipy\]\""):
        s2sad.sparse_jacobian(lambda x: x)
