"""POST /servers/{id}/action: migrate, resize, confirmResize, revertResize (contract 4.1, 4.4)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.server_actions import action, asker_of
from hostdown.api.compute.server_create_body import DISK_CONFIG, IDENTIFIER
from hostdown.api.compute.server_lookup import found, target_of
from hostdown.api.compute.types import HOST
from hostdown.domain.create_errors import FlavorUnknown
from hostdown.domain.flavor_errors import FlavorNotFound
from hostdown.services import flavors, resizes
from hostdown.services.project_use import allowance
from hostdown.services.resizes import Asked

_MIGRATE = "os_compute_api:os-migrate-server:migrate"
_SERVERS = "os_compute_api:servers"
_HOST_SINCE = Version(2, 56)

MIGRATE_BODY = (Param("host", {"oneOf": [HOST, {"type": "null"}]}),)
RESIZE_BODY = (
    Param("flavorRef", {"oneOf": [IDENTIFIER, {"type": "integer"}]}, required=True),
    Param("OS-DCF:diskConfig", DISK_CONFIG),
)


def migrate(call: Call) -> None:
    """migrate: accepted; the server then waits for confirmResize or revertResize."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    host = call.body.get("host")
    if host is not None:
        call.require(f"{_MIGRATE}:host", target_of(instance))
    resizes.ask(cell, call.parts.directory, instance.uuid, Asked(host), asker_of(call))
    call.parts.look_now()


def resize(call: Call) -> None:
    """resize: the same, with another flavor."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    asked = str(call.body["flavorRef"])
    try:
        viewer = flavors.Viewer(call.caller.project_id, call.by_admin)
        flavor = flavors.find(call.parts.directory, asked, viewer)
    except FlavorNotFound as error:
        raise FlavorUnknown(flavor_id=asked) from error
    parts = call.parts
    quotas = parts.settings.quotas
    allowed = allowance(quotas, parts.cells.all(), cell, instance.project_id)
    wanted = Asked(None, flavor, call.body.get("OS-DCF:diskConfig"), allowed)
    resizes.ask(cell, parts.directory, instance.uuid, wanted, asker_of(call))


def confirm(call: Call) -> None:
    """confirmResize: its first host keeps no room for it any more."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    resizes.confirm(cell, instance.uuid, asker_of(call))


def revert(call: Call) -> None:
    """revertResize: back to its first host, as it was."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    resizes.revert(cell, instance.uuid, asker_of(call))
    call.parts.look_now()


ROUTES = (
    action("migrate", migrate, _MIGRATE, until=Version(2, 55)),
    action(
        "migrate",
        migrate,
        _MIGRATE,
        MIGRATE_BODY,
        since=_HOST_SINCE,
        nullable=True,
        more_rules=(f"{_MIGRATE}:host",),
    ),
    action("resize", resize, f"{_SERVERS}:resize", RESIZE_BODY),
    action("confirmResize", confirm, f"{_SERVERS}:confirm_resize", success=204),
    action("revertResize", revert, f"{_SERVERS}:revert_resize"),
)
