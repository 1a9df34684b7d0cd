"""A test fire: the timer is armed and left alone, and the next boot knows how long it took (W).

The moments that pass are written to a file until the machine is gone. What of the last moment was
not written any more is the longest gap between two of them, and counts as passed.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

from hostdown.agent.ports import BootClock
from hostdown.agent.state import replace
from hostdown.agent.watch_ports import Timer
from hostdown.domain.watchdog_errors import WatchdogUnfit

FIRE_FILE = "watchdog-fire.json"
OVERDUE_FACTOR = 3
"""After so many times its time-out, and OVERDUE_S, a timer that has not fired does not fire."""
OVERDUE_S = 30.0
"""Added to that, for timers that are set to little."""
EARLY_SHARE = 0.8
"""Of its time-out: who went down before that did so for another reason."""
_VERSION = 1


class Fire(NamedTuple):
    """One test: on which machine, in which boot, with what; how long it lived on, in seconds."""

    machine: str
    boot_id: str
    device: str
    timeout_s: int
    lasted_s: float = 0.0
    gap_s: float = 0.0


class FireFile:
    """In an agent's state directory."""

    def __init__(self, state: Path) -> None:
        self.path = state / FIRE_FILE

    def load(self) -> Fire | None:
        """None where there was no test, or one that was broken off."""
        try:
            fields = orjson.loads(self.path.read_bytes())
            return Fire(**fields) if fields.pop("version") == _VERSION else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, fire: Fire) -> None:
        """Durable; raises OSError."""
        replace(self.path, orjson.dumps({"version": _VERSION, **fire._asdict()}) + b"\n")

    def drop(self) -> None:
        """What it says is worth nothing; raises OSError."""
        self.path.unlink(missing_ok=True)


def fire(
    timer: Timer, file: FireFile, planned: Fire, clock: BootClock, goes_on: Callable[[], bool]
) -> None:
    """Arm it, pet once, wait for the end. Comes back only if `goes_on` says so.

    Raises WatchdogUnfit, also where the machine is still there long after it should be gone.
    """
    timer.check()
    file.save(planned)
    lasted_s = gap_s = 0.0
    try:
        timer.open()
        since_s = clock.boottime()
        timer.pet()
        while goes_on():
            now_s = clock.boottime() - since_s
            lasted_s, gap_s = now_s, max(gap_s, now_s - lasted_s)
            if lasted_s > OVERDUE_FACTOR * planned.timeout_s + OVERDUE_S:
                reason = f"it was armed, and has not reset the machine in {lasted_s:.0f} s"
                raise WatchdogUnfit(device=planned.device, reason=reason)
            file.save(planned._replace(lasted_s=lasted_s, gap_s=gap_s))
    finally:
        file.drop()


def measured(found: Fire | None, wanted: Fire) -> float:
    """W in seconds, never less than the time-out; `wanted` is a test in this boot.

    Raises WatchdogUnfit where nothing was measured that holds for it.
    """
    if found is None:
        raise _unmeasured(wanted, "nobody has seen it reset this machine yet")
    if found._replace(boot_id="", lasted_s=0, gap_s=0) != wanted._replace(boot_id=""):
        what = f"{found.device} with a time-out of {found.timeout_s} s, or another machine,"
        raise _unmeasured(wanted, f"the test fire was of {what} not of this one")
    if found.boot_id == wanted.boot_id:
        raise _unmeasured(wanted, "its test fire has not reset this machine")
    if found.lasted_s < EARLY_SHARE * found.timeout_s:
        what = f"the machine went down {found.lasted_s:.1f} s into its test fire, which is too soon"
        raise _unmeasured(wanted, f"{what} to be the timer's doing")
    took_s = max(found.lasted_s + found.gap_s, float(found.timeout_s))
    return math.ceil(took_s * 10) / 10


def _unmeasured(wanted: Fire, reason: str) -> WatchdogUnfit:
    then = "'hostdown watchdog fire' resets this machine to measure it"
    return WatchdogUnfit(device=wanted.device, reason=f"{reason}; {then}")
