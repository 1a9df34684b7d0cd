"""Random histories of two hosts that lose, double and delay words, and boot: what always holds."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from tests.servers.scene import Scene
from tests.stores import fast_directory, sqlite_settings

from hostdown.domain.assignment import Assignment, Failure, Outcome, PowerState, Wanted
from hostdown.domain.errors import HostdownError
from hostdown.domain.instance import VmState
from hostdown.domain.server_actions import ACTIONS
from hostdown.services import server_changes
from hostdown.storage import open_storage

HOSTS = ("a", "b")
STEPS = 120
DOES = {
    Wanted.RUNNING: PowerState.RUNNING,
    Wanted.STOPPED: PowerState.SHUTDOWN,
    Wanted.PAUSED: PowerState.PAUSED,
    Wanted.SUSPENDED: PowerState.SUSPENDED,
    Wanted.GONE: PowerState.NOSTATE,
}


class Agent:
    """Keeps its notes as a real one does: what it was told, and the order that it has done."""

    def __init__(self, scene: Scene, name: str, chance: random.Random) -> None:
        self.scene, self.name, self.chance = scene, name, chance
        self.known = 0
        self.done: dict[str, tuple[int, int]] = {}
        """By uuid: generation and order."""
        self.untold: dict[str, Outcome] = {}
        self.old: list[Outcome] = []

    def boot(self) -> None:
        self.scene.boot(self.name)
        self.known = 0

    def fetch(self) -> None:
        served = self.scene.fetch(self.name, self.known)
        if served.instances is None:
            return
        if self.chance.random() < 0.8:  # else the answer is lost
            self.known = served.version
            for each in served.instances:
                assert each.boot == self.scene.record(self.name).boot
                self.obey(each)

    def obey(self, told: Assignment) -> None:
        generation, order = self.done.get(told.uuid, (0, 0))
        assert told.generation >= generation
        if told.order <= order:
            return
        self.done[told.uuid] = (told.generation, told.order)
        gone = told.wanted is Wanted.GONE
        failure = None
        if self.chance.random() < 0.1:
            failure, gone = Failure("no", "No."), False
        state = DOES[told.wanted]
        said = Outcome(told.uuid, told.generation, told.order, state, True, gone, failure)
        self.untold[told.uuid] = said
        self.old.append(said)

    def tell(self) -> None:
        said = list(self.untold.values())
        if self.old and self.chance.random() < 0.5:
            said.append(self.chance.choice(self.old))  # late, or again
        self.chance.shuffle(said)
        self.scene.tell(self.name, *said)
        if self.chance.random() < 0.7:  # else the answer is lost, and all is told again
            self.untold.clear()


class History:
    """What happens, and what held before."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene = scene
        self.chance = random.Random(seed)
        for name in HOSTS:
            scene.host(name)
        self.agents = [Agent(scene, name, self.chance) for name in HOSTS]
        self.uuids: list[str] = []
        self.deleted: set[str] = set()
        self.generations: dict[str, int] = {}
        self.orders: dict[str, int] = {}

    def step(self) -> None:
        kind = self.chance.choice(["fetch"] * 4 + ["tell"] * 4 + ["act"] * 4 + ["rare"])
        agent = self.chance.choice(self.agents)
        if kind == "fetch":
            agent.fetch()
        elif kind == "tell":
            agent.tell()
        else:
            with suppress(HostdownError):  # a refusal
                self.ask() if kind == "act" else self.rare(agent)
        self.check()

    def ask(self) -> None:
        if len(self.uuids) < 4:
            self.uuids += [each.uuid for each in self.scene.create()]
            return
        uuid = self.chance.choice(self.uuids)
        if self.chance.random() < 0.15:
            self.scene.delete(uuid)
        else:
            self.scene.act(uuid, self.chance.choice(ACTIONS))

    def rare(self, agent: Agent) -> None:
        kind = self.chance.choice(["boot", "down", "up", "reset", "forget"])
        if kind == "boot":
            agent.boot()
        elif kind in ("down", "up"):
            self.scene.force(agent.name, kind == "down")
        elif kind == "forget":
            agent.untold.clear()  # its notes are lost with their outcomes
            agent.done.clear()
            agent.known = 0
        elif self.uuids:
            state = self.chance.choice([VmState.ACTIVE, VmState.ERROR])
            uuid = self.chance.choice(self.uuids)
            asker = self.scene.asker(admin=True)
            server_changes.reset_state(self.scene.cell, uuid, state, asker)

    def check(self) -> None:
        for uuid in self.uuids:
            permits, seen = self.scene.permits(uuid), self.scene.get(uuid)
            assert len([each for each in permits if each.ended is None]) <= 1
            assert all(each.ended is not None for each in permits[:-1])
            newest = permits[-1].generation if permits else 0
            assert newest >= self.generations.get(uuid, 0)
            assert seen.order >= self.orders.get(uuid, 0)
            assert seen.deleted or uuid not in self.deleted
            if seen.deleted:
                self.deleted.add(uuid)
                assert (seen.wanted, seen.vm_state) == ("gone", "deleted")
            self.generations[uuid], self.orders[uuid] = newest, seen.order

    def calm(self) -> None:
        """Nothing more is lost: everything asked for comes about, or is told as failed."""
        self.chance = random.Random(1)
        for agent in self.agents:
            self.scene.force(agent.name, down=False)
            agent.chance = Sure()
            agent.boot()
            agent.fetch()
            agent.tell()
        for uuid in self.uuids:
            if not self.scene.get(uuid).deleted:
                self.scene.delete(uuid, admin=True)
        for _ in range(2):
            for agent in self.agents:
                agent.fetch()
                agent.tell()


class Sure(random.Random):
    """Nothing goes wrong."""

    def random(self) -> float:
        return 0.6


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_lost_nothing_is_let_run_twice_and_everything_ends(seed: int) -> None:
    with fast_directory() as directory:
        storage = open_storage(sqlite_settings(Path(directory)))
        history = History(Scene(storage), seed)
        for _ in range(STEPS):
            history.step()
        history.calm()
        history.check()
        for uuid in history.uuids:
            assert history.scene.get(uuid).deleted
            assert history.scene.open(uuid) == []
            assert [each for each in history.scene.told(uuid) if each[1] is None] == []
        assert all(history.scene.assigned(name) == () for name in HOSTS)
        storage.close()
