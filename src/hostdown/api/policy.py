"""Who may do what, by oslo.policy with Nova's rules (contract 1.6, appendix B)."""

import logging
from collections.abc import Mapping

from hostdown.api.policy_book import Book, unknown_rules
from hostdown.api.policy_files import PolicyRefused, PolicySettings, overrides, signature
from hostdown.api.ports import PolicyForbids
from hostdown.domain.model import Caller

LOG = logging.getLogger(__name__)


class NovaPolicy:
    """Implements `api.ports.Policy`. Raises PolicyRefused at start; later keeps the last rules."""

    def __init__(self, settings: PolicySettings) -> None:
        self._settings = settings
        self._signature = signature(settings)
        self._book = _read(settings)

    def check(self, rule: str, caller: Caller, target: Mapping[str, object]) -> None:
        """Raises PolicyForbids. An empty target stands for what the caller itself owns."""
        if not self._book.allows(rule, caller, target):
            raise PolicyForbids(rule=rule)

    def refresh(self) -> None:
        """Read the files again if they have changed; a periodic job calls this."""
        try:
            now_there = signature(self._settings)
            if now_there == self._signature:
                return
            self._signature = now_there
            self._book = _read(self._settings)
        except OSError as error:
            LOG.error("The policy files cannot be read, the rules stay as they were: %s", error)
        except PolicyRefused as error:
            LOG.error("%s The rules stay as they were.", error)
        else:
            LOG.info("The policy files have changed; the new rules are in force")


def get_ready() -> None:
    """Parse the defaults of all rules, for the processes that are forked from this one."""
    Book({})


def _read(settings: PolicySettings) -> Book:
    book = Book(overrides(settings))
    unknown = unknown_rules(book.rules.values())
    if unknown:
        LOG.warning("The policy files set rules that do not exist here: %s", ", ".join(unknown))
    return book
