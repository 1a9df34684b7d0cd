"""Records of servers: keys by version and by caller, values by what a server is (contract 3.3)."""

from datetime import timedelta
from hashlib import sha224

import pytest
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, server
from tests.api.world import ADMIN, NOW, PROJECT, World
from tests.contracts.test_instances import IMAGE

from hostdown.domain.instance import Extras, Fault
from hostdown.domain.server_groups import GroupPolicy, ServerGroup

BASE = (
    "accessIPv4 accessIPv6 addresses created flavor hostId id image links metadata name status "
    "tenant_id user_id updated OS-DCF:diskConfig progress OS-EXT-AZ:availability_zone config_drive "
    "key_name OS-SRV-USG:launched_at OS-SRV-USG:terminated_at"
)
STS = (
    "OS-EXT-STS:task_state OS-EXT-STS:vm_state OS-EXT-STS:power_state "
    "os-extended-volumes:volumes_attached"
)
ATTR_21 = "OS-EXT-SRV-ATTR:host OS-EXT-SRV-ATTR:instance_name OS-EXT-SRV-ATTR:hypervisor_hostname"
ATTR_23 = f"{ATTR_21} " + " ".join(
    f"OS-EXT-SRV-ATTR:{name}"
    for name in (
        "hostname", "kernel_id", "launch_index", "ramdisk_id", "reservation_id",
        "root_device_name", "user_data",
    )
)  # fmt: skip
HOSTNAME = "OS-EXT-SRV-ATTR:hostname"
SHOW_ADMIN = {
    "2.1": f"{BASE} {ATTR_21} {STS}",
    "2.2": f"{BASE} {ATTR_21} {STS}",
    "2.3": f"{BASE} {ATTR_23} {STS}",
    "2.9": f"{BASE} {ATTR_23} {STS} locked",
    "2.15": f"{BASE} {ATTR_23} {STS} locked",
    "2.16": f"{BASE} {ATTR_23} {STS} locked host_status",
    "2.19": f"{BASE} {ATTR_23} {STS} locked host_status description",
    "2.26": f"{BASE} {ATTR_23} {STS} locked host_status description tags",
    "2.63": f"{BASE} {ATTR_23} {STS} locked host_status description tags "
    "trusted_image_certificates",
    "2.71": f"{BASE} {ATTR_23} {STS} locked host_status description tags "
    "trusted_image_certificates server_groups",
    "2.73": f"{BASE} {ATTR_23} {STS} locked host_status description tags "
    "trusted_image_certificates server_groups locked_reason",
    "2.96": f"{BASE} {ATTR_23} {STS} locked host_status description tags "
    "trusted_image_certificates server_groups locked_reason pinned_availability_zone",
    "2.104": f"{BASE} {ATTR_23} {STS} locked host_status description tags "
    "trusted_image_certificates server_groups locked_reason pinned_availability_zone "
    "scheduler_hints",
}
LAST = "trusted_image_certificates locked_reason pinned_availability_zone scheduler_hints"


BASE_URL = "http://falconframework.org"
ALL_OF_IT: dict[str, object] = {
    "accessIPv4": "192.0.2.1",
    "accessIPv6": "2001:db8::1",
    "addresses": {},
    "created": "2026-11-20T10:00:00Z",
    "flavor": {
        "vcpus": 2, "ram": 512, "disk": 7, "ephemeral": 0, "swap": 0,
        "original_name": "m1.tiny", "extra_specs": {"a:b": "é"},
    },
    "hostId": sha224(f"{PROJECT}host1".encode()).hexdigest(),
    "image": {
        "id": IMAGE.id,
        "links": [{"rel": "bookmark", "href": f"{BASE_URL}/images/{IMAGE.id}"}],
        "properties": {"os_type": "linux"},
    },
    "metadata": {"k": "v"},
    "name": "web",
    "status": "ACTIVE",
    "tenant_id": PROJECT,
    "user_id": "ann",
    "updated": "2026-11-20T10:00:00Z",
    "OS-DCF:diskConfig": "AUTO",
    "progress": 0,
    "OS-EXT-AZ:availability_zone": "nova",
    "config_drive": "True",
    "key_name": "key",
    "OS-SRV-USG:launched_at": "2026-11-20T10:00:00.000000",
    "OS-SRV-USG:terminated_at": None,
    "OS-EXT-SRV-ATTR:host": "host1",
    "OS-EXT-SRV-ATTR:hypervisor_hostname": "host1",
    "OS-EXT-SRV-ATTR:hostname": "web",
    "OS-EXT-SRV-ATTR:kernel_id": "",
    "OS-EXT-SRV-ATTR:launch_index": 3,
    "OS-EXT-SRV-ATTR:ramdisk_id": "",
    "OS-EXT-SRV-ATTR:reservation_id": "r-1",
    "OS-EXT-SRV-ATTR:root_device_name": "/dev/sda",
    "OS-EXT-SRV-ATTR:user_data": "dXNlcg==",
    "OS-EXT-STS:task_state": "powering-off",
    "OS-EXT-STS:vm_state": "active",
    "OS-EXT-STS:power_state": 1,
    "os-extended-volumes:volumes_attached": [],
    "locked": True,
    "host_status": "",
    "description": "d",
    "tags": [],
    "trusted_image_certificates": None,
    "server_groups": [UNKNOWN_UUID],
    "locked_reason": "why",
    "pinned_availability_zone": "z",
    "scheduler_hints": {"group": "g"},
}  # fmt: skip


def shown(world: World, uuid: str, version: str = "2.104", token: str = ADMIN) -> dict[str, object]:
    answer = world.ask("GET", f"/v2.1/servers/{uuid}", version, token=token)
    assert answer.status_code == 200, answer.text
    record: dict[str, object] = answer.json["server"]
    return record


def listed(world: World, version: str = "2.104", token: str = ADMIN) -> list[dict[str, object]]:
    answer = world.ask("GET", "/v2.1/servers/detail", version, token=token)
    assert answer.status_code == 200, answer.text
    records: list[dict[str, object]] = answer.json["servers"]
    return records


@pytest.mark.parametrize(("version", "keys"), SHOW_ADMIN.items())
def test_an_administrator_sees_the_contracts_keys_in_its_order(
    world: World, version: str, keys: str
) -> None:
    uuid = server(world, host="host1").uuid
    assert list(shown(world, uuid, version)) == keys.split()


@pytest.mark.parametrize(
    ("version", "more"),
    [("2.1", ""), ("2.16", "locked"), ("2.89", "locked description tags trusted_image_certificates "
      "server_groups locked_reason")],
)  # fmt: skip
def test_an_owner_sees_neither_host_nor_its_status(world: World, version: str, more: str) -> None:
    uuid = server(world, host="host1").uuid
    assert list(shown(world, uuid, version, MEMBER)) == f"{BASE} {STS} {more}".split()


def test_a_list_has_host_status_at_the_end_and_no_groups(world: World) -> None:
    server(world, host="host1")
    keys = f"{BASE} {ATTR_23} {STS} locked description tags {LAST} host_status"
    assert list(listed(world)[0]) == keys.split()
    assert list(listed(world, token=MEMBER)[0]) == (
        f"{BASE} {HOSTNAME} {STS} locked description tags {LAST}".split()
    )
    brief = world.ask("GET", "/v2.1/servers", "2.104", token=MEMBER).json["servers"][0]
    assert list(brief) == ["id", "name", "links"]


def test_a_record_says_what_the_server_is(world: World) -> None:
    group = ServerGroup(0, UNKNOWN_UUID, "g", PROJECT, "ann", GroupPolicy.AFFINITY, None, NOW)
    added = world.directory.write(lambda rows: rows.server_groups.add(group))
    made = server(
        world,
        host="host1",
        description="d",
        metadata={"k": "v"},
        hints={"group": "g"},
        group=UNKNOWN_UUID,
        locked_by="owner",
        locked_reason="why",
        pinned_zone="z",
        task_state="powering-off",
        launched_at=NOW.replace(microsecond=0),
        extras=Extras(
            "192.0.2.1", "2001:db8::1", True, "key", "dXNlcg==", "AUTO", "/dev/sda", "r-1", 3
        ),
    )  # fmt: skip
    expected = {"id": made.uuid, **ALL_OF_IT} | {
        "links": [
            {"rel": "self", "href": f"{BASE_URL}/v2.1/servers/{made.uuid}"},
            {"rel": "bookmark", "href": f"{BASE_URL}/servers/{made.uuid}"},
        ],
        "OS-EXT-SRV-ATTR:instance_name": f"instance-{made.id:08x}",
    }
    assert shown(world, made.uuid) == expected
    world.directory.write(lambda rows: rows.server_groups.remove(added))
    assert shown(world, made.uuid) == expected | {"server_groups": []}


def test_a_server_without_host_image_and_changes(world: World) -> None:
    made = server(
        world, image=None, zone="asked", vm_state="building", updated_at=None, launched_at=None
    )
    world.clock.at += timedelta(hours=1)
    record = shown(world, made.uuid)
    wanted = {
        "image": "", "hostId": "", "OS-EXT-AZ:availability_zone": "asked", "status": "BUILD",
        "updated": "2026-11-20T11:00:00Z", "OS-SRV-USG:launched_at": None, "config_drive": "",
        "OS-EXT-SRV-ATTR:host": None, "host_status": "", "server_groups": [],
        "scheduler_hints": {},
    }  # fmt: skip
    assert {key: record[key] for key in wanted} == wanted
    (in_list,) = listed(world)
    assert in_list["scheduler_hints"] == {}


def test_a_flavor_is_a_link_until_2_46(world: World) -> None:
    made = server(world)
    href = f"http://falconframework.org/{PROJECT}/flavors/f1"
    answer = world.ask("GET", f"/v2.1/{PROJECT}/servers/{made.uuid}", "2.46")
    link = {"id": "f1", "links": [{"rel": "bookmark", "href": href}]}
    assert answer.json["server"]["flavor"] == link
    image = shown(world, made.uuid, "2.97")["image"]
    assert isinstance(image, dict)
    assert list(image) == ["id", "links"]


@pytest.mark.parametrize(
    ("facts", "token", "fault"),
    [
        ({"vm_state": "error"}, MEMBER, ["code", "created", "message"]),
        ({"vm_state": "error"}, ADMIN, ["code", "created", "message", "details"]),
        ({"vm_state": "error", "code": 404}, MEMBER, ["code", "created", "message", "details"]),
        ({"vm_state": "active"}, ADMIN, None),
        ({"vm_state": "error", "task_state": "rebuilding"}, ADMIN, None),
    ],
)
def test_a_fault_is_told_of_what_failed_and_its_details_to_few(
    world: World, facts: dict[str, object], token: str, fault: list[str] | None
) -> None:
    code = facts.pop("code", 500)
    made = server(world, fault=Fault(code, "m", "d", NOW), **facts)  # type: ignore[arg-type] # a number
    for record in (shown(world, made.uuid, token=token), *listed(world, token=token)):
        found = record.get("fault")
        assert (list(found) if isinstance(found, dict) else None) == fault
        assert ("progress" in record) == (record["status"] in ("ACTIVE", "REBUILD"))


@pytest.mark.parametrize(
    ("asked", "token", "status"),
    [
        (lambda uuid: uuid.upper(), MEMBER, 200),
        (lambda uuid: uuid.replace("-", ""), ADMIN, 200),
        (lambda uuid: uuid, f"ann:{PROJECT}:nothing", 403),
        (lambda uuid: uuid, STRANGER, 404),
        (lambda _: UNKNOWN_UUID, ADMIN, 404),
        (lambda _: "web", ADMIN, 404),
        (lambda _: "%00", ADMIN, 404),
    ],
)
def test_a_server_is_there_for_its_project_and_administrators(
    world: World, asked: object, token: str, status: int
) -> None:
    uuid = server(world).uuid
    name = asked(uuid)  # type: ignore[operator] # one of the functions above
    answer = world.ask("GET", f"/v2.1/servers/{name}", token=token)
    assert answer.status_code == status
    if status == 404:
        message = f"Instance {name.replace('%00', chr(0))} could not be found."
        assert answer.json["itemNotFound"]["message"] == message


def test_an_administrator_of_another_project_finds_it_and_a_deleted_one_is_gone(
    world: World,
) -> None:
    uuid = server(world, project_id="other").uuid
    assert shown(world, uuid)["tenant_id"] == "other"
    gone = server(world, deleted=True, vm_state="deleted").uuid
    assert world.ask("GET", f"/v2.1/servers/{gone}").status_code == 404
