"""`hostdown pool init`: it works on the directory itself and asks no server."""

import argparse
from pathlib import Path

from hostdown.cli.base import Command
from hostdown.cli.errors import Exit


class Init(Command):
    """Put the marker into the root of a file system."""

    details = (
        "Once for each file system, on any host that has it mounted; prints the pool's id, also "
        "when the pool is there already. A directory that holds other files is refused. Agents "
        "put no disk into a directory without the marker, because a file system that is not "
        "mounted looks like an empty one."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("path", metavar="PATH", type=Path, help="the root, where it is mounted")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.drivers.pool import init_pool

        self.app.stdout.write(f"{init_pool(parsed_args.path.absolute())}\n")
        return Exit.OK
