"""What commands about one host have in common."""

import argparse
from typing import Any
from urllib.parse import quote

from hostdown.cli.base import Command
from hostdown.cli.errors import CliError, UsageError
from hostdown.domain.errors import HostNameInvalid
from hostdown.domain.identity import check_name


class OfAHost(Command):
    """A command whose first argument is a host's name."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="HOST", help="the host's name")
        return parser


def path_of(host: str, what: str = "") -> str:
    """Of a host in our own API, or of `what` there is of it; raises UsageError for what no host is
    called."""
    try:
        check_name(host)
    except HostNameInvalid as error:
        raise UsageError(str(error)) from error
    return f"/agent/v1/hosts/{quote(host, safe='')}{what and f'/{what}'}"


def host_in(answer: object) -> dict[str, Any]:
    """The host that our own API answers with; raises CliError."""
    found = answer.get("host") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise CliError("the server answered, but not with a host")
    return found
