"""The words of scenarios for what operators do to hosts on purpose: actions and conditions."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.servers.scene import ADMIN

from hostdown.domain.disarming import Disarming, Scope, Where
from hostdown.domain.host_fault import in_maintenance
from hostdown.domain.zones import ZonePolicy, Zones
from hostdown.services import disarming
from hostdown.services.directory_ports import Directory
from hostdown.services.host_fault import HostWanted, Switch, set_host_down
from hostdown.services.ports import Cells
from hostdown.services.zone_map import ZoneMap

if TYPE_CHECKING:
    from tests.scenarios.sim import Sim

Words = list[str]


def actions(sim: "Sim") -> dict[str, Callable[[Words], object]]:
    """`disarm host a`, `disarm domain r1 for 60`, `arm all`, `begin maintenance of a`."""
    storage, now = sim.store.storage, sim.world.now

    def disarm(words: Words) -> None:
        where, rest = _where(words)
        until = now() + timedelta(seconds=float(rest[1])) if rest else None
        made = Disarming(where, "work", until, now(), ADMIN.user_name, ADMIN.user_id, "req-1")
        disarming.disarm(*places(), made, ADMIN)

    def places() -> tuple[Cells, Directory, Zones]:
        zones = ZoneMap(storage.directory, ZonePolicy()).current()
        return storage.cells, storage.directory, zones

    def maintain(words: Words, switch: Switch) -> None:
        wanted = HostWanted(maintenance=switch)
        set_host_down(storage.cells, storage.directory, ADMIN, words[0], wanted, now())

    return {
        "disarm": disarm,
        "arm": lambda w: disarming.arm(*places(), _where(w)[0], ADMIN, now()),
        "begin maintenance of": lambda w: maintain(w, Switch.ENABLE),
        "end maintenance of": lambda w: maintain(w, Switch.DISABLE),
    }


def _where(words: Words) -> tuple[Where, Words]:
    scope = Scope(words[0])
    if scope is Scope.ALL:
        return Where(scope, ""), words[1:]
    return Where(scope, words[1]), words[2:]


def conditions(sim: "Sim") -> dict[str, Callable[..., bool]]:
    """Of services that are disabled."""

    def reason(host: str) -> str | None:
        seen = sim.checks.rows.services[host]
        return seen.disabled_reason if seen.disabled else None

    return {
        "<host> is in maintenance": lambda host: in_maintenance(sim.checks.rows.services[host]),
        "<host> takes new servers": lambda host: not sim.checks.rows.services[host].disabled,
        "<host> is disabled because it <reason>": lambda host, why: why in (reason(host) or ""),
    }
