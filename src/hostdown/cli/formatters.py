"""Tables for people: nothing known is `-`, and no text moves the cursor.

The formats for programs (json, yaml, csv, value) are cliff's own: they keep the types.
"""

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from cliff.columns import FormattableColumn
from cliff.formatters.table import TableFormatter

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing; letters of any script stay."""


class Table(TableFormatter):
    """cliff's table with our cells."""

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[object]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print rows."""
        rows = ([_cell(value) for value in row] for row in data)
        super().emit_list(column_names, rows, stdout, parsed_args)

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[object],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print one thing, a line per field."""
        super().emit_one(column_names, [_cell(value) for value in data], stdout, parsed_args)


class Lines(FormattableColumn[list[str]]):
    """Texts."""

    def human_readable(self) -> str:
        """A line for each."""
        return "\n".join(self._value)


def _cell(value: object) -> object:
    if value is None:
        return "-"
    if isinstance(value, FormattableColumn):
        value = value.human_readable()
    return printable(value) if isinstance(value, str) else value


def printable(text: str) -> str:
    """The same without what moves the cursor; line ends stay."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
