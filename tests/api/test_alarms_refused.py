"""The Alarming API: what it refuses, with a sentence, and what it bounds."""

import orjson
import pytest
from tests.api.alarming import (
    ADMIN,
    ALARM,
    INVALID,
    LIMITS,
    MEMBER,
    OTHER,
    OTHERS,
    PROJECT,
    READER,
    Alarms,
    said,
)

from hostdown.api.alarm.bodies import CONDITIONS_MAX, OTHER_TYPES
from hostdown.api.alarm.calls import BODY_BYTES_MAX
from hostdown.services import alarm_lists, alarms
from hostdown.services.alarm_actions import ACTIONS_MAX


def refused(alarming: Alarms, token: str = MEMBER, **facts: object) -> tuple[int, str]:
    answer = alarming.ask("POST", "/alarms", {**ALARM, **facts}, token)
    return answer.status_code, said(answer)


@pytest.mark.parametrize("kind", OTHER_TYPES)
def test_other_types_of_alarms_are_not_implemented(one_alarm: Alarms, kind: str) -> None:
    body = {"name": "n", "type": kind, f"{kind}_rule": {"threshold": 1}}
    answer = one_alarm.ask("POST", "/alarms", body)
    assert answer.status_code == 501
    assert said(answer).startswith(f"Alarms of type {kind} are not supported here")
    assert answer.json["error_message"]["faultcode"] == "Server"


def test_an_alarm_that_sleeps_at_times_is_not_implemented(one_alarm: Alarms) -> None:
    times = [{"name": "night", "start": "0 23 * * *", "duration": 10}]
    status, sentence = refused(one_alarm, time_constraints=times)
    assert (status, sentence[:36]) == (501, "time_constraints are not supported: ")


@pytest.mark.parametrize(
    ("url", "status", "sentence"),
    [
        ("ftp://a.example/", 400, "Unsupported action ftp://a.example/"),
        ("a.example", 400, "Unsupported action a.example"),
        ("zaqar://?topic=x", 400, "Unsupported action zaqar://?topic=x"),
        ("trust+http://a.example/", 501, "Unsupported action trust+http://a.example/: there are"),
        ("http://[::1/", 400, "Unable to parse action http://[::1/"),
        ("http://a:99999/", 400, "Unable to parse action http://a:99999/"),
        ("http:///x", 400, "Unable to parse action http:///x"),
        ("http://a.example/\nHost: b", 400, "Unable to parse action"),
        ("http://a.example/ann space", 400, "Unable to parse action http://a.example/ann space"),
        ("http://a.example:0/", 400, "Unable to parse action http://a.example:0/"),
        ("log://", 401, "You are not authorized to create action: log://"),
        ("http://127.0.0.1:8774/", 400, "Unable to call action http://127.0.0.1:8774/: 127.0.0.1"),
        ("http://10.1.2.3/", 400, "Unable to call action http://10.1.2.3/: 10.1.2.3 is not a pub"),
        ("http://169.254.169.254/", 400, "Unable to call action"),
        ("http://[::ffff:192.168.0.1]/", 400, "Unable to call action"),
        ("http://[fe80::1%25eth0]/", 400, "Unable to call action"),
        ("http://10.1/", 400, "Unable to call action http://10.1/: 10.0.0.1 is not a public"),
        ("http://10.0.0.1./", 400, "Unable to call action http://10.0.0.1./: 10.0.0.1 is not a"),
        ("http://0x0a000001/", 400, "Unable to call action http://0x0a000001/: 10.0.0.1 is"),
        ("http://167772161/", 400, "Unable to call action http://167772161/: 10.0.0.1 is not"),
        ("http://012.0.0.1/", 400, "Unable to call action http://012.0.0.1/: 10.0.0.1 is not"),
        ("http://[::ffff:10.0.0.1]/", 400, "Unable to call action http://[::ffff:10.0.0.1]/: "),
        ("http://10%2e0.0.1/", 400, "Unable to call action http://10%2e0.0.1/: 10.0.0.1 is not"),
        ("http://127.1:80/", 400, "Unable to call action http://127.1:80/: 127.0.0.1 is not a"),
        ("http://LocalHost/", 400, "Unable to call action http://LocalHost/: 127.0.0.1 is not"),
        ("http://a.localhost/", 400, "Unable to call action http://a.localhost/: 127.0.0.1 is"),
    ],
)
@pytest.mark.parametrize("name", ["ok_actions", "alarm_actions", "insufficient_data_actions"])
def test_what_may_not_be_called_is_refused(
    one_alarm: Alarms, name: str, url: str, status: int, sentence: str
) -> None:
    found, words = refused(one_alarm, **{name: [url]})
    assert (found, words[: len(sentence)]) == (status, sentence)


def test_administrators_may_have_a_line_in_the_log(alarming: Alarms) -> None:
    assert alarming.make(ADMIN, alarm_actions=["log://"])["alarm_actions"] == ["log://"]


def test_who_may_not_change_an_alarm_s_actions_may_not_by_a_change_either(alarming: Alarms) -> None:
    made = alarming.make()
    for url, status in (("log://", 401), ("http://127.0.0.1/", 400)):
        body = {**made, "ok_actions": [url]}
        assert alarming.ask("PUT", f"/alarms/{made['alarm_id']}", body).status_code == status


def test_a_name_and_a_public_address_may_be_called_however_it_is_written(alarming: Alarms) -> None:
    hosts = ("8.8.8.8", "010.0.0.1", "134744072", "10.0.0.1.example", "localhost.example")
    urls = [f"http://{host}/" for host in hosts]
    assert alarming.make(ok_actions=urls)["ok_actions"] == urls


def test_what_an_alarm_has_may_stay_though_it_would_be_refused_by_now(alarming: Alarms) -> None:
    alarming.reaches = lambda _: True
    inside = "http://10.0.0.1/"
    made = alarming.make(ok_actions=[inside])
    alarming.reaches = lambda _: False
    path = f"/alarms/{made['alarm_id']}"
    changed = alarming.ask("PUT", path, {**made, "enabled": False})
    assert (changed.status_code, changed.json["enabled"]) == (200, False)
    assert changed.json["ok_actions"] == [inside]
    for facts in (
        {"ok_actions": [inside, "http://10.0.0.2/"]},
        {"alarm_actions": [inside]},
    ):
        assert alarming.ask("PUT", path, {**made, **facts}).status_code == 400
    assert alarming.ask("PUT", path, {**made, "ok_actions": []}).status_code == 200
    assert alarming.ask("PUT", path, made).status_code == 400  # it is new again


def test_an_owner_may_change_an_alarm_that_has_a_line_in_the_log(alarming: Alarms) -> None:
    made = alarming.make(ADMIN, alarm_actions=["log://"], project_id=PROJECT)
    path = f"/alarms/{made['alarm_id']}"
    assert alarming.ask("PUT", path, {**made, "enabled": False}, MEMBER).status_code == 200


def test_more_than_an_alarm_may_have_is_refused(one_alarm: Alarms) -> None:
    many = [f"http://a.example/{number}" for number in range(ACTIONS_MAX + 1)]
    assert refused(one_alarm, ok_actions=many) == (
        400,
        f"ok_actions count exceeds maximum value {ACTIONS_MAX}",
    )
    assert refused(one_alarm, ok_actions=many * 20)[0] == 400
    condition = {"field": "traits.x", "value": "1"}
    assert refused(one_alarm, event_rule={"query": [condition] * (CONDITIONS_MAX + 1)}) == (
        400,
        f"query count exceeds maximum value {CONDITIONS_MAX}",
    )
    too_long = [
        {"name": "x" * 256}, {"description": "x" * 2001}, {"ok_actions": ["http://" + "x" * 2048]},
        {"event_rule": {"event_type": "x" * 256}},
        {"event_rule": {"query": [{**condition, "value": "x" * 256}]}},
        {"event_rule": {"query": [{**condition, "field": "x" * 256}]}},
    ]  # fmt: skip
    for facts in too_long:
        status, sentence = refused(one_alarm, **facts)
        assert (status, "should have a maximum of" in sentence) == (400, True)


@pytest.mark.parametrize("size", [BODY_BYTES_MAX + 1, 10_000_000])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/alarms"), ("POST", "/query/alarms"), ("POST", "/quotas")]
)
def test_a_body_that_is_too_large_is_not_read(
    one_alarm: Alarms, size: int, method: str, path: str
) -> None:
    answer = one_alarm.ask(method, path, b" " * size, ADMIN)
    assert (answer.status_code, said(answer)) == (413, "Request is too large.")


def test_ten_thousand_alarms_are_too_many(
    alarming: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(LIMITS.project):
        alarming.make()
    status, sentence = refused(alarming)
    assert (status, sentence) == (
        403,
        f"Alarm quota exceeded for user ann on project {PROJECT}",
    )
    monkeypatch.setattr(alarms, "ALARMS_MAX", LIMITS.project)
    assert refused(alarming, OTHER) == (
        403,
        f"There are {LIMITS.project} alarms, which is all that this server keeps.",
    )
    monkeypatch.setattr(alarm_lists, "LISTED_MAX", 2)
    assert len(alarming.names()) == len(alarming.names("/alarms?limit=100")) == 2


def test_alarms_that_wait_for_no_single_server_are_fewer(
    alarming: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "WIDE_MAX", 1)
    rule = {"query": [{"field": "traits.instance_id", "value": "s1"}]}
    alarming.make()
    alarming.make(OTHER)
    own = alarming.make(event_rule=rule)
    sentence = f"Project {PROJECT} has 1 alarms that wait for no single server, which is all that"
    status, said_then = refused(alarming)
    assert (status, said_then[: len(sentence)]) == (403, sentence)
    path = f"/alarms/{own['alarm_id']}"
    assert alarming.ask("PUT", path, {**own, "event_rule": {}}).status_code == 403
    assert alarming.ask("PUT", path, {**own, "severity": "critical"}).status_code == 200


def test_alarms_that_wait_for_the_same_server_are_fewer_still(
    alarming: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "ALIKE_MAX", 1)
    rule = {"query": [{"field": "traits.instance_id", "value": "s1"}]}
    alarming.make(event_rule=rule)
    alarming.make(OTHER, event_rule=rule)
    own = alarming.make(event_rule={"query": [{"field": "traits.instance_id", "value": "s2"}]})
    assert refused(alarming, event_rule=rule) == (
        403,
        f"Project {PROJECT} has 1 alarms that wait for server s1, which is all that it may have; "
        "let one alarm have several actions.",
    )
    path = f"/alarms/{own['alarm_id']}"
    assert alarming.ask("PUT", path, {**own, "event_rule": rule}).status_code == 403
    assert alarming.ask("PUT", path, {**own, "severity": "critical"}).status_code == 200


def test_a_history_is_bounded(alarming: Alarms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "CHANGES_MAX", 3)
    monkeypatch.setattr(alarms, "DELETIONS_MAX", 2)
    made = alarming.make(description="x" * 2000)
    (creation,) = alarming.history(made)
    assert orjson.loads(creation["detail"])["changed"][0] == "alarm_id"
    for _ in range(3):
        for state in ("ok", "alarm"):
            alarming.ask("PUT", f"/alarms/{made['alarm_id']}/state", state)
    assert len(alarming.history(made)) == 3
    for alarm in (made, alarming.make(), alarming.make()):
        alarming.ask("DELETE", f"/alarms/{alarm['alarm_id']}")
    lines = alarming.ask("POST", "/query/alarms/history").json
    assert [each["type"] for each in lines] == ["deletion"] * 2


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"name": None}, f"{INVALID}name. Value: 'None'. Mandatory field missing."),
        ({"name": 5}, f"{INVALID}name. Value: '5'. Wrong type. Expected 'str', got 'int'"),
        ({"name": "a\0"}, f"{INVALID}name. Value: 'a\0'. Value must not have the character U+0000"),
        ({"type": None}, f"{INVALID}type. Value: 'None'. Mandatory field missing."),
        ({"type": "x"}, f"{INVALID}type. Value: 'x'. Value should be one of: composite, "),
        ({"severity": "x"}, f"{INVALID}severity. Value: 'x'. Value should be one of: low, moder"),
        ({"state": []}, f"{INVALID}state. Value: '[]'. Value should be one of: ok, alarm, "),
        ({"enabled": "maybe"}, f"{INVALID}enabled. Value: 'maybe'. Value is not a boolean"),
        ({"ok_actions": "x"}, f"{INVALID}ok_actions. Value: 'x'. Value should be a list"),
        ({"ok_actions": [1]}, f"{INVALID}ok_actions. Value: '1'. Wrong type. "),
        ({"colour": "red"}, "Unknown attribute: colour"),
        ({"event_rule": None}, "event_rule must be set for event type alarm"),
        ({"event_rule": []}, "event_rule must be an object."),
        ({"threshold_rule": {"x": 1}}, "event_rule and threshold_rule cannot be set at the same"),
        ({"event_rule": {"x": 1}}, "Unknown attribute: x"),
        ({"event_rule": {"query": [1]}}, "A condition of the query must be an object."),
    ],
)
def test_a_body_that_makes_no_sense_is_told_why(
    one_alarm: Alarms, facts: dict[str, object], sentence: str
) -> None:
    status, words = refused(one_alarm, **facts)
    assert (status, words[: len(sentence)]) == (400, sentence)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({"value": "five", "type": "integer"}, "Unable to convert the value five to the expected "),
        ({"type": "list"}, "The data type list is not supported. The supported data type list is:"),
        ({"op": "like"}, f"{INVALID}op. Value: 'like'. Value should be one of: lt, le, eq, ne,"),
        ({"field": "a b"}, "Query value or traits invalid: a b is not the name of a field."),
        ({"value": None}, f"{INVALID}value. Value: 'None'. Mandatory field missing."),
    ],
)
def test_a_condition_that_makes_no_sense_is_told_why(
    one_alarm: Alarms, condition: dict[str, object], sentence: str
) -> None:
    given = {"field": "traits.x", "value": "1", **condition}
    status, words = refused(one_alarm, event_rule={"query": [given]})
    assert (status, words[: len(sentence)]) == (400, sentence)


def test_nobody_says_that_an_alarm_is_another_s(one_alarm: Alarms) -> None:
    assert refused(one_alarm, project_id=OTHERS) == (
        401,
        f"Not Authorized to access project {OTHERS}",
    )
    assert refused(one_alarm, user_id="bob") == (401, "Not Authorized to access user bob")


def test_a_state_is_one_of_three(one_alarm: Alarms) -> None:
    (made,) = one_alarm.ask("GET", "/alarms").json
    for body in ("sleeping", {}, 1):
        answer = one_alarm.ask("PUT", f"/alarms/{made['alarm_id']}/state", body)
        assert (answer.status_code, said(answer)) == (400, "state invalid")


def test_readers_change_nothing(one_alarm: Alarms) -> None:
    (made,) = one_alarm.ask("GET", "/alarms", token=READER).json
    answer = one_alarm.ask("DELETE", f"/alarms/{made['alarm_id']}", token=READER)
    assert (answer.status_code, said(answer)) == (
        403,
        "Policy doesn't allow telemetry:delete_alarm to be performed.",
    )
