"""The command: sets the stage, tells the story, says how it ended."""

import argparse
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hostdown.cli.base import Command
from hostdown.cli.demo.narrator import Narrator
from hostdown.cli.demo.places import Place, chosen
from hostdown.cli.demo.signals import ignore_endings, interruptible, uninterrupted
from hostdown.cli.demo.stage import Timing
from hostdown.cli.demo.story import Story
from hostdown.cli.errors import CliError, Exit


class Demo(Command):
    """Starts and ends everything itself; exit status 0 only if every expectation held."""

    details = (
        "Starts a server and three hosts on this machine, boots servers on them, forces hosts\n"
        "down and up again with the documented curl calls and the stock OpenStack client, and\n"
        "lets a host die. Where root runs it and QEMU and libvirt are there, or can be installed,\n"
        "the hosts are virtual ones of a lab whose servers are real; else they are simulated.\n"
        "Leaves no process and no file behind.\n"
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--openstack",
            metavar="PROGRAM",
            default="openstack",
            help="the stock OpenStack client (default: the one in PATH)",
        )
        parser.add_argument(
            "--on",
            choices=[each.value for each in Place],
            help="what the hosts are (default: a lab where there can be one, else simulated)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Run it."""
        openstack = _program(parsed_args.openstack, "python-openstackclient, or run 'make demo'")
        _program("curl", "curl")
        narrator = Narrator(self.app.stdout)
        with interruptible(), ExitStack() as stack:
            with uninterrupted():
                made = tempfile.TemporaryDirectory(prefix="hostdown-demo-")
                directory = stack.enter_context(made)
            place = None if parsed_args.on is None else Place(parsed_args.on)
            stage, why = chosen(place, Path(directory), Timing())
            narrator.say(why)
            begun = stage.clock.monotonic()
            try:
                Story(stage, narrator, openstack).run()
                narrator.step("Everything is stopped.")
            finally:
                ignore_endings()
                stage.close()
            took = stage.clock.monotonic() - begun
        if narrator.failed:
            raise CliError("not as expected: " + "; ".join(narrator.failed))
        narrator.say(f"All {narrator.held} expectations held, in {took:.0f} s.")
        return Exit.OK


def _program(name: str, package: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise CliError(f"'{name}' is not installed; install {package}")
    return Path(found).absolute()
