"""Rules, called as the plain Python functions that they are, against differences: first order of every form."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import s2sad.prims
import s2sad.rules  # noqa: F401
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK, Rule
from tests.primitive_table import TABLE, Row, Sample, samples

RNG = np.random.default_rng(11)
STEP = 1e-6


def leaves(tree: Any) -> list[Any]:
    """Numbers and arrays of a nested list."""
    if isinstance(tree, list | tuple):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def shift(tree: Any, direction: Any, step: float) -> Any:
    if isinstance(tree, list | tuple):
        return type(tree)(shift(t, d, step) for t, d in zip(tree, direction, strict=True))
    return tree + step * direction


def random_like(tree: Any) -> Any:
    if isinstance(tree, list | tuple):
        return type(tree)(map(random_like, tree))
    return RNG.normal(size=np.shape(tree))[()]


def is_float(tree: Any) -> bool:
    return all(np.asarray(leaf).dtype.kind == "f" for leaf in leaves(tree) if leaf is not None) and tree is not None


def pairing(a: Any, b: Any) -> float:
    """Sum of products of corresponding leaves; shapes have to agree."""
    total = 0.0
    for x, y in zip(leaves(a), leaves(b), strict=True):
        assert np.shape(x) == np.shape(y)
        total += float(np.sum(x * y))
    return total


def bound(row: Row, sample: Sample) -> dict[str, Any]:
    arguments = REGISTRY.by_name[row.name].signature.bind(*sample.args, **sample.kwargs)
    arguments.apply_defaults()
    return dict(arguments.arguments)


def run(row: Row, arguments: dict[str, Any]) -> Any:
    prim = REGISTRY.by_name[row.name]
    given = prim.signature.parameters
    positional: list[Any] = []
    for name, parameter in given.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional.extend(arguments[name])
        elif parameter.default is inspect.Parameter.empty:
            positional.append(arguments[name])
    options = {
        n: arguments[n] for n, p in given.items()
        if p.default is not inspect.Parameter.empty and arguments[n] is not p.default
    }  # fmt: skip
    return prim.run(*positional, **options)


def difference(row: Row, arguments: dict[str, Any], directions: dict[str, Any]) -> Any:
    ahead, behind = dict(arguments), dict(arguments)
    for name, direction in directions.items():
        ahead[name], behind[name] = (shift(arguments[name], direction, s) for s in (STEP, -STEP))
    return (run(row, ahead) - run(row, behind)) / (2 * STEP)


def body(rule: Rule, arguments: dict[str, Any], **more: Any) -> Any:
    assert rule.body is not None
    available = {**arguments, **more}
    return rule.body(**{name: available[name] for name in rule.residuals})


def forward(row: Row, rule: Rule, arguments: dict[str, Any], ans: Any, directions: dict[str, Any]) -> Any:
    """The tangent that a rule gives, with zeros for operands that are not differentiated."""
    match rule.form:
        case "partials":
            found = body(rule, arguments, ans=ans)
            found = found if isinstance(found, tuple) and len(rule.wrt) > 1 else (found,)
            total = np.zeros(np.shape(ans))
            for name, partial in zip(rule.wrt, found, strict=True):
                if name in directions and partial is not None:
                    for part, direction in zip(leaves(partial), leaves(directions[name]), strict=True):
                        total = total + part * direction
            return total
        case "bilinear":
            return sum(run(row, {**arguments, name: d}) for name, d in directions.items())
        case "linear":
            zeros = {n: np.zeros(np.shape(arguments[n])) for n in rule.wrt if n not in directions}
            return run(row, {**arguments, **zeros, **directions})
        case _:
            zeros = {f"{n}_dot": np.zeros(np.shape(arguments[n])) for n in rule.wrt if n not in directions}
            dots = {f"{n}_dot": d for n, d in directions.items()}
            return body(rule, arguments, ans=ans, **zeros, **dots)


def floats(rule: Rule, arguments: dict[str, Any]) -> tuple[str, ...]:
    return tuple(n for n in rule.wrt if is_float(arguments[n]))


@pytest.mark.parametrize("row, sample", samples(TABLE))
def test_a_rule_agrees_with_differences(row: Row, sample: Sample) -> None:
    prim = REGISTRY.by_name[row.name]
    if BOOK.is_constant(prim):
        return
    arguments = bound(row, sample)
    ans = run(row, arguments)
    rule = BOOK.forward[prim]
    if rule.form == "pullback":
        return
    for name in floats(rule, arguments):
        if row.name in ("pow", "np.float_power") and name == "x2" and np.any(np.asarray(arguments["x1"]) <= 0):
            continue  # the power of a base that is not positive is no function of the exponent
        directions = {name: random_like(arguments[name])}
        expected = difference(row, arguments, directions)
        np.testing.assert_allclose(forward(row, rule, arguments, ans, directions), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("row, sample", samples(TABLE))
def test_a_transpose_pairs_as_the_map_does(row: Row, sample: Sample) -> None:
    prim = REGISTRY.by_name[row.name]
    rule = BOOK.reverse.get(prim)
    if rule is None or rule.form not in ("linear", "bilinear", "pullback"):
        return
    arguments = bound(row, sample)
    ans = run(row, arguments)
    ans_bar = random_like(ans)
    found = body(rule, arguments, ans=ans, ans_bar=ans_bar)
    cotangents = found if isinstance(found, tuple) and len(rule.wrt) > 1 else (found,)
    for name, cotangent in zip(rule.wrt, cotangents, strict=True):
        if name not in floats(rule, arguments) or cotangent is None:
            continue
        directions = {name: random_like(arguments[name])}
        if rule.form != "pullback":
            tangent = forward(row, rule, arguments, ans, directions)
        else:
            tangent = difference(row, arguments, directions)
        if prim.elementwise:  # the transforms sum over broadcast axes
            cotangent = s2sad.prims.runtime.unbroadcast(cotangent, np.shape(arguments[name]))
        left, right = pairing([ans_bar], [tangent]), pairing(cotangent, directions[name])
        assert left == pytest.approx(right, rel=1e-6, abs=1e-7)
