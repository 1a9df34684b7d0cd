"""What clients ask of the simulated servers: the use cases behind the Compute API."""

from itertools import count

from tests.scenarios.world import World
from tests.servers.scene import ADMIN, FLAVOR, LIVENESS, WISH

from hostdown.domain.destinations import Ratios
from hostdown.domain.instance import Instance, VmState
from hostdown.domain.liveness import state_in, window
from hostdown.domain.migration import Migration
from hostdown.domain.model import COMPUTE, Caller
from hostdown.domain.quotas import NOTHING_LIMITED
from hostdown.domain.reserves import is_reserved
from hostdown.domain.server_actions import PAUSE, START, STOP, ServerAction
from hostdown.domain.zones import ZonePolicy
from hostdown.services import (
    compute_services,
    evacuations,
    host_evacuation,
    live_migrations,
    reserves,
    resizes,
    server_changes,
    server_create,
    server_lookup,
)
from hostdown.services.server_create import Count, Making
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage

LARGER = FLAVOR._replace(id=2, flavorid="f2", name="m1.small", memory_mb=1024)


class Calls:
    """An administrator's. Each is one request; they raise what the use cases raise."""

    def __init__(self, world: World, storage: Storage) -> None:
        self._world = world
        self._storage = storage
        self._cell = storage.cells.all()[0]
        self._numbers = count(1)

    def _caller(self) -> Caller:
        return ADMIN._replace(request_id=f"req-{next(self._numbers)}")

    def create(self, host: str | None) -> Instance:
        """On a host, or wherever there is room."""
        directory = self._storage.directory
        zones = ZoneMap(directory, ZonePolicy())
        surveyor = Surveyor(directory, zones, LIVENESS, Ratios())
        making = Making(self._storage.cells, directory, surveyor, NOTHING_LIMITED)
        wish = WISH if host is None else WISH._replace(hosts=[host])
        (made,) = server_create.create(making, self._caller(), wish, Count(1, 1), self._world.now())
        return made

    def start(self, uuid: str) -> None:
        self._act(uuid, START)

    def stop(self, uuid: str) -> None:
        self._act(uuid, STOP)

    def pause(self, uuid: str) -> None:
        self._act(uuid, PAUSE)

    def reset_state(self, uuid: str) -> None:
        """To error."""
        server_changes.reset_state(self._cell, uuid, VmState.ERROR, self._asker())

    def _act(self, uuid: str, action: ServerAction) -> None:
        server_changes.act(self._cell, uuid, action, self._asker())

    def _asker(self) -> server_changes.Asker:
        now = self._world.now()
        return server_changes.Asker(self._caller(), True, window(now, LIVENESS), now)

    def delete(self, uuid: str) -> None:
        gone = server_changes.delete(self._cell, uuid, self._asker())
        if gone.deleted:
            server_lookup.forget(self._storage.directory, uuid)

    def force(self, host: str, down: bool) -> None:
        wanted = compute_services.Wanted(forced_down=down)
        compute_services.update_on_host(
            self._storage.cells,
            self._storage.directory,
            self._caller(),
            host,
            COMPUTE,
            wanted,
            self._world.now(),
        )

    def reserve(self, host: str) -> None:
        """It is kept for recoveries."""
        where = self._storage.cells, self._storage.directory
        reserves.reserve(*where, self._caller(), host, True, self._world.now())

    def is_reserved(self, host: str) -> bool:
        (found,) = self._cell.read(lambda rows: rows.services.find(host, COMPUTE))
        return is_reserved(found)

    def delete_service(self, host: str) -> None:
        (found,) = self._cell.read(lambda rows: rows.services.find(host, COMPUTE))
        compute_services.delete(
            self._storage.cells,
            self._storage.directory,
            self._caller(),
            found.id,
            self._world.now(),
        )

    def evacuate(self, uuid: str, to: str | None = None) -> Migration:
        asked = evacuations.Asked(to)
        return evacuations.evacuate(
            self._cell, self._storage.directory, uuid, asked, self._evacuator()
        )

    def migrate(self, uuid: str, to: str | None = None) -> None:
        asked = resizes.Asked(to)
        resizes.ask(self._cell, self._storage.directory, uuid, asked, self._asker())

    def migrate_live(self, uuid: str, to: str | None = None) -> None:
        zones = ZoneMap(self._storage.directory, ZonePolicy())
        surveyor = Surveyor(self._storage.directory, zones, LIVENESS, Ratios())
        live_migrations.ask(self._cell, surveyor, uuid, live_migrations.Asked(to), self._asker())

    def abort(self, uuid: str) -> None:
        states = live_migrations.ABORTABLE_IN_QUEUE
        live_migrations.abort(self._cell, uuid, self._number(uuid), states, self._asker())

    def force_complete(self, uuid: str) -> None:
        live_migrations.force_complete(self._cell, uuid, self._number(uuid), self._asker())

    def _number(self, uuid: str) -> int:
        found = self._cell.read(lambda rows: rows.migrations.open(uuid))
        return 0 if found is None else found.id

    def resize(self, uuid: str) -> None:
        """To the other of two flavors."""
        seen = self._cell.read(lambda rows: rows.instances.get(uuid))
        is_large = seen is not None and seen.flavor.flavorid == LARGER.flavorid
        asked = resizes.Asked(flavor=FLAVOR if is_large else LARGER)
        resizes.ask(self._cell, self._storage.directory, uuid, asked, self._asker())

    def confirm(self, uuid: str) -> None:
        resizes.confirm(self._cell, uuid, self._asker())

    def revert(self, uuid: str) -> None:
        resizes.revert(self._cell, uuid, self._asker())

    def evacuate_host(self, host: str) -> None:
        host_evacuation.evacuate_host(
            self._cell, self._storage.directory, host, None, self._evacuator()
        )

    def state(self, host: str) -> str:
        """As the list of services shows it."""
        (found,) = self._cell.read(lambda rows: rows.services.find(host, COMPUTE))
        return state_in(found, window(self._world.now(), LIVENESS)).value

    def servers_on(self, host: str) -> int:
        """So many take room there."""
        used = self._cell.read(lambda rows: rows.instances.used())
        return sum(each.vcpus for each in used if each.host == host) // FLAVOR.vcpus

    def _evacuator(self) -> evacuations.Asker:
        now = self._world.now()
        return evacuations.Asker(self._caller(), window(now, LIVENESS), now)
