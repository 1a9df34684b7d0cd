"""Guests by libvirt, as real QEMU processes: transient domains that are created paused.

What libvirtd, libvirt-guests or a killed agent leave behind is then at worst a process that stands
still, never a second writer (NEVER-TWICE S3).
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import libvirt

from hostdown.domain.assignment import Failure, PowerState
from hostdown.domain.errors import HostdownError
from hostdown.domain.guest_errors import (
    GuestRefused,
    GuestUnknown,
    HypervisorSilent,
    ImageLocked,
    NotGone,
)
from hostdown.domain.guests import Guest, GuestSpec
from hostdown.drivers.guest_process import GuestProcess, guest_processes, still_there
from hostdown.drivers.libvirt_domain import NAMESPACE, Machine, domain_xml, holder_in
from hostdown.drivers.libvirt_link import LOOK_LIMIT_S, LibvirtLink
from hostdown.drivers.libvirt_starts import BrokenStarts
from hostdown.services.ports import Clock

CREATE_LIMIT_S = 60.0
"""Longest wait for a new guest's process; a busy machine needs some seconds."""
MEMORY_LIMIT_S = 600.0
"""Longest wait while a guest's memory is written to a file or read from it."""
KILL_LIMIT_S = 5.0
"""Longest wait for a killed process; one that still is there waits for storage."""
REASON_LENGTH_MAX = 500
"""Characters of libvirt's own words in a failure."""

_STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: PowerState.NOSTATE,
    libvirt.VIR_DOMAIN_RUNNING: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_BLOCKED: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_PAUSED: PowerState.PAUSED,
    libvirt.VIR_DOMAIN_SHUTDOWN: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_SHUTOFF: PowerState.SHUTDOWN,
    libvirt.VIR_DOMAIN_CRASHED: PowerState.CRASHED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: PowerState.SUSPENDED,
}
"""As Nova maps them: a guest that shuts down still runs."""

_IN_TRANSIT = frozenset(
    {
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_UNKNOWN),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION),
    }
)
"""How libvirt says that a guest is not whole yet, or not any more."""

_LOCKED = ('Failed to get "write" lock', 'Failed to get shared "write" lock')
_NOT_THERE = (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_NO_DOMAIN_METADATA)

T = TypeVar("T")


class LibvirtGuests:
    """`agent.guests.Guests` and `GuestEvents`.

    `kind` says `kvm`, `qemu` or `test`, and is asked when a guest is made. The agent runs beside
    its libvirt, or it could not see the processes; where it sees none, as with the `test` driver,
    libvirt's word that a guest is destroyed must do.
    """

    def __init__(
        self, link: LibvirtLink, kind: Callable[[], str], bridge: str | None, clock: Clock
    ) -> None:
        self._link = link
        self._kind = kind
        self._bridge = bridge
        self._broken = BrokenStarts(clock)
        self._lock = threading.Lock()
        self._undead: dict[str, list[GuestProcess]] = {}

    def watch(self, callback: Callable[[], None]) -> None:
        """See `agent.guests`."""
        self._link.watch(callback)

    def inventory(self) -> Sequence[Guest]:
        """See `agent.guests`."""
        return self._call(lambda connection: _inventory(connection, self._broken), LOOK_LIMIT_S)

    def create(self, spec: GuestSpec) -> None:
        """See `agent.guests`."""
        if spec.network != "none" and self._bridge is None:
            raise GuestRefused(Failure("no-bridge", "This host has no bridge for a network."))
        xml = domain_xml(spec, Machine(self._kind(), self._bridge, self._link.uri))
        saved = spec.saved
        try:
            if saved is None:
                self._call(lambda connection: _create(connection, xml), CREATE_LIMIT_S)
            else:
                flags = libvirt.VIR_DOMAIN_SAVE_PAUSED
                self._call(lambda c: c.restoreFlags(str(saved), xml, flags), MEMORY_LIMIT_S)
        except libvirt.libvirtError as error:
            if any(words in str(error) for words in _LOCKED):
                raise ImageLocked(disk=spec.disk) from error
            raise self._broken.refusal(spec.uuid) or _refused(error) from error

    def go(self, uuid: str) -> None:
        """See `agent.guests`."""
        with _refusals():
            self._on(uuid, _go)

    def pause(self, uuid: str) -> None:
        """See `agent.guests`."""
        with _refusals():
            self._on(uuid, _pause)

    def save(self, uuid: str, path: Path) -> None:
        """See `agent.guests`."""
        flags = libvirt.VIR_DOMAIN_SAVE_PAUSED
        processes = self._processes(uuid)
        try:
            with _refusals():
                self._on(uuid, lambda it: it.saveFlags(str(path), None, flags), MEMORY_LIMIT_S)
        except HostdownError:
            for process in processes:
                process.close()
            raise
        self._see_gone(uuid, processes)
        _make_durable(path)

    def end(self, uuid: str, grace: timedelta) -> None:
        """See `agent.guests`."""
        processes = self._processes(uuid)
        if grace and self._asked_to_shut_down(uuid):
            processes = still_there(processes, grace.total_seconds())
        if not processes:
            if self._never_starts(uuid):
                return
            self._destroy(uuid)
            # It may have been about to begin when we looked.
            processes = self._processes(uuid)
        for process in processes:
            process.kill()
        if processes:
            self._see_gone(uuid, processes)
            # Until libvirt has noticed, it would refuse another guest of this name.
            with suppress(HypervisorSilent, GuestRefused):
                self._destroy(uuid)

    # --------------------------------------------------------------------------------- libvirt

    def _call(self, work: "Callable[[libvirt.virConnect], T]", limit_s: float | None = None) -> T:
        return self._link.call(work, limit_s)

    def _on(
        self, uuid: str, work: "Callable[[libvirt.virDomain], T]", limit_s: float | None = None
    ) -> T:
        """Work on a guest of ours."""

        def found(connection: "libvirt.virConnect") -> T:
            domain = connection.lookupByUUIDString(uuid)
            domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, NAMESPACE)
            return work(domain)

        try:
            return self._call(found, limit_s)
        except libvirt.libvirtError as error:
            if error.get_error_code() in _NOT_THERE:
                raise GuestUnknown(uuid=uuid) from error
            raise

    def _asked_to_shut_down(self, uuid: str) -> bool:
        """Whether it runs and was asked; one that stands still could not hear it."""
        try:
            return self._on(uuid, _press_power_button)
        except (HypervisorSilent, GuestUnknown, libvirt.libvirtError):
            return False

    def _never_starts(self, uuid: str) -> bool:
        """Whether libvirt says for ever that it starts this guest, which has no process.

        Raises HypervisorSilent while that is not sure.
        """
        with _refusals(), suppress(GuestUnknown):
            number = self._on(uuid, lambda domain: domain.ID() if _starts(domain) else None)
            if number is not None and not self._broken.is_broken(uuid, number):
                raise HypervisorSilent(reason="libvirt says that it is starting it")
            return number is not None
        return False

    def _destroy(self, uuid: str) -> None:
        with _refusals(), suppress(GuestUnknown):
            self._on(uuid, _destroy)

    # ------------------------------------------------------------------------------- processes

    def _processes(self, uuid: str) -> list[GuestProcess]:
        """Its processes; also those killed before that did not end: they cannot be found again."""
        with self._lock:
            undead = self._undead.pop(uuid, [])
        return undead + guest_processes(uuid, self._link.uri)

    def _see_gone(self, uuid: str, processes: list[GuestProcess]) -> None:
        left = still_there(processes, KILL_LIMIT_S)
        if left:
            with self._lock:
                self._undead[uuid] = left
            raise NotGone(uuid=uuid, pid=left[0].pid)


def _inventory(connection: "libvirt.virConnect", broken: BrokenStarts) -> list[Guest]:
    guests = []
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        if broken.includes(domain.UUIDString(), domain.ID()):
            continue
        try:
            holder = holder_in(domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, NAMESPACE))
            state, reason = domain.state()
        except libvirt.libvirtError as error:
            if error.get_error_code() in _NOT_THERE:
                continue  # of somebody else, or gone since
            raise
        if holder is not None:
            power = _STATES.get(state, PowerState.NOSTATE)
            in_transit = (state, reason) in _IN_TRANSIT
            guests.append(Guest(domain.UUIDString(), holder, power, in_transit))
    return guests


def _create(connection: "libvirt.virConnect", xml: str) -> None:
    if connection.getType() != "TEST":
        connection.createXML(xml, libvirt.VIR_DOMAIN_START_PAUSED)
        return
    # libvirt's test driver cannot do it in one step, and has no guest that could run between.
    connection.createXML(xml, 0).suspend()


def _starts(domain: "libvirt.virDomain") -> bool:
    starting = [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP]
    return bool(domain.state() == starting)


def _go(domain: "libvirt.virDomain") -> None:
    if domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED:
        domain.resume()


def _pause(domain: "libvirt.virDomain") -> None:
    if domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING:
        domain.suspend()


def _press_power_button(domain: "libvirt.virDomain") -> bool:
    if domain.state()[0] != libvirt.VIR_DOMAIN_RUNNING:
        return False
    domain.shutdown()
    return True


def _destroy(domain: "libvirt.virDomain") -> None:
    try:
        domain.destroy()
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:  # it is not running
            raise


def _make_durable(path: Path) -> None:
    """The file and its name, so that a crash of the host does not take what was just saved."""
    for each in (path, path.parent):
        file = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except libvirt.libvirtError as error:
        raise _refused(error) from error


def _refused(error: "libvirt.libvirtError") -> GuestRefused:
    sentence = str(error.get_error_message() or error).strip()[-REASON_LENGTH_MAX:]
    return GuestRefused(Failure("hypervisor", sentence))
