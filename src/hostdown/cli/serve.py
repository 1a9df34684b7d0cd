"""`hostdown serve`."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hostdown.cli.base import Command
from hostdown.cli.errors import CliError

if TYPE_CHECKING:
    from hostdown.config import Settings


class Serve(Command):
    """Run a server in the foreground."""

    details = (
        "SIGTERM and Ctrl-C let requests end first, SIGHUP reads the configuration again without "
        "refusing a request. The exit status is 0 after a stop that was asked for."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.config import ConfigInvalid
        from hostdown.server.child import StartFailed
        from hostdown.server.serve import serve

        try:
            return serve(parsed_args.config_file)
        except (ConfigInvalid, StartFailed) as error:
            raise CliError(str(error)) from error


def add_config_file(parser: argparse.ArgumentParser) -> None:
    """The option of all commands that read the server's configuration."""
    parser.add_argument(
        "--config-file",
        action="append",
        default=[],
        metavar="FILE",
        help="configuration file; may be given again, later ones win "
        "(default: /etc/hostdown/hostdown.conf, if it exists)",
    )


def read_settings(files: Sequence[str]) -> "Settings":
    """What the configuration says; raises CliError with all that is wrong with it."""
    from hostdown.config import ConfigInvalid, load

    try:
        return load(files).settings
    except ConfigInvalid as error:
        raise CliError(str(error)) from error
