"""Whether the cluster bears the loss of hosts: their servers are packed into the others.

What is asked for decides which losses are tried (`losses`); an answer says no more than that these
were. Servers are packed all at once, the most urgent first, each to the host that placement would
choose, with those that a recovery would leave behind left out. So "no" means that a recovery would
leave some behind, though a cleverer packing might not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.aggregate_specs import asked_for
from hostdown.domain.destinations import Candidate, Group, Need
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.evacuation import is_possible
from hostdown.domain.failure_domains import failure_domain
from hostdown.domain.ha import is_brought_back
from hostdown.domain.migration import IN_PROGRESS
from hostdown.domain.model import COMPUTE
from hostdown.domain.packing import Outcome, Packed, Packing
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.host_evacuation import priority
from hostdown.services.instance_ports import Brief
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.placement import Hosts, candidates
from hostdown.services.ports import Cells
from hostdown.services.recovery_plan import Planning

SHOWN_MAX = 20
"""Losses in an answer, the worst first."""


class Loss(NamedTuple):
    """Hosts that are lost at once; `name` is the one host's, or that of what was chosen by."""

    name: str
    hosts: frozenset[str]


class Case(NamedTuple):
    """What became of a loss: how many servers are to be brought back, with how much memory."""

    loss: Loss
    servers: int
    memory_mb: int
    outcome: Outcome

    @property
    def badness(self) -> tuple[int, int, int]:
        """Those that leave most behind first, then those with most to bring back."""
        return -len(self.outcome.stay), -self.memory_mb, -self.servers


class Capacity(NamedTuple):
    """`meaning` says what was tried; `cases` are the worst, `tried` how many there were."""

    fits: bool
    meaning: str
    hosts: int
    servers: int
    tried: int
    cases: list[Case]


EACH_HOST = "Each host was lost alone."
EACH_DOMAIN = "Each failure domain was lost, all of its hosts at once."
WORST = (
    "The {most} hosts with most memory to bring back were lost at once: those of all hosts, and "
    "those of each failure domain. Other sets of {most} hosts were not tried, and may be worse."
)


def losses(
    wanted: int | None, weights: Mapping[str, int], domains: Mapping[str, str]
) -> list[Loss]:
    """What is tried: each failure domain if `wanted` is None, else sets of so many hosts.

    `weights`: what is to be brought back of each host; `domains` are those of the hosts.
    """
    if wanted == 1:
        return [Loss(host, frozenset((host,))) for host in weights]
    of_domain: dict[str, list[str]] = {}
    for host in sorted(weights, key=lambda host: (-weights[host], host)):
        of_domain.setdefault(domains[host], []).append(host)
    if wanted is None:
        return [Loss(f"domain {name}", frozenset(hosts)) for name, hosts in of_domain.items()]
    worst = sorted(weights, key=lambda host: (-weights[host], host))[:wanted]
    found = {frozenset(worst): Loss("the fullest of all", frozenset(worst))}
    for name, hosts in of_domain.items():
        chosen = frozenset(hosts[:wanted])
        found.setdefault(chosen, Loss(f"the fullest of domain {name}", chosen))
    return list(found.values())


def capacity(cells: Cells, planning: Planning, wanted: int | None, now: datetime) -> Capacity:
    """Of all cells: servers stay in theirs. Raises CellUnavailable, DirectoryUnavailable.

    `wanted` hosts are lost at once; None: a failure domain.
    """
    hosts = planning.surveyor.hosts(now)
    found = [_of_cell(each, planning, hosts, wanted) for each in cells.all()]
    cases = sorted((case for _, cell in found for case in cell), key=lambda it: it.badness)
    meaning = EACH_DOMAIN if wanted is None else EACH_HOST if wanted == 1 else WORST
    return Capacity(
        fits=not any(each.outcome.stay for each in cases),
        meaning=meaning.format(most=wanted),
        hosts=sum(len(scene.weights) for scene, _ in found),
        servers=sum(len(each) for scene, _ in found for each in scene.servers.values()),
        tried=len(cases),
        cases=cases[:SHOWN_MAX],
    )


class _Scene(NamedTuple):
    """One cell's hosts that are up, and the servers that are brought back of each."""

    packing: Packing
    servers: Mapping[str, Sequence[Packed]]
    weights: Mapping[str, int]
    domains: Mapping[str, str]


def _of_cell(
    cell: Cell, planning: Planning, hosts: Hosts, wanted: int | None
) -> tuple[_Scene, list[Case]]:
    scene = _scene(cell, planning, hosts)
    tried = [_case(scene, each) for each in losses(wanted, scene.weights, scene.domains)]
    worst = sorted(tried, key=lambda each: each.badness)
    # Why a server stays takes a look at all hosts: it is asked only where it is shown.
    bad = [each for each in worst[:SHOWN_MAX] if each.outcome.stay]
    told = [_case(scene, each.loss, why=True) for each in bad]
    return scene, told + worst[len(told) :]


def _case(scene: _Scene, loss: Loss, why: bool = False) -> Case:
    servers = [each for host in sorted(loss.hosts) for each in scene.servers.get(host, ())]
    servers.sort(key=lambda each: -each.priority)
    memory_mb = sum(each.need.memory_mb for each in servers)
    return Case(loss, len(servers), memory_mb, scene.packing.lose(loss.hosts, servers, why))


def _scene(cell: Cell, planning: Planning, hosts: Hosts) -> _Scene:
    def work(rows: CellRows) -> tuple[list[Candidate], list[Brief], set[str], dict[str, str]]:
        moving = rows.migrations.find(MigrationQuery(equal=[("status", sorted(IN_PROGRESS))]))
        services = rows.services.find(None, COMPUTE)
        domains = {each.host: failure_domain(each.host, hosts.zones) for each in services}
        instances = rows.instances.briefs()
        return candidates(rows, hosts), instances, {each.instance for each in moving}, domains

    known, instances, moving, domains = cell.read(work)
    by_name = {each.host: each for each in known}
    up = {each.host for each in known if each.is_up}
    there = [each for each in instances if each.host in up]
    groups = _groups(planning, there)
    packing = Packing(by_name, groups, hosts.ratios)
    back = [each for each in there if each.uuid not in moving and is_possible(each)]
    default = planning.recovery.ha_default
    needs = _Needs(hosts.local_disks is LocalDisks.REFUSE)
    servers: dict[str, list[Packed]] = {host: [] for host in sorted(up)}
    for each in back:
        if is_brought_back(each.metadata, default):
            need = needs.of(each, by_name[each.host])
            made = Packed(each.uuid, each.host, need, each.group, priority(each.metadata))
            servers[each.host].append(made)
    weights = {host: sum(it.need.memory_mb for it in each) for host, each in servers.items()}
    return _Scene(packing, servers, weights, domains)


class _Needs:
    """What servers need, of which thousands are alike. Their flavors live as long as this does."""

    def __init__(self, keeps_disk: bool) -> None:
        self._keeps_disk = keeps_disk
        self._known: dict[tuple[int, str | None, str], Need] = {}

    def of(self, server: Brief, place: Candidate) -> Need:
        """Its disk is taken to be where its host's disks are."""
        flavor, zone, pool = server.flavor, server.pinned_zone, place.resources.pool_id
        key = id(flavor), zone, pool
        found = self._known.get(key)
        if found is None:
            sizes = (flavor.vcpus, flavor.memory_mb, flavor.root_gb)
            specs, keeps = asked_for(flavor.extra_specs), self._keeps_disk
            found = Need(*sizes, zone=zone, specs=specs, pool=pool, keeps_disk=keeps)
            self._known[key] = found
        return found


def _groups(planning: Planning, there: Iterable[Brief]) -> dict[str, Group]:
    """With their members on hosts that are up."""
    members: dict[str, Counter[str]] = {}
    for each in there:
        if each.group is not None:
            members.setdefault(each.group, Counter())[each.host] += 1
    known = planning.surveyor.all_groups() if members else {}
    return {
        uuid: known[uuid]._replace(members=hosts)
        for uuid, hosts in members.items()
        if uuid in known
    }
