"""`hostdown recovery profile`: Doctor's checkpoints of a recovery."""

import argparse
from collections.abc import Mapping
from typing import Any

from hostdown.cli.base import Lister
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.services import Rows

_COLUMNS = ("No", "Code", "Checkpoint", "At", "After Verdict (ms)")
_KEYS = ("number", "code", "name", "at", "since_ms")


class Profile(Lister):
    """One row for each of Doctor's checkpoints."""

    details = (
        "Numbered as in Doctor's document (0 to 10) and in its code (T00 to T09), which differ in\n"
        "3 and 4. Times are the server's. 0 is when the host was heard last; 10 is for consumers\n"
        "to know. What is empty has not come, or nobody wanted to be told."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", metavar="ID", help="its number; 'recovery list' has it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        path = f"/agent/v1/recoveries/{parsed_args.id}/profile"
        found = _profile(compute_api(self).call_ours("GET", path))
        received, receivers = found.get("received"), found.get("receivers")
        tell(self, f"receivers that had the verdict: {received} of {receivers}")
        rows = [[each.get(key) for key in _KEYS] for each in found["checkpoints"]]
        return list(_COLUMNS), rows


def _profile(body: object) -> Mapping[str, Any]:
    found = body.get("profile") if isinstance(body, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("checkpoints"), list):
        raise CliError("the server answered, but not with a profile")
    return found
