"""Notifications on a real RabbitMQ, as those who listen there see them."""

import logging
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import orjson
import pytest
from tests.domain.happenings import SERVER, SERVICE, changed, event
from tests.domain.nova_samples import differences, sample
from tests.telling.brokers import SECRET, until, virtual_host

pytest.importorskip("oslo_messaging", reason="oslo.messaging is not installed")

from tests.telling.listeners import oslo_listener, plain_listener

from hostdown.cli.app import main
from hostdown.domain.deliveries import Delivery, Event, Verdict
from hostdown.domain.notification_errors import BusUnusable
from hostdown.domain.notifications import OnStateChange
from hostdown.domain.server_status import Precedence
from hostdown.drivers import bus as driver
from hostdown.drivers.bus import Bus, said
from hostdown.drivers.bus_sender import BusSender, NotTaken
from hostdown.services.bus_route import BusForms, BusRoute

NOW = datetime(2026, 3, 10, 12)
FORMS = BusForms(("v", "w"), ("u",), OnStateChange.VM_STATE, "api1", Precedence.NOVA)
FAILED = changed(
    SERVER._replace(task_state="spawning"), SERVER._replace(vm_state="error"), True
)._replace(type="instance.create.error")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with virtual_host() as made:
        yield made


@pytest.fixture
def sender(url: str) -> Iterator[BusSender]:
    made = BusSender(Bus(url, "nova", {}))
    yield made
    made.close()


def deliveries(*events: Event, forms: BusForms = FORMS) -> list[Delivery]:
    return BusRoute(forms).deliveries(None, events, NOW)  # type: ignore[arg-type] # it reads none


def send(sender: BusSender, found: list[Delivery]) -> None:
    sender.begin(found)
    assert {each.verdict for each in sender.wait(0)} == {Verdict.TAKEN}


def test_a_listener_of_openstacks_gets_what_was_told(url: str, sender: BusSender) -> None:
    with oslo_listener(url, "v") as heard, oslo_listener(url, "u") as old:
        found = deliveries(event("service.update", SERVICE), FAILED)
        send(sender, found)
        until(lambda: len(heard.got) == 3 and len(old.got) == 1)
    by_id = {each.id: orjson.loads(each.body) for each in found}
    for priority, got in heard.got + old.got:
        told = by_id[got["message_id"]]
        assert {**got, "priority": priority} == told
    kinds = [(priority, got["event_type"]) for priority, got in heard.got]
    assert sorted(kinds) == [
        ("ERROR", "instance.create.error"),
        ("INFO", "instance.update"),
        ("INFO", "service.update"),
    ]
    assert old.got[0][1]["event_type"] == "compute.instance.update"
    (payload,) = (got["payload"] for _, got in heard.got if got["event_type"] == "service.update")
    assert differences(payload, sample("service-update")["payload"]) == []


def test_whoever_knows_nothing_of_openstack_gets_the_same_envelope(
    url: str, sender: BusSender
) -> None:
    (found,) = deliveries(
        event("service.delete", SERVICE), forms=FORMS._replace(versioned_topics=("plain",))
    )
    with plain_listener(url, "plain.info") as heard:
        send(sender, [found])
        send(sender, [found])  # what a crash repeats
        until(lambda: len(heard.messages) == 2)
    assert heard.bodies[0].keys() == {"oslo.version", "oslo.message"}
    told = orjson.loads(found.body)
    for message in heard.messages:
        own = {name: value for name, value in message.items() if not name.startswith("_")}
        assert own == told
    assert {message["message_id"] for message in heard.messages} == {found.id}


def test_what_nobody_listens_for_yet_waits_in_its_queue(url: str, sender: BusSender) -> None:
    found = deliveries(
        event("service.create", SERVICE), forms=FORMS._replace(versioned_topics=("early",))
    )
    send(sender, found)
    with plain_listener(url, "early.info") as heard:
        until(lambda: len(heard.messages) == 1)


# ----------------------------------------------------------------------------- what goes wrong


class Wire:
    """A way to the broker that may go silent."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._silent = threading.Event()
        self._ends: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing comes through what is open; what comes later does."""
        self._silent.set()
        self._silent = threading.Event()

    def close(self) -> None:
        self._door.close()
        for each in self._ends:
            each.close()

    def _let_in(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(
                    target=self._carry, args=(one, other, self._silent), daemon=True
                ).start()

    def _carry(self, one: socket.socket, other: socket.socket, silent: threading.Event) -> None:
        try:
            while part := one.recv(65_536):
                if not silent.is_set():
                    other.sendall(part)
        except OSError:
            return


def test_a_broker_that_falls_silent_is_a_failure_in_time_and_is_reached_anew(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "SEND_S", 3.0)
    wire = Wire(5672)
    sender = BusSender(Bus(url.replace(":5672", f":{wire.port}"), "nova", {}))
    found = deliveries(
        event("service.create", SERVICE), forms=FORMS._replace(versioned_topics=("wire",))
    )
    send(sender, found)
    wire.cut()
    sender.begin(found)
    (ended,) = sender.wait(0)
    assert (ended.verdict, ended.reason) == (Verdict.FAILED, "The bus did not take it: timed out.")
    send(sender, found)
    sender.close()
    wire.close()


def test_of_several_brokers_one_that_answers_is_used(url: str) -> None:
    user = url.removeprefix("rabbit://").partition("@")[0]
    both = url.replace("rabbit://", f"rabbit://{user}@127.0.0.1:1,")
    for _ in range(4):  # which comes first is a matter of chance
        bus = Bus(both, "nova", {"kombu_reconnect_delay": "0"})
        until(partial(_is_taken, bus))
        bus.close()


def _is_taken(bus: Bus) -> bool:
    """A broker on a busy machine may be late; that nobody is at the other address is no reason."""
    try:
        bus.publish("several.info", {})
    except NotTaken as error:
        assert str(error) == "timed out"  # noqa: PT017 - what else there is fails
        return False
    return True


def test_no_text_and_no_log_has_the_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "oslo.messaging", "amqp", "kombu"):
        caplog.set_level(logging.DEBUG, name)
    bus = Bus(url.replace(SECRET, "wr0ng-s3cr3t"), "nova", {})
    with pytest.raises(NotTaken, match="ACCESS_REFUSED"):
        bus.publish("v.info", {})
    bus.close()
    right = Bus(url, "nova", {})
    right.publish("v.info", {})
    right.close()
    assert said(ValueError("with wr0ng.\nend."), ["wr0ng"]) == "with ***. end"
    gone = Bus("rabbit://guest:s3cr3t@127.0.0.1:1/", "nova", {})
    with pytest.raises(NotTaken, match="Connection refused"):
        gone.publish("v.info", {})
    assert caplog.records
    for secret in ("s3cr3t", SECRET):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "wrong",
    ["rabbit://u:s3cr3t/x@h/", "rabbit://u:s3#cr3t@h", "rabbit://[s3cr3t", "rabbit://u:s3cr3t@/"],
)
def test_a_url_that_cannot_be_meant_so_is_not_repeated(wrong: str) -> None:
    with pytest.raises(BusUnusable) as caught:
        Bus(wrong, "nova", {})
    assert "transport_url" in str(caught.value)
    assert "cr3t" not in str(caught.value)


def test_options_of_oslo_messaging_are_its_own(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "hostdown")
    Bus(url, "nova", {"kombu_reconnect_delay": "0.5", "of_another_version": "1"}).close()
    assert [record.getMessage() for record in caplog.records] == [
        "[oslo_messaging_rabbit] of_another_version is ignored: oslo.messaging has no such option."
    ]
    with pytest.raises(BusUnusable, match="rabbit_retry_interval"):
        Bus(url, "nova", {"rabbit_retry_interval": "soon"})


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("transport_url = rabbit://g:geheim@127.0.0.1:notaport/", "transport_url is no URL"),
        ("transport_url = rabbit://g:geheim@/", "names no host"),
        (
            "transport_url = rabbit://g:geheim@127.0.0.1/\n[oslo_messaging_rabbit]\n"
            "amqp_durable_queues = perhaps",
            "amqp_durable_queues",
        ),
    ],
)
def test_a_check_of_the_configuration_reads_what_the_bus_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: str, why: str
) -> None:
    config = tmp_path / "hostdown.conf"
    config.write_text(f"[oslo_messaging_notifications]\ndriver = messagingv2\n{lines}\n")
    assert main(["config", "check", "--config-file", str(config)]) == 1
    told = capsys.readouterr().out
    assert why in told
    assert "geheim" not in told
