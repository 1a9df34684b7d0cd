"""`hostdown lab`: virtual compute hosts that can be cut off and switched off."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hostdown.cli.base import Command, Lister
from hostdown.cli.errors import CliError, Exit, UsageError
from hostdown.cli.serve import add_config_file, read_settings

if TYPE_CHECKING:
    from hostdown.config import Settings
    from hostdown.lab.plan import Plan

REPORT_INTERVAL_S = 1.0
"""Between two reports of a lab's host, unless the command line says otherwise."""
SERVICE_DOWN_TIME_S = 5.0
"""After which a silent host of a lab is down, unless the command line says otherwise."""


class _OfALab:
    """What all these commands share."""

    def add_place(self, parser: argparse.ArgumentParser) -> None:
        add_config_file(parser)
        parser.add_argument(
            "--state-dir",
            type=Path,
            metavar="DIR",
            help="where the lab is (default: [lab] state_dir, else <state_path>/lab)",
        )

    def place(self, parsed_args: argparse.Namespace) -> "tuple[Settings, Path]":
        settings = read_settings(parsed_args.config_file)
        directory: Path = parsed_args.state_dir or settings.lab.state_dir
        return settings, directory.absolute().resolve()


class Up(_OfALab, Command):
    """Returns when all hosts are up and enrolled."""

    details = (
        "Needs root, QEMU, libvirt, iproute2, nftables and openssl; --install gets what is missing "
        "from Debian. Run again, it makes what is missing of the lab and switches hosts on. The "
        "lab's own server listens on the first address of the subnet; its clouds.yaml is in "
        "DIR/server, the BMCs' password (user admin) in DIR/bmc-password."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        self.add_place(parser)
        parser.add_argument("--hosts", type=int, default=3, metavar="N", help="how many (3)")
        parser.add_argument("--prefix", default="compute", help="hosts are PREFIX1, PREFIX2, ...")
        parser.add_argument(
            "--subnet", help="a /24 for the lab (default: [lab] subnet, else a free one of 10.99)"
        )
        parser.add_argument(
            "--server",
            metavar="URL",
            help="a server that runs already, in place of the lab's own; several with commas",
        )
        parser.add_argument(
            "--enrolment-secret-file",
            type=Path,
            metavar="FILE",
            help="of that server (default: [agent] enrolment_secret_file)",
        )
        parser.add_argument("--hypervisor", help="what agents use (default: libvirt if they can)")
        parser.add_argument(
            "--kvm", action="store_true", help="let hosts see /dev/kvm (default: guests emulated)"
        )
        for name, default, text in (
            ("report-interval", REPORT_INTERVAL_S, "between two reports of a host"),
            ("service-down-time", SERVICE_DOWN_TIME_S, "until the own server takes it for down"),
        ):
            text = f"seconds {text} ({default:g})"
            parser.add_argument(f"--{name}", type=float, default=default, metavar="S", help=text)
        parser.add_argument(
            "--recover",
            action="store_true",
            help="let the own server fence hosts that fall silent and bring their servers back",
        )
        text = "let hosts arm watchdogs: without server and pool they are reset"
        parser.add_argument("--watchdog", action="store_true", help=text)
        parser.add_argument("--install", action="store_true", help="install missing packages")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.lab import life, programs

        settings, directory = self.place(parsed_args)
        programs.ready(parsed_args.install)
        with life.held(directory):
            plan = life.up(
                directory,
                lambda subnet: _plan(parsed_args, settings, directory, subnet),
                parsed_args.subnet or settings.lab.subnet,
                self._tell,
            )
        if len(plan.hosts) != parsed_args.hosts:
            raise CliError(
                f"this lab has {len(plan.hosts)} hosts and keeps them; for another number, "
                "'hostdown lab down' comes first"
            )
        return Exit.OK

    def _tell(self, sentence: str) -> None:
        self.app.stdout.write(f"lab: {sentence}\n")
        self.app.stdout.flush()


def _plan(
    parsed_args: argparse.Namespace, settings: "Settings", directory: Path, subnet: str
) -> "Plan":
    from hostdown.config.addresses import several
    from hostdown.lab.plan import SERVER_PORT, Plan, hosts_in

    hosts = hosts_in(subnet, parsed_args.prefix, parsed_args.hosts)
    own = directory / "enrolment-secret"
    given = parsed_args.enrolment_secret_file or settings.agent.enrolment_secret_file
    theirs = ", ".join(map(_reachable, several(parsed_args.server or "")))
    if theirs and not given.exists():
        raise UsageError(
            f"there is no enrolment secret in {given}; name the server's with "
            "--enrolment-secret-file"
        )
    plan = Plan(
        directory=directory,
        subnet=subnet,
        hosts=hosts,
        server_url="",
        own_server=not theirs,
        secret_file=str(given.absolute() if theirs else own),
        ca_file=str(settings.agent.ca_file) if theirs and settings.agent.ca_file else None,
        hypervisor=_hypervisor(parsed_args.hypervisor),
        kvm=parsed_args.kvm,
        report_interval_s=parsed_args.report_interval,
        service_down_time_s=parsed_args.service_down_time,
        recover=parsed_args.recover,
        watchdog=parsed_args.watchdog,
    )
    return plan._replace(server_url=theirs or f"http://{plan.gateway}:{SERVER_PORT}")


def _reachable(url: str) -> str:
    """The URL, if hosts of the lab can reach it: each has a loopback of its own."""
    from hostdown.config.loopback import is_loopback

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"'{url}' is not the URL of a server")
    if is_loopback(parts.hostname):
        raise UsageError(
            f"hosts of a lab cannot reach {parts.hostname}, which is this machine's loopback; let "
            "the server listen on another address"
        )
    return url.rstrip("/")


def _hypervisor(given: str | None) -> str:
    """The one that was named, or the best of those that this version's agents have."""
    from hostdown.config.options import OPTIONS

    option = next(o for o in OPTIONS if (o.section, o.name) == ("agent", "hypervisor"))
    known = list(getattr(option.kind, "choices", ()))
    chosen = given or ("libvirt" if "libvirt" in known else option.default)
    if chosen not in known:
        raise UsageError(f"agents have the hypervisors {', '.join(known)}, not '{chosen}'")
    return str(chosen)


class Down(_OfALab, Command):
    """Does nothing if there is no lab."""

    details = (
        "Ends every process and removes every namespace, link, rule and file of the lab, of one "
        "that was killed half-way too. Only what libvirt found out about QEMU is kept, in "
        "DIR/cache, and the empty DIR/lock."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        self.add_place(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.lab import life, programs

        _, directory = self.place(parsed_args)
        programs.ready(install=False)
        life.down(directory)
        return Exit.OK


class _OneHost(_OfALab, Command):
    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        self.add_place(parser)
        parser.add_argument("host", metavar="HOST", help="a host of the lab")
        return parser


class Cut(_OneHost):
    """What is cut stays so over boots, until it is healed."""

    details = "The BMC is on a network of its own and stays reachable, unless --bmc cuts it too."

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--one-way", action="store_true", help="only what the host sends; it still hears"
        )
        parser.add_argument("--bmc", action="store_true", help="its BMC as well")
        parser.add_argument("--heal", action="store_true", help="let everything through again")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.lab import network, plan, programs

        _, directory = self.place(parsed_args)
        programs.ready(install=False)
        host = plan.must_load(directory).host(parsed_args.host)
        called = plan.names(directory)
        if parsed_args.heal:
            network.heal(called, host)
        else:
            what = network.Cut(True, not parsed_args.one_way, parsed_args.bmc)
            network.cut(called, host, what)
        return Exit.OK


class _Order(_OneHost):
    order = ""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.lab import control, plan

        _, directory = self.place(parsed_args)
        host = plan.must_load(directory).host(parsed_args.host)
        control.ask(directory, self.order, host=host.name)
        return Exit.OK


class PowerOn(_Order):
    """Boot a host; does nothing to one that is on."""

    order = "power-on"


class PowerOff(_Order):
    """Returns when no process of the host is left."""

    details = "Every process of the host dies at once, as by SIGKILL, and nothing goes out."
    order = "power-off"


class Fault(_OneHost):
    """Kept until the lab goes down or another fault is set."""

    details = (
        "slow: answers after five seconds; lies: says yes and does nothing; dead: never answers; "
        "foreign: is cabled to another machine, as its UUID tells; none: as it should be."
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        from hostdown.lab.redfish import Fault as Kinds

        parser = super().get_parser(prog_name)
        parser.add_argument("fault", metavar="FAULT", choices=list(Kinds), help="which")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from hostdown.lab import control, plan

        _, directory = self.place(parsed_args)
        host = plan.must_load(directory).host(parsed_args.host)
        control.ask(directory, "fault", host=host.name, fault=parsed_args.fault)
        return Exit.OK


class Status(_OfALab, Lister):
    """One row per host."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        self.add_place(parser)
        parser.add_argument(
            "--long", action="store_true", help="also the pid 1 of each host, boot id and BMC path"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Sequence[str], Any]:
        from hostdown.lab import status

        _, directory = self.place(parsed_args)
        columns = status.LONG_COLUMNS if parsed_args.long else status.COLUMNS
        return columns, [row[: len(columns)] for row in status.rows(directory)]
