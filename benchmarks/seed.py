"""What a measured deployment holds: hosts with services and nodes, in zones if asked for."""

import json
import secrets
import uuid
from datetime import datetime, timedelta

from hostdown.domain.model import COMPUTE, ZONE_KEY, Aggregate, HostRecord, Resources
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.storage import DatabaseSettings, open_storage, schema

SESSION = 1

RESOURCES = Resources(
    vcpus=64,
    memory_mb=262_144,
    local_gb=2_000,
    vcpus_used=12,
    memory_mb_used=65_536,
    local_gb_used=400,
    running_vms=6,
    hypervisor_type="QEMU",
    hypervisor_version=7_002_000,
    hypervisor_hostname="compute.example.org",
    host_ip="192.0.2.7",
    cpu_info=json.dumps(
        {
            "arch": "x86_64",
            "model": "EPYC-Milan",
            "vendor": "AMD",
            "topology": {"sockets": 2, "cores": 16, "threads": 2},
            "features": [f"feature-{number}" for number in range(80)],
        }
    ),
    booted_at=datetime(2026, 3, 1),
)


def _add_service(rows: CellRows, host: HostRecord, now: datetime) -> None:
    service = rows.services.create(host.name, COMPUTE, now - timedelta(seconds=1), None)
    if service is None:
        raise LookupError(f"{host.name} has a service already: measure on an empty database")
    resources = RESOURCES._replace(hypervisor_hostname=host.name)
    rows.reports.resources(service.id, resources, now)


def seed(url: str, count: int, zones: int) -> list[HostRecord]:
    """Fill the database at `url` with `count` hosts, in turn in each of the zones."""
    settings = DatabaseSettings(directory_url=url, cell_url=url)
    schema.ensure(settings)
    storage = open_storage(settings)
    now = SystemClock().now()
    hosts = [
        HostRecord(
            id=str(uuid.uuid4()),
            name=f"compute{number}",
            cell=settings.cell_name,
            secret=secrets.token_bytes(32),
            machine_id=str(uuid.uuid4()),
            boot_id=str(uuid.uuid4()),
            boot=1,
            session=SESSION,
            agent_version="1",
            enrolled_at=now,
            deleted_at=None,
        )
        for number in range(count)
    ]

    def add_hosts(rows: DirectoryRows) -> None:
        for host in hosts:
            rows.hosts.add(host)

    def add_services(rows: CellRows) -> None:
        for host in hosts:
            _add_service(rows, host, now)

    storage.directory.write(add_hosts)

    def add_zones(rows: DirectoryRows) -> None:
        for number in range(zones):
            zone = {ZONE_KEY: f"zone{number}"}
            made = Aggregate(0, str(uuid.uuid4()), f"zone{number}", (), zone, now, None)
            seen = rows.aggregates.add(made)
            members = tuple(host.name for host in hosts[number::zones])
            rows.aggregates.replace(seen, seen._replace(hosts=members))

    storage.directory.write(add_zones)
    for cell in storage.cells.all():
        cell.write(add_services)
    storage.close()
    return hosts
