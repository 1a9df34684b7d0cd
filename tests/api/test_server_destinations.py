"""POST /servers: hosts and hypervisors that are named, or forced, in either of the two ways."""

import pytest
from tests.api.servers import LATEST, MEMBER, ServerWorld


@pytest.fixture
def cloud(server_world: ServerWorld) -> ServerWorld:
    server_world.add_host("compute1")
    server_world.add_host("compute2")
    return server_world


def test_a_zone_and_a_host_can_be_asked_for(cloud: ServerWorld) -> None:
    for facts in ({"availability_zone": "nova:compute2"}, {"host": "compute2"}):
        uuid = cloud.create(**facts).json["server"]["id"]
        assert cloud.instance(uuid).host == "compute2"
    uuid = cloud.create(availability_zone="nova").json["server"]["id"]
    assert cloud.instance(uuid).pinned_zone == "nova"


def test_a_host_and_its_own_node_are_taken(cloud: ServerWorld) -> None:
    answer = cloud.create(host="compute2", hypervisor_hostname="compute2")
    assert cloud.instance(answer.json["server"]["id"]).host == "compute2"


@pytest.mark.parametrize("forced", ["nova:h9", "nova::h9", "nova:compute1:compute2", "mars:h9"])
def test_a_forced_host_that_is_not_there_is_told_by_the_fault(
    cloud: ServerWorld, forced: str
) -> None:
    answer = cloud.create(availability_zone=forced)
    assert answer.status_code == 202
    made = cloud.instance(answer.json["server"]["id"])
    assert (made.vm_state, made.host) == ("error", None)
    assert made.fault is not None
    assert made.fault.message.startswith("No valid host was found. compute1: another host was")


def test_a_forced_host_is_taken_though_its_zone_has_no_enabled_host(cloud: ServerWorld) -> None:
    for host in ("compute1", "compute2"):
        cloud.ask(
            "PUT", "/v2.1/os-services/disable", "2.1", {"host": host, "binary": "nova-compute"}
        )
    assert cloud.create(availability_zone="nova").status_code == 400
    answer = cloud.create(availability_zone="nova:compute1")
    assert cloud.instance(answer.json["server"]["id"]).host == "compute1"


REFUSED = {
    "host unknown": ({"host": "h9"}, "2.74", 400, "Compute host h9 could not be found."),
    "node unknown": (
        {"hypervisor_hostname": "compute"},
        "2.74",
        400,
        "Compute host compute could not be found.",
    ),
    "host unknown, node known": (
        {"host": "h9", "hypervisor_hostname": "compute1"},
        "2.74",
        400,
        "Compute host h9 could not be found.",
    ),
    "node of another host": (
        {"host": "compute1", "hypervisor_hostname": "compute2"},
        "2.74",
        400,
        "Compute host compute1 could not be found.",
    ),
    "forced node in a zone unknown": (
        {"availability_zone": "mars::compute1"},
        LATEST,
        400,
        "The requested availability zone is not available",
    ),
    "node in two ways": (
        {"availability_zone": "nova::compute1", "hypervisor_hostname": "compute1"},
        LATEST,
        400,
        "One mechanism with host and/or hypervisor_hostname and another mechanism with "
        "zone:host:node are mutually exclusive.",
    ),
    "two ways": (
        {"availability_zone": "nova:compute1", "host": "compute1"},
        LATEST,
        400,
        "One mechanism with host and/or hypervisor_hostname and another mechanism with "
        "zone:host:node are mutually exclusive.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_host_that_cannot_be_had_is_refused_in_the_contracts_words(
    cloud: ServerWorld, case: str
) -> None:
    facts, version, status, message = REFUSED[case]
    answer = cloud.create(version, **facts)
    assert answer.status_code == status
    assert message in answer.json["badRequest"]["message"]


def test_hosts_are_for_administrators_to_choose(cloud: ServerWorld) -> None:
    answer = cloud.create(availability_zone="nova:compute1", token=MEMBER)
    assert answer.status_code == 403
    assert "servers:create:forced_host" in answer.json["forbidden"]["message"]
    answer = cloud.create(host="compute1", token=MEMBER)
    assert "compute:servers:create:requested_destination" in answer.json["forbidden"]["message"]
