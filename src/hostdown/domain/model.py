"""What the program talks about, as immutable values.

They are named tuples, not dataclasses, because lists of thousands are built for every answer: a row
of the database becomes one by `_make` in 0.2 µs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

COMPUTE = "nova-compute"
CONDUCTOR = "nova-conductor"
SCHEDULER = "nova-scheduler"

DEFAULT_DOMAIN = "default"
"""The id of the only domain that the embedded identity has; Keystone may have others."""

SERVICE_VERSION = 73
"""What our services write into the `version` column: Nova 2026.2's number (contract, key table)."""


class Service(NamedTuple):
    """A binary on a host that reports. `uuid` is lower case with dashes.

    `last_seen_up` is the server's clock when the last report arrived and alone decides liveness;
    `updated_at` moves with every change of the row and is only shown (Nova bug 1420848).
    """

    id: int
    uuid: str
    host: str
    binary: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool
    last_seen_up: datetime | None
    updated_at: datetime | None
    unreachable_at: datetime | None = None
    """When most observers found its host silent, as long as they do."""
    told_silent: bool = False
    """Whether owners of servers on its host were told so last; reports that stop say so too."""

    @property
    def topic(self) -> str:
        """The message topic Nova would use: `compute` for `nova-compute`."""
        return self.binary.removeprefix("nova-")


class HostRecord(NamedTuple):
    """A compute host as the directory knows it: who it is, and in which cell its rows live.

    `id` is the UUID made at enrolment, `name` only a label (NEVER-TWICE, Words). `boot` counts the
    kernel boot ids seen, `session` the agent processes; both only grow. `machine_id`, `boot_id` and
    `agent_version` are what the agent said when its newest session began; "" before the first one.
    `forked_at`: since when it is known that two machines have this identity (NEVER-TWICE D4).
    """

    id: str
    name: str
    cell: str
    secret: bytes
    machine_id: str
    boot_id: str
    boot: int
    session: int
    agent_version: str
    enrolled_at: datetime
    deleted_at: datetime | None
    forked_at: datetime | None = None
    sleeps: bool | None = None
    """Whether its machine may go to sleep, as its newest session began; None: nobody knows."""


class Resources(NamedTuple):
    """What a host has and uses, as its agent reports it."""

    vcpus: int
    memory_mb: int
    local_gb: int
    vcpus_used: int
    memory_mb_used: int
    local_gb_used: int
    running_vms: int
    hypervisor_type: str
    hypervisor_version: int
    hypervisor_hostname: str
    host_ip: str
    cpu_info: str
    """A JSON object as text, valid and bounded: answers repeat it without a look."""
    booted_at: datetime | None
    """When the host was started; None if its hypervisor does not say."""
    pool_id: str = ""
    """Where its disks lie, which hosts may have in common; "" if there is no such place."""
    pool_class: str = ""
    """What that pool's locks are worth (`pools.PoolClass`); "" as long as nobody knows."""


class ComputeNode(NamedTuple):
    """What a host's service manages, by the name that its hypervisor goes by.

    `uuid` is what a resource provider would be called; it never changes while the service lives.
    """

    id: int
    uuid: str
    service_id: int
    host: str
    resources: Resources


class InstanceName(NamedTuple):
    """An instance as lists of hosts name it; `name` is the hypervisor's (`instance-00000001`)."""

    name: str
    uuid: str


class ManagedNode(NamedTuple):
    """A compute node, the service that manages it, and what runs there."""

    node: ComputeNode
    service: Service
    instances: tuple[InstanceName, ...] = ()


ZONE_KEY = "availability_zone"
"""The metadata of an aggregate that makes it a zone."""


class Aggregate(NamedTuple):
    """A named set of hosts; metadata ZONE_KEY makes it a zone."""

    id: int
    uuid: str
    name: str
    hosts: tuple[str, ...]
    """In the order in which they were added."""
    metadata: Mapping[str, str]
    created_at: datetime
    updated_at: datetime | None

    @property
    def zone(self) -> str | None:
        """The availability zone of its hosts; None if it makes no zone."""
        return self.metadata.get(ZONE_KEY)


class Flavor(NamedTuple):
    """What a server is given. `flavorid` is the id that people see, `id` the database's."""

    id: int
    flavorid: str
    name: str
    vcpus: int
    memory_mb: int
    root_gb: int
    ephemeral_gb: int
    swap_mb: int
    rxtx_factor: float
    is_public: bool
    disabled: bool
    description: str | None
    extra_specs: Mapping[str, str]


class Caller(NamedTuple):
    """Who asks, and under which request. Never holds a token or a password."""

    user_id: str
    user_name: str
    project_id: str | None
    roles: tuple[str, ...]
    request_id: str
    global_request_id: str | None = None
    system_scope: str | None = None
    """What a token that is not of a project is for (`all`); rules of projects refuse it."""
    user_domain_id: str = DEFAULT_DOMAIN
    project_domain_id: str | None = DEFAULT_DOMAIN


class Change(NamedTuple):
    """One change by someone to something: the audit row, and what notifications are made of."""

    at: datetime
    caller: Caller
    event_type: str
    """`service.update`, `aggregate.add_host`: what changed, and how."""
    before: Mapping[str, object]
    after: Mapping[str, object]
