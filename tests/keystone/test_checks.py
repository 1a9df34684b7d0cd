"""Tokens of Keystone are looked at once in a while, in bounded numbers, and never for ever."""

from datetime import timedelta

import pytest
from tests.keystone.bed import LIMITS, Bed
from tests.keystone.cloud import ANN, SERVICE, START, identity_of

from hostdown.domain.identity_errors import KeystoneSilent, KeystoneUnavailable, TokenRefused
from hostdown.services.keystone_checks import GOOD_MAX, REFUSED_MAX
from hostdown.services.remembered import Remembered


@pytest.fixture
def bed() -> Bed:
    return Bed()


def test_a_good_token_is_asked_about_once_until_its_time_is_over(bed: Bed) -> None:
    token = bed.cloud.token(ANN)
    assert bed.ask(token) == identity_of(ANN)
    bed.passed_s = 299.9
    assert bed.ask(token) == identity_of(ANN)
    assert bed.cloud.asked == 1
    bed.passed_s = 300.0
    assert bed.ask(token) == identity_of(ANN)
    assert bed.cloud.asked == 2


def test_a_remembered_token_is_good_no_longer_than_it_says_itself(bed: Bed) -> None:
    token = bed.cloud.give(identity_of(ANN), START + timedelta(seconds=10))
    bed.passed_s = 9.9
    assert bed.ask(token)
    bed.passed_s = 10.0
    with pytest.raises(TokenRefused):
        bed.ask(token)
    assert bed.cloud.asked == 1


def test_a_revoked_token_is_refused_when_its_time_in_memory_is_over(bed: Bed) -> None:
    token = bed.cloud.token(ANN)
    bed.ask(token)
    bed.cloud.revoke(token)
    bed.passed_s = 299.0
    assert bed.ask(token)
    bed.passed_s = 300.0
    with pytest.raises(TokenRefused):
        bed.ask(token)


def test_a_refused_token_is_asked_about_again_after_five_seconds(bed: Bed) -> None:
    for passed_s, asked in ((0.0, 1), (4.9, 1), (5.0, 2)):
        bed.passed_s = passed_s
        with pytest.raises(TokenRefused):
            bed.ask("x")
        assert bed.cloud.asked == asked


def test_bad_tokens_never_push_out_good_ones(bed: Bed) -> None:
    token = bed.cloud.token(ANN)
    bed.ask(token)
    bad = range(max(GOOD_MAX, REFUSED_MAX) + 1)
    for number in bad:
        with pytest.raises(TokenRefused):
            bed.ask(f"bad-{number}")
    asked = 1 + len(bad)
    assert bed.cloud.asked == asked
    assert bed.ask(token)
    assert bed.cloud.asked == asked


@pytest.mark.parametrize(
    "token", ["", "a b", "a\nb", "a\x00b", "é", "\ud800", "x" * 8193], ids=repr
)
def test_what_cannot_be_a_token_never_travels(bed: Bed, token: str) -> None:
    good = bed.cloud.token(ANN)
    for sent in ((token, None), (good, token)):
        with pytest.raises(TokenRefused):
            bed.ask(*sent)
    assert bed.cloud.asked == 0


def test_what_is_good_for_some_requests_only_is_asked_about_each_time(bed: Bed) -> None:
    token = bed.cloud.token(ANN)
    bed.cloud.lasting = False
    bed.ask(token)
    bed.ask(token)
    assert bed.cloud.asked == 2


def test_a_service_token_is_looked_at_also_where_the_users_is_known(bed: Bed) -> None:
    token, service = bed.cloud.token(ANN), bed.cloud.token(SERVICE)
    bed.ask(token)
    assert bed.ask(token, service)
    with pytest.raises(TokenRefused):
        bed.ask(token, "x")
    assert bed.cloud.asked == 3
    assert bed.ask(token)
    assert bed.cloud.asked == 3


def test_an_expired_token_is_good_with_a_service_that_vouches_and_not_without(bed: Bed) -> None:
    expired, service = bed.cloud.expired_token(), bed.cloud.token(SERVICE)
    assert bed.ask(expired, service)
    with pytest.raises(TokenRefused):
        bed.ask(expired)
    assert bed.ask(expired, service)


@pytest.mark.parametrize("remember_s", [-1.0, 0.0])
def test_without_a_memory_every_request_asks(remember_s: float) -> None:
    bed = Bed(LIMITS._replace(remember_s=remember_s))
    token = bed.cloud.token(ANN)
    bed.ask(token)
    bed.ask(token)
    for _ in range(2):
        with pytest.raises(TokenRefused):
            bed.ask("x")
    assert bed.cloud.asked == 4


def test_while_keystone_is_down_known_tokens_go_on(bed: Bed) -> None:
    known, new = bed.cloud.token(ANN), bed.cloud.token(SERVICE)
    bed.ask(known)
    bed.cloud.pause()
    for _ in range(2):
        with pytest.raises(KeystoneSilent) as caught:
            bed.ask(new)
        assert caught.value.facts == {"retry_after_s": 1}
        assert bed.ask(known)
    bed.cloud.resume()
    assert bed.ask(new) == identity_of(SERVICE)


def test_trouble_is_told_when_it_begins_and_when_it_ends(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    token = bed.cloud.token(ANN)
    bed.cloud.pause()
    for _ in range(3):
        with pytest.raises(KeystoneUnavailable):
            bed.ask(token)
    bed.cloud.resume()
    bed.ask(token)
    assert [record.getMessage() for record in caplog.records] == [
        "Keystone does not answer (paused); only tokens seen lately are good now",
        "Keystone answers again",
    ]


def test_memory_holds_so_many_and_the_oldest_go() -> None:
    memory: Remembered[int] = Remembered(3)
    for number in range(5):
        memory.put(f"token-{number}", number, until_s=10.0)
    assert len(memory) == 3
    assert [memory.get(f"token-{number}", 9.9) for number in range(5)] == [None, None, 2, 3, 4]
    assert memory.get("token-4", 10.0) is None


def test_memory_holds_no_token() -> None:
    memory: Remembered[int] = Remembered(3)
    memory.put("a-token-that-was-given", 1, until_s=10.0)
    assert b"a-token-that-was-given" not in repr(vars(memory)).encode()
