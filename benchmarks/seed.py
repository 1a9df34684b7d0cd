"""What a measured deployment holds: hosts with services and nodes, in zones if asked for."""

import json
import secrets
import uuid
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.assignment import ImageSource, PowerState, Wanted
from hostdown.domain.instance import Extras, Instance, VmState
from hostdown.domain.model import COMPUTE, ZONE_KEY, Aggregate, Flavor, HostRecord, Resources
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.storage import DatabaseSettings, open_storage, schema

SESSION = 1
BATCH = 1000
"""Servers in one transaction."""

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


FLAVOR = Flavor(1, "1", "m1.tiny", 1, 512, 1, 0, 0, 1.0, True, False, None, {"hw:a": "b"})
IMAGE = ImageSource("70a599e0-31e7-49b7-b260-868f441e862b", "ab" * 32, 2**20, "qcow2")


def server(number: int, host: str, project_id: str, now: datetime) -> Instance:
    """A server that runs; no two have the same age."""
    return Instance(
        id=0,
        uuid=str(uuid.uuid4()),
        project_id=project_id,
        user_id="0123456789abcdef0123456789abcdef",
        name=f"server-{number}",
        hostname=f"server-{number}",
        description=None,
        host=host,
        node=host,
        zone=None,
        pinned_zone=None,
        vm_state=VmState.ACTIVE.value,
        task_state=None,
        power_state=int(PowerState.RUNNING),
        wanted=Wanted.RUNNING.value,
        order=1,
        reboot=None,
        flavor=FLAVOR,
        image=IMAGE,
        image_properties={"os_type": "linux"},
        network="auto",
        mac=f"52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        metadata={"number": str(number)},
        hints={},
        group=None,
        locked_by=None,
        locked_reason=None,
        fault=None,
        before=None,
        extras=Extras(reservation_id=f"r-{number:08x}"),
        created_at=now - timedelta(seconds=number),
        updated_at=now,
        launched_at=now,
        terminated_at=None,
        deleted_at=None,
        deleted=False,
        revision=1,
    )


def add_servers(url: str, count: int, hosts: list[HostRecord], project_id: str) -> list[str]:
    """Servers of one project, in turn on each of the hosts; their uuids."""
    storage = open_storage(DatabaseSettings(directory_url=url, cell_url=url))
    now = SystemClock().now()
    made = [
        server(number, hosts[number % len(hosts)].name, project_id, now) for number in range(count)
    ]
    (cell,) = storage.cells.all()

    def add(rows: CellRows, some: list[Instance]) -> None:
        for each in some:
            rows.instances.add(each)

    for start in range(0, count, BATCH):
        cell.write(partial(add, some=made[start : start + BATCH]))
    storage.close()
    return [each.uuid for each in made]


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
        rows.aggregates.lock()
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
