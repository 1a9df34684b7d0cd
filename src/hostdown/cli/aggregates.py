"""`hostdown aggregate …` and `hostdown zone list`."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cliff.columns import FormattableColumn

from hostdown.cli.base import Command, Lister, ShowOne
from hostdown.cli.client import aggregates
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError, UsageError
from hostdown.cli.formatters import Lines
from hostdown.cli.services import Rows

_COLUMNS = {"ID": "id", "Name": "name", "Availability Zone": "availability_zone"}
_LONG = {"Properties": "metadata", "Hosts": "hosts"}
_REST = {"UUID": "uuid", "Created At": "created_at", "Updated At": "updated_at"}
_SHOWN = _COLUMNS | _LONG | _REST

ZONE = "availability_zone"
BY_NAME = "An aggregate is named by its number or its name; a number goes first."
ONE_ZONE = "A host may be in many aggregates, but only in one availability zone."


class Properties(FormattableColumn[Mapping[str, str]]):
    """Metadata, the zone among them."""

    def human_readable(self) -> str:
        """A line each."""
        return "\n".join(f"{key}={value}" for key, value in sorted(self._value.items()))


_KINDS: dict[str, type[FormattableColumn[Any]]] = {"hosts": Lines, "metadata": Properties}


def _values(record: aggregates.Record, columns: Mapping[str, str]) -> list[object]:
    found = {key: record.get(key) for key in columns.values()}
    return [
        _KINDS[key](value) if key in _KINDS and value is not None else value
        for key, value in found.items()
    ]


Shown = tuple[Sequence[str], list[object]]


def _shown(record: aggregates.Record) -> Shown:
    return list(_SHOWN), _values(record, _SHOWN)


class ListAggregates(Lister):
    """One row per aggregate, by number."""

    details = "Make one with: hostdown aggregate create --zone east racks-1-to-4"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="show properties and hosts")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        columns = _COLUMNS | (_LONG if parsed_args.long else {})
        found = aggregates.listed(compute_api(self))
        return list(columns), [_values(record, columns) for record in found]


class _OfOne(ShowOne):
    """A command about one aggregate, which it shows as it is then."""

    details = BY_NAME

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("aggregate", metavar="AGGREGATE", help="its number or its name")
        return parser


class ShowAggregate(_OfOne):
    """Shows one."""

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        return _shown(aggregates.found(compute_api(self), parsed_args.aggregate))


class CreateAggregate(ShowOne):
    """Makes one without hosts."""

    details = (
        "With --zone its hosts will be in that availability zone.\n"
        f"{ONE_ZONE}\n"
        "Then add hosts: hostdown aggregate add host NAME compute1"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="NAME", help="the new aggregate's name")
        parser.add_argument("--zone", metavar="ZONE", help="the availability zone of its hosts")
        _add_property(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        metadata = dict(parsed_args.property)
        compute = compute_api(self)
        made = aggregates.create(compute, parsed_args.name, parsed_args.zone)
        zone = {ZONE: parsed_args.zone} if parsed_args.zone is not None else {}
        made = {"hosts": [], "metadata": zone, **made}
        if metadata:
            made = aggregates.set_metadata(compute, made["id"], metadata)
        return _shown(made)


class SetAggregate(_OfOne):
    """Changes name, zone and properties; what is not named stays."""

    details = f"{BY_NAME}\n{ONE_ZONE}"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--name", metavar="NAME", help="a new name")
        parser.add_argument("--zone", metavar="ZONE", help="the availability zone of its hosts")
        _add_property(parser)
        parser.add_argument(
            "--no-property",
            action="store_true",
            help="take away all properties but the zone, before --property is set",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        given = {"name": parsed_args.name, ZONE: parsed_args.zone}
        changes = {key: value for key, value in given.items() if value is not None}
        metadata: dict[str, str | None] = dict(parsed_args.property)
        if not changes and not metadata and not parsed_args.no_property:
            raise UsageError("nothing to set: give --name, --zone, --property or --no-property")
        compute = compute_api(self)
        record = aggregates.found(compute, parsed_args.aggregate)
        if parsed_args.no_property:
            old = set(record.get("metadata") or {}) - {ZONE}
            metadata = dict.fromkeys(old) | metadata
        if changes:
            record = aggregates.update(compute, record["id"], changes)
        if metadata:
            record = aggregates.set_metadata(compute, record["id"], metadata)
        return _shown(record)


class UnsetAggregate(_OfOne):
    """Takes properties away; the zone of an aggregate can be changed, not taken away."""

    details = f"{BY_NAME}\nThe zone of an aggregate can be changed, but not taken away."

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--property",
            action="append",
            required=True,
            metavar="KEY",
            help="a property to take away; may be repeated",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        compute = compute_api(self)
        record = aggregates.found(compute, parsed_args.aggregate)
        gone = dict.fromkeys(parsed_args.property)
        return _shown(aggregates.set_metadata(compute, record["id"], gone))


class _WithHost(_OfOne):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", metavar="HOST", help="the exact name of a compute host")
        return parser


class AddHost(_WithHost):
    """Adds a host."""

    details = f"{BY_NAME}\n{ONE_ZONE}"

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        compute = compute_api(self)
        record = aggregates.found(compute, parsed_args.aggregate)
        return _shown(aggregates.add_host(compute, record["id"], parsed_args.host))


class RemoveHost(_WithHost):
    """Removes a host."""

    def take_action(self, parsed_args: argparse.Namespace) -> Shown:
        compute = compute_api(self)
        record = aggregates.found(compute, parsed_args.aggregate)
        return _shown(aggregates.remove_host(compute, record["id"], parsed_args.host))


class DeleteAggregates(Command):
    """Deletes aggregates; goes on after a failure and ends with the first one's exit code."""

    details = f"{BY_NAME}\nOnly an aggregate without hosts is deleted."

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "aggregate", nargs="+", metavar="AGGREGATE", help="their numbers or names"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        compute = compute_api(self)
        failures: list[CliError] = []
        for name in parsed_args.aggregate:
            try:
                aggregates.delete(compute, aggregates.found(compute, name)["id"])
            except CliError as error:
                failures.append(error)
                tell(self, f"aggregate {name}: {error}")
        if not failures:
            return 0
        raise CliError(
            f"{len(failures)} of {len(parsed_args.aggregate)} aggregates could not be deleted",
            failures[0].code,
        )


class ListZones(Lister):
    """One row per availability zone, or with --long one per service in it."""

    details = (
        "A zone is available while a service in it is enabled, up or down.\n--long is for admins."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="show the enabled services")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        found = aggregates.zones(compute_api(self), detail=parsed_args.long)
        if parsed_args.long:
            columns = ["Zone", "Available", "Host", "Binary", "State", "Updated At"]
            return columns, [row for zone in found for row in _services(zone)]
        return ["Zone", "Available"], [_zone(zone) for zone in found]


def _zone(zone: aggregates.Record) -> list[object]:
    return [zone.get("zoneName"), (zone.get("zoneState") or {}).get("available")]


def _services(zone: aggregates.Record) -> Iterator[list[object]]:
    hosts = zone.get("hosts") or {}
    if not hosts:
        yield [*_zone(zone), None, None, None, None]
    for host, services in hosts.items():
        for binary, service in services.items():
            state = "up" if service.get("available") else "down"
            yield [*_zone(zone), host, binary, state, service.get("updated_at")]


def _add_property(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--property",
        type=_pair,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a property to set; may be repeated",
    )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    return key, value
