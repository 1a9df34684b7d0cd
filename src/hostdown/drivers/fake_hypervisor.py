"""What a host of made-up guests has and uses."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hostdown.domain.guest_errors import HypervisorSilent
from hostdown.domain.model import Resources
from hostdown.drivers.fake_guests import FakeGuests
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor, sized_for


class FakeHypervisor:
    """`agent.ports.Hypervisor` of one host with made-up guests, and room for `servers` of them."""

    def __init__(
        self,
        host: str,
        guests: FakeGuests,
        booted_at: datetime | None = None,
        servers: int | None = None,
    ) -> None:
        bare = SimulatedHypervisor(host, booted_at).resources()
        self._bare = bare if servers is None else sized_for(bare, servers)
        self._guests = guests

    def resources(self) -> Resources:
        """Those of a simulated host, less what the guests use."""
        number, vcpus, memory_mb = self._guests.used()
        return self._bare._replace(
            hypervisor_type="fake",
            running_vms=number,
            vcpus_used=vcpus,
            memory_mb_used=self._bare.memory_mb_used + memory_mb,
        )

    def instances(self) -> Sequence[Mapping[str, object]] | None:
        """See `agent.ports`."""
        try:
            guests = self._guests.inventory()
        except HypervisorSilent:
            return None
        return [
            {"uuid": it.uuid, "generation": it.holder.generation, "power_state": int(it.state)}
            for it in guests
        ]

    def silence(self) -> str | None:
        """See `agent.ports`."""
        return self._guests.trouble.silent or ""
