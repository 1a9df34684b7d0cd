"""python-openstackclient 10.5.0, unmodified, with the clouds.yaml that the server wrote."""

import json

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import Client

LIST = ("compute", "service", "list", "-f", "json")
SET = ("compute", "service", "set")


def test_it_lists_services(stage: Stage, openstack: Client) -> None:
    listed = json.loads(openstack(*LIST))
    computes = {s["Host"]: s for s in listed if s["Binary"] == "nova-compute"}
    assert {"compute1", "compute2", "compute3"} <= set(computes)
    record = computes["compute1"]
    assert (record["Status"], record["State"], record["Zone"]) == ("enabled", "up", "nova")
    assert record["ID"] == stage.services()["compute1"]["id"]
    internal = {s["Binary"]: s["Zone"] for s in listed if s["Binary"] != "nova-compute"}
    assert internal == {"nova-conductor": "internal", "nova-scheduler": "internal"}


def test_it_lists_one_host_with_all_columns(openstack: Client) -> None:
    words = ("--long", "--host", "compute2", "--service", "nova-compute")
    (record,) = json.loads(openstack(*LIST, *words))
    assert (record["Host"], record["Forced Down"], record["Disabled Reason"]) == (
        "compute2",
        False,
        None,
    )


def test_it_forces_down_and_up(stage: Stage, openstack: Client) -> None:
    openstack(*SET, "--down", "compute1", "nova-compute")
    assert stage.state("compute1") == "down"
    openstack(*SET, "--up", "compute1", "nova-compute")
    assert stage.state("compute1") == "up"


def test_it_disables_with_a_reason_and_enables(stage: Stage, openstack: Client) -> None:
    openstack(*SET, "--disable", "--disable-reason", "new fans", "compute2", "nova-compute")
    record = stage.services()["compute2"]
    assert (record["status"], record["disabled_reason"]) == ("disabled", "new fans")
    assert record["state"] == "up"
    openstack(*SET, "--enable", "compute2", "nova-compute")
    record = stage.services()["compute2"]
    assert (record["status"], record["disabled_reason"]) == ("enabled", None)


@pytest.mark.long
def test_it_does_the_same_in_the_old_form(stage: Stage, openstack: Client) -> None:
    pinned = ("--os-compute-api-version", "2.11")
    openstack(*pinned, *SET, "--disable", "--down", "compute3", "nova-compute")
    record = stage.services()["compute3"]
    assert (record["status"], record["state"]) == ("disabled", "down")
    openstack(*pinned, *SET, "--enable", "--up", "compute3", "nova-compute")
    assert stage.state("compute3") == "up"


def test_it_deletes_a_service_and_its_agent_ends(stage: Stage, openstack: Client) -> None:
    stage.start_host("to-delete")
    stage.until("the host is up", lambda: stage.state("to-delete") == "up", 20)
    openstack("compute", "service", "delete", stage.services()["to-delete"]["id"])
    assert stage.wait_for_end("to-delete", 20) != 0
    assert "deleted" in stage.log("to-delete")
    assert stage.state("to-delete") == "absent"
    stage.start_host("to-delete")
    assert stage.wait_for_end("to-delete", 20) != 0
    assert stage.state("to-delete") == "absent"


@pytest.mark.long
def test_it_groups_hosts_and_makes_a_zone(stage: Stage, openstack: Client) -> None:
    def shown(*words: str) -> dict[str, object]:
        record: dict[str, object] = json.loads(openstack("aggregate", *words, "-f", "json"))
        return record

    made = shown("create", "--zone", "east", "--property", "ssd=true", "racks")
    assert (made["name"], made["availability_zone"]) == ("racks", "east")
    assert made["properties"] == {"availability_zone": "east", "ssd": "true"}
    assert shown("add", "host", "racks", "compute1")["hosts"] == ["compute1"]
    assert stage.services()["compute1"]["zone"] == "east"
    listed = json.loads(openstack("availability", "zone", "list", "--compute", "-f", "json"))
    assert {zone["Zone Name"]: zone["Zone Status"] for zone in listed} == {
        "internal": "available",
        "east": "available",
        "nova": "available",
    }
    openstack("aggregate", "set", "--name", "racks 1", "--property", "fast=yes", "racks")
    openstack("aggregate", "unset", "--property", "ssd", "racks 1")
    changed = shown("show", "racks 1")
    assert (changed["name"], changed["properties"]) == ("racks 1", {"fast": "yes"})
    assert [each["Name"] for each in json.loads(openstack("aggregate", "list", "-f", "json"))] == [
        "racks 1"
    ]
    assert shown("remove", "host", "racks 1", "compute1")["hosts"] == []
    openstack("aggregate", "delete", "racks 1")
    assert json.loads(openstack("aggregate", "list", "-f", "json")) == []
