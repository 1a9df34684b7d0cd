"""Guessing is slow, and nobody can lock somebody else out for good."""

import pytest

from hostdown.domain.identity_errors import TooManyGuesses
from hostdown.services import guesses
from hostdown.services.guesses import PER_KNOWN_PLACE, PER_SOURCE, PER_USER, GuessLimits, place_of


def spend(limits: GuessLimits, user: str, source: str, now_s: float, times_max: int = 1000) -> int:
    """Guess wrongly until refused; how often it was possible."""
    for count in range(times_max):
        try:
            limits.pay(user, source, now_s)
        except TooManyGuesses:
            return count
    return times_max


def test_one_address_gets_so_many_guesses_at_one_user() -> None:
    assert spend(GuessLimits(), "ann", "192.0.2.1", 0.0) == PER_USER.guesses_max


def test_one_address_gets_so_many_guesses_at_all_users_together() -> None:
    limits = GuessLimits()
    made = sum(spend(limits, f"user{n}", "192.0.2.1", 0.0, times_max=1) for n in range(100))
    assert made == PER_SOURCE.guesses_max


def test_many_addresses_together_get_so_many_guesses_at_one_user() -> None:
    limits = GuessLimits()
    made = sum(spend(limits, "ann", f"192.0.2.{n}", 0.0, times_max=1) for n in range(100))
    assert made == PER_USER.guesses_max


def test_the_error_says_when_the_next_guess_is_possible_and_then_it_is() -> None:
    limits = GuessLimits()
    spend(limits, "ann", "192.0.2.1", 0.0)
    with pytest.raises(TooManyGuesses) as refused:
        limits.pay("ann", "192.0.2.1", 0.0)
    retry_after_s = refused.value.facts["retry_after_s"]
    assert retry_after_s == PER_USER.refill_s
    with pytest.raises(TooManyGuesses):
        limits.pay("ann", "192.0.2.1", PER_USER.refill_s - 0.1)
    limits.pay("ann", "192.0.2.1", PER_USER.refill_s)


def test_right_passwords_cost_nothing() -> None:
    limits = GuessLimits()
    for _ in range(1000):
        limits.pay("ann", "192.0.2.1", 0.0)
        limits.right("ann", "192.0.2.1", 0.0)


def test_an_attack_from_elsewhere_does_not_lock_the_admin_out_of_the_usual_place() -> None:
    limits = GuessLimits()
    limits.pay("admin", "192.0.2.1", 0.0)
    limits.right("admin", "192.0.2.1", 0.0)
    for n in range(100):
        spend(limits, "admin", f"198.51.100.{n}", 1.0)
    limits.pay("admin", "192.0.2.1", 1.0)


def test_others_at_the_usual_place_do_not_lock_the_admin_out_either() -> None:
    limits = GuessLimits()
    limits.pay("admin", "192.0.2.1", 0.0)
    limits.right("admin", "192.0.2.1", 0.0)
    for n in range(100):
        spend(limits, f"user{n}", "192.0.2.1", 1.0)
    limits.pay("admin", "192.0.2.1", 1.0)


def test_the_usual_place_has_a_limit_too() -> None:
    limits = GuessLimits()
    limits.pay("admin", "192.0.2.1", 0.0)
    limits.right("admin", "192.0.2.1", 0.0)
    assert spend(limits, "admin", "192.0.2.1", 1.0) == PER_KNOWN_PLACE.guesses_max


def test_parallel_guesses_pay_before_they_are_looked_at() -> None:
    limits = GuessLimits()
    for _ in range(PER_USER.guesses_max):
        limits.pay("ann", "192.0.2.1", 0.0)
    with pytest.raises(TooManyGuesses):
        limits.pay("ann", "192.0.2.1", 0.0)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "TRACKED_MAX", 50)
    limits = GuessLimits()
    for n in range(500):
        limits.pay(f"user{n}", f"10.0.{n % 250}.{n // 250}", 0.0)
        limits.right(f"user{n}", f"10.0.{n % 250}.{n // 250}", 0.0)
    assert len(limits._spent) == len(limits._known) == 50


def test_a_place_is_an_address_or_the_network_of_one_ipv6_customer() -> None:
    assert place_of("192.0.2.1") == place_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert place_of("2001:db8::1") == place_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert place_of("2001:db8:0:1::1") != place_of("2001:db8::1")
    assert len(place_of("x" * 1000)) == 64
