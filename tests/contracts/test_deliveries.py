"""What is yet to be delivered, on every database."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from tests.contracts.databases import run

from hostdown.domain.deliveries import Channel, Delivery, Ended, Telling, Verdict
from hostdown.domain.model import Caller
from hostdown.services import dead_letters as use_case
from hostdown.services.delivery_ports import Which
from hostdown.services.directory_ports import Directory
from hostdown.services.leader_ports import Led
from hostdown.storage import DatabaseSettings
from hostdown.storage.directory_tables import directory_changes

NOW = datetime(2026, 3, 10, 12)
CALLER = Caller("admin-id", "admin", "p", ("admin",), "req-1")
ALL = Which()


def delivery(name: str, receiver: str = "pager", channel: Channel = Channel.WEBHOOK) -> Delivery:
    body = f'{{"name":"{name} ü"}}'.encode()
    return Delivery(0, name, channel, receiver, "host1", 3, "", body, NOW)


def add(directory: Directory, *made: Delivery) -> None:
    directory.write(lambda rows: rows.deliveries.add(made))


def waiting(
    directory: Directory, channel: Channel = Channel.WEBHOOK, after: int = 0
) -> list[Delivery]:
    return directory.read(lambda rows: rows.deliveries.after(channel, after, 10))


def ids(found: list[Delivery]) -> list[str]:
    return [each.id for each in found]


def bury(directory: Directory, *made: Delivery, at: datetime = NOW) -> None:
    ended = [Ended(each, Verdict.REFUSED, "It answered 404.") for each in made]
    add(directory, *made)
    directory.write(lambda rows: rows.dead_letters.bury(ended, at))


def dead(directory: Directory, which: Which = ALL, limit: int = 10) -> list[str]:
    found = directory.read(lambda rows: rows.dead_letters.list(which, limit))
    return ids([each.delivery for each in found])


def replayed(directory: Directory, which: Which, at: datetime = NOW) -> int:
    return directory.write(lambda rows: rows.dead_letters.replay(which, at))


def test_what_is_added_comes_back_in_its_order(directory: Directory) -> None:
    add(directory, delivery("a"), delivery("b"))
    add(directory, delivery("c"), delivery("d", channel=Channel.ALARM))
    found = waiting(directory)
    assert ids(found) == ["a", "b", "c"]
    assert found[0] == delivery("a")._replace(number=found[0].number)
    assert ids(waiting(directory, after=found[0].number)) == ["b", "c"]
    assert ids(waiting(directory, Channel.ALARM)) == ["d"]


def test_what_is_there_already_is_not_added_again(directory: Directory) -> None:
    add(directory, delivery("a"))
    add(directory, delivery("a"), delivery("b"), delivery("b"))
    assert ids(waiting(directory)) == ["a", "b"]


def test_one_receiver_s_are_found_alone(directory: Directory) -> None:
    elsewhere = delivery("d", channel=Channel.BUS)
    add(directory, delivery("a"), delivery("b", "other"), delivery("c"), elsewhere)

    def found(after: int) -> list[Delivery]:
        return directory.read(
            lambda rows: rows.deliveries.next_of(Channel.WEBHOOK, "pager", after, 10)
        )

    assert ids(found(0)) == ["a", "c"]
    assert ids(found(found(0)[0].number)) == ["c"]


def test_what_was_delivered_goes_and_what_failed_says_why(directory: Directory) -> None:
    add(directory, delivery("a"), delivery("b"))
    failed = Ended(delivery("b"), Verdict.FAILED, "It answered 503.")

    directory.write(lambda rows: rows.deliveries.drop(["a", "never there"]))
    directory.write(lambda rows: rows.deliveries.failed([failed]))
    directory.write(lambda rows: rows.deliveries.failed([]))
    directory.write(lambda rows: rows.deliveries.drop([]))
    (left,) = waiting(directory)
    assert (left.id, left.failure) == ("b", "It answered 503.")


def test_a_dead_letter_waits_until_somebody_wants_it_again(directory: Directory) -> None:
    add(directory, delivery("a"), delivery("b"))
    refused = Ended(delivery("a"), Verdict.REFUSED, "It answered 404.")
    directory.write(lambda rows: rows.dead_letters.bury([refused], NOW))
    assert ids(waiting(directory)) == ["b"]
    assert directory.read(lambda rows: rows.dead_letters.counts()) == {Channel.WEBHOOK: 1}
    (dead,) = directory.read(lambda rows: rows.dead_letters.list(Which(), 10))
    assert (dead.delivery.id, dead.dead_at, dead.replay_at) == ("a", NOW, None)
    assert dead.delivery.failure == "It answered 404."
    later = NOW + timedelta(hours=1)
    found = [replayed(directory, Which(id=name), later) for name in ("a", "b", "c")]
    assert found == [1, 0, 0]
    assert directory.write(lambda rows: rows.dead_letters.raise_up(10)) == 1
    assert directory.write(lambda rows: rows.dead_letters.raise_up(10)) == 0
    b, a = waiting(directory)
    assert (b.id, a.id, a.created_at) == ("b", "a", later)
    assert directory.read(lambda rows: rows.dead_letters.list(Which(), 10)) == []


CHOICES = [
    (Which(), ["d", "c", "a", "b"]),
    (Which(channel=Channel.WEBHOOK), ["c", "a", "b"]),
    (Which(receiver="pager"), ["d", "a", "b"]),
    (Which(channel=Channel.WEBHOOK, receiver="pager"), ["a", "b"]),
    (Which(id="c"), ["c"]),
    (Which(receiver="nobody"), []),
    (Which(id="alive"), []),
]
"""What is asked for, and the dead letters of `fill` that this means, the newest first."""


def fill(directory: Directory) -> None:
    """Four dead letters; "a" was made first and given up after "b". Two wait."""
    a, b, c = delivery("a"), delivery("b"), delivery("c", "other")
    add(directory, a, b, delivery("alive"))
    bury(directory, b, at=NOW - timedelta(hours=1))
    bury(directory, a, c)
    bury(directory, delivery("d", channel=Channel.BUS), at=NOW + timedelta(hours=1))
    add(directory, delivery("bus", channel=Channel.BUS))


@pytest.mark.parametrize(("which", "names"), CHOICES)
def test_dead_letters_are_listed_the_newest_first_and_counted(
    directory: Directory, which: Which, names: list[str]
) -> None:
    fill(directory)
    assert dead(directory, which) == names
    assert dead(directory, which, 2) == names[:2]
    assert directory.read(lambda rows: rows.dead_letters.count(which)) == len(names)


@pytest.mark.parametrize(("which", "names"), CHOICES)
def test_those_that_are_asked_for_are_tried_again_and_no_others(
    directory: Directory, which: Which, names: list[str]
) -> None:
    fill(directory)
    assert replayed(directory, which) == len(names)
    # The same time again changes no row; they are counted still.
    assert replayed(directory, which) == len(names)
    found = directory.read(lambda rows: rows.dead_letters.list(Which(), 10))
    asked = [each.delivery.id for each in found if each.replay_at == NOW]
    assert asked == names
    assert directory.write(lambda rows: rows.dead_letters.raise_up(10)) == len(names)
    assert not {*dead(directory)} & {*names}


@pytest.mark.parametrize(("which", "names"), CHOICES)
def test_those_that_are_to_go_go_and_nothing_that_waits(
    directory: Directory, which: Which, names: list[str]
) -> None:
    fill(directory)
    replayed(directory, Which(id="a"))
    assert directory.write(lambda rows: rows.dead_letters.drop(which)) == len(names)
    assert dead(directory) == [each for each in ("d", "c", "a", "b") if each not in names]
    assert ids(waiting(directory)) == ["alive"]
    assert ids(waiting(directory, Channel.BUS)) == ["bus"]
    again = 0 if "a" in names else 1
    assert directory.write(lambda rows: rows.dead_letters.raise_up(10)) == again


def test_the_journal_says_what_was_done_about_dead_letters(
    directory: Directory, settings: DatabaseSettings
) -> None:
    fill(directory)
    pager = Which(channel=Channel.WEBHOOK, receiver="pager")
    nobody, named = [Which(id="nobody")], [Which(id="c"), Which(id="d")]
    assert use_case.replay(directory, nobody, CALLER, NOW) == 0
    assert use_case.drop(directory, nobody, CALLER, NOW) == 0
    assert use_case.replay(directory, [pager], CALLER, NOW) == 2
    assert use_case.drop(directory, [pager], CALLER, NOW) == 2
    assert use_case.drop(directory, named, CALLER, NOW) == 2
    by = {"channel": "webhook", "receiver": "pager"}
    kept = directory_changes.c
    query = select(kept.event_type, kept.subject, kept.after).order_by(kept.id)
    assert [
        (event_type, subject, json.loads(after))
        for event_type, subject, after in run(settings.directory_url, query)
    ] == [
        ("deliveries.replay", "deliveries", {"replayed": 2, **by}),
        ("deliveries.drop", "deliveries", {"dropped": 2, **by}),
        ("deliveries.drop", "deliveries", {"dropped": 2, "channel": None, "receiver": None}),
    ]


def test_old_dead_letters_go(directory: Directory) -> None:
    add(directory, delivery("a"), delivery("b"), delivery("c"))
    for name, days in (("a", 8), ("b", 1)):
        end = Ended(delivery(name), Verdict.REFUSED, "")
        at = NOW - timedelta(days)
        directory.write(lambda rows, end=end, at=at: rows.dead_letters.bury([end], at))
    week = NOW - timedelta(7)
    assert directory.write(lambda rows: rows.dead_letters.drop_oldest(week)) == 1
    (left,) = directory.read(lambda rows: rows.dead_letters.list(Which(), 10))
    assert left.delivery.id == "b"
    assert ids(waiting(directory)) == ["c"]


def test_the_directory_has_leases_of_its_own(directory: Directory) -> None:
    first, second = Led("one", 1, 1), Led("two", 2, 2)
    assert directory.read(lambda rows: rows.leaders.get("notifier")) is None
    assert directory.write(lambda rows: rows.leaders.put("notifier", None, first))
    assert not directory.write(lambda rows: rows.leaders.put("notifier", None, second))
    assert directory.write(lambda rows: rows.leaders.put("notifier", first, second))
    assert directory.read(lambda rows: rows.leaders.get("notifier")) == second


def test_how_an_event_was_told_is_kept(directory: Directory) -> None:
    made = Telling("e1", "host1", "host.unreachable", NOW, NOW + timedelta(seconds=1), 3)
    other = made._replace(event="e2", host="host2")
    directory.write(lambda rows: rows.tellings.add([made, other]))
    directory.write(lambda rows: rows.tellings.add([made]))
    times = [NOW + timedelta(seconds=seconds) for seconds in (3, 2, 4)]

    def taken(*at: datetime) -> list[Ended]:
        of = delivery("a")._replace(event="e1")
        return [Ended(of, Verdict.TAKEN, at=each) for each in at]

    directory.write(lambda rows: rows.tellings.arrived(taken(*times[:2])))
    directory.write(lambda rows: rows.tellings.arrived(taken(times[2])))
    directory.write(lambda rows: rows.tellings.arrived([]))
    (told,) = directory.read(lambda rows: rows.tellings.of_host("host1", NOW, 9))
    assert told == made._replace(taken=3, first_at=times[1], last_at=times[2])
    later = NOW + timedelta(seconds=1)
    assert directory.read(lambda rows: rows.tellings.of_host("host1", later, 9)) == []
    assert directory.write(lambda rows: rows.tellings.drop_oldest(later)) == 2
