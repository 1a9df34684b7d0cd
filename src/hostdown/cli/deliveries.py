"""`hostdown delivery list|dead|replay`: what others are yet to be told."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from hostdown.cli.base import Command, Lister
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.services import Rows

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
    """The oldest first. They are kept for a week."""

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        body = compute_api(self).call_ours("GET", "/agent/v1/dead-letters")
        found = _records(body, "dead_letters")
        return list(_DEAD), [[each.get(key) for key in _DEAD.values()] for each in found]


class Replay(Command):
    """Each is sent with the id that it had."""

    details = (
        "Mend what was wrong first: what is refused again is a dead letter again.\n\n"
        "  hostdown delivery replay --receiver pager"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("ids", nargs="*", metavar="ID", help="this dead letter")
        parser.add_argument("--receiver", metavar="NAME", help="all of this receiver")
        parser.add_argument("--all", action="store_true", help="all there are")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        which = _which(parsed_args.ids, parsed_args.receiver, parsed_args.all)
        body = compute_api(self).call_ours("POST", "/agent/v1/dead-letters/replay", which)
        if not isinstance(body, dict) or not isinstance(body.get("replayed"), int):
            raise CliError("the server answered, but not with how many are sent again")
        if not body["replayed"]:
            raise CliError("no dead letter is as you say: 'hostdown delivery dead' lists them")
        tell(self, f"{body['replayed']} dead letters are sent again")
        return 0


def _which(ids: Sequence[str], receiver: str | None, all_of_them: bool) -> dict[str, object]:
    wanted: dict[str, object] = {"ids": list(ids), "receiver": receiver, "all": all_of_them}
    given = {name: value for name, value in wanted.items() if value}
    if len(given) != 1:
        raise CliError("say which: one or more IDs, or --receiver NAME, or --all")
    return given


def _records(body: object, key: str) -> list[Mapping[str, Any]]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise CliError(f"the server answered, but not with {key.replace('_', ' ')}")
    return found
