"""A valid request for every operation that shows moves of servers."""

from tests.api.moving import LIVE, move
from tests.api.serving import server
from tests.api.world import World
from tests.policy.appendix_b import MINE, OTHERS, SOMEBODY, Target
from tests.policy.operation import Made, Operation, at

_ALL = "os_compute_api:os-migrations:index"
_OF_ONE = "os_compute_api:servers:migrations"
_HOST = f"{_ALL}:host"
_STRANGERS = Target(OTHERS, SOMEBODY)


def _moving(project_id: str, one: bool = False, below: str = "") -> Made:
    """A server that is migrated live; `one`: that migration."""

    def made(world: World) -> str:
        uuid = server(world, project_id=project_id, task_state="migrating").uuid
        number = move(world, instance=uuid, project_id=project_id, **LIVE).id
        return f"/servers/{uuid}/migrations" + (f"/{number}{below}" if one else "")

    return made


def _of_one(method: str, below: str, rule: str, body: object) -> tuple[Operation, Operation]:
    """Of a migration in progress, of the callers' project and of another one."""
    path = "/servers/{id}/migrations/{migration_id}" + below
    own = Operation(
        method, path, "2.104", rule, _moving(MINE, True, below), body, 202,
        ("context_is_admin",), hidden=True,
    )  # fmt: skip
    return own, own._replace(made=_moving(OTHERS, True, below), target=_STRANGERS)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET", "/os-migrations", "2.104", _ALL, at(f"/os-migrations?project_id={MINE}"),
        content_rules=(_HOST,),
    ),
    Operation(
        "GET", "/os-migrations", "2.104", _ALL, at("/os-migrations"),
        further=(f"{_ALL}:all_projects",), content_rules=(_HOST,),
    ),
    Operation(
        "GET", "/servers/{id}/migrations", "2.104", f"{_OF_ONE}:index", _moving(MINE),
        content_rules=(f"{_OF_ONE}:index:host",), hidden=True,
    ),
    Operation(
        "GET", "/servers/{id}/migrations", "2.104", f"{_OF_ONE}:index", _moving(OTHERS),
        content_rules=("context_is_admin", f"{_OF_ONE}:index:host"), target=_STRANGERS,
        hidden=True,
    ),
    Operation(
        "GET", "/servers/{id}/migrations/{migration_id}", "2.104", f"{_OF_ONE}:show",
        _moving(MINE, one=True), hidden=True,
    ),
    Operation(
        "GET", "/servers/{id}/migrations/{migration_id}", "2.104", f"{_OF_ONE}:show",
        _moving(OTHERS, one=True), content_rules=("context_is_admin",), target=_STRANGERS,
        hidden=True,
    ),
    *_of_one("DELETE", "", f"{_OF_ONE}:delete", None),
    *_of_one("POST", "/action", f"{_OF_ONE}:force_complete", {"force_complete": None}),
)  # fmt: skip
"""Of the Compute API, below /v2.1."""
