"""`hostdown recovery plan` and `hostdown capacity`: what would be, were hosts to die now."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli.base import ShowOne, VerdictLister
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.formatters import Lines
from hostdown.cli.of_a_host import OfAHost, path_of
from hostdown.cli.options import count
from hostdown.cli.services import Rows

NAMED_MAX = 5
"""Hosts of a loss that a table names."""


class Levels(FormattableColumn[list[dict[str, Any]]]):
    """Fence levels in their order, with what the last check saw."""

    def human_readable(self) -> str:
        """A line for each."""
        return "\n".join(
            f"{each.get('level')} {each.get('driver')}: {_check(each)}" for each in self._value
        )


def _check(each: dict[str, Any]) -> str:
    if each.get("checked_at") is None:
        return "not checked yet"
    found = each.get("problem") or f"power {each.get('power') or '-'}"
    return f"{found} ({each['checked_at']})"


class Servers(FormattableColumn[list[dict[str, Any]]]):
    """Where servers would go, the most urgent first, and which would stay."""

    def human_readable(self) -> str:
        """A line for each, and one more where something is to be said of it."""
        return "\n".join(
            f"{each.get('name')} ({each.get('server')}): "
            + (f"stays. {each['stays']}" if each.get("stays") else f"to {each.get('destination')}")
            + (f"\n  {each['warning']}" if each.get("warning") else "")
            for each in self._value
        )


Columns = Mapping[str, tuple[str, type[FormattableColumn[Any]] | None]]
"""By their names: the key in the answer, and how it is shown if not as it is."""

_PLAN: Columns = {
    "Host": ("host", None),
    "Failure Domain": ("failure_domain", None),
    "Nothing Because": ("nothing", None),
    "Hold-Off (s)": ("hold_off_s", None),
    "Held By The Gate": ("held", None),
    "Fence Levels": ("levels", Levels),
    "No Levels Because": ("no_levels", None),
    "Servers": ("servers", Servers),
    "Warnings": ("warnings", Lines),
}


class PlanRecovery(OfAHost, ShowOne):
    """What would happen were this host to die now. Nothing is changed, no device is asked."""

    details = (
        "By the rules of the recovery itself: how long it may come back, what the storm gate\n"
        "says as it is now, the fence levels in their order with what the last check saw of each,\n"
        "where each server would go, the most urgent first, which would stay and why, and what\n"
        "cannot be closed for this host (X1 to X7 in docs/explanation/never-twice.md).\n\n"
        "  hostdown recovery plan compute1\n"
        "  hostdown recovery plan -f json compute1"
    )

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        path = path_of(parsed_args.host, "recovery-plan")
        body = compute_api(self).call_ours("GET", path)
        found = body.get("plan") if isinstance(body, dict) else None
        if not isinstance(found, dict):
            raise CliError("the server answered, but not with a plan")
        return list(_PLAN), _shown(_PLAN, found)


def _shown(columns: Columns, found: Mapping[str, Any]) -> list[object]:
    return [
        found.get(key) if kind is None else kind(found.get(key) or [])
        for key, kind in columns.values()
    ]


class Hosts(FormattableColumn[list[str]]):
    """Hosts that are lost at once."""

    def human_readable(self) -> str:
        """Some of them by name."""
        more = len(self._value) - NAMED_MAX
        return ", ".join(self._value[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


_CASE: Columns = {
    "Lost": ("lost", None),
    "Hosts": ("hosts", Hosts),
    "Servers": ("servers", None),
    "Memory (MB)": ("memory_mb", None),
    "Without Room": ("stay", None),
    "Reserved Hosts Used": ("reserves", Hosts),
    "Reason": ("reason", None),
}


class Capacity(VerdictLister):
    """One row per loss that was tried, the worst first; exit code 1 if the others do not bear it.

    The row of a loss that they bear is shown, too: it says how much there was to bring back.
    """

    details = (
        "The servers of the lost hosts that a recovery would bring back are packed into the\n"
        "others by the rules of placement, the most urgent first. For one host each is tried. For\n"
        "more, the hosts with most memory to bring back are lost at once: of all hosts, and of\n"
        "each failure domain; other sets are not tried, and may be worse. Of the losses tried the\n"
        "20 worst are shown; what was tried is said on standard error.\n\n"
        "  hostdown capacity || mail -s 'No room for the loss of a host' ops\n"
        "  hostdown capacity --lose 2\n"
        "  hostdown capacity --lose-domain"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--lose", type=count, metavar="K", help="so many hosts at once (1)")
        which.add_argument(
            "--lose-domain", action="store_true", help="each failure domain, all of its hosts"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        lose = "domain" if parsed_args.lose_domain else parsed_args.lose or 1
        body = compute_api(self).call_ours("GET", f"/agent/v1/capacity?lose={lose}")
        found = body.get("capacity") if isinstance(body, dict) else None
        if not isinstance(found, dict) or not isinstance(found.get("cases"), list):
            raise CliError("the server answered, but not with what the cluster bears")
        if not found.get("fits"):
            self.is_good = False
        verdict = "There is room" if found.get("fits") else "There is not room for all"
        tried, hosts, servers = (found.get(key) for key in ("tried", "hosts", "servers"))
        scope = f"losses tried: {tried}; hosts: {hosts}; servers to bring back: {servers}"
        tell(self, f"{found.get('meaning')} {verdict} ({scope}).")
        return list(_CASE), [_shown(_CASE, each) for each in found["cases"]]
