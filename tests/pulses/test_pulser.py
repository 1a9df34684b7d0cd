"""Sending pulses: at their time, on every path, whatever the server does; and what is believed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.processes.harness import until
from tests.pulses.hosts import record
from tests.pulses.listening import HERE, HOST, Ears, Heard, good, pulsing, pulsing_to

from hostdown.agent.pulser import (
    REPORT_NOW_FIRST_S,
    UNANSWERED_MAX,
    UNANSWERED_MIN,
    Pulser,
    resolve,
)
from hostdown.agent.pulses import (
    INTERVAL_MAX_S,
    INTERVAL_MIN_S,
    NO_PULSES,
    Terms,
    Where,
    terms_of,
)
from hostdown.domain.pulse import FAREWELL
from hostdown.drivers.system_clock import SystemClock

monotonic = SystemClock().monotonic


@contextmanager
def sending(
    heard: Heard | None = None, least_s: float = 0.0, begun: bool = True
) -> Iterator[Pulser]:
    hints = (Heard() if heard is None else heard).hints
    pulser = Pulser(hints, monotonic, least_s)
    if begun:
        pulser.start()
    try:
        yield pulser
    finally:
        pulser.stop()


def is_answered(pulser: Pulser) -> bool:
    return any(ear.has_answered for ear, _ in pulser._by_name[HOST.name].spoken[2])


def test_pulses_come_at_their_interval_with_growing_sequences() -> None:
    with Ears() as ears, sending() as pulser:
        began = monotonic()
        pulser.go_on(pulsing(HOST, ears.port, 0.03))
        said = [ears.hear(HOST) for _ in range(10)]
        assert monotonic() - began > 9 * 0.03 * 0.9
        assert [each.sequence - said[0].sequence for each in said] == list(range(10))
        assert {each.path for each in said} == {0}


def test_each_path_has_its_number_and_one_that_leads_nowhere_stops_no_other() -> None:
    paths = ("no such name.invalid", "127.0.0.2", "127.0.0.1")
    with Ears() as first, Ears("127.0.0.2", first.port) as second, sending() as pulser:
        pulser.go_on(pulsing(HOST, first.port, addresses=paths))
        assert {first.hear(HOST).path for _ in range(3)} == {2}
        assert {second.hear(HOST).path for _ in range(3)} == {1}


def test_a_newer_version_is_told_once_and_one_that_is_known_is_not() -> None:
    heard = Heard()
    with Ears() as ears, sending(heard=heard) as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        for newest in (3, 3, 2, 7):
            ears.answer(HOST, good(ears.hear(HOST), newest))
        until(lambda: heard == [("compute1", 3), ("compute1", 7)])
        pulser.known("compute1", 9)
        until(lambda: ears.hear(HOST).known == 9)
        ears.answer(HOST, good(ears.hear(HOST), 9))
        ears.answer(HOST, good(ears.hear(HOST), 10))
        until(lambda: heard[2:] == [("compute1", 10)])
        assert is_answered(pulser)


def test_report_now_is_told_and_not_again_at_once() -> None:
    heard = Heard()
    with Ears() as ears, sending(heard=heard) as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        began = monotonic()
        while monotonic() < began + REPORT_NOW_FIRST_S * 0.8:
            ears.answer(HOST, good(ears.hear(HOST), report_now=True))
        assert heard == [("compute1", -1)]
        while len(heard) < 2:
            ears.answer(HOST, good(ears.hear(HOST), report_now=True))
        assert monotonic() - began >= REPORT_NOW_FIRST_S


def test_a_host_that_is_not_answered_any_more_reports() -> None:
    heard = Heard()
    with Ears() as ears, sending(heard=heard) as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        for _ in range(2 * UNANSWERED_MIN):
            ears.hear(HOST)
        assert heard == []  # it never was answered: there may be nobody who hears pulses
        ears.answer(HOST, good(ears.hear(HOST)))
        until(lambda: is_answered(pulser))
        began = monotonic()
        until(lambda: len(heard) == 2)
        assert heard == [(HOST.name, -1)] * 2
        assert monotonic() - began >= REPORT_NOW_FIRST_S


def test_only_an_answer_to_what_was_said_last_and_by_the_server_is_believed() -> None:
    heard = Heard()
    with Ears() as ears, sending(heard=heard) as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        said = ears.hear(HOST)
        strange = good(said, 9, report_now=True)
        ears.answer(record(2), strange)
        ears.answer(HOST, strange._replace(nonce=b"o" * 8))
        ears.answer(HOST, strange._replace(sequence=said.sequence + 1000))
        for noise in (b"", b"x" * 57, said.host + b"x" * 41, said.host + b"x" * 2000):
            ears.send(noise)
        ears.answer(HOST, good(said, 1))
        until(lambda: heard == [("compute1", 1)])


def test_a_new_nonce_is_used_at_once_and_sequences_go_on() -> None:
    with Ears() as ears, sending() as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        before = ears.hear(HOST)
        other = record(session=2)
        pulser.go_on(pulsing(other, ears.port))
        (nonce,) = pulsing(other, 0).terms.nonces.values()
        until(lambda: ears.hear(HOST).nonce == nonce)
        assert ears.hear(HOST).sequence > before.sequence


def test_a_host_that_ended_says_farewell_and_others_go_on() -> None:
    second = record(2)
    with Ears() as ears, sending() as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        ears.hear(HOST)
        pulser.end(HOST.name)
        pulser.end(HOST.name)
        until(lambda: ears.hear(HOST).path == FAREWELL)
        pulser.go_on(pulsing(second, ears.port))
        assert [ears.hear(second).path for _ in range(5)] == [0] * 5
        pulser.known(HOST.name, 1)


def test_a_host_that_ended_and_goes_on_in_the_same_session_is_heard_again() -> None:
    """Where a server wants no pulses for a while: its observer has their sequences still."""
    with Ears() as ears, sending() as pulser:
        pulser.go_on(pulsing(HOST, ears.port))
        for _ in range(5):
            ears.hear(HOST)
        pulser.end(HOST.name)
        while (last := ears.hear(HOST)).path != FAREWELL:
            pass
        pulser.go_on(pulsing(HOST, ears.port))
        after = ears.hear(HOST)
        assert after.nonce == last.nonce
        assert after.sequence > last.sequence


def test_all_say_farewell_by_each_path_when_the_agent_stops() -> None:
    with Ears("127.0.0.1") as first, Ears("127.0.0.2", first.port) as other:
        with sending() as pulser:
            pulser.go_on(pulsing(HOST, first.port, addresses=("127.0.0.1", "127.0.0.2")))
            assert (first.hear(HOST).path, other.hear(HOST).path) == (0, 1)
        for ears in (first, other):
            until(lambda ears=ears: ears.hear(HOST).path == FAREWELL)  # type: ignore[misc] # a lambda's default


def test_a_host_enrolled_anew_under_its_name_replaces_the_one_before() -> None:
    anew = record(2)._replace(name=HOST.name)
    with Ears() as ears, sending() as pulser:
        for host in (HOST, anew):
            pulser.go_on(pulsing(host, ears.port))
        key = pulser._by_name[HOST.name].key  # the farewell of the one before may be the last
        until(lambda: {ears.sock.recv(100)[:16] for _ in range(5)} == {key})


def test_a_swarm_sends_no_oftener_than_it_wants() -> None:
    with Ears() as ears, sending(least_s=0.1) as pulser:
        pulser.go_on(pulsing(HOST, ears.port, 0.02))
        began = monotonic()
        for _ in range(4):
            ears.hear(HOST)
        assert monotonic() - began > 0.25


def test_a_name_with_several_addresses_is_tried_at_each_until_one_answers() -> None:
    with Ears() as ears, sending(begun=False) as pulser:
        nowhere = (*resolve("127.0.0.3", ears.port), *resolve("127.0.0.1", ears.port))
        where = Where(HERE, ears.port)
        pulser._places[where] = [(0, list(nowhere))]
        pulser._resolved_at[where] = monotonic()
        pulser.go_on(pulsing(HOST, ears.port))
        before = pulser._by_name[HOST.name].sequence
        pulser.start()
        said = ears.hear(HOST)
        assert said.sequence == before + UNANSWERED_MAX
        ears.answer(HOST, good(said))
        for _ in range(2 * UNANSWERED_MAX):
            ears.answer(HOST, good(ears.hear(HOST)))


def test_each_observer_has_its_own_nonce_and_one_that_is_away_keeps_nothing_from_the_other() -> (
    None
):
    heard = Heard()
    with Ears() as first, Ears() as second, sending(heard=heard) as pulser:
        both = {Where(HERE, first.port): b"1" * 16, Where(HERE, second.port): b"2" * 16}
        pulser.go_on(pulsing_to(HOST, both))
        said = first.hear(HOST), second.hear(HOST)
        assert said[0].nonce != said[1].nonce
        for ears, pulse in zip((first, second), said, strict=True):
            ears.answer(HOST, good(pulse))
        until(lambda: is_answered(pulser))
        began = monotonic()
        while len(heard) < 3:  # the second does not answer any more: it is a report's turn
            first.answer(HOST, good(first.hear(HOST)))
        assert monotonic() - began >= 3 * REPORT_NOW_FIRST_S  # ever more seldom, although one does
        first.answer(HOST, good(first.hear(HOST), newest=7))
        until(lambda: (HOST.name, 7) in heard)


def test_an_answer_with_the_nonce_of_another_observer_is_that_ones() -> None:
    with Ears() as ears, sending() as pulser:
        both = {Where(HERE, ears.port): b"1" * 16, Where(("127.0.0.9",), ears.port): b"2" * 16}
        pulser.go_on(pulsing_to(HOST, both))
        ears.answer(HOST, good(ears.hear(HOST)))
        until(lambda: is_answered(pulser))
        answering = [each.has_answered for each, _ in pulser._by_name[HOST.name].spoken[2]]
        assert answering == [True, False]


NONCE = "00" * 8
ONE = {"addresses": [], "port": 1, "nonce": NONCE}
TOLD = Terms(0.1, {Where(("control1",), 1): b"\0" * 8})


@pytest.mark.parametrize(
    ("told", "terms"),
    [
        ({"interval_ms": 100, "observers": [ONE]}, TOLD),
        ({"interval_ms": 0, "observers": [ONE]}, TOLD._replace(interval_s=INTERVAL_MIN_S)),
        ({"interval_ms": 1e99, "observers": [ONE]}, TOLD._replace(interval_s=INTERVAL_MAX_S)),
        (
            {"interval_ms": 100, "observers": [{**ONE, "addresses": ["::1", 5, "b", ""]}]},
            Terms(0.1, {Where(("::1", "b"), 1): b"\0" * 8}),
        ),
        ({"interval_ms": 100, "observers": [5, {**ONE, "port": 0}, ONE]}, TOLD),
        (None, None),
        ([], None),
        ({}, None),
        ({"interval_ms": None, "observers": [ONE]}, None),
        ({"interval_ms": 100, "observers": ONE}, None),
        ({"interval_ms": 100, "observers": []}, None),
        ({"interval_ms": 100, "observers": [{**ONE, "port": "1"}]}, None),
        ({"interval_ms": 100, "observers": [{**ONE, "addresses": "b"}]}, None),
        ({"interval_ms": 100, "observers": [{**ONE, "nonce": "00" * 7}]}, None),
        ({"interval_ms": 100, "observers": [{**ONE, "nonce": "xx" * 8}]}, None),
        ({"interval_ms": 100, "observers": [{**ONE, "nonce": 5}]}, None),
    ],
)
def test_of_terms_only_what_is_whole_is_taken(told: object, terms: Terms | None) -> None:
    assert terms_of({"pulse": told}, "control1") == terms


@given(st.binary(max_size=100))
def test_noise_moves_no_host(noise: bytes) -> None:
    heard = Heard()
    pulser = Pulser(heard.hints, monotonic)
    pulser.go_on(pulsing(HOST, 1))
    host = pulser._by_name[HOST.name]
    pulser._listen(host, host.key + noise)
    assert heard == []
    assert not is_answered(pulser)
    pulser.stop()


def test_where_no_pulses_are_sent_nothing_happens() -> None:
    NO_PULSES.go_on(pulsing(HOST, 1))
    NO_PULSES.known(HOST.name, 1)
    NO_PULSES.end(HOST.name)
