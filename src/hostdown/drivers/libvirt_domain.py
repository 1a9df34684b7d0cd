"""A guest in libvirt's words: its domain's XML, and the holder that is kept in it."""

import os
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from hostdown.domain.assignment import Holder
from hostdown.domain.guests import GuestSpec
from hostdown.drivers.guest_process import OWNER

NAMESPACE = "urn:hostdown:guest:1"
"""Of our element in a domain's metadata."""

TCG_CACHE_SHARE = 8
"""Part of a guest's memory that TCG may use for translated code, which comes on top of it."""
TCG_CACHE_MAX_MB = 128
"""Most that TCG may use for the translated code of one guest."""
TCG_CACHE_MIN_MB = 4
"""Least of it."""

ASKED_ONE_BY_ONE = "cpu-unavailable-features"
"""What libvirt is told that QEMU lacks: else it asks some 400 properties of each new processor,
one by one, which takes 0.4 s of processor time of the 0.6 s that a guest's start takes. Without it
libvirt asks three times for the same."""

_QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"

ET.register_namespace("hostdown", NAMESPACE)
ET.register_namespace("qemu", _QEMU)


class Machine(NamedTuple):
    """What all guests of a host have in common. `kind` is `kvm`, `qemu` (TCG) or `test`."""

    kind: str
    bridge: str | None
    owner: str


def domain_xml(spec: GuestSpec, machine: Machine) -> str:
    """The domain, small: no USB, no picture, no console that could fill a disk.

    A crash or power-off destroys it, and it is transient: nothing but `create` starts it. A network
    that the host has no bridge for must have been refused before.
    """
    domain = ET.Element("domain", type=machine.kind)
    _text(domain, "name", spec.name)
    _text(domain, "uuid", spec.uuid)
    _holder(_text(domain, "metadata"), spec.holder)
    _text(domain, "memory", str(spec.memory_mb), unit="MiB")
    _text(domain, "vcpu", str(spec.vcpus))
    system = _text(domain, "os")
    _text(system, "type", "hvm", arch="x86_64", machine="pc")
    _text(system, "boot", dev="hd")
    _features(domain, spec, machine)
    _text(domain, "clock", offset="utc")
    for event, then in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _text(domain, f"on_{event}", then)
    devices = _text(domain, "devices")
    if spec.locking:
        _disk(devices, spec)
    if spec.network != "none":
        _interface(devices, spec, machine)
    _text(devices, "controller", type="usb", model="none")
    _text(_text(devices, "video"), "model", type="none")
    _text(devices, "memballoon", model="none")
    if machine.kind != "test":
        _qemu(domain, spec, machine)
    return ET.tostring(domain, encoding="unicode")


class Place(NamedTuple):
    """What of a guest differs from host to host: its libvirt, its disk's path, its bridge."""

    owner: str
    disk: str
    bridge: str | None


def sent_xml(xml: str, holder: Holder, place: Place) -> str:
    """The domain of a guest that runs as it is to be on another host: for another holder there."""
    domain = ET.fromstring(xml)  # noqa: S314 - from libvirt, which has made it
    mine = domain.find(f"metadata/{{{NAMESPACE}}}guest")
    if mine is not None:
        of = {"generation": str(holder.generation), "host": holder.host, "boot": str(holder.boot)}
        mine.attrib.update(of)
    for source in domain.iterfind("devices/disk/source"):
        source.set("file", place.disk)
    for source in domain.iterfind("devices/interface/source"):
        source.set("bridge", place.bridge or "")
    for variable in domain.iterfind(f"{{{_QEMU}}}commandline/{{{_QEMU}}}env"):
        if variable.get("name") == OWNER:
            variable.set("value", place.owner)
    for argument in domain.iterfind(f"{{{_QEMU}}}commandline/{{{_QEMU}}}arg"):
        value = argument.get("value", "")
        if value.startswith("file="):
            _, _, rest = value.partition(",format=")
            argument.set("value", f"{_file(place.disk)},format={rest}")
    return ET.tostring(domain, encoding="unicode")


def _file(path: str | Path) -> str:
    """As QEMU's options want it."""
    return "file=" + str(path).replace(",", ",,")


def holder_in(metadata: str) -> Holder | None:
    """The holder in our element of a domain's metadata; None if it is not what we wrote."""
    try:
        element = ET.fromstring(metadata)  # noqa: S314 - from libvirt, which has parsed it before
        return Holder(
            int(element.attrib["generation"]), element.attrib["host"], int(element.attrib["boot"])
        )
    except (ET.ParseError, KeyError, ValueError):
        return None


def _holder(metadata: ET.Element, holder: Holder) -> None:
    ET.SubElement(
        metadata,
        f"{{{NAMESPACE}}}guest",
        generation=str(holder.generation),
        host=holder.host,
        boot=str(holder.boot),
    )


def _features(domain: ET.Element, spec: GuestSpec, machine: Machine) -> None:
    features = _text(domain, "features")
    _text(features, "acpi")
    if machine.kind == "kvm":
        _text(domain, "cpu", mode="host-passthrough", check="none")
    if machine.kind == "qemu":
        cache_mb = min(max(spec.memory_mb // TCG_CACHE_SHARE, TCG_CACHE_MIN_MB), TCG_CACHE_MAX_MB)
        _text(_text(features, "tcg"), "tb-cache", str(cache_mb), unit="MiB")


def _disk(devices: ET.Element, spec: GuestSpec) -> None:
    disk = _text(devices, "disk", type="file", device="disk")
    cache = "none" if takes_direct_io(spec.disk) else "writethrough"
    _text(disk, "driver", name="qemu", type=spec.disk_format, cache=cache)
    _text(disk, "source", file=str(spec.disk))
    _text(disk, "target", dev="vda", bus="virtio")


def _interface(devices: ET.Element, spec: GuestSpec, machine: Machine) -> None:
    interface = _text(devices, "interface", type="bridge")
    _text(interface, "mac", address=spec.mac)
    _text(interface, "source", bridge=machine.bridge or "")
    _text(interface, "model", type="virtio")
    _text(interface, "rom", enabled="no")


def _qemu(domain: ET.Element, spec: GuestSpec, machine: Machine) -> None:
    """What libvirt has no words for: whose process it is, a disk without a lock, a quick start."""
    command = ET.SubElement(domain, f"{{{_QEMU}}}commandline")
    if not spec.locking:
        direct = "on" if takes_direct_io(spec.disk) else "off"
        drive = (
            f"{_file(spec.disk)},format={spec.disk_format},if=none,id=unlocked,file.locking=off,"
            f"cache.direct={direct},cache.writeback={direct}"
        )
        # On the bus from 0x10 on libvirt places nothing by itself in so small a machine.
        device = "virtio-blk-pci,drive=unlocked,bootindex=1,addr=0x10"
        for argument in ("-drive", drive, "-device", device):
            ET.SubElement(command, f"{{{_QEMU}}}arg", value=argument)
    ET.SubElement(command, f"{{{_QEMU}}}env", name=OWNER, value=machine.owner)
    without = ET.SubElement(domain, f"{{{_QEMU}}}capabilities")
    ET.SubElement(without, f"{{{_QEMU}}}del", capability=ASKED_ONE_BY_ONE)


def takes_direct_io(disk: Path) -> bool:
    """Whether the disk's file system can write around its cache; tmpfs cannot everywhere."""
    try:
        os.close(os.open(disk, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _text(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element
