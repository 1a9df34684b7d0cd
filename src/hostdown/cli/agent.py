"""`hostdown agent` and `hostdown swarm`: hosts that report."""

import argparse
import signal
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hostdown.cli.base import Command
from hostdown.cli.errors import CliError, Exit, UsageError
from hostdown.cli.serve import add_config_file

if TYPE_CHECKING:
    from hostdown.config import Settings

_ENDS = {"host-deleted": Exit.HOST_DELETED, "session-ended": Exit.SESSION_ENDED}
"""Exit codes for why an agent ended; a host that was refused for another reason: HOST_REFUSED."""

PULSES_PER_S = 2000
"""Pulses of all hosts of a swarm together, unless somebody asks for more."""

HOSTS_MAX = 10_000
"""Hosts of one swarm."""
DELAY_MAX_S = 3_600.0
"""Most that a made-up server may take for something, in seconds."""
SERVERS_MAX = 1_000
"""Servers of one simulated host: what fits into a report."""


class Agent(Command):
    """Run the agent of this host in the foreground."""

    details = (
        "The first start enrolls the host with the secret of [agent] enrolment_secret_file; the "
        "identity it gets is kept in the state directory. SIGTERM ends the agent at once."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        parser.add_argument("--name", help="the host's name (default: [DEFAULT] host)")
        parser.add_argument(
            "--state-dir",
            type=Path,
            metavar="DIR",
            help="where the host's identity is kept (default: <state_path>/agent)",
        )
        parser.add_argument(
            "--enroll",
            action="store_true",
            help="enroll as a new host and put the old identity aside: after a host was deleted",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown import compose_hosts
        from hostdown.agent.errors import Stopped

        settings = settings_of(parsed_args.config_file)
        try:
            runner = compose_hosts.host_agent(
                settings, parsed_args.name, parsed_args.state_dir, parsed_args.enroll
            )
            on_signals(runner.stop)
            runner.run()
        except Stopped as error:
            raise CliError(str(error), _ENDS.get(error.reason, Exit.HOST_REFUSED)) from error
        return Exit.OK


_CALLS = {"start": "create", "stop": "end", "pause": "pause", "suspend": "save"}
"""What a hypervisor is asked for, by what its users call it."""
_CHOICE = "start, stop, pause or suspend"


class Swarm(Command):
    """Run simulated hosts in the foreground."""

    details = (
        "The hosts are kept in <state_path>/swarm.jsonl: the same swarm started again goes on as "
        "the same hosts. A host that is deleted drops out; when none is left the command ends. "
        "Servers of simulated hosts end with the swarm: started again, it is hosts that booted "
        "anew, whose servers are shut off and can be deleted, but not be started again."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_config_file(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--count", type=int, metavar="N", help="how many hosts")
        which.add_argument("--names", metavar="A,B,C", help="the names of the hosts")
        parser.add_argument("--prefix", default="host", help="names are PREFIX1, PREFIX2, ...")
        parser.add_argument(
            "--report-interval",
            type=float,
            metavar="SECONDS",
            help="report oftener than the server asks (default: [DEFAULT] report_interval)",
        )
        parser.add_argument(
            "--pulses",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="whether the hosts send pulses between two reports, if the server hears them",
        )
        parser.add_argument(
            "--pulse-interval",
            type=float,
            metavar="SECONDS",
            help="between two pulses of a host, if the server does not want them less often "
            f"(default: so that all hosts together send at most {PULSES_PER_S:g} a second)",
        )
        parser.add_argument(
            "--servers-per-host",
            type=int,
            metavar="M",
            help="let hosts run made-up servers, and have room for M each of 1 processor, "
            "2,048 MiB and 20 GiB (default: they run none)",
        )
        parser.add_argument(
            "--delay",
            action="append",
            metavar="WHAT=SECONDS",
            help=f"how long it takes to {_CHOICE} a server; may be repeated",
        )
        parser.add_argument(
            "--fail",
            action="append",
            metavar="WHAT=SHARE",
            help=f"which share, 0 to 1, of orders to {_CHOICE} a server fails; may be repeated",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown import compose_swarm
        from hostdown.agent.errors import Stopped

        names = _names(parsed_args)
        settings = settings_of(parsed_args.config_file)
        given = parsed_args.report_interval
        if given is not None and given <= 0:
            raise UsageError("--report-interval must be greater than 0")
        interval = settings.report_interval if given is None else timedelta(seconds=given)
        wishes = compose_swarm.SwarmWishes(
            names,
            interval,
            _pulse_interval(parsed_args, len(names)),
            _servers(parsed_args),
            _numbers("--delay", parsed_args.delay or (), DELAY_MAX_S),
            _numbers("--fail", parsed_args.fail or (), 1.0),
        )
        try:
            swarm = compose_swarm.swarm(settings, wishes, self._tell)
        except Stopped as error:
            raise CliError(str(error), Exit.HOST_REFUSED) from error
        on_signals(swarm.stop)
        swarm.run()
        self._tell(swarm.progress())
        return Exit.OK

    def _tell(self, line: str) -> None:
        self.app.stdout.write(f"{line}\n")
        self.app.stdout.flush()


def _pulse_interval(parsed_args: argparse.Namespace, hosts: int) -> timedelta | None:
    given = parsed_args.pulse_interval
    if given is not None and given <= 0:
        raise UsageError("--pulse-interval must be greater than 0")
    if not parsed_args.pulses:
        return None
    return timedelta(seconds=hosts / PULSES_PER_S if given is None else given)


def _servers(parsed_args: argparse.Namespace) -> int | None:
    given: int | None = parsed_args.servers_per_host
    if given is not None and not 1 <= given <= SERVERS_MAX:
        raise UsageError(f"--servers-per-host is 1 to {SERVERS_MAX}")
    if given is None and (parsed_args.delay or parsed_args.fail):
        raise UsageError(
            "--delay and --fail are about servers; --servers-per-host lets hosts run some"
        )
    return given


def _numbers(option: str, given: Iterable[str], most: float) -> dict[str, float]:
    found = {}
    for each in given:
        what, _, text = each.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if what not in _CALLS or not 0 <= value <= most:
            raise UsageError(f"{option} is {_CHOICE}, '=' and a number, not '{each}'")
        found[_CALLS[what]] = value
    return found


def _names(parsed_args: argparse.Namespace) -> list[str]:
    if parsed_args.names is not None:
        names = list(dict.fromkeys(name for name in parsed_args.names.split(",") if name))
    else:
        count = min(parsed_args.count, HOSTS_MAX + 1)
        names = [f"{parsed_args.prefix}{number}" for number in range(1, count + 1)]
    if not 1 <= len(names) <= HOSTS_MAX:
        raise UsageError(f"a swarm has 1 to {HOSTS_MAX} hosts")
    return names


def settings_of(files: list[str]) -> "Settings":
    """What the configuration says, and a log on standard error; raises UsageError."""
    from hostdown.config import ConfigInvalid, load
    from hostdown.server.logs import log_to_stderr

    try:
        loaded = load(files)
    except ConfigInvalid as error:
        raise UsageError(str(error)) from error
    log_to_stderr(loaded.settings.debug)
    return loaded.settings


def on_signals(stop: Callable[[], None]) -> None:
    """Call it when the process is told to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop())
