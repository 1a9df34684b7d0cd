"""Where an instance can run: filters, then weights; every refusal carries its reason (DESIGN §3).

A host is taken for what it has and what the instances on it were promised, not for what it happens
to use at the moment: what was promised may be wanted at any time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from hostdown.domain.aggregate_specs import AggregateMetadata, Specs, are_met
from hostdown.domain.liveness import State
from hostdown.domain.model import Resources


class Refusal(StrEnum):
    """Why a host cannot have an instance."""

    DISABLED = "it is disabled"
    DOWN = "it is down"
    NEVER_STARTED = "its agent has never run"
    NOT_ASKED_FOR = "another host was asked for"
    OTHER_ZONE = "it is in another availability zone"
    NO_VCPUS = "it has too few vCPUs left"
    NO_MEMORY = "it has too little memory left"
    NO_DISK = "it has too little disk left"
    NO_POOL = "the pool for the disks of its servers is not there"
    NO_ROOM_FOR_GROUP = "it has no room for all servers of the group that have to move"
    AGGREGATES = "its aggregates do not have what the flavor's extra specs ask for"
    OTHER_POOL = "the server's disk is on another pool"
    GROUP = "the server group's policy forbids it"


class Ratios(NamedTuple):
    """How much more may be promised than there is (Nova's options of these names)."""

    cpu: float = 16.0
    ram: float = 1.0
    disk: float = 1.0


class Candidate(NamedTuple):
    """A host: what it has, and what its instances were promised."""

    host: str
    node: str
    zone: str
    enabled: bool
    state: State
    resources: Resources
    boot: int
    vcpus_promised: int
    memory_mb_promised: int
    disk_gb_promised: int
    metadata: AggregateMetadata = MappingProxyType({})
    """What its aggregates say of it."""
    reserved: bool = False
    """It is disabled because it is kept for recoveries."""

    @property
    def is_up(self) -> bool:
        """Whether servers that are on it run."""
        return self.state is State.UP


class Sizes(NamedTuple):
    """What servers are promised."""

    vcpus: int
    memory_mb: int
    disk_gb: int


def with_one_more(candidate: Candidate, sizes: Sizes) -> Candidate:
    """The host once it was promised to another instance."""
    return candidate._replace(
        vcpus_promised=candidate.vcpus_promised + sizes.vcpus,
        memory_mb_promised=candidate.memory_mb_promised + sizes.memory_mb,
        disk_gb_promised=candidate.disk_gb_promised + sizes.disk_gb,
    )


def with_one_less(candidate: Candidate, sizes: Sizes) -> Candidate:
    """The host once an instance was found not to need what was kept for it."""
    return with_one_more(candidate, Sizes(*(-each for each in sizes)))


NOTHING = Sizes(0, 0, 0)
AFFINITY = "affinity"


class Group(NamedTuple):
    """A server group as placement sees it: how many of its members each host has."""

    policy: str
    members: Mapping[str, int]
    most: int = 1
    """Members on one host, for anti-affinity."""
    waiting: Sizes = NOTHING
    """Of the other members that have to find a host, too."""


class Need(NamedTuple):
    """What an instance needs. `hosts` are the only ones that will do; None for any.

    `node`: the hypervisor that it has to be, by the name it goes by.
    """

    vcpus: int
    memory_mb: int
    disk_gb: int
    zone: str | None = None
    hosts: Sequence[str] | None = None
    node: str | None = None
    group: Group | None = None
    forced: bool = False
    """`hosts` were named by somebody who knows better: whether they are enabled and up, and what
    they have left, is not asked (contract 3.7)."""
    pool: str = ""
    """Where its disk is; "" if it has none yet, or nobody knows."""
    specs: Specs = ()
    """What it asks of the metadata of a host's aggregates."""
    keeps_disk: bool = False
    """No other pool will do: its disk is not to be made anew (NEVER-TWICE D1)."""
    reserves: bool = False
    """Hosts that are kept for recoveries will do, too."""


class Decision(NamedTuple):
    """The best host, or none; and why each of the others was refused."""

    chosen: Candidate | None
    refused: Mapping[str, Refusal]


def decide(candidates: Iterable[Candidate], need: Need, ratios: Ratios) -> Decision:
    """Of the hosts that can have it, the best by `weight`."""
    refused: dict[str, Refusal] = {}
    fitting: list[Candidate] = []
    for candidate in candidates:
        refusal = refusal_of(candidate, need, ratios)
        if refusal is None:
            fitting.append(candidate)
        else:
            refused[candidate.host] = refusal
    if not fitting:
        return Decision(None, refused)

    return Decision(min(fitting, key=lambda each: weight(each, need, ratios)), refused)


Weight = tuple[bool, int, float, str]
"""The lowest is the best; no two hosts have the same."""


def weight(candidate: Candidate, need: Need, ratios: Ratios) -> Weight:
    """Those that have its disk first, then by a soft policy, by memory left, and by name."""
    free = candidate.resources.memory_mb * ratios.ram - candidate.memory_mb_promised
    return _is_elsewhere(candidate, need), _unlike(candidate, need.group), -free, candidate.host


def refusal_of(candidate: Candidate, need: Need, ratios: Ratios) -> Refusal | None:
    """Why this host cannot have it; None if it can."""
    for refusal, applies in _PLACE if need.forced else _ALL:
        if applies(candidate, need, ratios):
            return refusal
    return None


Filter = Callable[[Candidate, Need, Ratios], bool]


def _group_forbids(candidate: Candidate, need: Need, _: Ratios) -> bool:
    group = need.group
    if group is None:
        return False
    if group.policy == "anti-affinity":
        return group.members.get(candidate.host, 0) >= group.most
    return group.policy == AFFINITY and bool(group.members) and candidate.host not in group.members


def _too_small_for_all(candidate: Candidate, need: Need, ratios: Ratios) -> bool:
    """For the first of an affinity group that moves: the others will have to follow it."""
    group = need.group
    if group is None or group.policy != AFFINITY or group.members:
        return False
    more = group.waiting
    together = need._replace(
        vcpus=need.vcpus + more.vcpus,
        memory_mb=need.memory_mb + more.memory_mb,
        disk_gb=need.disk_gb + more.disk_gb,
    )
    return any(lacks(candidate, together, ratios) for _, lacks in _ROOM)


def _is_elsewhere(candidate: Candidate, need: Need) -> bool:
    """Whether the server's disk would have to be made anew there."""
    return need.pool not in ("", candidate.resources.pool_id)


def _unlike(candidate: Candidate, group: Group | None) -> int:
    """How little the host is what a soft policy would like; 0 where there is none."""
    if group is None:
        return 0
    there = group.members.get(candidate.host, 0)
    return {"soft-affinity": -there, "soft-anti-affinity": there}.get(group.policy, 0)


_PLACE: tuple[tuple[Refusal, Filter], ...] = (
    (Refusal.NOT_ASKED_FOR, lambda c, n, _: n.hosts is not None and c.host not in n.hosts),
    (Refusal.NOT_ASKED_FOR, lambda c, n, _: n.node not in (None, c.node)),
    (Refusal.NEVER_STARTED, lambda c, n, _: c.boot == 0),
    (Refusal.OTHER_ZONE, lambda c, n, _: n.zone not in (None, c.zone)),
    (Refusal.GROUP, _group_forbids),
    (Refusal.NO_POOL, lambda c, n, _: n.pool != "" and c.resources.pool_id == ""),
    (Refusal.OTHER_POOL, lambda c, n, _: n.keeps_disk and _is_elsewhere(c, n)),
)
_ROOM: tuple[tuple[Refusal, Filter], ...] = (
    (
        Refusal.NO_VCPUS,
        lambda c, n, r: c.vcpus_promised + n.vcpus > c.resources.vcpus * r.cpu,
    ),
    (
        Refusal.NO_MEMORY,
        lambda c, n, r: c.memory_mb_promised + n.memory_mb > c.resources.memory_mb * r.ram,
    ),
    (
        Refusal.NO_DISK,
        lambda c, n, r: c.disk_gb_promised + n.disk_gb > c.resources.local_gb * r.disk,
    ),
)
_STATE_AND_ROOM: tuple[tuple[Refusal, Filter], ...] = (
    (Refusal.DISABLED, lambda c, n, _: not (c.enabled or (n.reserves and c.reserved))),
    (Refusal.DOWN, lambda c, n, _: c.state is not State.UP),
    (Refusal.AGGREGATES, lambda c, n, _: not are_met(n.specs, c.metadata)),
    *_ROOM,
    (Refusal.NO_ROOM_FOR_GROUP, _too_small_for_all),
)
_ALL = _PLACE + _STATE_AND_ROOM
