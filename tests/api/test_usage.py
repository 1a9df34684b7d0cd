"""os-simple-tenant-usage: the hours of servers, by project and in pages."""

from datetime import datetime, timedelta

import pytest
from falcon.testing import Result
from tests.api.servers import LATEST, ServerWorld
from tests.api.world import PROJECT

OTHER = "11111111111111111111111111111111"
USAGE = "/v2.1/os-simple-tenant-usage"


@pytest.fixture
def cloud(server_world: ServerWorld) -> ServerWorld:
    server_world.add_host("compute1")
    return server_world


def usage(
    cloud: ServerWorld, path: str = "", version: str = LATEST, hours: float = 24, **query: str
) -> Result:
    """Of the last so many hours."""
    start = (cloud.clock.at - timedelta(hours=hours)).isoformat()
    words = "&".join(f"{name}={value}" for name, value in {"start": start, **query}.items())
    return cloud.ask("GET", f"{USAGE}{path}?{words}", version)


def gone(cloud: ServerWorld, uuid: str) -> None:
    assert cloud.ask("DELETE", f"/v2.1/servers/{uuid}").status_code == 204
    cloud.obey("compute1")


def shown(at: datetime | None) -> str | None:
    return at and at.isoformat(timespec="microseconds")


def test_a_server_counts_while_it_is_there_and_a_deleted_one_for_its_time(
    cloud: ServerWorld,
) -> None:
    first, second = cloud.running(name="a"), cloud.running(name="b")
    launched = cloud.instance(first).launched_at
    cloud.later(3600)
    gone(cloud, second)
    ended = cloud.clock.at
    cloud.create(name="never started")
    cloud.later(1800)
    (found,) = usage(cloud, detailed="1").json["tenant_usages"]
    flavor = cloud.instance(first).flavor
    assert found.pop("server_usages") == sorted(
        (
            {
                "instance_id": uuid,
                "name": name,
                "tenant_id": PROJECT,
                "flavor": flavor.name,
                "hours": hours,
                "memory_mb": flavor.memory_mb,
                "local_gb": flavor.root_gb,
                "vcpus": flavor.vcpus,
                "started_at": shown(launched),
                "ended_at": shown(end),
                "state": state,
                "uptime": hours * 3600,
            }
            for uuid, name, hours, end, state in (
                (first, "a", 1.5, None, "active"),
                (second, "b", 1.0, ended, "terminated"),
            )
        ),
        key=lambda each: str(each["instance_id"]),
    )
    assert found == {
        "tenant_id": PROJECT,
        "start": shown(cloud.clock.at - timedelta(hours=24)),
        "stop": shown(cloud.clock.at),
        "total_hours": 2.5,
        "total_memory_mb_usage": 2.5 * flavor.memory_mb,
        "total_vcpus_usage": 2.5 * flavor.vcpus,
        "total_local_gb_usage": 2.5 * flavor.root_gb,
    }
    assert usage(cloud).json["tenant_usages"] == [found]
    assert usage(cloud, hours=0.25).json["tenant_usages"][0]["total_hours"] == 0.25


def test_a_project_is_shown_in_detail_and_nothing_of_the_future_is_known(
    cloud: ServerWorld,
) -> None:
    uuid = cloud.running()
    cloud.later(3600)
    later = (cloud.clock.at + timedelta(hours=5)).isoformat()
    found = usage(cloud, f"/{PROJECT}", end=later).json["tenant_usage"]
    assert [each["instance_id"] for each in found["server_usages"]] == [uuid]
    assert (found["total_hours"], found["stop"]) == (1.0, shown(cloud.clock.at))
    assert usage(cloud, f"/{OTHER}").json == {"tenant_usage": {}}


def test_before_and_after_a_servers_life_there_is_nothing(cloud: ServerWorld) -> None:
    cloud.running()
    before = (cloud.clock.at - timedelta(hours=1)).isoformat()
    assert usage(cloud, end=before).json["tenant_usages"] == []
    uuid = cloud.running()
    gone(cloud, uuid)
    cloud.later(7200)
    (found,) = usage(cloud, hours=1, detailed="1").json["tenant_usages"]
    assert uuid not in [each["instance_id"] for each in found["server_usages"]]


def test_pages_are_of_servers_and_go_on_behind_the_last(cloud: ServerWorld) -> None:
    mine = [cloud.running() for _ in range(3)]
    theirs = cloud.create(token=f"admin:{OTHER}").json["server"]["id"]
    cloud.obey("compute1")
    cloud.later(3600)
    pages: list[dict[str, list[str]]] = []
    query: dict[str, str] = {"limit": "2", "detailed": "1"}
    while True:
        answer = usage(cloud, version="2.40", **query).json
        pages.append(
            {
                each["tenant_id"]: [server["instance_id"] for server in each["server_usages"]]
                for each in answer["tenant_usages"]
            }
        )
        if "tenant_usages_links" not in answer:
            break
        (link,) = answer["tenant_usages_links"]
        assert link["rel"] == "next"
        query["marker"] = link["href"].rpartition("marker=")[2].partition("&")[0]
    one, two, three = sorted(mine)
    assert pages == [{OTHER: [theirs], PROJECT: [one]}, {PROJECT: [two, three]}, {}]
    answer = usage(cloud, f"/{PROJECT}", "2.40", limit="3").json
    assert "marker=" + three in answer["tenant_usage_links"][0]["href"]
    assert "tenant_usage_links" not in usage(cloud, f"/{PROJECT}", "2.39", limit="3").json


def test_a_marker_may_be_a_deleted_server_but_must_be_one(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    gone(cloud, uuid)
    assert usage(cloud, marker=uuid).status_code == 200
    answer = usage(cloud, marker=OTHER)
    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == f"marker [{OTHER}] not found"


def test_a_page_of_one_project_begins_behind_a_server_of_that_project(cloud: ServerWorld) -> None:
    theirs = cloud.create(token=f"admin:{OTHER}").json["server"]["id"]
    answer = usage(cloud, f"/{PROJECT}", marker=theirs)
    message = answer.json["badRequest"]["message"]
    assert (answer.status_code, message) == (400, f"marker [{theirs}] not found")
    assert usage(cloud, marker=theirs).status_code == 200
