"""The Alarming API: what Aodh answers of event alarms."""

import json
from collections.abc import Iterator

import pytest
from tests.api.alarming import ADMIN, ALARM, MEMBER, OTHER, OTHERS, PROJECT, READER, Alarms
from tests.api.world import World, open_world

from hostdown.domain.deliveries import Channel
from hostdown.services.alarms import Limits

QUERY = [{"field": "traits.instance_id", "op": "eq", "value": "s1", "type": "string"}]


@pytest.fixture(scope="module")
def still() -> Iterator[Alarms]:
    """For tests that change nothing: three alarms of one project, one of another."""
    with open_world() as world:
        api = Alarms(world)
        api.make(name="a", severity="critical", event_rule={"event_type": "compute.*"})
        api.make(name="b", enabled=False, repeat_actions=True, description="Second")
        api.make(name="c", state="ok")
        api.make(OTHER, name="d")
        yield api


def test_the_version_needs_no_token(still: Alarms) -> None:
    answer = still.client.simulate_get("/alarming/")
    (version,) = answer.json["versions"]["values"]
    assert (answer.status_code, version["id"], version["status"]) == (200, "v2", "stable")
    assert version["links"][0]["href"] == "http://falconframework.org/alarming/v2"


def test_without_a_token_it_is_401(still: Alarms) -> None:
    answer = still.ask("GET", "/alarms", token=None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Keystone uri=")


def test_an_alarm_is_made_shown_changed_and_deleted(alarming: Alarms) -> None:
    made = alarming.make(
        name="server is down", event_rule={"event_type": "compute.instance.update", "query": QUERY},
        alarm_actions=["http://a.example/x", "http://a.example/x", "https://b.example/"],
        severity="critical",
    )  # fmt: skip
    assert made == {
        "alarm_id": made["alarm_id"], "name": "server is down", "type": "event",
        "description": "Alarm when compute.instance.update event occurred.", "enabled": True,
        "severity": "critical", "state": "insufficient data",
        "state_reason": "Not evaluated yet", "state_timestamp": "2026-11-20T10:00:00.123456",
        "timestamp": "2026-11-20T10:00:00.123456",
        "evaluate_timestamp": "2026-11-20T10:00:00.123456",
        "alarm_actions": ["http://a.example/x", "https://b.example/"], "ok_actions": [],
        "insufficient_data_actions": [], "repeat_actions": False, "time_constraints": [],
        "user_id": "ann", "project_id": PROJECT,
        "event_rule": {"event_type": "compute.instance.update", "query": QUERY},
    }  # fmt: skip
    path = f"/alarms/{made['alarm_id']}"
    assert alarming.ask("GET", path).json == made
    changed = {**made, "name": "new", "state": "ok", "alarm_actions": None}
    after = alarming.ask("PUT", path, changed).json
    assert (after["name"], after["state"], after["alarm_actions"]) == ("new", "ok", [])
    assert (after["state_reason"], after["timestamp"]) == (
        "Manually set via API",
        "2026-11-20T10:00:01.123456",
    )
    assert alarming.ask("GET", path).json == after
    alarming.tick()
    assert alarming.ask("PUT", path, after).json == after
    assert alarming.ask("DELETE", path).status_code == 204
    for method in ("GET", "DELETE"):
        answer = alarming.ask(method, path)
        sentence = f"Alarm {made['alarm_id']} not found in project {PROJECT}"
        assert (answer.status_code, answer.json) == (
            404,
            {"error_message": {"debuginfo": None, "faultcode": "Client", "faultstring": sentence}},
        )


def test_the_answer_to_a_new_alarm_says_where_it_is(alarming: Alarms) -> None:
    answer = alarming.ask("POST", "/alarms", ALARM)
    assert answer.headers["location"] == f"/alarming/v2/alarms/{answer.json['alarm_id']}"


def test_what_is_not_said_is_as_in_aodh(alarming: Alarms) -> None:
    made = alarming.make(
        event_rule={"query": [{"field": "traits.x", "value": "1"}]}, description=""
    )
    assert made["description"] == "Alarm when * event occurred."
    assert made["event_rule"] == {
        "event_type": "*",
        "query": [{"field": "traits.x", "op": "eq", "value": "1", "type": ""}],
    }
    assert alarming.make(enabled="False", repeat_actions=1)["enabled"] is False


def test_a_field_that_no_event_has_is_taken_as_by_aodh(alarming: Alarms) -> None:
    query = [{"field": name, "op": "eq", "value": "x"} for name in ("bogus", "traits.")]
    made = alarming.make(event_rule={"query": query})
    assert [each["field"] for each in made["event_rule"]["query"]] == ["bogus", "traits."]


def test_a_state_is_shown_and_set_by_hand_without_any_action(alarming: Alarms) -> None:
    made = alarming.make(ok_actions=["http://a.example/"])
    path = f"/alarms/{made['alarm_id']}/state"
    assert alarming.ask("GET", path).json == "insufficient data"
    assert alarming.ask("PUT", path, "ok").json == "ok"
    assert alarming.ask("GET", path).json == "ok"
    told = alarming.world.directory.read(lambda rows: rows.deliveries.after(Channel.ALARM, 0, 9))
    assert told == []
    (line, _) = alarming.history(made)
    assert (line["type"], json.loads(line["detail"])) == (
        "state transition",
        {"state": "ok", "state_reason": "Manually set via API"},
    )


def test_a_history_tells_who_did_what(alarming: Alarms) -> None:
    made = alarming.make()
    alarming.ask("PUT", f"/alarms/{made['alarm_id']}", {**made, "severity": "moderate"}, ADMIN)
    rule, creation = alarming.history(made)
    assert (creation["type"], creation["user_id"]) == ("creation", "ann")
    assert json.loads(creation["detail"])["rule"] == {"event_type": "*", "query": []}
    assert (rule["type"], rule["user_id"], json.loads(rule["detail"])) == (
        "rule change",
        "admin",
        {"severity": "moderate"},
    )
    assert (rule["project_id"], rule["on_behalf_of"]) == (PROJECT, PROJECT)
    path = f"/alarms/{made['alarm_id']}/history"
    (page,) = alarming.ask("GET", f"{path}?limit=1&sort=timestamp:asc").json
    assert page == creation
    (page,) = alarming.ask("GET", f"{path}?limit=1&marker={rule['event_id']}").json
    assert page == creation
    asked = f"{path}?q.field=type&q.op=eq&q.value=creation"
    assert alarming.ask("GET", asked).json == [creation]
    asked = f"{path}?q.field=timestamp&q.op=gt&q.value=2026-11-20T10:00:00.5"
    assert alarming.ask("GET", asked).json == [rule]


def test_what_was_deleted_is_told_to_who_looks_for_it(alarming: Alarms) -> None:
    made = alarming.make(state="ok")
    alarming.ask("DELETE", f"/alarms/{made['alarm_id']}")
    assert alarming.ask("GET", f"/alarms/{made['alarm_id']}/history").status_code == 404
    (line,) = alarming.ask("POST", "/query/alarms/history", {}).json
    assert (line["type"], line["alarm_id"]) == ("deletion", made["alarm_id"])
    assert json.loads(line["detail"]) == {"state": "ok"}


def test_who_sees_what(still: Alarms) -> None:
    assert still.names() == ["c", "b", "a"]
    assert still.names(token=OTHER) == ["d"]
    assert still.names(token=ADMIN) == ["c", "b", "a"]
    assert still.names(token=ADMIN, all_projects="true") == ["d", "c", "b", "a"]
    assert still.names(all_projects="false") == ["c", "b", "a"]
    assert still.names(token=ADMIN, project_id=OTHERS) == ["d"]
    assert still.names(project_id=PROJECT) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"name": "b"}, "b"),
        ({"enabled": "False"}, "b"),
        ({"repeat_actions": "true"}, "b"),
        ({"severity": "critical"}, "a"),
        ({"state": "insufficient data"}, "ba"),
        ({"state": "ok", "severity": "low"}, "c"),
        ({"user_id": "ann"}, "cba"),
        ({"type": "event"}, "cba"),
        ({"type": "threshold"}, ""),
        ({"timestamp": "2026-11-20T10:00:01.123456"}, "b"),
    ],
)
def test_a_list_is_narrowed_down(still: Alarms, condition: dict[str, str], found: str) -> None:
    assert "".join(still.names(**condition)) == found


def test_a_list_comes_in_pages_in_any_order(still: Alarms) -> None:
    assert still.names("/alarms?sort=name") == ["a", "b", "c"]
    assert still.names("/alarms?sort=state:desc&sort=name:desc") == ["c", "b", "a"]
    assert still.names("/alarms?limit=2&sort=name:asc") == ["a", "b"]
    marker = still.ask("GET", "/alarms?limit=2&sort=name:asc").json[-1]["alarm_id"]
    assert still.names(f"/alarms?limit=2&sort=name:asc&marker={marker}") == ["c"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ({"=": {"name": "b"}}, "b"),
        ({"!=": {"name": "b"}}, "ca"),
        ({"=~": {"name": "^[ab]$"}}, "ba"),
        ({"in": {"name": ["a", "c"]}}, "ca"),
        ({"not": {"=": {"enabled": True}}}, "b"),
        ({"and": [{">=": {"name": "b"}}, {"<": {"name": "c"}}]}, "b"),
        ({"OR": [{"=": {"state": "ok"}}, {"=": {"severity": "critical"}}]}, "ca"),
        ({">": {"timestamp": "2026-11-20T10:00:00.5Z"}}, "cb"),
        ({"=<": {"state_timestamp": "2026-11-20T10:00:00.123456"}}, "a"),
        ({"=>": {"project": PROJECT}}, "cba"),
        ({"=": {"description": 5.0}}, ""),
        ({"=~": {"enabled": "true"}}, ""),
        ({"=": {"type": "event"}}, "cba"),
    ],
)
def test_alarms_are_found_by_conditions_put_together(
    still: Alarms, expression: object, found: str
) -> None:
    answer = still.search(expression)
    assert answer.status_code == 200, answer.text
    assert "".join(each["name"] for each in answer.json) == found


def test_a_search_has_an_order_and_a_limit_and_an_owner(still: Alarms) -> None:
    everything = {"!=": {"name": ""}}
    order = '[{"enabled": "ASC"}, {"name": "desc"}]'
    answer = still.search(everything, orderby=order, limit=2)
    assert [each["name"] for each in answer.json] == ["b", "c"]
    assert [each["name"] for each in still.search(everything, ADMIN).json] == list("dcba")
    assert [each["name"] for each in still.search(everything, OTHER).json] == ["d"]
    answer = still.ask("POST", "/query/alarms", {"filter": None})
    assert [each["name"] for each in answer.json] == ["c", "b", "a"]


def test_histories_are_searched_too(still: Alarms) -> None:
    path = "/query/alarms/history"
    found = still.search({"=": {"type": "creation"}}, path=path, orderby='[{"timestamp": "asc"}]')
    assert [json.loads(each["detail"])["name"] for each in found.json] == ["a", "b", "c"]
    assert len(still.ask("POST", path, token=ADMIN).json) == 4
    assert still.search({"=": {"on_behalf_of": PROJECT}}, READER, path).status_code == 200


def test_quotas_are_shown_set_and_given_back(alarming: Alarms) -> None:
    def limit(path: str = "/quotas", token: str = MEMBER) -> int:
        answer = alarming.ask("GET", path, token=token)
        assert answer.status_code == 200, answer.text
        (quota,) = answer.json["quotas"]
        return int(quota["limit"])

    assert limit() == 5
    body = {"project_id": PROJECT, "quotas": [{"resource": "alarms", "limit": 1}]}
    answer = alarming.ask("POST", "/quotas", body, ADMIN)
    assert (answer.status_code, answer.json) == (201, body)
    assert (limit(), limit(f"/quotas?project_id={PROJECT}", READER)) == (1, 1)
    assert limit(f"/quotas/{OTHERS}", ADMIN) == 5
    nothing = {"project_id": PROJECT, "quotas": []}
    assert alarming.ask("POST", "/quotas", nothing, ADMIN).json == body
    alarming.make()
    answer = alarming.ask("POST", "/alarms", ALARM)
    assert answer.status_code == 403
    assert answer.json["error_message"]["faultstring"] == (
        f"Alarm quota exceeded for user ann on project {PROJECT}"
    )
    assert alarming.ask("DELETE", f"/quotas/{PROJECT}", token=ADMIN).status_code == 204
    assert limit() == 5
    alarming.make()


def test_users_may_have_a_quota_as_well(world: World) -> None:
    api = Alarms(world, Limits(project=-1, user=1))
    api.make()
    assert api.ask("POST", "/alarms", ALARM).status_code == 403
    api.make(f"bob:{PROJECT}")


def test_administrators_say_whose_an_alarm_is(alarming: Alarms) -> None:
    made = alarming.make(ADMIN, project_id=OTHERS, user_id="bob")
    assert (made["project_id"], made["user_id"]) == (OTHERS, "bob")
    path = f"/alarms/{made['alarm_id']}"
    assert alarming.ask("GET", path).status_code == 404
    after = alarming.ask("PUT", path, {**made, "name": "x"}, ADMIN).json
    assert (after["project_id"], after["user_id"]) == (OTHERS, "bob")
    moved = alarming.ask("PUT", path, {**made, "project_id": PROJECT, "user_id": None}, ADMIN).json
    assert (moved["project_id"], moved["user_id"]) == (PROJECT, "bob")
    mine = alarming.ask("PUT", path, moved).json
    assert (mine["project_id"], mine["user_id"]) == (PROJECT, "ann")
    assert len(alarming.history(made)) == 2
    assert len(alarming.history(made, ADMIN)) == 4


def test_names_may_be_given_twice(alarming: Alarms) -> None:
    alarming.make(name="one")
    alarming.make(name="one")
    assert len(alarming.search({"=": {"name": "one"}}).json) == 2


def test_capabilities_are_all_there_and_nobody_counts_evaluations(still: Alarms) -> None:
    assert still.ask("GET", "/capabilities/").json["api"]["alarms:query:complex"] is True
    answer = still.ask("GET", "/metrics")
    assert answer.status_code == 403
    assert answer.json["error_message"]["faultstring"] == "metrics endpoint is disabled"
