"""Each of Nova's versioned notifications has the shape of Nova's, and is from the same service."""

import ast
from pathlib import Path
from typing import Any

import pytest
from tests.domain.happenings import CALLER, FAULT, SERVER, changed, event, everything
from tests.domain.nova_samples import DATA, NAME, differences, has_sample, sample
from tests.domain.things import NOW

from hostdown.domain.instance import Instance, no_valid_host
from hostdown.domain.notifications import Notification, OnStateChange, envelope
from hostdown.domain.settlement import deleted
from hostdown.domain.versioned import FORMS, versioned

NEVER, VM_STATE, BOTH = OnStateChange
EVENTS = everything()
SOURCES = Path(__file__).resolve().parents[2] / "src/hostdown"
ALIKE = {
    "instance.pause": "instance.power_off",
    "instance.unpause": "instance.power_off",
    "instance.suspend": "instance.power_off",
    "instance.resume": "instance.power_off",
}
"""Of these no sample is published, but of others that have the same payload."""
OURS = ("host.", "recovery.", "identity.", "deliveries.")
"""How types begin of what Nova does not tell."""
SAID_ELSEWHERE = {
    "services/aggregate_journal.py": "of its own names in pairs",
    "services/disarming.py": "recovery.disarm, recovery.arm",
    "services/fault_events.py": "host.fault_reported",
    "services/fence_checks.py": "host.fencing_broken, host.fencing_works",
    "services/flavor_journal.py": "of its own names",
    "services/identity_journal.py": "identity.…",
    "services/instance_journal.py": "of domain/instance_events.py, by everything that can change",
    "services/move_journal.py": "of domain/move_events.py, by every step of every move",
    "services/quiet.py": "host.silent, host.heard",
    "services/recovery_journal.py": "recovery.…",
    "services/server_group_journal.py": "of its own names",
    "services/unreachable.py": "host.unreachable, host.reachable",
    "storage/journal.py": "of what was written down",
}
"""Modules that name types of events by something else than their texts, and which those are."""


def told(kind: str, on: OnStateChange = NEVER) -> Notification:
    """The notification of an event's own name."""
    return versioned(EVENTS[kind], "api1", on)[-1]


def updates(seen: Instance, on: OnStateChange, by_host: bool = False, **facts: object) -> int:
    """How many updates a change is told as."""
    after = seen._replace(**facts)  # type: ignore[arg-type] # of any field
    found = versioned(changed(seen, after, by_host), "api1", on)
    return [each.event_type for each in found].count("instance.update")


# ---------------------------------------------------------------------------- shapes, by samples


@pytest.mark.parametrize("kind", sorted(kind for kind in FORMS if not kind.startswith("flavor.")))
def test_a_notification_has_the_shape_and_the_sender_of_novas(kind: str) -> None:
    name, _, step = kind.rpartition(".")
    published = sample(f"{ALIKE.get(name, name)}.{step}".replace(".", "-"))
    ours = told(kind)
    assert ours.event_type == kind
    assert differences(ours.payload, published["payload"]) == []
    assert ours.priority == published["priority"]
    assert ours.publisher_id.partition(":")[0] == published["publisher_id"].partition(":")[0]


@pytest.mark.parametrize("kind", ["flavor.create", "flavor.update", "flavor.delete"])
def test_a_flavors_notification_has_the_shape_of_novas(kind: str) -> None:
    """Of which the payload alone is published."""
    ours = told(kind)
    assert differences(ours.payload, sample("common_payloads/FlavorPayload")) == []
    assert (ours.event_type, ours.priority) == (kind, "INFO")
    assert ours.publisher_id == "nova-api:api1"


def test_an_update_has_the_shape_and_the_sender_of_novas() -> None:
    published = sample("instance-update")
    (ours,) = versioned(changed(SERVER, SERVER._replace(name="new"), False), "api1", NEVER)
    assert differences(ours.payload, published["payload"]) == []
    assert (ours.event_type, ours.priority) == ("instance.update", "INFO")
    assert ours.publisher_id == "nova-compute:api1"


def test_the_samples_are_read_as_they_are_meant() -> None:
    """A shape that holds anything would hold ours."""
    published = sample("instance-create-error")["payload"]
    ours = told("instance.create.error").payload
    assert published[NAME] == "InstanceCreatePayload"
    assert published[DATA]["fault"][DATA]["exception"] == "FlavorDiskTooSmall"
    for broken in (
        {**published, "nova_object.version": "1.12"},
        {**published, DATA: {**published[DATA], "extra": 1}},
        {**published, DATA: {**published[DATA], "progress": "none"}},
        {**published, DATA: {**published[DATA], "fault": sample("instance-lock")["payload"]}},
    ):
        assert differences(ours, broken) != []


# ----------------------------------------------------------------------- every type has its row


def test_every_type_of_event_of_a_server_the_directory_or_a_service_has_a_form() -> None:
    """If this fails: a row in `versioned.FORMS`, and Nova's sample of it."""
    assert set(EVENTS) == set(FORMS) | {"instance.update"}
    published = [kind for kind in FORMS if has_sample(kind.replace(".", "-"))]
    without = {kind.rpartition(".")[0] for kind in FORMS if kind not in published}
    assert without == {*ALIKE, "flavor"}


def test_every_type_that_is_written_down_anywhere_is_one_of_those_or_ours() -> None:
    """If this fails: a row in `versioned.FORMS`, or a beginning that Nova does not have."""
    texts: set[str] = set()
    others: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        for kind in _types(path):
            if kind is None:
                others.add(str(path.relative_to(SOURCES)))
            else:
                texts.add(kind)
    assert texts
    assert {
        each
        for each in texts
        if not each.startswith(OURS) and each not in EVENTS and f"{each}.end" not in EVENTS
    } == set()
    assert others == set(SAID_ELSEWHERE)


def _types(path: Path) -> list[str | None]:
    """The types of events that a module makes; None for one that it names by no text."""
    places = {"Change": 2, "Told": 0}
    found: list[str | None] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        place = places.get(node.func.id)
        if place is None or path.is_relative_to(SOURCES / "api"):  # other things of these names
            continue
        given = [each.value for each in node.keywords if each.arg == "event_type"]
        said = (given or node.args[place:])[0]
        found.append(str(said.value) if isinstance(said, ast.Constant) else None)
    return found


@pytest.mark.parametrize("kind", ["host.unreachable", "recovery.held", "identity.user.created"])
def test_what_nova_does_not_tell_is_not_told(kind: str) -> None:
    for on in OnStateChange:
        assert versioned(event(kind, {"host": "compute1"}), "api1", on) == []


# ------------------------------------------------------------------------------ what they hold


def test_whose_a_notification_is() -> None:
    assert told("service.update").publisher_id == "nova-compute:compute1"
    assert told("aggregate.add_host.end").publisher_id == "nova-api:api1"
    assert told("instance.power_off.start").publisher_id == "nova-compute:compute1"
    assert told("compute_task.build_instances.error").publisher_id == "nova-conductor:api1"
    nowhere = changed(SERVER._replace(host=None), SERVER._replace(host=None, name="new"), True)
    assert versioned(nowhere, "api1", NEVER)[0].publisher_id == "nova-compute:api1"
    by_host = changed(SERVER, SERVER._replace(vm_state="stopped"), True)
    assert versioned(by_host, "api1", BOTH)[0].publisher_id == "nova-compute:compute1"


def test_a_server_is_deleted_by_its_host_or_by_the_api_where_no_host_is_asked() -> None:
    def publisher(seen: Instance, after: Instance, by_host: bool) -> str:
        return versioned(changed(seen, after, by_host), "api1", NEVER)[-1].publisher_id

    going = SERVER._replace(task_state="deleting")
    assert publisher(going, deleted(going, NOW), True) == "nova-compute:compute1"
    assert publisher(SERVER, deleted(SERVER, NOW), False) == "nova-api:api1"
    assert publisher(SERVER, going, False) == "nova-compute:compute1"
    nowhere = SERVER._replace(host=None)
    assert publisher(nowhere, nowhere._replace(task_state="deleting"), False) == "nova-api:api1"
    assert publisher(nowhere, deleted(nowhere, NOW), True) == "nova-api:api1"
    for kind in ("delete-end_compute_down", "delete-start_not_scheduled"):
        assert sample(f"instance-{kind}")["publisher_id"].startswith("nova-api:")


def test_only_what_has_failed_now_tells_of_it() -> None:
    data = told("instance.power_off.end").payload[DATA]
    assert isinstance(data, dict)
    assert data["fault"] is None
    seen = SERVER._replace(fault=FAULT)
    later = changed(seen, seen._replace(task_state="powering-off"), False)
    (ours,) = versioned(later, "api1", NEVER)
    assert isinstance(ours.payload[DATA], dict)
    assert ours.payload[DATA]["fault"] is None


@pytest.mark.parametrize(
    ("fault", "exception"),
    [
        (FAULT, "DiskFull"),
        (no_valid_host("Room is gone.", NOW), "NoValidHost"),
        (FAULT._replace(details="libvirt said: no"), "InstanceFault"),
    ],
)
def test_what_failed_has_a_name_and_its_message(fault: object, exception: str) -> None:
    seen = SERVER._replace(task_state="spawning")
    after = seen._replace(task_state=None, vm_state="error", fault=fault)  # type: ignore[arg-type] # one
    data = versioned(changed(seen, after, True), "api1", NEVER)[-1].payload[DATA]
    assert isinstance(data, dict)
    assert data["fault"][DATA]["exception"] == exception
    assert data["fault"][DATA]["exception_message"]


def test_nobodys_request_has_neither_an_id_nor_a_user() -> None:
    asked = versioned(changed(SERVER, SERVER._replace(name="b"), False), "api1", NEVER)[0]
    said = versioned(changed(SERVER, SERVER._replace(name="b"), True), "api1", NEVER)[0]
    names = ("request_id", "action_initiator_user", "action_initiator_project")
    of_asked, of_said = (each.payload[DATA] for each in (asked, said))
    assert isinstance(of_asked, dict)
    assert isinstance(of_said, dict)
    assert [of_asked[name] for name in names] == ["req-1", CALLER.user_id, CALLER.project_id]
    assert [of_said[name] for name in names] == [None, None, None]


def test_what_was_looked_for_is_told_where_no_host_was_found() -> None:
    data = told("compute_task.build_instances.error").payload[DATA]
    assert isinstance(data, dict)
    spec = data["request_spec"][DATA]
    assert spec["scheduler_hints"] == {"group": ["g"], "different_host": ["a", "b"]}
    image = spec["image"][DATA]
    assert (image["disk_format"], image["size"]) == ("raw", 25_165_824)
    assert image["properties"][DATA] == {"hw_architecture": "x86_64", "hw_disk_bus": "virtio"}
    assert [_image(image=None), _image(image_properties={})[DATA]["properties"][DATA]] == [None, {}]


def _image(**facts: object) -> Any:  # noqa: ANN401 - JSON
    """What is told of the image of a server for which no host was found."""
    seen = SERVER._replace(task_state="scheduling", **facts)  # type: ignore[arg-type] # of any field
    found = changed(seen, seen._replace(task_state=None, fault=FAULT), True)
    data = versioned(found, "api1", NEVER)[-1].payload[DATA]
    assert isinstance(data, dict)
    return data["request_spec"][DATA]["image"]


def test_an_event_of_an_older_version_is_told_without_what_it_lacks() -> None:
    for kind in ("instance.create.end", "compute_task.build_instances.error", "service.update"):
        (ours,) = versioned(event(kind, {"uuid": "u"}), "api1", BOTH)
        assert isinstance(ours.payload[DATA], dict)
        assert told(kind).payload[DATA].keys() == ours.payload[DATA].keys()  # type: ignore[attr-defined] # a dict


# --------------------------------------------------------------------------- when it is an update


@pytest.mark.parametrize(
    ("facts", "told_by"),
    [
        ({"name": "new"}, (1, 1, 1)),
        ({"vm_state": "stopped"}, (0, 1, 1)),
        ({"task_state": "powering-off"}, (0, 0, 1)),
        ({"vm_state": "error", "task_state": "powering-off"}, (0, 1, 1)),
        ({"metadata": {}}, (0, 1, 1)),
    ],
)
def test_which_changes_are_updates_is_asked_for_but_for_names(
    facts: dict[str, object], told_by: tuple[int, ...]
) -> None:
    assert tuple(updates(SERVER, on, **facts) for on in OnStateChange) == told_by


def test_an_update_comes_before_what_has_a_name() -> None:
    seen = SERVER._replace(task_state="powering-off")
    found = versioned(
        changed(seen, seen._replace(task_state=None, vm_state="stopped"), True), "api1", BOTH
    )
    assert [each.event_type for each in found] == ["instance.update", "instance.power_off.end"]
    data = found[0].payload[DATA]
    assert isinstance(data, dict)
    assert data["state_update"][DATA] == {
        "old_state": "active",
        "state": "stopped",
        "old_task_state": "powering-off",
        "new_task_state": None,
    }


def test_the_envelope_is_that_of_notifiers() -> None:
    ours = told("instance.lock")
    assert envelope(ours, "m-1", NOW.replace(microsecond=1500)) == {
        "message_id": "m-1",
        "publisher_id": "nova-api:api1",
        "event_type": "instance.lock",
        "priority": "INFO",
        "payload": ours.payload,
        "timestamp": "2026-03-01 12:00:00.001500",
    }
