"""`hostdown host maintenance HOST on|off`: work on a host, with its servers elsewhere."""

import argparse

from hostdown.cli.base import VerdictLister
from hostdown.cli.client import os_hosts
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.draining import BAD, ON_ITS_WAY, Drain, Record, host_of, silence
from hostdown.cli.errors import CliError, Exit
from hostdown.cli.evacuation import COLUMNS, WaitsForAHost, looks, row_of
from hostdown.cli.services import Rows


class MaintainHost(WaitsForAHost, VerdictLister):
    """One row per server of the host, the most urgent first."""

    details = (
        "on:   the host gets no new servers, nobody recovers it if it falls silent, and those of\n"
        "      its servers that run migrate live to other hosts, a few at a time. Stopped ones\n"
        "      stay. What cannot move says why, and makes the exit code 1.\n"
        "off:  the host gets new servers again, unless it was disabled before. None is moved\n"
        "      back.\n\n"
        "  hostdown host maintenance compute1 on --wait\n"
        "  hostdown host maintenance compute1 off\n\n"
        "Said again, it goes on where it is. What was asked for goes on also if this command ends."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "switch", metavar="{on,off}", choices=("on", "off"), help="begin or end it"
        )
        parser.add_argument(
            "--no-drain", action="store_true", help="on: leave its servers where they are"
        )
        parser.add_argument(
            "--wait", action="store_true", help="on: come back when each has moved or failed"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        compute, host = compute_api(self), parsed_args.host
        on = parsed_args.switch == "on"
        os_hosts.update(compute, host, {"maintenance_mode": "enable" if on else "disable"})
        drain = Drain(compute, host)
        if on:
            tell(self, f"host {host} gets no new servers, and is not recovered")
        else:
            tell(self, _status(host, host_of(compute, host)))
        if on and not parsed_args.no_drain:
            self._drain(drain, parsed_args)
            waits = parsed_args.wait and drain.count(*ON_ITS_WAY)
            if waits or drain.count(*BAD):
                self.is_good = False
        return list(COLUMNS), [row_of(each) for each in drain.rows.values()]

    def _drain(self, drain: Drain, parsed_args: argparse.Namespace) -> None:
        told = ""
        for last in looks(parsed_args.wait_timeout):
            try:
                drain.look()
                is_over, sentence = not drain.count(*ON_ITS_WAY), _progress(drain)
            except CliError as error:
                if error.code != Exit.NO_ANSWER or not parsed_args.wait:
                    raise
                is_over, sentence = False, f"{error}. {_UNANSWERED}"
            if sentence != told:
                tell(self, sentence)
            told = sentence
            if is_over or last or not parsed_args.wait:
                break


_UNANSWERED = (
    "What was asked for goes on once a hostdown server runs, and this command keeps looking"
)


def _progress(drain: Drain) -> str:
    """How far it is."""
    if not drain.rows:
        return "it has no servers"
    return (
        f"{drain.count('moved', 'deleted')} of {len(drain.rows)} servers have moved, "
        f"{drain.count(*ON_ITS_WAY)} are on their way, {drain.count('stays')} stay, "
        f"{drain.count(*BAD)} cannot move"
    )


def _status(host: str, seen: Record) -> str:
    if (how := silence(seen)) is not None:
        return f"host {host} is {how}: from now on it is one that has failed"
    if seen.get("status") == "disabled":
        reason = seen.get("disabled_reason") or "no reason"
        return f"host {host} is as it was before, disabled: {reason}"
    return f"host {host} gets new servers again; none is moved back"
