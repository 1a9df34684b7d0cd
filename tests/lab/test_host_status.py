"""What a server's owner, its administrator and a stranger are told of its host, on real hosts.

Each step prints how long it took until the word was seen: `pytest -s` shows it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.lab.bench import SERVICE_DOWN_TIME_S, Bench, until_true
from tests.lab.setting import NOT_FOUND, NOT_TOLD, Setting

from hostdown.drivers.system_clock import SystemClock

RULE = "os_compute_api:servers:show:host_status"


class Watched(Setting):
    """A server, and what each of three sees of its host."""

    def seen(self, what: str, admin: str, owner: str) -> None:
        """Waits for both words; the stranger finds nothing, whatever happens."""
        begun = SystemClock().monotonic()
        for who, word in ((self.admin, admin), (self.owner, owner)):
            until_true(lambda who=who, word=word: who.host_status(self.uuid) == word)  # type: ignore[misc] # a lambda's defaults
        took_s = SystemClock().monotonic() - begun
        print(f"{what:42} admin {admin:12} owner {owner:12} after {took_s:.3f} s")
        assert self.stranger.host_status(self.uuid) == NOT_FOUND

    def policy(self, rule: str) -> None:
        file = Path(self.lab.directory / "server" / "policy.yaml")
        file.write_text(f'"{rule}": "rule:admin_or_owner"\n' if rule else "{}\n")


@pytest.fixture
def setting(lab: Bench) -> Iterator[Watched]:
    made = Watched(lab)
    yield made
    made.policy("")
    made.service("force-down", forced_down=False)
    made.service("enable")
    lab.until_state(made.host, "up")
    made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
    until_true(lambda: made.admin.host_status(made.uuid) == NOT_FOUND)


SHOWN: dict[str, Callable[[str], str]] = {
    "": lambda _: NOT_TOLD,
    RULE: lambda word: word,
    f"{RULE}:unknown-only": lambda word: word if word == "UNKNOWN" else NOT_TOLD,
}
"""What an owner sees of the administrator's word, by the rule that owners are given."""


@pytest.mark.long
def test_every_word_in_every_transition(setting: Watched) -> None:
    for rule, shown in SHOWN.items():
        print(f"\nowners have: {rule or 'nothing'}")
        setting.policy(rule)

        def seen(what: str, word: str, shown: Callable[[str], str] = shown) -> None:
            setting.seen(what, word, shown(word))

        seen("the host reports", "UP")
        setting.service("force-down", forced_down=True)
        seen("forced down", "DOWN")
        setting.service("disable")
        seen("forced down, then disabled", "DOWN")
        setting.service("force-down", forced_down=False)
        seen("disabled, no longer forced down", "MAINTENANCE")
        setting.lab.type("cut", setting.host)
        setting.lab.until_state(setting.host, "down")
        seen("disabled, and silent", "MAINTENANCE")
        setting.service("enable")
        seen("silent", "UNKNOWN")
        setting.service("force-down", forced_down=True)
        seen("silent, then forced down", "DOWN")
        setting.service("force-down", forced_down=False)
        seen("silent, no longer forced down", "UNKNOWN")
        setting.lab.type("cut", setting.host, "--heal")
        seen("the host reports again", "UP")
        setting.lab.type("cut", setting.host)
        seen(f"cut; service_down_time is {SERVICE_DOWN_TIME_S:g} s", "UNKNOWN")
        setting.lab.type("cut", setting.host, "--heal")
        seen("the host reports again", "UP")
