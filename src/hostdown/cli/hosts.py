"""`hostdown host list|show|enroll`: compute hosts as their agents report them.

These speak `/agent/v1`, which is hostdown's own; another Compute API answers them with a 404.
"""

import argparse
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hostdown.cli.base import Lister, ShowOne
from hostdown.cli.connection import compute_api
from hostdown.cli.errors import CliError
from hostdown.cli.services import Rows

_COLUMNS = {
    "Name": "name",
    "State": "state",
    "Status": "status",
    "Forced Down": "forced_down",
    "Last Seen Up": "last_seen_up",
    "Cell": "cell",
}
_LONG = {
    "Disabled Reason": "disabled_reason",
    "ID": "id",
    "Boot": "boot",
    "Session": "session",
    "Agent Version": "agent_version",
    "Enrolled At": "enrolled_at",
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


class ShowHost(ShowOne):
    """One host, with the reports that were refused and the last changes to its service."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="HOST", help="the host's name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        body = compute_api(self).call_ours("GET", _path(parsed_args.host))
        host = _part(body, "host", dict)
        return list(host), list(host.values())


class EnrollHost(ShowOne):
    """Makes a secret with which one agent may enrol under this name, once, until it expires."""

    details = (
        "The secret is shown this once. Give it to the agent on that machine; see\n"
        "'hostdown help agent'."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="HOST", help="the host's name")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="the machine of this name was re-installed or is gone: take the name over",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        body = {"replace": True} if parsed_args.replace else {}
        answer = compute_api(self).call_ours("POST", f"{_path(parsed_args.host)}/enrolment", body)
        enrolment = _part(answer, "enrolment", dict)
        return list(enrolment), list(enrolment.values())


def _path(host: str) -> str:
    return f"/agent/v1/hosts/{quote(host, safe='')}"


def _part(body: object, name: str, kind: type) -> Any:  # noqa: ANN401 - parsed JSON
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, kind):
        raise CliError("the server answered, but not as hostdown does: is it another Compute API?")
    return part
