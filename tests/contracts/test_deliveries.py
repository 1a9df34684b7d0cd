"""What is yet to be delivered, on every database."""

from datetime import datetime, timedelta

from hostdown.domain.deliveries import Channel, Delivery, Ended, Telling, Verdict
from hostdown.services.directory_ports import Directory
from hostdown.services.leader_ports import Led

NOW = datetime(2026, 3, 10, 12)


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
    (dead,) = directory.read(lambda rows: rows.dead_letters.list(0, 10))
    assert (dead.delivery.id, dead.dead_at, dead.replay_at) == ("a", NOW, None)
    assert dead.delivery.failure == "It answered 404."
    later = NOW + timedelta(hours=1)
    assert directory.write(lambda rows: rows.dead_letters.replay(["a", "b", "c"], later)) == 1
    assert directory.write(lambda rows: rows.dead_letters.raise_up(10)) == 1
    assert directory.write(lambda rows: rows.dead_letters.raise_up(10)) == 0
    b, a = waiting(directory)
    assert (b.id, a.id, a.created_at) == ("b", "a", later)
    assert directory.read(lambda rows: rows.dead_letters.list(0, 10)) == []


def test_old_dead_letters_go(directory: Directory) -> None:
    add(directory, delivery("a"), delivery("b"), delivery("c"))
    for name, days in (("a", 8), ("b", 1)):
        end = Ended(delivery(name), Verdict.REFUSED, "")
        at = NOW - timedelta(days)
        directory.write(lambda rows, end=end, at=at: rows.dead_letters.bury([end], at))
    week = NOW - timedelta(7)
    assert directory.write(lambda rows: rows.dead_letters.drop_oldest(week)) == 1
    (left,) = directory.read(lambda rows: rows.dead_letters.list(0, 10))
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
