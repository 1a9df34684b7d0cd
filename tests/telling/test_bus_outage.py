"""A broker that is stopped and started mid-way: nothing is lost, and each host's order is kept."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.telling.brokers import Broker, own_broker, until

pytest.importorskip("oslo_messaging", reason="oslo.messaging is not installed")

from tests.telling.listeners import PlainListener, plain_listener

from hostdown.domain import deliveries as domain
from hostdown.domain.deliveries import Channel
from hostdown.domain.model import COMPUTE, Caller, Change, Service
from hostdown.domain.notifications import OnStateChange
from hostdown.domain.server_status import Precedence
from hostdown.drivers import bus as driver
from hostdown.drivers.bus import Bus
from hostdown.drivers.bus_sender import BusSender
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.bus_route import BusForms, BusRoute
from hostdown.services.deliverer import Deliverer
from hostdown.services.delivery_ports import Which
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.lease import Lease
from hostdown.services.telling import NOTIFIER, Teller
from hostdown.storage import Storage

CALLER = Caller("u1", "alice", "p1", ("admin",), "req-1")
HOSTS = ("rack1-a", "rack1-b", "rack2-a", "rack2-b")
ROUNDS = 40
"""Changes of each host's service between two blows."""
LARGEST = "application:set_env(rabbit, max_message_size, {})."
DURABLE = {"amqp_durable_queues": "true", "kombu_reconnect_delay": "0.1"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Of this file's own, so that it may be stopped. Each test has a topic."""
    with own_broker(tmp_path_factory.mktemp("broker")) as made:
        yield made


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a pause that grew while a broker started."""
    monkeypatch.setattr(domain, "PAUSE_MAX_S", domain.PAUSE_FIRST_S)


class Server:
    """What writes down what happens, and tells it on a bus."""

    def __init__(self, store: Storage, url: str, topic: str) -> None:
        self._cell = store.cells.all()[0]
        self._store = store
        clock = SystemClock()
        self._now = clock.now
        lease: Lease[DirectoryRows] = Lease(store.directory, NOTIFIER, "one", clock)
        forms = BusForms((topic,), (), OnStateChange.NONE, "api1", Precedence.NOVA)
        route = BusRoute(forms)
        sender = BusSender(Bus(url, "nova", DURABLE))
        self._deliverer = Deliverer(store.directory, Channel.BUS, sender, lambda: True, clock)
        self._teller = Teller(store.directory, store.cells, lease, [route], self._deliverer.wake)
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._deliver, daemon=True)
        self._services = {host: self._service(host) for host in HOSTS}
        self.number = 0

    def _service(self, host: str) -> Service:
        made = self._cell.write(lambda rows: rows.services.create(host, COMPUTE, self._now(), None))
        assert made is not None
        return made

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """Meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._leaving.set()
            self._deliverer.wake()
            self._thread.join(30)

    def _deliver(self) -> None:
        while not self._leaving.is_set():
            self._deliverer.turn()
        self._deliverer.close()

    def happens(self, rounds: int = ROUNDS, why: str = "") -> None:
        """Each service changes again and again; its reason counts how often, unless there is
        another one."""
        for _ in range(rounds):
            self.number += 1
            for host in HOSTS:
                self._change(self._services[host]._replace(disabled_reason=why or str(self.number)))
            self._teller.turn(self._now())

    def _change(self, service: Service) -> None:
        change = Change(self._now(), CALLER, "service.update", {}, {})
        self._cell.write(lambda rows: rows.journal.record(change, service))

    def failures(self) -> list[str | None]:
        """What is said of those that are not delivered."""
        found = self._store.directory.read(lambda rows: rows.deliveries.after(Channel.BUS, 0, 999))
        return [each.failure for each in found]

    def dead(self) -> int:
        """How many were given up."""
        return len(self._store.directory.read(lambda rows: rows.dead_letters.list(Which(), 999)))


class Heard:
    """What a listener got, in the order in which it did."""

    def __init__(self, listener: PlainListener) -> None:
        self._listener = listener

    def numbers(self) -> dict[str, list[int]]:
        """Of each host, each number where it came for the first time."""
        found: dict[str, list[int]] = defaultdict(list)
        for message in list(self._listener.messages):
            data = message["payload"]["nova_object.data"]
            number = int(data["disabled_reason"])
            if number not in found[data["host"]]:
                found[data["host"]].append(number)
        return found

    def ids(self) -> dict[tuple[str, str], set[str]]:
        """The ids under which each change was told."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for message in list(self._listener.messages):
            data = message["payload"]["nova_object.data"]
            found[data["host"], data["disabled_reason"]].add(message["message_id"])
        return found


def test_a_broker_that_is_stopped_and_started_loses_nothing_and_mixes_nothing_up(
    store: Storage, broker: Broker
) -> None:
    server = Server(store, broker.url, "stopped")
    with plain_listener(broker.url, "stopped.info", durable=True) as listener, server.delivering():
        heard = Heard(listener)
        server.happens()
        for blow in (broker.stop, broker.kill):
            _interrupt(broker, server, blow)
        all_of_them = list(range(1, server.number + 1))
        until(lambda: heard.numbers() == dict.fromkeys(HOSTS, all_of_them))
        assert {len(ids) for ids in heard.ids().values()} == {1}
        assert server.dead() == 0
        until(lambda: server.failures() == [])


def _interrupt(broker: Broker, server: Server, blow: Callable[[], None]) -> None:
    """Things happen before the broker is gone, while it is, and after."""
    busy = threading.Thread(target=server.happens)
    busy.start()
    blow()
    busy.join()
    server.happens()
    until(lambda: any(server.failures()))
    broker.start()
    server.happens()


def test_a_broker_without_memory_takes_nothing_and_holds_nobody_up_for_ever(
    store: Storage, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on talking, and reads nothing that is sent."""
    monkeypatch.setattr(driver, "SEND_S", 0.5)
    server = Server(store, broker.url, "memory")
    with plain_listener(broker.url, "memory.info", durable=True) as listener, server.delivering():
        server.happens(1)
        until(lambda: len(listener.messages) == len(HOSTS))
        broker.control("set_vm_memory_high_watermark", "0.0000001")
        server.happens(1)
        until(lambda: any(server.failures()))
        broker.control("set_vm_memory_high_watermark", "0.6")
        until(lambda: Heard(listener).numbers() == {host: [1, 2] for host in HOSTS})
        assert {len(ids) for ids in Heard(listener).ids().values()} == {1}


def test_what_is_too_large_for_a_broker_is_given_up_and_holds_nothing_up(
    store: Storage, broker: Broker
) -> None:
    broker.control("eval", LARGEST.format(2000))
    server = Server(store, broker.url, "large")
    with plain_listener(broker.url, "large.info", durable=True) as listener, server.delivering():
        server.happens(1, "much " * 1000)
        server.happens(1)
        until(lambda: len(listener.messages) == len(HOSTS))
        until(lambda: server.failures() == [])
    assert server.dead() == len(HOSTS)
    broker.control("eval", LARGEST.format(16_000_000))


def test_what_was_sent_before_a_crash_and_is_sent_again_has_the_same_id(
    store: Storage, broker: Broker
) -> None:
    """Between the broker's word and its being written down."""
    server = Server(store, broker.url, "crash")
    server.happens(1)
    found = store.directory.read(lambda rows: rows.deliveries.after(Channel.BUS, 0, 99))
    crashed = BusSender(Bus(broker.url, "nova", DURABLE))
    crashed.begin(found)
    assert len(crashed.wait(0)) == len(HOSTS)
    crashed.close()
    with plain_listener(broker.url, "crash.info", durable=True) as listener, server.delivering():
        until(lambda: len(listener.messages) == 2 * len(HOSTS))
        assert {len(ids) for ids in Heard(listener).ids().values()} == {1}
