"""os-simple-tenant-usage: what the servers of a project add up to."""

from datetime import timedelta
from typing import Any

from tests.api.serving import MEMBER, STRANGER, server
from tests.api.world import ADMIN, PROJECT, World

USAGE = "/v2.1/os-simple-tenant-usage"
HOUR = timedelta(hours=1)
OTHER = "0" * 32


def asked(world: World, path: str = "", version: str = "2.1", token: str = ADMIN) -> dict[str, Any]:
    period = f"start={(world.clock.at - 4 * HOUR).isoformat()}&end={world.clock.at.isoformat()}"
    answer = world.ask(
        "GET", f"{USAGE}{path}{'&' if '?' in path else '?'}{period}", version, token=token
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_what_ran_is_added_up_by_project_the_deleted_with_the_others(world: World) -> None:
    now = world.clock.at
    going = server(world, launched_at=now - 10 * HOUR, project_id=PROJECT, name="a")
    server(
        world, launched_at=now - 3 * HOUR, terminated_at=now - HOUR, deleted=True,
        vm_state="deleted", project_id=PROJECT,
    )  # fmt: skip
    server(world, launched_at=None, project_id=OTHER)
    (record,) = asked(world)["tenant_usages"]
    flavor = going.flavor
    disk = flavor.root_gb + flavor.ephemeral_gb
    assert record == {
        "tenant_id": PROJECT, "total_hours": 6.0, "total_vcpus_usage": 6.0 * flavor.vcpus,
        "total_memory_mb_usage": 6.0 * flavor.memory_mb, "total_local_gb_usage": 6.0 * disk,
        "start": f"{(now - 4 * HOUR).isoformat()}", "stop": f"{now.isoformat()}",
    }  # fmt: skip
    (detailed,) = asked(world, "?detailed=1")["tenant_usages"]
    assert detailed.keys() - record.keys() == {"server_usages"}
    assert asked(world, f"/{PROJECT}", token=MEMBER)["tenant_usage"] == detailed
    each = {one["instance_id"]: one for one in detailed["server_usages"]}
    assert each.pop(going.uuid) == {
        "instance_id": going.uuid, "name": "a", "hours": 4.0, "flavor": flavor.name,
        "memory_mb": flavor.memory_mb, "local_gb": disk, "vcpus": flavor.vcpus,
        "tenant_id": PROJECT, "started_at": f"{(now - 10 * HOUR).isoformat()}",
        "ended_at": None, "state": going.vm_state, "uptime": 36000,
    }  # fmt: skip
    (gone,) = each.values()
    assert (gone["state"], gone["uptime"], gone["hours"]) == ("terminated", 7200, 2.0)


def test_another_projects_usage_is_for_administrators(world: World) -> None:
    answer = world.ask("GET", f"{USAGE}/{PROJECT}", "2.1", token=STRANGER)
    assert answer.status_code == 403


def test_pages_of_servers_come_from_2_40_on(world: World) -> None:
    made = sorted(
        server(world, launched_at=world.clock.at - HOUR, project_id=PROJECT).uuid for _ in range(3)
    )
    assert len(asked(world, f"/{PROJECT}?limit=2")["tenant_usage"]["server_usages"]) == 3
    first = asked(world, f"/{PROJECT}?limit=2", "2.40")
    assert [each["instance_id"] for each in first["tenant_usage"]["server_usages"]] == made[:2]
    assert f"marker={made[1]}" in first["tenant_usage_links"][0]["href"]
    rest = asked(world, f"/{PROJECT}?limit=2&marker={made[1]}", "2.40")
    assert [each["instance_id"] for each in rest["tenant_usage"]["server_usages"]] == made[2:]
    assert "tenant_usage_links" not in rest


def test_a_page_begins_behind_a_server_of_the_project(world: World) -> None:
    other = server(world, project_id=OTHER).uuid
    for marker in (other, "x"):
        answer = world.ask("GET", f"{USAGE}/{PROJECT}?marker={marker}", "2.40")
        message = answer.json["badRequest"]["message"]
        assert (answer.status_code, message) == (400, f"marker [{marker}] not found")
    assert asked(world, f"?marker={other}", "2.40") == {"tenant_usages": []}
