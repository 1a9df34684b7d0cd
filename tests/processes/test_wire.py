"""What a real server makes of requests that no client library would send."""

import json
import socket
from collections.abc import Iterator

import pytest
from tests.processes.harness import Server, serving

from hostdown.api.events.app import BODY_BYTES_MAX as EVENTS_BYTES_MAX

SERVICES = "/v2.1/os-services"
BODY = b'{"host": "host1", "binary": "nova-api"}'
BODY_READ = (
    "Updating a nova-api service is not supported. Only nova-compute services can be updated."
)
"""What answers BODY if, and only if, it was understood."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("wire"), api={"auth_strategy": "noauth2"}) as running:
        yield running


def ask(server: Server, line: bytes, *headers: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """The status and body that answer these bytes."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    fixed = (b"Host: x", b"X-Auth-Token: admin:aaaa", b"Connection: close")
    head = b"\r\n".join([line + b" HTTP/1.1", *fixed, *headers, b"", b""])
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head + body)
        answer = connection.makefile("rb").read()
    top, _, content = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), content


def message(content: bytes) -> str:
    inside: dict[str, str] = next(iter(json.loads(content).values()))
    return inside["message"]


@pytest.mark.parametrize("value", ["compute é", "compute \N{FULLWIDTH DIGIT TWO}.53"])
def test_a_header_beyond_ascii_counts_as_empty(server: Server, value: str) -> None:
    asked = value.encode()
    status, content = ask(server, b"GET " + SERVICES.encode(), b"OpenStack-API-Version: " + asked)
    assert status == 200
    assert "forced_down" not in json.loads(content)["services"][0]
    legacy = b"X-OpenStack-Nova-API-Version: " + asked
    status, content = ask(server, b"GET " + SERVICES.encode(), legacy)
    assert (status, message(content)) == (
        400,
        "API Version String  is of invalid format. Must be of format MajorNum.MinorNum.",
    )


@pytest.mark.parametrize("path", [b"/v2.1/\xff", b"/v2.1/os-services?host=\xff", b"/a b"])
def test_a_request_line_that_http_does_not_allow_is_400_without_a_word(
    server: Server, path: bytes
) -> None:
    assert ask(server, b"GET " + path) == (400, b"")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"27\r\n" + BODY + b"\r\n0\r\n\r\n", BODY_READ),
        (b"27\r\n" + BODY + b"\r\nnonsense\r\n", BODY_READ),
        (b"26\r\n" + BODY[:-1] + b"\r\nnonsense\r\n", "Malformed request body"),
        (b"nonsense\r\n", "None is not of type 'object'"),
    ],
)
def test_a_chunked_body_that_breaks_off_counts_for_what_arrived(
    server: Server, sent: bytes, told: str
) -> None:
    """Nothing half can be carried out: no beginning of a JSON object is a JSON object."""
    line = f"PUT {SERVICES}/enable".encode()
    status, content = ask(server, line, b"Transfer-Encoding: chunked", body=sent)
    assert (status, message(content)) == (400, told)


def test_a_head_beyond_its_limits_is_refused(server: Server) -> None:
    line = f"GET {SERVICES}".encode()
    assert ask(server, line, b"X-Big: " + b"a" * 60_000)[0] == 200
    lines = [b"X-Many: a"] * 97  # beside the three that are always there
    assert ask(server, line, *lines)[0] == 200
    assert ask(server, line, *lines, b"X-Many: a")[0] == 431
    try:
        status, _ = ask(server, line, b"X-Big: " + b"a" * 300_000)
    except OSError:
        return  # cut off before all was sent, and the answer lost with that
    assert status == 431


@pytest.mark.parametrize(
    ("line", "size", "status", "told"),
    [
        (b"POST /events", EVENTS_BYTES_MAX, 404, "Host 'nope' is not mapped to any cell"),
        (b"POST /events", EVENTS_BYTES_MAX + 1, 413, f"larger than {EVENTS_BYTES_MAX} bytes"),
        (b"PUT /v2.1/os-services/enable", 114_688, 400, "'host' is a required property"),
        (b"PUT /v2.1/os-services/enable", 114_689, 413, "<h1>413 Request Entity Too Large</h1>"),
    ],
)
def test_each_path_takes_bodies_as_large_as_it_says(
    server: Server, line: bytes, size: int, status: int, told: str
) -> None:
    body = b'{"type": "compute.host.down", "details": {"hostname": "nope"}}'.ljust(size)
    answered, content = ask(server, line, f"Content-Length: {size}".encode(), body=body)
    assert (answered, told in content.decode()) == (status, True), content
