"""A host, its observer and what it would send, without a socket; the clock is the test's."""

from datetime import datetime

from tests.agent.house import TestClock

from hostdown.domain import pulse
from hostdown.domain.model import HostRecord
from hostdown.services.pulses import PulseBook

EPOCH = b"e" * 16
SECOND_NS = 1_000_000_000
BEGUN = datetime(2026, 3, 1, 12)


def record(number: int = 1, session: int = 1, boot_id: str = "boot-1") -> HostRecord:
    """An enrolled host in its session."""
    return HostRecord(
        id=f"00000000-0000-4000-8000-{number:012}", name=f"compute{number}", cell="cell1",
        secret=number.to_bytes(4, "big") * 8, machine_id="m", boot_id=boot_id, boot=1,
        session=session, agent_version="1", enrolled_at=BEGUN, deleted_at=None,
    )  # fmt: skip


def sent(
    host: HostRecord, sequence: int, path: int = 0, epoch: bytes = EPOCH, known: int = 0
) -> bytes:
    """What the agent of this host sends to the observer of this epoch."""
    said = pulse.Pulse(
        host=pulse.host_bytes(host.id),
        path=path,
        tag=pulse.boot_tag(host.boot_id),
        sequence=sequence,
        known=known,
        nonce=pulse.nonce_of(host.secret, epoch, host.session, host.boot_id),
    )
    return pulse.pack_pulse(said, pulse.keys(host.secret).pulse)


def read(host: HostRecord, datagram: bytes | None) -> pulse.Answer:
    """A good answer."""
    assert datagram is not None
    answer = pulse.unpack_answer(datagram, pulse.keys(host.secret).answer)
    assert answer is not None
    return answer


def book_of(*records: HostRecord, epoch: bytes = EPOCH) -> PulseBook:
    """An observer that knows these hosts."""
    book = PulseBook(epoch, TestClock())
    for each in records:
        book.learn(each)
    return book
