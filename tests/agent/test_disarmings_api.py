"""What administrators say of where recovery is disarmed, over HTTP."""

from datetime import datetime, timedelta

import pytest
from orjson import dumps
from tests.agent.house import ADMIN, House
from tests.agent.test_admin import ask

from hostdown.services.host_fault import HostWanted, Switch, set_host_down

WORK = {"scope": "host", "name": "compute1", "reason": "new fans"}


def post(house: House, path: str, body: object) -> tuple[int, dict]:
    answer = ask(house, "POST", f"/disarmings{path}", body=dumps(body))
    return answer.status_code, answer.json


def shown(house: House) -> tuple[object, ...]:
    """Of the host in the list, and in detail."""
    (listed,) = ask(house, "GET", "/hosts").json["hosts"]
    host = ask(house, "GET", "/hosts/compute1").json["host"]
    assert (host["recovery"], host["domain"]) == (listed["recovery"], listed["domain"])
    return listed["recovery"], [each["scope"] for each in host["disarmed"]]


@pytest.mark.parametrize("path", ["", "/arm"])
def test_only_an_administrator_may(house: House, path: str) -> None:
    for headers, status in (({}, 401), ({"X-Auth-Token": "bob"}, 403)):
        answer = ask(house, "POST", f"/disarmings{path}", headers, dumps(WORK))
        assert answer.status_code == status


def test_a_host_shows_what_disarms_it_until_it_is_armed(house: House) -> None:
    house.reporting("compute1")
    assert shown(house) == ("armed", [])
    status, answer = post(house, "", WORK | {"seconds": 7200})
    made = answer["disarming"]
    assert (status, made["user"], made["reason"]) == (201, "admin", "new fans")
    at, until = (datetime.fromisoformat(made[name]) for name in ("at", "until"))
    assert (at, until) == (house.clock.now(), at + timedelta(hours=2))
    assert post(house, "", {"scope": "domain", "name": "nova", "reason": "switch"})[0] == 201
    assert post(house, "", {"scope": "all", "reason": "storage"})[0] == 201
    assert shown(house) == ("disarmed", ["host", "domain", "all"])
    listed = ask(house, "GET", "/disarmings").json["disarmings"]
    assert [(each["scope"], each["name"]) for each in listed] == [
        ("host", "compute1"), ("domain", "nova"), ("all", ""),
    ]  # fmt: skip
    for place in (WORK, {"scope": "domain", "name": "nova"}, {"scope": "all"}):
        assert post(house, "/arm", place) == (200, {"was_disarmed": True})
    assert post(house, "/arm", WORK) == (200, {"was_disarmed": False})
    assert shown(house) == ("armed", [])
    changes = ask(house, "GET", "/hosts/compute1").json["host"]["changes"]
    assert [each["event_type"] for each in changes[:2]] == ["recovery.arm", "recovery.disarm"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"scope": "host", "name": "compute9"}, "host-not-mapped"),
        ({"scope": "domain", "name": "rack9"}, "domain-unknown"),
    ],
)
def test_a_place_that_is_not_there_is_not_armed(
    house: House, place: dict[str, object], code: str
) -> None:
    """Whoever mistypes a name would think that the right one was armed."""
    house.reporting("compute1")
    post(house, "", WORK)
    status, body = post(house, "/arm", place)
    assert (status, body["error"]["code"]) == (404, code)
    assert shown(house) == ("disarmed", ["host"])


def test_a_host_in_maintenance_shows_that_it_is_not_recovered(house: House) -> None:
    house.reporting("compute1")
    parts = house.deployment
    wanted = HostWanted(maintenance=Switch.ENABLE)
    set_host_down(parts.cells, parts.directory, ADMIN, "compute1", wanted, house.clock.now())
    assert shown(house) == ("suspended", [])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "compute9"}, 404, "host-not-mapped"),
        ({"scope": "domain"}, 404, "domain-unknown"),
        ({"scope": "rack"}, 400, "malformed"),
        ({"scope": ["host"]}, 400, "malformed"),
        ({"scope": "all"}, 400, "malformed"),
        ({"name": ""}, 400, "malformed"),
        ({"name": "a\0"}, 400, "malformed"),
        ({"name": "a" * 256}, 400, "malformed"),
        ({"name": 1}, 400, "malformed"),
        ({"reason": " "}, 400, "malformed"),
        ({"reason": "a" * 256}, 400, "malformed"),
        ({"reason": None}, 400, "malformed"),
        ({"reason": "a\0"}, 400, "malformed"),
        ({"seconds": 0}, 400, "malformed"),
        ({"seconds": True}, 400, "malformed"),
        ({"seconds": "60"}, 400, "malformed"),
        ({"seconds": 10**9}, 400, "malformed"),
    ],
)
def test_what_makes_no_sense_is_refused_and_disarms_nothing(
    house: House, change: dict[str, object], status: int, code: str
) -> None:
    house.reporting("compute1")
    answered, body = post(house, "", WORK | change)
    assert (answered, body["error"]["code"]) == (status, code)
    assert ask(house, "GET", "/disarmings").json == {"disarmings": []}


@pytest.mark.parametrize("body", [b"[]", b"{", b"1"])
def test_what_is_no_object_is_refused(house: House, body: bytes) -> None:
    assert ask(house, "POST", "/disarmings", body=body).status_code == 400
