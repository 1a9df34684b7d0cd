"""The words of scenarios in which hosts have watchdogs: actions and conditions."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.scenarios.armed_crowd import POOLS, ArmedHost, Look
from tests.scenarios.fencing_words import spread, watch_of
from tests.scenarios.petters import RESET_S, SELF_FENCE_AFTER_S, SimWatchdog
from tests.scenarios.world import Group
from tests.servers.scene import ADMIN

from hostdown.domain.slots import Said
from hostdown.domain.watchdog import DRIFT
from hostdown.services import recovery_words

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
    """What befalls petters, clocks, and what gives them credits."""

    def lose_database(is_gone: bool) -> None:
        for each in watch_of(sim).heard_in:
            each.is_gone = is_gone

    def release(words: Words) -> None:
        found = watch_of(sim).checks.newest(words[0])
        assert found is not None
        recovery_words.release(sim.store.storage.cells, found.id, ADMIN, sim.world.now())

    def watchdog_alone(words: Words) -> None:
        paths = watch_of(sim).paths
        paths.levels[words[0]] = paths.levels[words[0]][-1:]

    return {
        **_of_petters(sim),
        **_of_crowds(sim),
        "release the recovery of": release,
        "only its watchdog fences": watchdog_alone,
        "the database is gone for the observers": lambda _: lose_database(True),
        "the database is there for the observers": lambda _: lose_database(False),
        "server and storage are gone for": lambda w: _cut_for_a_while(sim, w),
    }


def _of_petters(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    def crash(words: Words) -> None:
        """`petters crash on a after 0.3`: each run of it, from the next one on."""
        made = watchdog(sim, words)
        made.crashes_after_s = float(words[2])
        made.kill()

    def late(words: Words) -> None:
        """`the last pet is late on a by 1.9`, and no other one."""
        watchdog(sim, words).last_pet_late_s = float(words[2])

    def die(words: Words) -> None:
        watchdog(sim, words).dies_in_last_pet = True

    def slow(words: Words) -> None:
        sim.hosts[words[0]].clock.slow = DRIFT

    def jump(words: Words) -> None:
        sim.hosts[words[0]].clock.ahead += timedelta(hours=float(words[1]))

    return {
        "kill petter of": lambda w: watchdog(sim, w).kill(),
        "stop petter of": lambda w: watchdog(sim, w).freeze(),
        "continue petter of": lambda w: watchdog(sim, w).thaw(),
        "petters crash on": crash,
        "the last pet is late on": late,
        "the petter dies in its last pet on": die,
        "the clock is slow on": slow,
        "the wall clock jumps on": jump,
    }


def _cut_for_a_while(sim: "Sim", words: Words) -> None:
    """`server and storage are gone for 6 s: a b c`."""
    hosts = [sim.hosts[name] for name in words[2:]]

    def cut(is_cut: bool) -> None:
        for host in hosts:
            host.link.is_cut = host.path.is_cut = is_cut

    def heal() -> None:
        sim.world.sleep(float(words[0]))
        cut(False)

    cut(True)
    sim.world.spawn(Group("a switch"), "works again", heal)


def _of_crowds(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    """Of light hosts that are armed, and of those that read their slots."""

    def cut(words: Words, pools: Sequence[str], is_cut: bool) -> None:
        for each in _armed(sim, words):
            each.cut_off = each.cut_off | set(pools) if is_cut else each.cut_off - set(pools)

    def look(words: Words, made: Callable[[], Look]) -> None:
        for each in _armed(sim, words):
            each.looks = made()

    return {
        "the storage fails of": lambda w: cut(w, POOLS, True),
        "the storage works of": lambda w: cut(w, POOLS, False),
        "the first pool fails of": lambda w: cut(w, POOLS[:1], True),
        "the second pool fails of": lambda w: cut(w, POOLS[1:], True),
        "reads are stale by": lambda w: look(w, _stale),
        "reads fail by": lambda w: look(w, lambda: lambda *_: Said(failure="It does not answer.")),
        "reads are right by": lambda w: look(w, lambda: lambda _, said: said),
    }


def _armed(sim: "Sim", words: Words) -> list[ArmedHost]:
    crowd = watch_of(sim).armed_crowd.hosts
    return [crowd[name] for name in spread(words)]


def _stale() -> Look:
    """It goes on saying what it read first of each slot."""
    known: dict[tuple[str, str, str], Said] = {}
    return lambda order, said: known.setdefault((order.host_id, order.pool, order.do), said)


def conditions(sim: "Sim") -> dict[str, Callable[..., bool]]:
    """Of timers."""
    return {
        "the timer of <host> was opened <n> times": lambda host, n: (
            watchdog(sim, [host]).timer.opened == int(n)
        ),
        "<host> was reset <n> times": lambda host, n: watch_of(sim).resets[host] == int(n),
        "<host> gets grants": lambda host: not _is_marked(sim, host),
        "<host> is armed": lambda host: watchdog(sim, [host]).is_armed,
    }


def _is_marked(sim: "Sim", host: str) -> bool:
    marks = sim.store.storage.cells.all()[0].read(lambda rows: rows.no_grants.all())
    whose = {each.host_id for each in watch_of(sim).checks.of_host(host)}
    return any(each.host_id in whose for each in marks)
