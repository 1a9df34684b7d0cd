"""In section [agent]: the hardware timer that resets a host which nobody reaches (NEVER-TWICE F6).

Beside the other options of agents, because that is who reads them.
"""

from collections.abc import Mapping
from pathlib import Path

from oslo_config import types

from hostdown.config.option import Option, count, number, text
from hostdown.config.settings import WatchdogOptions

SECTION = "agent"

WATCHDOG: tuple[Option, ...] = (
    Option(
        SECTION,
        "watchdog",
        text(),
        None,
        "The hardware timer, /dev/watchdog1, say, that resets this host once it reaches neither "
        "the server nor its pool, so that its silence becomes a proof. 'hostdown watchdog "
        "fire' measures it first. What is changed here counts from the next boot.",
        "none: nothing resets this host",
    ),
    Option(
        SECTION,
        "watchdog_timeout",
        count(1, 600),
        2,
        "Seconds that the timer is set to. How long it really takes is measured.",
    ),
    Option(
        SECTION,
        "self_fence_after",
        number(1, 60),
        2.0,
        "Seconds for which server and pool may be out of reach together before the timer is left "
        "alone. A shorter outage resets nobody, one that lasts longer than this and the timer "
        "resets every host that it meets.",
    ),
    Option(
        SECTION,
        "watchdog_without_pools",
        types.Boolean(),
        False,
        "Arm the timer also where no pool is shared with other hosts. Then each outage of the "
        "management network that is longer resets this host.",
    ),
)


def watchdog_options(values: Mapping[tuple[str, str], object]) -> WatchdogOptions:
    """From what oslo.config's types have made of the texts."""
    device, timeout_s, fence_after_s, without = (values[SECTION, each.name] for each in WATCHDOG)
    return WatchdogOptions(
        device=Path(str(device)) if device else None,
        timeout_s=int(str(timeout_s)),
        self_fence_after_s=float(str(fence_after_s)),
        without_pools=bool(without),
    )
