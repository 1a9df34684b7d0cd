"""`hostdown migration list`: which servers move, or have moved, from where to where."""

import argparse

from hostdown.cli.base import Lister
from hostdown.cli.client import migrations, servers
from hostdown.cli.connection import compute_api
from hostdown.cli.options import count
from hostdown.cli.services import Rows

_COLUMNS = {
    "ID": "id",
    "UUID": "uuid",
    "Type": "migration_type",
    "Status": "status",
    "Server": "instance_uuid",
    "Source": "source_compute",
    "Destination": "dest_compute",
    "Created": "created_at",
}
_LONG = {
    "Updated": "updated_at",
    "Source Node": "source_node",
    "Destination Node": "dest_node",
    "Destination IP": "dest_host",
    "User ID": "user_id",
    "Project ID": "project_id",
}


class ListMigrations(Lister):
    """One row per migration, the newest first."""

    details = (
        "A server that is evacuated has a migration of type evacuation: accepted until a host\n"
        "has taken it, pre-migrating while that one starts it, done once it runs there, completed\n"
        "when its former host, back again, has cleared up.\n"
        "Those of deleted servers are not there.\n\n"
        "  hostdown migration list --host compute1\n"
        "  hostdown migration list --server web1 --long\n\n"
        "Destination is '-' until there is one. Type is told from microversion 2.23 on, UUID from\n"
        "2.59 on; below that the oldest come first."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--host", metavar="HOST", help="only those from this host, or to it")
        parser.add_argument("--status", metavar="STATUS", help="only of this status, as done")
        parser.add_argument(
            "--server", metavar="NAME | ID", help="only of this server, or one of your project"
        )
        parser.add_argument("--limit", type=count, metavar="NUMBER", help="at most so many")
        parser.add_argument("--long", action="store_true", help="show nodes, and who asked for it")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Rows:
        compute = compute_api(self)
        named = parsed_args.server
        asked = {
            "host": parsed_args.host,
            "status": parsed_args.status,
            "instance_uuid": None if named is None else servers.id_of(compute, named),
        }
        filters = {name: value for name, value in asked.items() if value is not None}
        found = migrations.listed(compute, filters, parsed_args.limit)
        columns = _COLUMNS | (_LONG if parsed_args.long else {})
        return list(columns), [[each.get(key) for key in columns.values()] for each in found]
