"""A server whose configuration says nothing: alarms are served, fire, and call what they may."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from falcon.testing import TestClient
from tests.stores import fast_directory
from tests.telling.receivers import Receiver, receiving

from hostdown import compose
from hostdown.compose.notifier import notifier
from hostdown.config import Settings, load
from hostdown.domain.deliveries import Channel
from hostdown.domain.model import Caller, Change
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.delivery_ports import Which
from hostdown.storage import open_storage

TURNS_MAX = 100
PROJECT = "6f70656e737461636b20342065766572"
TOKEN = f"ann:{PROJECT}"


@pytest.fixture
def state() -> Iterator[Path]:
    with fast_directory() as made:
        yield Path(made)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def settings_of(state: Path, text: str = "") -> Settings:
    file = state / "hostdown.conf"
    file.write_text(f"[DEFAULT]\nstate_path = {state}\n[api]\nauth_strategy = noauth2\n{text}")
    settings = load([file]).settings
    compose.prepare(settings)
    return settings


def make(settings: Settings, url: str) -> tuple[int, str]:
    worker = compose.api_worker(settings, 0)
    try:
        body = {"name": "n", "type": "event", "event_rule": {}, "alarm_actions": [url]}
        answer = TestClient(worker.application).simulate_post(
            "/alarming/v2/alarms", headers={"X-Auth-Token": TOKEN}, body=orjson.dumps(body)
        )
        return answer.status_code, answer.text
    finally:
        worker.close()


def happens(settings: Settings) -> None:
    storage = open_storage(compose.database_settings(settings))
    caller = Caller("u", "u", PROJECT, (), "req-1")
    change = Change(SystemClock().now(), caller, "instance.update", {}, {})
    server = {"uuid": str(uuid4()), "tenant_id": PROJECT, "user_id": "ann", "state": "error"}
    try:
        storage.cells.all()[0].write(lambda rows: rows.journal.tell(change, "host1", server))
    finally:
        storage.close()


def turn(settings: Settings) -> list[str | None]:
    """Tell, and call until nothing is left; why what could not be called could not."""
    parts = notifier(settings, SharedCounts(1))
    deliverer = parts.deliverers[Channel.ALARM]
    storage = open_storage(compose.database_settings(settings))
    try:
        next(job for job in parts.jobs if job.name == compose.TELL).run()
        for _ in range(TURNS_MAX):
            deliverer.turn()
            if not storage.directory.read(lambda rows: rows.deliveries.after(Channel.ALARM, 0, 9)):
                break
        dead = storage.directory.read(lambda rows: rows.dead_letters.list(Which(), 9))
        return [each.delivery.failure for each in dead]
    finally:
        storage.close()
        deliverer.close()
        parts.close()


def test_an_alarm_calls_a_network_that_the_operator_allows(state: Path, receiver: Receiver) -> None:
    settings = settings_of(state, "[alarms]\nallowed_networks = 127.0.0.0/8\n")
    assert make(settings, f"{receiver.url}/hook")[0] == 201
    happens(settings)
    assert turn(settings) == []
    (got,) = receiver.got
    assert (got.path, orjson.loads(got.body)["current"]) == ("/hook", "alarm")


def test_it_calls_nothing_else(state: Path, receiver: Receiver) -> None:
    settings = settings_of(state)
    status, text = make(settings, receiver.url)
    assert (status, "127.0.0.1 is not a public address" in text) == (400, True)
    assert make(settings, receiver.url.replace("127.0.0.1", "localhost"))[0] == 400


def test_what_was_allowed_when_an_alarm_was_made_is_not_called_any_more(
    state: Path, receiver: Receiver
) -> None:
    settings = settings_of(state, "[alarms]\nallowed_networks = 127.0.0.0/8\n")
    assert make(settings, receiver.url)[0] == 201
    settings = settings_of(state)
    happens(settings)
    (reason,) = turn(settings)
    assert reason is not None
    assert "may not be reached from here." in reason
    assert receiver.got == []
