"""docs/reference/cli.md, from the table of commands and the commands' own parsers."""

import argparse
from types import SimpleNamespace

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.cli.app import Hostdown
from hostdown.cli.base import Command, Lister, ShowOne
from hostdown.cli.errors import MEANINGS
from hostdown.cli.table import ENTRIES, GROUPS

INTRODUCTION = """\
`hostdown help` lists these commands, `hostdown help COMMAND` explains one, `hostdown complete`
prints a completion script for bash. Commands that talk to a server find it, and their credentials,
as the OpenStack clients do: `--os-cloud`, `OS_*` variables, `clouds.yaml`;
[Use the command line](../howto/use-the-command-line.md) says in which order.
"""

OPTIONS = """\
These come before or after any command; each `--os-…` option is also a variable, so that
`--os-cloud` is `OS_CLOUD`.
"""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for group, rows in GROUPS.items():
        parts.append(f"## {group}\n")
        parts += [_command(words) for words in rows]
    parts += [
        f"## General options\n\n{OPTIONS}\n{_arguments(Hostdown().parser, set())}",
        "## Formatting options\n\nOf every command that prints a table.\n\n"
        + _arguments(_parser(_Rows), set()),
        _exit_codes(),
    ]
    return markdown.page("Commands", *parts)


class _Rows(Lister):
    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Never called: only its parser is read."""


class _One(ShowOne):
    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Never called: only its parser is read."""


def _parser(made: type[Command], words: str = "") -> argparse.ArgumentParser:
    return made(Hostdown(), SimpleNamespace(), cmd_name=words).get_parser(f"hostdown {words}")


def _command(words: str) -> str:
    entry = ENTRIES[words]
    parser = _parser(entry.load(), words)
    formats = "--format" in parser._option_string_actions
    shared: set[str] = set()
    if formats:
        for kind in (_Rows, _One):
            shared |= set(_parser(kind)._option_string_actions)
    prints = "Prints a table, or what the formatting options ask for." if formats else ""
    told = [entry.sentence, _plain(parser.epilog), prints]
    text = "\n\n".join(filter(None, told))
    return f"### hostdown {words}\n\n{text}\n\n{_arguments(parser, shared)}"


def _arguments(parser: argparse.ArgumentParser, without: set[str]) -> str:
    rows = [
        (code(_spelled(action)), _meaning(action))
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        and not isinstance(action, argparse._HelpAction)
        and without.isdisjoint(action.option_strings)
    ]
    return table(("argument", "meaning"), rows) if rows else ""


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    return _plain(text)


def _plain(text: str | None) -> str:
    """One paragraph, in which `<state_path>` is no HTML."""
    return " ".join((text or "").split()).replace("<", "&lt;")


def _spelled(action: argparse.Action) -> str:
    name = ", ".join(action.option_strings)
    if action.nargs == 0:
        return name
    value = action.metavar or action.dest.upper()
    return f"{name} {value}" if name else str(value)


def _exit_codes() -> str:
    rows = [(int(exit_), meaning) for exit_, meaning in MEANINGS.items()]
    return "## Exit codes\n\n" + table(("code", "meaning"), rows)
