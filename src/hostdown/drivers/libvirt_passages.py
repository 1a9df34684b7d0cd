"""Sending guests from libvirt to libvirt while they run (NEVER-TWICE M1).

The agent's own connections carry it: when they end, with the agent or with the network, libvirt
ends the migration, and the guest goes on where it was. At the other side it stands still in the
end, and after it: who lets it go on is somebody else's business.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import NamedTuple, TypeVar

import libvirt

from hostdown.domain.assignment import Failure, Target
from hostdown.domain.errors import HostdownError
from hostdown.domain.guest_errors import GuestRefused, GuestUnknown, HypervisorSilent
from hostdown.domain.guests import GuestSpec, Sending, Transfer
from hostdown.drivers.bounded_calls import BoundedCalls, TookTooLong
from hostdown.drivers.guest_process import guest_processes
from hostdown.drivers.libvirt_domain import Place, sent_xml
from hostdown.drivers.libvirt_link import KEEPALIVE_S, KEEPALIVE_TRIES, LOOK_LIMIT_S, LibvirtLink

LOG = logging.getLogger("hostdown.libvirt")

CONNECT_LIMIT_S = 10.0
"""Longest wait for the other host's libvirt."""
SENDING_MAX = 16
"""Guests that one host sends at a time, those included whose connections hang."""
ENDED_LIMIT_S = 5.0
"""Longest wait for the process of a guest that is whole on the other host."""
REASON_LENGTH_MAX = 500
"""Characters of libvirt's own words in a failure."""

_MIB = 2**20
_NOT_THERE = (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_NO_DOMAIN_METADATA)
_PROGRESS = {
    "memory_total_bytes": "memory_total",
    "memory_processed_bytes": "memory_processed",
    "memory_remaining_bytes": "memory_remaining",
    "disk_total_bytes": "disk_total",
    "disk_processed_bytes": "disk_processed",
    "disk_remaining_bytes": "disk_remaining",
}
"""Nova's names, and libvirt's."""


T = TypeVar("T")


class Ways(NamedTuple):
    """How this host's guests reach others: `[libvirt] live_migration_…`.

    `uri` has `%s` for the other host's address; `bandwidth_mib_s` 0 is as much as there is.
    """

    uri: str
    tls: bool = True
    bandwidth_mib_s: int = 0


class _Job:
    """One sending; `result` is set once it is over."""

    def __init__(self) -> None:
        self.recalled = False
        self.peer: libvirt.virConnect | None = None
        self.result: Transfer | None = None


class LibvirtPassages:
    """`agent.guests.Passages` of one host."""

    def __init__(self, link: LibvirtLink, bridge: str | None, ways: Ways) -> None:
        self._link = link
        self._bridge = bridge
        self._ways = ways
        self._opening = BoundedCalls("libvirt-peer", SENDING_MAX)
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._asking: set[str] = set()

    def ticket(self, spec: GuestSpec) -> str:
        """See `agent.guests`."""
        if spec.network != "none" and self._bridge is None:
            raise GuestRefused(Failure("no-bridge", "This host has no bridge for a network."))
        self._link.call(lambda connection: connection.getLibVersion(), LOOK_LIMIT_S)
        facts = {"owner": self._link.uri, "disk": str(spec.disk), "bridge": self._bridge}
        return json.dumps(facts)

    def send(self, uuid: str, to: Target) -> None:
        """See `agent.guests`."""
        address = _address(to.address)
        try:
            xml = self._link.call(lambda connection: _xml(connection, uuid))
        except libvirt.libvirtError as error:
            if error.get_error_code() in _NOT_THERE:
                raise GuestUnknown(uuid=uuid) from error
            raise _refused(str(error)) from error
        there = sent_xml(xml, to.holder, _place(to.ticket))
        params: dict[str, object] = {
            libvirt.VIR_MIGRATE_PARAM_DEST_XML: there,
            libvirt.VIR_MIGRATE_PARAM_URI: f"tcp://{address}",
        }
        if self._ways.bandwidth_mib_s:
            params[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH] = self._ways.bandwidth_mib_s
        job = _Job()
        with self._lock:
            if sum(each.result is None for each in self._jobs.values()) >= SENDING_MAX:
                raise _refused(f"this host sends {SENDING_MAX} guests already")
            self._jobs[uuid] = job
        peer = self._ways.uri.replace("%s", address)
        arguments = (uuid, job, peer, params)
        threading.Thread(target=self._run, args=arguments, name="libvirt-send", daemon=True).start()

    def sending(self, uuid: str) -> Transfer:
        """See `agent.guests`."""
        with self._lock:
            job = self._jobs.get(uuid)
            if job is not None and job.result is not None:
                return self._jobs.pop(uuid).result or job.result
        if job is None:
            # Of an agent that died: its connection is closed, which libvirt may yet find out.
            return Transfer(Sending.GOES_ON if self._end(uuid) else Sending.NONE)
        if job.recalled or not _alive(job.peer):
            self._end(uuid)
        return Transfer(Sending.GOES_ON, progress=self._progress(uuid))

    def recall(self, uuid: str) -> None:
        """See `agent.guests`."""
        with self._lock:
            job = self._jobs.get(uuid)
        if job is not None:
            job.recalled = True
            self._end(uuid)

    # ---------------------------------------------------------------------------------- within

    def _run(self, uuid: str, job: _Job, peer: str, params: Mapping[str, object]) -> None:
        try:
            result = self._sent(uuid, job, peer, params)
        except (libvirt.libvirtError, HostdownError, TookTooLong) as error:
            result = Transfer(Sending.FAILED, str(error).strip()[-REASON_LENGTH_MAX:])
        except Exception:
            LOG.exception("Instance %s: sending it broke down", uuid)
            result = Transfer(Sending.FAILED, "Sending it broke down.")
        with self._lock:
            job.result = result

    def _sent(self, uuid: str, job: _Job, uri: str, params: Mapping[str, object]) -> Transfer:
        here = self._open(self._link.uri)
        try:
            job.peer = there = self._open(uri)
            try:
                if job.recalled:
                    return Transfer(Sending.FAILED, "It was recalled.")
                domain = here.lookupByUUIDString(uuid)
                domain.migrate3(there, dict(params), self._flags())
            finally:
                job.peer = None
                _close(there)
        finally:
            _close(here)
        self._see_gone(uuid)
        return Transfer(Sending.SENT)

    def _open(self, uri: str) -> "libvirt.virConnect":
        def opened() -> "libvirt.virConnect":
            connection = libvirt.open(uri)
            connection.setKeepAlive(KEEPALIVE_S, KEEPALIVE_TRIES)
            return connection

        return self._opening.run(opened, CONNECT_LIMIT_S)

    def _flags(self) -> int:
        """That both hosts have the disk is known by its pool; libvirt knows few file systems."""
        flags = libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PAUSED | libvirt.VIR_MIGRATE_UNSAFE
        flags |= libvirt.VIR_MIGRATE_ABORT_ON_ERROR
        return int(flags | (libvirt.VIR_MIGRATE_TLS if self._ways.tls else 0))

    def _see_gone(self, uuid: str) -> None:
        """libvirt has said so; until the kernel does, nothing is handed over."""
        for process in guest_processes(uuid, self._link.uri):
            process.kill()
            while not process.gone(ENDED_LIMIT_S):
                LOG.error("Instance %s: process %d does not end.", uuid, process.pid)
            process.close()

    def _end(self, uuid: str) -> bool:
        """Abort what goes on; whether there is anything, as far as libvirt says."""

        def abort(connection: "libvirt.virConnect") -> bool:
            domain = connection.lookupByUUIDString(uuid)
            if domain.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_NONE:
                return False
            with suppress(libvirt.libvirtError):  # it may be at its very end
                domain.abortJob()
            return True

        return self._asked(uuid, abort, unanswered=True, refused=False)

    def _progress(self, uuid: str) -> Mapping[str, int]:
        def asked(connection: "libvirt.virConnect") -> Mapping[str, int]:
            stats = connection.lookupByUUIDString(uuid).jobStats()
            return {ours: int(stats[its]) for ours, its in _PROGRESS.items() if its in stats}

        return self._asked(uuid, asked, unanswered={}, refused={})

    def _asked(
        self, uuid: str, work: Callable[["libvirt.virConnect"], T], unanswered: T, refused: T
    ) -> T:
        """One question about a guest's sending at a time.

        As long as libvirt connects to the other host it answers none, for minutes where nothing
        comes through; questions that hang would keep all others waiting.
        """
        with self._lock:
            if uuid in self._asking:
                return unanswered
            self._asking.add(uuid)
        begun: list[bool] = []

        def run(connection: "libvirt.virConnect") -> T:
            begun.append(True)
            try:
                return work(connection)
            finally:
                self._asking.discard(uuid)

        try:
            return self._link.call(run, LOOK_LIMIT_S)
        except libvirt.libvirtError:
            return refused
        except HypervisorSilent:
            if not begun:
                self._asking.discard(uuid)
            return unanswered


def _xml(connection: "libvirt.virConnect", uuid: str) -> str:
    return str(connection.lookupByUUIDString(uuid).XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE))


def _address(text: str) -> str:
    """What is put into a URI is an address and nothing else, and stands in brackets if need be."""
    try:
        found = ip_address(text)
    except ValueError:
        raise _refused(f"'{text}' is not an address") from None
    return f"[{found}]" if found.version == 6 else str(found)


def _place(ticket: str) -> Place:
    try:
        facts = json.loads(ticket)
        bridge = facts["bridge"]
        return Place(
            str(facts["owner"]), str(facts["disk"]), None if bridge is None else str(bridge)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(f"the other host's ticket is not understood: {error}") from error


def _alive(peer: "libvirt.virConnect | None") -> bool:
    """Whether the other host answers, as far as anybody has asked it."""
    try:
        return peer is None or bool(peer.isAlive())
    except libvirt.libvirtError:
        return True  # it was closed just now: it is over


def _close(connection: "libvirt.virConnect") -> None:
    with suppress(libvirt.libvirtError):
        connection.close()


def _refused(sentence: str) -> GuestRefused:
    return GuestRefused(Failure("hypervisor", sentence.strip()[-REASON_LENGTH_MAX:]))
