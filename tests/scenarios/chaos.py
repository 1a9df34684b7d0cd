"""Whatever may be asked and whatever may fail, in an order that a seed makes up.

On a pool whose locks work a word may lie; where locks do not work, only what is off is said to be
dead (X1, X3). Databases lose nothing here.
"""

from collections.abc import Iterator

from tests.scenarios.actions import Actions
from tests.scenarios.hosts import SimHost
from tests.scenarios.servers import Policy, Store
from tests.scenarios.sim import Sim
from tests.scenarios.world import Broken

from hostdown.domain.errors import HostdownError
from hostdown.domain.migration import IN_PROGRESS, Status
from hostdown.domain.pools import PoolClass
from hostdown.services.releases import Silent

HOSTS = ("a", "b", "c")
INSTANCES_MAX = 4
STEP_MAX_S = 4.0
"""Between two steps."""

LONG_MAX_S = 70.0
"""As long as some silences last: a host is down by then."""

LONG = 0.04
"""Share of steps after which nothing happens for long."""

ROUNDS_MAX = 30
"""How often an operator looks after what waits for one, at the end."""

OF_SERVERS = ("stop", "start", "delete", "evacuate", "migrate", "resize", "confirm", "revert")
ASKED = (*OF_SERVERS, "create", "create", "force-down", "un-force", "evacuate all")
BEFALLS = (
    "crash",
    "boot",
    "kill agent of",
    "stop agent of",
    "continue agent of",
    "freeze",
    "thaw",
    "cut off",
    "reconnect",
    "cut off from its pool:",
    "reconnect to its pool:",
    "libvirt hangs on",
    "libvirt answers on",
    "guest dies:",
    "the power fails in the next bulletin of",
    "the agent stops in the next bulletin of",
    "answers of commits are lost: 1",
    "kill server",
)


class Chaos:
    """One run."""

    def __init__(self, store: Store, seed: int, kind: PoolClass = PoolClass.LOCKS) -> None:
        self.sim = Sim(store, seed, kind)
        self._lies = kind is PoolClass.LOCKS
        if not self._lies:
            self.sim.policy = Policy(Silent.PROOF)  # silence may lie as well
        self._actions = Actions(self.sim)
        self._number = 0

    def run(self, steps: int) -> None:
        """Raises Broken, with the timeline so far in its notes."""
        try:
            with self.sim:
                self.sim.build(HOSTS, servers=2)
                for line in self._lines(steps):
                    self._do(line)
                self.sim.heal()
                self._operate()
                self.sim.rest()
        except Exception as error:
            error.add_note("\n".join(self.sim.timeline.lines))
            raise

    def _lines(self, steps: int) -> Iterator[str]:
        chance = self.sim.world.random
        for _ in range(steps):
            verb = chance.choice(ASKED if chance.random() < 0.5 else BEFALLS)
            line = self._line(verb)
            if line is not None:
                yield line
            is_long = chance.random() < LONG
            self.sim.world.run(chance.random() * (LONG_MAX_S if is_long else STEP_MAX_S))

    def _line(self, verb: str) -> str | None:
        """What is done; None where the world is not such that it could be."""
        chance, alive = self.sim.world.random, list(self._alive())
        host = self.sim.hosts[chance.choice(HOSTS)]
        if verb in OF_SERVERS:
            return f"{verb} {chance.choice(alive)}" if alive else None
        match verb:
            case "create":
                self._number += 1
                return f"create vm{self._number}" if len(alive) < INSTANCES_MAX else None
            case "guest dies:":
                return self._death(host)
            case "evacuate all":
                return f"evacuate all of {host.name}"
            case "force-down":
                return f"{verb} {host.name}" if self._lies or not host.is_on else None
            case "answers of commits are lost: 1":
                return verb
            case "kill server":
                return verb
            case _:
                return f"{verb} {host.name}" if self._can(verb, host) else None

    def _alive(self) -> Iterator[str]:
        rows = self.sim.checks.rows
        for name, uuid in self.sim.uuids.items():
            if uuid in rows.instances and not rows.instances[uuid].deleted:
                yield name

    def _death(self, host: SimHost) -> str | None:
        guests = host.guests
        there = [] if guests is None or not host.is_on else sorted(guests.running)
        found = [self.sim.timeline.name(uuid) for uuid in there]
        return f"guest dies: {found[0]} {host.name}" if found else None

    def _can(self, verb: str, host: SimHost) -> bool:
        agent = host.agent
        match verb:
            case "crash" | "freeze" | "the power fails in the next bulletin of":
                return host.is_on and not host.is_frozen
            case "boot":
                return not host.is_on
            case "thaw":
                return host.is_frozen
            case "kill agent of" | "stop agent of" | "the agent stops in the next bulletin of":
                return agent is not None and not host.is_frozen
            case "continue agent of":
                return agent is not None and not host.is_frozen
            case "un-force" | _:
                return True

    def _do(self, line: str) -> None:
        sim = self.sim
        if line == "kill server":
            server = sim.world.random.choice(sim.servers[-2:])
            sim.world.kill(server.group)
            sim.add_server(f"server {len(sim.servers) + 1}")
            return
        if line.startswith(("crash", "boot")):
            sim.hosts[line.split()[1]].is_frozen = False
        try:
            self._actions.do(line)
        except HostdownError as error:
            sim.timeline.say(f"> {line}: refused: {error}")
        else:
            sim.timeline.say(f"> {line}")
        sim.checks.wrote()

    # ------------------------------------------------------------------------------- afterwards

    def _operate(self) -> None:
        """What waits for an operator gets one: moves of hosts that are up, hosts that are down."""
        for _ in range(ROUNDS_MAX):
            self.sim.world.run(10.0)
            waiting = self._waiting()
            forced = [host for host, down in self._rows().forced_down.items() if down]
            if not waiting and not forced and not self._finished():
                return
            for name in self._finished():
                self._do(f"confirm {name}")
            for host in waiting:
                self._do(f"force-down {host}")
            for host in sorted(set(forced) - waiting):
                self._do(f"un-force {host}")
        raise Broken("hosts cannot be let up again")

    def _rows(self) -> object:
        return self.sim.checks.rows

    def _finished(self) -> list[str]:
        """Servers that wait for a yes or a no."""
        return [
            self.sim.timeline.name(uuid)
            for uuid, moves in self._rows().moves.items()
            if any(each.status is Status.FINISHED for each in moves)
        ]

    def _waiting(self) -> set[str]:
        """Hosts from which servers are on their way."""
        rows = self._rows()
        return {
            each.source_host
            for moves in rows.moves.values()
            for each in moves
            if each.status in IN_PROGRESS - {Status.FINISHED}
        }
