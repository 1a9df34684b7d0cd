"""POST /servers/{id}/action and DELETE /servers/{id} (contract 3.9, 4.1, 4.3)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.found_server import asker, found_server, target
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.route import Handler, Route
from hostdown.api.compute.types import TEXT
from hostdown.domain import server_actions
from hostdown.domain.instance import VmState
from hostdown.domain.server_actions import ADMIN, ServerAction
from hostdown.services import server_changes, servers

_SERVERS = "os_compute_api:servers"
_LOCKS = "os_compute_api:os-lock-server"


def _acting(action: ServerAction) -> Handler:
    def act(call: Call) -> None:
        cell, instance = found_server(call)
        call.authorize(target(instance))
        server_changes.act(cell, instance.uuid, action, asker(call))

    return act


def reboot(call: Call) -> None:
    """reboot: a soft one asks the guest first."""
    hard = call.body["type"].upper() == "HARD"
    _acting(server_actions.REBOOT_HARD if hard else server_actions.REBOOT_SOFT)(call)


def lock(call: Call) -> None:
    """lock: from then on only administrators change it."""
    cell, instance = found_server(call)
    call.authorize(target(instance))
    server_changes.lock(cell, instance.uuid, call.body.get("locked_reason"), asker(call))


def unlock(call: Call) -> None:
    """unlock: what an administrator locked, a rule of its own lets unlock."""
    cell, instance = found_server(call)
    call.authorize(target(instance))
    if instance.locked_by == ADMIN:
        call.require(f"{_LOCKS}:unlock:unlock_override", target(instance))
    server_changes.unlock(cell, instance.uuid, asker(call))


def reset_state(call: Call) -> None:
    """os-resetState."""
    cell, instance = found_server(call)
    call.authorize(target(instance))
    vm_state = VmState(call.body["state"])
    server_changes.reset_state(cell, instance.uuid, vm_state, asker(call))


def delete(call: Call) -> None:
    """DELETE /servers/{id}."""
    cell, instance = found_server(call)
    call.authorize(target(instance))
    after = server_changes.delete(cell, instance.uuid, asker(call))
    if after.deleted:
        servers.forget(call.parts.directory, after.uuid)


# ----------------------------------------------------------------------------------------- routes

_ONE = "/servers/{id}"
_TYPES = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
REBOOT_BODY = (Param("type", {"type": "string", "enum": _TYPES}, required=True),)
RESET_BODY = (Param("state", {"type": "string", "enum": ["active", "error"]}, required=True),)
LOCK_BODY = (Param("locked_reason", TEXT),)


def _action(
    name: str,
    handler: Handler,
    rule: str,
    body: tuple[Param, ...] | None = None,
    since: Version = MINIMUM,
    until: Version = MAXIMUM,
    nullable: bool = False,
    more_rules: tuple[str, ...] = (),
) -> Route:
    return Route(
        "POST",
        f"{_ONE}/action",
        handler,
        rule,
        since=since,
        until=until,
        action=name,
        success=202,
        body=body,
        faults=(404, 409),
        nullable=nullable,
        more_rules=more_rules,
    )


_PAUSE = "os_compute_api:os-pause-server"
_SUSPEND = "os_compute_api:os-suspend-server"

ROUTES = (
    _action("os-start", _acting(server_actions.START), f"{_SERVERS}:start"),
    _action("os-stop", _acting(server_actions.STOP), f"{_SERVERS}:stop"),
    _action("reboot", reboot, f"{_SERVERS}:reboot", REBOOT_BODY),
    _action("pause", _acting(server_actions.PAUSE), f"{_PAUSE}:pause"),
    _action("unpause", _acting(server_actions.UNPAUSE), f"{_PAUSE}:unpause"),
    _action("suspend", _acting(server_actions.SUSPEND), f"{_SUSPEND}:suspend"),
    _action("resume", _acting(server_actions.RESUME), f"{_SUSPEND}:resume"),
    _action("lock", lock, f"{_LOCKS}:lock", until=Version(2, 72)),
    _action("lock", lock, f"{_LOCKS}:lock", LOCK_BODY, since=Version(2, 73), nullable=True),
    _action("unlock", unlock, f"{_LOCKS}:unlock", more_rules=(f"{_LOCKS}:unlock:unlock_override",)),
    _action(
        "os-resetState", reset_state, "os_compute_api:os-admin-actions:reset_state", RESET_BODY
    ),
    Route("DELETE", _ONE, delete, f"{_SERVERS}:delete", success=204, faults=(404, 409)),
)
