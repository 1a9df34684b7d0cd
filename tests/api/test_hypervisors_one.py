"""Contract 6.2: one hypervisor, its uptime and servers, and what there is in total."""

from datetime import timedelta

import pytest
from tests.api.asking import told
from tests.api.hosting import UP_FOR, UPTIME, ask, let_run, node, report
from tests.api.serving import server
from tests.api.world import DOWN_AFTER, World

from hostdown.domain.model import InstanceName

LONG_AGO = DOWN_AFTER + timedelta(seconds=1)
UNKNOWN = "f6d28711-9c10-470e-8b31-c03f498b0032"

# ------------------------------------------------------------------------------------------- one


@pytest.mark.parametrize("unknown", ["99", "-1", "0", "9" * 30, "abc", "detailed", UNKNOWN, "1.0"])
def test_before_2_53_whatever_is_no_number_is_not_found_either(world: World, unknown: str) -> None:
    node(world, "compute1")
    message = f"Hypervisor with ID '{unknown}' could not be found."
    assert told(ask(world, f"/{unknown}", "2.52")) == (404, message)
    assert told(ask(world, f"/{unknown}/uptime", "2.52")) == (404, message)


def test_from_2_53_on_an_id_is_a_uuid(world: World) -> None:
    found = node(world, "compute1").node
    for version, path in (("2.53", ""), ("2.104", ""), ("2.87", "/uptime")):
        for wrong in ("1", "abc", UNKNOWN + "0"):
            assert told(ask(world, f"/{wrong}{path}", version)) == (400, f"Invalid uuid {wrong}")
        message = f"Hypervisor with ID '{UNKNOWN}' could not be found."
        assert told(ask(world, f"/{UNKNOWN}{path}", version)) == (404, message)
        for form in (found.uuid, found.uuid.upper(), found.uuid.replace("-", "")):
            assert ask(world, f"/{form}{path}", version).json["hypervisor"]["id"] == found.uuid


def test_one_is_shown_as_in_the_list(world: World) -> None:
    found = node(world, "compute1").node
    by_number = [(version, found.id) for version in ("2.1", "2.28", "2.52")]
    by_uuid = [(version, found.uuid) for version in ("2.53", "2.87", "2.88", "2.104")]
    for version, key in (*by_number, *by_uuid):
        listed = ask(world, "/detail", version).json["hypervisors"]
        assert [ask(world, f"/{key}", version).json["hypervisor"]] == listed


def test_cpu_info_is_a_text_then_an_object_then_gone(world: World) -> None:
    said = '{"model": "EPYC", "features": ["avx", "\\u0000"], "é": {"ü": null}}'
    meant = {"model": "EPYC", "features": ["avx", "\0"], "é": {"ü": None}}
    node(world, "compute1", cpu_info=said)
    for version, shown in (("2.1", said), ("2.27", said), ("2.28", meant), ("2.87", meant)):
        assert ask(world, "/detail", version).json["hypervisors"][0]["cpu_info"] == shown


# ---------------------------------------------------------------------------------------- uptime


def test_uptime_is_told_of_a_host_that_is_up(world: World) -> None:
    found = node(world, "compute1").node
    for version, key in (("2.1", found.id), ("2.52", found.id), ("2.87", found.uuid)):
        assert ask(world, f"/{key}/uptime", version).json["hypervisor"] == {
            "id": key,
            "hypervisor_hostname": "compute1",
            "state": "up",
            "status": "enabled",
            "uptime": UPTIME,
        }
    assert told(ask(world, f"/{found.uuid}/uptime", "2.88"))[0] == 404
    assert ask(world, f"/{found.uuid}", "2.88").json["hypervisor"]["uptime"] == UPTIME


def test_uptime_of_a_host_that_is_down_is_refused_and_later_null(world: World) -> None:
    silent = node(world, "silent", LONG_AGO)
    forced = node(world, "forced")
    world.replace(forced.service, forced.service._replace(forced_down=True))
    for down in (silent, forced):
        message = f"Compute service of {down.node.host} is unavailable at this time."
        assert told(ask(world, f"/{down.node.uuid}/uptime", "2.87")) == (400, message)
        assert ask(world, f"/{down.node.uuid}").json["hypervisor"]["uptime"] is None


def test_uptime_that_the_hypervisor_does_not_say_is_501_and_later_null(world: World) -> None:
    found = node(world, "compute1", booted_at=None).node
    message = "The requested functionality is not supported."
    assert told(ask(world, f"/{found.uuid}/uptime", "2.87")) == (501, message)
    assert ask(world, f"/{found.uuid}").json["hypervisor"]["uptime"] is None


def test_uptime_is_of_the_newest_boot(world: World) -> None:
    found = node(world, "compute1")
    report(world, found.service, booted_at=world.clock.at + UP_FOR)
    shown = ask(world, f"/{found.node.uuid}").json["hypervisor"]["uptime"]
    assert shown.startswith(" 10:00:00 up 0 min,")


# ------------------------------------------------------------------------------------ statistics


def test_statistics_add_up_what_is_enabled(world: World) -> None:
    node(world, "a", vcpus=4, vcpus_used=1, memory_mb=100, memory_mb_used=30, running_vms=9)
    node(world, "b", LONG_AGO, vcpus=8, local_gb=10, local_gb_used=4, memory_mb=50)
    off = node(world, "c", vcpus=1000).service
    world.replace(off, off._replace(disabled=True))
    server(world, host="a", vm_state="stopped")
    server(world, host="a", task_state="rebooting")
    server(world, host="b", task_state="deleting")
    server(world, host="c", task_state="deleting")
    server(world)
    server(world, host="a", vm_state="deleted", deleted=True)
    sums = ask(world, "/statistics", "2.87").json["hypervisor_statistics"]
    assert sums == {
        "count": 2, "current_workload": 2, "disk_available_least": 1030, "free_disk_gb": 1030,
        "free_ram_mb": 150 - 30 - 512, "local_gb": 1034, "local_gb_used": 4, "memory_mb": 150,
        "memory_mb_used": 542, "running_vms": 3, "vcpus": 12, "vcpus_used": 1,
    }  # fmt: skip
    assert told(ask(world, "/statistics", "2.88"))[0] == 404


def test_servers_are_counted_by_what_was_asked_for_and_not_by_what_hosts_report(
    world: World,
) -> None:
    nodes = [node(world, host, running_vms=9).node for host in ("a", "b")]
    server(world, host="a", vm_state="error")
    server(world, host="a", task_state="powering-off")
    counted = [
        (each["running_vms"], each["current_workload"])
        for each in ask(world, "/detail", "2.87").json["hypervisors"]
    ]
    assert counted == [(2, 1), (0, 0)]
    shown = ask(world, f"/{nodes[0].uuid}", "2.53").json["hypervisor"]
    assert (shown["running_vms"], shown["current_workload"]) == (2, 1)


def test_statistics_of_nothing_are_zeros(world: World) -> None:
    assert set(ask(world, "/statistics", "2.1").json["hypervisor_statistics"].values()) == {0}


# --------------------------------------------------------------------------------------- servers

ONE = InstanceName("instance-00000001", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")


def test_servers_are_told_to_those_who_ask(world: World) -> None:
    found = node(world, "compute1").node
    let_run(world, "compute1", ONE)
    shown = [{"name": ONE.name, "uuid": ONE.uuid}]
    for version in ("2.53", "2.74", "2.75", "2.104"):
        for word in ("True", "1", "yes"):
            for below in ("?", "/detail?", "?hypervisor_hostname_pattern=compute&"):
                listed = ask(world, f"{below}with_servers={word}", version).json["hypervisors"]
                assert [each["servers"] for each in listed] == [shown]
            one = ask(world, f"/{found.uuid}?with_servers={word}", version).json["hypervisor"]
            assert one["servers"] == shown
        for query in ("", "?with_servers=false"):
            assert "servers" not in ask(world, query, version).json["hypervisors"][0]
            assert "servers" not in ask(world, f"/{found.uuid}{query}", version).json["hypervisor"]
    (listed,) = ask(world, "/compute/servers", "2.52").json["hypervisors"]
    assert listed["servers"] == shown
    assert "servers" not in ask(world, "/compute/search", "2.52").json["hypervisors"][0]


def test_no_servers_are_no_key_before_2_75_and_an_empty_list_then(world: World) -> None:
    found = node(world, "compute1").node
    for version, shown in (("2.53", None), ("2.74", None), ("2.75", []), ("2.104", [])):
        listed = ask(world, "?with_servers=true", version).json["hypervisors"][0]
        one = ask(world, f"/{found.uuid}?with_servers=true", version).json["hypervisor"]
        assert listed.get("servers") == one.get("servers") == shown
    assert "servers" not in ask(world, "/compute/servers", "2.52").json["hypervisors"][0]
