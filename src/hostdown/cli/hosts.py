"""`hostdown host list|show|enroll`: compute hosts as their agents report them.

These speak `/agent/v1`, which is hostdown's own; another Compute API answers them with a 404.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli.base import Lister, ShowOne
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.disarming import Disarmed
from hostdown.cli.errors import CliError
from hostdown.cli.of_a_host import OfAHost, path_of
from hostdown.cli.services import Rows
from hostdown.domain.identity import goes_by_name
from hostdown.domain.rehearsal import MAY_SLEEP

_COLUMNS = {
    "Name": "name",
    "State": "state",
    "Status": "status",
    "Forced Down": "forced_down",
    "Last Seen Up": "last_seen_up",
    "Cell": "cell",
    "Unreachable Since": "unreachable_at",
    "Reserved": "reserved",
    "Recovery": "recovery",
}
_LONG = {
    "Disabled Reason": "disabled_reason",
    "Domain": "domain",
    "ID": "id",
    "Boot": "boot",
    "Session": "session",
    "Agent Version": "agent_version",
    "Enrolled At": "enrolled_at",
}


_SHOWN = (
    _COLUMNS
    | _LONG
    | {
        "Machine ID": "machine_id",
        "Two Machines Since": "forked_at",
        "May Sleep": "sleeps",
        "Watchdog": "watchdog",
        "Disarmed By": "disarmed",
        "Unknown Servers": "unknown_servers",
        "Refused Reports": "refused",
        "Last Changes": "changes",
        "Said By Others": "events",
    }
)
_ENROLMENT = {
    "Name": "name",
    "Secret": "secret",
    "Replace": "replace",
    "Expires At": "expires_at",
}

NOT_BY_NAME = (
    "WARNING: up to microversion 2.52 requests cannot name this host, so the documented force-down "
    "will not reach it, only one by the id of its service (2.53 or later). Every request can name "
    "hosts of letters (a to z), digits, '-', '.' and '_'."
)


class Refused(FormattableColumn[list[dict[str, Any]]]):
    """Refused reports: how many, why, and when last."""

    def human_readable(self) -> str:
        """A line for each reason."""
        return "\n".join(
            f"{each.get('times')} x {each.get('reason')}, last {each.get('last_at')}"
            for each in self._value
        )


class Watchdog(FormattableColumn[dict[str, Any]]):
    """What resets the host once it may not live on, as this boot's agent told it."""

    def human_readable(self) -> str:
        """Nothing for a host that has none."""
        if not self._value:
            return ""
        armed_at = self._value.get("armed_at")
        c_s, w_s = (self._value.get(name, 0) / 1000 for name in ("self_fence_after_ms", "reset_ms"))
        pools = ", ".join(self._value.get("pools") or []) or "no pool"
        return (
            f"{'not armed' if armed_at is None else f'armed since {armed_at}'}\n"
            f"reset {w_s:g} s after its credit of {c_s:g} s is over\n"
            f"credit by servers and {pools}"
        )


class Unknown(FormattableColumn[list[dict[str, Any]]]):
    """Servers that the host has and no permit is known for: nobody but an operator ends them."""

    def human_readable(self) -> str:
        """A line for each."""
        return "\n".join(
            f"{each.get('uuid')}, generation {each.get('generation')}, since {each.get('since')}"
            for each in self._value
        )


class Changes(FormattableColumn[list[dict[str, Any]]]):
    """The last changes to a host's service: when, who, what, and under which request."""

    def human_readable(self) -> str:
        """A line for each change, the newest first."""
        return "\n".join(
            f"{each.get('at')} {each.get('user')}: "
            f"{_difference(each.get('before') or {}, each.get('after') or {})}"
            f" ({each.get('event_type')}, {each.get('request_id')})"
            for each in self._value
        )


class Events(FormattableColumn[list[dict[str, Any]]]):
    """What others said of a host: when last, who, what, and how often."""

    def human_readable(self) -> str:
        """A line for each event, the newest first."""
        return "\n".join(
            f"{each.get('last_at')} {each.get('source')}: {each.get('kind')}"
            f" ({each.get('times')} x, sent by {each.get('user')}, {each.get('request_id')})"
            for each in self._value
        )


_KINDS: dict[str, type[FormattableColumn[Any]]] = {
    "watchdog": Watchdog,
    "disarmed": Disarmed,
    "unknown_servers": Unknown,
    "refused": Refused,
    "changes": Changes,
    "events": Events,
}


class ListHosts(Lister):
    """One row per enrolled host, by name."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="show who each host is")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        body = compute_api(self).call_ours("GET", "/agent/v1/hosts")
        hosts = _part(body, "hosts", list)
        columns = _COLUMNS | (_LONG if parsed_args.long else {})
        return list(columns), [[host.get(key) for key in columns.values()] for host in hosts]


class ShowHost(OfAHost, ShowOne):
    """One host, with what it has that nobody knows, the last changes, and what others say."""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        path = path_of(parsed_args.host)
        body = compute_api(self).call_ours("GET", path)
        host = _part(body, "host", dict)
        if host.get("sleeps"):
            tell(self, f"WARNING: {MAY_SLEEP}")
        return list(_SHOWN), [
            _KINDS[key](host.get(key) or []) if key in _KINDS else host.get(key)
            for key in _SHOWN.values()
        ]


class EnrollHost(OfAHost, ShowOne):
    """Makes a secret with which one agent may enrol under this name, once, until it expires."""

    details = (
        "The secret is shown this once. Give it to the agent on that machine; see\n"
        "'hostdown help agent'."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="the machine of this name was re-installed or is gone: take the name over",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        path = path_of(parsed_args.host, "enrolment")
        body = {"replace": True} if parsed_args.replace else {}
        answer = compute_api(self).call_ours("POST", path, body)
        enrolment = _part(answer, "enrolment", dict)
        if not goes_by_name(parsed_args.host):
            tell(self, NOT_BY_NAME)
        return list(_ENROLMENT), [enrolment.get(key) for key in _ENROLMENT.values()]


def _difference(before: dict[str, object], after: dict[str, object]) -> str:
    """`forced_down False -> True`; what was not there before is only told."""

    def shown(value: object) -> str:
        return "-" if value is None else str(value)

    return ", ".join(
        f"{name} {shown(before[name])} -> {shown(value)}"
        if name in before
        else f"{name} {shown(value)}"
        for name, value in after.items()
    )


def _part(body: object, name: str, kind: type) -> Any:  # noqa: ANN401 - parsed JSON
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, kind):
        raise CliError("the server answered, but not as hostdown does: is it another Compute API?")
    return part
