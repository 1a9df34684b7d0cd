"""The application: global options, finding the command, and how every command ends."""

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from cliff.app import App
from cliff.commandmanager import CommandManager

from hostdown import __version__
from hostdown.cli.errors import CliError, Exit, UsageError
from hostdown.cli.options import add_options
from hostdown.cli.parser import Parser
from hostdown.cli.table import ENTRIES, explained, members
from hostdown.domain.errors import HostdownError
from hostdown.server import garbage


class Commands(CommandManager):
    """The command table, without a search for plug-ins and without abbreviations.

    cliff would take `service del` for `service delete`; a script must not depend on which other
    commands there are, least of all to delete something.
    """

    def __init__(self) -> None:
        super().__init__(namespace=None)
        self.commands.update(ENTRIES)  # type: ignore[arg-type] # cliff names stevedore's type

    def add_command(self, name: str, command_class: Any) -> None:  # noqa: ANN401 - cliff's classes
        """cliff offers its own `help` and `complete`; the table has ours."""

    def find_command(self, argv: list[str]) -> tuple[Any, str, list[str]]:
        """The class of the longest command that `argv` begins with, its words, and the rest."""
        for length in range(min(len(argv), 3), 0, -1):
            words = " ".join(argv[:length])
            if words in ENTRIES:
                return ENTRIES[words].load(), words, argv[length:]
        raise UsageError(_unknown(argv))


def _unknown(argv: Sequence[str]) -> str:
    words = " ".join(argv[: _first_option(argv)])
    if found := members(words):
        lines = explained(found, max(map(len, found)))
        return "\n".join([f"'{words}' is not a whole command, these are:", *lines])
    first = argv[0]
    near = [words for words in ENTRIES if words.split()[0] == first]
    if not near:
        from difflib import get_close_matches

        # 'image list' is no 'zone list' mistyped: what it is about has to be like, too.
        about = get_close_matches(first, {words.split()[0] for words in ENTRIES}, cutoff=0.7)
        those = [words for words in ENTRIES if words.split()[0] in about]
        near = get_close_matches(" ".join(argv[:2]), those, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(words) for words in near)}?" if near else ""
    typed = " ".join(argv[:2]) if near and first == near[0].split()[0] else first
    return f"'{typed}' is not a command; {hint or 'see hostdown --help'}"


class Hostdown(App):
    """The `hostdown` command. It has no interactive mode: without a command it prints help."""

    NAME = "hostdown"

    def __init__(self) -> None:
        super().__init__(None, None, Commands())

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, Any] | None = None,
    ) -> argparse.ArgumentParser:
        """The options that stand before or after any command."""
        parser = Parser(
            prog="hostdown",
            usage="hostdown [options] <command> [options of the command]",
            add_help=False,
            allow_abbrev=False,
        )
        add_options(parser)
        return parser

    def run(self, argv: list[str]) -> int:
        """Run one command line; returns the exit code."""
        self.options, words = self.parser.parse_known_args(argv)
        self.configure_logging()
        if self.options.version:
            self.stdout.write(f"hostdown {__version__}\n")
            return Exit.OK
        if self.options.help or not words:
            words = ["help", *words[: _first_option(words)]]
        try:
            if any("\udc80" <= letter <= "\udcff" for word in words for letter in word):
                raise UsageError("the command line is not text in this locale's encoding")
            return self.run_subcommand(words)
        except (CliError, HostdownError) as error:
            return self._failed(error, error.code if isinstance(error, CliError) else Exit.FAILED)
        except KeyboardInterrupt:
            return Exit.INTERRUPTED
        except BrokenPipeError:
            return Exit.BROKEN_PIPE
        except Exception as error:  # noqa: BLE001 - the last line of defence of a command
            return self._failed(error, Exit.FAILED)

    def run_subcommand(self, argv: list[str]) -> int:
        """Find the command, parse its part of the line, run it; raises whatever it raises."""
        made, words, rest = self.command_manager.find_command(argv)
        command = made(self, self.options, cmd_name=words)
        parsed = command.get_parser(f"hostdown {words}").parse_args(rest)
        result: int = command.run(parsed)
        return result

    def configure_logging(self) -> None:
        """Warnings go to standard error; a role that runs for long sets up its own log."""
        logging.basicConfig(
            stream=self.stderr,
            level=logging.DEBUG if self.options.verbose_level > 1 else logging.WARNING,
            format="%(levelname)s %(name)s: %(message)s",
        )
        if self.options.debug:
            logging.getLogger("hostdown.cli").setLevel(logging.DEBUG)

    def _failed(self, error: Exception, code: int) -> int:
        if self.options.debug:
            traceback.print_exception(error, file=self.stderr)
        known = isinstance(error, CliError | HostdownError)
        text = str(error) if known else f"{type(error).__name__}: {error} (--debug shows more)"
        self.stderr.write(f"hostdown: {text}\n")
        return code


def _first_option(words: Sequence[str]) -> int:
    return next((i for i, word in enumerate(words) if word.startswith("-")), len(words))


def main(argv: list[str] | None = None) -> int:
    """The entry point. A reader that goes away early (`| head`) is not an error to talk about."""
    garbage.look_seldom()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # text streams
    code = Hostdown().run(sys.argv[1:] if argv is None else argv)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = Exit.BROKEN_PIPE
    if code == Exit.BROKEN_PIPE:
        # The interpreter flushes once more at exit; let it write into nothing.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(code)
