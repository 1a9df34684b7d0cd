"""`hostdown policy show` and `hostdown policy check`: from the files, so no server need run."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hostdown.cli.base import Command, Lister
from hostdown.cli.errors import Exit, UsageError
from hostdown.cli.formatters import Lines
from hostdown.cli.serve import add_config_file, read_settings

if TYPE_CHECKING:
    from hostdown.api.policy_book import Book
    from hostdown.api.policy_files import PolicySettings
    from hostdown.domain.model import Caller

_OWN = {"project_id": "own-project", "user_id": "own-user"}
"""Who asks and who owns, where nothing else is said."""


class Show(Lister):
    """The rules in force, beside the defaults."""

    details = (
        "With a RULE, only that one and the rules that it refers to. '@' is anybody with a token, "
        "'!' is nobody; 'role:' looks at the caller's roles, 'rule:' at another rule, and "
        "'project_id:%(project_id)s' compares the caller's project with that of the target. 'Set "
        "in' names the file that sets the rule, under this name or an older one; "
        "docs/howto/policy.md tells how to write one."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "rules", nargs="*", metavar="RULE", help="a rule, or a pattern such as '*os-services*'"
        )
        add_config_file(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        from hostdown.api.policy_uses import uses

        book, used = _book(_policy(parsed_args)), uses()
        shown = _with_references(book, parsed_args.rules) if parsed_args.rules else book.rules
        rows = (
            (
                rule.name,
                rule.text,
                rule.default,
                str(rule.line.path) if rule.line else None,
                Lines(used.get(rule.name, [])),
            )
            for rule in map(book.rules.__getitem__, shown)
        )
        return ("Rule", "In Force", "Default", "Set In", "Operations"), rows


class Check(Command):
    """Read the policy files as `serve` would; or ask one rule."""

    details = (
        "Without RULE: one line for each thing that is wrong with the files. An error keeps a "
        "server from starting, and one that runs keeps its rules; the exit status is 1. A warning "
        "tells of names that do not exist or are older ones, and of rules that let people who hold "
        "an ordinary role, or none, do what harms others.\n\n"
        "With RULE: whether such a caller may, and the parts of the rule that decided it, each "
        "with what it says. The exit status is 0 if the caller may, else 4. A role brings those "
        "below it: admin, manager, member, reader. What is not given of the target is the "
        "caller's own.\n\n"
        "hostdown policy check os_compute_api:servers:delete --role member --target project_id=demo"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("rule", nargs="?", metavar="RULE", help="the rule to ask")
        group = parser.add_argument_group("who asks, about what")
        group.add_argument(
            "--role", action="append", default=[], metavar="ROLE", help="may be given again"
        )
        group.add_argument("--user", metavar="ID", help="the caller's user")
        scope = group.add_mutually_exclusive_group()
        scope.add_argument("--project", metavar="ID", help="the project that the token is of")
        scope.add_argument(
            "--system", action="store_true", help="the token is of the system, not of a project"
        )
        group.add_argument(
            "--target",
            action="append",
            default=[],
            type=_target,
            metavar="NAME=ID",
            help="project_id=… or user_id=…: whose thing it is; may be given again",
        )
        add_config_file(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        settings = _policy(parsed_args)
        if parsed_args.rule:
            return self._ask(_book(settings), parsed_args)
        about = (parsed_args.role, parsed_args.target, parsed_args.system)
        if any(about) or parsed_args.user is not None or parsed_args.project is not None:
            raise UsageError("these options describe who asks for a RULE, and no RULE is given")
        return self._review(settings)

    def _review(self, settings: "PolicySettings") -> int:
        from hostdown.api.policy_review import review

        found = review(settings)
        for error in found.errors:
            self.app.stdout.write(f"error: {error}\n")
        for warning in found.warnings:
            self.app.stdout.write(f"warning: {warning}\n")
        if found.errors:
            return Exit.FAILED
        read = ", ".join(map(str, found.files)) or f"defaults, {settings.policy_file} is not there"
        self.app.stdout.write(f"The policy can be used ({read}).\n")
        return Exit.OK

    def _ask(self, book: "Book", parsed_args: argparse.Namespace) -> int:
        from hostdown.api.policy_reasons import reasons

        if parsed_args.rule not in book.rules:
            raise _no_such_rule(book, parsed_args.rule)
        caller = _caller(parsed_args)
        target = {"project_id": caller.project_id, "user_id": caller.user_id}
        parts = list(reasons(book, parsed_args.rule, caller, target | dict(parsed_args.target)))
        for part in parts:
            note = f" ({part.note})" if part.note else ""
            answer = "yes" if part.holds else "no"
            self.app.stdout.write(f"{'  ' * part.depth}{part.text}: {answer}{note}\n")
        return Exit.OK if parts[0].holds else Exit.NOT_ALLOWED


def _policy(parsed_args: argparse.Namespace) -> "PolicySettings":
    from hostdown.compose import policy_settings

    return policy_settings(read_settings(parsed_args.config_file))


def _book(settings: "PolicySettings") -> "Book":
    from hostdown.api.policy_book import Book
    from hostdown.api.policy_files import overrides

    return Book(overrides(settings))


def _caller(parsed_args: argparse.Namespace) -> "Caller":
    from hostdown.domain.model import Caller
    from hostdown.domain.roles import with_implied

    user = _OWN["user_id"] if parsed_args.user is None else parsed_args.user
    project = _OWN["project_id"] if parsed_args.project is None else parsed_args.project
    return Caller(
        user_id=user,
        user_name=user,
        project_id=None if parsed_args.system else project,
        roles=with_implied(parsed_args.role),
        request_id="",
        system_scope="all" if parsed_args.system else None,
    )


def _target(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if name not in _OWN or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not project_id=… or user_id=…")
    return name, value


def _with_references(book: "Book", patterns: Sequence[str]) -> list[str]:
    """The rules meant, then those that they refer to; raises UsageError if one is not there."""
    from fnmatch import fnmatchcase

    from hostdown.api.policy_book import references

    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in book.rules):
            raise _no_such_rule(book, pattern)
    found = [name for name in book.rules if any(fnmatchcase(name, each) for each in patterns)]
    for name in found:
        found += [each for each in references(book.rules[name].check) if each not in found]
    return found


def _no_such_rule(book: "Book", name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, book.rules, n=1)
    hint = f"did you mean {near[0]}?" if near else "see hostdown policy show"
    return UsageError(f"there is no rule {name!r}; {hint}")
