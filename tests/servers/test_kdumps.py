"""What hosts send that dump their memory, from a real socket to the database."""

import socket
import struct
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.servers.moving import SceneClock
from tests.servers.scene import LIVENESS, START, Scene

from hostdown.domain.fault_events import FaultEvent
from hostdown.domain.kdump import MAGIC
from hostdown.domain.model import COMPUTE
from hostdown.drivers.kdump_socket import BATCH_MAX, KdumpSocket
from hostdown.services.addresses import KNOWN_FOR_S, Addresses, normal
from hostdown.services.cell_ports import CellRows
from hostdown.services.fault_events import Reception
from hostdown.services.kdumps import Kdumps, Packets
from hostdown.storage import Storage

PACKET = struct.pack("<II", MAGIC, 1)


@pytest.fixture
def scene(store: Storage) -> Scene:
    made = Scene(store)
    for name in ("a", "b"):
        made.host(name)
    place(made, "a", "127.0.0.1")
    place(made, "b", "2001:db8::1")
    return made


def place(scene: Scene, host: str, address: str) -> None:
    """Where it reports from."""

    def work(rows: CellRows) -> None:
        (service,) = rows.services.find(host, COMPUTE)
        node = rows.nodes.on_host(host)
        assert node is not None
        told = node.node.resources._replace(host_ip=address)
        rows.reports.resources(service.id, told, START)

    scene.cell.write(work)


def kdumps(scene: Scene, packets: Packets) -> Kdumps:
    clock = SceneClock(scene)
    reception = Reception(scene.storage.cells, scene.storage.directory, as_word=False)
    addresses = Addresses(scene.storage.cells, clock.monotonic)
    return Kdumps(reception, addresses.host, packets, LIVENESS, clock)


def said(scene: Scene, host: str) -> list[FaultEvent]:
    number = scene.record(host).id
    return scene.cell.read(lambda rows: rows.fault_events.of_host(number, 10))


@pytest.fixture
def heard() -> Iterator[KdumpSocket]:
    opened = KdumpSocket("127.0.0.1", 0)
    assert opened.packets() == []
    yield opened
    opened.close()


def send(heard: KdumpSocket, *packets: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for packet in packets:
            sock.sendto(packet, ("127.0.0.1", heard.port))


def test_a_packet_is_kept_as_evidence_of_the_host_that_has_the_address(
    scene: Scene, heard: KdumpSocket
) -> None:
    send(heard, b"noise", PACKET, PACKET)
    kdumps(scene, heard.packets).take()
    (kept,) = said(scene, "a")
    assert (kept.kind, kept.source, kept.times) == ("compute.host.kdump", "fence_kdump", 1)
    assert (kept.user_name, kept.details) == ("fence_kdump", {"address": "127.0.0.1"})
    assert said(scene, "b") == []
    send(heard, PACKET)
    kdumps(scene, heard.packets).take()
    assert [each.times for each in said(scene, "a")] == [2]


def test_noise_is_dropped(scene: Scene, heard: KdumpSocket) -> None:
    send(heard, b"", b"noise", PACKET[:7], bytes(64), bytes(1000))
    kdumps(scene, heard.packets).take()
    assert said(scene, "a") == []


def test_a_flood_is_read_in_parts(heard: KdumpSocket) -> None:
    for _ in range(BATCH_MAX // 100 + 1):
        send(heard, *[PACKET] * 100)
    assert len(heard.packets()) <= BATCH_MAX


def test_an_address_that_is_nobodys_or_several_hosts_names_no_host(scene: Scene) -> None:
    scene.host("c")
    place(scene, "c", "127.0.0.1")
    others = ["127.0.0.1", "192.0.2.77", "no address"]
    kdumps(scene, lambda: [(each, PACKET) for each in others]).take()
    assert [said(scene, host) for host in "abc"] == [[], [], []]


@pytest.mark.parametrize("address", ["2001:db8::1", "2001:DB8:0::1", "2001:db8::1%eth0"])
def test_an_address_is_the_same_in_any_form(scene: Scene, address: str) -> None:
    kdumps(scene, lambda: [(address, PACKET)]).take()
    assert len(said(scene, "b")) == 1


def test_ipv4_in_ipv6_is_ipv4() -> None:
    assert normal("::ffff:192.0.2.1") == normal("192.0.2.1") == "192.0.2.1"


def test_where_hosts_are_is_looked_up_anew_after_a_while(scene: Scene) -> None:
    clock = SceneClock(scene)
    addresses = Addresses(scene.storage.cells, clock.monotonic)
    assert addresses.host("192.0.2.5") is None
    place(scene, "a", "192.0.2.5")
    assert addresses.host("192.0.2.5") is None
    scene.now += timedelta(seconds=KNOWN_FOR_S)
    assert addresses.host("192.0.2.5") == "a"


def test_a_port_that_somebody_has_is_named(heard: KdumpSocket) -> None:
    second = KdumpSocket("127.0.0.1", heard.port)
    with pytest.raises(OSError, match=rf"127\.0\.0\.1:{heard.port}/udp.*kdump_port"):
        second.packets()


def test_an_address_that_is_none_of_ours_is_named() -> None:
    with pytest.raises(OSError, match=r"cannot listen for kdump packets on nowhere\.invalid"):
        KdumpSocket("nowhere.invalid", 0).packets()
