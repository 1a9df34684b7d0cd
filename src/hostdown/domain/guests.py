"""A guest: an instance as a hypervisor runs it, as values."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from hostdown.domain.assignment import Holder, PowerState


class GuestSpec(NamedTuple):
    """A guest to make. `mac` counts only with a network.

    `disk` is a file that is there already. With `saved` the guest goes on, once it is let go, from
    the memory that was saved there; the file stays. `locking` takes QEMU's lock on the disk, which
    shuts out a second writer on the same storage; without it only the lease does (NEVER-TWICE S3).
    """

    uuid: str
    name: str
    """The hypervisor's, `instance-00000001`."""
    holder: Holder
    vcpus: int
    memory_mb: int
    disk: Path
    disk_format: str
    """`raw` or `qcow2`."""
    network: str
    """`none`, or `auto`: the bridge that the host is configured with."""
    mac: str
    saved: Path | None = None
    locking: bool = True


class Guest(NamedTuple):
    """A guest that is there. A saved or ended one is not: what is left of it are files."""

    uuid: str
    holder: Holder
    """For whom it was made: kept by the hypervisor beside the guest, not by the agent."""
    state: PowerState
    in_transit: bool = False
    """It stands still because it is being sent: here it is not whole yet, or not any more.

    Only of one that is awaited it means that: it may be said of one that was restored, too.
    """


class Sending(StrEnum):
    """How the sending of a guest stands."""

    NONE = "none"
    """Nobody knows of any: the guest is here, or is not."""
    GOES_ON = "goes on"
    SENT = "sent"
    """Whole on the other host, where it stands still; its process here is gone."""
    FAILED = "failed"
    """The guest goes on here, unless it has ended."""


class Transfer(NamedTuple):
    """The sending of a guest. `progress` in bytes by Nova's names, `reason` why it failed."""

    state: Sending
    reason: str = ""
    progress: Mapping[str, int] = {}
