"""`hostdown host fence-test|fence-status`: would hosts be fenced, if they had to be?"""

import argparse
from collections.abc import Mapping

from hostdown.cli.base import VerdictLister
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.formatters import Lines
from hostdown.cli.of_a_host import OfAHost, path_of
from hostdown.cli.services import Rows

_COLUMNS = {
    "Level": "level",
    "Driver": "driver",
    "Power": "power",
    "UUID": "uuid",
    "Serial": "serial",
    "Problem": "problem",
}

_STATUS = {
    "Host": "host",
    "Broken": "broken",
    "Checked At": "checked_at",
    "Failing Since": "failing_since",
}


class FenceTest(OfAHost, VerdictLister):
    """One row per level of the host's fencing; exit code 1 if any would not do."""

    details = (
        "Each device is asked for the power and the identity of its machine, with the password\n"
        "and the way that fencing would take. Nothing is switched. Try it on every host before it\n"
        "is needed: a broken path shows only when a host has to be fenced. The code is 1, too, as\n"
        "long as a changed fencing file cannot be used: these are the levels of the one before.\n\n"
        "  hostdown host fence-test compute1"
    )

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        path = path_of(parsed_args.host, "fence-test")
        body = compute_api(self).call_ours("POST", path, {})
        found = body.get("levels") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise CliError("the server answered, but not with a list of levels")
        _tell_outdated(self, body)
        if not found or any(each.get("problem") for each in found):
            self.is_good = False
        return list(_COLUMNS), [[each.get(key) for key in _COLUMNS.values()] for each in found]


class FenceStatus(VerdictLister):
    """One row per host, by name; exit code 1 if any could not be fenced."""

    details = (
        "Each host's devices are asked now and then ([fencing] check_interval); nothing is\n"
        "switched. Broken: two checks in a row failed, since Failing Since. The code is 1, too,\n"
        "as long as a changed fencing file cannot be used.\n\n"
        "  hostdown host fence-status --broken"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--broken", action="store_true", help="only those that are broken")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        body = compute_api(self).call_ours("GET", "/agent/v1/fence-checks")
        found = body.get("fence_checks") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise CliError("the server answered, but not with checks of fencing")
        _tell_outdated(self, body)
        if any(each.get("broken") for each in found):
            self.is_good = False
        if parsed_args.broken:
            found = [each for each in found if each.get("broken")]
        return [*_STATUS, "Problems"], [
            [*(each.get(key) for key in _STATUS.values()), Lines(each.get("problems") or [])]
            for each in found
        ]


def _tell_outdated(command: VerdictLister, body: Mapping[str, object]) -> None:
    """That the fencing file cannot be used, and why, is no good whatever else is."""
    if body.get("outdated"):
        tell(command, str(body["outdated"]))
        command.is_good = False
