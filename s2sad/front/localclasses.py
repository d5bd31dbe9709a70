"""Classes that are defined inside of a function.

The class is made while tracing: a real one, of the bases and by the decorators that the program names, so that all that
Python does with a class (the order of bases, dataclasses, properties) is Python's own doing. Its methods are stand-ins;
what calling one means is the closure behind it, which sees the variables of the function around the class.
"""

from __future__ import annotations

import ast
import dataclasses
import types
from typing import Any

from s2sad.front.statements import RUN
from s2sad.front.values import Abstract, Closure, Known
from s2sad.front.warning import Warnings


class LocalClasses(Warnings):
    """``class`` statements."""

    def run_class_def(self, node: ast.ClassDef) -> None:
        if node.keywords or getattr(node, "type_params", None):
            self.refuse("a class with keywords or type parameters, inside a function", instead="move it to the module")
        bases = tuple(self.class_part(self.evaluate(b), "a base class") for b in node.bases)
        module = self.frame.code.source.function.__module__
        namespace: dict[str, Any] = {"__module__": module, "__qualname__": node.name}
        methods: list[ast.FunctionDef] = []
        for statement in node.body:
            self.node = statement
            match statement:
                case ast.FunctionDef():
                    methods.append(statement)
                    namespace[statement.name] = self.method(statement, namespace)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    namespace[name] = self.class_part(self.in_class(value, namespace), "an attribute of the class")
                case ast.AnnAssign(target=ast.Name(id=name), value=value):
                    namespace.setdefault("__annotations__", {})[name] = self.annotation(statement.annotation)
                    if value is not None:
                        namespace[name] = self.class_part(self.in_class(value, namespace), "an attribute of the class")
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    self.refuse("this statement in a class inside a function", instead="move the class to the module")
        self.node = node
        made: Any = types.new_class(node.name, types.resolve_bases(bases), {}, lambda ns: ns.update(namespace))
        for method in methods:
            self.local_classes[method] = made
        for decorator in reversed(node.decorator_list):
            apply = self.class_part(self.in_class(decorator, {}), "a decorator")
            self.node = decorator
            made = apply(made)
        for method in methods:
            self.local_classes[method] = made
        self.state.write(self.frame.variables, node.name, Known(made))

    def in_class(self, value: ast.expr, namespace: dict[str, Any]) -> Abstract:
        """An expression in the body of a class, which may name what stands above it there."""
        if isinstance(value, ast.Name) and value.id in namespace:
            return Known(namespace[value.id])
        if isinstance(value, ast.Call):
            function = self.evaluate(value.func)
            if isinstance(function, Known) and function.value in (dataclasses.dataclass, dataclasses.field):
                args = [self.class_part(self.evaluate(a), "a default") for a in value.args]
                named = {k.arg: self.class_part(self.evaluate(k.value), "a default") for k in value.keywords if k.arg}
                return Known(function.value(*args, **named))
        return self.evaluate(value)

    def class_part(self, value: Abstract, what: str) -> Any:
        """Something that has to be known to make a class."""
        try:
            return self.concrete(value)
        except LookupError:
            self.refuse(
                f"{what} that is not known when the derivative is made ({self.describe(value)})",
                why="the class is made once, when the derivative is made",
                instead="set what depends on the arguments in __init__, as an attribute of the object",
            )

    def annotation(self, node: ast.expr) -> Any:
        """What an annotation says, as far as a dataclass asks."""
        text = ast.unparse(node)
        return text if any(word in text for word in ("ClassVar", "InitVar", "KW_ONLY")) else object

    def method(self, node: ast.FunctionDef, namespace: dict[str, Any]) -> Any:
        """A stand-in for a method, decorated as the method is."""

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError  # the front end runs the closure

        stand_in.__name__ = stand_in.__qualname__ = node.name
        closure = self.closure(node)
        assert isinstance(closure, Closure)
        self.stand_ins[stand_in] = closure
        made: Any = stand_in
        for decorator in reversed(node.decorator_list):
            match decorator:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if isinstance(namespace.get(name), property):
                    made = getattr(namespace[name], attr)(made)
                case _:
                    apply = self.class_part(self.evaluate(decorator), "a decorator")
                    made = apply(made)
        return made


RUN[ast.ClassDef] = LocalClasses.run_class_def

__all__ = ["LocalClasses"]
