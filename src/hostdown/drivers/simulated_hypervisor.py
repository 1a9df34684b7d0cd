"""A hypervisor that runs nothing: fixed resources, no instances. For test beds and for now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hostdown.domain.model import Resources

_CPU_INFO = (
    '{"arch":"x86_64","model":"simulated","vendor":"hostdown",'
    '"topology":{"sockets":1,"cores":8,"threads":2},"features":[]}'
)


SERVER_MEMORY_MB = 2_048
"""Memory that a simulated host has for each server that it is to hold, beside one processor."""
SERVER_DISK_GB = 20
"""Its disk for each such server."""
_OWN_MEMORY_MB = 512


class SimulatedHypervisor:
    """`agent.ports.Hypervisor` of one simulated host."""

    def __init__(self, host: str, booted_at: datetime | None = None) -> None:
        self._resources = Resources(
            vcpus=16,
            memory_mb=65_536,
            local_gb=1_024,
            vcpus_used=0,
            memory_mb_used=_OWN_MEMORY_MB,
            local_gb_used=0,
            running_vms=0,
            hypervisor_type="simulated",
            hypervisor_version=1_000_000,
            hypervisor_hostname=host,
            host_ip="127.0.0.1",
            cpu_info=_CPU_INFO,
            booted_at=booted_at,
        )

    def resources(self) -> Resources:
        """Always the same."""
        return self._resources

    def instances(self) -> Sequence[Mapping[str, object]]:
        """None at all."""
        return []

    def silence(self) -> str | None:
        """It always answers."""
        return ""


def sized_for(bare: Resources, servers: int) -> Resources:
    """Those of a host with room for so many servers of the shape above, and for itself."""
    return bare._replace(
        vcpus=servers,
        memory_mb=_OWN_MEMORY_MB + servers * SERVER_MEMORY_MB,
        local_gb=servers * SERVER_DISK_GB,
    )
