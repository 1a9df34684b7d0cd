"""Which extra specs of flavors mean something, and which values they can have (microversion 2.86).

A name that no row has is refused if it stands in one of the namespaces below; any other is the
operator's own. From Nova's documentation of extra specs; where that gives every trait or resource
class by name, any word of their form will do.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hostdown.domain.flavor_errors import ExtraSpecInvalid

_NAMESPACES = re.compile(
    r"accel|hw|hw_rng|hw_video|os|pci_passthrough|quota|(resources|trait)[a-zA-Z0-9_-]{0,64}"
)
_BOOLEANS = frozenset(["0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes"])
_CPUS = r"\^?\d+(-\d+)?(,\^?\d+(-\d+)?)*"
_PAGES = r"large|small|any|\d+([kKMGT]i?)?(b|bit|B)?"
_RESOURCE = r"resources[a-zA-Z0-9_-]{0,64}:[A-Z0-9_]+"
_TRAIT = r"trait[a-zA-Z0-9_-]{0,64}:[A-Z0-9_]+"

Judge = Callable[[str], str | None]
"""What is wrong with a value."""


class Row(NamedTuple):
    """Extra specs of one kind: `names` is a regular expression of all of a name."""

    names: str
    judge: Judge


def _integer(least: int | None = None, most: int | None = None) -> Judge:
    def judge(value: str) -> str | None:
        try:
            number = int(value)
        except ValueError:
            return f"'{value}' is not a valid integer value"
        if most is not None and number > most:
            return f"'{number}' is greater than the max value of '{most}'"
        if least is not None and number < least:
            return f"'{number}' is less than the min value of '{least}'"
        return None

    return judge


def _boolean(value: str) -> str | None:
    good = value.strip().lower() in _BOOLEANS
    return None if good else f"'{value}' is not a valid boolean-like value"


def _words(words: str) -> Judge:
    known = words.split()

    def judge(value: str) -> str | None:
        return None if value in known else f"'{value}' is not one of: {', '.join(known)}"

    return judge


def _form(pattern: str) -> Judge:
    compiled = re.compile(pattern, re.ASCII)

    def judge(value: str) -> str | None:
        return None if compiled.fullmatch(value) else f"'{value}' is not of the format '{pattern}'"

    return judge


def _anything(_: str) -> str | None:
    return None


TABLE: tuple[Row, ...] = (
    Row("hide_hypervisor_id|hw:hide_hypervisor_id", _boolean),
    Row("group_policy", _words("isolate none")),
    Row("accel:device_profile", _anything),
    Row("hw:(boot_menu|cpu_realtime|ephemeral_encryption|locked_memory)", _boolean),
    Row("hw:(mem_encryption|pmu|vif_multiqueue_enabled|virtio_packed_ring)", _boolean),
    Row("hw:(max_)?cpu_(sockets|cores|threads)|hw:numa_nodes", _integer(1)),
    Row(r"hw:numa_mem\.\d+", _integer(1)),
    Row(r"hw:cpu_(realtime|dedicated)_mask|hw:numa_cpus\.\d+", _form(_CPUS)),
    Row("hw:cpu_policy", _words("dedicated shared mixed")),
    Row("hw:cpu_thread_policy", _words("prefer isolate require")),
    Row("hw:emulator_threads_policy", _words("isolate share")),
    Row("hw:ephemeral_encryption_format|hw:ephemeral_encryption_secret_uuid", _anything),
    Row("hw:maxphysaddr_bits|hw:serial_port_count", _integer(0)),
    Row("hw:maxphysaddr_mode", _words("passthrough emulate")),
    Row("hw:mem_encryption_model", _words("amd-sev amd-sev-es")),
    Row("hw:mem_page_size", _form(_PAGES)),
    Row("hw:pci_numa_affinity_policy", _words("required preferred legacy socket")),
    Row("hw:pmem", _form("[a-zA-Z0-9_]+(,[a-zA-Z0-9_]+)*,?")),
    Row("hw:redirected_usb_ports", _integer(0, 15)),
    Row("hw:(sound|usb)_model", _anything),
    Row("hw:tpm_model", _words("tpm-tis tpm-crb")),
    Row("hw:tpm_secret_security", _words("user host deployment")),
    Row("hw:tpm_version", _words("1.2 2.0")),
    Row("hw:viommu_model", _words("intel smmuv3 virtio auto")),
    Row("hw:watchdog_action", _words("none pause poweroff reset disabled")),
    Row("hw_rng:allowed", _boolean),
    Row("hw_rng:rate_(bytes|period)|hw_video:ram_max_mb", _integer(0)),
    Row("os:secure_boot", _words("disabled required optional")),
    Row("pci_passthrough:alias", _form(r"[^:,\s][^:,]*:\d+(\s*,\s*[^:,\s][^:,]*:\d+)*")),
    Row("quota:(cpu|memory|disk_io|vif)_(limit|reservation|shares_share)", _integer()),
    Row("quota:(cpu|memory|disk_io|vif)_shares_level", _anything),
    Row("quota:cpu_(shares|period|quota)", _integer(0)),
    Row("quota:disk_(read|write|total)_(bytes|iops)_sec(_max)?(_length)?", _integer(0)),
    Row("quota:vif_(inbound|outbound)_(average|peak|burst)", _integer(0)),
    Row(_RESOURCE, _integer()),
    Row(_TRAIT, _words("required forbidden")),
)
_COMPILED = [(re.compile(row.names, re.ASCII), row.judge) for row in TABLE]


def check(name: str, value: str) -> None:
    """Raises ExtraSpecInvalid."""
    judge = next(_judges(name), None)
    if judge is not None:
        reason = judge(value)
        if reason is not None:
            raise ExtraSpecInvalid(reason=reason)
    elif ":" in name and _NAMESPACES.fullmatch(name.partition(":")[0]):
        raise ExtraSpecInvalid(
            reason=f"extra spec '{name}' does not appear to be a valid extra spec"
        )


def _judges(name: str) -> Iterator[Judge]:
    return (judge for names, judge in _COMPILED if names.fullmatch(name))
