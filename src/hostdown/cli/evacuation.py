"""`hostdown host evacuate|release`: the servers of a dead host elsewhere, and the host back."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any

from hostdown.cli.base import VerdictLister
from hostdown.cli.client import evacuations, servers
from hostdown.cli.client.compute import Compute
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError, Exit
from hostdown.cli.of_a_host import OfAHost
from hostdown.cli.options import seconds
from hostdown.cli.services import Rows
from hostdown.drivers.system_clock import SystemClock

LOOK_EVERY_S = 0.5
"""Between two looks at how far the servers, or the host, have come."""

TIMEOUT_S = 600.0
"""How long --wait and release wait unless told otherwise."""
TIMEOUT_MAX_S = 1e6
"""The longest that they may be told."""

COLUMNS = ("Server", "Name", "Priority", "Destination", "Status", "Reason")
_GOOD = frozenset({"done", "completed"})

Record = dict[str, Any]


def add_wait_timeout(parser: argparse.ArgumentParser) -> None:
    """For a command that waits: how long, in seconds."""
    parser.add_argument(
        "--wait-timeout",
        type=lambda text: seconds(text, TIMEOUT_MAX_S),
        default=TIMEOUT_S,
        metavar="S",
        help=f"wait no longer than this ({TIMEOUT_S:g})",
    )


class WaitsForAHost(OfAHost):
    """What waits for its host, no longer than is said."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_wait_timeout(parser)
        return parser


def looks(timeout_s: float) -> Iterator[bool]:
    """One for each look; whether it is the last, because time is up."""
    clock, pause = SystemClock(), Event()
    until = clock.monotonic() + timeout_s
    while True:
        yield clock.monotonic() > until
        pause.wait(LOOK_EVERY_S)


class EvacuateHost(WaitsForAHost, VerdictLister):
    """One row per server, the most urgent first."""

    details = (
        "The host must be down: force it down once it is fenced. A server's metadata HA_Priority\n"
        "(an integer, higher first) says how urgent it is. Servers that ran run again, stopped\n"
        "ones stay stopped.\n\n"
        "  hostdown host evacuate --dry-run compute1      # where would each go?\n"
        "  hostdown host evacuate --wait compute1\n\n"
        "With --wait the exit code is 1 if a server did not get there; Reason says why. Without,\n"
        "'hostdown migration list --host compute1' tells how far they have come."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--target", metavar="HOST", help="take all of them to this host")
        parser.add_argument(
            "--dry-run", action="store_true", help="say where each would go, and change nothing"
        )
        parser.add_argument(
            "--wait", action="store_true", help="come back when each has arrived or failed"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        compute = compute_api(self)
        host, dry_run = parsed_args.host, parsed_args.dry_run
        found = self._ask(compute, parsed_args)
        if not found:
            tell(self, f"host {host} has no servers; there is nothing to evacuate")
        for each in found:
            refused = each.get("error")
            each["status"] = "refused" if refused else "planned" if dry_run else "accepted"
        if parsed_args.wait and not dry_run:
            if any(each["status"] == "refused" for each in found):
                _join(found, evacuations.under_way(compute, host))
            moving = {str(each["migration"]): each for each in found if each.get("migration")}
            if moving:
                self._wait(compute, host, moving, parsed_args.wait_timeout)
        if any(each["status"] in ("refused", "failed", "error") for each in found):
            self.is_good = False
        return list(COLUMNS), [row_of(each) for each in found]

    def _ask(self, compute: Compute, parsed_args: argparse.Namespace) -> list[Record]:
        """A server that migrates live is refused, or has another host yet: it is asked again for
        once that has ended, which a force-down of the host brings about."""
        host, told, rows = parsed_args.host, False, dict[str, Record]()
        for last in looks(parsed_args.wait_timeout):
            found = evacuations.evacuate(compute, host, parsed_args.target, parsed_args.dry_run)
            for each in found:
                before = rows.get(str(each["server"]))
                if before is None or not before.get("migration"):
                    rows[str(each["server"])] = each
            if rows and not any(each.get("error") for each in rows.values()):
                break
            left = 0 if parsed_args.dry_run else evacuations.live(compute, host)
            if left and not told:
                told = True
                tell(self, _migrating(host, left, parsed_args.wait))
            if last or not left or not parsed_args.wait:
                break
        return list(rows.values())

    def _wait(
        self, compute: Compute, host: str, moving: dict[str, Record], timeout_s: float
    ) -> None:
        told = ""
        for last in looks(timeout_s):
            silent = self._look(compute, host, moving)
            arrived = sum(each["status"] in _GOOD for each in moving.values())
            ended = sum(each["status"] in evacuations.ENDED for each in moving.values())
            sentence = f"{arrived} of {len(moving)} servers have moved, {ended - arrived} failed"
            sentence = _unanswered(silent) if silent else sentence
            if sentence != told:
                tell(self, sentence)
            told = sentence
            if ended == len(moving):
                break
            if last:
                raise CliError(_late(host, moving, timeout_s, None if silent else compute))
        for each in moving.values():
            if each["status"] not in _GOOD:
                each["error"] = servers.why(compute, str(each["server"]), "evacuate")

    def _look(self, compute: Compute, host: str, moving: Mapping[str, Record]) -> str | None:
        """How far each is by now; what was wrong, if the server did not answer."""
        try:
            found = evacuations.migrations(compute, host, moving)
        except CliError as error:
            if error.code != Exit.NO_ANSWER:
                raise
            return str(error)
        for uuid, seen in found.items():
            moving[uuid] |= {"status": seen["status"], "destination": seen.get("dest_compute")}
        return None


def _migrating(host: str, left: int, waits: bool) -> str:
    sentence = f"servers that migrate live from host {host}, or to it: {left}"
    if waits:
        return f"{sentence}; waiting until that has ended"
    return f"{sentence}; evacuate it once more when that has ended, or with --wait"


def _unanswered(silent: str) -> str:
    """What is to be said while nobody answers; `silent` is what was wrong."""
    return (
        f"{silent}. There is nothing to ask for again: the evacuation goes on once a hostdown "
        "server runs, and this command keeps looking."
    )


def _late(
    host: str, moving: Mapping[str, Record], timeout_s: float, compute: Compute | None
) -> str:
    """What is to be said when time is up; by `compute` also why the first of them waits."""
    late = [each for each in moving.values() if each["status"] not in evacuations.ENDED]
    first = late[0]
    why = compute and servers.why(compute, str(first["server"]), "evacuate")
    return (
        f"after {timeout_s:g} s {len(late)} servers are still on their way; "
        f"'hostdown migration list --host {host}' tells how far they have come"
    ) + (f". Server {first['name']} waits: {why}" if why else "")


def _join(found: Sequence[Record], under_way: Mapping[str, Record]) -> None:
    """Wait also for those that are refused because they are on their way already."""
    for each in found:
        before = under_way.get(str(each["server"]))
        if each["status"] == "refused" and before is not None:
            each |= {"migration": before["uuid"], "status": before["status"], "error": None}


def row_of(each: Record) -> Sequence[object]:
    """What is shown of a server that is moved."""
    facts = (each.get(name) for name in ("server", "name", "priority", "destination"))
    return [*facts, each["status"], each.get("error") or each.get("warning")]


class ReleaseHost(WaitsForAHost):
    """Waits for the host to clean up, then clears `forced_down`."""

    details = (
        "A host that is back starts nothing of what was moved away, removes its copies, and says\n"
        "so. Only then may it be up again; until then a plain 'service set --up' is refused.\n"
        "Whoever set the flag clears it: check that nobody else forced this host down."
    )

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        compute, host = compute_api(self), parsed_args.host
        if evacuations.is_released(compute, host):
            tell(self, f"host {host} is not forced down; there is nothing to release")
            return 0
        told = -1
        for last in looks(parsed_args.wait_timeout):
            reason = evacuations.release(compute, host)
            if reason is None:
                break
            left = evacuations.uncleared(compute, host)
            if left != told:
                may = f"host {host} may still have something of its servers ({left}); waiting"
                tell(self, may if left else f"{reason} Waiting")
            told = left
            if last:
                raise CliError(
                    f"after {parsed_args.wait_timeout:g} s host {host} has not cleaned up: is its "
                    "agent running, and does it reach the server?"
                )
        tell(self, f"host {host} is released")
        return 0
