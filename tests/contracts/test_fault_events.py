"""What others say of hosts, on every database."""

from datetime import datetime, timedelta

from hostdown.domain.fault_events import FaultEvent, FaultKind
from hostdown.services import fault_ports
from hostdown.services.cell_ports import Cell

AT = datetime(2026, 3, 1, 12, 0, 0, 250)
SECOND = timedelta(seconds=1)
SAME_SINCE = AT - 10 * SECOND


def said(host: str = "a", event_id: str = "e1", at: datetime = AT) -> FaultEvent:
    return FaultEvent(
        id=0, host_id=f"id of {host}", host=host, kind=FaultKind.DOWN, source="Wächter",
        event_id=event_id, said_at="2026-03-01T13:00:00+01:00", first_at=at, last_at=at, times=1,
        user_id="u", user_name="monitor", request_id="req-1",
        details={"cause": "ping\x00", "related_to": ["b", 1, None, {"deep": True}]},
    )  # fmt: skip


def put(cell: Cell, event: FaultEvent, same_since: datetime = SAME_SINCE) -> FaultEvent:
    return cell.write(lambda rows: rows.fault_events.put(event, same_since))


def of_host(cell: Cell, host: str = "a", limit: int = 10) -> list[FaultEvent]:
    return cell.read(lambda rows: rows.fault_events.of_host(f"id of {host}", limit))


def test_what_was_said_is_kept_whole(cell: Cell) -> None:
    kept = put(cell, said())
    assert kept == said()._replace(id=kept.id)
    assert of_host(cell) == [kept]


def test_a_repetition_is_counted(cell: Cell) -> None:
    first = put(cell, said())
    later = AT + SECOND
    again = put(cell, said(at=later)._replace(details={"not": "kept"}, request_id="req-2"))
    assert again == first._replace(times=2, last_at=later)
    assert of_host(cell) == [again]


def test_it_is_another_one_by_host_source_kind_or_id_and_after_a_while(cell: Cell) -> None:
    first = put(cell, said())
    others = [
        said("b"),
        said(event_id="e2"),
        said()._replace(source="wächter"),
        said()._replace(kind=FaultKind.UP),
    ]
    kept = [put(cell, each) for each in others]
    assert all(each.times == 1 for each in kept)
    later = put(cell, said(at=AT + SECOND), same_since=AT + SECOND)
    assert later.id != first.id
    assert of_host(cell) == [later, *reversed(kept[1:]), first]
    assert of_host(cell, limit=1) == [later]
    assert of_host(cell, "b") == [kept[0]]


def test_what_was_said_lately_of_any_host_is_found(cell: Cell) -> None:
    first, other = put(cell, said()), put(cell, said("b", at=AT + SECOND))
    assert cell.read(lambda rows: rows.fault_events.since(AT)) == [other, first]
    assert cell.read(lambda rows: rows.fault_events.since(AT + SECOND)) == [other]
    again = put(cell, said(at=AT + 2 * SECOND))
    assert cell.read(lambda rows: rows.fault_events.since(AT + SECOND)) == [other, again]


def test_the_newest_of_a_host_are_kept(cell: Cell) -> None:
    other = put(cell, said("b"))

    def fill(rows) -> None:
        for number in range(fault_ports.KEPT_MAX + 3):
            rows.fault_events.put(said(event_id=str(number)), SAME_SINCE)

    cell.write(fill)
    kept = of_host(cell, limit=1000)
    assert len(kept) == fault_ports.KEPT_MAX
    assert kept[-1].event_id == "3"
    assert of_host(cell, "b") == [other]
