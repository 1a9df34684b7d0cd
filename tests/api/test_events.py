"""Doctor's events: a monitor that was written for its Inspector, and what else arrives there."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.telling import Telling, event
from tests.api.world import ADMIN, READER, World, open_world

from hostdown.domain.identity_errors import LoginRefused, LoginsBusy, TooManyGuesses

DOWN_SINCE = timedelta(seconds=61)


@pytest.fixture
def telling(world: World) -> Telling:
    for host in ("host1", "host2"):
        world.service(host)
    return Telling(world)


def test_what_doctors_sample_monitor_puts_is_taken(telling: Telling) -> None:
    (taken,) = telling.ask("/events", [event()]).json["events"]
    (kept,) = telling.kept("host1")
    assert taken == {
        "id": kept.id, "host": "host1", "kind": "compute.host.down", "source": "monitor_sample",
        "times": 1, "meaning": "heard",
    }  # fmt: skip
    assert (kept.event_id, kept.said_at) == ("monitor_sample_event1", "2026-11-20T11:00:00.123456")
    assert (kept.user_name, kept.first_at) == ("admin", telling.world.clock.at)
    assert kept.request_id.startswith("req-")
    assert kept.details["status"] == "down"


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_one_a_list_and_the_bulk_form_are_the_same(telling: Telling, method: str) -> None:
    for body in (event("host1"), [event("host1")], {"events": [event("host1"), event("host2")]}):
        assert telling.ask("/events", body, method).status_code == 200
    assert [each.times for each in telling.kept("host1") + telling.kept("host2")] == [3, 1]


def test_a_repetition_is_counted_and_told_once(telling: Telling) -> None:
    first = telling.ask("/events", event()).json["events"][0]
    again = telling.ask("/events", event()).json["events"][0]
    assert again == first | {"times": 2}
    told = telling.world.cell.read(lambda rows: rows.journal.history("host1", 10))
    assert [each.event_type for each in told] == ["host.fault_reported"]
    assert told[0].after == {"kind": "compute.host.down", "source": "monitor_sample"}
    assert told[0].caller.user_name == "admin"


@pytest.mark.parametrize(
    ("kind", "silent", "meaning"),
    [
        ("compute.host.down", False, "heard"),
        ("compute.host.down", True, "counts"),
        ("compute.host.kdump", True, "counts"),
        ("compute.host.up", True, "noted"),
        ("compute.host.degraded", True, "noted"),
    ],
)
def test_it_says_what_comes_of_it(telling: Telling, kind: str, silent: bool, meaning: str) -> None:
    if silent:
        telling.world.service("quiet", seen=DOWN_SINCE)
    host = "quiet" if silent else "host1"
    assert telling.ask("/events", event(host, kind)).json["events"][0]["meaning"] == meaning


def test_a_lie_about_a_host_that_is_heard_changes_nothing(telling: Telling) -> None:
    before = telling.world.cell.read(lambda rows: rows.services.find("host1"))
    telling.ask("/events", event())
    assert telling.world.cell.read(lambda rows: rows.services.find("host1")) == before


def test_where_a_site_says_so_it_is_the_word_of_whoever_sent_it(world: World) -> None:
    world.service("host1")
    telling = Telling(world, as_word=True)
    for kind in ("compute.host.degraded", "compute.host.kdump"):
        telling.ask("/events", event(kind=kind))
    (seen,) = world.cell.read(lambda rows: rows.services.find("host1"))
    assert not seen.forced_down
    assert telling.ask("/events", event()).json["events"][0]["meaning"] == "forced-down"
    (seen,) = world.cell.read(lambda rows: rows.services.find("host1"))
    assert seen.forced_down
    newest = world.cell.read(lambda rows: rows.journal.history("host1", 1))[0]
    assert (newest.event_type, newest.caller.user_name) == ("service.update", "admin")
    back = telling.ask("/events", event(kind="compute.host.up")).json["events"][0]
    assert back["meaning"] == "noted"
    (seen,) = world.cell.read(lambda rows: rows.services.find("host1"))
    assert seen.forced_down


BAD: list[tuple[object, int, str]] = [
    (b"", 400, "malformed"),
    (b"{", 400, "malformed"),
    (b"\xff", 400, "malformed"),
    (b"[" * 100_000, 400, "malformed"),
    (b" " * ((1 << 20) + 1), 413, "too-large"),
    ([], 400, "event-malformed"),
    ({}, 400, "event-malformed"),
    ("x", 400, "event-malformed"),
    ({"events": event()}, 400, "event-malformed"),
    ([event(), 7], 400, "event-malformed"),
    ([event()] * 1001, 400, "too-many-events"),
    ([{"type": "x", "details": {"hostname": "host1"}}] * 10_000, 400, "too-many-events"),
    (event() | {"details": None}, 400, "event-malformed"),
    (event() | {"details": {"hostname": ""}}, 400, "event-malformed"),
    (event() | {"details": {"hostname": ["host1"]}}, 400, "event-malformed"),
    (event() | {"details": {"hostname": 5}}, 400, "event-malformed"),
    (event("host1\x00"), 400, "event-malformed"),
    (event("h" * 256), 400, "event-malformed"),
    (event(cause="x" * 4097), 400, "event-malformed"),
    (event() | {"type": None}, 400, "event-kind-unknown"),
    (event(kind="compute.host.odd"), 400, "event-kind-unknown"),
    (event() | {"time": "yesterday"}, 400, "event-malformed"),
    (event() | {"time": 1e300}, 400, "event-malformed"),
    (event() | {"time": True}, 400, "event-malformed"),
    (event("nobody"), 404, "host-not-mapped"),
    ([event(), event("nobody")], 404, "host-not-mapped"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_what_cannot_be_meant_is_refused_as_a_whole(
    telling: Telling, body: object, status: int, code: str
) -> None:
    answer = telling.ask("/events", body)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert telling.kept("host1") == []


@pytest.mark.parametrize(
    ("time", "said_at"),
    [
        ("1970-01-01", "1970-01-01T00:00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
        (None, ""),
    ],
)
def test_a_clock_that_is_wrong_is_told_and_decides_nothing(
    telling: Telling, time: object, said_at: str
) -> None:
    assert telling.ask("/events", event() | {"time": time}).status_code == 200
    (kept,) = telling.kept("host1")
    assert (kept.said_at, kept.last_at) == (said_at, telling.world.clock.at)


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "unauthenticated"),
        ("?", 401, "unauthenticated"),
        (READER, 403, "policy-forbids"),
    ],
)
def test_only_whom_the_policy_lets(
    telling: Telling, token: str | None, status: int, code: str
) -> None:
    answer = telling.ask("/events", event(), token=token)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert telling.kept("host1") == []


def test_a_token_may_stand_in_authorization(telling: Telling) -> None:
    def by(text: str, token: str | None = None) -> int:
        answer = telling.ask("/events", event(), token=token, Authorization=text)
        return answer.status_code

    assert by(f"Bearer {ADMIN}") == by(f"bearer  {ADMIN} ") == 200
    assert by("Bearer") == by("Bearer ?") == by(f"Digest {ADMIN}") == 401
    assert by("Basic YTpi") == 401  # nobody here checks passwords
    assert by("Basic YTpi", ADMIN) == 200


def basic(text: str) -> str:
    return f"Basic {b64encode(text.encode()).decode()}"


def test_users_of_our_own_may_give_a_password(world: World) -> None:
    world.service("host1")
    asked = []

    def log_in(name: str, password: str, source: str) -> str:
        asked.append((name, password, source))
        if password == "busy":
            raise LoginsBusy(retry_after_s=1)
        if password == "guess":
            raise TooManyGuesses(retry_after_s=1)
        if password != "se:cret":
            raise LoginRefused
        return ADMIN

    telling = Telling(world, log_in=log_in)

    def by(text: str) -> int:
        return telling.ask("/events", event(), token=None, Authorization=text).status_code

    assert by(basic("prom:se:cret")) == 200
    assert asked == [("prom", "se:cret", "127.0.0.1")]
    assert by(basic("prom:wrong")) == by("Basic !") == by("Basic /w==") == 401
    answer = telling.ask("/events", event(), token=None)
    challenges = answer.headers["www-authenticate"]
    assert challenges == f'{world.parts.authenticator.challenge}, Basic realm="hostdown"'
    assert (by(basic("prom:busy")), by(basic("prom:guess"))) == (503, 429)


def test_other_paths_and_methods_are_told(telling: Telling) -> None:
    assert telling.client.simulate_put("/events/1").status_code == 404
    answer = telling.ask("/events", event(), "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, "PUT, POST")


def test_a_database_that_is_away_is_told(telling: Telling) -> None:
    telling.world.silence_cell()
    answer = telling.ask("/events", event())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(["hostname", "source", "monitor", "monitor_event_id", "severity"])
EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(["compute.host.down", "compute.host.up"]) | VALUE},
    optional={
        "time": VALUE,
        "id": VALUE,
        "details": st.dictionaries(FIELDS, VALUE | st.just("host1")) | VALUE,
    },
)
ALERT = st.fixed_dictionaries(
    {"status": st.sampled_from(["firing", "resolved"]) | VALUE},
    optional={
        "labels": st.fixed_dictionaries(
            {"alertname": st.just("HostDown") | VALUE, "instance": st.just("host1") | VALUE}
        )
        | VALUE,
        "annotations": st.dictionaries(st.text(max_size=9), VALUE) | VALUE,
        "startsAt": VALUE,
        "fingerprint": VALUE,
    },
)


@pytest.fixture(scope="module")
def asked() -> Iterator[Telling]:
    with open_world() as world:
        world.service("host1")
        yield Telling(world)


@given(body=EVENT | st.lists(EVENT, max_size=3) | VALUE)
def test_whatever_is_said_is_never_a_500(asked: Telling, body: Any) -> None:  # noqa: ANN401 - anything
    assert asked.ask("/events", body).status_code < 500


@given(alerts=st.lists(ALERT, max_size=3) | VALUE, version=st.just("4") | VALUE)
def test_nor_is_whatever_an_alert_says(asked: Telling, alerts: Any, version: Any) -> None:  # noqa: ANN401 - anything
    body = {"alerts": alerts, "version": version}
    assert asked.ask("/alertmanager", body, "POST").status_code < 500
