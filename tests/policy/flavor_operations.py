"""The rows of the matrix for flavors, their extra specs and who may use them."""

from tests.api.test_flavors import add
from tests.api.world import World
from tests.policy.appendix_b import MINE
from tests.policy.operation import Made, Operation, at, new_name

from hostdown.domain.model import Flavor
from hostdown.services.directory_ports import DirectoryRows


def _flavor(below: str = "", *, is_public: bool = True) -> Made:
    def made(world: World) -> str:
        flavorid = new_name()
        add(world, flavorid, is_public=is_public, extra_specs='{"cpu": "1"}')
        return f"/flavors/{flavorid}{below}"

    return made


def _let_in(world: World) -> str:
    """A private flavor that the callers' project may use."""
    path = _flavor(is_public=False)(world)
    flavorid = path.rpartition("/")[2]
    world.parts.directory.write(
        lambda rows: rows.flavor_projects.add(_found(rows.flavors.get(flavorid)), MINE)
    )
    return f"{path}/action"


def _found(flavor: Flavor | None) -> Flavor:
    assert flavor is not None
    return flavor


def _with_new_name(world: World) -> str:
    """Takes the name `new` away from whoever has it."""

    def work(rows: DirectoryRows) -> None:
        for each in rows.flavors.all():
            if each.name == "new":
                rows.flavors.remove(each)

    world.parts.directory.write(work)
    return "/flavors"


_IS_ADMIN = "context_is_admin"
_MANAGE = "os_compute_api:os-flavor-manage:"
_SPECS = "os_compute_api:os-flavor-extra-specs:"
_ACCESS = "os_compute_api:os-flavor-access"
_PARTS = (_IS_ADMIN, f"{_SPECS}index")
_SEEN_BY = (_IS_ADMIN,)
_SIZES = {"name": "new", "ram": 1, "vcpus": 1, "disk": 0}
_ONE = "/flavors/{id}"

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/flavors", "2.104", None, at("/flavors"), content_rules=_SEEN_BY),
    Operation(
        "GET", "/flavors/detail", "2.104", None, at("/flavors/detail"), content_rules=_PARTS,
    ),
    Operation("GET", _ONE, "2.104", None, at("/flavors/1"), content_rules=_PARTS),
    Operation(
        "POST", "/flavors", "2.104", f"{_MANAGE}create", _with_new_name, {"flavor": _SIZES},
        content_rules=(f"{_SPECS}index",),
    ),
    Operation(
        "PUT", _ONE, "2.104", f"{_MANAGE}update", _flavor(), {"flavor": {"description": None}},
        content_rules=_PARTS,
    ),
    Operation(
        "DELETE", _ONE, "2.104", f"{_MANAGE}delete", _flavor(), content_rules=_SEEN_BY, success=202,
    ),
    Operation(
        "GET", f"{_ONE}/os-extra_specs", "2.104", f"{_SPECS}index", _flavor("/os-extra_specs"),
        content_rules=_SEEN_BY,
    ),
    Operation(
        "POST", f"{_ONE}/os-extra_specs", "2.104", f"{_SPECS}create", _flavor("/os-extra_specs"),
        {"extra_specs": {"key": "value"}}, content_rules=_SEEN_BY,
    ),
    Operation(
        "GET", f"{_ONE}/os-extra_specs/{{key}}", "2.104", f"{_SPECS}show",
        _flavor("/os-extra_specs/cpu"), content_rules=_SEEN_BY,
    ),
    Operation(
        "PUT", f"{_ONE}/os-extra_specs/{{key}}", "2.104", f"{_SPECS}update",
        _flavor("/os-extra_specs/cpu"), {"cpu": "2"}, content_rules=_SEEN_BY,
    ),
    Operation(
        "DELETE", f"{_ONE}/os-extra_specs/{{key}}", "2.104", f"{_SPECS}delete",
        _flavor("/os-extra_specs/cpu"), content_rules=_SEEN_BY,
    ),
    Operation(
        "GET", f"{_ONE}/os-flavor-access", "2.104", _ACCESS,
        _flavor("/os-flavor-access", is_public=False), content_rules=_SEEN_BY,
    ),
    Operation(
        "POST", f"{_ONE}/action", "2.104", f"{_ACCESS}:add_tenant_access",
        _flavor("/action", is_public=False), {"addTenantAccess": {"tenant": MINE}},
        content_rules=_SEEN_BY,
    ),
    Operation(
        "POST", f"{_ONE}/action", "2.104", f"{_ACCESS}:remove_tenant_access", _let_in,
        {"removeTenantAccess": {"tenant": MINE}}, content_rules=_SEEN_BY,
    ),
)  # fmt: skip
