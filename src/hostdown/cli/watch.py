"""`hostdown watch`: hosts and open recoveries as they are, until Ctrl-C."""

import argparse
import json
import shutil
from threading import Event
from typing import Any

from hostdown.cli.base import Command
from hostdown.cli.client.compute import Compute
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError, Exit
from hostdown.cli.watch_view import NOTHING, Seen, changes, screen
from hostdown.drivers.system_clock import SystemClock

LOOK_EVERY_S = 1.0
"""Between two looks."""

_BEGIN, _END = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""A screen of its own without a cursor, and back to what was there before (xterm)."""
_HOME, _LINE_END, _REST = "\x1b[H", "\x1b[K\r\n", "\x1b[J"


_BESIDE_A_TERMINAL = (240, 24)
"""Columns and lines of a screen that goes into a pipe: wide enough for all columns."""


class Watch(Command):
    """Ends with Ctrl-C, which is no failure. A server that is away for a while is waited for."""

    details = (
        "On a terminal: a table of hosts, those with trouble first, and of the recoveries that\n"
        "are not over, anew each second. Into a file or pipe, or with -f json: a line of JSON for\n"
        "each host and recovery at first, then one for each that changed:\n\n"
        '  {"at": TIME, "host": NAME, "before": {...}, "after": {...}}\n'
        '  {"at": TIME, "recovery": ID, "before": {...}, "after": {...}}\n\n'
        "'before' is null where it is new, 'after' where it is gone. What changes and changes\n"
        "back between two looks, a second apart, is not seen.\n\n"
        "  hostdown watch\n"
        "  hostdown watch -f json | jq 'select(.recovery).after.stage'"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "-f",
            "--format",
            choices=["table", "json"],
            help="table: a screen; json: a line for each change (default: by where it goes)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        kind = parsed_args.format or ("table" if self.app.stdout.isatty() else "json")
        looker = _Looker(self)
        first = looker.look()
        try:
            if kind == "table":
                self._draw(looker, first)
            else:
                self._print(looker, first)
        except KeyboardInterrupt:
            pass
        return Exit.OK

    def _print(self, looker: "_Looker", seen: Seen) -> None:
        clock, pause, before = SystemClock(), Event(), NOTHING
        problem: str | None = None
        while True:
            for each in changes(before, seen):
                line = {"at": clock.now().isoformat(), **each}
                self.app.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            self.app.stdout.flush()
            before = seen
            pause.wait(LOOK_EVERY_S)
            seen, news = looker.look_again(seen)
            if news != problem:
                tell(self, news or "the server answers again")
                problem = news

    def _draw(self, looker: "_Looker", seen: Seen) -> None:
        clock, pause, out = SystemClock(), Event(), self.app.stdout
        problem: str | None = None
        out.write(_BEGIN)
        try:
            while True:
                size = shutil.get_terminal_size(_BESIDE_A_TERMINAL)
                line = problem or f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, Ctrl-C ends"
                lines = screen(seen, size.columns, size.lines - 1, line)
                out.write(_HOME + "".join(each + _LINE_END for each in lines) + _REST)
                out.flush()
                pause.wait(LOOK_EVERY_S)
                seen, problem = looker.look_again(seen)
        finally:
            out.write(_END)
            out.flush()


class _Looker:
    """Asks the server; logs in again where the token is over."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._compute: Compute | None = None

    def look(self) -> Seen:
        """What there is; raises CliError."""
        try:
            return self._look()
        except CliError as error:
            if error.code is not Exit.NOT_ALLOWED:
                raise
            self._compute = None
            return self._look()

    def look_again(self, seen: Seen) -> tuple[Seen, str | None]:
        """The same; or what was seen before, and why it is not newer."""
        try:
            return self.look(), None
        except CliError as error:
            return seen, f"{error}; looking again each second"

    def _look(self) -> Seen:
        if self._compute is None:
            self._compute = compute_api(self._command)
        hosts = _part(self._compute.call_ours("GET", "/agent/v1/hosts"), "hosts")
        recoveries = _part(self._compute.call_ours("GET", "/agent/v1/recoveries"), "recoveries")
        return Seen(
            {str(each.get("name")): each for each in hosts},
            {int(each["id"]): each for each in recoveries},
        )


def _part(body: object, name: str) -> list[dict[str, Any]]:
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise CliError("the server answered, but not as hostdown does: is it another Compute API?")
    return found
