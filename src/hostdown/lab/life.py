"""Bring a lab up, and down without a trace: each can be cut off at any moment and done again.

The plan is durable before the first thing is made, and what is there already is left as it is.
"""

import contextlib
import fcntl
import os
import select
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib import request

from hostdown.drivers.system_clock import SystemClock
from hostdown.lab import files, leftovers, network
from hostdown.lab.control import KeeperAway, ask
from hostdown.lab.errors import LabError
from hostdown.lab.plan import Plan, load, names, save
from hostdown.lab.programs import environment
from hostdown.lab.removal import mounts_below, remove

UP_TIMEOUT_S = 90.0
"""What a lab may take until its server answers and all hosts are enrolled."""
STOP_TIMEOUT_S = 40.0
"""What the keeper may take to end everything before it is killed."""
LOOK_S = 0.05
"""How often a command looks whether something has happened."""
BOOTS_AT_ONCE_MAX = 8
"""Hosts that are switched on at a time."""

Tell = Callable[[str], None]
_OURS = {
    *("lab.json", "lab.json.new", "etc-hosts", "resolv.conf", "hosts", "pool", "locks", "server"),
    *("enrolment-secret", "bmc-password", "bmc.pem", "bmc.crt", "bmc.key", "fencing.yaml"),
    *("keeper.sock", "keeper.log"),
}
"""What `down` removes of the state directory: not what QEMU can do here, nor the lock it holds,
and nothing that somebody else put there."""


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """One command at a time changes a lab; raises LabError if another one is at work."""
    for top in ("/run", "/dev", "/proc", "/sys"):
        if directory.is_relative_to(top):
            raise LabError(f"A lab's state cannot be under {top}: each host has one of its own.")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"Another command is changing the lab in {directory}.") from None
        yield


def up(directory: Path, make: Callable[[str], Plan], subnet: str | None, tell: Tell) -> Plan:
    """Make the lab, or what is missing of it; `make` plans one in a subnet. Raises LabError."""
    plan, is_kept = _planned(directory, make, subnet)
    tell(f"network {plan.subnet} on bridge {names(directory).bridge}")
    files.prepare_shared(plan)
    if plan.own_server:
        files.secret(Path(plan.secret_file))
    for host in plan.hosts:
        files.prepare(plan, host)
    begun = SystemClock().monotonic()
    if not is_kept:
        _start_keeper(plan)
    if plan.own_server:
        ask(plan.directory, "serve")
    _measure(plan, tell)
    _power(plan, tell)
    if plan.own_server:
        what = f"the server at {plan.server_url} answers"
        _until(what, plan.directory / "server" / "log", lambda: _answers(plan.server_url))
        tell(f"server {plan.server_url} answers")
    for host in plan.hosts:
        what = f"{host.name} is up and enrolled"
        _until(what, files.console_of(plan, host), partial(_there, plan, host.name))
        tell(f"{host.name} is up at {host.address}")
    tell(f"up after {SystemClock().monotonic() - begun:.1f} s")
    return plan


def down(directory: Path) -> None:
    """End and remove everything; does nothing where there is nothing. Raises LabError."""
    if not directory.exists():
        return
    with held(directory):
        running = list(leftovers.processes(directory))
        with contextlib.suppress(LabError):
            ask(directory, "stop")
            clock = SystemClock()
            give_up = clock.monotonic() + STOP_TIMEOUT_S
            for each in running:
                select.select([each], [], [], max(0.0, give_up - clock.monotonic()))
        for each in running:
            os.close(each)
        leftovers.end(directory)
        foreign = mounts_below(directory)
        for entry in directory.iterdir():
            if entry.name in _OURS:
                remove(entry, foreign)
    if foreign:
        raise LabError(
            "The lab is down, but for what somebody mounted in its directory: "
            f"{', '.join(map(str, foreign))}. Unmount it "
            f"('umount {shlex.quote(str(foreign[0]))}'), then run "
            "'hostdown lab down' once more."
        )


def _planned(directory: Path, make: Callable[[str], Plan], subnet: str | None) -> tuple[Plan, bool]:
    """The plan, whose network is there, and whether a keeper runs.

    The network is made once: a kill that comes later finds it whole.
    """
    plan = load(directory)
    is_kept = plan is not None and _is_kept(directory)
    with network.subnets_held():
        if not is_kept:
            # What runs without a keeper is left of a lab that was cut off; the network may be, too.
            leftovers.end(directory)
        if plan is None:
            plan = make(subnet or network.free_subnet())
            save(plan)
        network.make(plan, names(directory))
    return plan, is_kept


def _is_kept(directory: Path) -> bool:
    """Whether the lab's keeper answers."""
    with contextlib.suppress(KeeperAway):
        ask(directory, "status")
        return True
    return False


def _start_keeper(plan: Plan) -> None:
    """Returns once it answers."""
    kept = plan.directory / "keeper.log"
    with kept.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "hostdown.lab.keeper", str(plan.directory)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            cwd="/",
            start_new_session=True,
        )
    _until("the keeper of the lab answers", kept, lambda: _listens(plan, process))


def _listens(plan: Plan, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        said = (plan.directory / "keeper.log").read_text()[-1000:]
        raise LabError(f"The keeper of the lab ended at once; it said:\n{said}")
    return _is_kept(plan.directory)


def _measure(plan: Plan, tell: Tell) -> None:
    """Let watchdogs reset hosts that have never seen it: it is known then how long that takes."""
    left = [host for host in plan.hosts if not files.is_measured(plan, host)]
    if not left:
        return
    tell("watchdogs reset their hosts, to measure how long that takes")
    for host in left:
        ask(plan.directory, "power-on", host=host.name)
    for host in left:
        what = f"the watchdog of {host.name} resets it"
        _until(what, files.console_of(plan, host), partial(_is_off, plan, host.name))
        if not files.is_measured(plan, host):
            raise LabError(f"{host.name} went off, and not by its watchdog.")


def _is_off(plan: Plan, name: str) -> bool:
    return not _status(plan)[name]["on"]


def _power(plan: Plan, tell: Tell) -> None:
    """Switch all on; where nobody has asked QEMU yet what it can do, one host does so for all."""
    left = [host.name for host in plan.hosts]
    if not list((plan.directory / "cache" / "qemu").rglob("*.xml")):
        first, *left = left
        tell("libvirt asks QEMU what it can do, once")
        ask(plan.directory, "power-on", host=first)
        log, what = files.console_of(plan, plan.hosts[0]), f"libvirt of {first} answers"
        _until(what, log, lambda: bool(_status(plan)[first]["ready"]))
    with ThreadPoolExecutor(BOOTS_AT_ONCE_MAX) as pool:
        list(pool.map(lambda name: ask(plan.directory, "power-on", host=name), left))


def _there(plan: Plan, name: str) -> bool:
    found = _status(plan)[name]
    return bool(found["ready"] and found["enrolled"])


def _status(plan: Plan) -> Mapping[str, Any]:
    return ask(plan.directory, "status")


def _answers(url: str) -> bool:
    opener = request.build_opener(request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(f"{url}/healthz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def _until(what: str, logs: Path, holds: Callable[[], bool]) -> None:
    clock = SystemClock()
    give_up = clock.monotonic() + UP_TIMEOUT_S
    pause = threading.Event()
    while not holds():
        if clock.monotonic() > give_up:
            raise LabError(f"Waited {UP_TIMEOUT_S:g} s in vain until {what}; {logs} may say why.")
        pause.wait(LOOK_S)
