"""What the boot of a virtual host is: its values, and the namespaces made a host by them."""

import json
import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hostdown.lab.plan import GUESTS_BRIDGE

STEP_TIMEOUT_S = 20.0
"""What one step of a boot may take: a mount, an address."""


class Service(NamedTuple):
    """A daemon; one that ends with a status in `final` is not started anew, nor is a `once`."""

    name: str
    argv: tuple[str, ...]
    once: bool = False
    final: tuple[int, ...] = ()


class Boot(NamedTuple):
    """What `boot.json` holds. `mounts`: what is to be seen, and where; `devices`: names in /dev."""

    hostname: str
    address: str
    gateway: str
    watchdog: str
    run_directories: tuple[str, ...]
    mounts: tuple[tuple[str, str], ...]
    devices: tuple[str, ...]
    services: tuple[Service, ...]
    log: str


def read(file: Path) -> Boot:
    """From JSON."""
    fields = json.loads(file.read_bytes())
    services = tuple(
        Service(name, tuple(argv), once, tuple(final))
        for name, argv, once, final in fields["services"]
    )
    mounts = tuple((source, target) for source, target in fields["mounts"])
    lists = {name: tuple(fields[name]) for name in ("devices", "run_directories")}
    return Boot(**fields | lists | {"services": services, "mounts": mounts})


def prepare_files(boot: Boot) -> None:
    """Own /run, /dev and /sys (whose network is this namespace's), and the files of the host."""
    socket.sethostname(boot.hostname)
    _step("mount", "-t", "sysfs", "sysfs", "/sys")
    for source, target in boot.mounts:
        if not target.startswith("/run/") and os.path.exists(target):
            _step("mount", "--bind", source, target)
    _step("mount", "-t", "tmpfs", "-o", "mode=0755,size=256m", "tmpfs", "/run")
    for directory in boot.run_directories:
        Path(directory).mkdir(parents=True)
    for source, target in boot.mounts:
        if target.startswith("/run/"):
            _step("mount", "--bind", source, target)
    _devices(boot.devices)


def _devices(names: Sequence[str]) -> None:
    """A /dev with these and the terminals, out of the machine's."""
    made = Path("/run/dev")
    for directory in ("", "net", "shm", "pts"):
        (made / directory).mkdir()
        if directory == "":
            _step("mount", "-t", "tmpfs", "-o", "mode=0755,size=256m", "tmpfs", str(made))
    _step("mount", "--bind", "/dev/pts", str(made / "pts"))
    for name in names:
        if os.path.exists(f"/dev/{name}"):
            found = os.stat(f"/dev/{name}")
            os.mknod(made / name, found.st_mode, found.st_rdev)
            os.chmod(made / name, found.st_mode)
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "fd/0")):
        (made / name).symlink_to(target)
    _step("mount", "--move", str(made), "/dev")


def prepare_network(boot: Boot) -> None:
    """`lo`, `eth0`, which the keeper has put into this namespace, and a bridge for guests."""
    _step("ip", "link", "set", "lo", "up")
    _step("ip", "link", "set", "eth0", "addrgenmode", "none", "up")
    _step("ip", "addr", "add", f"{boot.address}/24", "dev", "eth0")
    _step("ip", "route", "add", "default", "via", boot.gateway)
    _step("ip", "link", "add", GUESTS_BRIDGE, "type", "bridge", "stp_state", "0")
    _step("ip", "link", "set", GUESTS_BRIDGE, "addrgenmode", "none", "up")


def _step(*words: str) -> None:
    subprocess.run(words, check=True, timeout=STEP_TIMEOUT_S)  # noqa: S603 - words of our own
