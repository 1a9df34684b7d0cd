"""The watchdog of a virtual host: stands for the hardware timer of a real one, in the lab only.

Pid 1 holds it. A datagram `arm SECONDS` to its socket arms it, `pet` holds it off for so long
again. Nothing disarms it or changes the time before the next boot, and that whoever petted it ends
or closes the socket means nothing: a hardware timer with `nowayout` (NEVER-TWICE F6). Whoever sends
from a socket with an address is answered `armed SECONDS`, or `refused: ` and the reason.
"""

import contextlib
import math
import socket
from pathlib import Path

TIMEOUT_S_MIN = 0.1
"""The shortest time that a watchdog can be armed with."""
TIMEOUT_S_MAX = 600.0
"""The longest time that a watchdog can be armed with."""
MESSAGE_BYTES_MAX = 64
"""Of a datagram to the watchdog."""


class Timer:
    """Fires at `due_at`, a monotonic time; never, before it is armed."""

    def __init__(self) -> None:
        self.timeout_s: float | None = None
        self.due_at = math.inf

    def told(self, message: str, now_s: float) -> str:
        """What is answered to a message."""
        match message.split():
            case ["arm", text]:
                return self._arm(text, now_s)
            case ["pet"] if self.timeout_s is not None:
                self.due_at = now_s + self.timeout_s
                return f"armed {self.timeout_s:g}"
            case ["pet"]:
                return "refused: it is not armed"
            case _:
                return "refused: say 'arm SECONDS' or 'pet'"

    def _arm(self, text: str, now_s: float) -> str:
        try:
            timeout_s = float(text)
        except ValueError:
            timeout_s = math.nan
        if not TIMEOUT_S_MIN <= timeout_s <= TIMEOUT_S_MAX:
            return f"refused: from {TIMEOUT_S_MIN:g} to {TIMEOUT_S_MAX:g} seconds"
        if self.timeout_s not in (None, timeout_s):
            return f"refused: it is armed with {self.timeout_s:g} seconds until the next boot"
        self.timeout_s = timeout_s
        self.due_at = now_s + timeout_s
        return f"armed {timeout_s:g}"


def listen(path: Path) -> socket.socket:
    """The watchdog's socket, for root only."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    made.setblocking(False)
    made.bind(str(path))
    path.chmod(0o600)
    return made


def serve(listening: socket.socket, timer: Timer, now_s: float) -> None:
    """Take one message, if there is one."""
    with contextlib.suppress(BlockingIOError):
        message, sender = listening.recvfrom(MESSAGE_BYTES_MAX)
        answer = timer.told(message.decode(errors="replace"), now_s)
        if sender:
            # One who does not read gets no answer; the timer must not wait for anybody.
            with contextlib.suppress(OSError):
                listening.sendto(answer.encode(), sender)
