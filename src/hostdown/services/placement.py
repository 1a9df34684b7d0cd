"""The hosts of a cell as placement sees them, and which of them it takes."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from hostdown.domain.destinations import (
    Candidate,
    Group,
    Need,
    Ratios,
    Refusal,
    Sizes,
    decide,
    with_one_more,
)
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.liveness import State, Window, state_in
from hostdown.domain.model import HostRecord
from hostdown.domain.reserves import is_reserved
from hostdown.domain.zones import Zones, zone
from hostdown.services.cell_ports import CellRows
from hostdown.services.compute_services import GOING
from hostdown.services.instance_ports import InstanceQuery, Used
from hostdown.services.migration_ports import Promised

HOSTS_MAX = 100_000
"""Compute nodes that placement looks at."""


class Hosts(NamedTuple):
    """What placement knows of hosts beside their cell's rows; `records` by name."""

    records: Mapping[str, HostRecord]
    zones: Zones
    life: Window
    ratios: Ratios
    local_disks: LocalDisks = LocalDisks.RECREATE
    lost: frozenset[str] = frozenset()
    """Taken for dead by who only asks what would be then."""


def candidates(rows: CellRows, hosts: Hosts) -> list[Candidate]:
    """Every host that has a compute node, in the transaction that will use one of them."""
    promised = {each.host: each for each in rows.instances.used()}
    nothing = Used("", 0, 0, 0, 0)
    moving = {each.host: each for each in rows.migrations.promised()}
    none_moves = Promised("", 0, 0, 0, 0)
    found = []
    for node, service, _ in rows.nodes.page(0, HOSTS_MAX):
        record = hosts.records.get(node.host)
        if record is None or service.disabled_reason == GOING:
            continue
        is_lost = record.forked_at is not None or node.host in hosts.lost
        used = promised.get(node.host, nothing)
        more = moving.get(node.host, none_moves)
        found.append(
            Candidate(
                host=node.host,
                node=node.resources.hypervisor_hostname,
                zone=zone(service, hosts.zones),
                enabled=not service.disabled,
                state=State.DOWN if is_lost else state_in(service, hosts.life),
                resources=node.resources,
                boot=record.boot,
                vcpus_promised=used.vcpus + more.vcpus,
                memory_mb_promised=used.memory_mb + more.memory_mb,
                disk_gb_promised=used.disk_gb + more.disk_gb,
                metadata=hosts.zones.metadata.get(node.host, {}),
                reserved=is_reserved(service),
            )
        )
    return found


REASONS_MAX = 5
"""Refusals named; thousands of hosts say the same."""


def choose(
    rows: CellRows, hosts: Hosts, need: Need, group_uuid: str | None, count: int
) -> tuple[list[Candidate] | None, str]:
    """A host for each of `count` instances, or why there is none for one of them.

    To be called in the transaction that uses the hosts, after `rows.ledger.next`.
    """
    need = need._replace(group=_as_it_is_now(rows, need.group, group_uuid))
    left = {each.host: each for each in candidates(rows, hosts)}
    chosen: list[Candidate] = []
    for _ in range(count):
        decision = decide(left.values(), need, hosts.ratios)
        found = decision.chosen
        if found is None:
            return None, reason_of({host: str(why) for host, why in decision.refused.items()})
        chosen.append(found)
        left[found.host] = with_one_more(found, Sizes(need.vcpus, need.memory_mb, need.disk_gb))
        need = need._replace(group=_with_member(need.group, found.host))
    return chosen, ""


def _as_it_is_now(rows: CellRows, group: Group | None, uuid: str | None) -> Group | None:
    """The group with the members that it has on hosts of this cell."""
    if group is None or uuid is None:
        return group
    found = rows.instances.find(InstanceQuery(equal=[("group_uuid", [uuid])]))
    here = Counter(each.host for each in found if each.host is not None)
    return group._replace(members=here)


def _with_member(group: Group | None, host: str) -> Group | None:
    if group is None:
        return None
    return group._replace(members={**group.members, host: group.members.get(host, 0) + 1})


def reason_of(refused: Mapping[str, str]) -> str:
    """Why no host will do, in a sentence of bounded length.

    Where one host was asked for, that one's reason: the others need not be named.
    """
    if not refused:
        return "There are no hosts."
    asked = {host: why for host, why in refused.items() if why != Refusal.NOT_ASKED_FOR}
    told = asked or refused
    named = [f"{host}: {why}" for host, why in sorted(told.items())[:REASONS_MAX]]
    more = len(told) - len(named)
    return "; ".join(named) + (f"; and {more} more." if more else ".")
