"""Pulses and their answers: what is signed, what counts, and why the rest does not."""

import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain import pulse
from hostdown.domain.pulse import Answer, Expected, Pulse, Refused

SECRET = b"s" * 32
KEYS = pulse.keys(SECRET)
NUMBERS = st.integers(min_value=0, max_value=pulse.NUMBER_MAX)
PULSES = st.builds(
    Pulse,
    host=st.binary(min_size=16, max_size=16),
    path=st.integers(min_value=0, max_value=255),
    tag=st.binary(min_size=7, max_size=7),
    sequence=NUMBERS,
    known=NUMBERS,
    nonce=st.binary(min_size=8, max_size=8),
)
ANSWERS = st.builds(
    Answer,
    host=st.binary(min_size=16, max_size=16),
    sequence=NUMBERS,
    newest=NUMBERS,
    nonce=st.binary(min_size=8, max_size=8),
    report_now=st.booleans(),
)
GOOD = Pulse(b"h" * 16, 2, b"t" * 7, 5, 0, b"n" * 8)
EXPECTED = Expected(KEYS.pulse, GOOD.tag, GOOD.nonce)


@given(said=PULSES)
def test_a_pulse_is_read_as_it_was_said(said: Pulse) -> None:
    datagram = pulse.pack_pulse(said, KEYS.pulse)
    assert len(datagram) == pulse.PULSE_BYTES
    assert pulse.unpack_pulse(datagram) == said
    assert pulse.unpack_pulse(datagram[1:]) is None


@given(said=ANSWERS)
def test_an_answer_is_read_as_it_was_said_and_is_no_longer_than_a_pulse(said: Answer) -> None:
    datagram = pulse.pack_answer(said, KEYS.answer)
    assert len(datagram) == pulse.ANSWER_BYTES <= pulse.PULSE_BYTES
    assert pulse.answer_host(datagram) == said.host
    assert pulse.unpack_answer(datagram, KEYS.answer) == said
    assert pulse.unpack_answer(datagram, KEYS.pulse) is None


@given(said=PULSES, at=st.integers(min_value=0, max_value=63), bit=st.integers(0, 7))
def test_a_pulse_of_which_one_bit_was_changed_is_refused(said: Pulse, at: int, bit: int) -> None:
    datagram = bytearray(pulse.pack_pulse(said, KEYS.pulse))
    datagram[at] ^= 1 << bit
    expected = Expected(KEYS.pulse, said.tag, said.nonce)
    assert pulse.judge(bytes(datagram), expected, {}) is Refused.BAD_MAC


@given(said=ANSWERS, at=st.integers(min_value=0, max_value=56), bit=st.integers(0, 7))
def test_an_answer_of_which_one_bit_was_changed_is_none(said: Answer, at: int, bit: int) -> None:
    datagram = bytearray(pulse.pack_answer(said, KEYS.answer))
    datagram[at] ^= 1 << bit
    assert pulse.unpack_answer(bytes(datagram), KEYS.answer) is None


@given(noise=st.binary(max_size=200))
def test_noise_of_any_length_is_refused_and_breaks_nothing(noise: bytes) -> None:
    assert pulse.judge(noise, EXPECTED, {}) in (Refused.MALFORMED, Refused.BAD_MAC)
    assert pulse.judge(noise, None, {}) in (Refused.MALFORMED, Refused.UNKNOWN_HOST)
    assert pulse.unpack_answer(noise, KEYS.answer) is None


@pytest.mark.parametrize(
    ("said", "expected", "last", "judged"),
    [
        (GOOD, EXPECTED, {}, GOOD),
        (GOOD, EXPECTED, {2: 4, 0: 9}, GOOD),
        (GOOD, EXPECTED, {2: 5}, Refused.REPLAYED),
        (GOOD, EXPECTED, {2: 6}, Refused.REPLAYED),
        (GOOD._replace(sequence=0), EXPECTED, {}, Refused.REPLAYED),
        (GOOD._replace(nonce=b"o" * 8), EXPECTED, {}, Refused.OLD_NONCE),
        (GOOD._replace(tag=b"o" * 7), EXPECTED, {}, Refused.OTHER_BOOT),
        (GOOD, EXPECTED._replace(mac=pulse.keys(b"other").pulse), {}, Refused.BAD_MAC),
        (GOOD, EXPECTED._replace(mac=KEYS.answer), {}, Refused.BAD_MAC),
        (GOOD, None, {}, Refused.UNKNOWN_HOST),
    ],
)
def test_a_pulse_counts_or_is_refused_for_one_reason(
    said: Pulse, expected: Expected | None, last: dict[int, int], judged: Pulse | Refused
) -> None:
    assert pulse.judge(pulse.pack_pulse(said, KEYS.pulse), expected, last) == judged


@given(key=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
def test_the_mac_is_the_standard_one_cut(key: bytes, message: bytes) -> None:
    whole = hmac.digest(key, message, hashlib.sha256)
    assert pulse.mac_under(key)(message) == whole[: pulse.MAC_BYTES]


def test_the_signed_bytes_are_those_that_the_protocol_page_documents() -> None:
    """Agents of other versions sign the same bytes: this layout changes only with its labels."""
    signed = (
        b"h" * 16 + b"\2" + b"t" * 7 + (5).to_bytes(8, "big") + (9).to_bytes(8, "big") + b"n" * 8
    )
    key = hmac.digest(SECRET, b"hostdown-pulse-1", hashlib.sha256)
    made = pulse.pack_pulse(GOOD._replace(known=9), KEYS.pulse)
    assert made == signed + hmac.digest(key, signed, hashlib.sha256)[:16]
    signed = b"h" * 16 + (5).to_bytes(8, "big") + (9).to_bytes(8, "big") + b"n" * 8 + b"\1"
    key = hmac.digest(SECRET, b"hostdown-pulse-answer-1", hashlib.sha256)
    answer = pulse.pack_answer(Answer(b"h" * 16, 5, 9, b"n" * 8, True), KEYS.answer)
    assert answer == signed + hmac.digest(key, signed, hashlib.sha256)[:16]
    parts = b"\0\0\0\2" + b"ep" + b"\0\0\0\1" + b"7" + b"\0\0\0\4" + b"boot"
    nonce = hmac.digest(SECRET, b"hostdown-nonce-1" + parts, hashlib.sha256)[:8]
    assert pulse.nonce_of(SECRET, b"ep", 7, "boot") == nonce
    assert pulse.boot_tag("boot") == hashlib.sha256(b"hostdown-boot-1boot").digest()[:7]
    host_id = "00000000-0000-4000-8000-000000000001"
    assert pulse.host_bytes(host_id) == UUID(host_id).bytes


FACTS = st.tuples(st.binary(max_size=8), st.integers(0, 2**31), st.text(max_size=8))


@given(one=FACTS, other=FACTS)
def test_another_epoch_session_or_boot_gives_another_nonce(
    one: tuple[bytes, int, str], other: tuple[bytes, int, str]
) -> None:
    same = pulse.nonce_of(SECRET, *one) == pulse.nonce_of(SECRET, *other)
    assert same is (one == other)


def test_which_refusals_prove_a_host_and_which_another_report_would_mend() -> None:
    assert {each for each in Refused if each.proven} == {
        Refused.OTHER_BOOT, Refused.OLD_NONCE, Refused.REPLAYED,
    }  # fmt: skip
    assert {each for each in Refused if each.outdated} == {Refused.OTHER_BOOT, Refused.OLD_NONCE}
