"""`hostdown complete`: a completion script for bash, made from the commands' own parsers."""

import argparse

from cliff.complete import CompleteBash, CompleteDictionary

from hostdown.cli.base import Command
from hostdown.cli.table import ENTRIES


class Complete(Command):
    """Prints the script; every command is loaded for it."""

    details = (
        "For this shell:            source <(hostdown complete)\n"
        "For all of yours, once:    hostdown complete > ~/.local/share/bash-completion/completions/"
        "hostdown\n"
    )

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        words = CompleteDictionary()
        for name, entry in ENTRIES.items():
            command = entry.load()(self.app, self.app_args, cmd_name=name)
            actions = command.get_parser(name)._get_optional_actions()
            words.add_command(name.split(), actions)
        CompleteBash("hostdown", self.app.stdout).write(words.get_commands(), words.get_data())
        return 0
