"""`hostdown hypervisor list|show|stats`."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli.base import Lister, ShowOne
from hostdown.cli.client import hypervisors
from hostdown.cli.connection import compute_api
from hostdown.cli.services import Rows

_COLUMNS = {
    "ID": "id",
    "Hypervisor Hostname": "hypervisor_hostname",
    "Hypervisor Type": "hypervisor_type",
    "Host IP": "host_ip",
    "State": "state",
    "Status": "status",
}
_USAGE = {
    "vCPUs Used": "vcpus_used",
    "vCPUs": "vcpus",
    "Memory MB Used": "memory_mb_used",
    "Memory MB": "memory_mb",
    "Disk GB Used": "local_gb_used",
    "Disk GB": "local_gb",
    "Running VMs": "running_vms",
}
_SHOWN = (
    _COLUMNS
    | {"Hypervisor Version": "hypervisor_version", "Uptime": "uptime"}
    | _USAGE
    | {"CPU Info": "cpu_info"}
)
_SERVICE = {"Service ID": "id", "Service Host": "host", "Disabled Reason": "disabled_reason"}
_TOTALS = {"Hypervisors": "count"} | _USAGE


class CpuInfo(FormattableColumn[dict[str, Any]]):
    """What a hypervisor says of its processors, of any shape."""

    def human_readable(self) -> str:
        """A line of JSON."""
        return json.dumps(self._value, ensure_ascii=False)


class ListHypervisors(Lister):
    """One row per hypervisor, in the server's order: by cell, then by age."""

    details = (
        "A hypervisor is what a compute host manages; it is listed from the host's first report\n"
        "on. State is that of the host's nova-compute: down if it is silent or was forced down.\n"
        "Status says whether new servers may be placed on it.\n\n"
        "  hostdown hypervisor list --matching rack7- --long\n\n"
        "What is used is told up to microversion 2.87, which --long therefore speaks unless\n"
        "another one is asked for; with a newer one its columns are empty."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--matching", metavar="PART", help="only those with PART in the host name"
        )
        parser.add_argument(
            "--long", action="store_true", help="show what is used, and why services are disabled"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        found = hypervisors.listed(compute_api(self), parsed_args.matching, usage=parsed_args.long)
        columns = _COLUMNS | (_USAGE if parsed_args.long else {})
        rows = [[record.get(key) for key in columns.values()] for record in found]
        if not parsed_args.long:
            return list(columns), rows
        reasons = [_service(record).get("disabled_reason") for record in found]
        return [*columns, "Disabled Reason"], [
            [*row, reason] for row, reason in zip(rows, reasons, strict=True)
        ]


class ShowHypervisor(ShowOne):
    """One hypervisor with its service, its uptime and what of it is used."""

    details = (
        "A hypervisor is named by its host name, whole and exact, or by its id (a uuid from\n"
        "microversion 2.53 on, else a number). Uptime is empty while the host is down."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("hypervisor", metavar="NAME | ID", help="the hypervisor to show")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        record = hypervisors.shown(compute_api(self), parsed_args.hypervisor)
        record["cpu_info"] = _cpu_info(record.get("cpu_info"))
        service = _service(record)
        return [*_SHOWN, *_SERVICE], [
            *(record.get(key) for key in _SHOWN.values()),
            *(service.get(key) for key in _SERVICE.values()),
        ]


class ShowTotals(ShowOne):
    """Sums over the hypervisors whose service is enabled."""

    details = (
        "Microversions from 2.88 on cannot tell them; an older one is spoken unless asked for."
    )

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        sums = hypervisors.totals(compute_api(self))
        return list(_TOTALS), [sums.get(key) for key in _TOTALS.values()]


def _cpu_info(info: object) -> object:
    """Up to 2.27 it is a text that holds JSON."""
    if isinstance(info, str):
        try:
            info = json.loads(info)
        except ValueError:
            return info
    return CpuInfo(info) if isinstance(info, dict) else None


def _service(record: hypervisors.Record) -> hypervisors.Record:
    service = record.get("service")
    return service if isinstance(service, dict) else {}
