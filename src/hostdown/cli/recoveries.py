"""`hostdown recovery list|show|hold|release|confirm-off`: what is done about hosts that failed."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli import disarming
from hostdown.cli.base import Lister, ShowOne
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.formatters import json_of
from hostdown.cli.options import count
from hostdown.cli.services import Rows

_COLUMNS = {
    "ID": "id",
    "Host": "host",
    "Stage": "stage",
    "Held By": "held",
    "Silent Since": "silent_at",
    "Reason": "reason",
}
_LONG = {
    "Domain": "domain",
    "Boot": "boot",
    "Attempted At": "attempted_at",
    "Level": "level",
    "Proof": "proof",
    "Forced Down By Us": "forced",
    "Ended At": "ended_at",
}
_PATH = "/agent/v1/recoveries"

Record = Mapping[str, Any]


_NOT_DRAWN = frozenset({"stage", "event", "recovery"})
"""Details that the words say already."""


class Timeline(FormattableColumn[list[dict[str, Any]]]):
    """What was decided and seen, and on which evidence."""

    def human_readable(self) -> str:
        """A line for each: when, how many seconds after the first, what, and by what."""
        times = [datetime.fromisoformat(str(each.get("at"))) for each in self._value]
        return "\n".join(
            f"{at:%H:%M:%S.%f} {(at - times[0]).total_seconds():+8.2f} s  {each.get('what')}"
            + _evidence(each.get("details") or {})
            for at, each in zip(times, self._value, strict=True)
        )


def _evidence(details: Record) -> str:
    known = {key: value for key, value in details.items() if value not in (None, {}, [])}
    facts = [
        f"{key} {json_of(value) if isinstance(value, list | dict) else value}"
        for key, value in known.items()
        if key not in _NOT_DRAWN
    ]
    return "".join(f"\n{'':28}{fact}" for fact in facts)


class ListRecoveries(Lister):
    """One row per recovery, the newest first."""

    details = (
        "A recovery begins when most observers do not hear a host any more. Stages: holding-off\n"
        "(it may come back), held (see Held By and Reason), fencing, fenced, evacuating, done,\n"
        "returned; cancelled if it came back in time, void if what was proven over was heard.\n\n"
        "  hostdown recovery list\n"
        "  hostdown recovery show 12"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--host", metavar="HOST", help="only those of this host")
        parser.add_argument("--open", action="store_true", help="only those that are not over")
        parser.add_argument("--long", action="store_true", help="show attempts and proofs")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        compute = compute_api(self)
        body = compute.call_ours("GET", _PATH)
        found = body.get("recoveries") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise CliError("the server answered, but not with a list of recoveries")
        if parsed_args.host is not None:
            found = [each for each in found if each.get("host") == parsed_args.host]
        if parsed_args.open:
            found = [each for each in found if each.get("ended_at") is None]
        for each in disarming.listed(compute):
            tell(self, disarming.told(each))
        columns = _COLUMNS | (_LONG if parsed_args.long else {})
        return list(columns), [[each.get(key) for key in columns.values()] for each in found]


class _OfOne(ShowOne):
    """What takes a recovery's number."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("number", metavar="ID", type=count, help="its number, of the list")
        return parser

    def _record(self, body: object) -> Record:
        found = body.get("recovery") if isinstance(body, dict) else None
        if not isinstance(found, dict):
            raise CliError("the server answered, but not with a recovery")
        return found

    def _shown(self, found: Record) -> tuple[Sequence[str], list[object]]:
        columns = _COLUMNS | _LONG
        return list(columns), [found.get(key) for key in columns.values()]


class ShowRecovery(_OfOne):
    """One recovery, with every decision and its evidence."""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        body = compute_api(self).call_ours("GET", f"{_PATH}/{parsed_args.number}")
        found = self._record(body)
        names, values = self._shown(found)
        return [*names, "Timeline"], [*values, Timeline(found.get("timeline") or [])]


class _Word(_OfOne):
    """What says something to a recovery."""

    word = ""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        path = f"{_PATH}/{parsed_args.number}/{self.word}"
        return self._shown(self._record(compute_api(self).call_ours("POST", path, {})))


class HoldRecovery(_Word):
    """Nothing is done about its host until it is released."""

    word = "hold"
    details = (
        "It can be held while it waits: before a power-off is about to be sent, or after all its\n"
        "levels have failed. Amid fencing it is refused, because nobody can take back what may be\n"
        "on its way. 'release' undoes it, and whatever else held it holds it again."
    )


class ReleaseRecovery(_Word):
    """Undo your hold; else it goes on at once: what held it, the storm gate too, is lifted."""

    word = "release"
    details = (
        "What you held goes back to what it met before. Released from anything else it is fenced:\n"
        "the storm gate holds recoveries where many hosts fall silent at once, a broken switch\n"
        "does that, and its hosts are alive. Look at the hosts first. They will be switched off."
    )


class ConfirmOff(_Word):
    """Your word that its host is off: it is forced down, and its servers are brought back."""

    word = "confirm-off"
    details = (
        "For a host that nothing can fence, once you have seen to it that it is off. If you are\n"
        "wrong, see 'Whose word ends what' in docs/howto/evacuate.md. You set the flag, and you\n"
        "clear it: 'hostdown host release HOST' when the host is back."
    )
