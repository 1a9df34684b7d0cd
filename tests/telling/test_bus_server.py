"""A real server puts on a real bus what happens in it, and keeps the bus's password to itself."""

import re
import socket
import subprocess
import sys
import textwrap
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

from hostdown.drivers.bus import Bus

PAGE = (Path(__file__).resolve().parents[2] / "docs/howto/notifications.md").read_text()
BUS = "oslo_messaging_notifications"
OPTIONS = BusOptions((), ("notifications",), None, "rabbit://u:p@127.0.0.1:1/", "nova", {})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with virtual_host() as made:
        yield made


def block(name: str) -> str:
    """One of the page's, without its indentation."""
    found = re.search(rf"<!-- test: {name} -->\n\n((?:    .*\n|\n)+)", PAGE)
    assert found is not None
    return textwrap.dedent(found[1])


def documented(url: str) -> dict[str, dict[str, object]]:
    """The configuration of the page, with another broker."""
    sections: dict[str, dict[str, object]] = {}
    for line in filter(None, block("configuration").splitlines()):
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
    assert "eventlet" not in server.log  # which oslo.messaging loads, and nobody uses


def test_the_listener_of_the_page_prints_what_is_told(url: str) -> None:
    program = block("listener").replace("rabbit://nova:password@192.0.2.5:5672/", url)
    assert url in program
    message = {"message_id": "m1", "publisher_id": "nova-compute:h", "event_type": "service.update",
               "priority": "INFO", "timestamp": "now",
               "payload": {"nova_object.data": {"host": "h"}}}  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-u", "-W", "ignore", "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        bus = Bus(url, "nova", {"amqp_durable_queues": "true"})
        bus.publish("versioned_notifications.info", message)
        bus.close()
        assert process.stdout is not None
        assert process.stdout.readline() == "m1 service.update {'host': 'h'}\n"
        process.kill()


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
