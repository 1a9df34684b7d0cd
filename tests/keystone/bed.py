"""Checks of tokens in front of a fake Keystone."""

from datetime import timedelta

from tests.keystone.cloud import START, FakeCloud, question

from hostdown.services.keystone_checks import KeystoneChecks, Limits
from hostdown.services.keystone_ports import Identity

LIMITS = Limits(remember_s=300.0, answer_s=5.0, places=2)


class Bed:
    """Checks in front of a fake Keystone; time passes when a test says so."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.cloud = FakeCloud()
        self.checks = KeystoneChecks(self.cloud, limits)
        self.passed_s = 0.0

    def ask(self, token: str, service_token: str | None = None) -> Identity:
        now = START + timedelta(seconds=self.passed_s)
        return self.checks.identity(question(token, service_token), now, self.passed_s)
