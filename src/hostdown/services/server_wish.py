"""What somebody wants to have made, and the servers that are made of it (contract 3.7)."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from hostdown.domain.assignment import ImageSource, PowerState, Wanted
from hostdown.domain.instance import Extras, Instance, TaskState, VmState
from hostdown.domain.model import Caller, Flavor

HOSTNAME_LENGTH_MAX = 63
"""Characters of the name that a guest is given."""


class Wish(NamedTuple):
    """What somebody wants to have made; the same for each of several servers."""

    name: str
    flavor: Flavor
    image: ImageSource | None
    image_properties: Mapping[str, str] = {}
    root_gb: int = 0
    description: str | None = None
    hostname: str | None = None
    metadata: Mapping[str, str] = {}
    hints: Mapping[str, object] = {}
    network: str = "auto"
    zone: str | None = None
    hosts: Sequence[str] | None = None
    """The only hosts that will do."""
    node: str | None = None
    forced: bool = False
    group_uuid: str | None = None
    """The server group that they join."""
    extras: Extras = Extras()


def wanted_instances(wish: Wish, caller: Caller, count: int, now: datetime) -> list[Instance]:
    """The servers as they are before a host was found; their uuids are theirs for good.

    A MAC address each is given in the transaction that places it.
    """
    reservation = f"r-{secrets.token_hex(4)}"
    made = []
    for number in range(1, count + 1):
        name = wish.name if count == 1 else f"{wish.name}-{number}"
        made.append(_wanted(wish, caller, name, reservation, number - 1, now))
    return made


def _wanted(
    wish: Wish, caller: Caller, name: str, reservation: str, index: int, now: datetime
) -> Instance:
    uuid = str(uuid4())
    return Instance(
        id=0,
        uuid=uuid,
        project_id=caller.project_id or "",
        user_id=caller.user_id,
        name=name,
        hostname=wish.hostname or _hostname(name, uuid),
        description=wish.description,
        host=None,
        node=None,
        zone=wish.zone,
        pinned_zone=wish.zone,
        vm_state=VmState.BUILDING.value,
        task_state=TaskState.SCHEDULING.value,
        power_state=int(PowerState.NOSTATE),
        wanted=Wanted.RUNNING.value,
        order=1,
        reboot=None,
        flavor=wish.flavor,
        image=wish.image,
        image_properties=wish.image_properties,
        network=wish.network,
        mac="",
        metadata=wish.metadata,
        hints=wish.hints,
        group=wish.group_uuid,
        locked_by=None,
        locked_reason=None,
        fault=None,
        before=None,
        extras=wish.extras._replace(reservation_id=reservation, launch_index=index),
        created_at=now,
        updated_at=now,
        launched_at=None,
        terminated_at=None,
        deleted_at=None,
        deleted=False,
        revision=1,
    )


def _hostname(name: str, uuid: str) -> str:
    """The name as a host can have it, as Nova makes it; a name without any such letter is none."""
    plain = re.sub("[^a-z0-9-]", "", re.sub("[ _.]", "-", name.lower()))
    return plain.strip("-")[:HOSTNAME_LENGTH_MAX].strip("-") or f"Server-{uuid}"
