"""A valid request for every operation that makes servers, deletes them or has them do something.

Where a server would need a host to be asked, it has none: 409 shows that the rules let it pass.
"""

from tests.api.serving import UNKNOWN_UUID, server
from tests.api.test_flavors import add
from tests.api.world import World
from tests.policy.appendix_b import MINE, OTHERS, SOMEBODY, Target
from tests.policy.operation import HOST, Made, Operation, at

from hostdown.domain.server_actions import ADMIN

_OS = "os_compute_api:"
_SERVERS = f"{_OS}servers:"
_LOCKS = f"{_OS}os-lock-server:"
_IS_ADMIN = "context_is_admin"
_STRANGERS = Target(OTHERS, SOMEBODY)
_MIGRATE = f"{_OS}os-migrate-server:migrate"
_ACTION = "/servers/{id}/action"


def _server(below: str, project_id: str, **facts: object) -> Made:
    def made(world: World) -> str:
        return f"/servers/{server(world, project_id=project_id, **facts).uuid}{below}"

    return made


def _action(
    action: str, rule: str, success: int, value: object = None, version: str = "2.104"
) -> tuple[Operation, Operation]:
    """Of the callers' project; then of another one, of which only administrators know."""
    own = Operation(
        "POST", _ACTION, version, rule, _server("/action", MINE), {action: value}, success,
        (_IS_ADMIN,), hidden=True,
    )  # fmt: skip
    return own, own._replace(made=_server("/action", OTHERS), target=_STRANGERS)


_LIVE = {"block_migration": "auto", "host": None}


def _migrate_to(project_id: str) -> Operation:
    """To a host by its name, which takes a rule of its own."""
    return Operation(
        "POST", _ACTION, "2.104", _MIGRATE, _server("/action", project_id),
        {"migrate": {"host": HOST}}, 409, (_IS_ADMIN,), (f"{_MIGRATE}:host",), hidden=True,
    )  # fmt: skip


def _migrate_live_to(project_id: str) -> Operation:
    return Operation(
        "POST", _ACTION, "2.104", f"{_MIGRATE}_live", _server("/action", project_id),
        {"os-migrateLive": {"block_migration": "auto", "host": HOST}}, 409, (_IS_ADMIN,),
        (f"{_MIGRATE}_live:host",), hidden=True,
    )  # fmt: skip


def _evacuate(version: str, value: object) -> tuple[Operation, Operation]:
    own, others = _action("evacuate", f"{_OS}os-evacuate", 400, value, version)
    return own._replace(content_rules=()), others


def _body(**facts: object) -> dict[str, object]:
    usual = {"name": "s", "flavorRef": "1", "imageRef": UNKNOWN_UUID, "networks": "none"}
    return {"server": usual | facts}


def _without_disk(world: World) -> str:
    """There is a flavor whose servers take as much as their images."""
    if world.parts.directory.read(lambda rows: rows.flavors.get("nodisk")) is None:
        add(world, "nodisk", root_gb=0)
    return "/servers"


def _create(body: object, *further: str) -> Operation:
    """Of an image that is not there, which is found out after all rules were asked."""
    return Operation(
        "POST", "/servers", "2.104", f"{_SERVERS}create", at("/servers"), body, 400,
        (_IS_ADMIN,), further,
    )  # fmt: skip


_DELETE = Operation(
    "DELETE", "/servers/{id}", "2.104", f"{_SERVERS}delete", _server("", MINE), None, 204,
    (_IS_ADMIN,), hidden=True,
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (
    _create(_body()),
    _create(_body(availability_zone=f"nova:{HOST}"), f"{_SERVERS}create:forced_host"),
    _create(_body(host=HOST), "compute:servers:create:requested_destination"),
    _create(_body(flavorRef="nodisk"), f"{_SERVERS}create:zero_disk_flavor")._replace(
        made=_without_disk,
        words="Only volume-backed servers are allowed for flavors with zero disk.",
    ),
    *_action("os-start", f"{_SERVERS}start", 409),
    *_action("os-stop", f"{_SERVERS}stop", 409),
    *_action("reboot", f"{_SERVERS}reboot", 409, {"type": "HARD"}),
    *_action("pause", f"{_OS}os-pause-server:pause", 409),
    *_action("unpause", f"{_OS}os-pause-server:unpause", 409),
    *_action("suspend", f"{_OS}os-suspend-server:suspend", 409),
    *_action("resume", f"{_OS}os-suspend-server:resume", 409),
    *_action("lock", f"{_LOCKS}lock", 202, version="2.72"),
    *_action("lock", f"{_LOCKS}lock", 202, {"locked_reason": "why"}),
    *_action("unlock", f"{_LOCKS}unlock", 202),
    Operation(
        "POST", _ACTION, "2.104", f"{_LOCKS}unlock",
        _server("/action", MINE, locked_by=ADMIN), {"unlock": None}, 202, (_IS_ADMIN,),
        (f"{_LOCKS}unlock:unlock_override",), hidden=True,
    ),
    *_action("os-resetState", f"{_OS}os-admin-actions:reset_state", 202, {"state": "active"}),
    *_action("migrate", f"{_MIGRATE}", 409, version="2.55"),
    *_action("migrate", f"{_MIGRATE}", 409),
    _migrate_to(MINE),
    _migrate_to(OTHERS)._replace(target=_STRANGERS),
    *_action("os-migrateLive", f"{_MIGRATE}_live", 409, _LIVE),
    _migrate_live_to(MINE),
    _migrate_live_to(OTHERS)._replace(target=_STRANGERS),
    *_action("resize", f"{_SERVERS}resize", 400, {"flavorRef": "nothing"}),
    *_action("confirmResize", f"{_SERVERS}confirm_resize", 409),
    *_action("revertResize", f"{_SERVERS}revert_resize", 409),
    *_evacuate("2.1", {"onSharedStorage": False}),
    *_evacuate("2.104", {}),
    _DELETE,
    _DELETE._replace(made=_server("", OTHERS), target=_STRANGERS),
)  # fmt: skip
"""Of the Compute API, below /v2.1."""
