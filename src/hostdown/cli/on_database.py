"""Commands that work on the database itself, so that no server need run and no log-in is needed."""

import argparse
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hostdown.cli.db import explained
from hostdown.cli.errors import CliError
from hostdown.cli.serve import add_config_file, read_settings

if TYPE_CHECKING:
    from hostdown.domain.model import Caller
    from hostdown.services.directory_ports import Directory
    from hostdown.services.identity_journal import By
    from hostdown.services.identity_ports import Passwords


class Opened(NamedTuple):
    directory: "Directory"
    passwords: "Passwords"
    by: "By"
    state_path: Path


class OnDatabase:
    """The options and the opening that these commands share."""

    def add_options(self, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        add_config_file(parser)
        return parser

    @contextmanager
    def opened(self, parsed_args: argparse.Namespace) -> Iterator[Opened]:
        """The directory of the configured deployment; raises CliError if it has no schema yet."""
        from hostdown.compose import database_settings
        from hostdown.drivers.bcrypt_passwords import BcryptPasswords
        from hostdown.drivers.system_clock import SystemClock
        from hostdown.services.identity_journal import By
        from hostdown.storage import open_storage, schema

        settings = read_settings(parsed_args.config_file)
        if settings.keystone is not None:
            raise CliError(
                "users and projects are Keystone's, by [api] auth_strategy = keystone; use "
                "'openstack user …', 'openstack project …' and 'openstack role add'"
            )
        databases = database_settings(settings)
        with explained():
            found = schema.version(databases)
        for each in found:
            if each.found is None:
                what = "is empty" if each.exists else "is not there: there is no database yet"
                raise CliError(f"{each.database} {what}; start 'hostdown serve' once to fill it")
            if each.found != each.newest:
                raise CliError(f"{each.database} is of another version; run 'hostdown db upgrade'")
        storage = open_storage(databases)
        try:
            by = By(_operator(), SystemClock().now())
            yield Opened(storage.directory, BcryptPasswords(), by, settings.state_path)
        finally:
            storage.close()


def _operator() -> "Caller":
    """Whoever runs this command; such a user is no user of the API, so it has no id."""
    from hostdown.domain.model import Caller

    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return Caller("", name, None, (), "-")
