"""`hostdown config check` and `hostdown config sample`."""

import argparse

from hostdown.cli.base import Command
from hostdown.cli.errors import Exit
from hostdown.cli.serve import add_config_file


class Check(Command):
    """Read the configuration as `serve` would."""

    details = (
        "One line for each problem, with file, section and option, and what to do. Exit status 1 "
        "if the server would not start with it. -v also lists the options of Nova that are ignored."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.config import ConfigInvalid, load

        try:
            loaded = load(parsed_args.config_file)
        except ConfigInvalid as error:
            for problem in error.problems:
                self.app.stdout.write(f"error: {problem}\n")
            return Exit.FAILED
        for warning in loaded.warnings:
            self.app.stdout.write(f"warning: {warning}\n")
        if loaded.ignored and self.app.options.verbose_level > 1:
            for name in loaded.ignored:
                self.app.stdout.write(f"ignored: {name}\n")
        read = ", ".join(str(file) for file in loaded.files) or "defaults, no file was read"
        note = f"; {len(loaded.ignored)} options of Nova are ignored" if loaded.ignored else ""
        self.app.stdout.write(f"The configuration can be used ({read}{note}).\n")
        return Exit.OK


class Sample(Command):
    """Print a configuration file with every option."""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.config.text import sample

        self.app.stdout.write(sample())
        return Exit.OK
