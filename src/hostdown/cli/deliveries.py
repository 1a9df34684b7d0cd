"""`hostdown delivery list|dead|replay|drop`: what others are yet to be told."""

import argparse
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from hostdown.cli.base import Command, Lister
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError, UsageError
from hostdown.cli.options import count
from hostdown.cli.services import Rows

CHANNELS = ("alarm", "bus", "webhook")
_WAITING = {
    "Channel": "channel",
    "Receiver": "receiver",
    "Waiting": "waiting",
    "Since": "since",
    "Last Failure": "failure",
}
_DEAD = {
    "ID": "id",
    "Channel": "channel",
    "Receiver": "receiver",
    "Event Type": "event_type",
    "Alarm ID": "alarm_id",
    "Of": "lane",
    "Created At": "created_at",
    "Given Up At": "dead_at",
    "Failure": "failure",
    "Asked Again At": "replay_at",
}


class ListDeliveries(Lister):
    """One row for each receiver that something waits for; none if all is delivered."""

    details = (
        "A receiver that fails is tried again after a pause that grows to a minute. What could\n"
        "not be delivered for a day, or was refused, is a dead letter: 'hostdown delivery dead'."
    )

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        found = _records(compute_api(self).call_ours("GET", "/agent/v1/deliveries"), "receivers")
        return list(_WAITING), [[each.get(key) for key in _WAITING.values()] for each in found]


class ListDeadLetters(Lister):
    """One row for each; says how many there are if not all are shown."""

    details = (
        "The newest first, 1,000 of them unless --limit says how many. They are kept for a week.\n"
        "'hostdown delivery replay' has them tried again, 'hostdown delivery drop' drops them."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_choices(parser)
        parser.add_argument(
            "--limit", type=count, metavar="NUMBER", help="at most so many, up to 10,000"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        given = {name: getattr(parsed_args, name) for name in ("channel", "receiver", "limit")}
        query = urlencode({name: value for name, value in given.items() if value is not None})
        path = f"/agent/v1/dead-letters?{query}" if query else "/agent/v1/dead-letters"
        body = compute_api(self).call_ours("GET", path)
        found = _records(body, "dead_letters")
        total = _number(body, "total")
        if total > len(found):
            tell(
                self,
                f"{len(found):,} of {total:,} are shown, the newest: --limit, --channel and "
                "--receiver choose others",
            )
        return list(_DEAD), [[each.get(key) for key in _DEAD.values()] for each in found]


class _Choosing(Command):
    """Something is done about dead letters that somebody chose. `word`: in the path; `done`: the
    answer's field; `sentence`: said after how many."""

    word: str
    done: str
    sentence: str

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("ids", nargs="*", metavar="ID", help="this dead letter")
        _add_choices(parser)
        parser.add_argument("--all", action="store_true", help="all there are")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        which = _which(parsed_args)
        body = compute_api(self).call_ours("POST", f"/agent/v1/dead-letters/{self.word}", which)
        number = _number(body, self.done)
        if not number:
            raise CliError("no dead letter is as you say: 'hostdown delivery dead' lists them")
        tell(self, f"{number:,} dead letters {self.sentence}")
        return 0


class Replay(_Choosing):
    """Each is sent with the id that it had."""

    word, done, sentence = "replay", "replayed", "are sent again"
    details = (
        "Mend what was wrong first: what is refused again is a dead letter again.\n\n"
        "  hostdown delivery replay --receiver pager"
    )


class Drop(_Choosing):
    """Nobody is told of them any more."""

    word, done, sentence = "drop", "dropped", "are dropped"
    details = (
        "They cannot be brought back. What still waits to be delivered is not dropped.\n\n"
        "  hostdown delivery drop --channel webhook --receiver pager"
    )


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", choices=CHANNELS, help="all that go this way")
    parser.add_argument("--receiver", metavar="NAME", help="all of this receiver")


def _which(parsed_args: argparse.Namespace) -> dict[str, object]:
    """Raises UsageError unless it is said in one way."""
    given = {
        name: value
        for name in ("ids", "channel", "receiver", "all")
        if (value := getattr(parsed_args, name))
    }
    if not given or (len(given) > 1 and given.keys() != {"channel", "receiver"}):
        raise UsageError(
            "say which: one or more IDs, or --receiver NAME, --channel CHANNEL or both, or --all"
        )
    return given


def _number(body: object, key: str) -> int:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, int):
        raise CliError("the server answered, but not with how many dead letters there are")
    return found


def _records(body: object, key: str) -> list[Mapping[str, Any]]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise CliError(f"the server answered, but not with {key.replace('_', ' ')}")
    return found
