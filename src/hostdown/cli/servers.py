"""`hostdown server list|show`: servers, their states, and what their hosts are."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli.aggregates import Properties
from hostdown.cli.base import Lister, ShowOne
from hostdown.cli.client import servers
from hostdown.cli.connection import compute_api
from hostdown.cli.options import count
from hostdown.cli.services import Rows
from hostdown.domain.assignment import PowerState

_COLUMNS = {
    "ID": "id",
    "Name": "name",
    "Status": "status",
    "Task State": "OS-EXT-STS:task_state",
    "Power State": "OS-EXT-STS:power_state",
    "Networks": "addresses",
    "Host Status": "host_status",
}
"""The table of the manual "Get valid server state"."""
_LONG = {
    "Host": "OS-EXT-SRV-ATTR:host",
    "Zone": "OS-EXT-AZ:availability_zone",
    "Project ID": "tenant_id",
    "Created": "created",
}
_SHOWN = (
    _COLUMNS
    | {"VM State": "OS-EXT-STS:vm_state", "Fault": "fault"}
    | _LONG
    | {
        "Updated": "updated",
        "User ID": "user_id",
        "Flavor": "flavor",
        "Image": "image",
        "Metadata": "metadata",
        "Locked": "locked",
    }
)

_HOST_STATUS = (
    "Host Status is '-' for those who may not see it, and below microversion 2.16; it is\n"
    "empty for a server without a host."
)


class Networks(FormattableColumn[Mapping[str, list[str]]]):
    """Addresses by network."""

    def human_readable(self) -> str:
        """`a=10.0.0.1, 10.0.0.2; b=10.1.0.1`."""
        return "; ".join(f"{name}={', '.join(found)}" for name, found in self._value.items())


class Fault(FormattableColumn[Mapping[str, Any]]):
    """What went wrong."""

    def human_readable(self) -> str:
        """The sentence."""
        return str(self._value.get("message"))


def _power_state(number: int) -> object:
    return PowerState(number).name if number in set(PowerState) else number


def _networks(addresses: Mapping[str, list[dict[str, Any]]]) -> Networks:
    return Networks({name: [each["addr"] for each in found] for name, found in addresses.items()})


def _flavor(flavor: Mapping[str, Any]) -> object:
    """Its name; up to 2.46 only its id is told."""
    return flavor.get("original_name") or flavor.get("id")


def _image(image: object) -> object:
    """Its id; a server without one has a blank."""
    return image.get("id") if isinstance(image, dict) else None


_KINDS: Mapping[str, Callable[[Any], object]] = {
    "OS-EXT-STS:power_state": _power_state,
    "addresses": _networks,
    "fault": Fault,
    "flavor": _flavor,
    "image": _image,
    "metadata": Properties,
}


def _values(record: servers.Record, columns: Mapping[str, str]) -> list[object]:
    found = {key: record.get(key) for key in columns.values()}
    return [
        _KINDS[key](value) if key in _KINDS and value is not None else value
        for key, value in found.items()
    ]


class ListServers(Lister):
    """One row per server, the newest first."""

    details = (
        "Without options: the servers of your project. What only administrators may ask for has\n"
        "no effect, or is refused, for others.\n\n"
        "  hostdown server list --all-projects --host compute1\n"
        "  hostdown server list --status error --long\n\n" + _HOST_STATUS
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--all-projects", action="store_true", help="of all projects; administrators only"
        )
        parser.add_argument("--host", metavar="HOST", help="only on this host; administrators only")
        parser.add_argument("--status", metavar="STATUS", help="only of this status, as ERROR")
        parser.add_argument(
            "--name", metavar="PATTERN", help="only those whose name has a part that matches"
        )
        parser.add_argument(
            "--marker", metavar="ID", help="only those that follow this server in the list"
        )
        parser.add_argument("--limit", type=count, metavar="NUMBER", help="at most so many")
        parser.add_argument("--long", action="store_true", help="show where and whose they are")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        asked = {
            "all_tenants": True if parsed_args.all_projects else None,
            "host": parsed_args.host,
            "status": parsed_args.status,
            "name": parsed_args.name,
            "marker": parsed_args.marker,
        }
        filters = {name: value for name, value in asked.items() if value is not None}
        found = servers.listed(compute_api(self), filters, parsed_args.limit)
        columns = _COLUMNS | (_LONG if parsed_args.long else {})
        return list(columns), [_values(record, columns) for record in found]


class ShowServer(ShowOne):
    """One server, its states, and what its host is."""

    details = (
        "A server is named by its id, or by its name, whole and exact, in your project.\n"
        + _HOST_STATUS
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("server", metavar="NAME | ID", help="the server to show")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        record = servers.shown(compute_api(self), parsed_args.server)
        return list(_SHOWN), _values(record, _SHOWN)
