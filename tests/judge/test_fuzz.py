"""What schemathesis gets, and what becomes of what it tells."""

import json
from typing import Any

from tools.judge import documents, fuzz

VERSION = {"name": "OpenStack-API-Version", "in": "header", "schema": {"const": "compute 2.1"}}
BY_UUID = {"name": "id", "in": "path", "schema": {"format": "uuid"}}
HOST = {"type": "object", "properties": {"host": {"type": "string"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/v2.1/os-services": {"get": {"parameters": [VERSION]}},
        "/v2.1/os-services/{id}": {
            "delete": {"parameters": [VERSION, BY_UUID]},
            "put": {
                "parameters": [VERSION, BY_UUID],
                "requestBody": {"content": {"application/json": {"schema": HOST}}},
            },
        },
        "/identity/v3/users": {"get": {"parameters": []}},
    },
}
SERVICES = {"services": [{"id": number, "host": f"host{number}"} for number in range(1, 6)]}


def prepared() -> dict[str, Any]:
    parsed = json.loads(json.dumps(DOCUMENT))
    compute = documents.narrowed(parsed, lambda path: path.startswith("/v2.1"))
    return documents.with_known(compute, lambda path: SERVICES, spared=[4])


def test_a_round_has_its_own_paths_and_leaves_the_version_to_the_sender() -> None:
    paths = prepared()["paths"]
    assert list(paths) == ["/v2.1/os-services", "/v2.1/os-services/{id}"]
    assert paths["/v2.1/os-services"]["get"]["parameters"] == []


def test_what_there_is_is_likely_and_only_some_of_it_may_be_deleted() -> None:
    one = prepared()["paths"]["/v2.1/os-services/{id}"]
    uuid = BY_UUID["schema"]
    assert one["put"]["parameters"][0]["schema"] == {
        "anyOf": [{"const": 3}, {"const": 2}, {"const": 1}, uuid]
    }
    assert one["delete"]["parameters"][0]["schema"] == {"anyOf": [{"const": 5}, uuid]}
    body = one["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"const": "host1"} in body["properties"]["host"]["anyOf"]


def scenario(**statuses: tuple[int, str]) -> dict[str, Any]:
    request = {"method": "GET", "uri": "http://localhost/things"}
    return {
        "ScenarioFinished": {
            "recorder": {
                "label": "GET /things",
                "interactions": {
                    case: {"request": request, "response": {"status_code": status}}
                    for case, (status, _) in statuses.items()
                },
                "checks": {
                    case: [{"name": "not_a_server_error", "status": verdict}]
                    for case, (_, verdict) in statuses.items()
                },
            }
        }
    }


END = {"EngineFinished": {"stop_reason": "completed"}}


def test_requests_and_failures_are_counted_by_operation() -> None:
    events = [
        scenario(a=(200, "success"), b=(404, "success")),
        scenario(c=(500, "failure"), d=(501, "failure")),
        END,
    ]
    tally = fuzz.tallies(events)["GET /things"]
    assert (tally.requests, dict(tally.statuses)) == (4, {"2xx": 1, "4xx": 1, "5xx": 2})
    assert tally.failures == ["not_a_server_error: GET http://localhost/things -> 500"]
    lines = list(fuzz.table({"GET /things": tally}))
    assert lines[1].split() == ["4", "1", "1", "2", "1", "GET", "/things"]


def test_a_round_that_did_not_end_is_a_failure() -> None:
    assert fuzz.tallies([scenario(a=(200, "success"))])["schemathesis"].failures
    broken = [{"NonFatalError": {"info": "no such host"}}, END]
    assert "no such host" in fuzz.tallies(broken)["schemathesis"].failures[0]
    assert list(fuzz.tallies([END])) == []
