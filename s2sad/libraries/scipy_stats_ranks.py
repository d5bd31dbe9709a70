"""``scipy.stats``: tests that go by ranks and counts. Their results are steps, of which the slope is zero.

SciPy is called as it stands; what is read of its result is a number that has no derivative.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import scipy.stats as st

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known
from s2sad.ir.core import Arg, Pack
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Object, Type, axes, dtype_name, np_dtype, of
from s2sad.libraries.solutions import absent, means, written
from s2sad.prims.primitive import primitive, unsupported
from s2sad.rules.book import constant

OF_TWO = (
    "ansari brunnermunzel chatterjeexi cramervonmises_2samp ks_2samp kendalltau logrank mannwhitneyu mood ranksums "
    "somersd spearmanrho weightedtau wilcoxon"
)
OF_SEVERAL = "anderson_ksamp fligner friedmanchisquare median_test"
OF_COUNTS = "barnard_exact boschloo_exact fisher_exact page_trend_test poisson_means_test"


class RankTest:
    """The result of a test: a pair, with the names of its items."""

    def __init__(self, statistic, pvalue):
        self.statistic, self.pvalue = statistic, pvalue

    @property
    def correlation(self):
        return self.statistic

    def __iter__(self):
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue)[k]

    def __getattr__(self, name):
        unsupported(f"the field {name} of this test", instead="call the test before, and pass it")


@cache
def kinds_of(name: str, dtypes: tuple[str, ...]) -> tuple[str, str]:
    """The dtypes of the statistic and the p-value of a test of samples."""
    samples = [(np.arange(12.0) * (5 + 2 * k) % 13).astype(np_dtype(dtype)) for k, dtype in enumerate(dtypes)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = getattr(st, name)(*([samples] if name == "anderson_ksamp" else samples))
        except (TypeError, ValueError):
            return "f64", "f64"
    return dtype_name(np.asarray(found.statistic).dtype) or "f64", dtype_name(np.asarray(found.pvalue).dtype) or "f64"


def test_of(name: str, function: Callable[..., Any]) -> Primitive:
    """A call of SciPy, which gives a result object."""
    def infer(*samples: Any, **options: Any) -> Type:
        return Object("TestResult")

    parameters = inspect.signature(function).parameters.values()
    plain = {p.name: None if type(p.default) is object else p.default for p in parameters}  # what marks "not given"
    kept = [p.replace(annotation=p.empty, default=plain[p.name]) for p in parameters if p.kind != p.VAR_KEYWORD]
    infer.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
    prim = primitive(f"scipy.stats.{name}", function, infer, calls=())
    constant(prim)
    return prim


def read_of(text: str, dtype: str) -> Primitive:
    prim = primitive(
        f"rank_test.{text}.{dtype}", lambda test: getattr(test, text), lambda test: of(dtype, ()), style="attribute",
        text=text, calls=(),
    )  # fmt: skip
    constant(prim)
    return prim


READ = {(text, dtype): read_of(text, dtype) for text in ("statistic", "pvalue") for dtype in ("f32", "f64")}


def samples_of(args: tuple[Arg, ...]) -> list[Arg]:
    """The samples that a test was given, of lists of samples each."""
    return [a for arg in args for a in (samples_of(arg.items) if isinstance(arg, Pack) else [arg])]


def called(name: str, function: Callable[..., Any]) -> None:
    prim, tables = test_of(name, function), name in OF_COUNTS.split()

    @means(function)
    def meaning(machine: Calls, *args: Abstract, **kwargs: Abstract) -> Abstract:
        given = {k: v for k, v in kwargs.items() if not absent(v)}
        axis = given.pop("axis", None)
        operands = tuple(machine.to_arg(a) for a in args)
        arrays = [t for a in samples_of(operands) if isinstance(t := a.type, Array)]
        usual = isinstance(axis, Known | None) and (axis is None or axis.value in (0, -1))
        if not tables and (not usual or any(len(axes(t) or ()) != 1 for t in arrays)) or "keepdims" in given:
            machine.refuse(f"scipy.stats.{name} of more than vectors", instead="a loop over the rows")
        test = machine.emit(prim, *operands, name="test", **written(machine, given))
        single = arrays and not tables and any(t.dtype == "f32" for t in arrays)
        kinds = kinds_of(name, tuple(t.dtype for t in arrays)) if single else ("f64", "f64")
        content = {
            text: machine.wrap(machine.emit(READ[text, dtype], test, name=text))
            for text, dtype in zip(("statistic", "pvalue"), kinds, strict=True)
        }
        return machine.bare(RankTest, content)


for _name in f"{OF_TWO} {OF_SEVERAL} {OF_COUNTS}".split():
    if hasattr(st, _name):
        called(_name, getattr(st, _name))
