"""A server's end of pulses on a real socket, answered when the test says so."""

import socket
from collections.abc import Mapping
from types import TracebackType

from tests.pulses.hosts import EPOCH, record

from hostdown.agent.pulses import Hints, Pulsing, Terms, Where
from hostdown.domain import pulse
from hostdown.domain.model import HostRecord


class Ears:
    """Hears the pulses of hosts at an address of this machine."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, port))
        self.sock.settimeout(10)
        self.port: int = self.sock.getsockname()[1]
        self.sender: tuple[str, int] = ("", 0)

    def __enter__(self) -> "Ears":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        self.sock.close()

    def hear(self, host: HostRecord) -> pulse.Pulse:
        """The next pulse, which must be this host's."""
        datagram, self.sender = self.sock.recvfrom(100)
        mac = pulse.keys(host.secret).pulse
        expected = pulse.Expected(mac, pulse.boot_tag(host.boot_id), datagram[40:48])
        judged = pulse.judge(datagram, expected, {})
        assert isinstance(judged, pulse.Pulse), judged
        return judged

    def answer(self, host: HostRecord, answer: pulse.Answer) -> None:
        """Answer the pulse heard last."""
        self.send(pulse.pack_answer(answer, pulse.keys(host.secret).answer))

    def send(self, datagram: bytes) -> None:
        self.sock.sendto(datagram, self.sender)


def good(said: pulse.Pulse, newest: int = 0, report_now: bool = False) -> pulse.Answer:
    """The answer to a pulse."""
    return pulse.Answer(said.host, said.sequence, newest, said.nonce, report_now)


HERE = ("127.0.0.1",)


def pulsing(
    host: HostRecord, port: int, interval_s: float = 0.02, addresses: tuple[str, ...] = HERE
) -> Pulsing:
    """A host that was told to pulse to this port."""
    return pulsing_to(host, {Where(addresses, port): EPOCH}, interval_s)


def pulsing_to(
    host: HostRecord, epochs: Mapping[Where, bytes], interval_s: float = 0.02
) -> Pulsing:
    """A host that was told to pulse to these, each an observer of its own."""
    nonces = {
        where: pulse.nonce_of(host.secret, epoch, host.session, host.boot_id)
        for where, epoch in epochs.items()
    }
    return Pulsing(host.name, host.id, host.secret, host.boot_id, Terms(interval_s, nonces))


class Heard(list[tuple[str, int]]):
    """What pulses told: (host, version), or (host, -1) for "report now"."""

    @property
    def hints(self) -> Hints:
        return Hints(
            lambda name, version: self.append((name, version)),
            lambda name: self.append((name, -1)),
        )


HOST = record()
