"""A real server puts on a real bus what happens in it, and keeps the bus's password to itself."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.processes.harness import Server, serving
from tests.telling.brokers import SECRET, until, virtual_host

from hostdown.compose import bus as parts
from hostdown.config.notification_settings import BusOptions
from hostdown.domain.notification_errors import BusUnusable

pytest.importorskip("oslo_messaging", reason="oslo.messaging is not installed")

from tests.telling.listeners import plain_listener

PAGE = (Path(__file__).resolve().parents[2] / "docs/howto/notifications.md").read_text()
BUS = "oslo_messaging_notifications"
OPTIONS = BusOptions((), ("notifications",), None, "rabbit://u:p@127.0.0.1:1/", "nova", {})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with virtual_host() as made:
        yield made


def documented(url: str) -> dict[str, dict[str, object]]:
    """The configuration of the page, with another broker."""
    text = re.search(r"<!-- test: configuration -->\n\n((?:    .*\n|\n)+)", PAGE)
    assert text is not None
    sections: dict[str, dict[str, object]] = {}
    for line in filter(None, map(str.strip, text[1].splitlines())):
        if line.startswith("["):
            values = sections.setdefault(line.strip("[]"), {})
        else:
            name, _, value = line.partition(" = ")
            values[name] = url if name == "transport_url" else value
    return sections


def test_a_server_that_is_configured_as_the_page_says_tells_what_happens(
    url: str, tmp_path: Path
) -> None:
    sections = documented(url)
    sections.setdefault("DEFAULT", {})["debug"] = True
    with (
        plain_listener(url, "versioned_notifications.info", durable=True) as heard,
        serving(tmp_path, **sections) as server,
    ):
        until(lambda: len(heard.messages) == 2)
        assert server.stop() == 0
    assert [(each["event_type"], each["publisher_id"]) for each in heard.messages] == [
        ("service.create", f"{binary}:{socket.gethostname()}")
        for binary in ("nova-conductor", "nova-scheduler")
    ]
    assert "NOTIFY exchange" in server.log  # so much is told, but never this
    assert SECRET not in server.log


def test_a_server_whose_bus_makes_no_sense_says_so_and_does_not_start(tmp_path: Path) -> None:
    wrong = {"driver": "messagingv2", "transport_url": f"rabbit://nova:{SECRET}/@192.0.2.1/"}
    server = Server(tmp_path, {BUS: wrong}).launch()
    assert server.ended() != 0
    assert "its transport_url is no URL" in server.log
    assert SECRET not in server.log


def test_only_who_has_a_bus_needs_what_speaks_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PACKAGE", "not_installed_anywhere")
    with pytest.raises(BusUnusable, match=r"install hostdown\[messaging\]"):
        parts.bus_sender(OPTIONS)
