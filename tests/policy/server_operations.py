"""A valid request for every operation that reads servers or changes what they are called."""

from tests.api.serving import server
from tests.api.world import NOW, World
from tests.policy.appendix_b import MINE, OTHERS, SOMEBODY, Target
from tests.policy.operation import Made, Operation, at

from hostdown.services.instance_ports import Action

_OS = "os_compute_api:"
_SERVERS = f"{_OS}servers:"
_METADATA = f"{_OS}server-metadata:"
_ACTIONS = f"{_OS}os-instance-actions:"
_IS_ADMIN = "context_is_admin"
_SEEN = (
    f"{_SERVERS}show:host_status",
    f"{_SERVERS}show:host_status:unknown-only",
    f"{_OS}os-extended-server-attributes",
    f"{_SERVERS}show:flavor-extra-specs",
)
_FILTERED = (_IS_ADMIN, f"{_SERVERS}allow_all_filters")
_STRANGERS = Target(OTHERS, SOMEBODY)


def _server(below: str, project_id: str) -> Made:
    """A server with an item of metadata, of which something was asked once."""

    def made(world: World) -> str:
        uuid = server(world, project_id=project_id, metadata={"k": "v"}).uuid
        action = Action(0, uuid, "stop", "req-1", "ann", project_id, None, NOW, NOW)
        world.cell.write(lambda rows: rows.actions.add(action, None))
        return f"/servers/{uuid}{below}"

    return made


def _one(
    method: str,
    below: str,
    rule: str,
    body: object = None,
    success: int = 200,
    content_rules: tuple[str, ...] = (),
) -> tuple[Operation, Operation]:
    """Of the callers' project; then of another one, of which only administrators know."""
    path = "/servers/{id}" + below.replace("/k", "/{key}").replace("/req-1", "/{request_id}")
    path = path.replace("/private", "/{label}")
    own = Operation(
        method, path, "2.104", rule, _server(below, MINE), body, success, content_rules,
        hidden=True,
    )  # fmt: skip
    others = own._replace(
        made=_server(below, OTHERS),
        content_rules=(_IS_ADMIN, *content_rules),
        target=_STRANGERS,
    )
    return own, others


_ITEMS = {"metadata": {"a": "b"}}
_ITEM = {"meta": {"k": "v"}}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET", "/servers", "2.104", f"{_SERVERS}index", at("/servers"), content_rules=_FILTERED,
    ),
    Operation(
        "GET", "/servers/detail", "2.104", f"{_SERVERS}detail", at("/servers/detail"),
        content_rules=(*_FILTERED, *_SEEN),
    ),
    Operation(
        "GET", "/servers", "2.104", f"{_SERVERS}index", at("/servers?all_tenants=1"),
        content_rules=_FILTERED, further=(f"{_SERVERS}index:get_all_tenants",),
    ),
    Operation(
        "GET", "/servers/detail", "2.104", f"{_SERVERS}detail", at("/servers/detail?all_tenants"),
        content_rules=(*_FILTERED, *_SEEN), further=(f"{_SERVERS}detail:get_all_tenants",),
    ),
    *_one("GET", "", f"{_SERVERS}show", content_rules=_SEEN),
    *_one("PUT", "", f"{_SERVERS}update", {"server": {}}, content_rules=_SEEN),
    *_one("GET", "/metadata", f"{_METADATA}index"),
    *_one("GET", "/metadata/k", f"{_METADATA}show"),
    *_one("POST", "/metadata", f"{_METADATA}create", _ITEMS, content_rules=(_IS_ADMIN,)),
    *_one("PUT", "/metadata", f"{_METADATA}update_all", _ITEMS, content_rules=(_IS_ADMIN,)),
    *_one("PUT", "/metadata/k", f"{_METADATA}update", _ITEM, content_rules=(_IS_ADMIN,)),
    *_one("DELETE", "/metadata/k", f"{_METADATA}delete", success=204, content_rules=(_IS_ADMIN,)),
    *_one("GET", "/ips", f"{_OS}ips:index"),
    *_one("GET", "/os-instance-actions", f"{_ACTIONS}list"),
    *_one(
        "GET", "/os-instance-actions/req-1", f"{_ACTIONS}show",
        content_rules=(f"{_ACTIONS}events", f"{_ACTIONS}events:details"),
    ),
    Operation(
        "GET", "/servers/{id}/ips/{label}", "2.104", f"{_OS}ips:show",
        _server("/ips/private", MINE), success=404, hidden=True,
    ),
    Operation(
        "GET", "/servers/{id}/ips/{label}", "2.104", f"{_OS}ips:show",
        _server("/ips/private", OTHERS), success=404, content_rules=(_IS_ADMIN,),
        target=_STRANGERS, hidden=True,
    ),
)  # fmt: skip
"""Of the Compute API, below /v2.1."""
