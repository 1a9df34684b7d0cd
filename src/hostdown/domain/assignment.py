"""What a server asks of a host, and what the host answers: the values both sides share.

The server never says "start" or "stop". It says what each instance shall be, with a number that
grows with every request; the host brings about what is new to it and tells the outcome. Both may be
repeated or lost without harm (DESIGN §6).
"""

import re
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Wanted(StrEnum):
    """What an instance shall be on its host."""

    RUNNING = "running"
    STOPPED = "stopped"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    GONE = "gone"
    """Nothing of it left: no process, no disk."""
    ELSEWHERE = "elsewhere"
    """Its permit is to be given back, whatever became of it here; the disk stays (NEVER-TWICE W3).

    It is said of a permit that is asked back, and never kept as what an instance shall be."""


class Disk(StrEnum):
    """What to do where the disk is not there (NEVER-TWICE L4)."""

    CREATE = "create"
    KEEP = "keep"


class Reboot(StrEnum):
    """How a guest that runs is to be started again."""

    SOFT = "soft"
    """The guest is asked to shut down first."""
    HARD = "hard"


class PowerState(IntEnum):
    """What a hypervisor says of a guest, by Nova's numbers (contract 3.5)."""

    NOSTATE = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6
    SUSPENDED = 7


class Holder(NamedTuple):
    """Who may run an instance, or did: a generation, on one boot of one host (NEVER-TWICE, Words).

    `host` is the id made at enrolment, `boot` the server's number for the kernel's boot id.
    """

    generation: int
    host: str
    boot: int


SHA512_DIGITS = 128
DIGEST = re.compile(f"[0-9a-f]{{64}}|[0-9a-f]{{{SHA512_DIGITS}}}")
"""What may stand in `ImageSource.digest`."""


class ImageSource(NamedTuple):
    """The image that a disk is made from. `size` in bytes, `format` is `raw` or `qcow2`.

    `digest` proves its bytes: 64 hexadecimal digits of SHA-256, or 128 of SHA-512.
    """

    id: str
    digest: str
    size: int
    format: str

    @property
    def algorithm(self) -> str:
        """What `digest` was made by, as `hashlib` calls it."""
        return "sha512" if len(self.digest) == SHA512_DIGITS else "sha256"


class Target(NamedTuple):
    """Where a host is to send a guest while it runs (NEVER-TWICE M1).

    `address` is the other host's, `ticket` what its hypervisor said of how it takes the guest in.
    `hurry`: the guest is to stand still until it is there, however long that takes. `withdrawn`: it
    is not to be sent any more, and its host is to say that it keeps it.
    """

    holder: Holder
    address: str
    ticket: str
    hurry: bool
    withdrawn: bool = False


class Incoming(NamedTuple):
    """A guest that another host sends: what it shall be here once that host has handed it over.

    `withdrawn`: it is not to come any more, unless it has been handed over already.
    """

    wanted: Wanted
    withdrawn: bool


class Assignment(NamedTuple):
    """One instance as its host should have it.

    `generation` and `boot` are its permit's; `over` names every holder that it may take the disk
    from (NEVER-TWICE P3, L3). `order` grows with each request; `reboot` is set while the newest one
    is a reboot. `root_gb` 0 stands for the image's own size, `image` None for an empty disk.

    With `incoming` it is no permit to claim anything: then `wanted` is ELSEWHERE and `over` empty,
    so that an agent that has never heard of live migration gives it up.
    """

    uuid: str
    name: str
    generation: int
    boot: int
    over: tuple[Holder, ...]
    disk: Disk
    data_gen: int
    wanted: Wanted
    order: int
    reboot: Reboot | None
    vcpus: int
    memory_mb: int
    root_gb: int
    image: ImageSource | None
    network: str
    """`none`, or `auto`: the bridge that the host is configured with."""
    mac: str
    quiet_ms: int = 0
    """For at least so long nobody whom the permit is over may write any more (NEVER-TWICE S6)."""
    to: Target | None = None
    incoming: Incoming | None = None


class Assignments(NamedTuple):
    """All instances of a host, as of commit number `commit` of database `database_id` (P5).

    `held`: the host is forced down, so it starts nothing (NEVER-TWICE W4). `moved`: instances that
    were evacuated from it and run elsewhere by now (D1).
    """

    database_id: str
    commit: int
    instances: tuple[Assignment, ...]
    held: bool = False
    moved: frozenset[str] = frozenset()


class Failure(NamedTuple):
    """Why an order could not be carried out; `code` is for programs, `message` for people."""

    code: str
    message: str


class Outcome(NamedTuple):
    """What became of an instance's `order` under permit `generation`.

    `claimed`: its claim is on the pool. `gone`: surrendered (NEVER-TWICE W3), the process is gone
    and the lease free; for `Wanted.GONE` nothing is left of it. `failure`: the order is given up.
    `holder`: whom the lease named when it refused the claim (L3), or whom the host has made its
    successor (M1). `ticket`: the host is ready for a guest that is sent to it. `kept`: the highest
    generation that the host was to send the guest to and never will. `progress`: how much of it is
    sent, in bytes by Nova's names. `waits`: no outcome at all, but what keeps the host from
    carrying its newest order out, for people.
    """

    uuid: str
    generation: int
    order: int
    state: PowerState
    claimed: bool
    gone: bool = False
    failure: Failure | None = None
    holder: Holder | None = None
    ticket: str | None = None
    kept: int = 0
    progress: Mapping[str, int] | None = None
    waits: str | None = None


class Had(NamedTuple):
    """A permit that a host has not given up, as it says; `claimed`: its claim is on the pool.

    `order` is the last one that it carried out, `state` what it told of the guest last. `incoming`:
    it waits for the guest to be sent, and may not run it before that (M1).
    """

    uuid: str
    generation: int
    boot: int
    order: int
    state: PowerState
    claimed: bool
    incoming: bool = False
