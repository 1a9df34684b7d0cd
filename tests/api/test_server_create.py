"""POST /servers: what is accepted, what is refused and in which words (contract 3.7)."""

import pytest
from tests.api.servers import LATEST, MEMBER, STRANGER, ServerWorld
from tests.api.world import ADMIN, PROJECT

from hostdown.domain.assignment import Failure, Wanted
from hostdown.domain.disk_errors import ImageBad, ImageMissing

NOBODYS = "99999999-9999-9999-9999-999999999999"


@pytest.fixture
def cloud(server_world: ServerWorld) -> ServerWorld:
    server_world.add_host("compute1")
    server_world.add_host("compute2")
    return server_world


def test_a_server_is_accepted_and_its_host_is_asked_for_it(cloud: ServerWorld) -> None:
    answer = cloud.create(metadata={"k": "v"}, token=MEMBER)
    assert answer.status_code == 202
    server = answer.json["server"]
    assert set(server) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert len(server["adminPass"]) == 12
    assert answer.headers["Location"].endswith(f"/v2.1/servers/{server['id']}")
    made = cloud.instance(server["id"])
    assert (made.vm_state, made.task_state, made.project_id) == ("building", "spawning", PROJECT)
    assert made.host is not None
    (asked,) = cloud.asked(made.host)
    assert (asked.uuid, asked.wanted, asked.order, asked.generation) == (
        made.uuid,
        Wanted.RUNNING,
        1,
        1,
    )
    cloud.obey(made.host)
    made = cloud.instance(made.uuid)
    assert (made.vm_state, made.task_state, made.power_state) == ("active", None, 1)
    assert made.launched_at == cloud.clock.at


@pytest.mark.parametrize(
    "failure",
    [
        Failure("disk-full", "The disk of the host is full."),
        Failure(ImageMissing.code, str(ImageMissing(image="i"))),
        Failure(ImageBad.code, str(ImageBad(image="i", reason="it has 3 bytes"))),
        Failure("hypervisor", "internal error: process exited while connecting to monitor"),
    ],
    ids=lambda failure: failure.code,
)
def test_what_fails_on_the_host_is_an_error_with_its_reason(
    cloud: ServerWorld, failure: Failure
) -> None:
    uuid = cloud.create(token=MEMBER).json["server"]["id"]
    host = cloud.instance(uuid).host
    assert host is not None
    cloud.obey(host, failure)
    path = f"/v2.1/servers/{uuid}"
    server = cloud.ask("GET", path, token=MEMBER).json["server"]
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ERROR", None)
    assert (server["fault"]["code"], server["fault"]["message"]) == (500, failure.message)
    assert "details" not in server["fault"]
    assert cloud.ask("GET", path).json["server"]["fault"]["details"] == failure.code
    assert cloud.ask("DELETE", path, token=MEMBER).status_code == 204
    cloud.obey(host)
    assert cloud.ask("GET", path).status_code == 404
    assert cloud.running() != uuid  # the host works on


def test_several_servers_share_a_reservation_and_have_numbers(cloud: ServerWorld) -> None:
    answer = cloud.create(min_count=2, max_count=3, return_reservation_id=True)
    assert answer.status_code == 202
    reservation = answer.json["reservation_id"]
    assert "Location" not in answer.headers
    names = {each.name for host in ("compute1", "compute2") for each in _on(cloud, host)}
    assert names == {"vm-1", "vm-2", "vm-3"}
    extras = {
        each.extras.reservation_id for host in ("compute1", "compute2") for each in _on(cloud, host)
    }
    assert extras == {reservation}


def _on(cloud: ServerWorld, host: str) -> list[object]:
    return [cloud.instance(each.uuid) for each in cloud.asked(host)]


def test_a_server_without_a_host_is_in_error_and_says_why(cloud: ServerWorld) -> None:
    cloud.add_host("small", memory_mb=1)
    uuid = cloud.create(host="small").json["server"]["id"]
    made = cloud.instance(uuid)
    assert (made.vm_state, made.host) == ("error", None)
    assert made.fault is not None
    assert made.fault.message.startswith("No valid host was found. small: it has too little memory")
    assert "small: it has too little memory left" in made.fault.message


REFUSED = {
    "no image": ({"imageRef": ""}, LATEST, 400, "Missing imageRef attribute"),
    "image unknown": ({"imageRef": NOBODYS}, LATEST, 400, "Can not find requested image"),
    "flavor unknown": ({"flavorRef": "x"}, LATEST, 400, "Flavor x could not be found."),
    "zone unknown": (
        {"availability_zone": "mars"},
        LATEST,
        400,
        "The requested availability zone is not available",
    ),
    "key": ({"key_name": "k"}, LATEST, 400, "Invalid key_name provided."),
    "counts": (
        {"min_count": 3, "max_count": 2},
        LATEST,
        400,
        "min_count must be <= max_count",
    ),
    "no networks": (
        {"networks": ...},
        "2.37",
        400,
        "Invalid input for field/attribute server. Value: ",
    ),
    "host too early": (
        {"host": "compute1"},
        "2.73",
        400,
        "Additional properties are not allowed ('host' was unexpected)",
    ),
    "personality too late": (
        {"personality": []},
        "2.57",
        400,
        "Additional properties are not allowed ('personality' was unexpected)",
    ),
    "user data": ({"user_data": "#"}, LATEST, 400, "'#' is not a 'base64'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_made_is_refused_in_the_contracts_words(
    cloud: ServerWorld, case: str
) -> None:
    facts, version, status, message = REFUSED[case]
    answer = cloud.create(version, **facts)
    assert answer.status_code == status
    assert message in answer.json["badRequest"]["message"]


def test_before_2_19_the_description_is_the_name(cloud: ServerWorld) -> None:
    uuid = cloud.create("2.1").json["server"]["id"]
    assert cloud.instance(uuid).description == "vm"
    uuid = cloud.create("2.19", description=None).json["server"]["id"]
    assert cloud.instance(uuid).description is None


def test_a_guest_gets_a_host_name_that_it_can_have(cloud: ServerWorld) -> None:
    for name, hostname in (("My VM_1.x", "my-vm-1-x"), ("été", "t")):
        uuid = cloud.create(name=name).json["server"]["id"]
        assert cloud.instance(uuid).hostname == hostname
    uuid = cloud.create(name="日本").json["server"]["id"]
    assert cloud.instance(uuid).hostname == f"Server-{uuid}"


def test_what_openstackclient_says_of_its_disk_is_taken(cloud: ServerWorld) -> None:
    device = {
        "uuid": cloud.image,
        "boot_index": 0,
        "source_type": "image",
        "destination_type": "local",
        "delete_on_termination": True,
    }
    assert cloud.create(block_device_mapping_v2=[device]).status_code == 202
    volume = device | {"destination_type": "volume"}
    assert cloud.create(block_device_mapping_v2=[volume]).status_code == 400


# ----------------------------------------------------------------------------------------- actions


def test_each_action_goes_from_state_to_state(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    host = cloud.instance(uuid).host
    assert host is not None
    for action, value, task, after in (
        ("pause", None, "pausing", "paused"),
        ("unpause", None, "unpausing", "active"),
        ("suspend", None, "suspending", "suspended"),
        ("resume", None, "resuming", "active"),
        ("os-stop", None, "powering-off", "stopped"),
        ("os-start", None, "powering-on", "active"),
        ("reboot", {"type": "SOFT"}, "rebooting", "active"),
        ("reboot", {"type": "hard"}, "rebooting_hard", "active"),
    ):
        assert cloud.act(uuid, action, value, token=MEMBER).status_code == 202
        assert cloud.instance(uuid).task_state == task
        cloud.obey(host)
        made = cloud.instance(uuid)
        assert (made.vm_state, made.task_state) == (after, None)


def test_an_action_in_the_wrong_state_is_a_conflict(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    answer = cloud.act(uuid, "os-start")
    assert answer.status_code == 409
    assert answer.json["conflictingRequest"]["message"] == (
        f"Cannot 'start' instance {uuid} while it is in vm_state active"
    )
    cloud.act(uuid, "os-stop")
    answer = cloud.act(uuid, "os-stop")
    assert answer.json["conflictingRequest"]["message"] == (
        f"Cannot 'stop' instance {uuid} while it is in task_state powering-off"
    )


def test_a_server_of_a_host_that_is_down_can_only_be_deleted(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    host = cloud.instance(uuid).host
    assert host is not None
    cloud.later(61)
    answer = cloud.act(uuid, "os-stop")
    assert answer.status_code == 409
    assert answer.json["conflictingRequest"]["message"] == ("Service is unavailable at this time.")
    assert cloud.ask("DELETE", f"/v2.1/servers/{uuid}", LATEST).status_code == 204
    assert cloud.ask("DELETE", f"/v2.1/servers/{uuid}", LATEST).status_code == 404
    (asked,) = cloud.asked(host)
    assert (asked.uuid, asked.wanted) == (uuid, Wanted.GONE)
    cloud.obey(host)
    assert cloud.asked(host) == []


def test_a_server_is_deleted_once_its_host_has_done_so(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    host = cloud.instance(uuid).host
    assert host is not None
    for _ in range(2):
        assert cloud.ask("DELETE", f"/v2.1/servers/{uuid}", LATEST, token=MEMBER).status_code == 204
        assert cloud.instance(uuid).task_state == "deleting"
    cloud.obey(host)
    assert cloud.instance(uuid).deleted
    assert cloud.asked(host) == []


def test_a_locked_server_is_changed_by_administrators_alone(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    assert cloud.act(uuid, "lock", {"locked_reason": "mine"}, token=MEMBER).status_code == 202
    made = cloud.instance(uuid)
    assert (made.locked_by, made.locked_reason) == ("owner", "mine")
    answer = cloud.act(uuid, "os-stop", token=MEMBER)
    assert answer.json["conflictingRequest"]["message"] == f"Instance {uuid} is locked"
    assert cloud.ask("DELETE", f"/v2.1/servers/{uuid}", token=MEMBER).status_code == 409
    assert cloud.act(uuid, "unlock", token=MEMBER).status_code == 202
    assert cloud.act(uuid, "os-stop", token=MEMBER).status_code == 202


def test_others_servers_are_not_there(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    for name in (uuid, "vm", NOBODYS):
        answer = cloud.act(name, "os-stop", token=STRANGER)
        assert answer.status_code == 404
        assert answer.json["itemNotFound"]["message"] == f"Instance {name} could not be found."


def test_an_operator_says_what_a_server_is(cloud: ServerWorld) -> None:
    uuid = cloud.running()
    assert cloud.act(uuid, "os-resetState", {"state": "error"}, token=ADMIN).status_code == 202
    assert cloud.instance(uuid).vm_state == "error"
    answer = cloud.act(uuid, "os-resetState", {"state": "stopped"})
    assert answer.json["badRequest"]["message"] == (
        "Invalid input for field/attribute state. Value: stopped. "
        "'stopped' is not one of ['active', 'error']"
    )
    assert cloud.act(uuid, "os-resetState", {"state": "active"}, token=MEMBER).status_code == 403
