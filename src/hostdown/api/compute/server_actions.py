"""POST /servers/{id}/action and DELETE /servers/{id} (contract 3.9, 4.1, 4.3)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.route import Handler, Route
from hostdown.api.compute.server_lookup import found, target_of
from hostdown.api.compute.types import TEXT
from hostdown.api.rights import IS_ADMIN
from hostdown.domain import server_actions
from hostdown.domain.instance import VmState
from hostdown.domain.liveness import window
from hostdown.domain.server_actions import ADMIN, ServerAction
from hostdown.services import server_changes, server_lookup
from hostdown.services.server_changes import Asker

_SERVERS = "os_compute_api:servers"
_LOCKS = "os_compute_api:os-lock-server"


def asker_of(call: Call) -> Asker:
    """Who asks for a change, at this moment."""
    now = call.parts.clock.now()
    return Asker(call.caller, call.by_admin, window(now, call.parts.liveness), now)


def _acting(action: ServerAction) -> Handler:
    def act(call: Call) -> None:
        cell, instance, _ = found(call)
        call.authorize(target_of(instance))
        server_changes.act(cell, instance.uuid, action, asker_of(call))
        call.parts.look_now()

    return act


def reboot(call: Call) -> None:
    """reboot: a soft one asks the guest first."""
    hard = call.body["type"].upper() == "HARD"
    _acting(server_actions.REBOOT_HARD if hard else server_actions.REBOOT_SOFT)(call)


def lock(call: Call) -> None:
    """lock: from then on only administrators change it."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    server_changes.lock(cell, instance.uuid, call.body.get("locked_reason"), asker_of(call))


def unlock(call: Call) -> None:
    """unlock: what an administrator locked, a rule of its own lets unlock."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    if instance.locked_by == ADMIN:
        call.require(f"{_LOCKS}:unlock:unlock_override", target_of(instance))
    server_changes.unlock(cell, instance.uuid, asker_of(call))


def reset_state(call: Call) -> None:
    """os-resetState."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    vm_state = VmState(call.body["state"])
    server_changes.reset_state(cell, instance.uuid, vm_state, asker_of(call))


def delete(call: Call) -> None:
    """DELETE /servers/{id}."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    if server_changes.delete(cell, instance.uuid, asker_of(call)).deleted:
        server_lookup.forget(call.parts.directory, instance.uuid)
    call.parts.look_now()


# ----------------------------------------------------------------------------------------- routes

_ONE = "/servers/{id}"
_TYPES = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
REBOOT_BODY = (Param("type", {"type": "string", "enum": _TYPES}, required=True),)
RESET_BODY = (Param("state", {"type": "string", "enum": ["active", "error"]}, required=True),)
LOCK_BODY = (Param("locked_reason", TEXT),)


def action(
    name: str,
    handler: Handler,
    rule: str,
    body: tuple[Param, ...] | None = None,
    since: Version = MINIMUM,
    until: Version = MAXIMUM,
    success: int = 202,
    nullable: bool = False,
    more_rules: tuple[str, ...] = (),
) -> Route:
    """The row of an action of servers."""
    return Route(
        "POST",
        f"{_ONE}/action",
        handler,
        rule,
        since=since,
        until=until,
        action=name,
        success=success,
        body=body,
        faults=(404, 409),
        nullable=nullable,
        more_rules=(IS_ADMIN, *more_rules),
    )


_PAUSE = "os_compute_api:os-pause-server"
_SUSPEND = "os_compute_api:os-suspend-server"

ROUTES = (
    action("os-start", _acting(server_actions.START), f"{_SERVERS}:start"),
    action("os-stop", _acting(server_actions.STOP), f"{_SERVERS}:stop"),
    action("reboot", reboot, f"{_SERVERS}:reboot", REBOOT_BODY),
    action("pause", _acting(server_actions.PAUSE), f"{_PAUSE}:pause"),
    action("unpause", _acting(server_actions.UNPAUSE), f"{_PAUSE}:unpause"),
    action("suspend", _acting(server_actions.SUSPEND), f"{_SUSPEND}:suspend"),
    action("resume", _acting(server_actions.RESUME), f"{_SUSPEND}:resume"),
    action("lock", lock, f"{_LOCKS}:lock", until=Version(2, 72)),
    action("lock", lock, f"{_LOCKS}:lock", LOCK_BODY, since=Version(2, 73), nullable=True),
    action("unlock", unlock, f"{_LOCKS}:unlock", more_rules=(f"{_LOCKS}:unlock:unlock_override",)),
    action("os-resetState", reset_state, "os_compute_api:os-admin-actions:reset_state", RESET_BODY),
    Route(
        "DELETE",
        _ONE,
        delete,
        f"{_SERVERS}:delete",
        success=204,
        faults=(404, 409),
        more_rules=(IS_ADMIN,),
    ),
)
