"""POST /servers/{id}/action os-migrateLive: to another host while it runs (contract 4.5)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.server_actions import action, asker_of
from hostdown.api.compute.server_lookup import found, target_of
from hostdown.api.compute.types import BOOLEAN, HOST, truth
from hostdown.domain.evacuation_errors import ForcedNowhere
from hostdown.services import live_migrations
from hostdown.services.live_migrations import Asked

_RULE = "os_compute_api:os-migrate-server:migrate_live"
_HOST_RULE = f"{_RULE}:host"
_DISKS_UNTIL = Version(2, 24)
_AUTO_SINCE = Version(2, 25)
_FORCE_SINCE, _FORCE_UNTIL = Version(2, 30), Version(2, 67)
_AT_ONCE_UNTIL = Version(2, 33)
AUTO = "auto"

BODY = (
    Param("block_migration", BOOLEAN, until=_DISKS_UNTIL, required=True),
    Param(
        "block_migration",
        {**BOOLEAN, "enum": [*BOOLEAN["enum"], AUTO]},
        since=_AUTO_SINCE,
        required=True,
    ),
    Param("disk_over_commit", BOOLEAN, until=_DISKS_UNTIL, required=True),
    Param("host", {"oneOf": [HOST, {"type": "null"}]}, required=True),
    Param("force", BOOLEAN, since=_FORCE_SINCE, until=_FORCE_UNTIL),
)


def migrate_live(call: Call) -> None:
    """os-migrateLive: accepted; how it goes on is told by the server's migrations."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    host, block = call.body["host"], call.body["block_migration"]
    if host is not None:
        call.require(_HOST_RULE, target_of(instance))
    forced = truth(call.body.get("force", False))
    if forced and host is None:
        raise ForcedNowhere
    asked = Asked(
        host,
        forced=host is not None and (forced or call.version < _FORCE_SINCE),
        copy=None if block == AUTO else truth(block),
        now=call.version <= _AT_ONCE_UNTIL,
    )
    live_migrations.ask(cell, call.parts.surveyor, instance.uuid, asked, asker_of(call))
    call.parts.look_now()


ROUTES = (
    action(
        "os-migrateLive",
        migrate_live,
        _RULE,
        BODY,
        since=MINIMUM,
        until=MAXIMUM,
        more_rules=(_HOST_RULE,),
    ),
)
