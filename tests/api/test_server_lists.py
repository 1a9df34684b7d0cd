"""Lists of servers: whose, which, in which order, page by page (contract 3.6, 1.11, §9)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.api.asking import told
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, server
from tests.api.world import ADMIN, NOW, World, open_world
from tests.contracts.test_instances import IMAGE

from hostdown.domain.instance import Extras, Instance
from hostdown.domain.instance_order import column
from hostdown.domain.patterns import containing
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
def filled() -> Iterator[World]:
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
