"""Every example in a docstring runs and gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import s2sad
import s2sad.testing

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(s2sad.__path__, "s2sad.") if module.name != "s2sad.__main__"
)
PUBLIC = ["grad", "value_and_grad", "jvp", "vjp", "trace", "check_grads"]


@pytest.mark.parametrize("name", ["s2sad", *MODULES])
def test_examples_of_a_module(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_public_functions_have_examples(name):
    function = s2sad.testing.check_grads if name == "check_grads" else getattr(s2sad, name)
    assert doctest.DocTestFinder().find(function, "f")[0].examples
