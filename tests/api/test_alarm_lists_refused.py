"""The Alarming API: lists, searches and quotas that make no sense, and requests of any kind."""

import json
from typing import Any

import pytest
from falcon.testing import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.api.alarming import (
    ADMIN,
    ALARM,
    INVALID,
    MEMBER,
    OTHERS,
    PROJECT,
    READER,
    Alarms,
    said,
)

from hostdown.api.alarm.filters import DEPTH_MAX


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("q.field=x&q.value=1", 400, f"{INVALID}field. Value: 'x'. only fields user_id, "),
        ("q.field=name&q.op=ne&q.value=1", 400, f"{INVALID}op. Value: 'ne'. only operations eq"),
        ("q.field=name&q.op=is&q.value=1", 400, f"{INVALID}op. Value: 'is'. Value should be"),
        ("q.field=name", 400, f"{INVALID}q. Value: ''. Each condition takes a field"),
        ("&".join(["q.field=name"] * 33), 400, f"{INVALID}q. Value: '33'. There are more"),
        ("q.field=enabled&q.value=x", 400, "Unable to convert the value x to the expected data"),
        ("q.field=timestamp&q.value=x", 400, "Failed to parse the timestamp value x"),
        ("q.field=all_projects&q.value=x", 400, "Unable to convert the value x to the expected"),
        (f"q.field=project_id&q.value={OTHERS}", 401, f"Not Authorized to access project {OTHERS}"),
        ("limit=0", 400, f"{INVALID}limit. Value: '0'. it should be a positive integer."),
        ("limit=x", 400, f"{INVALID}limit. Value: 'x'. it should be a positive integer."),
        ("sort=x", 400, f"{INVALID}sort. Value: 'x'. It is KEY, KEY:asc or KEY:desc, and the"),
        ("sort=name:up", 400, f"{INVALID}sort. Value: 'name:up'. It is KEY"),
        ("marker=x", 400, "marker [x] not found"),
        ("x=%ff", 400, "Query string is not UTF-8 encoded"),
        ("x=" + "y" * 20_000, 414, "The query string is longer than 16384 bytes."),
    ],
)
def test_a_list_that_makes_no_sense_is_told_why(
    one_alarm: Alarms, query: str, status: int, sentence: str
) -> None:
    answer = one_alarm.ask("GET", f"/alarms?{query}")
    assert (answer.status_code, said(answer)[: len(sentence)]) == (status, sentence)


def test_only_administrators_list_everybody_s(one_alarm: Alarms) -> None:
    answer = one_alarm.ask("GET", "/alarms?q.field=all_projects&q.value=true")
    assert answer.status_code == 403
    assert said(answer) == (
        "Policy doesn't allow telemetry:get_alarms:all_projects to be performed."
    )


def _deep(levels: int) -> object:
    return {"not": _deep(levels - 1)} if levels else {"=": {"name": "n"}}


@pytest.mark.parametrize(
    ("expression", "status", "sentence"),
    [
        ([], 400, "a condition takes an object with one member"),
        ({"=": {"name": "a"}, "!=": {"name": "b"}}, 400, "a condition takes an object with one"),
        ({"eq": {"name": "a"}}, 400, "there is no operator eq"),
        ({"=": {"colour": "a"}}, 400, "there is no field colour; fields are: alarm_id, type, "),
        ({"=": {"name": None}}, 400, "name is compared with a text, a number, true or false"),
        ({"and": [{"=": {"name": "a"}}]}, 400, "and and or take a list of two or more"),
        ({"in": {"name": []}}, 400, "in takes a list of values"),
        ({"=~": {"name": "("}}, 400, "'(' is not a 'regex'"),
        ({"in": {"name": ["a"] * 300}}, 400, "there are more than 256 conditions"),
        (_deep(DEPTH_MAX + 1), 400, f"conditions are within conditions, {DEPTH_MAX} deep"),
        ({"=": {"project_id": OTHERS}}, 401, f"Not Authorized to access project {OTHERS}"),
        ({"in": {"project": [PROJECT, OTHERS]}}, 401, f"Not Authorized to access project {OTHERS}"),
        ({"!=": {"timestamp": "noon"}}, 400, "Failed to parse the timestamp value noon"),
        ({"=": {"enabled": "maybe"}}, 400, "Unable to convert the value maybe to the expected"),
    ],
)
def test_a_search_that_makes_no_sense_is_told_why(
    one_alarm: Alarms, expression: object, status: int, sentence: str
) -> None:
    answer = one_alarm.search(expression)
    words = said(answer).removeprefix("Filter expression not valid: ")
    assert (answer.status_code, words[: len(sentence)]) == (status, sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"filter": "{"}, "Filter expression not valid: "),
        ({"filter": {}}, f"{INVALID}filter. Value: '{{}}'. Wrong type."),
        ({"orderby": "{}"}, "Order-by expression not valid: it is a list of at most 8 objects"),
        ({"orderby": "[1]"}, "Order-by expression not valid: an element of it takes an object"),
        ({"orderby": '[{"x": "asc"}]'}, "Order-by expression not valid: {'x': 'asc'} is no FIELD"),
        ({"limit": 0}, "Limit should be positive"),
        ({"limit": "1"}, f"{INVALID}limit. Value: '1'. Value should be an integer"),
        ({"colour": 1}, "Unknown attribute: colour"),
        (b"{", "The body is not JSON: "),
        (b"", "The body is not JSON: "),
    ],
)
def test_a_body_of_a_search_that_makes_no_sense_is_told_why(
    one_alarm: Alarms, body: object, sentence: str
) -> None:
    if body == b"":
        assert one_alarm.ask("POST", "/query/alarms", body).status_code == 200
        return
    answer = one_alarm.ask("POST", "/query/alarms", body)
    assert (answer.status_code, said(answer)[: len(sentence)]) == (400, sentence)


@pytest.mark.parametrize(
    ("quotas", "sentence"),
    [
        ([{"resource": "cores", "limit": 1}], f"{INVALID}resource. Value: 'cores'. Value should"),
        ([{"resource": "alarms", "limit": "1"}], f"{INVALID}limit. Value: '1'. Value should be an"),
        ([{"resource": "alarms", "limit": -2}], f"{INVALID}limit. Value: '-2'. Value should be fr"),
        ([{"resource": "alarms", "limit": 2**31}], f"{INVALID}limit. Value: '2147483648'. Value"),
    ],
)
def test_a_quota_that_makes_no_sense_is_told_why(
    one_alarm: Alarms, quotas: list[object], sentence: str
) -> None:
    answer = one_alarm.ask("POST", "/quotas", {"project_id": PROJECT, "quotas": quotas}, ADMIN)
    assert (answer.status_code, said(answer)[: len(sentence)]) == (400, sentence)


def test_what_is_not_there_is_404_and_other_methods_are_405(one_alarm: Alarms) -> None:
    assert one_alarm.ask("GET", "/colours").status_code == 404
    answer = one_alarm.ask("PATCH", "/alarms/x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT, DELETE")
    administrators = one_alarm.ask("GET", "/alarms/x", token=ADMIN)
    assert said(administrators) == "Alarm x not found"


def test_a_directory_that_is_away_is_told_with_when_to_come_back(alarming: Alarms) -> None:
    alarming.world.silence_directory()
    answer = alarming.ask("GET", "/alarms")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json["error_message"]["faultcode"] == "Server"


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
MEMBERS = ["name", "type", "event_rule", "ok_actions", "query", "filter", "orderby", "limit",
           "project_id", "quotas", "state", "=", "and", "not", "in"]  # fmt: skip


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
    path=st.sampled_from(
        ["/alarms", "/alarms/x", "/alarms/x/state", "/query/alarms", "/quotas", "/quotas/%00",
         "/alarms/%00", "/alarms/x/history", "/query/alarms/history"]
    ),
    body=st.dictionaries(st.sampled_from(MEMBERS), VALUE, max_size=4).flatmap(
        lambda given: st.sampled_from([given, {**ALARM, **given}])
    )
    | VALUE,
    token=st.sampled_from([ADMIN, MEMBER, READER]),
)  # fmt: skip
def test_no_request_gives_a_5xx(
    one_alarm: Alarms, method: str, path: str, body: object, token: str
) -> None:
    client: TestClient = one_alarm.client
    answer: Any = client.simulate_request(
        method,
        f"/alarming/v2{path}",
        headers={"X-Auth-Token": token},
        body=json.dumps(body),
    )
    assert answer.status_code < 500 or answer.status_code == 501
