"""The timer of a virtual host of a lab: datagrams to a socket that the host's pid 1 holds."""

import socket
from pathlib import Path

from hostdown.domain.watchdog_errors import WatchdogUnfit

ANSWER_S = 1.0
"""In so long it answers; one that is slower is not there."""
ANSWER_BYTES_MAX = 256
"""Read of what a timer of a lab answers."""


class LabWatchdog:
    """`agent.watch_ports.Timer`. It is armed once for each boot, with one time-out."""

    def __init__(self, path: Path, timeout_s: int) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def check(self) -> None:
        """See `Timer`."""
        if not self._path.is_socket():
            raise self._unfit("there is no such socket; it is there in hosts of a lab alone")

    def open(self) -> None:
        """See `Timer`."""
        self._say(f"arm {self._timeout_s}")

    def pet(self) -> None:
        """See `Timer`."""
        self._say("pet")

    def _say(self, what: str) -> None:
        """Whoever has no address gets no answer; the kernel gives it one."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(ANSWER_S)
                sock.bind("")
                sock.sendto(what.encode(), str(self._path))
                answer = sock.recv(ANSWER_BYTES_MAX).decode()
        except OSError as error:
            raise self._unfit(f"it does not answer ({error})") from error
        if not answer.startswith("armed"):
            raise self._unfit(answer)

    def _unfit(self, reason: str) -> WatchdogUnfit:
        return WatchdogUnfit(device=self._path, reason=reason)
