"""What an observer takes for a sign of life, what it answers, and what it only counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pulses.hosts import BEGUN, SECOND_NS, book_of, read, record, sent

from hostdown.domain.pulse import FAREWELL, Refused
from hostdown.services.observer_ports import HostVersion
from hostdown.services.pulses import DOUBT_S

HOST = record()
DOUBT_NS = round(DOUBT_S * SECOND_NS)


def counted(book: object) -> dict[Refused, int]:
    refused: dict[Refused, int] = getattr(book, "refused")  # noqa: B009 - for brevity
    return {why: times for why, times in refused.items() if times}


def test_a_pulse_is_answered_with_the_newest_version_and_remembered() -> None:
    book = book_of(HOST, record(2))
    book.learn_versions([HostVersion(HOST.id, 7), HostVersion(HOST.id, 6)])
    for path, at_ns in ((0, 100), (3, 200), (0, 300)):
        answer = read(HOST, book.take(sent(HOST, at_ns, path, known=5), at_ns, at_ns))
        assert (answer.sequence, answer.newest, answer.report_now) == (at_ns, 7, False)
        assert book.newest_ns(HOST.id) == at_ns
    assert not book.is_gone(HOST.id)
    for other, is_gone in ((record(2), False), (record(3), True)):
        assert book.newest_ns(other.id) is None
        assert book.is_gone(other.id) is is_gone
    assert book.taken == 3
    assert not book.doubtful


def test_a_sequence_counts_once_on_each_path() -> None:
    book = book_of(HOST)
    assert book.take(sent(HOST, 5), 1, 1)
    for replayed in (5, 4, 1):
        assert book.take(sent(HOST, replayed), 9, 9) is None
    assert book.take(sent(HOST, 5, path=1), 2, 2)
    assert book.newest_ns(HOST.id) == 2
    assert counted(book) == {Refused.REPLAYED: 3}
    (row,) = book.refusals.drain()
    assert (row.cell, row.refusal[:3]) == ("cell1", ("compute1", "pulse-replayed", 3))


def test_strangers_are_counted_and_get_no_answer() -> None:
    book = book_of(HOST)
    bad = bytearray(sent(HOST, 1))
    bad[-1] ^= 1
    for datagram in (sent(record(2), 1), bytes(bad), b"", b"x" * 65):
        assert book.take(datagram, 1, 1) is None
    book.settle()
    book.settle()
    rows = {(row.refusal.host, row.refusal.reason): row for row in book.refusals.drain()}
    assert {key: row.refusal.times for key, row in rows.items()} == {
        ("", "pulse-unknown-host"): 1,
        ("", "pulse-bad-mac"): 1,
        ("", "pulse-malformed"): 2,
    }


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_noise_moves_nothing(noise: list[bytes]) -> None:
    book = book_of(HOST)
    for number, datagram in enumerate(noise, start=1):
        assert book.take(datagram, 1, 1) is None
        assert book.take(sent(HOST, number), number, number)
    assert book.taken == len(noise)


def test_captured_pulses_of_an_earlier_observer_keep_nobody_alive() -> None:
    book = book_of(HOST)
    for number in range(1, 50):
        book.take(sent(HOST, number, epoch=b"f" * 16), number * SECOND_NS, number * SECOND_NS)
    assert book.newest_ns(HOST.id) is None
    assert counted(book) == {Refused.OLD_NONCE: 49}
    assert book.refusals.drain() == []


def test_a_host_with_an_outdated_nonce_is_told_to_report_once_the_doubt_is_over() -> None:
    book = book_of(HOST)
    old = record(session=0)
    assert book.take(sent(old, 1), 0, 0) is None
    assert book.doubtful
    assert book.take(sent(old, 2), 0, DOUBT_NS - 1) is None
    answer = read(HOST, book.take(sent(old, 3), 0, DOUBT_NS))
    assert answer.report_now
    assert answer.sequence == 3
    assert book.take(sent(HOST, 1), 0, DOUBT_NS)
    assert book.take(sent(old, 4), 0, 2 * DOUBT_NS) is None
    (row,) = book.refusals.drain()
    assert row.refusal[:3] == ("compute1", "pulse-old-nonce", 1)


def test_a_pulse_of_another_boot_counts_for_nothing_and_makes_the_host_report() -> None:
    book = book_of(HOST)
    other = record(boot_id="boot-2")
    assert book.take(sent(other, 1), 0, 0) is None
    assert read(HOST, book.take(sent(other, 2), 0, DOUBT_NS)).report_now
    assert book.newest_ns(HOST.id) is None
    assert counted(book) == {Refused.OTHER_BOOT: 2}


def test_a_new_session_begins_new_sequences_and_keeps_what_was_heard() -> None:
    book = book_of(HOST)
    assert book.take(sent(HOST, 9), 9, 9)
    book.learn(HOST._replace(agent_version="2"))
    assert book.take(sent(HOST, 9), 10, 10) is None
    begun = record(session=2)
    book.learn(begun)
    assert book.take(sent(HOST, 10), 11, 11) is None
    assert book.newest_ns(HOST.id) == 9
    assert book.take(sent(begun, 1), 12, 12)


@pytest.mark.parametrize("since", ["deleted_at", "forked_at"])
def test_a_deleted_or_held_host_and_one_without_a_session_are_unknown(since: str) -> None:
    book = book_of(HOST, record(2, session=0))
    book.learn(HOST._replace(**{since: BEGUN}))
    for host in (HOST, record(2, session=0)):
        assert book.take(sent(host, 1), 1, 1) is None
    assert counted(book) == {Refused.UNKNOWN_HOST: 2}


def test_after_a_farewell_a_host_is_not_heard_until_it_pulses_again() -> None:
    book = book_of(HOST)
    book.take(sent(HOST, 1), 1, 1)
    assert book.take(sent(HOST, 5, FAREWELL), 2, 2)
    assert book.newest_ns(HOST.id) is None
    assert book.is_gone(HOST.id)
    # What was sent before it comes later, by another way.
    assert book.take(sent(HOST, 4, path=1), 3, 3)
    assert book.newest_ns(HOST.id) is None
    assert book.is_gone(HOST.id)
    assert book.take(sent(HOST, 6), 4, 4)
    assert book.newest_ns(HOST.id) == 4
    assert not book.is_gone(HOST.id)
    assert [book.stirred.get_nowait() for _ in range(3)] == [HOST.id] * 3
    assert book.stirred.empty()


def test_a_pulse_is_told_of_once_for_each_time_that_somebody_waits_for_it() -> None:
    book = book_of(HOST, record(2))
    for number in (1, 2):
        book.take(sent(HOST, number), number, number)
    assert book.stirred.get_nowait() == HOST.id
    assert book.stirred.empty()
    book.wait_for(HOST.id)
    book.wait_for(record(3).id)
    again = record(session=2)
    book.learn(again)
    for number in (1, 2):
        book.take(sent(again, number), number, number)
    assert book.stirred.get_nowait() == HOST.id
    assert book.stirred.empty()


def test_a_host_that_is_gone_is_told_of_once() -> None:
    book = book_of(HOST)
    for _ in range(2):
        book.learn(HOST._replace(deleted_at=BEGUN))
    assert book.stirred.get_nowait() == HOST.id
    assert book.stirred.empty()


def test_a_farewell_of_the_session_before_is_none() -> None:
    book = book_of(HOST)
    book.take(sent(HOST, 5, FAREWELL), 1, 1)
    again = record(session=2)
    book.learn(again)
    assert book.take(sent(again, 1), 2, 2)
    assert book.newest_ns(HOST.id) == 2
    assert book.take(sent(HOST, 6, FAREWELL), 3, 3) is None
    assert book.newest_ns(HOST.id) == 2
