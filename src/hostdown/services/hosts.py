"""Hosts come, go on, and are shown: enrolment, sessions, and the administrator's view.

Enrolment makes a host (an id, a secret, a place in a cell); a session is one run of its agent. Both
are durable before they are answered. The service row is made by the first session, under the
directory's word that the host was not deleted meanwhile: a deletion unmaps the host before it
deletes the service, so whoever finds no service and then a host that is mapped may make one.
"""

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.boots import Boot, Moment, after_boot, to_remember
from hostdown.domain.errors import (
    EnrolmentRefused,
    HostDeleted,
    HostIsLive,
    HostNameTaken,
    HostUnknown,
    MachineEnrolled,
)
from hostdown.domain.identity import Claim, begin, check_name, live_for
from hostdown.domain.model import COMPUTE, Caller, Change, HostRecord, Service
from hostdown.domain.signing import host_secret
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows, Enrolment
from hostdown.services.forks import Witness
from hostdown.services.ports import Cells, Tolerances
from hostdown.services.zone_map import ZoneMap

ENROLMENT_LIFETIME = timedelta(hours=24)
"""For so long an enrolment secret is good."""
DISABLED_BY_CONFIGURATION = "New compute service disabled due to config option."
"""Contract 2.9, when `enable_new_services` is false."""


class Deployment(NamedTuple):
    """What the use cases of hosts work on. `new_hosts_cell` names the cell of a new host."""

    cells: Cells
    directory: Directory
    tolerances: Tolerances
    new_hosts_cell: str
    enable_new_services: bool
    enrolment_secret: bytes
    zones: ZoneMap


class Wanted(NamedTuple):
    """What an agent asks for at enrolment."""

    name: str
    machine_id: str
    agent_nonce: str


class Enrolled(NamedTuple):
    """A new host; both sides derive its secret from `proven_by`, which is never sent."""

    record: HostRecord
    server_nonce: str
    proven_by: bytes


def enrol(
    deployment: Deployment, wanted: Wanted, authentic: Callable[[bytes], bool], now: datetime
) -> Enrolled:
    """Make a host. `authentic(secret)` says whether the request was signed with that secret.

    An agent that crashed before it stored its identity comes again: until a first session, which an
    agent begins only with its identity stored, the newest enrolment of a name or a machine wins.
    Afterwards only a one-time secret made with `replace` takes a name over, and only while it is
    not live. Session and boot numbers of a name go on growing.

    Raises HostNameInvalid, EnrolmentRefused, HostNameTaken, HostIsLive, MachineEnrolled.
    """
    check_name(wanted.name)
    live = _live_for(deployment, wanted.name, now)
    server_nonce = secrets.token_hex(16)

    def work(rows: DirectoryRows) -> Enrolled:
        secret, replace = _proven(deployment, rows, wanted.name, authentic, now)
        while (seen := rows.hosts.named(wanted.name)) is not None:
            _check_free(seen, live, replace)
            if rows.hosts.replace(seen, seen._replace(deleted_at=now)):
                break
        _leave_others(rows, wanted.machine_id, now)
        record = _new_record(deployment, wanted, secret, server_nonce, seen, now)
        rows.hosts.add(record)
        return Enrolled(record, server_nonce, secret)

    return deployment.directory.write(work)


def _proven(
    deployment: Deployment,
    rows: DirectoryRows,
    name: str,
    authentic: Callable[[bytes], bool],
    now: datetime,
) -> tuple[bytes, bool]:
    """The secret that the request was signed with, and whether it may take a name over."""
    if authentic(deployment.enrolment_secret):
        return deployment.enrolment_secret, False
    opened = rows.enrolments.get(name)
    if opened is None or opened.expires_at <= now or not authentic(opened.secret):
        raise EnrolmentRefused(name=name)
    return opened.secret, opened.replace


def _check_free(seen: HostRecord, live: timedelta, replace: bool) -> None:
    if live:
        raise HostIsLive(name=seen.name, retry_after_s=live.total_seconds())
    if seen.boot_id and not replace:
        raise HostNameTaken(name=seen.name)


def _leave_others(rows: DirectoryRows, machine_id: str, now: datetime) -> None:
    """A machine that was two hosts would have its room counted twice, and be its own refuge."""
    while others := rows.hosts.on_machine(machine_id):
        for other in others:
            if other.boot_id:
                raise MachineEnrolled(name=other.name)
            rows.hosts.replace(other, other._replace(deleted_at=now))


def _new_record(
    deployment: Deployment,
    wanted: Wanted,
    secret: bytes,
    server_nonce: str,
    before: HostRecord | None,
    now: datetime,
) -> HostRecord:
    host_id = str(uuid.uuid4())
    return HostRecord(
        id=host_id,
        name=wanted.name,
        cell=before.cell if before else deployment.new_hosts_cell,
        secret=host_secret(secret, host_id, wanted.agent_nonce, server_nonce),
        machine_id=wanted.machine_id,
        boot_id="",
        boot=before.boot if before else 0,
        session=before.session if before else 0,
        agent_version="",
        enrolled_at=now,
        deleted_at=None,
    )


class Session(NamedTuple):
    """A session that has begun, and the service that it keeps alive."""

    record: HostRecord
    service: Service


def begin_session(
    deployment: Deployment, host_id: str, claim: Claim, caller: Caller, moment: Moment
) -> Session:
    """Begin the host's next session; the older one's reports are refused from now on.

    Raises HostUnknown and what `domain.identity.begin` raises; for a boot that is not the newest
    what `services.forks` raises.
    """
    now = moment.heard_at

    def look(rows: DirectoryRows) -> tuple[HostRecord | None, list[Boot]]:
        return rows.hosts.get(host_id), rows.boots.of(host_id)

    seen, boots = deployment.directory.read(look)
    if seen is not None and seen.machine_id == claim.machine_id and seen.forked_at is None:
        witness = Witness(deployment.cells, deployment.directory, seen, caller, moment)
        witness.check(after_boot(boots, claim.boot_id))
    live = _live_for(deployment, seen.name, now) if seen else timedelta()

    def work(rows: DirectoryRows) -> HostRecord:
        while True:
            seen = rows.hosts.get(host_id)
            if seen is None:
                raise HostUnknown(host_id=host_id)
            after = begin(seen, claim, live)
            if rows.hosts.replace(seen, after):
                for boot in to_remember(rows.boots.of(host_id), seen, after, moment):
                    rows.boots.add(host_id, boot)
                _use_up(rows, seen)
                return after

    record = deployment.directory.write(work)
    return Session(record, _ensure_service(deployment, record, caller, now))


def _use_up(rows: DirectoryRows, host: HostRecord) -> None:
    """End the one-time secret that made this host. One made since then is another one's."""
    opened = rows.enrolments.get(host.name)
    if opened is not None and opened.expires_at - ENROLMENT_LIFETIME <= host.enrolled_at:
        rows.enrolments.remove(host.name)


def _ensure_service(
    deployment: Deployment, record: HostRecord, caller: Caller, now: datetime
) -> Service:
    cell = deployment.cells.named(record.cell)
    found = _service(cell, record.name)
    if found is not None:
        return found
    reason = None if deployment.enable_new_services else DISABLED_BY_CONFIGURATION

    def mapped() -> bool:
        newest = deployment.directory.read(lambda rows: rows.hosts.get(record.id))
        return newest is not None and newest.deleted_at is None

    def work(rows: CellRows) -> Service:
        made = None
        while made is None:
            found = rows.services.find(record.name, COMPUTE)
            if found:
                return found[0]
            if not mapped():
                raise HostDeleted(name=record.name)
            made = rows.services.create(record.name, COMPUTE, now, reason)
        after: dict[str, object] = {"disabled": made.disabled, "disabled_reason": reason}
        rows.journal.record(Change(now, caller, "service.create", {}, after), made)
        return made

    return cell.write(work)


def _service(cell: Cell, host: str) -> Service | None:
    found = cell.read(lambda rows: rows.services.find(host, COMPUTE))
    return found[0] if found else None


def _live_for(deployment: Deployment, name: str, now: datetime) -> timedelta:
    record = deployment.directory.read(lambda rows: rows.hosts.named(name))
    if record is None or not record.boot_id:
        return timedelta()
    service = _service(deployment.cells.named(record.cell), name)
    interval = deployment.tolerances.report_interval
    return live_for(service.last_seen_up if service else None, now, interval)


def open_enrolment(deployment: Deployment, name: str, replace: bool, now: datetime) -> Enrolment:
    """Make a one-time secret for a name; an older one for it is void.

    Raises HostNameInvalid; HostNameTaken without `replace`, HostIsLive with it.
    """
    check_name(name)
    live = _live_for(deployment, name, now) if replace else timedelta()
    made = Enrolment(
        name=name,
        secret=secrets.token_hex(32).encode(),
        replace=replace,
        expires_at=now + ENROLMENT_LIFETIME,
    )

    def work(rows: DirectoryRows) -> Enrolment:
        seen = rows.hosts.named(name)
        if seen is not None:
            _check_free(seen, live, replace)
        rows.enrolments.put(made)
        return made

    return deployment.directory.write(work)
