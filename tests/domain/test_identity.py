"""Who may speak for a host: every combination of what the record says and what an agent claims."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.errors import (
    HostDeleted,
    HostdownError,
    HostForked,
    HostIsLive,
    HostMachineChanged,
    HostNameInvalid,
    SessionUnknown,
)
from hostdown.domain.identity import (
    NAME_LENGTH_MAX,
    Claim,
    begin,
    check_name,
    goes_by_name,
    live_for,
)
from hostdown.domain.model import HostRecord

NOW = datetime(2026, 11, 20, 12, 0, 0)
INTERVAL = timedelta(seconds=10)
NOT_LIVE = timedelta()

RECORD = HostRecord(
    id="4a1f6f1e-5b0e-4a4e-a8a5-7f7a3bb0a001",
    name="compute1",
    cell="cell1",
    secret=b"s" * 32,
    machine_id="machine",
    boot_id="boot",
    boot=3,
    session=7,
    agent_version="1",
    enrolled_at=NOW,
    deleted_at=None,
)

CASES = list(product([False, True], repeat=5))


def outcome(record: HostRecord, claim: Claim, live: timedelta) -> HostRecord | type[HostdownError]:
    try:
        return begin(record, claim, live)
    except HostdownError as error:
        return type(error)


def expected(
    deleted: bool, live: bool, machine: bool, boot: bool, follows: bool
) -> type[HostdownError] | None:
    """Who is refused, the gravest reason first; None: nobody."""
    if deleted:
        return HostDeleted
    if live and not (machine and boot):
        return HostIsLive
    if not machine:
        return HostMachineChanged
    return None if follows else SessionUnknown


@pytest.mark.parametrize(("deleted", "live", "machine", "boot", "follows"), CASES)
def test_every_claim_is_refused_for_the_gravest_reason_or_begins_one_session(
    deleted: bool, live: bool, machine: bool, boot: bool, follows: bool
) -> None:
    record = RECORD._replace(deleted_at=NOW if deleted else None)
    claim = Claim(
        after=record.session if follows else record.session - 1,
        machine_id=record.machine_id if machine else "another machine",
        boot_id=record.boot_id if boot else "another boot",
        agent_version="2",
        sleeps=True,
    )
    found = outcome(record, claim, INTERVAL if live else NOT_LIVE)
    refusal = expected(deleted, live, machine, boot, follows)
    if refusal is not None:
        assert found is refusal
        return
    assert found == record._replace(
        session=record.session + 1,
        boot=record.boot if boot else record.boot + 1,
        boot_id=claim.boot_id,
        agent_version="2",
        sleeps=True,
    )


@pytest.mark.parametrize("sleeps", [True, False, None])
def test_of_what_is_said_of_sleep_the_newest_session_s_word_counts(sleeps: bool | None) -> None:
    """Also in the same boot: somebody masked it, and started the agent anew."""
    claim = Claim(RECORD.session, RECORD.machine_id, RECORD.boot_id, "1", sleeps)
    for before in (True, False, None):
        assert begin(RECORD._replace(sleeps=before), claim, NOT_LIVE).sleeps is sleeps


def test_a_host_that_is_two_machines_begins_nothing() -> None:
    claim = Claim(RECORD.session, RECORD.machine_id, RECORD.boot_id, "1")
    assert outcome(RECORD._replace(forked_at=NOW), claim, NOT_LIVE) is HostForked


def test_a_claim_heard_twice_begins_one_session() -> None:
    claim = Claim(RECORD.session, RECORD.machine_id, RECORD.boot_id, "1")
    begun = begin(RECORD, claim, NOT_LIVE)
    assert outcome(begun, claim, NOT_LIVE) is SessionUnknown


def test_who_is_refused_for_life_is_told_how_long_to_wait() -> None:
    claim = Claim(RECORD.session, "another machine", RECORD.boot_id, "1")
    with pytest.raises(HostIsLive) as refused:
        begin(RECORD, claim, timedelta(seconds=7.5))
    assert refused.value.facts["retry_after_s"] == 7.5


@pytest.mark.parametrize(
    ("last_seen", "left"),
    [
        (None, timedelta()),
        (NOW, 2 * INTERVAL),
        (NOW - INTERVAL, INTERVAL),
        (NOW - 2 * INTERVAL, timedelta()),
        (NOW - 9 * INTERVAL, timedelta()),
        (NOW + timedelta(days=1), 2 * INTERVAL),
    ],
)
def test_a_host_is_live_for_two_intervals_and_no_future_stamp_makes_it_longer(
    last_seen: datetime | None, left: timedelta
) -> None:
    assert live_for(last_seen, NOW, INTERVAL) == left


@pytest.mark.parametrize(
    "name", ["c", "compute1", "compute-1.example.org", "rack 7", "计算节点", "é" * NAME_LENGTH_MAX]
)
def test_names_in_any_script_are_welcome(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " a",
        "a ",
        "a/b",
        "/",
        "a\n",
        "\na",
        "a\x00b",
        "a\x7fb",
        "a\x85b",
        "safe\u202eelif",
        "a\u2066b\u2069",
        "a\u200bb",
        "a\u00adb",
        "\ufeffa",
        "a\u2028b",
        "a\u2029b",
        "a\ud800b",
        "\u00a0a",
        "a\u3000",
        "a" * (NAME_LENGTH_MAX + 1),
    ],
)
def test_names_that_would_not_survive_a_url_or_a_log_are_refused(name: str) -> None:
    with pytest.raises(HostNameInvalid):
        check_name(name)


@pytest.mark.parametrize(
    ("name", "can"), [("Node-1.rack_2", True), ("rack 7", False), ("node1\n", False), ("é", False)]
)
def test_only_plain_names_can_be_said_in_old_requests(name: str, can: bool) -> None:
    assert goes_by_name(name) is can


@given(name=st.text(max_size=NAME_LENGTH_MAX + 5))
def test_a_name_that_is_accepted_is_one_line_without_a_slash(name: str) -> None:
    try:
        check_name(name)
    except HostNameInvalid:
        return
    assert 0 < len(name) <= NAME_LENGTH_MAX
    assert name == name.strip()
    assert not set(name) & {"/", "\n", "\r", "\x00"}
