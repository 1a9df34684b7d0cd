"""A whole API in this process, over a fresh store, with a clock that a test moves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from falcon.testing import Result, TestClient
from tests.api.described import check
from tests.stores import fast_directory, sqlite_settings

from hostdown.api.app import ApiParts, ApiSettings, create_app
from hostdown.api.authenticators import Noauth2Authenticator
from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.domain.errors import CellUnavailable, DirectoryUnavailable, HostdownError
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.model import COMPUTE, HostRecord, Service
from hostdown.domain.zones import ZonePolicy
from hostdown.drivers.image_files import DirectoryImages
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.image_data import OwnLibrary
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage, open_storage

T = TypeVar("T")

NOW = datetime(2026, 11, 20, 10, 0, 0, 123456)
PROJECT = "6f70656e737461636b20342065766572"
ADMIN = f"admin:{PROJECT}"
READER = f"reader:{PROJECT}"
AUTH_URL = "http://127.0.0.1/identity"
DOWN_AFTER = timedelta(seconds=60)


class HandClock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()


@cache
def novas_policy() -> NovaPolicy:
    """The defaults, without any file."""
    return NovaPolicy(PolicySettings(Path("/nonexistent/policy.yaml")))


class Breakable:
    """A cell or a directory that can be made to fail every request."""

    def __init__(self, real: Cell | Directory) -> None:
        self.real: Any = real
        self.error: HostdownError | None = None

    @property
    def name(self) -> str:
        return str(self.real.name)

    def read(self, work: Callable[[Any], T]) -> T:
        return self._do(self.real.read, work)

    def write(self, work: Callable[[Any], T]) -> T:
        return self._do(self.real.write, work)

    def _do(self, how: Callable[[Callable[[Any], T]], T], work: Callable[[Any], T]) -> T:
        if self.error is not None:
            raise self.error
        return how(work)


class OneCell:
    """The cells of a deployment that has one."""

    def __init__(self, cell: Breakable) -> None:
        self.cell = cell

    def named(self, name: str) -> Cell:
        assert name == self.cell.name
        return self.cell

    def all(self) -> Sequence[Cell]:
        return [self.cell]


class World:
    """The application and everything a test wants to change or look at."""

    def __init__(
        self, storage: Storage, settings: ApiSettings | None = None, directory_url: str = ""
    ) -> None:
        self.directory_url = directory_url
        self.clock = HandClock()
        self.cell = Breakable(storage.cells.all()[0])
        self.directory = Breakable(storage.directory)
        self.parts = ApiParts(
            cells=OneCell(self.cell),
            directory=self.directory,
            clock=self.clock,
            authenticator=Noauth2Authenticator(AUTH_URL),
            policy=novas_policy(),
            liveness=LivenessPolicy(DOWN_AFTER, timedelta(seconds=5)),
            zones=ZoneMap(self.directory, ZonePolicy()),
            settings=settings or ApiSettings(),
            version="0.1.0",
            images=OwnLibrary(self.directory, DirectoryImages(Path("/nonexistent"))),
        )
        self.app = create_app(self.parts)
        self.client = TestClient(self.app)

    def silence_cell(self) -> None:
        self.cell.error = CellUnavailable(cell=self.cell.name)

    def silence_directory(self) -> None:
        self.directory.error = DirectoryUnavailable(retry_after_s=5)

    def service(
        self, host: str, binary: str = COMPUTE, seen: timedelta | None = timedelta(0)
    ) -> Service:
        """A service last seen that long ago (never: None), and its host if it is a compute."""

        def create(rows: CellRows) -> Service:
            made = rows.services.create(host, binary, self.clock.at, None)
            if seen is not None:
                rows.reports.heartbeats([Heartbeat(made.id, self.clock.at - seen, 1)])
            found = rows.services.get(made.id)
            assert found is not None
            return found

        if binary == COMPUTE:
            self.directory.write(lambda rows: self._enrol(rows, host))
        return self.cell.write(create)

    def _enrol(self, rows: DirectoryRows, host: str) -> None:
        at = self.clock.at
        record = HostRecord(
            str(uuid4()), host, self.cell.name, b"s" * 32, "m", "b", 1, 1, "0.1.0", at, None
        )
        rows.hosts.add(record)

    def replace(self, seen: Service, after: Service) -> None:
        assert self.cell.write(lambda rows: rows.services.replace(seen, after))

    def current(self, service: Service) -> Service | None:
        return self.cell.read(lambda rows: rows.services.get(service.id))

    def ask(
        self,
        method: str,
        path: str,
        version: str | None = None,
        body: object = None,
        token: str | None = ADMIN,
        **headers: str,
    ) -> Result:
        """One request. `body`: bytes as they are, anything else as JSON.

        Fails if `/openapi.json` does not tell of the answer.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["X-Auth-Token"] = token
        if version is not None:
            sent["OpenStack-API-Version"] = f"compute {version}"
        data = (
            {"body": body}
            if isinstance(body, bytes)
            else {"json": body}
            if body is not None
            else {}
        )
        answer = self.client.simulate_request(method, path, headers=sent, **data)
        check(method, path, answer)
        return answer


@contextmanager
def open_world(settings: ApiSettings | None = None, kind: type[World] = World) -> Iterator[World]:
    """A world over an empty store."""
    with fast_directory() as directory:
        databases = sqlite_settings(Path(directory))
        storage = open_storage(databases)
        try:
            yield kind(storage, settings, databases.directory_url)
        finally:
            storage.close()
