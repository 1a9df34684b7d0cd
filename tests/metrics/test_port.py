"""The port on which metrics are told: what is asked of it, and what is done to it."""

import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import urllib3

from hostdown.domain.metrics import CONTENT_TYPE
from hostdown.server import metrics_port
from hostdown.server.metrics_port import AT_ONCE_MAX, MetricsPort

TEXT = "hostdown_build_info 1\n"


class Open(NamedTuple):
    """A port that tells TEXT."""

    address: tuple[str, int]
    port: MetricsPort

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=10)

    def ask(self, method: str = "GET", path: str = "/metrics") -> "urllib3.BaseHTTPResponse":
        url = f"http://{self.address[0]}:{self.address[1]}{path}"
        return urllib3.request(method, url, retries=False, timeout=10)


@pytest.fixture
def opened() -> Iterator[Open]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port = MetricsPort(listener, lambda: TEXT)
    port.start()
    yield Open(listener.getsockname(), port)
    port.stop()
    listener.close()


def test_it_tells_metrics_and_nothing_else(opened: Open) -> None:
    told = opened.ask()
    assert (told.status, told.data.decode()) == (200, TEXT)
    assert told.headers["content-type"] == CONTENT_TYPE
    assert told.headers["server"] == "hostdown"
    assert opened.ask(path="/metrics?x=1").status == 200
    head = opened.ask("HEAD")
    assert (head.status, head.data, head.headers["content-length"]) == (200, b"", str(len(TEXT)))
    assert opened.ask(path="/").status == 404
    assert opened.ask(path="/healthz").status == 404
    assert opened.ask("POST").status == 501


def test_more_connections_than_it_serves_are_closed_and_then_it_goes_on(opened: Open) -> None:
    idle = [opened.connect() for _ in range(AT_ONCE_MAX)]
    with opened.connect() as one_more:
        assert one_more.recv(1) == b""
    for each in idle:
        each.close()
    statuses = []
    while 200 not in statuses:
        try:
            statuses.append(opened.ask().status)
        except urllib3.exceptions.HTTPError:
            assert len(statuses) < 100
            statuses.append(0)


def test_who_speaks_without_an_end_is_cut_off(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_port, "SPOKEN_MAX_S", 0.2)
    with opened.connect() as slow:
        slow.settimeout(0.05)
        got = None
        for _ in range(100):
            try:
                slow.sendall(b"x")
                got = slow.recv(1)
            except TimeoutError:
                continue
            except OSError:
                got = b""
            break
        assert got == b""
    assert opened.ask().status == 200


def test_what_fails_while_it_is_asked_is_one_request_s_trouble(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise RuntimeError("a defect")

    works, opened.port.scrape = opened.port.scrape, fail
    assert opened.ask().status == 500
    assert "a defect" in caplog.text
    opened.port.scrape = works
    assert opened.ask().status == 200
