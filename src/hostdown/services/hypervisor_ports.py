"""What the use cases of compute nodes need from the databases; `ports` says how they are reached.

A node is there while its service is: one whose service was deleted is invisible.
"""

from typing import Protocol

from hostdown.domain.model import ManagedNode


class ComputeNodeRows(Protocol):
    """The compute nodes of one cell with the services that manage them."""

    def page(self, after: int, limit: int) -> list[ManagedNode]:
        """By id, at most `limit` of those that come after the id `after`."""
        ...

    def matching(self, pattern: str) -> list[ManagedNode]:
        """By id, those whose hypervisor's host name holds `pattern`, character for character."""
        ...

    def get(self, node_id: int | str) -> ManagedNode | None:
        """By integer id or by uuid, compared as text."""
        ...

    def on_host(self, host: str) -> ManagedNode | None:
        """By the name of the host, compared exactly."""
        ...


class MappingRows(Protocol):
    """Which hosts are in which cell."""

    def hosts(self, cell: str) -> frozenset[str]:
        """The names of the cell's hosts that are not deleted."""
        ...
