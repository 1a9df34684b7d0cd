"""What commands derive from: cliff's classes, without looking for plug-ins.

cliff asks the installed packages for hooks and formatters each time it makes a command, which
costs as much as everything else together. Ours are known, and are written down here.
"""

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple

from cliff import command, display, lister, show
from cliff.formatters import json_format, yaml_format

from hostdown.cli.errors import CliError, Exit
from hostdown.cli.formatters import Csv, Shell, Table, Value
from hostdown.cli.parser import HelpFormatter, Parser
from hostdown.cli.table import ENTRIES


class Command(command.Command):
    """A command that prints for itself or not at all; `take_action` returns the exit code.

    `details` is the text under the table's sentence in `hostdown help COMMAND`.
    """

    details = ""

    def _load_hooks(self) -> None:
        self._hooks: list[Any] = []

    def get_description(self) -> str:
        entry = ENTRIES.get(self.cmd_name or "")
        return entry.sentence if entry else ""

    def get_epilog(self) -> str:
        return self.details

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        return Parser(
            description=self.get_description(),
            epilog=self.get_epilog(),
            prog=prog_name,
            formatter_class=HelpFormatter,
            allow_abbrev=False,
        )


class _Extension(NamedTuple):
    name: str
    obj: Any


class _Formatters:
    """The formatters of one kind of output, as stevedore would hand them over."""

    def __init__(self, **formatters: object) -> None:
        self._extensions = {name: _Extension(name, obj) for name, obj in formatters.items()}

    def names(self) -> list[str]:
        return list(self._extensions)

    def __getitem__(self, name: str) -> _Extension:
        return self._extensions[name]

    def __iter__(self) -> Iterator[_Extension]:
        return iter(self._extensions.values())


class _Printing(display.DisplayCommandBase[Any], Command):
    """What both kinds of output share."""

    def _generate_columns_and_selector(self, parsed_args: Any, column_names: Any) -> Any:  # noqa: ANN401 - cliff's types differ by version
        try:
            return super()._generate_columns_and_selector(parsed_args, column_names)
        except ValueError as error:
            raise CliError(str(error)) from None


class Lister(_Printing, lister.Lister):
    """A command that prints rows; `take_action` returns (column names, rows)."""

    def _load_formatter_plugins(self) -> Any:  # noqa: ANN401 - stands in for stevedore's manager
        return _Formatters(
            table=Table(),
            json=json_format.JSONFormatter(),
            yaml=yaml_format.YAMLFormatter(),
            csv=Csv(),
            value=Value(),
        )


class VerdictLister(Lister):
    """A command that prints its rows in any case, and whose exit code says whether all of them are
    good; where they are not, `take_action` says so by `is_good`.
    """

    is_good = True

    def run(self, parsed_args: argparse.Namespace) -> int:
        """The exit code."""
        return super().run(parsed_args) or (Exit.OK if self.is_good else Exit.FAILED)


class ShowOne(_Printing, show.ShowOne):
    """A command that prints one thing; `take_action` returns (field names, values)."""

    def _load_formatter_plugins(self) -> Any:  # noqa: ANN401 - stands in for stevedore's manager
        return _Formatters(
            table=Table(),
            json=json_format.JSONFormatter(),
            yaml=yaml_format.YAMLFormatter(),
            shell=Shell(),
            value=Value(),
        )
