"""python-novaclient 18.13.1 and 9.1.3, unmodified, with the openrc that the server wrote."""

from collections.abc import Callable

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import Client

BY_HOST = ("--os-compute-api-version", "2.52")
BY_ID = ("--os-compute-api-version", "2.53")


@pytest.fixture(params=["18.13.1", pytest.param("9.1.3", marks=pytest.mark.long)])
def client(request: pytest.FixtureRequest) -> Client:
    """Both clients, one after the other."""
    name = {"18.13.1": "nova", "9.1.3": "nova9"}[request.param]
    found: Client = request.getfixturevalue(name)
    return found


def rows(printed: str) -> list[dict[str, str]]:
    """The rows of a table, by its headings."""
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def by_host(_stage: Stage, host: str) -> str:
    return host


def by_id(stage: Stage, host: str) -> str:
    return str(stage.services()[host]["id"])


STYLES = pytest.mark.parametrize(
    ("version", "name"), [(BY_HOST, by_host), (BY_ID, by_id)], ids=["by host", "by id"]
)
Name = Callable[[Stage, str], str]


@STYLES
def test_it_lists(client: Client, stage: Stage, version: tuple[str, str], name: Name) -> None:
    listed = {r["Host"]: r for r in rows(client(*version, "service-list"))}
    assert {"compute1", "compute2", "compute3"} <= set(listed)
    record = listed["compute1"]
    assert (record["Binary"], record["Status"], record["State"], record["Zone"]) == (
        "nova-compute",
        "enabled",
        "up",
        "nova",
    )
    assert record["Forced down"] == "False"
    assert (record["Id"] == stage.services()["compute1"]["id"]) is (name is by_id)


@STYLES
def test_it_forces_down_and_up(
    client: Client, stage: Stage, version: tuple[str, str], name: Name
) -> None:
    client(*version, "service-force-down", name(stage, "compute2"))
    assert stage.state("compute2") == "down"
    client(*version, "service-force-down", "--unset", name(stage, "compute2"))
    assert stage.state("compute2") == "up"


@STYLES
def test_it_disables_with_a_reason_and_enables(
    client: Client, stage: Stage, version: tuple[str, str], name: Name
) -> None:
    client(*version, "service-disable", "--reason", "new fans", name(stage, "compute3"))
    record = stage.services()["compute3"]
    assert (record["status"], record["disabled_reason"]) == ("disabled", "new fans")
    client(*version, "service-disable", name(stage, "compute3"))
    assert stage.services()["compute3"]["disabled_reason"] is None
    client(*version, "service-enable", name(stage, "compute3"))
    assert stage.services()["compute3"]["status"] == "enabled"


@STYLES
def test_it_deletes(client: Client, stage: Stage, version: tuple[str, str], name: Name) -> None:
    # The host's name in each case of this test is new: a deleted host stays deleted.
    host = f"gone-{len(list(stage.directory.glob('gone-*.conf')))}"
    stage.start_host(host)
    stage.until("the host is up", lambda: stage.state(host) == "up", 20)
    listed = rows(client(*version, "service-list", "--host", host))
    client(*version, "service-delete", listed[0]["Id"])
    assert stage.state(host) == "absent"
    assert stage.wait_for_end(host, 20) != 0


def test_without_a_version_it_negotiates_its_own_newest(client: Client, stage: Stage) -> None:
    listed = {r["Host"]: r["Id"] for r in rows(client("service-list"))}
    assert listed["compute1"] == stage.services()["compute1"]["id"]


@pytest.mark.long
def test_it_groups_hosts(client: Client, stage: Stage) -> None:
    made = rows(client("aggregate-create", "racks", "east"))[0]
    number = made["Id"]
    try:
        assert (made["Name"], made["Availability Zone"]) == ("racks", "east")
        client("aggregate-add-host", number, "compute2")
        assert stage.services()["compute2"]["zone"] == "east"
        client("aggregate-set-metadata", number, "ssd=true")
        client("aggregate-update", number, "--name", "racks 1", "--availability-zone", "west")
        (shown,) = rows(client("aggregate-show", number))
        assert (shown["Name"], shown["Availability Zone"]) == ("racks 1", "west")
        assert "compute2" in shown["Hosts"]
        assert "ssd=true" in shown["Metadata"]
        assert stage.services()["compute2"]["zone"] == "west"
        assert [row["Name"] for row in rows(client("aggregate-list"))] == ["racks 1"]
        zones = client("availability-zone-list")
        assert "west" in zones
        assert "compute2" in zones
    finally:
        client("aggregate-remove-host", number, "compute2")
        client("aggregate-delete", number)
    assert rows(client("aggregate-list")) == []
