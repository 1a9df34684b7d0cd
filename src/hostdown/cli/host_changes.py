"""`hostdown host set|reserve`: what operators arrange before hosts fail."""

import argparse
from collections.abc import Sequence

from hostdown.cli.base import ShowOne
from hostdown.cli.connection import compute_api
from hostdown.cli.of_a_host import OfAHost, host_in, path_of

Shown = tuple[Sequence[str], list[object]]


class _Change(OfAHost, ShowOne):
    """What changes one host."""

    def _ask(self, host: str, word: str, body: object) -> dict[str, object]:
        path = path_of(host, word)
        return host_in(compute_api(self).call_ours("POST", path, body))


class SetHost(_Change):
    """Says with which hosts it fails, or that its aggregates and its zone say so."""

    details = (
        "Hosts of one rack, or on one switch, fail together. The storm gate lets a fourth of a\n"
        "failure domain be fenced without a proof, and 'hostdown capacity --lose-domain' asks\n"
        "whether the others bear its loss. The first of these that says one decides:\n\n"
        "  hostdown host set --failure-domain rack7 compute1          # the host's own label\n"
        "  hostdown aggregate set --property failure_domain=rack7 AGGREGATE\n"
        "  its availability zone"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--failure-domain", metavar="NAME", help="such as a rack or a switch")
        which.add_argument(
            "--no-failure-domain", action="store_true", help="take the host's own label away"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        body = {"failure_domain": parsed_args.failure_domain}
        found = self._ask(parsed_args.host, "failure-domain", body)
        return ["Name", "Failure Domain"], [found.get("name"), found.get("failure_domain")]


class ReserveHost(_Change):
    """Keeps an empty host for recoveries, or keeps it no more."""

    details = (
        "A reserved host gets no servers: its service is disabled, with 'reserved' as the reason.\n"
        "A recovery takes it into use where no other host has room for a server; from then on it\n"
        "is a host like others, and the recovery's timeline says so. It must be empty.\n\n"
        "  hostdown host reserve compute9 on"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "reserved",
            metavar="{on,off}",
            choices=("on", "off"),
            help="keep it, or keep it no more",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        found = self._ask(parsed_args.host, "reserve", {"reserved": parsed_args.reserved == "on"})
        return ["Name", "Reserved"], [found.get("name"), found.get("reserved")]
