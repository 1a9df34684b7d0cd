"""What an observer knows of its hosts' pulses: taken in and answered without asking anybody.

One thread takes pulses in; another teaches what databases say (`learn`, `learn_versions`,
`settle`), or looks who is silent (`services.lookout`). Whatever both touch is replaced whole, so
that no pulse waits for a lock.

A pulse whose nonce or boot is not the one expected here may be right, and this observer, or the
worker that gave the nonce, a moment behind. So `doubtful` asks for a look at the database, and only
a host whose pulses are still wrong after DOUBT_S is told to report.
"""

from collections.abc import Callable, Iterable
from queue import SimpleQueue
from uuid import UUID

from hostdown.domain.model import HostRecord
from hostdown.domain.pulse import (
    FAREWELL,
    PETTER,
    Answer,
    Expected,
    Mac,
    Refused,
    boot_tag,
    host_bytes,
    judge,
    keys,
    nonce_of,
    pack_answer,
    unpack_pulse,
)
from hostdown.services.observer_ports import HostVersion
from hostdown.services.ports import Clock
from hostdown.services.refusals import Refusals
from hostdown.services.watchdog_grants import no_grants

DOUBT_S = 0.3
"""For how long pulses with an outdated nonce go unanswered; longer than workers and observers need
to hear of each other."""
_DOUBT_NS = round(DOUBT_S * 1_000_000_000)


class _Host:
    """What belongs to one nonce, and what was heard of its host under this and earlier ones."""

    __slots__ = (
        "answer",
        "awaited",
        "doubted_ns",
        "expected",
        "left",
        "newest_ns",
        "record",
        "sequences",
    )

    def __init__(
        self, record: HostRecord | None, expected: Expected | None, answer: Mac | None
    ) -> None:
        self.record = record
        self.expected = expected
        self.answer = answer
        self.sequences: dict[int, int] = {}
        self.awaited = True
        """Whether somebody is to be told of its next pulse."""
        self.newest_ns: int | None = None
        """When its newest pulse arrived, on whichever path; None before the first, and after a
        farewell."""
        self.left = 0
        """The sequence of its farewell; what was sent before may arrive later."""
        self.doubted_ns: int | None = None


_NOBODY = _Host(None, None, None)


class PulseBook:
    """The pulses of all hosts at one observer, whose nonces are made of `epoch`.

    `allow`: whether a petter that asks now is granted that its host lives on.
    """

    def __init__(
        self, epoch: bytes, clock: Clock, allow: Callable[[HostRecord], bool] = no_grants
    ) -> None:
        self._epoch = epoch
        self._allow = allow
        self._clock = clock
        self._hosts: dict[bytes, _Host] = {}
        self._by_id: dict[str, _Host] = {}
        """The same, for those who ask for thousands many times a second."""
        self._versions: dict[bytes, int] = {}
        self._settled: dict[Refused, int] = dict.fromkeys(Refused, 0)
        self.refusals = Refusals()
        """What `settle` counted, and what proven hosts were refused, to be written."""
        self.refused: dict[Refused, int] = dict.fromkeys(Refused, 0)
        """Pulses that did not count, since the start."""
        self.taken = 0
        """Pulses that counted, since the start."""
        self.stirred: SimpleQueue[str] = SimpleQueue()
        """Ids of hosts whose pulse was awaited and came, or that are gone."""
        self.departed: SimpleQueue[tuple[str, int]] = SimpleQueue()
        """Ids and sessions of hosts that said farewell."""
        self.doubtful = False
        """Somebody's nonce or boot is not the one known here; whoever looks sets it back."""

    # --------------------------------------------------------------------- the thread that hears

    def take(self, datagram: bytes, heard_ns: int, now_ns: int) -> bytes | None:
        """The answer to what arrived at `heard_ns`; None where there is none (monotonic times)."""
        host = self._hosts.get(datagram[:16], _NOBODY)
        judged = judge(datagram, host.expected, host.sequences)
        if isinstance(judged, Refused):
            return self._refuse(host, judged, datagram, now_ns)
        key, path, _tag, sequence, _known, nonce = judged
        host.sequences[path] = sequence
        self.taken += 1
        if path == PETTER:  # it lives on where the agent is dead, and says nothing of it
            granted = host.record is not None and self._allow(host.record)
            newest = self._versions.get(key, 0)
            return _answer(host, Answer(key, sequence, newest, nonce, False, granted))
        if path == FAREWELL:
            host.left, host.newest_ns, host.awaited = sequence, None, True
            self.stirred.put(str(UUID(bytes=key)))
            if host.record is not None:
                self.departed.put((host.record.id, host.record.session))
        elif sequence > host.left:
            host.newest_ns = heard_ns
            if host.awaited:
                host.awaited = False
                self.stirred.put(str(UUID(bytes=key)))
        host.doubted_ns = None
        return _answer(host, Answer(key, sequence, self._versions.get(key, 0), nonce, False))

    def _refuse(self, host: _Host, why: Refused, datagram: bytes, now_ns: int) -> bytes | None:
        self.refused[why] += 1
        if not why.proven:
            return None
        if host.sequences:
            # It was heard under the right nonce, so this is no host that is only behind.
            self.refusals.count(host.record, why, self._clock.now())
        pulse = unpack_pulse(datagram)
        if not why.outdated or pulse is None:
            return None
        if host.doubted_ns is None:
            host.doubted_ns = now_ns
            self.doubtful = True
        if now_ns - host.doubted_ns < _DOUBT_NS:
            return None
        newest = self._versions.get(pulse.host, 0)
        return _answer(host, Answer(pulse.host, pulse.sequence, newest, pulse.nonce, True))

    # -------------------------------------------------------------------- the thread that teaches

    def learn(self, record: HostRecord) -> None:
        """A host is new, has begun a session, was deleted, or turned out to be two machines."""
        key = host_bytes(record.id)
        if record.deleted_at or record.forked_at or not record.session:
            self._hosts.pop(key, None)
            if self._by_id.pop(record.id, None) is not None:
                self.stirred.put(record.id)
            return
        nonce = nonce_of(record.secret, self._epoch, record.session, record.boot_id)
        before = self._hosts.get(key)
        if before is not None and before.expected is not None and before.expected.nonce == nonce:
            before.record = record
            return
        signing = keys(record.secret)
        after = _Host(
            record, Expected(signing.pulse, boot_tag(record.boot_id), nonce), signing.answer
        )
        if before is not None:
            after.newest_ns, after.awaited = before.newest_ns, before.awaited
        self._hosts[key] = self._by_id[record.id] = after

    def learn_versions(self, versions: Iterable[HostVersion]) -> None:
        """Hosts were given other work; an older version changes nothing."""
        for host_id, version in versions:
            key = host_bytes(host_id)
            if version > self._versions.get(key, 0):
                self._versions[key] = version

    def settle(self) -> None:
        """Count what nobody is proven to have sent among `refusals`, too."""
        now = self._clock.now()
        for why, times in self.refused.items():
            more = times - self._settled[why]
            if more and not why.proven:
                self.refusals.count(None, why, now, more)
            self._settled[why] = times

    # --------------------------------------------------------------------- whoever decides by it

    def records(self) -> list[HostRecord]:
        """Of all hosts that are known here."""
        return [each.record for each in list(self._hosts.values()) if each.record is not None]

    def newest_ns(self, host_id: str) -> int | None:
        """When a host's newest pulse arrived, monotonic; None also after its farewell."""
        host = self._by_id.get(host_id)
        return None if host is None else host.newest_ns

    def wait_for(self, host_id: str) -> None:
        """Its next pulse is told of. One that comes at this moment may not be."""
        host = self._by_id.get(host_id)
        if host is not None:
            host.awaited = True

    def is_gone(self, host_id: str) -> bool:
        """Whether a host is not known here, or said farewell and was not heard since."""
        host = self._by_id.get(host_id)
        return host is None or (host.left > 0 and host.newest_ns is None)


def _answer(host: _Host, answer: Answer) -> bytes | None:
    return None if host.answer is None else pack_answer(answer, host.answer)
