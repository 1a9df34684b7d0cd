"""The words of scenarios in which hosts have watchdogs: actions and conditions."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.scenarios.petters import RESET_S, SELF_FENCE_AFTER_S, SimWatchdog

from hostdown.domain.watchdog import DRIFT

if TYPE_CHECKING:
    from tests.scenarios.sim import Sim

Words = list[str]


def times(rest: str) -> tuple[float, float]:
    """C and W: `on`, or `C 7 W 2`."""
    found = dict(re.findall(r"([CW]) ([\d.]+)", rest))
    return float(found.get("C", SELF_FENCE_AFTER_S)), float(found.get("W", RESET_S))


def watchdog(sim: "Sim", words: Words) -> SimWatchdog:
    """Of the host that the words begin with."""
    found = sim.hosts[words[0]].watchdog
    assert found is not None, "watchdogs on"
    return found


def actions(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    """What befalls petters and clocks."""

    def crash(words: Words) -> None:
        """`petters crash on a after 0.3`: each run of it, from the next one on."""
        made = watchdog(sim, words)
        made.crashes_after_s = float(words[2])
        made.kill()

    def slow(words: Words) -> None:
        sim.hosts[words[0]].clock.slow = DRIFT

    def jump(words: Words) -> None:
        sim.hosts[words[0]].clock.ahead += timedelta(hours=float(words[1]))

    return {
        "kill petter of": lambda w: watchdog(sim, w).kill(),
        "stop petter of": lambda w: watchdog(sim, w).freeze(),
        "continue petter of": lambda w: watchdog(sim, w).thaw(),
        "petters crash on": crash,
        "the clock is slow on": slow,
        "the wall clock jumps on": jump,
    }


def conditions(sim: "Sim") -> dict[str, Callable[..., bool]]:
    """Of timers."""
    return {
        "the timer of <host> was opened <n> times": lambda host, n: (
            watchdog(sim, [host]).timer.opened == int(n)
        ),
        "<host> is armed": lambda host: watchdog(sim, [host]).is_armed,
    }
