"""The command line: traces of functions as text, tables and graphs, and the source of their derivatives.

Exit codes: 0 all well, 1 something that was asked for failed, 2 bad usage.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.syntax import Syntax

import s2sad
from s2sad.cli import modules
from s2sad.cli.outcome import Outcome, as_json, is_method, source, tabulated, traced
from s2sad.compiler.typetext import parse_types
from s2sad.errors import Error
from s2sad.views import rules as rulebook
from s2sad.views.table import Table

TYPES_HELP = (
    'Types of parameters, for instance "x: f64[n], k: i64, mode: \'relu\'". Scalars: f64, f32, i64, bool …; arrays: '
    "f64[n,1] (n: not one, 1: one, ?: not known), f64[...] for any rank; a constant is an argument that is known. "
    "What is left out is taken from annotations and defaults, else guessed."
)


def console(stream: Any = None) -> Console:
    """Where text goes: coloured on a terminal, unless NO_COLOR is set; never wrapped."""
    return Console(
        file=stream or sys.stdout, soft_wrap=True, highlight=False, markup=False, emoji=False,
        no_color=bool(os.environ.get("NO_COLOR")) or None,
    )  # fmt: skip


def fail(message: str) -> NoReturn:
    """Say what went wrong, and leave with 1."""
    console(sys.stderr).print(f"error: {message}", style="red")
    sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(s2sad.__version__, prog_name="s2sad")
def main() -> None:
    """Derivatives of ordinary NumPy programs, as source that people can read.

    MODULE is a file (model.py) or the name of an importable module; it is imported, and so runs.
    """


@main.command()
@click.argument("target", metavar="MODULE[:FUNCTION]")
@click.option("--types", "types", metavar="TYPES", default="", help=TYPES_HELP)
@click.option("--table", is_flag=True, help="Show the evaluation as a table: each variable with its value and adjoint.")
@click.option("--at", "at", metavar="VALUES", help='Arguments for --table, for instance "2.0, [1.0, 2.0]".')
@click.option("--tangent", metavar="INPUT", help="With --table: show the tangents along this input.")
@click.option("--graph", type=click.Choice(["mermaid", "dot"]), help="Show the trace as a graph.")
@click.option("--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def trace(
    target: str, types: str, table: bool, at: str | None, tangent: str | None, graph: str | None, format: str
) -> None:
    """Show the evaluation traces of the functions of a module, or of one function.

    A function that cannot be traced is shown with the reason, and the exit code is 1.
    """
    if (at is not None or tangent is not None) and not table:
        raise click.UsageError("--at and --tangent go with --table")
    given, values = _types(types), _values(at)
    try:
        module, name = modules.load(target)
        chosen = {name: modules.function(module, name)} if name else modules.functions(module)
    except modules.NotFound as error:
        fail(str(error))
    outcomes = []
    for label, fn in chosen.items():
        fitting = given if name else {k: v for k, v in given.items() if k in fn.__code__.co_varnames}
        outcome = traced(label, fn, fitting)
        if outcome.trace is not None:
            outcome = _with_extras(outcome, values, table, tangent, graph)
        outcomes.append(outcome)
    if format == "json":
        click.echo(json.dumps(_as_json(target, outcomes), indent=2, ensure_ascii=False))
    else:
        _print(target, outcomes)
    sys.exit(1 if any(o.error is not None for o in outcomes) else 0)


@main.command("source")
@click.argument("target", metavar="MODULE:FUNCTION")
@click.option("--mode", type=click.Choice(["forward", "reverse"]), default="reverse", show_default=True,
              help="Tangents along with the values, or cotangents behind them.")  # fmt: skip
@click.option("--wrt", metavar="PARAMETERS", default="",
              help="With respect to what: x,a  [default: the first one, not self]")  # fmt: skip
@click.option("--types", "types", metavar="TYPES", default="", help=TYPES_HELP)
@click.option("--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def source_command(target: str, mode: str, wrt: str, types: str, format: str) -> None:
    """Show the source of a derivative of a function.

    Reverse mode gives the gradient; of a result that is not one number, the function that takes its cotangent.
    """
    given = _types(types)
    names = [n.strip() for n in wrt.split(",") if n.strip()]
    try:
        module, name = modules.load(target)
        if name is None:
            raise click.UsageError(f"which function of {target}? Write {target}:FUNCTION")
        fn = modules.function(module, name)
        text, signature = source(fn, given, mode, names)
        own = list(inspect.signature(fn).parameters)
        chosen = own[1:2] if is_method(own) else own[:1]
    except (modules.NotFound, Error) as error:
        fail(str(error))
    if format == "json":
        found = {"function": name, "mode": mode, "wrt": names or chosen, "types": signature, "source": text}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    out = console()
    if out.is_terminal and not out.no_color:
        out.print(Syntax(text.rstrip("\n"), "python", theme="ansi_dark", background_color="default"))
    else:
        click.echo(text.rstrip("\n"))


@main.command("rules")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--form", metavar="FORM", default="", help="Only rules of this form: partials, linear, defined …")
@click.option("--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules_command(names: tuple[str, ...], form: str, format: str) -> None:
    """Show how primitives are differentiated: those of these names or modules (np.sqrt, sqrt, numpy.fft), or all.

    Libraries that are installed are included. Nothing found is exit code 1.
    """
    rulebook.supplied()
    found = rulebook.chosen(rulebook.entries(), names, form)
    if format == "json":
        click.echo(json.dumps([e.as_json() for e in found], indent=2, ensure_ascii=False))
    else:
        out = console()
        for entry in found:
            out.print(rulebook.as_text(entry))
    if not found:
        fail(f"no primitive is called {' or '.join(names) or form}")


def _types(text: str) -> dict[str, Any]:
    try:
        return parse_types(text)
    except Error as error:
        raise click.BadParameter(error.what, param_hint="--types") from None


def _values(text: str | None) -> Sequence[Any] | None:
    if text is None:
        return None
    try:
        values: tuple[Any, ...] = ast.literal_eval(f"({text},)") if text.strip() else ()
    except (ValueError, SyntaxError):
        raise click.BadParameter(f"{text!r} is no list of constants", param_hint="--at") from None
    return values


def _with_extras(
    outcome: Outcome, at: Sequence[Any] | None, table: bool, tangent: str | None, graph: str | None
) -> Outcome:
    """The outcome with its table and graph; where the evaluation raises, with that as its error."""
    assert outcome.trace is not None
    extras: dict[str, Any] = {}
    if graph is not None:
        extras["graph"] = outcome.trace.graph("dot" if graph == "dot" else "mermaid")
    if table:
        try:
            extras["table"] = tabulated(outcome, at, tangent)
        except Exception as error:  # the user's function may raise anything at these values
            what = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
            return replace(outcome, error=f"no table: {what}", extras=extras)
    return replace(outcome, extras=extras)


def _as_json(target: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    functions = []
    for o in outcomes:
        entry: dict[str, Any] = {"name": o.name, "types": o.types, "trace": None if o.trace is None else str(o.trace)}
        for kind, extra in o.extras.items():
            entry[kind] = as_json(extra) if isinstance(extra, Table) else extra
        functions.append({**entry, "error": o.error})
    return {"module": target, "functions": functions, "failed": sum(o.error is not None for o in outcomes)}


def _print(target: str, outcomes: Sequence[Outcome]) -> None:
    out = console()
    if not outcomes:
        out.print(f"{target}: no functions")
    for k, outcome in enumerate(outcomes):
        if k:
            out.print()
        if outcome.trace is not None and not outcome.extras:
            out.print(str(outcome.trace))
        for extra in outcome.extras.values():
            if len(outcomes) > 1:
                out.print(f"{outcome.name}({outcome.types})", style="bold")
            out.print(str(extra))
        if outcome.error is not None:
            out.print(f"{outcome.name}: cannot be traced" if outcome.trace is None else outcome.name, style="bold red")
            out.print("\n".join(f"    {line}" for line in outcome.error.splitlines()))
