"""Groups of servers that belong together, or apart (contract 6.5)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class GroupPolicy(StrEnum):
    """Whether the servers of a group share hosts; the soft ones only where it can be done."""

    AFFINITY = "affinity"
    ANTI_AFFINITY = "anti-affinity"
    SOFT_AFFINITY = "soft-affinity"
    SOFT_ANTI_AFFINITY = "soft-anti-affinity"


class ServerGroup(NamedTuple):
    """One group. `max_server_per_host` is anti-affinity's only rule; None is as good as 1.

    `id` is the database's, `uuid` what people see.
    """

    id: int
    uuid: str
    name: str
    project_id: str
    user_id: str
    policy: GroupPolicy
    max_server_per_host: int | None
    created_at: datetime
    members: tuple[str, ...] = ()
    """Uuids of its servers, in the order in which they joined."""

    @property
    def rules(self) -> Mapping[str, int]:
        """As the API shows them: empty where none was given."""
        given = self.max_server_per_host
        return {} if given is None else {"max_server_per_host": given}
