"""`hostdown recovery disarm|arm|disarmed`: hosts about which nothing is done for a while."""

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli.base import Command, Lister, ShowOne
from hostdown.cli.client.compute import Compute
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.services import Rows
from hostdown.domain.disarming import LONGEST

_PATH = "/agent/v1/disarmings"
_COLUMNS = {
    "Scope": "scope",
    "Name": "name",
    "Until": "until",
    "Reason": "reason",
    "By": "user",
    "At": "at",
    "Request ID": "request_id",
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Record = Mapping[str, Any]


def told(seen: Record) -> str:
    """A sentence of one of them."""
    what = "all hosts" if seen.get("scope") == "all" else f"{seen.get('scope')} {seen.get('name')}"
    until = f" until {seen['until']}" if seen.get("until") else ""
    return f"recovery of {what} is disarmed by {seen.get('user')}{until}: {seen.get('reason')}"


class Disarmed(FormattableColumn[list[dict[str, Any]]]):
    """What keeps a host from being recovered."""

    def human_readable(self) -> str:
        """A line for each."""
        return "\n".join(told(each) for each in self._value)


def listed(compute: Compute) -> list[Record]:
    """Where recovery is disarmed."""
    body = compute.call_ours("GET", _PATH)
    found = body.get("disarmings") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise CliError("the server answered, but not with a list of what is disarmed")
    return found


def _add_where(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--host", metavar="HOST", help="this host")
    where.add_argument("--domain", metavar="DOMAIN", help="the hosts of this failure domain")
    where.add_argument("--all", action="store_true", help="all hosts")


def _where(parsed_args: argparse.Namespace) -> dict[str, str]:
    if parsed_args.all:
        return {"scope": "all"}
    scope = "host" if parsed_args.host is not None else "domain"
    return {"scope": scope, "name": getattr(parsed_args, scope)}


def _duration(text: str) -> int:
    """`90s`, `30m`, `2h`, `1d`; seconds without a letter."""
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text)
    seconds = int(found[1]) * _SECONDS[found[2] or "s"] if found else 0
    if not 1 <= seconds <= LONGEST.total_seconds():
        raise argparse.ArgumentTypeError(
            f"how long, as 90s, 30m, 2h or 1d, and at most {LONGEST.days}d"
        )
    return seconds


class Disarm(ShowOne):
    """A host that fails there is found and shown, and held; it is not switched off."""

    details = (
        "For work on a switch, say, that makes healthy hosts silent. What is being fenced already\n"
        "goes on. A recovery that begins meanwhile is held by 'disarmed', and goes on as usual\n"
        "once it is armed, or the time is up. Said again, it replaces what was said before.\n\n"
        "  hostdown recovery disarm --domain rack1 --reason 'new switch' --for 2h\n"
        "  hostdown recovery arm --domain rack1"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_where(parser)
        parser.add_argument("--reason", required=True, metavar="TEXT", help="why; others see it")
        parser.add_argument(
            "--for",
            dest="seconds",
            type=_duration,
            metavar="TIME",
            help="for so long (90s, 30m, 2h, 1d), else until it is armed",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        wanted = {"reason": parsed_args.reason, "seconds": parsed_args.seconds}
        body = compute_api(self).call_ours("POST", _PATH, {**_where(parsed_args), **wanted})
        found = body.get("disarming") if isinstance(body, dict) else None
        if not isinstance(found, dict):
            raise CliError("the server answered, but not with what is disarmed")
        return list(_COLUMNS), [found.get(key) for key in _COLUMNS.values()]


class Arm(Command):
    """Hosts that fail there are recovered again, those that have failed meanwhile, too."""

    details = (
        "Each has to be disarmed by nothing else: 'hostdown recovery disarmed' lists what there is."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_where(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        compute = compute_api(self)
        body = compute.call_ours("POST", f"{_PATH}/arm", _where(parsed_args))
        if not isinstance(body, dict) or not isinstance(body.get("was_disarmed"), bool):
            raise CliError("the server answered, but not with whether it was disarmed")
        tell(self, "it is armed" if body["was_disarmed"] else "it was not disarmed")
        for each in listed(compute):
            tell(self, f"still, {told(each)}")
        return 0


class ListDisarmed(Lister):
    """One row for each place, hosts first, then failure domains."""

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        found = listed(compute_api(self))
        return list(_COLUMNS), [[each.get(key) for key in _COLUMNS.values()] for each in found]
