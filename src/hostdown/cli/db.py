"""`hostdown db upgrade` and `hostdown db version`: they open the databases themselves."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hostdown.cli.base import Command, Lister
from hostdown.cli.errors import CliError, Exit
from hostdown.cli.serve import add_config_file, read_settings

if TYPE_CHECKING:
    from hostdown.storage import DatabaseSettings
    from hostdown.storage.schema import SchemaVersion


class Upgrade(Command):
    """Bring both schemas to this version's revision."""

    details = (
        "Stop the servers first, or upgrade them one after another if the release notes say that "
        "the old ones can work with the new schema. An empty database gets the whole schema."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.storage import schema

        settings = _databases(parsed_args.config_file)
        with explained():
            before = schema.version(settings)
            schema.upgrade(settings)
            after = schema.version(settings)
        for old, new in zip(before, after, strict=True):
            was = "nothing" if old.found is None else old.found
            change = "already at" if old.found == new.found else f"from {was} to"
            self.app.stdout.write(f"{new.schema} in {new.database}: {change} {new.found}\n")
        return Exit.OK


class Version(Lister):
    """The revisions that are there and that are needed."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
        from hostdown.storage import schema

        with explained():
            found = schema.version(_databases(parsed_args.config_file))
        rows = ((v.schema, v.database, v.found or _nothing(v), v.newest) for v in found)
        return ("Schema", "Database", "Revision", "Needed"), rows


def _nothing(version: "SchemaVersion") -> str:
    return "(empty)" if version.exists else "(no database yet)"


@contextmanager
def explained() -> Iterator[None]:
    """Say why a database does not answer: whoever runs these commands keeps it."""
    from hostdown.domain.errors import CellUnavailable, DirectoryUnavailable

    try:
        yield
    except (CellUnavailable, DirectoryUnavailable) as error:
        from hostdown.storage.reason import reason

        name = "directory" if isinstance(error, DirectoryUnavailable) else "cell"
        raise CliError(
            f"The {name} database does not answer: {reason(error)}. Start it, or correct "
            f"[{name}] connection."
        ) from error


def _databases(files: list[str]) -> "DatabaseSettings":
    from hostdown.compose import database_settings

    return database_settings(read_settings(files))
