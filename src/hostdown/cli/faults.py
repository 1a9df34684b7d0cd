"""`hostdown host report-fault`: say what you, or a script of yours, see of a host."""

import argparse
from collections.abc import Sequence

from hostdown.cli.base import ShowOne
from hostdown.cli.connection import compute_api
from hostdown.cli.errors import CliError, UsageError
from hostdown.cli.of_a_host import OfAHost
from hostdown.domain.fault_events import FaultKind

_PATH = "/events"
SOURCE = "operator"
SHORT = {each.rpartition(".")[2]: each for each in FaultKind}
"""Kinds by their last word."""

_MEANINGS = {
    "noted": "kept, and nothing more: this kind decides nothing",
    "heard": "kept; the host is heard, so nothing is done unless it falls silent soon",
    "counts": "the host is silent, and now has less time to come back",
    "forced-down": "the host is forced down, by your word",
}
"""In words, for people."""
_TAKEN_BACK = "kept; what this source said of the host before is taken back"
"""The same of an `up`."""


class ReportFault(OfAHost, ShowOne):
    """Prints what comes of it."""

    details = (
        "Kinds: down (it does not answer you), up (takes down back, from the same source),\n"
        "degraded (kept only), kdump (it dumps its memory). This is evidence, not an order: a\n"
        "host that is heard is left alone, and one that is silent is fenced before its servers\n"
        "go elsewhere. Your word that a host is off is 'hostdown recovery confirm-off'.\n\n"
        "  hostdown host report-fault compute1 --kind down --reason 'its rack is dark'"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--kind", required=True, choices=[*SHORT], help="what you see")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="how you know")
        parser.add_argument(
            "--source",
            default=SOURCE,
            metavar="NAME",
            help="who sees it, if a script sends this (default: operator)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        if not parsed_args.reason.strip():
            raise UsageError("--reason must say something: others decide by it")
        details = {
            "hostname": parsed_args.host,
            "monitor": parsed_args.source,
            "reason": parsed_args.reason,
        }
        said = {"type": SHORT[parsed_args.kind].value, "details": details}
        body = compute_api(self).call_ours("POST", _PATH, said)
        events = body.get("events") if isinstance(body, dict) else None
        if not isinstance(events, list) or not events:
            raise CliError("the server answered, but not with the event")
        found = events[0]
        meaning = str(found.get("meaning"))
        words = _TAKEN_BACK if parsed_args.kind == "up" else _MEANINGS.get(meaning)
        columns = {
            "ID": found.get("id"),
            "Host": found.get("host"),
            "Kind": found.get("kind"),
            "Source": found.get("source"),
            "Times": found.get("times"),
            "Meaning": meaning,
            "In Words": words,
        }
        return list(columns), list(columns.values())
