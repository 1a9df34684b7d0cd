"""Contract 1.7 to 1.10: bodies, their limits and schemas, queries, and the old /v2 root."""

from io import BytesIO

import pytest
from falcon.testing import create_environ
from tests.api.world import ADMIN, PROJECT, READER, World

from hostdown.api.compute.types import FALSE_WORDS, TRUE_WORDS
from hostdown.api.parts import BODY_BYTES_MAX
from hostdown.api.request import QUERY_BYTES_MAX

FORCE_DOWN = "/v2.1/os-services/force-down"
BODY = {"host": "host1", "binary": "nova-compute", "forced_down": True}


def bad_request(message: str) -> dict[str, object]:
    return {"badRequest": {"code": 400, "message": message}}


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.openstack.compute+json",
        "text/plain",
        "",
    ],
)
def test_these_content_types_are_read_as_json(world: World, media_type: str) -> None:
    world.service("host1")
    answer = world.ask("PUT", FORCE_DOWN, "2.11", BODY, Content_Type=media_type, Accept="text/xml")
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_any_other_content_type_is_415_also_on_get(world: World, method: str) -> None:
    path = "/v2.1/os-services" if method == "GET" else "/v2.1/os-services/1"
    answer = world.ask(method, path, "2.11", Content_Type="application/xml")
    assert (answer.status_code, answer.json) == (
        415,
        {"badMediaType": {"code": 415, "message": "Unsupported Content-Type"}},
    )
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert answer.headers["openstack-api-version"] == "compute 2.11"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Malformed request body"),
        (b"nonsense", "Malformed request body"),
        (b"\xff", "Malformed request body"),
        (b'{"host": NaN}', "Malformed request body"),
        (b"[" * 50000, "Malformed request body"),
        (b"", "None is not of type 'object'"),
        (b"null", "None is not of type 'object'"),
        (b"[]", "[] is not of type 'object'"),
        (b'"x"', "'x' is not of type 'object'"),
        (b"{}", "'host' is a required property"),
        (b'{"host": "a"}', "'binary' is a required property"),
        (
            b'{"host": "a", "binary": "b", "foo": 1, "bar": 2}',
            "Additional properties are not allowed ('bar', 'foo' were unexpected)",
        ),
        (
            b'{"host": "", "binary": "b"}',
            "Invalid input for field/attribute host. Value: . '' should be non-empty",
        ),
        (
            b'{"host": "a b", "binary": "b"}',
            "Invalid input for field/attribute host. Value: a b. "
            "'a b' does not match '^[a-zA-Z0-9-._]*$'",
        ),
        (
            b'{"host": "a\\n", "binary": "b"}',
            "Invalid input for field/attribute host. Value: a\n. "
            "'a\\n' does not match '^[a-zA-Z0-9-._]*$'",
        ),
        (
            b'{"host": 5, "binary": "b"}',
            "Invalid input for field/attribute host. Value: 5. 5 is not of type 'string'",
        ),
        (
            b'{"host": "a", "binary": "b", "disabled_reason": "a\\u0000b"}',
            "Invalid input for field/attribute disabled_reason. Value: a\x00b. "
            "'a\\x00b' does not match '^[^\\x00]*$'",
        ),
    ],
)
def test_a_bad_body_is_400_with_the_contracts_words(
    world: World, body: bytes, message: str
) -> None:
    answer = world.ask("PUT", FORCE_DOWN, "2.11", body, token=READER)
    assert (answer.status_code, answer.json) == (400, bad_request(message))


def test_what_is_too_long_is_told(world: World) -> None:
    answer = world.ask("PUT", FORCE_DOWN, "2.11", {**BODY, "host": "h" * 256})
    assert answer.json["badRequest"]["message"].endswith(f"'{'h' * 256}' is too long")


@pytest.mark.parametrize("word", TRUE_WORDS)
def test_these_words_mean_true(world: World, word: object) -> None:
    world.service("host1")
    answer = world.ask("PUT", FORCE_DOWN, "2.11", {**BODY, "forced_down": word})
    assert answer.json["service"]["forced_down"] is True


@pytest.mark.parametrize("word", FALSE_WORDS)
def test_these_words_mean_false(world: World, word: object) -> None:
    world.service("host1")
    answer = world.ask("PUT", FORCE_DOWN, "2.11", {**BODY, "forced_down": word})
    assert answer.json["service"]["forced_down"] is False


@pytest.mark.parametrize("word", [1, 0, 1.0, None, [], {}])
def test_these_types_are_no_booleans(world: World, word: object) -> None:
    answer = world.ask("PUT", FORCE_DOWN, "2.11", {**BODY, "forced_down": word})
    assert answer.json == bad_request(
        f"Invalid input for field/attribute forced_down. Value: {word}. "
        f"{word!r} is not of type 'boolean', 'string'"
    )


@pytest.mark.parametrize("word", ["", "y", "Y", "t", "n", "tRue", " true"])
def test_these_strings_are_no_booleans(world: World, word: str) -> None:
    answer = world.ask("PUT", FORCE_DOWN, "2.11", {**BODY, "forced_down": word})
    assert answer.json == bad_request(
        f"Invalid input for field/attribute forced_down. Value: {word}. "
        f"{word!r} is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', "
        "'Yes', 'yes', False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', "
        "'no']"
    )


@pytest.mark.parametrize("token", [ADMIN, None])
def test_a_body_beyond_the_limit_is_the_413_page_before_anything_else(
    world: World, token: str | None
) -> None:
    answer = world.ask("PUT", FORCE_DOWN, "2.11", b"x" * (BODY_BYTES_MAX + 1), token)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert "<h1>413 Request Entity Too Large</h1>" in answer.text


def test_a_body_at_the_limit_is_read(world: World) -> None:
    body = b"{}" + b" " * (BODY_BYTES_MAX - 2)
    assert world.ask("PUT", FORCE_DOWN, "2.11", body).status_code == 400


def raw(world: World, stream: BytesIO, length: str | None) -> str:
    """The status of a force-down sent by hand, which HTTP clients would not send."""
    environ = create_environ(
        FORCE_DOWN,
        method="PUT",
        headers={"X-Auth-Token": ADMIN, "X-OpenStack-Nova-API-Version": "2.11"},
    )
    environ.pop("CONTENT_LENGTH", None)
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    environ["wsgi.input"] = stream
    statuses: list[str] = []
    list(world.app(environ, lambda status, _headers: statuses.append(status)))
    return statuses[0]


def test_a_body_without_a_length_is_read_up_to_the_limit(world: World) -> None:
    world.service("host1")
    good = BytesIO(b'{"host":"host1","binary":"nova-compute","forced_down":true}')
    assert raw(world, good, None) == "200 OK"
    huge = BytesIO(b"x" * (BODY_BYTES_MAX * 3))
    assert raw(world, huge, None).startswith("413")
    assert huge.tell() == BODY_BYTES_MAX + 1


@pytest.mark.parametrize("length", ["-1", "abc", "1e3"])
def test_a_nonsensical_length_is_a_malformed_body(world: World, length: str) -> None:
    assert raw(world, BytesIO(b"{}"), length).startswith("400")


def test_a_body_that_ends_before_its_length_is_not_carried_out(world: World) -> None:
    service = world.service("host1")
    body = b'{"host":"host1","binary":"nova-compute","forced_down":true}'
    assert raw(world, BytesIO(body), str(len(body) + 1)).startswith("400")
    assert world.current(service) == service


def test_a_length_of_many_digits_is_too_large(world: World) -> None:
    assert raw(world, BytesIO(b"{}"), "9" * 10000).startswith("413")


def test_a_query_that_is_not_utf8_is_400(world: World) -> None:
    for query in ("host=%ff", "%ff=a"):
        answer = world.ask("GET", f"/v2.1/os-services?{query}")
        assert (answer.status_code, answer.json) == (
            400,
            bad_request("Query string is not UTF-8 encoded"),
        )


def test_a_query_beyond_the_limit_is_414(world: World) -> None:
    answer = world.ask("GET", f"/v2.1/os-services?host={'h' * QUERY_BYTES_MAX}")
    assert answer.status_code == 414


def test_unknown_parameters_are_refused_from_2_75_on(world: World) -> None:
    assert world.ask("GET", "/v2.1/os-services?x=1", "2.74").status_code == 200
    answer = world.ask("GET", "/v2.1/os-services?x=1&host=h", "2.75")
    assert (answer.status_code, answer.json) == (
        400,
        bad_request("Additional properties are not allowed ('x' was unexpected)"),
    )


def test_changes_ignore_the_query(world: World) -> None:
    service = world.service("host1")
    answer = world.ask(
        "PUT", f"/v2.1/os-services/{service.uuid}?x=%ff", "2.104", {"forced_down": True}
    )
    assert answer.status_code == 200


def test_below_v2_unknown_keys_are_dropped_and_versions_do_not_exist(world: World) -> None:
    world.service("host1")
    answer = world.ask(
        "PUT",
        f"/v2/{PROJECT}/os-services/disable",
        "2.53",
        {"host": "host1", "binary": "nova-compute", "foo": 1, "forced_down": True},
        X_OpenStack_Nova_API_Version="nonsense",
    )
    assert (answer.status_code, answer.json) == (
        200,
        {"service": {"host": "host1", "binary": "nova-compute", "status": "disabled"}},
    )
    absent = {"openstack-api-version", "x-openstack-nova-api-version", "vary"}
    assert not absent & set(answer.headers)
    listed = world.ask("GET", "/v2/os-services", "2.53").json["services"]
    assert listed[0]["id"] == 1
    assert "forced_down" not in listed[0]
