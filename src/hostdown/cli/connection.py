"""From a command's options to a Compute API that answers."""

import argparse
import os

from hostdown.cli.base import Command
from hostdown.cli.client import credentials
from hostdown.cli.client.compute import Compute, asked
from hostdown.cli.client.http import Http
from hostdown.cli.client.identity import log_in


def compute_api(command: Command) -> Compute:
    """Log in and negotiate; raises CliError. Nothing is sent before the options are complete."""
    options = command.app.options
    found = credentials.find(options, os.environ, lambda text: tell(command, text))
    wanted = asked(found.compute_version)
    http = Http(found.tls, options.timeout)
    return Compute(http, log_in(http, found), wanted)


def tell(command: Command, sentence: str) -> None:
    """Say something to people, on standard error, where no script mistakes it for output."""
    command.app.stderr.write(f"hostdown: {sentence}\n")
    command.app.stderr.flush()


def add_service(parser: argparse.ArgumentParser) -> None:
    """A service as `client.services.target` takes it."""
    parser.add_argument("host", metavar="HOST", help="a host, or the uuid of a service")
    parser.add_argument("binary", nargs="?", metavar="BINARY", help="nova-compute unless given")


def warn_of_corruption(command: Command, what: object) -> None:
    """Before each force-down (Compute API reference, "Update Forced Down").

    Never asks: the documented commands are typed by fault monitors that have no keyboard.
    """
    tell(
        command,
        f"WARNING: {what} is being forced down. Be sure that its host is fenced completely, "
        "powered off or cut from network and storage: if virtual machines still run there, they "
        "will likely be corrupted once they are started elsewhere.",
    )
