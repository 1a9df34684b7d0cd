"""The socket of pulses: when each arrived, what was lost, and that nothing stops it."""

import logging
import socket
from collections.abc import Iterator

import pytest

from hostdown.drivers.pulse_socket import BATCH_MAX, PulseSocket, prepare
from hostdown.drivers.system_clock import SystemClock


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        ours.bind(("127.0.0.1", 0))
        theirs.bind(("127.0.0.1", 0))
        theirs.settimeout(10)
        prepare(ours)
        yield ours, theirs


def test_datagrams_come_with_the_time_at_which_the_kernel_had_them(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    before_ns = SystemClock().pair_ns()[1]
    theirs.sendto(b"x" * 64, ours.getsockname())
    after_ns = SystemClock().pair_ns()[1]
    pulses = PulseSocket(ours, lambda: (wall + 5_000_000_000, monotonic + 5_000_000_000))
    wall, monotonic = SystemClock().pair_ns()
    ((datagram, at_ns, sender),), now_ns = pulses.batch()
    assert before_ns - 10**6 <= at_ns <= after_ns + 10**6
    assert datagram == b"x" * 64
    assert 4_900_000_000 < pulses.lag_ns == now_ns - at_ns < 6_000_000_000
    pulses.answer(b"y", sender)
    assert theirs.recv(100) == b"y"


def test_a_clock_that_was_set_makes_no_pulse_of_the_future_nor_an_ancient_one(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    for wall_ns in (10**18, 3 * 10**18):
        theirs.sendto(b"x", ours.getsockname())
        pulses = PulseSocket(ours, lambda w=wall_ns: (w, 50 * 10**9))  # type: ignore[misc] # a lambda's default
        ((_, at_ns, _),), _ = pulses.batch()
        assert at_ns == (50 if wall_ns == 10**18 else 40) * 10**9


def test_datagrams_of_every_length_are_read_and_no_batch_is_endless(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    pulses = PulseSocket(ours, SystemClock().pair_ns)
    assert pulses.batch()[0] == []
    for length in (0, 1, 63, 64, 65, 1400, 60_000):
        theirs.sendto(b"x" * length, ours.getsockname())
    lengths = [len(datagram) for datagram, _, _ in pulses.batch()[0]]
    assert lengths == [0, 1, 63, 64, 65, 65, 65]
    for _ in range(BATCH_MAX + 1):
        theirs.sendto(b"x", ours.getsockname())
    assert [len(pulses.batch()[0]) for _ in range(3)] == [BATCH_MAX, 1, 0]


def test_what_the_kernel_had_no_room_for_is_counted(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    pulses = PulseSocket(ours, SystemClock().pair_ns)
    for _ in range(100):
        theirs.sendto(b"x" * 64, ours.getsockname())
    kept = len(pulses.batch()[0])
    theirs.sendto(b"x" * 64, ours.getsockname())
    assert len(pulses.batch()[0]) == 1
    assert pulses.lost == 100 - kept > 0


def test_an_answer_that_cannot_be_sent_is_counted(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    pulses = PulseSocket(pair[0], SystemClock().pair_ns)
    pulses.answer(b"y", ("127.0.0.1", 0))
    assert pulses.unanswered == 1


class Unprivileged(socket.socket):
    """A socket of a user who may not force anything, on a machine whose limit is small."""

    def setsockopt(self, level: int, name: int, value: int) -> None:  # type: ignore[override] # enough here
        if name == 33:
            raise PermissionError
        super().setsockopt(level, name, min(value, 200_000) if name == socket.SO_RCVBUF else value)


def test_a_small_buffer_is_told_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with Unprivileged(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        prepare(sock)
    assert "only 200 kB" in caplog.text
    assert "net.core.rmem_max" in caplog.text
