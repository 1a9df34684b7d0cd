"""Scenarios as text: an incident a line, and beneath it the timeline that comes of it.

The words of a line name a method of `Actions` or `Conditions`; what they mean, README.md says.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.scenarios import fencing_words, watchdog_words
from tests.scenarios.actions import Actions
from tests.scenarios.conditions import Conditions
from tests.scenarios.servers import Store
from tests.scenarios.sim import Sim
from tests.scenarios.world import Broken

from hostdown.agent.site import Step
from hostdown.domain.errors import HostdownError
from hostdown.domain.ha import Resume
from hostdown.domain.pools import PoolClass
from hostdown.services.releases import Covers, Silent

WITHIN_S = 90.0
"""How long a scenario waits for what must come, unless it says otherwise."""

SLOWER = 7.0
"""A step of a seed's world takes about so many times as long as one of the calm world (`HURRIES`):
`within` is said of the calm one."""

PAUSE_MAX_S = 3.0
"""Before each line a seed lets up to so much time pass."""

RULE = "---"


@dataclass
class Race:
    """One file. `each` are the steps for which it is done one after the other."""

    path: Path
    title: str
    lines: list[str]
    each: list[str]
    timeline: list[str]

    @property
    def is_long(self) -> bool:
        """`long`: it takes seconds of the processor, and only `make long` plays it."""
        return "long" in self.lines


def parse(path: Path) -> Race:
    """What the file says."""
    head, _, timeline = path.read_text().partition(f"\n{RULE}\n")
    title, *rest = head.splitlines()
    lines = [line.split("#")[0].strip() for line in rest]
    each = [word for line in lines if line.startswith("each ") for word in line.split()[1:]]
    told = [line for line in lines if line and not line.startswith("each ")]
    return Race(path, title, told, each, timeline.splitlines())


def rewrite(race: Race, timeline: list[str]) -> None:
    """Put another timeline beneath it."""
    head, _, _ = race.path.read_text().partition(f"\n{RULE}\n")
    race.path.write_text(f"{head.rstrip()}\n\n{RULE}\n" + "\n".join(timeline) + "\n")


class Play:
    """One run of a scenario. `seed` None: the calm one, whose timeline stands in the file."""

    def __init__(self, race: Race, store: Store, seed: int | None, step: str = "") -> None:
        self._lines = [line.replace("$STEP", step) for line in race.lines]
        kind = next((line.split()[1] for line in self._lines if line.startswith("pool ")), "locks")
        self.sim = Sim(store, seed, PoolClass(kind))
        self._count = 1
        self._is_cut_short = False

    def run(self) -> None:
        """Raises Broken, with the timeline so far in its notes."""
        line = "the beginning"
        try:
            with self.sim:
                self._actions = Actions(self.sim)
                self._conditions = Conditions(self.sim)
                for line in self._lines:
                    self._do(line)
                line = "the end"
                if not self._is_cut_short:
                    self.sim.heal()
                    self.sim.rest()
        except Exception as error:
            error.add_note(f"at: {line}\n" + "\n".join(self.sim.timeline.lines))
            raise

    def _do(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        verb = verb.removesuffix(":")
        known: dict[str, Callable[[str], object]] = {
            "pool": lambda _: None,
            "long": lambda _: None,
            "silent": self._silent,
            "words": self._words,
            "guests": self._resume,
            "recovery": self._recovery,
            "servers": self._servers,
            "watchdogs": self._watchdogs,
            "unmasked": lambda rest: self.sim.may_sleep.update(rest.split()),
            "hosts": lambda rest: self.sim.build(rest.split(), self._count),
            "crowd": self._crowd,
            "armed": self._armed,
            "zone": self._zone,
            "domain": self._domain,
            "calmly": lambda rest: self._do(rest) if self.sim.world.calm else None,
            "at": self._trap,
            "sever": self._trap_cut,
            "wait": lambda rest: self.sim.world.run(float(rest)),
            "until": self._until,
            "expect": self._expect,
            "never": self._never,
            "refused": self._refused,
            "stays": self._cut_short,
        }
        if verb in known:
            known[verb](rest)
        else:
            self._pause()
            self._act(line)

    def _cut_short(self, _: str) -> None:
        """`stays: reason`: it cannot come to rest, for a reason that the line names."""
        self._is_cut_short = True

    def _silent(self, rest: str) -> None:
        self.sim.policy = self.sim.policy._replace(silent=Silent(rest))

    def _words(self, rest: str) -> None:
        """`words cover locks`."""
        self.sim.policy = self.sim.policy._replace(covers=Covers(rest.split()[-1]))

    def _resume(self, _: str) -> None:
        """`guests resume` when their host boots, as far as they may."""
        self.sim.policy = self.sim.policy._replace(resume=Resume(True))

    def _recovery(self, rest: str) -> None:
        """`recovery on`, or `recovery on, pulses each 1`."""
        _, _, interval = rest.partition("pulses each ")
        self.sim.recover(timedelta(seconds=float(interval or 0.1)))

    def _watchdogs(self, rest: str) -> None:
        """`watchdogs on`, or `watchdogs C 7 W 2`: of the hosts that are built after it."""
        fencing_words.watch_of(self.sim).watchdogs = watchdog_words.times(rest)

    def _crowd(self, rest: str) -> None:
        """`crowd c1..c200`: light hosts, each with a BMC."""
        watch = fencing_words.watch_of(self.sim)
        for host in watch.crowd.add(fencing_words.spread(rest.split())):
            watch.wire(host)
        self.sim.world.run(3.0)

    def _armed(self, rest: str) -> None:
        """`armed c1..c40`, or `armed on two pools: c1..c40`: of the crowd."""
        names = fencing_words.spread(rest.removeprefix("on two pools: ").split())
        pools = 2 if rest.startswith("on two pools: ") else 1
        fencing_words.watch_of(self.sim).arm(names, pools)
        self.sim.world.run(1.0)

    def _zone(self, rest: str) -> None:
        """`zone rack1 a c1..c40`."""
        zone, *hosts = fencing_words.spread(rest.split())
        fencing_words.watch_of(self.sim).put_in_zone(zone, hosts)

    def _domain(self, rest: str) -> None:
        """`domain rack1 a c1..c40`: by the hosts' own labels."""
        domain, *hosts = fencing_words.spread(rest.split())
        fencing_words.watch_of(self.sim).label(domain, hosts)

    def _servers(self, rest: str) -> None:
        self._count = int(rest)

    def _until(self, rest: str) -> None:
        words, _, said = rest.partition(" within ")
        slower = 1.0 if self.sim.world.calm else SLOWER
        within = float(said) * slower if said else WITHIN_S
        self.sim.until(words, self._conditions.of(words), within)

    def _never(self, rest: str) -> None:
        self.sim.checks.never.append((rest, self._conditions.of(rest)))

    def _pause(self) -> None:
        world = self.sim.world
        world.run(0.0 if world.calm else world.random.random() * PAUSE_MAX_S)

    def _act(self, line: str) -> None:
        self.sim.timeline.say(f"> {line}")
        self._actions.do(line)
        self.sim.checks.wrote()

    def _trap(self, rest: str) -> None:
        """`at HOST STEP: action` is done right before that step, once."""
        if fencing_words.trap(self.sim, rest, self._spring):
            return
        found = re.fullmatch(r"(\S+) (\w+): (.+)", rest)
        if found is None:
            raise ValueError(f"not understood: at {rest}")
        host, step, action = found.groups()
        self.sim.hosts[host].traps.append((Step[step], lambda: self._sprung(host, step, action)))

    def _trap_cut(self, rest: str) -> None:
        """`sever HOST:STEP`: that host is cut off when a is about to do that step."""
        host, _, step = rest.partition(":")
        self._trap(f"a {step}: cut off {host}")

    def _sprung(self, host: str, step: str, action: str) -> None:
        then = re.fullmatch(r"trap the next (\w+) of (\S+): (.+)", action)
        if then is not None:
            self._trap(f"{then[2]} {then[1]}: {then[3]}")
            return
        self.sim.timeline.say(f"> {host} is about to do {step}: {action}")
        self._spring(action)

    def _spring(self, action: str) -> None:
        self.sim.checks.wrote()
        self._actions.do(action)

    def _expect(self, words: str) -> None:
        self.sim.checks.turn()
        if not self._conditions.of(words)():
            raise Broken(f"not so: {words}")

    def _refused(self, line: str) -> None:
        self._pause()
        try:
            self._actions.do(line)
        except HostdownError as error:
            self.sim.timeline.say(f"> {line}: refused: {error}")
        else:
            raise Broken(f"not refused: {line}")


def cases(directory: Path) -> Iterator[tuple[Race, str]]:
    """Each race, and each of its steps."""
    for path in sorted(directory.glob("*.txt")):
        race = parse(path)
        for step in race.each or [""]:
            yield race, step
