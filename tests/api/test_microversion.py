"""Contract 1.3 and 1.4: which version a request gets, and which headers tell it."""

import re

import pytest
from falcon.testing import create_environ
from tests.api.world import World, open_world

from hostdown.api.compute.microversion import ALL, MAXIMUM, Version

NEW, OLD = "OpenStack-API-Version", "X-OpenStack-Nova-API-Version"


@pytest.fixture
def world(empty_world: World) -> World:
    return empty_world


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({}, "2.1"),
        ({NEW: "compute 2.53"}, "2.53"),
        ({NEW: "COMPUTE 2.53"}, "2.53"),
        ({NEW: "  compute   2.53  "}, "2.53"),
        ({NEW: "compute latest"}, "2.104"),
        ({OLD: "latest"}, "2.104"),
        ({OLD: "2.11"}, "2.11"),
        ({NEW: ""}, "2.1"),
        ({NEW: "compute"}, "2.1"),
        ({NEW: "2.53"}, "2.1"),
        ({NEW: "nova 2.53"}, "2.1"),
        ({NEW: "volume 3.0"}, "2.1"),
        ({NEW: "volume 3.0", OLD: "2.11"}, "2.11"),
        ({NEW: "compute 2.53, compute 2.11"}, "2.11"),
        ({NEW: "compute 2.53, volume 3.0"}, "2.53"),
        ({NEW: "compute 2.53", OLD: "garbage"}, "2.53"),
        ({NEW: "compute 2.104"}, "2.104"),
    ],
)
def test_the_headers_select_a_version_which_the_answer_echoes(
    world: World, headers: dict[str, str], version: str
) -> None:
    answer = world.ask("GET", "/v2.1/os-services", **headers)
    assert answer.status_code == 200
    assert answer.headers[NEW] == f"compute {version}"
    assert answer.headers[OLD] == version


@pytest.mark.parametrize(
    ("headers", "text"),
    [({NEW: f"compute {text}"}, text) for text in (
        "LATEST", "abc", "2", "2.1.1", "02.1", "2.01", "-2.1", "0.0", "2.53 x",
    )]
    + [({OLD: ""}, ""), ({OLD: "compute 2.53"}, "compute 2.53")],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v2.1/os-services", "/v2.1/", "/v2.1/servers"])
def test_a_malformed_version_is_400_without_version_headers(
    world: World, headers: dict[str, str], text: str, path: str
) -> None:
    answer = world.ask("GET", path, **headers)
    message = (
        f"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum."
    )
    assert (answer.status_code, answer.json) == (
        400,
        {"badRequest": {"code": 400, "message": message}},
    )
    assert not {NEW.lower(), OLD.lower(), "vary"} & set(answer.headers)


@pytest.mark.parametrize("text", ["2.0", "2.105", "2.999", "3.0", "9999.1", "2." + "9" * 5000])
@pytest.mark.parametrize("path", ["/v2.1/os-services", "/v2.1/"])
def test_a_version_out_of_range_is_406_and_echoed(world: World, text: str, path: str) -> None:
    answer = world.ask("GET", path, text)
    message = f"Version {text} is not supported by the API. Minimum is 2.1 and maximum is 2.104."
    assert (answer.status_code, answer.json) == (
        406,
        {"computeFault": {"code": 406, "message": message}},
    )
    assert (answer.headers[NEW], answer.headers[OLD]) == (f"compute {text}", text)


def test_vary_is_sent_as_two_lines(world: World) -> None:
    lines: list[tuple[str, str]] = []

    def start_response(_status: str, headers: list[tuple[str, str]]) -> None:
        lines.extend(headers)

    list(world.app(create_environ("/v2.1/"), start_response))
    assert [value for name, value in lines if name == "vary"] == [NEW, OLD]


def test_both_request_ids_are_the_same_new_one_and_the_callers_is_not_echoed(
    world: World,
) -> None:
    given = "req-01234567-89ab-cdef-0123-456789abcdef"
    seen = set()
    for _ in range(2):
        answer = world.ask("GET", "/v2.1/os-services", X_OpenStack_Request_ID=given)
        assert answer.headers["x-compute-request-id"] == answer.headers["x-openstack-request-id"]
        seen.add(answer.headers["x-compute-request-id"])
    assert len(seen) == 2
    assert given not in seen
    assert all(re.fullmatch("req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in seen)


def test_the_callers_own_request_id_is_kept_for_the_records() -> None:
    with open_world() as other:
        other.service("host1")
        given = "req-01234567-89ab-cdef-0123-456789abcdef"
        body = {"host": "host1", "binary": "nova-compute"}
        for sent in (given, "req-nonsense"):
            action = "disable" if sent == given else "enable"
            other.ask("PUT", f"/v2.1/os-services/{action}", body=body, X_OpenStack_Request_ID=sent)
        newest, oldest = other.cell.read(lambda rows: rows.journal.history("host1", 2))
    assert (oldest.caller.global_request_id, newest.caller.global_request_id) == (given, None)


def test_versions_compare_as_numbers() -> None:
    assert Version(2, 9) < Version(2, 10) < Version(2, 100) <= MAXIMUM
    assert len(ALL) == 104
