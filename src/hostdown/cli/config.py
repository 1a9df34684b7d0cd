"""`hostdown config check` and `hostdown config sample`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hostdown.cli.base import Command
from hostdown.cli.errors import Exit
from hostdown.cli.serve import add_config_file
from hostdown.domain.errors import HostdownError

if TYPE_CHECKING:
    from hostdown.config.notification_settings import BusOptions
    from hostdown.config.settings import CloudOptions


class Check(Command):
    """Read the configuration as `serve` would."""

    details = (
        "One line for each problem, with file, section and option, and what to do; also for the "
        "files that [fencing], [notifications] and [cloud] name. Exit status 1 "
        "if the server would not start with it, or go on by what a webhooks file said before. "
        "Warnings tell what it would start without: passwords that are not there, say, for who "
        "runs this command; no device is asked. They also tell of webhooks whose key is too short, "
        "or whose projects are no ids. "
        "-v also lists the options of Nova that are ignored."
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
            return self._failed([str(problem) for problem in error.problems])
        settings = loaded.settings
        try:
            lacking = _lacking(settings.fencing.file)
            lacking += _doubts(settings.notifications.webhooks_file)
            _check_bus(settings.notifications.bus)
            _check_cloud(settings.cloud)
        except HostdownError as error:
            return self._failed([str(error)])
        for warning in (*loaded.warnings, *lacking):
            self.app.stdout.write(f"warning: {warning}\n")
        if loaded.ignored and self.app.options.verbose_level > 1:
            for name in loaded.ignored:
                self.app.stdout.write(f"ignored: {name}\n")
        read = ", ".join(str(file) for file in loaded.files) or "defaults, no file was read"
        ignored = len(loaded.ignored)
        note = f"; options of Nova that are ignored: {ignored}" if ignored else ""
        self.app.stdout.write(f"The configuration can be used ({read}{note}).\n")
        return Exit.OK

    def _failed(self, problems: list[str]) -> int:
        for problem in problems:
            self.app.stdout.write(f"error: {problem}\n")
        return Exit.FAILED


def _lacking(file: Path | None) -> list[str]:
    """What is missing to ask fence devices; raises FencingFileUnusable."""
    if file is None:
        return []
    from hostdown.drivers.fencing.fencing_file import FencingFile

    return FencingFile(file).lacking()


def _doubts(file: Path | None) -> list[str]:
    """What webhooks hardly do as they are meant to; raises WebhooksFileUnusable."""
    if file is None:
        return []
    from hostdown.drivers.webhook_file import doubts

    return doubts(file)


def _check_bus(options: "BusOptions | None") -> None:
    """Raises BusUnusable; no broker is asked."""
    if options is None:
        return
    from hostdown.compose.bus import bus_sender

    bus_sender(options).close()


def _check_cloud(options: "CloudOptions | None") -> None:
    """Raises CloudsFileUnusable."""
    if options is None:
        return
    from hostdown.drivers.clouds_file import cloud_access

    cloud_access(options.clouds_yaml, options.os_cloud, options.timeout_s)


class Sample(Command):
    """Print a configuration file with every option."""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.config.text import sample

        self.app.stdout.write(sample())
        return Exit.OK
