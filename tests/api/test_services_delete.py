"""Contract 2.8 and §9: deletion, and databases that do not answer."""

import pytest
from tests.api.asking import HOST_1, listed, put, told
from tests.api.world import ADMIN, READER, World

from hostdown.domain.errors import StorageFull


@pytest.mark.parametrize(
    ("where", "version", "token", "status", "message"),
    [
        ("nonsense", "2.1", READER, 403,
         "Policy doesn't allow os_compute_api:os-services:delete to be performed."),
        ("nonsense", "2.53", READER, 403,
         "Policy doesn't allow os_compute_api:os-services:delete to be performed."),
        ("nonsense", "2.53", ADMIN, 400, "Invalid uuid nonsense"),
        ("1", "2.53", ADMIN, 400, "Invalid uuid 1"),
        ("nonsense", "2.52", ADMIN, 400, "Invalid input received: id must be an integer"),
        ("+77", "2.52", ADMIN, 400, "Invalid input received: id must be an integer"),
        ("7_7", "2.52", ADMIN, 400, "Invalid input received: id must be an integer"),
        ("%2077", "2.52", ADMIN, 400, "Invalid input received: id must be an integer"),
        ("77", "2.52", ADMIN, 404, "Service 77 not found."),
        ("0077", "2.52", ADMIN, 404, "Service 0077 not found."),
        ("-1", "2.52", ADMIN, 404, "Service -1 not found."),
        ("9" * 19, "2.52", ADMIN, 404, f"Service {'9' * 19} not found."),
        ("9" * 5000, "2.52", ADMIN, 404, f"Service {'9' * 5000} not found."),
        ("01234567-89ab-cdef-0123-456789abcdef", "2.104", ADMIN, 404,
         "Service 01234567-89ab-cdef-0123-456789abcdef not found."),
        ("0123456789ABCDEF0123456789abcdef", "2.53", ADMIN, 404,
         "Service 0123456789ABCDEF0123456789abcdef not found."),
    ],
)  # fmt: skip
def test_deletion_refuses_in_the_contracts_order(
    world: World, where: str, version: str, token: str, status: int, message: str
) -> None:
    answer = world.ask("DELETE", f"/v2.1/os-services/{where}", version, token=token)
    assert told(answer) == (status, message)


@pytest.mark.parametrize("version", ["2.1", "2.52", "2.53", "2.104"])
@pytest.mark.parametrize("binary", ["nova-compute", "nova-scheduler"])
def test_deletion_is_204_once_and_takes_the_mapping_along(
    world: World, version: str, binary: str
) -> None:
    service = world.service("host1", binary)
    number = int(version.partition(".")[2])
    path = f"/v2.1/os-services/{service.id if number <= 52 else service.uuid}"
    answer = world.ask("DELETE", path, version)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert answer.headers["x-openstack-nova-api-version"] == version
    assert world.ask("DELETE", path, version).status_code == 404
    assert listed(world) == []
    assert world.directory.read(lambda rows: rows.hosts.named("host1")) is None


def test_a_silent_cell_gives_partial_records_from_2_69_on(world: World) -> None:
    for host in ("host1", "host2"):
        world.service(host)
    world.service("ctl", "nova-scheduler")
    world.silence_cell()
    assert listed(world, version="2.68") == []
    partial = [
        {"binary": "nova-compute", "host": host, "status": "UNKNOWN"} for host in ("host1", "host2")
    ]
    assert listed(world) == partial
    assert [list(each) for each in listed(world)] == [["binary", "host", "status"]] * 2
    assert listed(world, "?host=host2") == partial[1:]
    assert listed(world, "?binary=nova-compute") == partial
    assert listed(world, "?binary=nova-scheduler") == []


def test_a_silent_cell_makes_changes_fail_with_a_sentence(world: World) -> None:
    service = world.service("host1")
    world.silence_cell()
    sentence = "The database of cell 'cell1' does not answer; nothing was changed."
    for answer in (
        put(world, "force-down", {**HOST_1, "forced_down": True}),
        put(world, service.uuid, {"forced_down": True}, "2.53"),
        world.ask("DELETE", f"/v2.1/os-services/{service.uuid}", "2.53"),
        world.ask("DELETE", f"/v2.1/os-services/{service.id}", "2.1"),
    ):
        assert answer.json == {"computeFault": {"code": 500, "message": sentence}}
        assert "openstack-api-version" in answer.headers


def test_a_silent_directory_is_503_with_a_time_to_try_again(world: World) -> None:
    world.service("host1")
    world.silence_directory()
    answer = put(world, "force-down", {**HOST_1, "forced_down": True})
    assert answer.json == {
        "serviceUnavailable": {
            "code": 503,
            "message": "The directory database does not answer; try again in 5 seconds.",
        }
    }
    assert answer.headers["retry-after"] == "5"
    world.silence_cell()
    assert world.ask("GET", "/v2.1/os-services", "2.1").status_code == 503


def test_a_full_disk_is_503_and_says_that_nothing_was_changed(world: World) -> None:
    world.service("host1")
    world.cell.error = StorageFull()
    status, message = told(put(world, "disable", HOST_1))
    assert status == 503
    assert "nothing was changed" in message
