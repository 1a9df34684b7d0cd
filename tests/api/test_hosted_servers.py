"""Hosts with servers: what they are counted for, and what is not done to them (contract 2.8, 6)."""

from typing import Any

import pytest
from tests.api.asking import told
from tests.api.hosting import node
from tests.api.serving import server
from tests.api.world import PROJECT, World
from tests.contracts.test_instances import FLAVOR

BIG = FLAVOR._replace(ephemeral_gb=3)


@pytest.mark.parametrize(("version", "name"), [("2.52", "id"), ("2.53", "uuid")])
def test_a_service_is_not_deleted_from_under_servers(world: World, version: str, name: str) -> None:
    service = world.service("host1")
    world.replace(service, service._replace(forced_down=True))
    made = server(world, host="host1")
    path = f"/v2.1/os-services/{getattr(service, name)}"
    message = (
        "Unable to delete compute service that is hosting instances. Migrate or delete the "
        "instances first."
    )
    assert told(world.ask("DELETE", path, version)) == (409, message)
    assert world.directory.read(lambda rows: rows.hosts.named("host1")) is not None
    world.cell.write(lambda rows: rows.instances.replace(made, made._replace(deleted=True)))
    assert world.ask("DELETE", path, version).status_code == 204


def test_a_host_tells_what_its_servers_add_up_to(world: World) -> None:
    node(world, "host1")
    for project in ("b", "a", "b"):
        server(world, host="host1", project_id=project, flavor=BIG)
    server(world, host="host2")
    server(world, host="host1", deleted=True)
    shares = [
        each["resource"] for each in world.ask("GET", "/v2.1/os-hosts/host1").json["host"][2:]
    ]
    facts = ("project", "cpu", "memory_mb", "disk_gb")
    assert [tuple(each[name] for name in facts) for each in shares] == [
        ("(used_max)", 6, 1536, 30),
        ("a", 2, 512, 10),
        ("b", 4, 1024, 20),
    ]  # fmt: skip


def test_hypervisors_name_the_servers_of_each_host(world: World) -> None:
    for number in range(12):
        node(world, f"host{number}")
        server(world, host=f"host{number}", name=f"n{number}")
    server(world)
    found = world.ask("GET", "/v2.1/os-hypervisors?with_servers=true", "2.53").json["hypervisors"]
    assert [[each["name"] for each in one["servers"]] for one in found] == [
        [f"instance-{number:08x}"] for number in range(1, 13)
    ]


def _aggregate(world: World, zone: str | None = None) -> int:
    body: dict[str, Any] = {"name": f"of {zone}"}
    if zone is not None:
        body["availability_zone"] = zone
    answer = world.ask("POST", "/v2.1/os-aggregates", body={"aggregate": body})
    return int(answer.json["aggregate"]["id"])


def _act(world: World, aggregate: int, action: str, host: str) -> tuple[int, str]:
    path = f"/v2.1/os-aggregates/{aggregate}/action"
    answer = world.ask("POST", path, body={action: {"host": host}})
    return told(answer) if answer.status_code >= 400 else (answer.status_code, "")


def test_servers_keep_their_zone_while_their_host_joins_and_leaves_aggregates(
    world: World,
) -> None:
    world.service("host1")
    zone, same, none, default = (_aggregate(world, each) for each in ("z", "z2", None, "nova"))
    assert _act(world, zone, "add_host", "host1") == (200, "")
    server(world, host="host1")
    words = (
        "as the availability zone of the host would change from '{}' to '{}' but the host already "
        "has 1 instance(s). Changing the AZ of an existing instance is not supported by this "
        "action. Move the instances away from this host then try again. If you need to move the "
        "instances between AZs then you can use shelve_offload and unshelve to achieve this."
    )
    status, message = _act(world, zone, "remove_host", "host1")
    assert (status, message) == (
        409,
        f"Cannot remove host from aggregate {zone}. Reason: The host cannot be removed from the "
        f"aggregate {words.format('z', 'nova')}",
    )
    assert _act(world, none, "add_host", "host1") == (200, "")
    assert _act(world, none, "remove_host", "host1") == (200, "")
    body = {"aggregate": {"availability_zone": "z"}}
    assert world.ask("PUT", f"/v2.1/os-aggregates/{same}", body=body).status_code == 200
    assert _act(world, same, "add_host", "host1") == (200, "")
    assert _act(world, zone, "remove_host", "host1") == (200, "")

    world.service("host2")
    server(world, host="host2")
    status, message = _act(world, zone, "add_host", "host2")
    assert (status, message) == (
        409,
        f"Cannot add host to aggregate {zone}. Reason: The host cannot be added to the aggregate "
        f"{words.format('nova', 'z')}",
    )
    assert _act(world, default, "add_host", "host2") == (200, "")
    assert _act(world, default, "remove_host", "host2") == (200, "")


def test_a_zone_with_servers_keeps_its_name(world: World) -> None:
    world.service("host1")
    aggregate = _aggregate(world, "z")
    _act(world, aggregate, "add_host", "host1")
    made = server(world, host="host1")
    path = f"/v2.1/os-aggregates/{aggregate}"
    put: dict[str, Any] = {"aggregate": {"availability_zone": "y", "name": "new"}}
    post: dict[str, Any] = {"set_metadata": {"metadata": {"availability_zone": "y"}}}
    reason = "Reason: One or more hosts contain instances in this zone."
    assert told(world.ask("PUT", path, body=put)) == (
        400,
        f"Cannot update aggregate {aggregate}. {reason}",
    )
    assert told(world.ask("POST", f"{path}/action", body=post)) == (
        400,
        f"Cannot update metadata of aggregate {aggregate}. {reason}",
    )
    put["aggregate"]["availability_zone"] = "z"
    assert world.ask("PUT", path, body=put).status_code == 200
    world.cell.write(lambda rows: rows.instances.replace(made, made._replace(deleted=True)))
    assert world.ask("POST", f"{path}/action", body=post).status_code == 200


def test_a_project_is_told_what_its_servers_add_up_to(world: World) -> None:
    for host in ("host1", "host2", None):
        server(world, host=host)
    server(world, host="host1", project_id="other")
    server(world, host="host1", deleted=True)
    limits = world.ask("GET", "/v2.1/limits", "2.104").json["limits"]["absolute"]
    names = ("totalInstancesUsed", "totalCoresUsed", "totalRAMUsed", "totalServerGroupsUsed")
    assert [limits[name] for name in names] == [3, 6, 1536, 0]
    limits = world.ask("GET", "/v2.1/limits?tenant_id=other", "2.104").json["limits"]["absolute"]
    assert [limits[name] for name in names] == [1, 2, 512, 0]
    found = world.ask("GET", f"/v2.1/os-quota-sets/{PROJECT}/detail", "2.104").json["quota_set"]
    used = {name: each["in_use"] for name, each in found.items() if name != "id"}
    assert {name: number for name, number in used.items() if number} == {
        "instances": 3,
        "cores": 6,
        "ram": 1536,
    }
