"""One virtual host as the keeper has it: its power, its link, what is known of its boot.

Power off is SIGKILL to pid 1 of the host's PID namespace: every process in it dies at once, and the
kernel lets us wait for the last one. The link goes dark before that, because a machine without
power closes no connections.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import NamedTuple

from hostdown.lab import network
from hostdown.lab.errors import LabError
from hostdown.lab.files import ANSWERS, console_of, directory_of, prepare_boot
from hostdown.lab.plan import HostPlan, Names, Plan
from hostdown.lab.programs import PATH, environment

BOOT_TIMEOUT_S = 20.0
"""What a virtual host may take from power-on to its first sign of life."""
OFF_TIMEOUT_S = 10.0
"""What the processes of a virtual host may take to be gone after SIGKILL."""

_UNSHARE = (
    *("--net", "--mount", "--uts", "--ipc", "--pid", "--fork"),
    *("--kill-child", "--mount-proc", "--propagation", "private"),
)


class Condition(NamedTuple):
    """How a host is. `pid` is its pid 1, `agent_pid` its agent, both as this machine counts."""

    on: bool
    ready: bool
    boot: int
    boot_id: str | None
    pid: int | None
    agent_pid: int | None
    enrolled: bool


class Machine:
    """Safe between threads: its power button is pressed by one at a time."""

    def __init__(self, plan: Plan, host: HostPlan, called: Names) -> None:
        self.host = host
        self._plan = plan
        self._called = called
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cord: socket.socket | None = None
        self._pid: int | None = None
        self._pidfd: int | None = None
        self._boots = 0
        self._boot_id: str | None = None
        self._ready = False

    @property
    def on(self) -> bool:
        """Whether it has power; a host whose watchdog fired has none."""
        process = self._process
        return process is not None and process.poll() is None

    def power_on(self) -> None:
        """Boot it, unless it is on; returns once its daemons start. Raises LabError."""
        with self._lock:
            if not self.on:
                self._boot()

    def power_off(self) -> None:
        """Returns once no process of it is left; does nothing to one that is off."""
        with self._lock:
            self._kill()

    def reset(self) -> None:
        """Off and on, and nobody comes between."""
        with self._lock:
            self._kill()
            self._boot()

    def condition(self) -> Condition:
        """As it is now."""
        on, pid = self.on, self._pid
        enrolled = (directory_of(self._plan, self.host) / "agent" / "identity.json").exists()
        return Condition(
            on=on,
            ready=on and self._ready,
            boot=self._boots,
            boot_id=self._boot_id if on else None,
            pid=pid if on else None,
            agent_pid=_agent(pid) if on and pid else None,
            enrolled=enrolled,
        )

    def _boot(self) -> None:
        self._cleared()
        self._boot_id = str(uuid.uuid4())
        self._boots += 1
        self._ready = False
        directory = prepare_boot(self._plan, self.host, self._boot_id)
        self._cord, far_end = socket.socketpair()
        self._cord.settimeout(BOOT_TIMEOUT_S)
        with far_end, console_of(self._plan, self.host).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*_unshare(), sys.executable, "-m", "hostdown.lab.init", str(directory)],
                stdin=far_end.fileno(),
                stdout=log,
                stderr=log,
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
        try:
            self._connect(self._process, self._cord)
        except (OSError, LabError) as error:
            self._kill()
            raise LabError(f"Host '{self.host.name}' does not boot: {error}") from error

    def _connect(self, process: subprocess.Popen[bytes], cord: socket.socket) -> None:
        if cord.recv(16) != b"up\n":
            raise LabError(f"it ended at once; see {console_of(self._plan, self.host)}.")
        self._pid = _children(process.pid)[0]
        self._pidfd = os.pidfd_open(self._pid)
        network.plug(self._called, self.host, self._pid)
        cord.settimeout(None)
        cord.sendall(b"plugged\n")
        threading.Thread(target=self._hear, args=(cord,), daemon=True).start()

    def _hear(self, cord: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while told := cord.recv(64):
                if ANSWERS.encode() in told and cord is self._cord:
                    self._ready = True

    def _kill(self) -> None:
        if self._process is None:
            return
        if self.on:
            network.silence(self._called, self.host)
            with contextlib.suppress(ProcessLookupError):
                if self._pidfd is None:
                    self._process.kill()
                else:
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        try:
            self._process.wait(OFF_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise LabError(f"Processes of host '{self.host.name}' do not die.") from None
        self._cleared()

    def _cleared(self) -> None:
        """What a boot leaves in the keeper and on the bridge."""
        if self._cord is not None:
            with contextlib.suppress(OSError):
                self._cord.shutdown(socket.SHUT_RDWR)
            self._cord.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
        self._process = self._cord = self._pid = self._pidfd = None
        network.unplug(self._called, self.host)


def _unshare() -> list[str]:
    return [shutil.which("unshare", path=PATH) or "unshare", *_UNSHARE]


def _children(pid: int) -> list[int]:
    """Raises OSError if the process is gone."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _agent(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        for child in _children(pid):
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"hostdown" in words and b"agent" in words:
                return child
    return None
