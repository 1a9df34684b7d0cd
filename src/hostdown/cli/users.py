"""`hostdown user …` and `hostdown project …`: they work on the database, so no server need run.

A password is never taken from the command line, where every user of the machine can read it.
"""

import argparse
import getpass
import sys
from collections.abc import Iterator

from hostdown.cli.base import Command, Lister, ShowOne
from hostdown.cli.errors import Exit, UsageError
from hostdown.cli.on_database import OnDatabase, Opened

PASSWORD_LINE_MAX = 1024
"""Characters of a password on standard input."""


def _add_password_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--generate", action="store_true", help="make a password and print it, this once"
    )


def _password(generate: bool) -> str:
    """Made, typed twice at a terminal, or the first line of standard input."""
    from hostdown.services.identity import generated_password

    if generate:
        return generated_password()
    if not sys.stdin.isatty():
        line = sys.stdin.readline(PASSWORD_LINE_MAX)
        if not line:
            raise UsageError("there is no password on standard input; give one line, or --generate")
        return line.rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise UsageError("the two passwords differ; nothing was changed")
    return first


class AddUser(OnDatabase, ShowOne):
    """A new user with roles in one project."""

    details = (
        "The password is asked for, or read from standard input if that is not a terminal. A role "
        "brings those below it: admin, manager, member, reader. service stands alone."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = self.add_options(super().get_parser(prog_name))
        parser.add_argument("name", metavar="NAME", help="the user's name")
        parser.add_argument("--project", required=True, metavar="NAME", help="an existing project")
        parser.add_argument(
            "--role",
            action="append",
            metavar="ROLE",
            help="admin, manager, member (default), reader or service; may be given again",
        )
        _add_password_options(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        from hostdown.services.identity import hashed
        from hostdown.services.users import add_member

        roles = parsed_args.role or ["member"]
        with self.opened(parsed_args) as opened:
            password = _password(parsed_args.generate)
            password_hash = hashed(opened.passwords, password)
            user = add_member(
                opened.directory,
                parsed_args.name,
                password_hash,
                parsed_args.project,
                roles,
                opened.by,
            )
        fields = ("id", "name", "project", "roles")
        values = (user.id, user.name, parsed_args.project, ", ".join(roles))
        if parsed_args.generate:
            return (*fields, "password"), (*values, password)
        return fields, values


class ListUsers(OnDatabase, Lister):
    """Every user and its roles."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        return self.add_options(super().get_parser(prog_name))

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
        from hostdown.services.users import list_users

        with self.opened(parsed_args) as opened:
            found = list_users(opened.directory)
        rows = (
            (
                entry.user.id,
                entry.user.name,
                "yes" if entry.user.enabled else "no",
                "; ".join(f"{m.place}: {', '.join(m.roles)}" for m in entry.memberships),
            )
            for entry in found
        )
        return ("ID", "Name", "Enabled", "Roles"), rows


class SetPassword(OnDatabase, Command):
    """A new password for a user."""

    details = (
        "The password is asked for, or read from standard input if that is not a terminal. The "
        "tokens that the user has are good for nothing within a second."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = self.add_options(super().get_parser(prog_name))
        parser.add_argument("name", metavar="NAME", help="the user's name")
        _add_password_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.services.identity import hashed
        from hostdown.services.users import Kept, change_user, user_named

        with self.opened(parsed_args) as opened:
            password = _password(parsed_args.generate)
            kept = Kept(password_hash=hashed(opened.passwords, password))
            user = user_named(opened.directory, parsed_args.name)
            change_user(opened.directory, user.id, kept, opened.by)
        if parsed_args.generate:
            self.app.stdout.write(f"{password}\n")
        written = opened.state_path / "clouds.yaml"
        if written.exists():
            note = (
                f"{written} and openrc beside it are not changed; if they are for this user, edit"
            )
            self.app.stderr.write(f"{note} the password there.\n")
        return Exit.OK


class _Switch(OnDatabase, Command):
    enabled: bool

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = self.add_options(super().get_parser(prog_name))
        parser.add_argument("name", metavar="NAME", help="the user's name")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.services.users import Kept, change_user, user_named

        with self.opened(parsed_args) as opened:
            user = user_named(opened.directory, parsed_args.name)
            change_user(opened.directory, user.id, Kept(enabled=self.enabled), opened.by)
        return Exit.OK


class EnableUser(_Switch):
    """Undo `user disable`."""

    enabled = True


class DisableUser(_Switch):
    """Keep a user out."""

    enabled = False
    details = "The tokens that the user has are good for nothing within a second."


class _Roles(OnDatabase, Command):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = self.add_options(super().get_parser(prog_name))
        parser.add_argument("name", metavar="NAME", help="the user's name")
        parser.add_argument("--role", required=True, metavar="ROLE", help="see 'user add'")
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument("--project", metavar="NAME", help="in this project")
        place.add_argument("--system", action="store_true", help="in the system as a whole")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.services.grants import place_named
        from hostdown.services.users import user_named

        with self.opened(parsed_args) as opened:
            user_id = user_named(opened.directory, parsed_args.name).id
            target = place_named(opened.directory, parsed_args.project)
            self.change(opened, user_id, target, parsed_args.role)
        return Exit.OK

    def change(self, opened: Opened, user_id: str, target: str, role: str) -> None:
        raise NotImplementedError


class GrantRole(_Roles):
    """Give a user a role."""

    details = "A role in the system is for clients that ask for a token of system scope."

    def change(self, opened: Opened, user_id: str, target: str, role: str) -> None:
        from hostdown.services.grants import give_role

        give_role(opened.directory, user_id, target, role, opened.by)


class RevokeRole(_Roles):
    """Take a role from a user."""

    details = "The tokens that the user has there are good for nothing within a second."

    def change(self, opened: Opened, user_id: str, target: str, role: str) -> None:
        from hostdown.services.grants import take_role

        take_role(opened.directory, user_id, target, role, opened.by)


class AddProject(OnDatabase, ShowOne):
    """A new project."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = self.add_options(super().get_parser(prog_name))
        parser.add_argument("name", metavar="NAME", help="the project's name")
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        from hostdown.services.projects import Kept, add_project

        with self.opened(parsed_args) as opened:
            project = add_project(opened.directory, parsed_args.name, Kept(), opened.by)
        return ("id", "name"), (project.id, project.name)


class RotateKey(OnDatabase, Command):
    """Sign tokens with a new key."""

    details = (
        "Every token there is, of every user, is good for nothing within a second; clients log in "
        "again by themselves. For when the key, or a copy of the database, got into wrong hands."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        return self.add_options(super().get_parser(prog_name))

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.services.identity import rotate_key

        with self.opened(parsed_args) as opened:
            rotate_key(opened.directory, opened.by)
        return Exit.OK
