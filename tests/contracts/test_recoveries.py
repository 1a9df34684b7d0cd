"""Recoveries, their timelines, and where there are none, on every database."""

from datetime import datetime, timedelta

from hostdown.domain.disarming import Disarming, Scope, Where
from hostdown.domain.recovery import Held, Stage
from hostdown.services.cell_ports import Cell
from hostdown.services.recovery_ports import Entry, Recovery

AT = datetime(2026, 3, 1, 12, 0, 0, 250)


def made(host: str) -> Recovery:
    return Recovery(
        id=0, host_id=f"id of {host}", host=host, boot=3, domain="rack1", stage=Stage.HOLDING_OFF,
        held=None, reason=None, silent_at=AT, begun_at=AT, due_at=AT, attempted_at=None,
        gated=False, released=False, level=0, level_at=None, sent_at=None, cut_at=None,
        evacuated_at=None, proof=None, forced=False, ended_at=None, revision=0,
    )  # fmt: skip


def add(cell: Cell, host: str) -> Recovery | None:
    return cell.write(lambda rows: rows.recoveries.add(made(host)))


def test_a_host_has_one_until_it_is_over(cell: Cell) -> None:
    first = add(cell, "a")
    assert first is not None
    assert first == made("a")._replace(id=first.id)
    assert add(cell, "a") is None
    other = add(cell, "b")
    assert cell.read(lambda rows: rows.recoveries.open()) == [first, other]
    over = first._replace(stage=Stage.CANCELLED, ended_at=AT)
    assert cell.write(lambda rows: rows.recoveries.replace(first, over))
    assert cell.read(lambda rows: rows.recoveries.open()) == [other]
    again = add(cell, "a")
    assert again is not None
    found = cell.read(lambda rows: rows.recoveries.find(2))
    assert found == [again, other]


def test_all_is_kept_and_the_second_of_two_changes_is_none(cell: Cell) -> None:
    first = add(cell, "a")
    assert first is not None
    later = AT + timedelta(seconds=1)
    after = first._replace(
        stage=Stage.HELD, held=Held.GATE, reason="too many", due_at=later, attempted_at=later,
        gated=True, released=True, level=2, level_at=later, sent_at=later, cut_at=later,
        evacuated_at=later, proof=7, forced=True,
    )  # fmt: skip
    kept = cell.write(lambda rows: rows.recoveries.replace(first, after))
    assert kept == after._replace(revision=1)
    assert cell.read(lambda rows: rows.recoveries.open()) == [kept]
    assert cell.write(lambda rows: rows.recoveries.replace(first, after)) is None


def test_a_timeline_is_told_in_order(cell: Cell) -> None:
    entries = [Entry(AT, "It is silent.", {"boot": 1}), Entry(AT, "It is held.", {})]
    for entry in entries:
        cell.write(lambda rows, entry=entry: rows.timelines.add(1, entry))  # type: ignore[misc] # a lambda's default
    cell.write(lambda rows: rows.timelines.add(2, Entry(AT, "Another one's.", {})))
    assert cell.read(lambda rows: rows.timelines.of(1)) == entries
    assert cell.read(lambda rows: rows.timelines.of(3)) == []


def test_lines_of_all_timelines_are_read_in_their_order(cell: Cell) -> None:
    assert cell.read(lambda rows: rows.timelines.newest()) == 0
    entries = [Entry(AT, what, {"boot": 1}) for what in "abc"]
    for recovery, entry in zip((1, 2, 1), entries, strict=True):
        cell.write(lambda rows, at=recovery, what=entry: rows.timelines.add(at, what))  # type: ignore[misc] # a lambda's defaults
    first, *others = cell.read(lambda rows: rows.timelines.after(0, 10))
    assert [line[1:] for line in (first, *others)] == [
        (1, entries[0]), (2, entries[1]), (1, entries[2]),
    ]  # fmt: skip
    assert cell.read(lambda rows: rows.timelines.after(first.number, 1)) == others[:1]
    assert cell.read(lambda rows: rows.timelines.newest()) == others[-1].number
    assert cell.read(lambda rows: rows.timelines.after(others[-1].number, 10)) == []


HOST, RACK, ALL = Where(Scope.HOST, "a"), Where(Scope.DOMAIN, "a"), Where(Scope.ALL, "")


def disarming(where: Where, reason: str = "Umbau 🔌") -> Disarming:
    return Disarming(where, reason, None, AT, "Zoë", "u1", "req-1")


def test_what_is_disarmed_is_kept_once_for_each_place(cell: Cell) -> None:
    later = disarming(HOST, "again")._replace(until=AT + timedelta(hours=2))
    for each in (disarming(RACK), disarming(HOST), disarming(ALL), later):
        cell.write(lambda rows, each=each: rows.disarmings.put(each))  # type: ignore[misc] # a lambda's default
    known = {each.where: each for each in cell.read(lambda rows: rows.disarmings.all())}
    assert known == {HOST: later, RACK: disarming(RACK), ALL: disarming(ALL)}


def test_what_is_armed_again_is_disarmed_no_more(cell: Cell) -> None:
    cell.write(lambda rows: rows.disarmings.put(disarming(RACK)))
    assert not cell.write(lambda rows: rows.disarmings.take(HOST))
    assert not cell.write(lambda rows: rows.disarmings.take(Where(Scope.DOMAIN, "A")))
    assert cell.write(lambda rows: rows.disarmings.take(RACK))
    assert cell.read(lambda rows: rows.disarmings.all()) == []
