"""The words of scenarios in which hosts are fenced and recovered: actions and conditions."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.scenarios.devices import Powered
from tests.scenarios.hosts import SimHost
from tests.scenarios.servers import SimServer
from tests.scenarios.traps import Moment
from tests.scenarios.watch import Watch

from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services.leadership import CONTROLLER

if TYPE_CHECKING:
    from tests.scenarios.sim import Sim

Words = list[str]


def watch_of(sim: "Sim") -> Watch:
    assert sim.watch is not None, "recovery on"
    return sim.watch


def leader(sim: "Sim") -> SimServer:
    """Who leads, or led last."""
    led = sim.store.storage.cells.all()[0].read(lambda rows: rows.leaders.get(CONTROLLER))
    return next(each for each in sim.servers if led is not None and each.name == led.holder)


def hosts_in(sim: "Sim", words: Words) -> list:
    """`a b`, `c1..c40` or both."""
    everybody = watch_of(sim).everybody()
    return [everybody[name] for name in spread(words)]


def spread(words: Words) -> Words:
    """`c1..c3` is c1 c2 c3."""
    found = []
    for word in words:
        many = re.fullmatch(r"([a-z]+)(\d+)\.\.[a-z]+(\d+)", word)
        if many is None:
            found.append(word)
        else:
            numbers = range(int(many[2]), int(many[3]) + 1)
            found += [f"{many[1]}{number}" for number in numbers]
    return found


def actions(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    """What befalls devices, many hosts, and who leads."""
    return {**_of_devices(sim), **_of_many(sim), **_of_leaders(sim)}


def _of_devices(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    def fault(words: Words) -> None:
        for name in spread(words[:-1]):
            watch_of(sim).bmcs[name].fault = FakeFault(words[-1])

    def slow(words: Words) -> None:
        watch_of(sim).bmcs[words[0]].answers_after_s = float(words[1])

    def slow_off(words: Words) -> None:
        watch_of(sim).switches[words[0]].slow_s = float(words[1])

    def hibernate(words: Words, is_asleep: bool) -> None:
        host = sim.hosts[words[0]]
        watch_of(sim).switches[words[0]].reads_off = is_asleep
        host.freeze() if is_asleep else host.thaw()

    def doubt(_: Words) -> None:
        sim.checks.proofs_may_be_wrong = True

    def forget(words: Words) -> None:
        del watch_of(sim).paths.levels[words[0]]

    return {
        "an outlet of two sticks of": lambda w: watch_of(sim).wire_outlets(w[0]),
        "BMCs:": fault,
        "BMC:": fault,
        "the BMC is slow:": slow,
        "going off is slow:": slow_off,
        "the BMC is of another machine:": lambda w: watch_of(sim).wire_wrong(w[0]),
        "nothing is known to fence": forget,
        "devices may lie": doubt,
        "hibernate": lambda w: hibernate(w, True),
        "wake": lambda w: hibernate(w, False),
    }


def _of_many(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    def each(act: Callable) -> Callable[[Words], object]:
        """Of all that the words name."""
        return lambda words: [act(host) for host in hosts_in(sim, words)]

    def reboot(host: Powered) -> None:
        host.lose_power()
        host.power_on()

    def farewell(host: SimHost) -> None:
        """As it is told to end: it says so, and its guests stay."""
        watch_of(sim).air.say_farewell(host)
        host.kill_agent()

    return {
        "the switch fails of": each(lambda host: host.link.cut(True)),
        "the switch works of": each(lambda host: host.link.cut(False)),
        "pulses are lost of": each(lambda host: host.link.lose_pulses(True)),
        "pulses arrive of": each(lambda host: host.link.lose_pulses(False)),
        "the power fails of": each(lambda host: host.lose_power()),
        "power on": each(lambda host: host.power_on()),
        "reboot": each(reboot),
        "farewell of": each(farewell),
    }


def _of_leaders(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    def server(words: Words) -> SimServer:
        return next(each for each in sim.servers if each.name == f"server {words[0]}")

    def isolate(words: Words, is_isolated: bool) -> None:
        server(words).is_isolated = is_isolated

    def jump(words: Words) -> None:
        server(words).clock.ahead += timedelta(seconds=float(words[1]))

    return {
        "kill the leader": lambda _: sim.world.kill(leader(sim).group),
        "stop the leader": lambda _: sim.world.stop(leader(sim).group),
        "isolate the leader": lambda _: setattr(leader(sim), "is_isolated", True),
        "isolate server": lambda w: isolate(w, True),
        "rejoin server": lambda w: isolate(w, False),
        "the clock jumps of server": jump,
    }


def conditions(sim: "Sim") -> dict[str, Callable[..., bool]]:
    """Of recoveries."""

    def stages(which: str) -> list[str]:
        watch = watch_of(sim)
        return [watch.checks.stage_of(host) for host in spread([which])]

    def sent(host: str) -> int:
        return sum(each == host for _, each in watch_of(sim).sent)

    def is_stage(host: str, stage: str) -> bool:
        return set(stages(host)) <= set(stage.split(" or "))

    def fenced() -> set[str]:
        return {host for _, host in watch_of(sim).sent}

    def count(number: str, stage: str) -> bool:
        everybody = watch_of(sim).everybody()
        found = [watch_of(sim).checks.stage_of(host) for host in everybody]
        return sum(each == stage for each in found) == int(number)

    def says(host: str, reason: str) -> bool:
        found = watch_of(sim).checks.newest(host)
        return found is not None and reason in (found.reason or "")

    return {
        "the recovery of <host> is <stage>": is_stage,
        "<n> recoveries are <stage>": count,
        "<host> has <n> recoveries": lambda host, n: (
            len(watch_of(sim).checks.of_host(host)) == int(n)
        ),
        "the recovery of <host> says <reason>": says,
        "<host> is fenced": lambda host: sent(host) > 0 and host in watch_of(sim).went_off,
        "nobody is fenced": lambda: not fenced(),
        "<n> hosts are fenced": lambda n: len(fenced()) == int(n),
        "<host> was sent <n> power-offs": lambda host, n: sent(host) == int(n),
        "a proof covers <host>": lambda host: bool(watch_of(sim).checks.proofs(host)),
        "a proof by <kind> covers <host>": lambda kind, host: (
            kind in [each.kind for each in watch_of(sim).checks.proofs(host)]
        ),
        "<vm> is active away from <host>": lambda vm, host: (
            sim.active_on(vm) and not sim.active_on(vm, host)
        ),
        "<host> is unreachable": lambda host: watch_of(sim).checks.is_silent(host),
    }


def trap(sim: "Sim", rest: str, do: Callable[[str], None]) -> bool:
    """`at the recovery of HOST STEP: action`; whether that is what the line says."""
    found = re.fullmatch(r"the recovery of (\S+) (\S+): (.+)", rest)
    if found is None:
        return False
    host, moment, action = found.groups()

    def spring() -> None:
        sim.timeline.say(f"> the recovery of {host} is about to do {moment}: {action}")
        do(action)

    watch_of(sim).traps.put(host, Moment[moment], spring)
    return True
