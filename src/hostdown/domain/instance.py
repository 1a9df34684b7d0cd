"""An instance as the cell keeps it, and the words for what it is and does (contract 3.5)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.assignment import Holder, ImageSource
from hostdown.domain.model import Flavor


class VmState(StrEnum):
    """What an instance is, when nothing is going on."""

    ACTIVE = "active"
    BUILDING = "building"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    RESCUED = "rescued"
    RESIZED = "resized"
    SOFT_DELETED = "soft-delete"
    DELETED = "deleted"
    ERROR = "error"
    SHELVED = "shelved"
    SHELVED_OFFLOADED = "shelved_offloaded"


class TaskState(StrEnum):
    """What is going on with it; of Nova's words those that we use."""

    SCHEDULING = "scheduling"
    SPAWNING = "spawning"
    REBOOTING = "rebooting"
    REBOOTING_HARD = "rebooting_hard"
    PAUSING = "pausing"
    UNPAUSING = "unpausing"
    SUSPENDING = "suspending"
    RESUMING = "resuming"
    POWERING_OFF = "powering-off"
    POWERING_ON = "powering-on"
    DELETING = "deleting"
    REBUILDING = "rebuilding"
    REBUILD_SPAWNING = "rebuild_spawning"
    RESIZE_MIGRATING = "resize_migrating"
    RESIZE_FINISH = "resize_finish"
    RESIZE_REVERTING = "resize_reverting"
    MIGRATING = "migrating"


class Fault(NamedTuple):
    """What went wrong last; shown while the server is in error. `code` is an HTTP status."""

    code: int
    message: str
    details: str
    created_at: datetime


_UNPLACED = "No valid host was found."


def no_valid_host(reason: str, now: datetime) -> Fault:
    """Nova's, where no host will have a server, whether it is new or moves."""
    return Fault(500, f"{_UNPLACED} {reason}", reason, now)


def is_unplaced(fault: Fault) -> bool:
    """Whether it is one of those."""
    return fault.message.startswith(_UNPLACED)


class Before(NamedTuple):
    """What an instance was before its host was reported down."""

    vm_state: str
    power_state: int
    wanted: str


class Extras(NamedTuple):
    """What is kept of a server only to be shown again."""

    access_ip_v4: str = ""
    access_ip_v6: str = ""
    config_drive: bool = False
    key_name: str | None = None
    user_data: str | None = None
    disk_config: str = "MANUAL"
    root_device_name: str = "/dev/vda"
    reservation_id: str = ""
    launch_index: int = 0


class Instance(NamedTuple):
    """A server. `revision` grows with every change; a change is compared and set by it.

    `host` is where the API says that it is; who may run it is in its permits. `wanted` and `order`
    are what its host is asked for (`domain.assignment`).
    """

    id: int
    uuid: str
    project_id: str
    user_id: str
    name: str
    hostname: str
    description: str | None
    host: str | None
    node: str | None
    zone: str | None
    """The zone that was asked for at creation."""
    pinned_zone: str | None
    vm_state: str
    task_state: str | None
    power_state: int
    wanted: str
    order: int
    reboot: str | None
    flavor: Flavor
    image: ImageSource | None
    image_properties: Mapping[str, str]
    network: str
    mac: str
    metadata: Mapping[str, str]
    hints: Mapping[str, object]
    group: str | None
    locked_by: str | None
    locked_reason: str | None
    fault: Fault | None
    before: Before | None
    extras: Extras
    created_at: datetime
    updated_at: datetime | None
    launched_at: datetime | None
    terminated_at: datetime | None
    deleted_at: datetime | None
    deleted: bool
    revision: int


INSTANCE_NAME = "instance-{id:08x}"
"""Nova's `instance_name_template`."""


def instance_name(instance: Instance) -> str:
    """What its hypervisor calls it."""
    return INSTANCE_NAME.format(id=instance.id)


class PermitState(StrEnum):
    """How far a permit has come (NEVER-TWICE P1)."""

    GRANTED = "granted"
    CLAIMED = "claimed"
    ENDED = "ended"


class Ended(NamedTuple):
    """Why a permit may be followed by another one (NEVER-TWICE P2).

    `kind` is `surrender`, `proof` or `word`; `by` names the host, the proof or the operator. Also
    `handover`: `by` has the disk by a claim that only the host that had it can have made (M1).
    `claimed`: its claim had been told before.
    """

    kind: str
    by: str
    at: datetime
    claimed: bool = False


class Permit(NamedTuple):
    """The right to run an instance on one boot of one host (NEVER-TWICE P1, P3)."""

    id: int
    instance: str
    generation: int
    host_id: str
    host: str
    boot: int
    kind: str
    over: tuple[Holder, ...]
    disk: str
    data_gen: int
    state: str
    ended: Ended | None
    created_at: datetime
    asked_back: bool = False
    """Its host is to surrender it (NEVER-TWICE W3)."""

    @property
    def holder(self) -> Holder:
        """As claims and bulletins name it."""
        return Holder(self.generation, self.host_id, self.boot)

    @property
    def confirmed(self) -> bool:
        """Whether its host told that it has claimed the disk, and run it."""
        return self.state == PermitState.CLAIMED if self.ended is None else self.ended.claimed


RUN = "run"
"""The kind of a permit to run."""

INCOMING = "incoming"
"""That of a permit to take in a guest that its host sends while it runs (NEVER-TWICE M1)."""
