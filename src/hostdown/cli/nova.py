"""The documented commands of the Compute API's manuals, word for word.

    service-force-down [--unset] <host> <binary>        service-list [--host] [--binary]
    service-enable <host> <binary>                      service-delete <id>
    service-disable [--reason <reason>] <host> <binary>
    host-update [--status <enable|disable>] [--maintenance <enable|disable>]
                [--report-host-down | --report-host-up] <host>

They take what each generation of the nova command took: host and binary, a host alone, or a uuid
alone; and print its tables.
"""

import argparse
from collections.abc import Sequence

from hostdown.cli.base import Command, Lister
from hostdown.cli.client import os_hosts, services
from hostdown.cli.client.compute import Compute
from hostdown.cli.connection import add_service, compute_api, warn_of_corruption
from hostdown.cli.errors import UsageError
from hostdown.cli.of_a_host import OfAHost
from hostdown.cli.services import Rows

_KEYS = {
    "Id": "id",
    "ID": "id",
    "Binary": "binary",
    "Host": "host",
    "Zone": "zone",
    "Status": "status",
    "State": "state",
    "Updated_at": "updated_at",
    "Disabled Reason": "disabled_reason",
    "Forced down": "forced_down",
}


class ServiceList(Lister):
    """All services, or those of a host or of a binary."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--host", metavar="HOST", help="only this host's services")
        parser.add_argument("--binary", metavar="BINARY", help="only this binary")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        compute = compute_api(self)
        found = services.listed(compute, parsed_args.host, parsed_args.binary)
        columns = ["Id", "Binary", "Host", "Zone", "Status", "State", "Updated_at"]
        columns.append("Disabled Reason")
        if compute.version >= services.FORCED_DOWN:
            columns.append("Forced down")
        return columns, [[record.get(_KEYS[name]) for name in columns] for record in found]


class _Change(Lister):
    """What the three changes share: which service, and the table that shows it."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_service(parser)
        return parser

    def _changed(
        self, compute: Compute, args: argparse.Namespace, wanted: services.Wanted, shown: list[str]
    ) -> Rows:
        target = services.target(args.host, args.binary)
        if wanted.forced_down:
            warn_of_corruption(self, target)
        record = services.change(compute, target, wanted)
        by_id = ["ID"] if compute.version >= services.BY_UUID else []
        columns: Sequence[str] = [*by_id, "Host", "Binary", *shown]
        return columns, [[record.get(_KEYS[name]) for name in columns]]


class ServiceForceDown(_Change):
    """Sets or clears `forced_down`."""

    details = (
        "Fence the host completely before: a host that was forced down and runs on damages the\n"
        "virtual machines that are started elsewhere. When it is back and in order, --unset."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--unset", action="store_true", help="no longer forced down")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        wanted = services.Wanted(forced_down=not parsed_args.unset)
        return self._changed(compute_api(self), parsed_args, wanted, ["Forced down"])


class ServiceEnable(_Change):
    """Lets new servers be placed on the host again."""

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        wanted = services.Wanted(disabled=False)
        return self._changed(compute_api(self), parsed_args, wanted, ["Status"])


class ServiceDisable(_Change):
    """Places no new servers on the host."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--reason", metavar="REASON", help="why")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        # As in the nova command, an empty reason is none.
        reason = parsed_args.reason or None
        shown = ["Status", "Disabled Reason"] if reason else ["Status"]
        wanted = services.Wanted(disabled=True, reason=reason)
        return self._changed(compute_api(self), parsed_args, wanted, shown)


class ServiceDelete(Command):
    """Deletes one service by its id."""

    details = "The id is a uuid from microversion 2.53 on, else a number."

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("id", metavar="ID", help="as service-list shows it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        services.delete(compute_api(self), services.Target(id=parsed_args.id))
        return 0


class HostUpdate(OfAHost, Lister):
    """Reports a host down with its servers, disables it, puts it into maintenance, or undoes it."""

    details = (
        "Before you report a host down, fence it completely: its servers may then be started\n"
        "elsewhere. At once its nova-compute is down and its servers are SHUTOFF. When it is back\n"
        "and in order, --report-host-up: its next report says what its servers are.\n\n"
        "  hostdown host-update --report-host-down compute1\n"
        "  hostdown host-update --report-host-up compute1\n"
        "  hostdown host-update --maintenance enable compute1\n\n"
        "While a host is in maintenance it takes no new servers and nobody recovers those it has.\n"
        "Options may be combined; they are one change."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        switch = ("enable", "disable")
        parser.add_argument("--status", choices=switch, help="may new servers be placed on it?")
        parser.add_argument(
            "--maintenance", choices=switch, help="begin or end work on it; disables it meanwhile"
        )
        report = parser.add_mutually_exclusive_group()
        report.add_argument(
            "--report-host-down",
            "--down",
            dest="down",
            action="store_const",
            const=True,
            help="it is down, and its servers with it",
        )
        report.add_argument(
            "--report-host-up",
            "--up",
            dest="down",
            action="store_const",
            const=False,
            help="take the report back",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        asked = {
            "status": parsed_args.status,
            "maintenance_mode": parsed_args.maintenance,
            "host_down_reported": parsed_args.down,
        }
        changes = {name: value for name, value in asked.items() if value is not None}
        if not changes:
            raise UsageError(
                "nothing to change: give --status, --maintenance, --report-host-down or "
                "--report-host-up"
            )
        compute = compute_api(self)
        if parsed_args.down:
            warn_of_corruption(self, f"nova-compute on host {parsed_args.host}")
        answer = os_hosts.update(compute, parsed_args.host, changes)
        return ["HOST", *changes], [[answer["host"], *(answer.get(name) for name in changes)]]
