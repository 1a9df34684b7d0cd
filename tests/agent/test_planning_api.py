"""What operators arrange and ask before hosts fail."""

import json

import falcon.testing
import pytest
from tests.agent.house import House
from tests.agent.test_admin import ask

from hostdown.domain.fence_checks import FenceCheck, LevelSeen
from hostdown.storage import Storage

PATHS = [
    ("POST", "/hosts/a/failure-domain"),
    ("POST", "/hosts/a/reserve"),
    ("GET", "/hosts/a/recovery-plan"),
    ("GET", "/capacity"),
    ("GET", "/fence-checks"),
]


@pytest.fixture
def house(store: Storage) -> House:
    made = House(store)
    for name in ("a", "b"):
        made.reporting(name)
    return made


def post(house: House, path: str, body: object) -> falcon.testing.Result:
    return ask(house, "POST", path, body=json.dumps(body).encode())


def host(house: House, name: str = "a") -> dict[str, object]:
    found: dict[str, object] = ask(house, "GET", f"/hosts/{name}").json["host"]
    return found


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_only_an_administrator_may(house: House, method: str, path: str) -> None:
    assert ask(house, method, path, headers={}).status_code == 401
    assert ask(house, method, path, headers={"X-Auth-Token": "bob"}).status_code == 403


def test_a_host_is_put_into_a_failure_domain_and_taken_out_again(house: House) -> None:
    assert host(house)["domain"] == "nova"
    answer = post(house, "/hosts/a/failure-domain", {"failure_domain": "rack7"})
    assert answer.json == {"host": {"name": "a", "failure_domain": "rack7"}}
    shown = ask(house, "GET", "/hosts").json["hosts"]
    assert [each["domain"] for each in shown] == ["rack7", "nova"]
    post(house, "/hosts/a/failure-domain", {"failure_domain": None})
    assert host(house)["domain"] == "nova"


def test_a_host_is_reserved_and_used_again(house: House) -> None:
    answer = post(house, "/hosts/a/reserve", {"reserved": True})
    assert answer.json == {"host": {"name": "a", "reserved": True}}
    shown = host(house)
    assert (shown["reserved"], shown["status"], shown["disabled_reason"]) == (
        True, "disabled", "reserved",
    )  # fmt: skip
    assert host(house, "b")["reserved"] is False
    post(house, "/hosts/a/reserve", {"reserved": False})
    assert (host(house)["reserved"], host(house)["status"]) == (False, "enabled")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/hosts/a/failure-domain", {"failure_domain": ""}, 400, "failure-domain-invalid"),
        ("/hosts/a/failure-domain", {"failure_domain": 7}, 400, "malformed"),
        ("/hosts/a/failure-domain", {}, 400, "malformed"),
        ("/hosts/a/failure-domain", [], 400, "malformed"),
        ("/hosts/x/failure-domain", {"failure_domain": "r"}, 404, "host-not-mapped"),
        ("/hosts/a/reserve", {"reserved": "on"}, 400, "malformed"),
        ("/hosts/x/reserve", {"reserved": True}, 404, "host-not-mapped"),
    ],
)
def test_what_cannot_be_is_refused(
    house: House, path: str, body: object, status: int, code: str
) -> None:
    answer = post(house, path, body)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_what_is_not_json_is_refused(house: House) -> None:
    answer = ask(house, "POST", "/hosts/a/reserve", body=b"{")
    assert answer.json["error"]["code"] == "malformed"


def test_a_plan_is_shown(house: House) -> None:
    found = ask(house, "GET", "/hosts/a/recovery-plan").json["plan"]
    assert (found["host"], found["failure_domain"], found["hold_off_s"]) == ("a", "nova", 3.0)
    assert (found["nothing"], found["held"], found["levels"], found["servers"]) == (
        None, None, [], [],
    )  # fmt: skip
    assert "Nothing can fence it" in found["warnings"][0]
    assert ask(house, "GET", "/hosts/x/recovery-plan").status_code == 404


@pytest.mark.parametrize(
    ("query", "tried", "meaning", "lost", "hosts"),
    [
        ("", 2, "Each host was lost alone.", "a", ["a"]),
        ("?lose=2", 1, "The 2 hosts with most memory", "the fullest of all", ["a", "b"]),
        ("?lose=domain", 1, "Each failure domain was lost", "domain nova", ["a", "b"]),
    ],
)
def test_capacity_is_asked_for_hosts_and_domains(
    house: House, query: str, tried: int, meaning: str, lost: str, hosts: list[str]
) -> None:
    found = ask(house, "GET", f"/capacity{query}").json["capacity"]
    assert (found["fits"], found["tried"], found["hosts"], found["servers"]) == (True, tried, 2, 0)
    assert found["meaning"].startswith(meaning)
    assert found["cases"][0] == {
        "lost": lost,
        "hosts": hosts,
        "servers": 0,
        "memory_mb": 0,
        "reserves": [],
        "stay": 0,
        "reason": None,
    }


@pytest.mark.parametrize("lose", ["0", "-1", "1001", "x", "1.5", "9" * 40])
def test_how_many_are_lost_has_bounds(house: House, lose: str) -> None:
    answer = ask(house, "GET", f"/capacity?lose={lose}")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "malformed")


def test_the_last_checks_of_fencing_are_listed(house: House) -> None:
    seen = LevelSeen(1, "redfish", None, "It does not answer.")
    at = house.clock.now()
    check = FenceCheck("b", at, 2, at, (seen,), None)
    (cell,) = house.storage.cells.all()
    cell.write(lambda rows: rows.fence_checks.put(check))
    found = ask(house, "GET", "/fence-checks").json["fence_checks"]
    assert found == [
        {"host": "a", "checked_at": None, "broken": False, "failing_since": None, "problems": []},
        {
            "host": "b",
            "checked_at": at.isoformat(),
            "broken": True,
            "failing_since": at.isoformat(),
            "problems": ["Level 1 (redfish): It does not answer."],
        },
    ]
