"""The rows of the matrix for server groups."""

from tests.api.world import World
from tests.policy.appendix_b import MINE, OTHERS, SOMEBODY, Target
from tests.policy.operation import Made, Operation, at, new_name

from hostdown.domain.model import Caller
from hostdown.domain.quotas import UNLIMITED
from hostdown.domain.server_groups import GroupPolicy
from hostdown.services import server_groups
from hostdown.services.server_groups import Wanted


def _group(project_id: str) -> Made:
    def made(world: World) -> str:
        caller = Caller("somebody", "somebody", project_id, (), "req-1")
        wanted = Wanted(new_name(), project_id, GroupPolicy.AFFINITY)
        directory, now = world.parts.directory, world.clock.now()
        group = server_groups.create(directory, caller, wanted, UNLIMITED, now)
        return f"/os-server-groups/{group.uuid}"

    return made


_RULES = "os_compute_api:os-server-groups:"
_STRANGERS = Target(OTHERS, SOMEBODY)
_ALL, _ONE = "/os-server-groups", "/os-server-groups/{id}"
_NEW = {"server_group": {"name": "new", "policy": "affinity"}}

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", _ALL, "2.104", f"{_RULES}index", at(_ALL)),
    Operation(
        "GET", _ALL, "2.104", f"{_RULES}index", at(f"{_ALL}?all_projects=1"),
        content_rules=(f"{_RULES}index:all_projects",),
    ),
    Operation("POST", _ALL, "2.104", f"{_RULES}create", at(_ALL), _NEW),
    Operation("GET", _ONE, "2.104", f"{_RULES}show", _group(MINE)),
    Operation("GET", _ONE, "2.104", f"{_RULES}show", _group(OTHERS), target=_STRANGERS),
    Operation("DELETE", _ONE, "2.104", f"{_RULES}delete", _group(MINE), success=204),
    Operation(
        "DELETE", _ONE, "2.104", f"{_RULES}delete", _group(OTHERS), target=_STRANGERS, success=204,
    ),
)  # fmt: skip
