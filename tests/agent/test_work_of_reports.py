"""What a host's reports have to do with its instances."""

from collections.abc import Sequence
from datetime import timedelta

import orjson
from tests.agent.house import INTERVAL_S, SECRET, House

from hostdown.agent.host import HostAgent
from hostdown.agent.idle import NoWork
from hostdown.agent.settings import AgentSettings
from hostdown.agent.surroundings import Session, Surroundings
from hostdown.services.cell_ports import CellRows


class Work:
    """`agent.surroundings.Work` that keeps what it hears."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.versions: list[int] = []
        self.hinted: list[int] = []
        self.known: Sequence[Sequence[object]] | None = None

    def began(self, session: Session) -> None:
        self.sessions.append(session)

    def rows(self) -> Sequence[Sequence[object]] | None:
        return self.known

    def answered(self, version: int) -> None:
        self.versions.append(version)

    def hint(self, version: int) -> None:
        self.hinted.append(version)


def test_only_a_report_with_a_complete_inventory_lets_work_begin(house: House) -> None:
    host, work = house.host("compute1"), Work()
    parts = (host.client, host.store, host.machine, host.hypervisor, house.clock)
    around = Surroundings(*parts, work=work)
    settings = AgentSettings("compute1", timedelta(seconds=INTERVAL_S), "0.1", SECRET)
    agent = HostAgent(settings, around)
    for _ in range(3):
        agent.turn()
    identity = host.store.identity
    assert identity is not None
    assert work.sessions == [Session(identity.id, identity.secret, 1, 1, "boot-1")]
    assert (work.versions, work.hinted) == ([], [0])
    assert orjson.loads(host.wire.sent[-1][1])["instances"] is None
    work.known = [("6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1", 1, 2, 4)]
    agent.turn()
    assert len(work.versions) == 1
    said = orjson.loads(host.wire.sent[-1][1])["instances"]
    assert said == [["6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1", 1, 2, 4]]


def test_a_report_is_answered_with_the_version_of_the_assignments(house: House) -> None:
    host, work = house.reporting("compute1"), Work()
    work.known = []
    parts = (host.client, host.store, host.machine, host.hypervisor, house.clock)
    settings = AgentSettings("compute1", timedelta(seconds=INTERVAL_S), "0.1", SECRET)
    house.clock.forward(2 * INTERVAL_S)
    agent = HostAgent(settings, Surroundings(*parts, work=work))
    agent.turn()
    assert host.store.identity is not None
    host_id, cell = host.store.identity.id, house.storage.cells.all()[0]

    def change(rows: CellRows) -> int:
        number = rows.ledger.next()
        rows.ledger.changed([host_id], number)
        return number

    agent.turn()
    version = cell.write(change)
    house.intake.refresh()
    agent.turn()
    agent.turn()
    assert work.versions == [0, version, version]


def test_a_host_without_instances_says_that_it_has_nothing_when_it_is_asked(house: House) -> None:
    """P5: with the first report of a session, so that it is known; and again for each question."""
    host = house.host("compute1")
    hurried: list[str] = []
    idle = NoWork(host.client, host.hypervisor, lambda: hurried.append("now"))
    parts = (host.client, host.store, host.machine, host.hypervisor, house.clock)
    settings = AgentSettings("compute1", timedelta(seconds=INTERVAL_S), "0.1", SECRET)
    agent = HostAgent(settings, Surroundings(*parts, work=idle))
    cell = house.storage.cells.all()[0]
    for _ in range(3):
        agent.turn()
    assert host.store.identity is not None
    host_id = host.store.identity.id
    assert cell.read(lambda rows: rows.hearing.standing(host_id)).told == 0
    sent = len(host.wire.sent)
    agent.turn()
    assert len(host.wire.sent) == sent + 1

    def ask(rows: CellRows) -> int:
        number = rows.ledger.next()
        rows.hearing.ask(number)
        return number

    asked = cell.write(ask)
    for _ in range(2):
        idle.hint(asked)
    assert hurried == ["now"]
    agent.turn()
    assert cell.read(lambda rows: rows.hearing.standing(host_id)).told == asked
