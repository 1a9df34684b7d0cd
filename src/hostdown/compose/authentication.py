"""Who says who asks: our own identity, a Keystone, or nobody."""

from hostdown.api.authenticators import (
    EmbeddedAuthenticator,
    KeystoneAuthenticator,
    Noauth2Authenticator,
)
from hostdown.api.credentials import LogIn
from hostdown.api.ports import Authenticator
from hostdown.config import KeystoneOptions, Settings
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.keystone_checks import KeystoneChecks, Limits
from hostdown.services.login import DEFAULT_SCOPE, Logins
from hostdown.services.token_checks import TokenChecks


def authenticator(settings: Settings, checks: TokenChecks, clock: SystemClock) -> Authenticator:
    """What `[api] auth_strategy` says."""
    if settings.keystone is not None:
        return _keystone(settings.keystone, settings.server.threads, clock)
    auth_url = settings.identity_url
    if settings.api.auth_strategy == "noauth2":
        return Noauth2Authenticator(auth_url)
    return EmbeddedAuthenticator(checks, clock, auth_url)


def password_log_in(settings: Settings, logins: Logins) -> LogIn | None:
    """For who sends a name and a password; None where passwords are for others to check."""
    if settings.api.auth_strategy != "embedded":
        return None
    clock = SystemClock()

    def log_in(name: str, password: str, source: str) -> str:
        now, monotonic_s = clock.now(), clock.monotonic()
        issued = logins.with_password(
            name, "name", password, DEFAULT_SCOPE, source, now, monotonic_s
        )
        return issued.text

    return log_in


def _keystone(options: KeystoneOptions, threads: int, clock: SystemClock) -> KeystoneAuthenticator:
    """Half of the threads may wait for Keystone, so that a silent one stops nobody who is known."""
    from hostdown.drivers.keystone_validator import KeystoneValidator  # an extra, and large

    limits = Limits(
        options.remembered_for.total_seconds(),
        options.answer_within.total_seconds(),
        max(1, threads // 2),
    )
    checks = KeystoneChecks(KeystoneValidator(options.middleware), limits)
    return KeystoneAuthenticator(checks, clock, options.www_authenticate_uri)
