"""`hostdown host fence-test`: would this host be fenced, if it had to be?"""

import argparse
from urllib.parse import quote

from hostdown.cli.base import Lister
from hostdown.cli.connection import compute_api
from hostdown.cli.errors import CliError, Exit
from hostdown.cli.services import Rows

_COLUMNS = {
    "Level": "level",
    "Driver": "driver",
    "Power": "power",
    "UUID": "uuid",
    "Serial": "serial",
    "Problem": "problem",
}


class FenceTest(Lister):
    """One row per level of the host's fencing; exit code 1 if any would not do."""

    details = (
        "Each device is asked for the power and the identity of its machine, with the password\n"
        "and the way that fencing would take. Nothing is switched. Try it on every host before it\n"
        "is needed: a broken path shows only when a host has to be fenced.\n\n"
        "  hostdown host fence-test compute1"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="HOST", help="the host's name")
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Prints the rows in any case; the exit code says whether all of them are good."""
        self._code = Exit.OK
        return super().run(parsed_args) or self._code

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        path = f"/agent/v1/hosts/{quote(parsed_args.host, safe='')}/fence-test"
        body = compute_api(self).call_ours("POST", path, {})
        found = body.get("levels") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise CliError("the server answered, but not with a list of levels")
        if not found or any(each.get("problem") for each in found):
            self._code = Exit.FAILED
        return list(_COLUMNS), [[each.get(key) for key in _COLUMNS.values()] for each in found]
