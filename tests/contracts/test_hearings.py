"""Who was asked what it has, and what of it is strange, on every database."""

from datetime import datetime

from hostdown.domain.assignment import Had, PowerState
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.hearing_ports import Hearing, Standing, Stranger

NOW = datetime(2026, 3, 1, 12, 0, 0, 1)


def hearing(cell: Cell) -> Hearing:
    return cell.read(lambda rows: rows.hearing.now())


def ask(cell: Cell, ahead: int = 0) -> int:
    def work(rows: CellRows) -> int:
        number = rows.ledger.next()
        rows.hearing.ask(number, ahead)
        return number

    return cell.write(work)


def number(cell: Cell) -> int:
    return cell.read(lambda rows: rows.ledger.now())[1]


def test_before_anybody_asked_nobody_is_waited_for(cell: Cell) -> None:
    assert hearing(cell) == Hearing(0, 0, 0)
    assert not hearing(cell).goes_on


def test_a_question_goes_on_until_it_is_ended_and_a_newer_one_goes_on(cell: Cell) -> None:
    first = ask(cell)
    assert hearing(cell) == Hearing(first, 0, 0)
    assert hearing(cell).goes_on
    second = ask(cell)
    cell.write(lambda rows: rows.hearing.end(first))
    assert hearing(cell).goes_on
    cell.write(lambda rows: rows.hearing.end(second))
    assert hearing(cell) == Hearing(second, second, 0)
    assert number(cell) == second


def test_what_hosts_have_seen_is_passed_when_it_ends(cell: Cell) -> None:
    asked = ask(cell, 40)
    cell.write(lambda rows: rows.hearing.ask(asked, 70))
    cell.write(lambda rows: rows.hearing.ask(asked, 50))
    assert hearing(cell) == Hearing(asked, 0, 70)
    assert number(cell) == asked
    cell.write(lambda rows: rows.hearing.end(asked))
    assert hearing(cell) == Hearing(asked, asked, 0)
    assert number(cell) == 71


def test_a_number_that_has_passed_them_meanwhile_stays(cell: Cell) -> None:
    asked = ask(cell, 2)
    for _ in range(3):
        cell.write(lambda rows: rows.ledger.next())
    cell.write(lambda rows: rows.hearing.end(asked))
    assert number(cell) == asked + 3


def test_who_has_answered_is_known_by_host(cell: Cell) -> None:
    cell.write(lambda rows: (rows.ledger.next(), rows.ledger.changed(["a"], 5)))
    for host in ("a", "b"):
        cell.write(lambda rows, host=host: rows.hearing.tell(host, 7))  # type: ignore[misc] # now
    cell.write(lambda rows: rows.hearing.tell("b", 9))
    known = cell.read(lambda rows: [rows.hearing.standing(each) for each in "abc"])
    assert [each.told for each in known] == [7, 9, -1]
    assert cell.read(lambda rows: rows.hearing.hosts(7)) == {"a", "b"}
    assert cell.read(lambda rows: rows.hearing.hosts(8)) == {"b"}
    assert [each.version for each in known] == [5, 0, 0]


def test_a_question_is_news_to_every_host_that_is_known(cell: Cell) -> None:
    """So that the answers to their pulses and reports tell them."""
    cell.write(lambda rows: rows.ledger.changed(["a"], 1))
    cell.write(lambda rows: rows.hearing.tell("b", 0))
    for _ in range(4):
        cell.write(lambda rows: rows.ledger.next())
    asked = ask(cell)
    cell.write(lambda rows: rows.ledger.changed(["c"], asked + 1))
    everybody = [("a", asked), ("b", asked), ("c", asked + 1)]
    assert sorted(cell.read(lambda rows: rows.ledger.changed_since(asked - 1))) == everybody
    assert cell.read(lambda rows: rows.ledger.changed_since(asked)) == [("c", asked + 1)]


ONE = Stranger("h1", "a", Had("i1", 2, 1, 3, PowerState.RUNNING, True), NOW)
OTHER = Stranger("h2", "b", Had("i1", 1, 4, 0, PowerState.NOSTATE, False), NOW)


def test_strangers_are_found_by_host_and_by_instance(cell: Cell) -> None:
    for each in (ONE, OTHER):
        cell.write(lambda rows, each=each: rows.strangers.put(each))  # type: ignore[misc] # now
    assert cell.read(lambda rows: rows.strangers.of_host("h1")) == [ONE]
    assert cell.read(lambda rows: rows.strangers.of_instance("i1")) == [OTHER, ONE]
    newer = ONE._replace(had=ONE.had._replace(generation=5, state=PowerState.PAUSED))
    cell.write(lambda rows: rows.strangers.put(newer))
    assert cell.read(lambda rows: rows.strangers.of_host("h1")) == [newer]
    cell.write(lambda rows: rows.strangers.remove("h1", "i1"))
    assert cell.read(lambda rows: rows.strangers.of_instance("i1")) == [OTHER]


def test_one_host_s_standing_is_all_that_is_known_of_it_and_the_ledger(cell: Cell) -> None:
    nothing = Standing()
    assert cell.read(lambda rows: rows.hearing.standing("a")) == nothing
    asked = ask(cell, 9)
    cell.write(lambda rows: rows.ledger.changed(["a", "b"], 3))
    cell.write(lambda rows: rows.settled.keep("a", 2))
    name = cell.read(lambda rows: rows.ledger.now())[0]
    known = Standing(name, asked, Hearing(asked, 0, 9))
    told = cell.read(lambda rows: [rows.hearing.standing(each) for each in "abc"])
    changed = known._replace(version=3, told=0)
    assert told == [changed._replace(settled=2), changed, known]
