"""A simulated host of Nova's that is the same one after it booted anew, as real ones are."""

import nova.cmd.compute  # it chooses between threads and eventlet, and must come first
import nova.virt.fake
import nova.virt.node

assert nova.cmd.compute  # noqa: S101 - it was imported for what it does


class BootableFakeDriver(nova.virt.fake.MediumFakeDriver):
    """Its node has the identity that is kept in its state_path; Nova's fakes make one up."""

    def get_available_resource(self, nodename: str) -> dict[str, object]:
        """What the scheduler sees."""
        found: dict[str, object] = super().get_available_resource(nodename)
        return found | {"uuid": nova.virt.node.get_local_node_uuid()}

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """The one node of this host."""
        return {nova.virt.node.get_local_node_uuid(): self._host}


# Nova loads drivers from its own packages alone.
nova.virt.fake.BootableFakeDriver = BootableFakeDriver
