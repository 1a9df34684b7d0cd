"""What the use cases need from the outside, as Protocols of at most six methods.

A database is reached by `read(work)` and `write(work)`: `work` gets a transaction's rows and must
be safe to run again, because a storage may repeat it after a deadlock or a lost connection. `write`
returns once the change is durable. Both raise DirectoryUnavailable or CellUnavailable when the
database does not answer in time, StorageFull when it has no room; nothing was changed then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from hostdown.services.cell_ports import Cell


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Naive UTC, for what people see and databases keep."""
        ...

    def monotonic(self) -> float:
        """Seconds, for intervals."""
        ...


class Cells(Protocol):
    """All cells of a deployment."""

    def named(self, name: str) -> Cell: ...
    def all(self) -> Sequence[Cell]: ...


class Tolerances(NamedTuple):
    """Times that several use cases need, from the configuration."""

    report_interval: timedelta
    service_down_time: timedelta
