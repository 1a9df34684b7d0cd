"""What a change of a host means for the owners of its servers: one word before and one after.

An owner sees of a host no more than `host_status` (contract 3.4), and of that what two rules of the
policy let it see: so nothing else of a host is told to owners.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from hostdown.domain.model import Change, Service
from hostdown.domain.server_status import HostFacts, HostStatus, Precedence, word


class Hosted(NamedTuple):
    """A server on the host, as its owner's event names it."""

    uuid: str
    project_id: str
    user_id: str
    name: str
    vm_state: str


class About(NamedTuple):
    """What an event means for servers. None: there was no host, or is none."""

    before: HostFacts | None
    after: HostFacts | None
    servers: Sequence[Hosted]


SILENT = "silent"
"""Among the facts of a change: whether the host is."""


def facts(change: Change, service: Service) -> tuple[HostFacts, HostFacts]:
    """Of a service as it is after a change, or, of what the change does not name, as it is."""
    now = {
        "disabled": service.disabled,
        "forced_down": service.forced_down,
        SILENT: service.told_silent,
    }
    before, after = (
        HostFacts(*(bool(said.get(name, is_so)) for name, is_so in now.items()))
        for said in (change.before, change.after)
    )
    return before, after


class Sees(StrEnum):
    """What an owner may see of `host_status`."""

    ALL = "all"
    UNKNOWN_ONLY = "unknown-only"
    NOTHING = "nothing"


class Words(NamedTuple):
    """`host_status` before and after; "" where it is not for this owner, or there was no host."""

    before: str
    after: str


def seen(about: About, sees: Sees, precedence: Precedence) -> Words | None:
    """What an owner is told; None if nothing that it may see has changed."""
    statuses = [
        HostStatus.NONE if facts is None else word(facts, precedence)
        for facts in (about.before, about.after)
    ]
    words = Words(*(_shown(each, sees) for each in statuses))
    return None if words.before == words.after else words


def _shown(status: HostStatus, sees: Sees) -> str:
    some = sees is Sees.UNKNOWN_ONLY and status is HostStatus.UNKNOWN
    return status.value if sees is Sees.ALL or some else ""


def written(about: About) -> dict[str, object]:
    """As JSON takes it."""
    return {
        "before": None if about.before is None else list(about.before),
        "after": None if about.after is None else list(about.after),
        "servers": [list(each) for each in about.servers],
    }


def read(kept: Mapping[str, Any]) -> About:
    """What `written` wrote."""
    before, after = (
        None if kept[name] is None else HostFacts(*kept[name]) for name in ("before", "after")
    )
    return About(before, after, [Hosted(*each) for each in kept["servers"]])
