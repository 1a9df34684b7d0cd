"""What a host has, as libvirt tells: processors, memory, the disks' file system, QEMU."""

import json
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import libvirt

from hostdown.domain.guest_errors import HypervisorSilent
from hostdown.domain.model import Resources
from hostdown.drivers.kvm_probe import kvm_works
from hostdown.drivers.libvirt_guests import LibvirtGuests
from hostdown.drivers.libvirt_link import LOOK_LIMIT_S, LibvirtLink
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.libvirt")

RESERVED_MB = 512
"""MiB of memory that count as used by the host itself, as with Nova."""

HANGS_AFTER_S = 5.0
"""After so long without an answer a libvirt that is connected counts as one that hangs."""

_HANGS = "Connection to libvirt lost: it hangs"
_GIB = 2**30
_TYPES = {"kvm": "KVM", "qemu": "QEMU", "test": "TEST"}
"""What `/os-hypervisors` calls a kind; "QEMU" is QEMU without hardware behind it, as with Nova."""


class GuestKind:
    """How guests are run: `kvm`, `qemu` or `test`. `virt_type` may be `auto`, which tries KVM."""

    def __init__(self, uri: str, virt_type: str) -> None:
        self._lock = threading.Lock()
        self._kind = "test" if uri.startswith("test:") else virt_type

    def __call__(self) -> str:
        """The first call tries it, for some seconds at most."""
        with self._lock:
            if self._kind == "auto":
                self._kind = "kvm" if kvm_works() else "qemu"
                LOG.info("Guests run %s", "under KVM" if self._kind == "kvm" else "without KVM")
            return self._kind


class Place(NamedTuple):
    """What libvirt does not know of this host."""

    instances_path: Path
    host_ip: str
    booted_at: datetime | None


class _Told(NamedTuple):
    vcpus: int
    memory_mb: int
    version: int
    hostname: str
    guests: list[tuple[int, int]]
    """Processors and memory in MiB of each guest that is there, also of those of others."""


class LibvirtHypervisor:
    """`agent.ports.Hypervisor` by libvirt."""

    def __init__(
        self,
        link: LibvirtLink,
        guests: LibvirtGuests,
        kind: GuestKind,
        place: Place,
        clock: Clock,
    ) -> None:
        self._link = link
        self._guests = guests
        self._kind = kind
        self._place = place
        self._clock = clock
        self._cpu_info = ""
        self._silent_since: float | None = None
        self._last = _Told(os.cpu_count() or 1, _memory_mb(), 0, os.uname().nodename, [])

    def resources(self) -> Resources:
        """As known last where libvirt does not answer; `instances` says that it does not."""
        try:
            self._last = self._link.call(_told, LOOK_LIMIT_S)
            self._silent_since = None
        except (HypervisorSilent, libvirt.libvirtError) as error:
            if self._silent_since is None:
                self._silent_since = self._clock.monotonic()
                LOG.warning("The resources that are reported are those known last: %s", error)
        if not self._cpu_info and self._silent_since is None:
            with suppress(HypervisorSilent, libvirt.libvirtError):
                self._cpu_info = self._link.call(_cpu_info, LOOK_LIMIT_S)
        told, (disk_gb, disk_used_gb) = self._last, _disk(self._place.instances_path)
        return Resources(
            vcpus=told.vcpus,
            memory_mb=told.memory_mb,
            local_gb=disk_gb,
            vcpus_used=sum(vcpus for vcpus, _ in told.guests),
            memory_mb_used=RESERVED_MB + sum(memory for _, memory in told.guests),
            local_gb_used=disk_used_gb,
            running_vms=len(told.guests),
            hypervisor_type=_TYPES[self._kind()],
            hypervisor_version=told.version,
            hypervisor_hostname=told.hostname,
            host_ip=self._place.host_ip,
            cpu_info=self._cpu_info or "{}",
            booted_at=self._place.booted_at,
        )

    def instances(self) -> Sequence[Mapping[str, object]] | None:
        """See `agent.ports`."""
        try:
            guests = self._guests.inventory()
        except (HypervisorSilent, libvirt.libvirtError):
            return None
        return [
            {"uuid": it.uuid, "generation": it.holder.generation, "power_state": int(it.state)}
            for it in guests
        ]

    def silence(self) -> str | None:
        """See `agent.ports`. A look that took too long once may be due to a busy machine."""
        lost = self._link.lost()
        since = self._silent_since
        if lost == "" and since is not None and self._clock.monotonic() - since >= HANGS_AFTER_S:
            return _HANGS
        return lost


def _told(connection: "libvirt.virConnect") -> _Told:
    info = connection.getInfo()
    guests = []
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        try:
            _, memory_kib, _, vcpus, _ = domain.info()
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:  # it ended since
                raise
            continue
        guests.append((int(vcpus), int(memory_kib) // 1024))
    return _Told(info[2], info[1], connection.getVersion(), connection.getHostname(), guests)


def _cpu_info(connection: "libvirt.virConnect") -> str:
    """In Nova's form."""
    capabilities = ET.fromstring(connection.getCapabilities())  # noqa: S314 - libvirt's own
    cpu = capabilities.find("host/cpu")
    if cpu is None:
        return "{}"
    topology = cpu.find("topology")
    shape = {} if topology is None else topology.attrib
    numbers = {name: int(shape.get(name, 1)) for name in ("sockets", "cores", "threads")}
    cells = len(capabilities.findall("host/topology/cells/cell")) or 1
    content = {
        "arch": cpu.findtext("arch", ""),
        "model": cpu.findtext("model", ""),
        "vendor": cpu.findtext("vendor", ""),
        "topology": {"cells": cells, **numbers},
        "features": sorted(each.attrib["name"] for each in cpu.findall("feature")),
    }
    return json.dumps(content, separators=(",", ":"))


def _disk(path: Path) -> tuple[int, int]:
    """GiB in all and used, of the file system; before there is such a path, of what is above it."""
    while not path.exists() and path != path.parent:
        path = path.parent
    found = os.statvfs(path)
    whole, free = found.f_blocks * found.f_frsize, found.f_bfree * found.f_frsize
    return whole // _GIB, (whole - free) // _GIB


def _memory_mb() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
