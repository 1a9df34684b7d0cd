"""Two servers of a deployment, on one PostgreSQL."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.processes.harness import Server, serving
from tests.processes.postgresql import cluster

from hostdown.services.leadership import CONTROLLER
from hostdown.storage import DatabaseSettings, Storage, open_storage


class Pair(NamedTuple):
    """`first` is the one that agents ask first."""

    first: Server
    second: Server
    storage: Storage

    def leader(self) -> Server | None:
        """Who leads, by its row."""
        led = self.storage.cells.all()[0].read(lambda rows: rows.leaders.get(CONTROLLER))
        by_name = {"control1": self.first, "control2": self.second}
        return by_name[led.holder.partition(" ")[0]] if led else None

    def other(self, server: Server) -> Server:
        return self.second if server is self.first else self.first


@contextmanager
def two_servers(place: Path, options: Mapping[str, object]) -> Iterator[Pair]:
    """Both serve; each is on a loopback address of its own. `options`: of [DEFAULT]."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="hostdown-"))
        url = stack.enter_context(cluster(Path(name))).url("both")
        first, second = (
            stack.enter_context(
                serving(
                    place / host,
                    DEFAULT={**options, "host": host},
                    api={"auth_strategy": "noauth2"},
                    directory={"connection": url},
                    server={"bind_host": address},
                )
            )
            for host, address in (("control1", "127.0.0.2"), ("control2", "127.0.0.3"))
        )
        storage = open_storage(DatabaseSettings(directory_url=url, cell_url=url))
        stack.callback(storage.close)
        secret = first.directory / "state" / "enrolment-secret"
        first.set("agent", server_url=f"{first.url}, {second.url}", enrolment_secret_file=secret)
        yield Pair(first, second, storage)
