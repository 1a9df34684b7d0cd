"""The hosts of a cell as placement sees them."""

from collections.abc import Mapping
from typing import NamedTuple

from hostdown.domain.destinations import Candidate, Ratios
from hostdown.domain.liveness import Window, state_in
from hostdown.domain.model import HostRecord
from hostdown.domain.zones import Zones, zone
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_ports import Used

HOSTS_MAX = 100_000
"""Compute nodes that placement looks at."""


class Hosts(NamedTuple):
    """What placement knows of hosts beside their cell's rows; `records` by name."""

    records: Mapping[str, HostRecord]
    zones: Zones
    life: Window
    ratios: Ratios


def candidates(rows: CellRows, hosts: Hosts) -> list[Candidate]:
    """Every host that has a compute node, in the transaction that will use one of them."""
    promised = {each.host: each for each in rows.instances.used()}
    nothing = Used("", 0, 0, 0, 0)
    found = []
    for node, service, _ in rows.nodes.page(0, HOSTS_MAX):
        record = hosts.records.get(node.host)
        if record is None:
            continue
        used = promised.get(node.host, nothing)
        found.append(
            Candidate(
                host=node.host,
                node=node.resources.hypervisor_hostname,
                zone=zone(service, hosts.zones),
                enabled=not service.disabled,
                state=state_in(service, hosts.life),
                resources=node.resources,
                boot=record.boot,
                vcpus_promised=used.vcpus,
                memory_mb_promised=used.memory_mb,
                disk_gb_promised=used.disk_gb,
            )
        )
    return found


def with_one_more(candidate: Candidate, vcpus: int, memory_mb: int, disk_gb: int) -> Candidate:
    """The host once it was promised another instance, in the same transaction."""
    return candidate._replace(
        vcpus_promised=candidate.vcpus_promised + vcpus,
        memory_mb_promised=candidate.memory_mb_promised + memory_mb,
        disk_gb_promised=candidate.disk_gb_promised + disk_gb,
    )
