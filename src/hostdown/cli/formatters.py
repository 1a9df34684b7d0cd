"""Tables for people: nothing known is `-`, and no text moves the cursor.

The formats for programs are cliff's own: json and yaml keep the types. What has parts is JSON in
csv, value and shell, which know texts only.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

from cliff.columns import FormattableColumn
from cliff.formatters.base import ListFormatter, SingleFormatter
from cliff.formatters.commaseparated import CSVLister
from cliff.formatters.shell import ShellFormatter
from cliff.formatters.table import TableFormatter
from cliff.formatters.value import ValueFormatter

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing; letters of any script stay."""

_MEANT_BY_SHELLS = re.compile(r"[\\$`]")
"""What a shell reads in double quotes as more than itself."""


class _List(ListFormatter):
    """Prints rows in words of ours."""

    row: Callable[[Sequence[object]], list[object]]

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[object]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print rows."""
        rows = map(self.row, data)
        super().emit_list(column_names, rows, stdout, parsed_args)  # type: ignore[safe-super] # cliff's own formatter is next


class _One(SingleFormatter):
    """Prints one thing in words of ours."""

    row: Callable[[Sequence[object]], list[object]]

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[object],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print one thing, a line per field."""
        row = self.row(data)
        super().emit_one(column_names, row, stdout, parsed_args)  # type: ignore[safe-super] # cliff's own formatter is next


def _cells(row: Sequence[object]) -> list[object]:
    return [_cell(value) for value in row]


def _texts(row: Sequence[object]) -> list[object]:
    return [
        _text(each.machine_readable() if isinstance(each, FormattableColumn) else each)
        for each in row
    ]


def _quoted(row: Sequence[object]) -> list[object]:
    """Quotes cliff escapes itself."""
    return [
        _MEANT_BY_SHELLS.sub(r"\\\g<0>", each) if isinstance(each, str) else each
        for each in _texts(row)
    ]


class Table(_List, _One, TableFormatter):
    """cliff's table with our cells."""

    row = staticmethod(_cells)


class Csv(_List, CSVLister):
    """cliff's, with JSON in a cell that has parts."""

    row = staticmethod(_texts)


class Value(_List, _One, ValueFormatter):
    """cliff's, with JSON for what has parts."""

    row = staticmethod(_texts)


class Shell(_One, ShellFormatter):
    """cliff's, with JSON for what has parts; what others wrote is no command of a shell's."""

    row = staticmethod(_quoted)


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


def _text(value: object) -> object:
    return json_of(value) if isinstance(value, list | dict) else value


def json_of(value: object) -> str:
    """What has parts, on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


def printable(text: str) -> str:
    """The same without what moves the cursor; line ends stay."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
