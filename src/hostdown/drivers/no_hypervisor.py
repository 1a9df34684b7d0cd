"""The hypervisor of a host that is only watched: what runs there is not ours (decision 0017)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hostdown.domain.model import Resources


class NoHypervisor:
    """`agent.ports.Hypervisor` without room, so that no server of ours is ever placed there."""

    def __init__(self, host: str, address: str, booted_at: datetime) -> None:
        self._resources = Resources(
            vcpus=0,
            memory_mb=0,
            local_gb=0,
            vcpus_used=0,
            memory_mb_used=0,
            local_gb_used=0,
            running_vms=0,
            hypervisor_type="none",
            hypervisor_version=0,
            hypervisor_hostname=host,
            host_ip=address,
            cpu_info="{}",
            booted_at=booted_at,
        )

    def resources(self) -> Resources:
        """None."""
        return self._resources

    def instances(self) -> Sequence[Mapping[str, object]]:
        """It has none that we gave it."""
        return []

    def silence(self) -> str | None:
        """There is nothing that could be silent."""
        return ""
