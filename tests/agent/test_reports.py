"""Reports on the wire: authentic, of this time, once, of bounded size; and what is counted."""

from datetime import datetime

import orjson
import pytest
from tests.agent.house import INTERVAL_S, Host, House

from hostdown.agent.client import _Raw
from hostdown.agent.pools import FixedPool, PoolSeen
from hostdown.api.agent.wire import BODY_BYTES_MAX
from hostdown.domain.pools import PoolClass
from hostdown.domain.signing import request_mac
from hostdown.services.cell_ports import CellRows, Refusal

Sent = tuple[str, bytes, dict[str, str]]


def last(host: Host) -> Sent:
    path, body, headers = host.wire.sent[-1]
    return path, body, dict(headers)


def signed(host: Host, path: str, body: bytes, time_ms: int, nonce: str = "n" * 32) -> Sent:
    assert host.store.identity is not None
    mac = request_mac(host.store.identity.secret, "POST", path, body, time_ms, nonce)
    headers = {
        "X-Hostdown-Time": str(time_ms),
        "X-Hostdown-Nonce": nonce,
        "X-Hostdown-Mac": mac,
    }
    return path, body, headers


def code(raw: _Raw) -> tuple[int, str]:
    return raw.status, orjson.loads(raw.body)["error"]["code"]


def test_a_report_is_taken_once(house: House) -> None:
    host = house.reporting("compute1")
    assert code(host.client.raw(*last(host))) == (409, "replayed")
    assert house.refused() == {"replayed": 1}


def test_a_replay_at_another_worker_changes_nothing(house: House) -> None:
    host = house.reporting("compute1")
    first = last(host)
    house.clock.forward(5)
    host.hypervisor.used = 7
    host.turns(1)
    house.flush()
    before = house.service("compute1")
    intake, house.app = house.worker()
    other = house.host("compute1", store=host.store)
    assert other.client.raw(*first).status == 200
    intake.flush(house.clock.now())
    assert house.service("compute1") == before


@pytest.mark.parametrize("part", ["body", "mac", "nonce", "time", "path"])
def test_a_changed_request_is_refused(house: House, part: str) -> None:
    host = house.reporting("compute1")
    other = house.reporting("compute2")
    path, body, headers = last(host)
    match part:
        case "body":
            body = body.replace(b'"sequence":1', b'"sequence":2')
        case "mac":
            headers["X-Hostdown-Mac"] = "0" * 64
        case "nonce":
            headers["X-Hostdown-Nonce"] = "f" * 32
        case "time":
            headers["X-Hostdown-Time"] = str(int(headers["X-Hostdown-Time"]) + 1)
        case _:
            path = last(other)[0]
    assert code(host.client.raw(path, body, headers)) == (401, "bad-signature")
    assert house.refused() == {"bad-signature": 1}


@pytest.mark.parametrize("skew_s", [-31, 31])
def test_a_clock_that_is_wrong_is_told_and_tried_again(
    house: House, skew_s: int, caplog: pytest.LogCaptureFixture
) -> None:
    host = house.reporting("compute1")
    path, body, headers = last(host)
    time_ms = int(headers["X-Hostdown-Time"]) + skew_s * 1000
    raw = host.client.raw(*signed(host, path, body, time_ms))
    assert code(raw) == (401, "stale-time")
    assert orjson.loads(raw.body)["error"]["server_time_ms"] == int(headers["X-Hostdown-Time"])
    host.wire.tamper = lambda _: host.client.raw(*signed(host, path, body, time_ms, nonce(host)))
    assert host.agent.turn() > 0
    assert "set this machine's clock right" in caplog.records[-1].getMessage()


def nonce(host: Host) -> str:
    return last(host)[2]["X-Hostdown-Nonce"]


@pytest.mark.parametrize("skew_s", [-29, 29])
def test_half_a_minute_of_skew_is_allowed(house: House, skew_s: int) -> None:
    host = house.reporting("compute1")
    path, body, headers = last(host)
    body = body.replace(b'"sequence":1', b'"sequence":2')
    time_ms = int(headers["X-Hostdown-Time"]) + skew_s * 1000
    assert host.client.raw(*signed(host, path, body, time_ms)).status == 200


def test_a_body_beyond_the_limit_is_refused_unread(house: House) -> None:
    host = house.reporting("compute1")
    path, _, headers = last(host)
    raw = host.client.raw(path, b"x" * (BODY_BYTES_MAX + 1), headers)
    assert code(raw) == (413, "too-large")


def test_a_host_that_was_never_enrolled_is_refused_without_a_signature(house: House) -> None:
    host = house.reporting("compute1")
    _, body, headers = last(host)
    for host_id in ("00000000-0000-4000-8000-000000000000", "x", "%00", "A" * 5000):
        raw = host.client.raw(f"/agent/v1/hosts/{host_id}/report", body, headers)
        assert code(raw) == (404, "host-unknown")
        assert raw.mac == ""
    assert house.refused() == {"host-unknown": 4}


@pytest.mark.parametrize("missing", ["X-Hostdown-Time", "X-Hostdown-Nonce", "X-Hostdown-Mac"])
def test_a_request_without_its_envelope_is_refused(house: House, missing: str) -> None:
    host = house.reporting("compute1")
    path, body, headers = last(host)
    del headers[missing]
    assert code(host.client.raw(path, body, headers)) == (401, "bad-signature")


GOOD = {
    "session": 1,
    "sequence": 2,
    "resources_since": 1,
    "instances": [],
    "resources": {},
}


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b"{",
        b'"\xff"',
        {"session": "1"},
        {"session": True},
        {"session": 0},
        {"session": 2**31},
        {"sequence": 0},
        {"sequence": 2**32},
        {"sequence": 1.5},
        {"resources_since": 3},
        {"resources": None},
        {"resources": {"vcpus": -1}},
        {"resources": {"vcpus": 2**31}},
        {"resources": {"cpu_info": "no object"}},
        {"resources": {"cpu_info": "[]"}},
        {"resources": {"cpu_info": "{"}},
        {"resources": {"cpu_info": '{"a": 1e999}'}},
        {"resources": {"cpu_info": '{"a": "\\ud800"}'}},
        {"resources": {"cpu_info": '{"a": ' + "[" * 256 + "]" * 256 + "}"}},
        {"resources": {"cpu_info": '{"a": "' + "x" * 16_384 + '"}'}},
        {"resources": {"host_ip": ""}},
        {"resources": {"host_ip": 1}},
        {"resources": {"host_ip": "compute1"}},
        {"resources": {"host_ip": "192.0.2.256"}},
        {"resources": {"hypervisor_hostname": "a\x00b"}},
        {"resources": {"booted_at": "yesterday"}},
        {"resources": {"booted_at": 1}},
        {"resources": {"booted_at": "2026-03-01T12:00:00+01:00"}},
        {"resources": {"pool_id": "x" * 37}},
        {"resources": {"pool_id": None}},
        {"resources": {"pool_class": "some"}},
        {"resources": {"pool_class": None}},
        {"resources": {"pool_class": ["locks"]}},
        {"instances": {}},
        {"instances": ["a"]},
        {"instances": [[]] * 1001},
    ],
)
def test_a_malformed_report_is_refused_and_counted_for_its_host(
    house: House, wrong: bytes | dict[str, object]
) -> None:
    host = house.reporting("compute1")
    path, body, headers = last(host)
    if isinstance(wrong, dict):
        content = orjson.loads(body) | {"sequence": 2}
        resources = wrong.pop("resources", {})
        content |= wrong
        content["resources"] = content["resources"] | resources if resources is not None else None
        body = orjson.dumps(content)
    else:
        body = wrong
    raw = host.client.raw(*signed(host, path, body, int(headers["X-Hostdown-Time"])))
    assert code(raw) == (400, "malformed")
    house.flush()

    def refused(rows: CellRows) -> list[Refusal]:
        return rows.reports.refused("compute1")

    counted = house.storage.cells.all()[0].read(refused)
    assert counted == [Refusal("compute1", "malformed", 1, house.clock.now())]


def test_what_a_host_has_is_kept_as_it_says(house: House) -> None:
    host = house.reporting("compute1")
    booted_at = datetime(2026, 3, 1, 12)
    said = host.hypervisor.resources()._replace(host_ip="fe80::1%eth0", booted_at=booted_at)
    host.hypervisor.resources = lambda: said  # type: ignore[method-assign] # a test
    host.turns(1)
    house.flush()
    (kept,) = house.storage.cells.all()[0].read(lambda rows: rows.nodes.page(0, 10))
    assert kept.node.resources == said._replace(host_ip="fe80::1")


@pytest.mark.parametrize("pool_class", ["", *PoolClass])
def test_the_pool_of_a_host_is_kept_with_what_it_has(house: House, pool_class: str) -> None:
    host = house.host("compute1", pool=FixedPool(PoolSeen("1" * 36, pool_class)))
    host.turns(3)
    house.flush()
    (kept,) = house.storage.cells.all()[0].read(lambda rows: rows.nodes.page(0, 10))
    assert kept.node.resources.pool_id == "1" * 36
    assert kept.node.resources.pool_class == pool_class


def test_an_agent_that_knows_of_no_pools_is_understood(house: House) -> None:
    host = house.reporting("compute1")
    path, body, headers = last(host)
    content = orjson.loads(body) | {"sequence": 2}
    del content["resources"]["pool_id"], content["resources"]["pool_class"]
    body = orjson.dumps(content)
    raw = host.client.raw(*signed(host, path, body, int(headers["X-Hostdown-Time"])))
    assert raw.status == 200


def test_fields_that_are_not_known_yet_are_ignored(house: House) -> None:
    host = house.reporting("compute1")
    path, body, headers = last(host)
    body = orjson.dumps(orjson.loads(body) | {"sequence": 2, "later": {"than": "now"}})
    raw = host.client.raw(*signed(host, path, body, int(headers["X-Hostdown-Time"])))
    assert raw.status == 200


def test_an_inventory_that_the_hypervisor_does_not_give_is_null_and_accepted(house: House) -> None:
    host = house.reporting("compute1")
    host.hypervisor.instances = lambda: None  # type: ignore[method-assign, return-value] # a test
    host.turns(1)
    assert host.agent.reporting


def test_a_database_that_was_set_back_gets_a_new_session(house: House) -> None:
    host = house.reporting("compute1")
    host.agent._session = 9
    host.turns(1)
    assert not host.agent.reporting
    host.turns(2)
    assert host.agent.reporting


def test_silence_makes_a_host_go_down_and_a_report_brings_it_back(house: House) -> None:
    host = house.reporting("compute1")
    house.clock.forward(60)
    assert house.state("compute1") == "up"
    house.clock.forward(0.001)
    assert house.state("compute1") == "down"
    host.turns(1)
    house.flush()
    assert house.state("compute1") == "up"


def test_the_agent_reports_as_often_as_the_server_asks_and_a_little_oftener(house: House) -> None:
    host = house.reporting("compute1")
    waits = [host.agent.turn() for _ in range(50)]
    assert all(INTERVAL_S * 0.9 <= wait <= INTERVAL_S for wait in waits)
    assert len(set(waits)) > 1


def test_a_host_reports_only_once_a_report_of_its_session_was_taken(house: House) -> None:
    host = house.host("compute1")
    seen = []

    def listen(raw: _Raw) -> _Raw:
        seen.append((host.wire.sent[-1][0].rsplit("/", 1)[1], host.agent.reporting))
        return raw

    host.wire.tamper = listen
    host.turns(4)
    expected = [("enrolments", False), ("sessions", False), ("report", False), ("report", True)]
    assert seen == expected
