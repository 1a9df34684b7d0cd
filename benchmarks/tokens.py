"""What it costs to know who asks, in this process, when the token was seen before."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hostdown.api.authenticators import EmbeddedAuthenticator, KeystoneAuthenticator
from hostdown.api.ports import Authenticator
from hostdown.domain.roles import ADMIN, with_implied
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.keystone_checks import GOOD_MAX, KeystoneChecks, Limits
from hostdown.services.keystone_ports import Identity, Question, Verdict
from hostdown.services.token_checks import VERIFIED_MAX, TokenChecks
from hostdown.services.tokens import Claims, write_token
from hostdown.storage import DatabaseSettings, open_storage, schema

CHECKS = 100_000
ROLES = with_implied([ADMIN])
NOW = SystemClock().now()
LATER = NOW + timedelta(hours=1)
FERNET = "gAAAAABrAK2U"
"""How Keystone's tokens begin; most are 183 to 250 characters long."""

Check = tuple[str, float]


class _Good:
    """A Keystone to which every token is good."""

    def verdict(self, question: Question) -> Verdict:
        """At once."""
        found = Identity(question.token[-32:], "ann", "default", "p" * 32, "default", ROLES, None)
        return Verdict(found, LATER, lasting=True)


def checks() -> Iterator[Check]:
    """Strategy, and µs of processor time for a check, over as many tokens as are remembered."""
    limits = Limits(remember_s=3600.0, answer_s=5.0, places=8)
    keystone = KeystoneAuthenticator(KeystoneChecks(_Good(), limits), SystemClock(), "http://k")
    yield "keystone", _cost_us(keystone, [f"{FERNET}{n:0188}" for n in range(GOOD_MAX)])
    with TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'd.sqlite'}"
        settings = DatabaseSettings(url, url, "cell1")
        schema.ensure(settings)
        storage = open_storage(settings)
        known = TokenChecks(storage.directory)
        tokens = [write_token(known.key(), _claims(n)) for n in range(VERIFIED_MAX)]
        known.refresh(SystemClock().now())
        yield "embedded", _cost_us(EmbeddedAuthenticator(known, SystemClock(), "http://k"), tokens)
        storage.close()


def _claims(number: int) -> Claims:
    return Claims(
        token_id=f"{number:032x}",
        parent_id=None,
        user_id="a" * 32,
        user_name="ann",
        project_id="b" * 32,
        project_name="demo",
        project_stamp="c" * 32,
        grant_stamp="e" * 24,
        system=False,
        roles=ROLES,
        methods=("password",),
        stamp="d" * 32,
        issued_at=NOW,
        expires_at=LATER,
    )


def _cost_us(authenticator: Authenticator, tokens: list[str]) -> float:
    requests = [
        {"HTTP_X_AUTH_TOKEN": token, "REQUEST_METHOD": "GET", "PATH_INFO": "/v2.1/os-services"}
        for token in tokens
    ]
    for request in requests:
        authenticator.caller(request, "req-1")
    began = time.process_time()
    for number in range(CHECKS):
        authenticator.caller(requests[number % len(requests)], "req-1")
    return (time.process_time() - began) / CHECKS * 1e6
