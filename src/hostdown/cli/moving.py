"""`hostdown server migrate`, and another end of a live one: `migration abort|force-complete`."""

import argparse
from collections.abc import Callable

from hostdown.cli.base import Command
from hostdown.cli.client import migrations, servers
from hostdown.cli.client.compute import Compute
from hostdown.cli.connection import compute_api, tell
from hostdown.cli.errors import CliError
from hostdown.cli.evacuation import add_wait_timeout, looks

_OVER = {"ACTIVE", "PAUSED", "VERIFY_RESIZE", "SHUTOFF", "ERROR"}


class MigrateServer(Command):
    """Moves a server; with --wait it comes back once nothing goes on with it any more."""

    details = (
        "With --live the server runs on while it moves, to a host with the same pool. Without, it\n"
        "is stopped and started there, and then waits for 'openstack server migrate confirm'.\n\n"
        "  hostdown server migrate --live --wait web1\n"
        "  hostdown server migrate --live --host compute2 web1\n\n"
        "With --wait the exit code is 1 if it is where it was, and the sentence says why."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("server", metavar="NAME | ID", help="the server to move")
        parser.add_argument("--live", action="store_true", help="while it runs")
        parser.add_argument("--host", metavar="HOST", help="to this host, instead of any")
        parser.add_argument("--wait", action="store_true", help="come back when it is over")
        add_wait_timeout(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        compute = compute_api(self)
        server = servers.id_of(compute, parsed_args.server)
        before = _host(servers.shown(compute, server))
        migrations.migrate(compute, server, parsed_args.host, live=parsed_args.live)
        if parsed_args.wait:
            action = "live-migration" if parsed_args.live else "migrate"
            self._wait(compute, server, before, action, parsed_args.wait_timeout)
        return 0

    def _wait(
        self, compute: Compute, server: str, before: object, action: str, timeout_s: float
    ) -> None:
        for last in looks(timeout_s):
            seen = servers.shown(compute, server)
            if seen.get("OS-EXT-STS:task_state") is None and seen.get("status") in _OVER:
                break
            if last:
                raise CliError(f"after {timeout_s:g} s server {server} is still on its way")
        if _host(seen) == before:
            why = servers.why(compute, server, action) or "its history says why"
            raise CliError(f"server {server} has not moved: {why}")
        tell(self, f"server {server} is on host {_host(seen)}, {seen.get('status')}")


def _host(server: servers.Record) -> object:
    """Where it is, as far as the caller may see: an id that is another one for each host."""
    return server.get("OS-EXT-SRV-ATTR:host") or server.get("hostId")


class _OfAMigration(Command):
    """What is asked of the live migration of a server that is in progress."""

    ask: Callable[[Compute, str, int], None]

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("server", metavar="NAME | ID", help="the server that moves")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        compute = compute_api(self)
        server = servers.id_of(compute, parsed_args.server)
        type(self).ask(compute, server, migrations.in_progress(compute, server))
        return 0


class AbortMigration(_OfAMigration):
    """The server stays where it is."""

    details = (
        "It may be too late: a server that has been handed over is on its new host.\n"
        "Before microversion 2.65 only one that is 'running' can be called off."
    )
    ask = staticmethod(migrations.abort)


class ForceCompleteMigration(_OfAMigration):
    """The server stands still until it is on its new host."""

    details = "For a server that changes its memory faster than it can be sent."
    ask = staticmethod(migrations.force_complete)
