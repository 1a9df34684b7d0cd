"""The directory, on every database."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest

from hostdown.domain.errors import HostNameTaken
from hostdown.domain.model import HostRecord
from hostdown.services.directory_ports import (
    Directory,
    DirectoryRows,
    Enrolment,
    Revocation,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 5)
SECRET = bytes(range(256))[:32] + b"\0'\"\\%"


def host(key: str, name: str) -> HostRecord:
    return HostRecord(key, name, "cell1", SECRET, "m", "b", 1, 2, "1.0", NOW, None, None, True)


def test_a_host_comes_back_as_it_was_added(directory: Directory) -> None:
    record = host("id1", "compute1")._replace(session=2**40)
    directory.write(lambda rows: rows.hosts.add(record))
    assert directory.read(lambda rows: rows.hosts.get("id1")) == record
    assert directory.read(lambda rows: rows.hosts.named("compute1")) == record
    assert directory.read(lambda rows: rows.hosts.all()) == [record]
    assert directory.read(lambda rows: rows.hosts.get("id2")) is None
    assert directory.read(lambda rows: rows.hosts.named("id1")) is None


def test_a_name_is_one_hosts_until_it_is_deleted(directory: Directory) -> None:
    first, second = host("id1", "compute1"), host("id2", "compute1")
    directory.write(lambda rows: rows.hosts.add(first))
    with pytest.raises(HostNameTaken):
        directory.write(lambda rows: rows.hosts.add(second))
    deleted = first._replace(deleted_at=NOW)
    assert directory.write(lambda rows: rows.hosts.replace(first, deleted))
    directory.write(lambda rows: rows.hosts.add(second))
    assert directory.read(lambda rows: rows.hosts.all()) == [second]
    assert directory.read(lambda rows: rows.hosts.named("compute1")) == second
    assert directory.read(lambda rows: rows.hosts.get("id1")) == deleted
    with pytest.raises(HostNameTaken):
        directory.write(lambda rows: rows.hosts.replace(deleted, first))


@pytest.mark.parametrize("field", HostRecord._fields)
def test_a_host_is_replaced_only_if_it_is_as_seen(directory: Directory, field: str) -> None:
    record = host("id1", "compute1")
    directory.write(lambda rows: rows.hosts.add(record))
    later = NOW + timedelta(microseconds=1)
    others = {bytes: b"x", int: 99, str: "x", bool: False, datetime: later}
    value = others[type(getattr(record, field) or NOW)]
    stale = record._replace(**{field: value})
    assert not directory.write(lambda rows: rows.hosts.replace(stale, record))
    if field != "id":
        assert directory.write(lambda rows: rows.hosts.replace(record, stale))
        assert directory.read(lambda rows: rows.hosts.get("id1")) == stale


def test_what_nobody_knows_of_a_hosts_sleep_is_neither_yes_nor_no(directory: Directory) -> None:
    seen = host("id1", "compute1")
    directory.write(lambda rows: rows.hosts.add(seen))
    for sleeps in (None, False, True):
        after = seen._replace(sleeps=sleeps)
        assert directory.write(lambda rows, a=seen, b=after: rows.hosts.replace(a, b))
        found = directory.read(lambda rows: rows.hosts.get("id1"))
        assert found is not None
        assert found.sleeps is sleeps
        seen = after


def test_hosts_that_changed_are_told_deleted_ones_too(directory: Directory) -> None:
    first, second = host("id1", "a"), host("id2", "b")
    for record in (first, second):
        directory.write(lambda rows, r=record: rows.hosts.add(r))
    everything, mark = directory.read(lambda rows: rows.hosts.changed_since(0))
    assert sorted(everything) == [first, second]
    gone = first._replace(deleted_at=NOW)
    directory.write(lambda rows: rows.hosts.replace(first, gone))
    changed, newer = directory.read(lambda rows: rows.hosts.changed_since(mark))
    assert gone in changed
    assert newer >= mark


def test_of_two_that_enrol_one_name_at_once_one_gets_it(directory: Directory) -> None:
    together = Barrier(2)
    outcomes: list[str] = []

    def enrol(key: str) -> None:
        together.wait(timeout=30)
        try:
            directory.write(lambda rows: rows.hosts.add(host(key, "compute1")))
            outcomes.append("enrolled")
        except HostNameTaken:
            outcomes.append("taken")

    threads = [Thread(target=enrol, args=(f"id{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["enrolled", "taken"]


def test_the_hosts_of_a_machine_are_those_not_deleted(directory: Directory) -> None:
    first, gone = host("id1", "compute1"), host("id2", "compute2")._replace(deleted_at=NOW)
    other = host("id3", "compute3")._replace(machine_id="another")
    for record in (first, gone, other):
        directory.write(lambda rows, r=record: rows.hosts.add(r))
    assert directory.write(lambda rows: rows.hosts.on_machine("m")) == [first]
    assert directory.write(lambda rows: rows.hosts.on_machine("M")) == []


def test_of_two_names_of_one_machine_at_once_the_second_sees_the_first(
    directory: Directory,
) -> None:
    together = Barrier(2)
    seen: list[int] = []

    def enrol(rows: DirectoryRows, name: str) -> None:
        before = rows.hosts.on_machine("m")
        rows.hosts.add(host(name, name))
        seen.append(len(before))

    def come(name: str) -> None:
        together.wait(timeout=30)
        directory.write(lambda rows: enrol(rows, name))

    threads = [Thread(target=come, args=(name,)) for name in ("compute1", "compute9")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(seen) == [0, 1]


def test_an_enrolment_is_one_per_name_and_used_once(directory: Directory) -> None:
    first = Enrolment("compute1", SECRET, False, NOW)
    second = Enrolment("compute1", b"other", True, NOW + timedelta(hours=1))
    for enrolment in (first, second):
        directory.write(lambda rows, e=enrolment: rows.enrolments.put(e))
        assert directory.read(lambda rows: rows.enrolments.get("compute1")) == enrolment
    assert directory.write(lambda rows: rows.enrolments.remove("compute1"))
    assert not directory.write(lambda rows: rows.enrolments.remove("compute1"))
    assert directory.read(lambda rows: rows.enrolments.get("compute1")) is None


def test_revocations_end_and_are_never_shortened(directory: Directory) -> None:
    hour = timedelta(hours=1)
    long, short = Revocation("user", NOW, NOW + 2 * hour), Revocation("user", NOW - hour, NOW)
    token = Revocation("token", NOW, NOW + hour)
    for revocation in (long, short, token):
        directory.write(lambda rows, r=revocation: rows.revocations.put(r))
    assert directory.read(lambda rows: rows.revocations.current(NOW)) == [token, long]
    assert directory.read(lambda rows: rows.revocations.current(NOW + hour)) == [long]
    assert directory.read(lambda rows: rows.revocations.current(NOW + 2 * hour)) == []


def test_a_key_is_made_once(directory: Directory) -> None:
    assert directory.write(lambda rows: rows.keys.get_or_put("signing", SECRET)) == SECRET
    assert directory.write(lambda rows: rows.keys.get_or_put("signing", b"other")) == SECRET
    assert directory.write(lambda rows: rows.keys.get_or_put("Signing", b"other")) == b"other"


def test_a_key_can_be_replaced(directory: Directory) -> None:
    assert directory.read(lambda rows: rows.keys.get("signing")) is None
    for key in (SECRET, b"other"):
        directory.write(lambda rows, k=key: rows.keys.put("signing", k))
        assert directory.read(lambda rows: rows.keys.get("signing")) == key
    assert directory.write(lambda rows: rows.keys.get_or_put("signing", SECRET)) == b"other"


def test_servers_that_make_a_key_at_once_agree(directory: Directory) -> None:
    servers = 4
    together = Barrier(servers)
    got: list[bytes] = []

    def make(number: int) -> None:
        together.wait(timeout=30)
        got.append(directory.write(lambda rows: rows.keys.get_or_put("k", bytes([number]))))

    threads = [Thread(target=make, args=(n,)) for n in range(servers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(got) == servers
    assert len(set(got)) == 1
