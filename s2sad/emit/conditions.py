"""Branches in the words of Python: conditional expressions, ``and``, ``or``, and the plainest form of an ``if``."""

from __future__ import annotations

import ast

from s2sad.emit.spelling import names_in, negated

Statements = list[ast.stmt]


def conditional(pred: ast.expr, then: Statements, orelse: Statements, is_bool: bool) -> ast.stmt | None:
    """``x = a if p else b``, where both branches are short assignments to ``x``; of bools ``p and a``, ``p or b``."""
    if len(then) != 1 or len(orelse) != 1:
        return None
    if not isinstance(then[0], ast.Assign) or not isinstance(orelse[0], ast.Assign):
        return None
    one, other = then[0].targets[0], orelse[0].targets[0]
    if not isinstance(one, ast.Name) or not isinstance(other, ast.Name) or one.id != other.id:
        return None
    a, b = then[0].value, orelse[0].value
    if is_bool and isinstance(b, ast.Constant) and b.value is False:
        return ast.Assign([one], _joined(ast.And, pred, a))
    if is_bool and isinstance(a, ast.Constant) and a.value is True:
        return ast.Assign([one], _joined(ast.Or, pred, b))
    value = ast.IfExp(pred, a, b)
    if len(ast.unparse(value)) > 72:
        return None
    return ast.Assign([one], value)


def shortened(test: ast.stmt, rest: ast.stmt) -> ast.stmt | None:
    """``p = a < b and c < d`` for ``p = a < b`` and ``if p: p = c < d``; with ``or`` for ``if not p``."""
    if not isinstance(rest, ast.If) or rest.orelse or len(rest.body) != 1 or not isinstance(test, ast.Assign):
        return None
    fails = isinstance(rest.test, ast.UnaryOp) and isinstance(rest.test.op, ast.Not)
    pred, (inner,) = rest.test.operand if fails else rest.test, rest.body  # type: ignore[attr-defined]
    target = test.targets[0]
    if not isinstance(inner, ast.Assign) or not isinstance(test.value, ast.Compare | ast.BoolOp):
        return None
    names = {getattr(n, "id", "") for n in (pred, target, inner.targets[0])}
    if "" in names or len(names) > 1:
        return None
    if not isinstance(inner.value, ast.Compare | ast.BoolOp | ast.Call) or names & set(names_in(inner.value)):
        return None
    return ast.Assign([target], _joined(ast.Or if fails else ast.And, test.value, inner.value))


def asked(test: ast.stmt, branch: ast.stmt) -> ast.stmt | None:
    """``if a and b:`` for ``p = a and b`` and ``if p:``, the only place that asks for ``p``."""
    if not isinstance(branch, ast.If) or not isinstance(test, ast.Assign) or not isinstance(test.value, ast.BoolOp):
        return None
    fails = isinstance(branch.test, ast.UnaryOp) and isinstance(branch.test.op, ast.Not)
    pred = branch.test.operand if fails else branch.test  # type: ignore[attr-defined]
    target = test.targets[0]
    if not isinstance(pred, ast.Name) or not isinstance(target, ast.Name) or pred.id != target.id:
        return None
    return ast.If(negated(test.value) if fails else test.value, branch.body, branch.orelse)


def _joined(op: type[ast.boolop], first: ast.expr, second: ast.expr) -> ast.expr:
    same = isinstance(second, ast.BoolOp) and isinstance(second.op, op)
    return ast.BoolOp(op(), [first, *second.values] if same else [first, second])  # type: ignore[attr-defined]


def chosen(pred: ast.expr, then: Statements, orelse: Statements) -> Statements:
    """An ``if``, in the plainest form: a branch that leaves lets the other go on unindented."""
    if ends(then):
        return [ast.If(pred, then, []), *orelse]
    if ends(orelse):
        return [ast.If(negated(pred), orelse, []), *then]
    if not then and not orelse:
        return []
    if not then:
        return [ast.If(negated(pred), orelse, [])]
    return [ast.If(pred, then, orelse)]


def ends(statements: Statements) -> bool:
    return bool(statements) and isinstance(statements[-1], ast.Raise | ast.Return | ast.Break)
