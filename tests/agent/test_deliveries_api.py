"""What administrators see and say of what others are to be told, over HTTP."""

from datetime import datetime

import pytest
from orjson import dumps
from tests.agent.house import House
from tests.agent.test_admin import ask

from hostdown.domain.deliveries import Channel, Delivery, Ended, Verdict
from hostdown.services.directory_ports import DirectoryRows

AT = datetime(2026, 3, 1, 12)
BODY = b'{"secret": "of a tenant"}'


def made(name: str, receiver: str) -> Delivery:
    return Delivery(0, name, Channel.WEBHOOK, receiver, "host1", 1, "http://u:pw@x/", BODY, AT)


def fill(house: House) -> None:
    """Two wait for the pager, one for the log; two of the log's are dead."""
    waiting = [made("a", "pager"), made("b", "pager"), made("c", "log")]
    dead = [made("d", "log"), made("e", "log")]

    def work(rows: DirectoryRows) -> None:
        rows.deliveries.add([*waiting, *dead])
        rows.deliveries.failed([Ended(waiting[0], Verdict.FAILED, "It answered 503.")])
        refused = [Ended(each, Verdict.REFUSED, "It answered 404.") for each in dead]
        rows.dead_letters.bury(refused, AT)

    house.deployment.directory.write(work)


def replay(house: House, body: object) -> tuple[int, dict[str, object]]:
    answer = ask(house, "POST", "/dead-letters/replay", body=dumps(body))
    return answer.status_code, answer.json


def asked_again(house: House) -> list[str]:
    found = ask(house, "GET", "/dead-letters").json["dead_letters"]
    return [each["id"] for each in found if each["replay_at"] is not None]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/deliveries"), ("GET", "/dead-letters"), ("POST", "/dead-letters/replay")],
)
def test_only_an_administrator_may(house: House, method: str, path: str) -> None:
    for headers, status in (({}, 401), ({"X-Auth-Token": "bob"}, 403)):
        assert ask(house, method, path, headers, b'{"all": true}').status_code == status


def test_who_waits_for_what_and_why(house: House) -> None:
    assert ask(house, "GET", "/deliveries").json == {"receivers": []}
    fill(house)
    log, pager = ask(house, "GET", "/deliveries").json["receivers"]
    assert (log["receiver"], log["waiting"], log["failure"]) == ("log", 1, None)
    assert (pager["receiver"], pager["waiting"]) == ("pager", 2)
    assert pager["failure"] == "It answered 503."
    assert datetime.fromisoformat(pager["since"]) == AT


def test_dead_letters_say_why_and_not_what(house: House) -> None:
    fill(house)
    answer = ask(house, "GET", "/dead-letters")
    first, second = answer.json["dead_letters"]
    assert (first["id"], first["receiver"], first["failure"]) == ("d", "log", "It answered 404.")
    assert second["id"] == "e"
    assert "secret" not in answer.text
    assert "pw" not in answer.text


@pytest.mark.parametrize(
    ("which", "number", "again"),
    [
        ({"ids": ["e", "nobody"]}, 1, ["e"]),
        ({"receiver": "log"}, 2, ["d", "e"]),
        ({"receiver": "pager"}, 0, []),
        ({"all": True}, 2, ["d", "e"]),
    ],
)
def test_dead_letters_are_tried_again_if_somebody_wants_that(
    house: House, which: dict[str, object], number: int, again: list[str]
) -> None:
    fill(house)
    assert replay(house, which) == (200, {"replayed": number})
    assert asked_again(house) == again


@pytest.mark.parametrize(
    "which",
    [{}, {"ids": []}, {"ids": [1]}, {"ids": ["a"] * 1001}, {"receiver": ""}, {"all": False},
     {"ids": ["a"], "all": True}],
)  # fmt: skip
def test_what_is_no_answer_to_which_is_refused(house: House, which: dict[str, object]) -> None:
    status, body = replay(house, which)
    error = body["error"]
    assert isinstance(error, dict)
    assert (status, error["code"]) == (400, "malformed")
