"""`hostdown petter` and `hostdown watchdog fire`: the hardware timer of a compute host."""

import argparse
from pathlib import Path

from hostdown.cli.agent import on_signals, settings_of
from hostdown.cli.base import Command
from hostdown.cli.errors import CliError, Exit, UsageError
from hostdown.cli.serve import add_config_file


class _OfAHost(Command):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        parser.add_argument(
            "--state-dir",
            type=Path,
            metavar="DIR",
            help="the agent's state directory (default: <state_path>/agent)",
        )
        return parser


class Petter(_OfAHost):
    """Run the petter of this host in the foreground."""

    details = (
        "It does what the agent with the same state directory writes there: it opens the timer of "
        "[agent] watchdog and pets it for as long as the server grants it, or the pool takes its "
        "renewals. Without [agent] watchdog it waits, and does nothing. Once the timer is open, "
        "ending the petter resets the machine."
    )

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown import compose_petter
        from hostdown.agent.errors import Stopped

        settings = settings_of(parsed_args.config_file)
        try:
            life = compose_petter.petter(parsed_args.state_dir or settings.state_path / "agent")
        except Stopped as error:
            raise CliError(str(error), Exit.HOST_REFUSED) from error
        on_signals(life.stop)
        life.run()
        return Exit.OK


class WatchdogFire(_OfAHost):
    """Let the timer of this host reset it, to measure how long that takes."""

    details = (
        "Every guest on this host dies, and so does everything else: empty it first. The timer of "
        "[agent] watchdog is armed and left alone; the agent of the next boot reads how long the "
        "machine lived on. A timer is armed for good only once that was seen, and with the same "
        "[agent] watchdog_timeout."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--reset-this-machine", action="store_true", help="it is what is wanted; needed"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown import compose_petter
        from hostdown.agent.errors import Stopped

        if not parsed_args.reset_this_machine:
            raise UsageError("this resets the machine within seconds; --reset-this-machine says so")
        settings = settings_of(parsed_args.config_file)
        state = parsed_args.state_dir or settings.state_path / "agent"
        ended: list[bool] = []
        on_signals(lambda: ended.append(True))
        try:
            compose_petter.fire_now(settings, state, lambda: not ended)
        except Stopped as error:
            raise CliError(str(error), Exit.HOST_REFUSED) from error
        raise CliError(
            "the test was broken off; with nowayout the timer resets the machine all the same"
        )
