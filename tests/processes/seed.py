"""Compute services in a database, without agents."""

from datetime import datetime
from pathlib import Path

from hostdown.domain.model import COMPUTE, Change, HostRecord
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.storage import DatabaseSettings, open_storage, schema

LONG_AGO = datetime(2026, 1, 1)
PROJECT = "0" * 32
ADMIN = {"X-Auth-Token": f"admin:{PROJECT}", "OpenStack-API-Version": "compute 2.11"}


def sqlite_file(directory: Path) -> DatabaseSettings:
    """The database of a server whose state directory this is."""
    url = f"sqlite:///{directory}/hostdown.sqlite"
    return DatabaseSettings(directory_url=url, cell_url=url)


def add_hosts(settings: DatabaseSettings, names: list[str]) -> None:
    """Enrolled hosts with a compute service each."""
    schema.ensure(settings)
    storage = open_storage(settings)

    def services(rows: CellRows) -> None:
        for name in names:
            rows.services.create(name, COMPUTE, LONG_AGO, None)

    def hosts(rows: DirectoryRows) -> None:
        for number, name in enumerate(names):
            rows.hosts.add(
                HostRecord(
                    id=f"00000000-0000-4000-8000-{number:012}", name=name, cell=settings.cell_name,
                    secret=b"s" * 32, machine_id="", boot_id="", boot=0, session=0,
                    agent_version="", enrolled_at=LONG_AGO, deleted_at=None,
                )
            )  # fmt: skip

    try:
        storage.cells.named(settings.cell_name).write(services)
        storage.directory.write(hosts)
    finally:
        storage.close()


def journal(settings: DatabaseSettings, names: list[str]) -> dict[str, Change]:
    """All changes to these hosts' services, by request id."""
    storage = open_storage(settings)
    try:
        found = storage.cells.named(settings.cell_name).read(
            lambda rows: [row for name in names for row in rows.journal.history(name, 100_000)]
        )
    finally:
        storage.close()
    return {change.caller.request_id: change for change in found}


def forced_down(settings: DatabaseSettings) -> dict[str, bool]:
    """What the database says of each host."""
    storage = open_storage(settings)
    try:
        found = storage.cells.named(settings.cell_name).read(
            lambda rows: rows.services.find(binary=COMPUTE)
        )
    finally:
        storage.close()
    return {service.host: service.forced_down for service in found}
