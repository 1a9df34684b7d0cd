"""What goes wrong between the command and the server: one sentence, and an exit code that tells."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import PASSWORD, REQUEST_ID, TOKEN, Cloud, Fault, fault, serve

CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"


@pytest.mark.parametrize(
    ("status", "key", "code"),
    [
        (400, "badRequest", 1),
        (401, "error", 4),
        (403, "forbidden", 4),
        (404, "itemNotFound", 3),
        (409, "conflictingRequest", 1),
        (503, "serviceUnavailable", 5),
    ],
)
def test_a_fault_is_the_servers_sentence_with_the_request_id(
    openrc: Cloud, run: Run, status: int, key: str, code: int
) -> None:
    openrc.faults["os-services"] = fault(status, key, "It is not to be.")
    ended = run("service", "list")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err == f"hostdown: It is not to be. (HTTP {status}, request {REQUEST_ID})\n"


def test_wrong_credentials_are_said_to_be_wrong(
    openrc: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_PASSWORD", "a-wrong-one")
    ended = run("service", "list")
    assert ended.code == 4
    assert "refused the credentials of 'admin' from the OS_* variables" in ended.err
    assert "a-wrong-one" not in ended.err


@pytest.mark.parametrize("status", [301, 404, 502])
def test_an_answer_that_is_no_api_is_named(openrc: Cloud, run: Run, status: int) -> None:
    openrc.faults["os-services"] = Fault(status, b"<html>A proxy</html>")
    ended = run("service", "list")
    assert ended.code in (1, 3, 5)
    assert f"HTTP {status}" in ended.err
    assert "<html>" not in ended.err


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"services": 5}', b'"x"'])
def test_a_success_without_sense_is_named(openrc: Cloud, run: Run, body: bytes) -> None:
    for pattern in ("os-services", "GET /v2.1/$", "auth/tokens"):
        openrc.faults = {pattern: Fault(200, body)}
        ended = run("service", "list")
        assert ended.code == 1
        assert ended.err.startswith("hostdown: http://127.0.0.1")
        assert "answered" in ended.err


def test_a_server_too_old_or_too_new_is_named(openrc: Cloud, run: Run) -> None:
    openrc.faults["GET /v2.1/$"] = Fault(200, {"version": {"version": "3.5", "min_version": "3.1"}})
    ended = run("service", "list")
    assert ended.code == 1
    assert "3.1 to 3.5" in ended.err


def test_nobody_listening_is_no_answer(openrc: Cloud, run: Run) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        ended = run("--os-auth-url", url, "service", "list")
    assert ended.code == 5
    assert ended.err == f"hostdown: nothing listens at {url}: check that the server runs\n"


def test_a_name_that_does_not_resolve_is_no_answer(openrc: Cloud, run: Run) -> None:
    ended = run("--os-auth-url", "http://nowhere.invalid/v3", "service", "list")
    assert ended.code == 5
    assert "no answer from http://nowhere.invalid" in ended.err


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_server_that_says_nothing_runs_into_the_timeout(
    openrc: Cloud, run: Run, silent: socket.socket
) -> None:
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    ended = run("--timeout", "0.2", "--os-auth-url", url, "service", "list")
    assert ended.code == 5
    assert "did not answer within 0.2 s (--timeout)" in ended.err


def test_a_server_that_drips_runs_into_the_same_timeout(
    openrc: Cloud, run: Run, silent: socket.socket
) -> None:
    over = threading.Event()

    def drip() -> None:
        connection, _ = silent.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                connection.sendall(b" ")

    thread = threading.Thread(target=drip)
    thread.start()
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    ended = run("--timeout", "0.3", "--os-auth-type", "none", "--os-endpoint", url, "service-list")
    over.set()
    thread.join()
    assert ended.code == 5
    assert "did not answer within 0.3 s" in ended.err


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "nan", "x"])
def test_an_impossible_timeout_is_a_usage_error(openrc: Cloud, run: Run, seconds: str) -> None:
    assert run("--timeout", seconds, "service", "list").code == 2


@pytest.mark.parametrize(
    "url", ["ftp://x", "x", "http://", "http://x:99999", "http://[::1", "http://me:hush@127.0.0.1"]
)
def test_an_impossible_address_is_a_usage_error(openrc: Cloud, run: Run, url: str) -> None:
    ended = run("--os-auth-url", url, "service", "list")
    assert (ended.code, openrc.asked) == (2, [])
    assert "hush" not in ended.err


def test_a_read_is_sent_again_when_the_connection_drops(openrc: Cloud, run: Run) -> None:
    run("--os-compute-api-version", "2.104", "service", "list")
    endpoint = ("--os-auth-type", "none", "--os-endpoint", openrc.url)
    openrc.drop_next = True
    assert run(*endpoint, "service", "list").code == 0


def test_a_login_is_not_sent_again(openrc: Cloud, run: Run) -> None:
    openrc.drop_next = True
    ended = run("service", "list")
    assert (ended.code, openrc.asked) == (5, [])
    assert "no answer from" in ended.err


@pytest.fixture
def secured() -> Iterator[Cloud]:
    made = Cloud()
    server = serve(made, CERTIFICATE)
    yield made
    server.shutdown()
    server.server_close()


def options(cloud: Cloud) -> list[str]:
    return ["--os-auth-type", "none", "--os-endpoint", cloud.url]


def test_an_unknown_certificate_is_refused_with_a_way_out(secured: Cloud, run: Run) -> None:
    ended = run(*options(secured), "service", "list")
    assert (ended.code, secured.asked) == (5, [])
    assert "was refused" in ended.err
    assert "--os-cacert" in ended.err


def test_a_certificate_is_trusted_when_told(secured: Cloud, run: Run) -> None:
    assert run(*options(secured), "--os-cacert", str(CERTIFICATE), "service", "list").code == 0
    assert run(*options(secured), "--insecure", "service", "list").code == 0


def test_a_client_certificate_can_be_shown(secured: Cloud, run: Run) -> None:
    own = ["--os-cacert", str(CERTIFICATE), "--os-cert", str(CERTIFICATE)]
    assert run(*options(secured), *own, "service", "list").code == 0


def test_a_missing_certificate_file_is_a_usage_error(secured: Cloud, run: Run) -> None:
    ended = run(*options(secured), "--os-cacert", "/nowhere/ca.pem", "service", "list")
    assert ended.code == 2
    assert "/nowhere/ca.pem" in ended.err


def test_plain_http_behind_https_is_named(openrc: Cloud, run: Run) -> None:
    url = openrc.url.replace("http", "https")
    ended = run("--os-auth-url", url, "service", "list")
    assert ended.code == 5
    assert "TLS" in ended.err


def test_debug_shows_requests_and_no_secret(
    openrc: Cloud, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run("service", "list", "--debug")
    shown = caplog.text
    assert "> POST" in shown
    assert f"< 200 {REQUEST_ID}" in shown
    assert '"host": "compute1"' in shown
    assert PASSWORD not in shown
    assert TOKEN not in shown
    caplog.clear()
    run("host", "enroll", "compute9", "--debug")
    assert "/agent/v1/hosts/compute9/enrolment" in caplog.text
    assert "s3cret" not in caplog.text


def test_an_answer_that_is_cut_off_is_no_answer(
    openrc: Cloud, run: Run, silent: socket.socket
) -> None:
    def cut() -> None:
        connection, _ = silent.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"version":')

    thread = threading.Thread(target=cut)
    thread.start()
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    ended = run("--os-auth-type", "none", "--os-endpoint", url, "service-list")
    thread.join()
    assert ended.code == 5
    assert "cut off" in ended.err
