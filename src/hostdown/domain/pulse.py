"""Pulses: small datagrams by which a host shows, between reports, that it lives (DESIGN §6).

    pulse, 64 bytes   host 16 | path 1 | boot tag 7 | sequence 8 | known 8 | nonce 8 | MAC 16
    answer, 57 bytes  host 16 | sequence 8 | newest 8 | nonce 8 | flags 1 | MAC 16

Whole numbers stand with their most significant byte first. A MAC is HMAC-SHA256 over all that
stands before it, cut to 16 bytes. Each direction has a key of its own, made from the host's secret,
so that neither can be passed off as the other, nor as anything that is signed over HTTP.

What makes a pulse worthless once it was used: the sequence, which only grows under one nonce; and
the nonce, which depends on a number that each observer makes at its start, on the session and on
the boot. A host learns its nonce from the answer to a report, so a pulse under it proves that the
host lived after that report. A pulse that was captured earlier keeps nobody alive.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from enum import StrEnum
from struct import Struct
from typing import NamedTuple
from uuid import UUID

PULSE_BYTES = 64
ANSWER_BYTES = 57
MAC_BYTES = 16
NONCE_BYTES = 8
TAG_BYTES = 7
EPOCH_BYTES = 16
NUMBER_MAX = 2**63 - 1
"""Sequences and versions; what a column of every database holds."""

_PULSE = Struct(">16sB7sQQ8s")
_ANSWER = Struct(">16sQQ8sB")
FAREWELL = 255
"""The path of a pulse that says that no more come on any path: the agent ends, not the host."""

PETTER = 254
"""The path of a pulse that asks for a watchdog's grant, and says nothing else."""

_REPORT_NOW = 1
_GRANT = 2
_BLOCK_BYTES = 64
"""Of SHA-256 (RFC 2104)."""

Mac = Callable[[bytes], bytes]
"""From the signed bytes to their MAC_BYTES of MAC, under a key that it holds."""


TAKEN, LOST, UNANSWERED = "taken", "lost", "unanswered"
"""Under which pulses are counted that count, for which the kernel had no room, and whose answers
could not be sent; those that were refused are counted under their reasons."""


class Refused(StrEnum):
    """Why a pulse counts for nothing, under the name by which it is counted."""

    MALFORMED = "pulse-malformed"
    UNKNOWN_HOST = "pulse-unknown-host"
    BAD_MAC = "pulse-bad-mac"
    OTHER_BOOT = "pulse-other-boot"
    OLD_NONCE = "pulse-old-nonce"
    REPLAYED = "pulse-replayed"

    @property
    def proven(self) -> bool:
        """Whether the host itself has made this pulse, now or at another time."""
        return self in (Refused.OTHER_BOOT, Refused.OLD_NONCE, Refused.REPLAYED)

    @property
    def outdated(self) -> bool:
        """Whether another report would give the host what it needs."""
        return self in (Refused.OTHER_BOOT, Refused.OLD_NONCE)


class Pulse(NamedTuple):
    """What a host says. `path` numbers its ways to the server.

    `known` is the version of its assignments that it works with.
    """

    host: bytes
    path: int
    tag: bytes
    sequence: int
    known: int
    nonce: bytes


class Answer(NamedTuple):
    """What it is told: the newest version of its assignments, and whether to report at once.

    `sequence` and `nonce` are those of the pulse. `granted`: its watchdog may be petted (F6).
    """

    host: bytes
    sequence: int
    newest: int
    nonce: bytes
    report_now: bool
    granted: bool = False


class Keys(NamedTuple):
    """What signs pulses, and what signs answers."""

    pulse: Mac
    answer: Mac


class Expected(NamedTuple):
    """What the pulses of a host must have."""

    mac: Mac
    tag: bytes
    nonce: bytes


def keys(secret: bytes) -> Keys:
    """The keys that a host and its servers derive from the host's secret."""
    return Keys(*map(mac_under, key_bytes(secret)))


def key_bytes(secret: bytes) -> tuple[bytes, bytes]:
    """What `keys` are made of, for who is to know no more of the secret than that."""
    pulse, answer = b"hostdown-pulse-1", b"hostdown-pulse-answer-1"
    return hmac.digest(secret, pulse, hashlib.sha256), hmac.digest(secret, answer, hashlib.sha256)


def mac_under(key: bytes) -> Mac:
    """HMAC-SHA256 under a key of 32 bytes, cut.

    The two states that depend on the key alone are kept: that halves what a MAC costs.
    """
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy

    def mac(message: bytes) -> bytes:
        within, around = inner(), outer()
        within.update(message)
        around.update(within.digest())
        return around.digest()[:MAC_BYTES]

    return mac


def nonce_of(secret: bytes, epoch: bytes, session: int, boot_id: str) -> bytes:
    """The nonce of a host's pulses to the observer with this `epoch`, in this session and boot."""
    message = b"hostdown-nonce-1" + b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (epoch, str(session).encode(), boot_id.encode())
    )
    return hmac.digest(secret, message, hashlib.sha256)[:NONCE_BYTES]


def boot_tag(boot_id: str) -> bytes:
    """What of a boot id a pulse has room for."""
    return hashlib.sha256(b"hostdown-boot-1" + boot_id.encode()).digest()[:TAG_BYTES]


def host_bytes(host_id: str) -> bytes:
    """A host's id as pulses carry it; ValueError if it is no UUID."""
    return UUID(host_id).bytes


def pack_pulse(pulse: Pulse, mac: Mac) -> bytes:
    """The datagram."""
    signed = _PULSE.pack(*pulse)
    return signed + mac(signed)


def unpack_pulse(datagram: bytes) -> Pulse | None:
    """What a datagram says, proven or not; None if it is not as long as a pulse."""
    if len(datagram) != PULSE_BYTES:
        return None
    return Pulse._make(_PULSE.unpack_from(datagram))


def pack_answer(answer: Answer, mac: Mac) -> bytes:
    """The datagram; it is never longer than the pulse."""
    host, sequence, newest, nonce, report_now, granted = answer
    flags = _REPORT_NOW * report_now | _GRANT * granted
    signed = _ANSWER.pack(host, sequence, newest, nonce, flags)
    return signed + mac(signed)


def answer_host(datagram: bytes) -> bytes:
    """Whom a datagram answers, if it is an answer at all."""
    return datagram[:16]


def unpack_answer(datagram: bytes, mac: Mac) -> Answer | None:
    """What a server says; None unless it is proven to have said it.

    Flags that are not known yet are ignored.
    """
    if len(datagram) != ANSWER_BYTES:
        return None
    if not hmac.compare_digest(mac(datagram[:-MAC_BYTES]), datagram[-MAC_BYTES:]):
        return None
    host, sequence, newest, nonce, flags = _ANSWER.unpack_from(datagram)
    told = bool(flags & _REPORT_NOW), bool(flags & _GRANT)
    return Answer(host, sequence, newest, nonce, *told)


def judge(datagram: bytes, expected: Expected | None, last: Mapping[int, int]) -> Pulse | Refused:
    """The pulse, if it counts.

    `expected` is None if nobody knows the host that it names; `last` has, by path, the sequence
    that was taken last under this nonce.
    """
    if len(datagram) != PULSE_BYTES:
        return Refused.MALFORMED
    if expected is None:
        return Refused.UNKNOWN_HOST
    mac, tag, nonce = expected
    if not hmac.compare_digest(mac(datagram[:-MAC_BYTES]), datagram[-MAC_BYTES:]):
        return Refused.BAD_MAC
    pulse = Pulse._make(_PULSE.unpack_from(datagram))
    if pulse.tag != tag:
        return Refused.OTHER_BOOT
    if pulse.nonce != nonce:
        return Refused.OLD_NONCE
    if pulse.sequence <= last.get(pulse.path, 0):
        return Refused.REPLAYED
    return pulse
