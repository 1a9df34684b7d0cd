"""What an administrator asks about hosts, and who else may not."""

from urllib.parse import quote

import falcon.testing
import pytest
from tests.agent.house import ADMIN, INTERVAL_S, House

from hostdown.services import compute_services

TOKEN = {"X-Auth-Token": "admin"}
PATHS = [("GET", "/hosts"), ("GET", "/hosts/compute1"), ("POST", "/hosts/compute1/enrolment")]


def ask(
    house: House, method: str, path: str, headers: dict[str, str] = TOKEN, body: bytes = b""
) -> falcon.testing.Result:
    client = falcon.testing.TestClient(house.app)
    return client.simulate_request(method, f"/agent/v1{path}", headers=headers, body=body)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_only_an_administrator_may(house: House, method: str, path: str) -> None:
    without = ask(house, method, path, headers={})
    assert (without.status_code, without.json["error"]["code"]) == (401, "unauthenticated")
    assert without.headers["WWW-Authenticate"] == "Keystone uri='http://house'"
    other = ask(house, method, path, headers={"X-Auth-Token": "bob"})
    assert (other.status_code, other.json["error"]["code"]) == (403, "policy-forbids")


def test_hosts_are_listed_by_name(house: House) -> None:
    assert ask(house, "GET", "/hosts").json == {"hosts": []}
    for name in ("b", "a"):
        house.reporting(name)
    shown = ask(house, "GET", "/hosts").json["hosts"]
    assert [(host["name"], host["state"], host["boot"], host["session"]) for host in shown] == [
        ("a", "up", 1, 1),
        ("b", "up", 1, 1),
    ]


def test_a_host_is_shown_with_who_forced_it_down_and_what_was_refused(house: House) -> None:
    host = house.reporting("計算機 1")
    compute_services.update_on_host(
        house.storage.cells, house.storage.directory, ADMIN, "計算機 1", "nova-compute",
        compute_services.Wanted(forced_down=True), house.clock.now(),
    )  # fmt: skip
    host.client.raw(*host.wire.sent[-1])
    house.flush()
    shown = ask(house, "GET", f"/hosts/{quote('計算機 1')}").json["host"]
    assert (shown["state"], shown["forced_down"], shown["agent_version"]) == ("down", True, "0.1")
    assert shown["refused"] == [
        {"reason": "replayed", "times": 1, "last_at": house.clock.now().isoformat()}
    ]
    assert shown["unknown_servers"] == []
    change = shown["changes"][0]
    assert (change["user"], change["event_type"]) == ("admin", "service.update")
    assert (change["before"], change["after"]) == ({"forced_down": False}, {"forced_down": True})


def test_a_host_that_nobody_knows_is_not_found(house: House) -> None:
    answer = ask(house, "GET", "/hosts/compute1")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "host-not-mapped")


def test_a_one_time_secret_makes_a_host(house: House) -> None:
    answer = ask(house, "POST", "/hosts/compute1/enrolment")
    assert answer.status_code == 201
    opened = answer.json["enrolment"]
    assert (opened["name"], opened["replace"]) == ("compute1", False)
    house.reporting("compute1", secret=opened["secret"].encode())
    taken = ask(house, "POST", "/hosts/compute1/enrolment")
    assert (taken.status_code, taken.json["error"]["code"]) == (409, "host-name-taken")
    live = ask(house, "POST", "/hosts/compute1/enrolment", body=b'{"replace": true}')
    assert (live.status_code, live.json["error"]["code"]) == (409, "host-is-live")
    house.clock.forward(3 * INTERVAL_S)
    again = ask(house, "POST", "/hosts/compute1/enrolment", body=b'{"replace": true}')
    assert again.status_code == 201


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"replace": 1}'])
def test_a_body_that_is_not_understood_is_refused(house: House, body: bytes) -> None:
    answer = ask(house, "POST", "/hosts/compute1/enrolment", body=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PUT", "/hosts"), ("GET", "/enrolments"), ("GET", "/hosts/a/b")],
)
def test_other_paths_are_not_found(house: House, method: str, path: str) -> None:
    answer = ask(house, method, path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "no-route")
