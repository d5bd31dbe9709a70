"""The rule book as people read it: every primitive with its form, its derivative and where its formula is from.

An entry is made from the declaration: what a rule says is read from its body, so the pages cannot say anything else
than what is inlined. ``python -m s2sad.views.rules`` writes docs/primitives.md; ``s2sad rules`` prints entries.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import linecache
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from s2sad.ir.primitive import Primitive
from s2sad.prims.primitive import REGISTRY, Registry
from s2sad.rules.batching import way_of
from s2sad.rules.book import BOOK, Rule, RuleBook
from s2sad.views import surface
from s2sad.views.names import of_object

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "primitives.md"
LIBRARIES = ("scipy.special", "scipy.linalg", "scipy.stats", "scipy.signal", "scipy.ndimage", "scipy.interpolate",
             "scipy.integrate", "scipy.optimize", "scipy.sparse", "scipy.fft")  # fmt: skip
SECTIONS = {
    "": "Operators and builtins", "items": "Items, lists and effects", "np": "numpy", "ndarray": "ndarray",
    "np.linalg": "numpy.linalg",
    "np.fft": "numpy.fft", "np.random": "numpy.random",
}  # fmt: skip
STRUCTURAL = "structural"
EFFECT = "effect"
DRAW = "random"


@dataclass(frozen=True)
class Entry:
    """One primitive, or one function that is defined by others.

    ``form`` is that of its rule (of the pushforward and the pullback where it has two), or ``defined``, ``structural``
    (the transforms know it by name: reading and storing items), ``random``, ``effect``, or ``none``: refused.
    """

    name: str
    section: str
    signature: str
    form: str
    wrt: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    derivative: str = ""
    batches: str = ""
    source: str = ""
    file: str = ""
    guarded: bool = False

    def as_json(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        return {
            "name": self.name, "section": self.section, "signature": self.signature, "form": self.form,
            "wrt": list(self.wrt), "refused": list(self.unknown), "derivative": self.derivative,
            "batches": self.batches, "source": self.source, "file": self.file, "guarded": self.guarded,
        }  # fmt: skip


def supplied() -> tuple[str, ...]:
    """Import the libraries whose functions the book knows, where they are installed; which ones are."""
    found = []
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError:
            continue
        found.append(library)
    REGISTRY.supply()
    return tuple(found)


def entries(registry: Registry = REGISTRY, book: RuleBook = BOOK) -> list[Entry]:
    """Every primitive of the registry, and every function that is defined by others; by section and name."""
    found = [of_primitive(prim, book) for prim in registry.by_name.values()]
    found.extend(of_definitions(registry))
    return sorted(found, key=lambda e: (_order(e.section), e.section, e.name.lower(), e.name, e.form))


def _order(section: str) -> int:
    known = list(SECTIONS.values())
    return known.index(section) if section in known else len(known) + (section == "helpers of generated code")


def section_of(name: str, style: str = "function") -> str:
    """The section that a dotted name belongs to."""
    if style == "helper":
        return "helpers of generated code"
    module = name.rpartition(".")[0]
    if style == "special":
        return "Items, lists and effects"
    public, private, _ = module.partition("._")
    if private:
        return public if public.startswith("scipy") else "private names of NumPy"
    return SECTIONS.get(module, module)


# -- primitives -------------------------------------------------------------------------------------------------------


def of_primitive(prim: Primitive, book: RuleBook = BOOK) -> Entry:
    """The entry of a primitive."""
    rules = rules_of(prim, book)
    forms: list[str] = [r.form for r in rules] or [form_without(prim)]
    first = rules[0] if rules else None
    bodies = [r for r in rules if r.body is not None]
    return Entry(
        prim.name, section_of(prim.name, prim.spelling.style), signature(prim), " + ".join(dict.fromkeys(forms)),
        first.wrt if first is not None else (),
        tuple(dict.fromkeys(n for r in rules for n in r.unknown)),
        "\n".join(written(r, many=len(bodies) > 1) for r in bodies),
        way_of(prim),
        "; ".join(dict.fromkeys(filter(None, map(reference, rules)))),
        file_of(bodies[0].body) if bodies else "",
        any(bool(r.guarded) for r in rules),
    )  # fmt: skip


def rules_of(prim: Primitive, book: RuleBook = BOOK) -> list[Rule]:
    """The rules of a primitive: for each mode, and those for complex operands after them."""
    tables = (book.forward, book.reverse, book.complex_forward, book.complex_reverse)
    return list(dict.fromkeys(t[prim] for t in tables if prim in t))


def form_without(prim: Primitive) -> str:
    """What happens to a primitive that has no rule."""
    if prim.name.startswith(("Generator.", "np.random.")):
        return DRAW
    if prim.effect:
        return EFFECT
    return STRUCTURAL if prim.spelling.style == "special" or prim.spelling.style == "helper" else "none"


def signature(prim: Primitive) -> str:
    """Parameters with their defaults, as one would write them."""
    parts = []
    for p in prim.signature.parameters.values():
        default = "" if p.default is p.empty else f"={_shown(p.default)}"
        parts.append(("*" if p.kind is p.VAR_POSITIONAL else "") + p.name + default)
    return f"({', '.join(parts)})"


def _shown(value: Any) -> str:
    value = getattr(value, "value", value)
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return repr(value)


# -- what a rule says -------------------------------------------------------------------------------------------------


@cache
def written(rule: Rule, many: bool = False) -> str:
    """The body of a rule: its expression where it is one, else its statements; under a heading where there are several.

    What a body made in a loop closes over is written in its place.
    """
    assert rule.body is not None
    text = body_text(rule.body)
    if not many:
        return text
    heading = {"pushforward": "forward", "pullback": "reverse"}.get(rule.form, rule.form)
    if rule.numbers == "complex":
        heading += ", complex"
    return f"# {heading}\n{text}"


@cache
def body_text(body: Callable[..., Any]) -> str:
    """What a plain function returns, or all its statements without the docstring."""
    node = node_of(body)
    if node is None:
        return f"{getattr(body, '__name__', body)}(...)"
    closed = inspect.getclosurevars(body).nonlocals
    node = _Closed({k: v for k, v in closed.items() if isinstance(v, int | float | str)}).visit(node)
    if isinstance(node, ast.Lambda):
        return ast.unparse(node.body)
    statements = [s for s in node.body if not _is_text(s)]
    if len(statements) == 1 and isinstance(statements[0], ast.Return) and statements[0].value is not None:
        return plain(statements[0].value)
    return "\n".join(plain(s) for s in statements)


def plain(node: ast.AST) -> str:
    """A statement or expression as text; a tuple without parentheses."""
    if isinstance(node, ast.Tuple) and node.elts:
        return ", ".join(map(ast.unparse, node.elts)) + ("," if len(node.elts) == 1 else "")
    return ast.unparse(node)


class _Closed(ast.NodeTransformer):
    """Puts the values of variables in their place."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802
        if isinstance(node.ctx, ast.Load) and node.id in self.values:
            return ast.Constant(self.values[node.id])
        return node


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@cache
def node_of(function: Any) -> Any:
    """The definition of a function in its module's source, a fresh copy; None where it cannot be found."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    text = "".join(linecache.getlines(code.co_filename))
    for node in ast.walk(ast.parse(text)) if code.co_name == "<lambda>" else definitions(text, code.co_filename):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return ast.parse(ast.unparse(node)).body[0]
        elif isinstance(node, ast.Lambda) and _is_code_of(node, code):
            return node
    return None


def _is_code_of(node: ast.Lambda, code: types.CodeType) -> bool:
    return node.lineno == code.co_firstlineno and tuple(a.arg for a in node.args.args) == code.co_varnames


@cache
def definitions(text: str, file: str) -> tuple[ast.FunctionDef, ...]:
    """Every function defined in a module."""
    return tuple(n for n in ast.walk(ast.parse(text, file)) if isinstance(n, ast.FunctionDef))


def file_of(function: Any) -> str:
    """Where a rule stands, from the root of the package: ``rules/linalg.py``; empty for a user's own."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    parts = Path(code.co_filename).parts
    return "/".join(parts[len(parts) - parts[::-1].index("s2sad") :]) if "s2sad" in parts else ""


# -- where a formula is from ------------------------------------------------------------------------------------------

_HEADING = re.compile(r"^# (?:-- )?(?P<title>[^#]*?)(?: -+)?$")
_CITED = re.compile(r"\(((?:[^()]|\([^()]*\))*\d(?:[^()]|\([^()]*\))*)\)")
_BY_FORM = {
    "linear": "linear: the transpose", "bilinear": "linear in each operand: the transposes",
    "constant": "constant wherever it is continuous",
}  # fmt: skip


@cache
def reference(rule: Rule) -> str:
    """Where the formula of a rule is from: what the rule says, its docstring cites, its section cites, or its form."""
    if rule.source:
        return rule.source
    if rule.form in _BY_FORM:
        return _BY_FORM[rule.form]
    body = rule.body
    cited = _CITED.findall(inspect.getdoc(body) or "")
    if cited:
        return str(cited[-1])
    code = getattr(body, "__code__", None)
    if code is not None:
        for line in reversed(linecache.getlines(code.co_filename)[: code.co_firstlineno - 1]):
            heading = _HEADING.match(line.rstrip("\n"))
            if heading is not None:
                cited = _CITED.findall(heading["title"])
                if cited:
                    return str(cited[-1])
                break
        module = sys.modules.get(getattr(body, "__module__", ""))
        if isinstance(getattr(module, "SOURCE", None), str):
            return str(module.SOURCE)  # type: ignore[union-attr]
    return "from the definition"


# -- functions that are defined by others -----------------------------------------------------------------------------


def of_definitions(registry: Registry) -> Iterator[Entry]:
    """Functions, methods and methods of ufuncs that mean a plain function over primitives."""
    for obj, function in registry.defined():
        name = of_object(obj)
        yield _defined(name, section_of(name), inspect.unwrap(function))
    for method, function in registry.method_definitions.items():
        yield _defined(f"ndarray.{method}", "ndarray", function)
    for (ufunc, method), function in registry.ufunc_methods.items():
        yield _defined(f"np.{ufunc}.{method}", "numpy", function)


def _defined(name: str, section: str, function: Callable[..., Any]) -> Entry:
    text = body_text(function) if isinstance(function, types.FunctionType) else ""
    cited = _CITED.findall(inspect.getdoc(function) or "")
    return Entry(
        name, section, _signature_of(function), "defined", derivative=text, source=str(cited[-1]) if cited else "",
        file=file_of(function),
    )  # fmt: skip


def _signature_of(function: Callable[..., Any]) -> str:
    parts = []
    for p in inspect.signature(function).parameters.values():
        star = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        parts.append(star + p.name + ("" if p.default is p.empty else f"={_shown(p.default)}"))
    return f"({', '.join(parts)})"


# -- choosing and printing --------------------------------------------------------------------------------------------


def chosen(found: Iterable[Entry], words: Iterable[str], form: str = "") -> list[Entry]:
    """Entries whose name is one of the words, lies in a module of that name, or ends in it; all, without words."""
    wanted = [w.replace("numpy", "np", 1) if w.startswith("numpy") else w for w in words]
    out = []
    for e in found:
        named = e.name
        fits = not wanted or any(
            named == w or named.startswith(f"{w}.") or named.endswith(f".{w}") or e.section == w for w in wanted
        )
        if fits and (not form or form in e.form.split(" + ")):
            out.append(e)
    return out


def as_text(entry: Entry) -> str:
    """An entry for a terminal."""
    lines = [f"{entry.name}{entry.signature}"]
    if entry.form == "defined":
        lines.append(f"    defined by others in {entry.file}")
    else:
        wrt = f" in {', '.join(entry.wrt)}" if entry.wrt else ""
        lines.append(f"    {entry.form}{wrt}{', guarded' if entry.guarded else ''}; batches: {entry.batches}")
        if entry.unknown:
            lines.append(f"    refused: a derivative in {', '.join(entry.unknown)}")
        if entry.source:
            lines.append(f"    source: {entry.source}")
    if entry.derivative:
        lines.append(textwrap.indent(entry.derivative, "        "))
    return "\n".join(lines)


LONGEST = 110


def as_row(entry: Entry) -> str:
    """An entry as a row of a table."""
    lines = entry.derivative.splitlines()
    if not lines:
        shown = ""
    elif len(lines) <= 3 and all(len(line) <= LONGEST for line in lines) and entry.form != "defined":
        shown = "<br>".join(_code(line) for line in lines)
    elif len(lines) == 1 and len(lines[0]) <= LONGEST:
        shown = _code(lines[0])
    else:
        shown = f"[{entry.file}](../s2sad/{entry.file})" if entry.file else f"{len(lines)} lines"
    notes = []
    if entry.unknown:
        notes.append(f"refused: {', '.join(f'`{n}`' for n in entry.unknown)}")
    if entry.guarded:
        notes.append("guarded")
    cells = (_code(entry.name + entry.signature), entry.form, shown, entry.batches, entry.source, "; ".join(notes))
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`" if "`" not in text else f"`` {escaped} ``"


INTRODUCTION = """# Primitives

Every operation that s2sad knows, and how it is differentiated. Written by `make primitives` from the rule book
(`python -m s2sad.views.rules`); `s2sad rules NAME` prints one entry with the whole body of its rule.

What has no row and is written in Python is traced through its source, library code included; what has none and is
not written in Python is refused by name: the last section has every public name. What is refused on purpose stands in
[limits.md](limits.md).

| form | the rule says |
|---|---|
| partials | one partial derivative per operand, elementwise |
| linear, bilinear | the transpose: the cotangent of each operand; forward mode is the operation itself |
| pushforward, pullback | the tangent of the result, the cotangents of the operands; each mode follows from the other |
| constant | the derivative is zero wherever it exists |
| defined | the function means other primitives: its body is put in its place |
| structural | the transforms know it: reading and storing items, lists |
| random, effect | drawn anew or done once in the primal; nothing flows through it |
| none | it has no rule: a derivative through it is refused by name |

*Batches*: how `vmap` takes all rows at once: `elementwise`, by broadcasting; `leading axes`, by the same call with the
axis of the rows in front of all others; `axis moves`, with the options that name axes moved by one, too;
`rewritten`, by other operations; `same`, the result is the same in every row; `loop`, rows one by one, as where no
other way is known for a call.
*guarded*: the slope may be infinite for finite operands, and a cotangent that is zero by selection stays zero
(`nan_safe=`). *refused*: parameters in which a derivative exists and no rule for it is known.
"""


HEAD = ("| primitive | form | derivative | batches | source | |", "|---|---|---|---|---|---|")


def made_with() -> str:
    """Of which versions the names on the page are."""
    own = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    others = (f"{name} {'.'.join(version(name.lower()).split('.')[:2])}" for name in ("NumPy", "SciPy"))
    return f"The names are those of {', '.join((own, *others))}."


def page(found: Iterable[Entry]) -> str:
    """docs/primitives.md."""
    found = list(found)
    zero, defined = sum(e.form == "constant" for e in found), sum(e.form == "defined" for e in found)
    other = sum(e.form in ("defined", "constant", "none", STRUCTURAL, EFFECT, DRAW) for e in found)
    counts = f"{len(found) - other} primitives have a derivative, {zero} are constant, {defined} functions are defined"
    parts = [INTRODUCTION, f"{counts} by them. {made_with()}\n"]
    for section in dict.fromkeys(e.section for e in found):
        rows = [as_row(e) for e in found if e.section == section]
        parts.append("\n".join((f"## {section}", "", *HEAD, *rows, "")))
    parts.append(surface.section({e.name for e in found}))
    return "\n".join(parts)


def main() -> None:
    """Write the page anew."""
    missing = set(LIBRARIES) - set(supplied())
    if missing:
        sys.exit(f"not installed: {', '.join(sorted(missing))}")
    text = page(entries())
    if not PAGE.exists() or PAGE.read_text("utf-8") != text:
        PAGE.write_text(text, "utf-8")
        print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
