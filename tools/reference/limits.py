"""docs/reference/limits.md: every named limit, read from the source, and every bounded option."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.config.options import OPTIONS

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hostdown"
LIMIT = re.compile(r"[A-Z][A-Z0-9_]*_(MAX|MIN|S|LIFETIME|AT_ONCE)|PER_[A-Z_]+")
"""How limits are named: the most or least of something, a time, a rate."""

SOURCES = re.compile(r" \((contract|DESIGN)[^)]*\)")
"""Where a rule comes from is for readers of the code."""

INTRODUCTION = """\
Every queue, batch, body, wait and cache of the program has a limit with a name. Those that depend
on a deployment are options; the others are constants of the module that the table names.
"""


def page() -> str:
    """The page."""
    options = [
        (code(f"[{o.section}] {o.name}"), o.shown_default, f"{o.kind.min} to {o.kind.max}", o.help)
        for o in OPTIONS
        if getattr(o.kind, "max", None) is not None
    ]
    return markdown.page(
        "Limits",
        INTRODUCTION,
        "## Options\n\n" + table(("option", "default", "may be", "meaning"), options),
        "## Constants\n\n" + table(("name", "value", "module", "meaning"), constants()),
    )


def constants() -> list[tuple[str, str, str, str]]:
    """Name, value, module and docstring of each."""
    return [
        (code(name), code(value), code(str(path.relative_to(SOURCE))), meaning)
        for path in sorted(SOURCE.rglob("*.py"))
        for name, value, meaning in _limits(ast.parse(path.read_text()))
    ]


def _limits(module: ast.Module) -> Iterator[tuple[str, str, str]]:
    for statement, following in zip(module.body, [*module.body[1:], None], strict=True):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if LIMIT.fullmatch(name):
            yield name, ast.unparse(value), _docstring(following)


def _docstring(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return SOURCES.sub("", text)
        case _:
            return ""
