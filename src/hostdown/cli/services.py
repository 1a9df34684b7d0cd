"""`hostdown service list|set|delete`."""

import argparse
from collections.abc import Iterable, Iterator, Sequence

from hostdown.cli.base import Command, Lister, ShowOne
from hostdown.cli.client import services
from hostdown.cli.client.compute import is_uuid
from hostdown.cli.connection import add_service, compute_api, tell, warn_of_corruption
from hostdown.cli.errors import CliError, UsageError

Rows = tuple[Sequence[str], Iterable[Sequence[object]]]

_COLUMNS = {
    "ID": "id",
    "Binary": "binary",
    "Host": "host",
    "Zone": "zone",
    "Status": "status",
    "State": "state",
    "Forced Down": "forced_down",
    "Updated At": "updated_at",
}
_LONG = {"Disabled Reason": "disabled_reason"}
_CHANGED = ("ID", "Binary", "Host", "Status", "State", "Forced Down", "Disabled Reason")


class ListServices(Lister):
    """One row per service, in the server's order: by cell, then by age."""

    details = (
        "A service whose cell's database does not answer is listed with status UNKNOWN and\n"
        "nothing else known. Forced Down is empty below microversion 2.11."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--host", metavar="HOST", help="only this host's services")
        parser.add_argument(
            "--service", "--binary", dest="binary", metavar="BINARY", help="only this binary"
        )
        state = parser.add_mutually_exclusive_group()
        for name in ("up", "down"):
            state.add_argument(
                f"--{name}",
                dest="state",
                action="store_const",
                const=name,
                help=f"only services whose state is {name}",
            )
        status = parser.add_mutually_exclusive_group()
        for name in ("enabled", "disabled"):
            status.add_argument(
                f"--{name}",
                dest="status",
                action="store_const",
                const=name,
                help=f"only services that are {name}",
            )
        parser.add_argument("--long", action="store_true", help="show why services are disabled")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        found = services.listed(compute_api(self), parsed_args.host, parsed_args.binary)
        wanted = {"state": parsed_args.state, "status": parsed_args.status}
        asked = {name: value for name, value in wanted.items() if value}
        columns = _COLUMNS | (_LONG if parsed_args.long else {})
        rows = [
            [record.get(key) for key in columns.values()]
            for record in found
            if all(record.get(name) == value for name, value in asked.items())
        ]
        return list(columns), rows


class SetService(ShowOne):
    """Changes one service and shows it as the server answered."""

    details = (
        "Before you use --down, fence the host completely. A host that was forced down and runs\n"
        "on damages the virtual machines that are started elsewhere.\n"
        "--up ends it; the state then follows the host's own reports."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_service(parser)
        status = parser.add_mutually_exclusive_group()
        status.add_argument(
            "--enable", dest="disabled", action="store_false", default=None, help="let it be chosen"
        )
        status.add_argument(
            "--disable",
            dest="disabled",
            action="store_true",
            default=None,
            help="place no new servers on it",
        )
        parser.add_argument("--disable-reason", metavar="REASON", help="why; with --disable")
        forced = parser.add_mutually_exclusive_group()
        forced.add_argument(
            "--down",
            dest="forced_down",
            action="store_true",
            default=None,
            help="force it down: it is fenced",
        )
        forced.add_argument(
            "--up", dest="forced_down", action="store_false", default=None, help="no longer"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], list[object]]:
        args = parsed_args
        if args.disable_reason is not None and not args.disabled:
            raise UsageError("--disable-reason goes with --disable")
        if args.disabled is None and args.forced_down is None:
            raise UsageError("nothing to set: give --enable, --disable, --up or --down")
        target = services.target(args.host, args.binary)
        compute = compute_api(self)
        if args.forced_down:
            warn_of_corruption(self, target)
        wanted = services.Wanted(args.disabled, args.disable_reason, args.forced_down)
        record = services.change(compute, target, wanted)
        keys = _COLUMNS | _LONG
        return _CHANGED, [record.get(keys[name]) for name in _CHANGED]


class DeleteServices(Command):
    """Deletes services; goes on after a failure and ends with the first one's exit code."""

    details = (
        "A service is named by its id (a uuid from microversion 2.53 on, else a number), or by a\n"
        "host and a binary: hostdown service delete compute1 nova-compute\n"
        "Stop the process on the host first."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "service", nargs="+", metavar="ID | HOST BINARY", help="the services to delete"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        targets = list(_targets(parsed_args.service))
        compute = compute_api(self)
        failures: list[CliError] = []
        for target in targets:
            try:
                services.delete(compute, target)
            except CliError as error:
                failures.append(error)
                tell(self, f"{target}: {error}")
        if not failures:
            return 0
        raise CliError(
            f"{len(failures)} of {len(targets)} services could not be deleted", failures[0].code
        )


def _targets(words: Sequence[str]) -> Iterator[services.Target]:
    """Ids, and pairs of a host and a binary: a binary is known by Nova's prefix."""
    rest = list(words)
    while rest:
        name = rest.pop(0)
        if rest and rest[0].startswith("nova-"):
            yield services.Target(host=name, binary=rest.pop(0))
        elif is_uuid(name) or name.isdecimal():
            yield services.Target(id=name)
        else:
            raise UsageError(
                f"'{name}' is neither the id of a service nor a host that a binary follows"
            )
