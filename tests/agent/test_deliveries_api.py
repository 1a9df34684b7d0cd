"""What administrators see and say of what others are to be told, over HTTP."""

from datetime import datetime

import pytest
from orjson import dumps
from tests.agent.house import House
from tests.agent.test_admin import ask
from tests.domain.test_alarms import alarm
from tests.domain.test_alarms import event as owner_event

from hostdown.domain.alarm_telling import notice
from hostdown.domain.deliveries import Channel, Delivery, Ended, Event, Verdict
from hostdown.domain.notifications import Notification, envelope
from hostdown.domain.webhooks import cloud_event
from hostdown.services.directory_ports import DirectoryRows

AT = datetime(2026, 3, 1, 12)
WHICH = [
    ({"ids": ["e", "nobody", "e"]}, ["e"]),
    ({"ids": ["c"]}, []),
    ({"receiver": "log"}, ["e", "d"]),
    ({"channel": "webhook"}, ["e", "d"]),
    ({"channel": "alarm"}, []),
    ({"channel": "webhook", "receiver": "log"}, ["e", "d"]),
    ({"channel": "webhook", "receiver": "pager"}, []),
    ({"all": True}, ["e", "d"]),
]
"""What is asked for, and the dead letters of `fill` that this means."""
NO_WHICH = [
    {}, {"ids": []}, {"ids": [1]}, {"ids": ["\0"]}, {"ids": ["a"] * 1001}, {"receiver": ""},
    {"receiver": None}, {"receiver": "\0"}, {"all": False}, {"ids": ["a"], "all": True},
    {"all": True, "receiver": "log"}, {"channel": "pigeon"}, {"channel": None}, {"channel": []},
]  # fmt: skip
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


def replay(house: House, body: object, word: str = "replay") -> tuple[int, dict[str, object]]:
    answer = ask(house, "POST", f"/dead-letters/{word}", body=dumps(body))
    return answer.status_code, answer.json


def dead(house: House) -> list[str]:
    return [each["id"] for each in ask(house, "GET", "/dead-letters").json["dead_letters"]]


def asked_again(house: House) -> list[str]:
    found = ask(house, "GET", "/dead-letters").json["dead_letters"]
    return [each["id"] for each in found if each["replay_at"] is not None]


def bury(house: House, *made: Delivery) -> None:
    ended = [Ended(each, Verdict.REFUSED, "It answered 404.") for each in made]
    house.deployment.directory.write(lambda rows: rows.deliveries.add(made))
    house.deployment.directory.write(lambda rows: rows.dead_letters.bury(ended, AT))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/deliveries"),
        ("GET", "/dead-letters"),
        ("POST", "/dead-letters/replay"),
        ("POST", "/dead-letters/drop"),
    ],
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
    newest, other = answer.json["dead_letters"]
    assert (newest["id"], newest["receiver"], newest["failure"]) == ("e", "log", "It answered 404.")
    assert other["id"] == "d"
    assert answer.json["total"] == 2
    assert "secret" not in answer.text
    assert "pw" not in answer.text


HAPPENED = Event(1, "e1", "cell1", AT, "host1", "host.unreachable", {"secret": "x"}, "req-1")
ON_BUS = Notification("service.update", "INFO", "nova-compute:host1", {"secret": "x"})
OWNED = alarm("web")
NOTICE = notice(OWNED, OWNED, owner_event(secret="x"))


@pytest.mark.parametrize(
    ("channel", "body", "event_type", "alarm_id"),
    [
        (Channel.WEBHOOK, cloud_event(HAPPENED), "hostdown.host.unreachable", None),
        (Channel.BUS, envelope(ON_BUS, "m1", AT), "service.update", None),
        (Channel.ALARM, NOTICE, "compute.instance.update", OWNED.id),
        (Channel.ALARM, {"secret": "of a tenant"}, None, None),
    ],
)
def test_dead_letters_say_what_they_tell_of(
    house: House, channel: Channel, body: object, event_type: str | None, alarm_id: str | None
) -> None:
    url = "http://receiver/path?token=secret"
    of = made("d", "log")._replace(channel=channel, body=dumps(body), target=url)
    bury(house, of)
    answer = ask(house, "GET", "/dead-letters")
    (shown,) = answer.json["dead_letters"]
    assert (shown["event_type"], shown["alarm_id"]) == (event_type, alarm_id)
    assert "path" not in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("query", "names", "total"),
    [
        ("limit=1", ["e"], 2),
        ("limit=2", ["e", "d"], 2),
        ("limit=10000", ["e", "d"], 2),
        ("channel=webhook&limit=1", ["e"], 2),
        ("receiver=log", ["e", "d"], 2),
        ("channel=bus", [], 0),
        ("channel=webhook&receiver=pager", [], 0),
    ],
)
def test_some_dead_letters_are_listed_and_all_of_them_are_counted(
    house: House, query: str, names: list[str], total: int
) -> None:
    fill(house)
    answer = ask(house, "GET", f"/dead-letters?{query}").json
    assert [each["id"] for each in answer["dead_letters"]] == names
    assert answer["total"] == total


def test_the_newest_thousand_are_listed_and_every_one_is_tried_again(house: House) -> None:
    bury(house, *[made(f"d{number}", "log") for number in range(1_002)])
    answer = ask(house, "GET", "/dead-letters").json
    assert (len(answer["dead_letters"]), answer["total"]) == (1_000, 1_002)
    assert answer["dead_letters"][0]["id"] == "d1001"
    assert replay(house, {"receiver": "log"}) == (200, {"replayed": 1_002})


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("channel=pigeon", "'channel' is one of alarm, bus, webhook"),
        ("channel=", "'channel' is one of alarm, bus, webhook"),
        ("receiver=", "receiver"),
        ("receiver=%00", "receiver"),
        ("limit=0", "'limit' is a number from 1 to 10,000"),
        ("limit=10001", "'limit' is a number from 1 to 10,000"),
        ("limit=many", "'limit' is a number from 1 to 10,000"),
        ("limit=99999999999", "'limit' is a number from 1 to 10,000"),
    ],
)
def test_what_no_dead_letter_can_be_found_by_is_refused(
    house: House, query: str, sentence: str
) -> None:
    answer = ask(house, "GET", f"/dead-letters?{query}")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "malformed")
    assert sentence in answer.json["error"]["message"]


@pytest.mark.parametrize(("which", "names"), WHICH)
def test_dead_letters_are_tried_again_if_somebody_wants_that(
    house: House, which: dict[str, object], names: list[str]
) -> None:
    fill(house)
    assert replay(house, which) == (200, {"replayed": len(names)})
    assert asked_again(house) == names


@pytest.mark.parametrize(("which", "names"), WHICH)
def test_dead_letters_are_dropped_if_somebody_wants_that(
    house: House, which: dict[str, object], names: list[str]
) -> None:
    fill(house)
    assert replay(house, which, "drop") == (200, {"dropped": len(names)})
    assert dead(house) == [each for each in ("e", "d") if each not in names]
    waits = ask(house, "GET", "/deliveries").json["receivers"]
    assert [(each["receiver"], each["waiting"]) for each in waits] == [("log", 1), ("pager", 2)]


@pytest.mark.parametrize("word", ["replay", "drop"])
@pytest.mark.parametrize("which", NO_WHICH)
def test_what_is_no_answer_to_which_is_refused(
    house: House, which: dict[str, object], word: str
) -> None:
    status, body = replay(house, which, word)
    error = body["error"]
    assert isinstance(error, dict)
    assert (status, error["code"]) == (400, "malformed")
