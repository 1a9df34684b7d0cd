"""Tables and headings."""

from collections.abc import Iterable, Sequence

MADE = "<!-- Made by 'make docs' from the program's tables; do not edit. -->\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; cells may hold anything."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def cell(value: object) -> str:
    """What can stand in a cell."""
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    """As code; nothing for nothing."""
    text = str(value)
    return f"`{text}`" if text else ""


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return f"{MADE}\n# {title}\n\n" + "\n".join(part.rstrip("\n") + "\n" for part in parts)
