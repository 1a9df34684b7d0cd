"""Lists of servers: whose, which, in which order, page by page (contract 3.6, 1.11, §9)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.api.asking import told
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, server
from tests.api.world import ADMIN, NOW, PROJECT, Breakable, World, open_world
from tests.contracts.test_instances import FLAVOR, IMAGE

from hostdown.api.app import ApiSettings
from hostdown.domain.errors import CellUnavailable
from hostdown.domain.instance import Extras, Instance
from hostdown.domain.instance_order import column
from hostdown.domain.patterns import containing
from hostdown.services.cell_ports import Cell
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.server_list import Wanted, list_servers

HOUR = timedelta(hours=1)


def page(
    world: World, query: str = "", token: str = ADMIN, version: str = "2.104"
) -> dict[str, Any]:
    answer = world.ask("GET", f"/v2.1/servers{query}", version, token=token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def names(world: World, query: str = "", token: str = ADMIN, version: str = "2.104") -> str:
    return " ".join(each["name"] for each in page(world, query, token, version)["servers"])


def fill(world: World, table: dict[str, dict[str, object]]) -> dict[str, Instance]:
    """Servers by name, each older than the one before."""
    made = {}
    for number, (name, facts) in enumerate(table.items()):
        at = NOW - number * HOUR
        made[name] = server(world, **{"name": name, "created_at": at, "updated_at": at, **facts})
    return made


FEW: dict[str, dict[str, object]] = {
    "a": {"host": "host1", "user_id": "ann", "power_state": 4, "vm_state": "stopped"},
    "bb": {"host": "host2", "description": "x+y", "extras": Extras(key_name="key", launch_index=2)},
    "b": {"host": "host1", "task_state": "rebuilding", "locked_by": "admin", "image": None},
    "c": {"vm_state": "error", "zone": "asked", "launched_at": None},
    "d": {"project_id": "other", "host": "host1"},
    "gone": {"deleted": True, "vm_state": "deleted", "terminated_at": NOW},
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "a bb b c"),
        ("?all_tenants=1", "a bb b c d"),
        ("?all_tenants", "a bb b c d"),
        ("?all_tenants=1&tenant_id=other", "d"),
        ("?all_tenants=1&project_id=other", "d"),
        ("?project_id=other&tenant_id=other", "a bb b c"),
        ("?host=host1", "a b"),
        ("?host=host1&all_tenants=1", "a b d"),
        ("?host=host1&host=host2", "a bb b"),
        ("?user_id=nobody", ""),
        ("?name=b", "bb b"),
        ("?name=^b$", "b"),
        ("?name=^b$|^c", "b c"),
        ("?name=B", ""),
        ("?display_description=%5C%2B", "bb"),
        ("?power_state=4", "a"),
        ("?power_state=RUNNING", ""),
        ("?node=2$", "bb"),
        ("?key_name=.", "bb"),
        ("?launch_index=2", "bb"),
        ("?locked=yes", "b"),
        ("?locked=0", "a bb c"),
        ("?locked_by=admin", "b"),
        (f"?image={IMAGE.id}", "a bb c"),
        ("?image=", "b"),
        ("?flavor=f1", ""),
        ("?flavor=1", "a bb b c"),
        ("?flavor=nonsense", ""),
        ("?availability_zone=asked", "c"),
        ("?availability_zone=^nova$", "a bb b"),
        ("?launched_at=2026", "a bb b"),
        ("?created_at=T", ""),
        ("?created_at=2026-11-20 09:00:00", "bb"),
        ("?ip=1", ""),
        ("?ip6=.", ""),
        ("?tags=x", ""),
        ("?tags-any=x", ""),
        ("?not-tags=x&not-tags-any=y", "a bb b c"),
        ("?status=active", "bb b"),
        ("?status=REBUILD", "b"),
        ("?status=shutoff&status=ERROR", "a c"),
        ("?status=deleted", "gone"),
        ("?status=deleted&status=error", "c"),
        ("?vm_state=error", "c"),
        ("?task_state=rebuilding", "b"),
        ("?deleted=true", "gone"),
        ("?deleted=perhaps", "a bb b c"),
        ("?changes-since=2026-11-20T05:00:00.123456Z", "a bb b c gone"),
        ("?changes-since=2026-11-20T09:00:00.123456Z", "a bb"),
        ("?changes-before=2026-11-20T07:00:00.123456Z", "c gone"),
        ("?changes-before=2026-11-20T07:00:00.123456Z&deleted=0", "c"),
        (f"?uuid={UNKNOWN_UUID}", ""),
        ("?limit=2&name=[abc]", "a bb"),
        ("?limit=0", ""),
        ("?sort_key=display_name&sort_dir=desc", "c bb b a"),
        ("?sort_key=host&sort_dir=asc", "c b a bb"),
        ("?sort_key=vm_state&sort_key=display_name&sort_dir=asc&sort_dir=desc", "bb b c a"),
        ("?sort_key=launch_index&sort_dir=desc", "bb a b c"),
        ("?sort_key=availability_zone&sort_dir=asc&limit=1", "c"),
        ("?sort_key=locked&name=b", "b bb"),
        ("?sort_dir=asc", "c b bb a"),
    ],
)
def test_an_administrator_finds(filled: World, query: str, expected: str) -> None:
    assert names(filled, query) == expected
    detail = page(filled, f"/detail{query}")["servers"]
    assert " ".join(each["name"] for each in detail) == expected


@pytest.mark.parametrize(
    ("query", "version", "expected"),
    [
        ("", "2.1", "a bb b c"),
        ("?host=nowhere&deleted=1&key_name=x", "2.1", "a bb b c"),
        ("?key_name=key", "2.82", "a bb b c"),
        ("?key_name=key", "2.83", "bb"),
        ("?name=b&status=ACTIVE", "2.1", "bb b"),
        ("?hostname=nothing", "2.89", "a bb b c"),
        ("?hostname=nothing", "2.90", ""),
        ("?changes-since=2026-11-20T05:00:00.123456Z", "2.1", "a bb b c gone"),
    ],
)
def test_others_filter_by_less(filled: World, query: str, version: str, expected: str) -> None:
    assert names(filled, query, MEMBER, version) == expected
    assert names(filled, query, STRANGER, version) == ""


@pytest.fixture(scope="module")
def filled() -> Any:  # noqa: ANN401 - a generator of a world
    with open_world() as world:
        fill(world, FEW)
        yield world


@pytest.mark.parametrize(
    "order",
    ["", "&sort_key=display_name&sort_dir=asc", "&sort_key=launch_index", "&name=."],
)
def test_pages_follow_each_other_to_the_end(filled: World, order: str) -> None:
    everything = [each["id"] for each in page(filled, f"?all_tenants=1{order}")["servers"]]
    assert len(everything) == 5
    for limit in (1, 2, 5):
        seen: list[str] = []
        path = f"?all_tenants=1&limit={limit}{order}"
        while path:
            found = page(filled, path)
            seen += [each["id"] for each in found["servers"]]
            links = found.get("servers_links", [])
            path = "?" + links[0]["href"].partition("?")[2] if links else ""
        assert seen == everything


def test_a_marker_is_a_server_that_the_caller_may_know_of(filled: World) -> None:
    every = {each["name"]: each["id"] for each in page(filled, "?all_tenants=1")["servers"]}
    gone = page(filled, "?deleted=1")["servers"][0]["id"]
    assert names(filled, f"?marker={every['bb']}", MEMBER) == "b c"
    assert names(filled, f"?marker={every['d']}") == ""
    assert names(filled, f"?marker={gone}&sort_dir=asc", MEMBER) == "c b bb a"
    for marker in (every["d"], UNKNOWN_UUID, "x"):
        answer = filled.ask("GET", f"/v2.1/servers?marker={marker}", token=MEMBER)
        assert told(answer) == (400, f"marker [{marker}] not found")


@pytest.mark.parametrize(("limit", "expected"), [(9, "n1 n4 n6"), (2, "n1 n4"), (0, "")])
def test_a_name_is_searched_for_through_everything_until_a_page_is_full(
    world: World, limit: int, expected: str
) -> None:
    fill(world, {f"n{number}": {} for number in range(7)})
    search = containing("n[146]")
    order = [column("created_at", True), column("id", True)]
    wanted = Wanted(InstanceQuery(), order, limit, lambda each: search(each.name), batch=2)
    found = list_servers(world.parts.cells, wanted, services=False).instances
    assert " ".join(each.name for each in found) == expected
    assert names(world, "?name=(a%2B)%2B$") == ""


class TwoCells:
    """The world's own cell, and one more."""

    def __init__(self, first: Breakable, second: Breakable) -> None:
        self._cells = {cell.name: cell for cell in (first, second)}

    def named(self, name: str) -> Cell:
        return self._cells[name]

    def all(self) -> Sequence[Cell]:
        return [*self._cells.values()]


class Renamed(Breakable):
    name = "cell2"


def second_cell(world: World, other: World) -> Renamed:
    """From now on the world has the other world's cell too."""
    cell = Renamed(other.cell.real)
    world.parts.cells.all = TwoCells(world.cell, cell).all  # type: ignore[method-assign]
    world.parts.cells.named = TwoCells(world.cell, cell).named  # type: ignore[method-assign]
    return cell


def test_servers_of_several_cells_come_in_one_order(world: World) -> None:
    with open_world() as other:
        cell = second_cell(world, other)
        fill(world, {"a": {}, "b": {}, "c": {}})
        world.cell, mine = cell, world.cell  # what follows goes into the other cell
        made = fill(
            world, {"a2": {"created_at": NOW - HOUR / 2}, "c2": {"created_at": NOW - 3 * HOUR}}
        )
        world.cell = mine
        assert names(world) == "a a2 b c c2"
        assert names(world, "?limit=3") == "a a2 b"
        assert names(world, f"?marker={made['a2'].uuid}") == "b c c2"
        assert names(world, "?name=2") == "a2 c2"
        answer = world.ask("GET", f"/v2.1/servers/{made['c2'].uuid}")
        assert answer.json["server"]["name"] == "c2"
        cell.error = CellUnavailable(cell=cell.name)
        assert names(world, version="2.68") == "a b c"
        found = page(world)["servers"]
        assert [each.get("name", each.get("status")) for each in found] == [
            "a", "b", "c", "UNKNOWN", "UNKNOWN",
        ]  # fmt: skip
        assert names(world, "?name=.") == "a b c"


@pytest.mark.parametrize("version", ["2.68", "2.69", "2.71", "2.104"])
def test_a_silent_cell_leaves_what_the_directory_knows(world: World, version: str) -> None:
    group = UNKNOWN_UUID
    made = server(world, zone="z", group=group)
    server(world, project_id="other")
    server(world, deleted=True)
    world.silence_cell()
    base = "http://falconframework.org"
    links = [
        {"rel": "self", "href": f"{base}/v2.1/servers/{made.uuid}"},
        {"rel": "bookmark", "href": f"{base}/servers/{made.uuid}"},
    ]
    one = world.ask("GET", f"/v2.1/servers/{made.uuid}", version, token=MEMBER)
    if version == "2.68":
        assert page(world, version=version) == page(world, "/detail", version=version)
        assert page(world, version=version) == {"servers": []}
        assert one.status_code == 500
        return
    brief = {"id": made.uuid, "status": "UNKNOWN", "links": links}
    assert page(world, version=version) == {"servers": [brief]}
    assert len(page(world, "?all_tenants=1", version=version)["servers"]) == 2
    created = {"tenant_id": PROJECT, "created": "2026-11-20T10:00:00Z"}
    assert page(world, "/detail", version=version) == {"servers": [brief | created]}
    for query in ("?limit=5", "?name=x", "?sort_key=uuid", "?sort_dir=asc"):
        assert page(world, query, version=version) == {"servers": []}
    assert one.json["server"] == {
        **brief,
        **created,
        "image": {
            "id": IMAGE.id,
            "links": [{"rel": "bookmark", "href": f"{base}/images/{IMAGE.id}"}],
        },
        "flavor": {
            "vcpus": 2, "ram": 512, "disk": 7, "ephemeral": 0, "swap": 0,
            "original_name": FLAVOR.name, "extra_specs": dict(FLAVOR.extra_specs),
        },
        "OS-EXT-AZ:availability_zone": "z",
        "OS-EXT-STS:power_state": 0,
        "user_id": "ann",
        **({} if version < "2.71" and version != "2.104" else {"server_groups": [group]}),
    }  # fmt: skip
    order = "id status tenant_id created links image flavor OS-EXT-AZ:availability_zone"
    assert list(one.json["server"])[:8] == order.split()
    assert (
        world.ask("GET", f"/v2.1/servers/{made.uuid}", version, token=STRANGER).status_code == 404
    )
    for method, below in (("PUT", ""), ("GET", "/metadata"), ("GET", "/os-instance-actions")):
        body = {"server": {}} if method == "PUT" else None
        answer = world.ask(method, f"/v2.1/servers/{made.uuid}{below}", version, body)
        assert answer.status_code == 500


def test_lists_may_refuse_to_look_shorter_than_they_are() -> None:
    with open_world(ApiSettings(skip_down_cells=False)) as world:
        server(world)
        world.silence_cell()
        for query, version, status in (
            ("", "2.68", 500), ("?limit=5", "2.104", 500), ("", "2.69", 200),
        ):  # fmt: skip
            assert world.ask("GET", f"/v2.1/servers{query}", version).status_code == status
