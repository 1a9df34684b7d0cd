"""What observers tell of silent hosts, on every database."""

from datetime import datetime

import pytest

from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.sight import Vote
from hostdown.services.cell_ports import Cell
from hostdown.services.sight_ports import Sights, Silence

AT = datetime(2026, 3, 1, 12, 0, 0, 250)
LATER = datetime(2026, 3, 1, 12, 1)


def told(cell: Cell) -> Sights:
    return cell.read(lambda rows: rows.sights.all())


def test_each_observer_has_one_vote_which_is_its_newest(cell: Cell) -> None:
    for vote in (Vote("b", 1, 3, 4, False), Vote("a", 1, 0, 4, True), Vote("b", 2, 4, 4, False)):
        cell.write(lambda rows, vote=vote: rows.sights.put(vote))  # type: ignore[misc] # a lambda's default
    assert told(cell).votes == [Vote("a", 1, 0, 4, True), Vote("b", 2, 4, 4, False)]


def test_silences_come_and_go_by_observer(cell: Cell) -> None:
    both = [Silence("a", "h1", AT), Silence("b", "h1", AT), Silence("b", "h2", AT)]
    cell.write(lambda rows: rows.sights.add(both))
    cell.write(lambda rows: rows.sights.add([Silence("b", "h1", LATER)]))
    cell.write(lambda rows: rows.sights.add([]))
    assert told(cell).silences == [both[0], Silence("b", "h1", LATER), both[2]]
    cell.write(lambda rows: rows.sights.remove("b", ["h1", "h2", "h3"]))
    cell.write(lambda rows: rows.sights.remove("a", []))
    assert told(cell).silences == [both[0]]


@pytest.fixture
def service(cell: Cell) -> Service:
    made = cell.write(lambda rows: rows.services.create("h1", COMPUTE, AT, None))
    assert made is not None
    return made


def test_a_service_is_unreachable_until_it_is_not(cell: Cell, service: Service) -> None:
    assert cell.write(lambda rows: rows.sights.reach(service, LATER))
    (found,) = cell.read(lambda rows: rows.sights.unreachable())
    assert found == service._replace(unreachable_at=LATER)
    assert cell.read(lambda rows: rows.services.find("h1", COMPUTE)) == [found]
    assert cell.write(lambda rows: rows.sights.reach(service, None))
    assert cell.read(lambda rows: rows.sights.unreachable()) == []


def test_whoever_remembers_services_learns_of_it(cell: Cell, service: Service) -> None:
    _, mark = cell.read(lambda rows: rows.services.changed_since(0))
    cell.write(lambda rows: rows.sights.reach(service, LATER))
    changed, _ = cell.read(lambda rows: rows.services.changed_since(mark))
    assert [each.service.unreachable_at for each in changed] == [LATER]


def test_a_deleted_one_is_neither(cell: Cell, service: Service) -> None:
    cell.write(lambda rows: rows.services.delete(service, AT))
    assert not cell.write(lambda rows: rows.sights.reach(service, LATER))
    assert cell.read(lambda rows: rows.sights.unreachable()) == []


def test_the_newest_farewell_of_a_host_counts(cell: Cell) -> None:
    for host, session in (("h1", 3), ("h2", 1), ("h1", 4)):
        cell.write(lambda rows, host=host, session=session: rows.farewells.put(host, session))  # type: ignore[misc] # a lambda's default
    assert cell.read(lambda rows: rows.farewells.all()) == {"h1": 4, "h2": 1}
