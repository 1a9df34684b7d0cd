"""What agents and servers sign: no two requests, and no two purposes, share a signature."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain import signing

SECRET = b"s" * 32
text = st.text(max_size=12)
body = st.binary(max_size=12)
requests = st.tuples(text, text, body, st.integers(min_value=0, max_value=2**48), text)
answers = st.tuples(st.integers(min_value=100, max_value=599), text, body)


@given(one=requests, other=requests)
def test_requests_that_differ_anywhere_have_different_macs(
    one: tuple[str, str, bytes, int, str], other: tuple[str, str, bytes, int, str]
) -> None:
    macs = signing.request_mac(SECRET, *one), signing.request_mac(SECRET, *other)
    assert (macs[0] == macs[1]) is (one == other)


@given(whole=st.text(min_size=1, max_size=12), cut=st.integers(min_value=0, max_value=12))
def test_moving_bytes_from_one_field_to_its_neighbour_changes_the_mac(whole: str, cut: int) -> None:
    left, right = whole[:cut], whole[cut:]
    original = signing.request_mac(SECRET, "PUT", whole, b"", 1, "")
    for method, path in ((left, right), ("PUT" + left, right)):
        if (method, path) != ("PUT", whole):
            assert signing.request_mac(SECRET, method, path, b"", 1, "") != original
    if right:
        assert signing.request_mac(SECRET, "PUT", left, right.encode(), 1, "") != original
        assert signing.request_mac(SECRET, "PUT", left, b"", 1, right) != original


@given(one=answers, other=answers)
def test_answers_that_differ_anywhere_have_different_macs(
    one: tuple[int, str, bytes], other: tuple[int, str, bytes]
) -> None:
    macs = signing.answer_mac(SECRET, *one), signing.answer_mac(SECRET, *other)
    assert (macs[0] == macs[1]) is (one == other)


@given(one=st.tuples(text, text, text), other=st.tuples(text, text, text))
def test_two_enrolments_never_share_a_secret(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    secrets = signing.host_secret(SECRET, *one), signing.host_secret(SECRET, *other)
    assert (secrets[0] == secrets[1]) is (one == other)


@given(nonce=text, content=body)
def test_an_answer_cannot_be_passed_off_as_a_request(nonce: str, content: bytes) -> None:
    answer = signing.answer_mac(SECRET, 200, nonce, content)
    assert answer != signing.request_mac(SECRET, "200", nonce, content, 0, "")
    assert answer != signing.host_secret(SECRET, "200", nonce, content.hex()).hex()


@given(other=st.binary(min_size=32, max_size=32))
def test_another_secret_gives_another_mac(other: bytes) -> None:
    mac = signing.request_mac(SECRET, "POST", "/agent/v1/report", b"{}", 1, "n")
    same_mac = signing.request_mac(other, "POST", "/agent/v1/report", b"{}", 1, "n") == mac
    assert same_mac is (other == SECRET)


def test_the_signed_bytes_are_those_that_the_protocol_page_documents() -> None:
    """Agents of other versions sign the same bytes: this layout changes only with its label."""
    parts = [
        b"hostdown-request-1",
        b"POST",
        b"/agent/v1/a?x=1",
        b"1700000000000",
        b"n1",
        b"{}",
    ]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    expected = hmac.new(SECRET, message, hashlib.sha256).hexdigest()
    made = signing.request_mac(SECRET, "POST", "/agent/v1/a?x=1", b"{}", 1_700_000_000_000, "n1")
    assert made == expected


@pytest.mark.parametrize(
    ("given_mac", "expected"), [("ab12", True), ("ab13", False), ("", False), ("äb12", False)]
)
def test_macs_are_compared_whole_and_odd_characters_are_only_wrong(
    given_mac: str, expected: bool
) -> None:
    assert signing.same(given_mac, "ab12") is expected
