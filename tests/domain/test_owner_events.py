"""Events as owners of servers see them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from hostdown.domain.alarms import OwnerEvent, TraitValue
from hostdown.domain.deliveries import Event
from hostdown.domain.host_words import About, Hosted, Sees
from hostdown.domain.owner_events import owner_events
from hostdown.domain.server_status import HostFacts, Precedence

AT = datetime(2026, 3, 10, 12)
ID = "7d9d5f0c-8f0c-4d3e-9a43-0d4f0f4f9d11"
UP, UNKNOWN = HostFacts(False, False, False), HostFacts(False, False, True)
ONE = Hosted("4f4a2a0e-0000-4000-8000-000000000001", "p1", "u1", "one", "active")
TWO = Hosted("4f4a2a0e-0000-4000-8000-000000000002", "p2", "u2", "two", "stopped")
PAYLOAD: Mapping[str, object] = {
    "uuid": ONE.uuid, "tenant_id": "p1", "user_id": "u1", "display_name": "one",
    "state": "active", "host": "secret-host", "node": "secret-node",
    "flavor": {"name": "m1.small", "memory_mb": 512, "vcpus": 1, "root_gb": 2, "ephemeral_gb": 0},
    "state_update": {"old_state": "building", "new_task_state": None, "state": "active"},
}  # fmt: skip


def event(kind: str, payload: Mapping[str, object], about: About | None = None) -> Event:
    return Event(1, ID, "cell1", AT, "secret-host", kind, payload, "req-1", about)


def told(of: Event, sees: Sees = Sees.ALL) -> list[OwnerEvent]:
    return list(owner_events(of, lambda *_: sees, Precedence.NOVA))


def traits(of: OwnerEvent, *names: str) -> list[TraitValue | None]:
    return [of.traits.get(name) for name in names]


def test_each_server_of_a_host_has_an_event_of_its_own() -> None:
    one, two = told(event("host.unreachable", {}, About(UP, UNKNOWN, [ONE, TWO])))
    assert (one.type, one.project_id, one.at) == ("compute.instance.update", "p1", AT)
    assert two.project_id == "p2"
    assert traits(one, "instance_id", "old_host_status", "host_status") == [
        ONE.uuid, "UP", "UNKNOWN"
    ]  # fmt: skip
    assert one.id != two.id
    assert UUID(one.id)
    again = told(event("host.unreachable", {}, About(UP, UNKNOWN, [ONE, TWO])))
    assert [each.id for each in again] == [one.id, two.id]


def test_who_may_see_nothing_of_hosts_is_told_nothing_of_them() -> None:
    about = About(UP, UNKNOWN, [ONE])
    assert told(event("host.unreachable", {}, about), Sees.NOTHING) == []
    (some,) = told(event("host.unreachable", {}, about), Sees.UNKNOWN_ONLY)
    assert traits(some, "old_host_status", "host_status") == [None, "UNKNOWN"]


def test_what_is_about_no_server_is_told_to_no_owner() -> None:
    assert told(event("service.update", {"host": "secret-host"})) == []


def test_an_event_of_a_server_has_the_name_and_traits_that_ceilometer_gives_it() -> None:
    made, _ = told(event("instance.create.end", PAYLOAD))
    assert (made.id, made.type, made.project_id) == (ID, "compute.instance.create.end", "p1")
    assert traits(made, "instance_id", "resource_id", "state", "old_state", "new_task_state") == [
        ONE.uuid, ONE.uuid, "active", "building", None
    ]  # fmt: skip
    assert traits(made, "instance_type", "memory_mb", "vcpus") == ["m1.small", 512, 1]
    assert traits(made, "host_status", "old_host_status") == [None, None]


def test_a_server_that_has_another_host_may_have_another_word() -> None:
    about = About(UNKNOWN, UP, [ONE])
    moved, update = told(event("instance.rebuild.end", PAYLOAD, about))
    assert traits(moved, "old_host_status", "host_status") == ["UNKNOWN", "UP"]
    assert (update.type, update.traits) == ("compute.instance.update", moved.traits)
    assert update.id != moved.id
    (only,) = told(event("instance.update", PAYLOAD, about))
    assert (only.id, only.type) == (ID, "compute.instance.update")
    moved, update = told(event("instance.rebuild.end", PAYLOAD, about), Sees.NOTHING)
    for each in (moved, update):
        assert traits(each, "old_host_status", "host_status") == [None, None]


def test_a_server_whose_state_is_another_one_is_told_of_by_an_update_as_well() -> None:
    """Whoever waits for servers that become `error` names that type alone, as Doctor does."""
    failed = {**PAYLOAD, "state": "error", "state_update": {"old_state": "active"}}
    named, update = told(event("instance.reboot.error", failed))
    assert (named.type, named.id) == ("compute.instance.reboot.error", ID)
    assert (update.type, update.traits) == ("compute.instance.update", named.traits)
    assert update.id not in (named.id, told(event("instance.pause.end", PAYLOAD))[0].id)
    same = {**PAYLOAD, "state": "active", "state_update": {"old_state": "active"}}
    (only,) = told(event("instance.reboot.end", same))
    assert only.type == "compute.instance.reboot.end"


def test_a_failed_task_keeps_its_name_and_lacks_what_it_has_not() -> None:
    (made,) = told(event("compute_task.rebuild_server.error", {"uuid": ONE.uuid}))
    assert made.type == "compute_task.rebuild_server.error"
    assert made.project_id == ""


def test_no_owner_hears_the_name_of_a_host() -> None:
    about = About(UP, UNKNOWN, [ONE])
    events = told(event("instance.rebuild.end", PAYLOAD, about))
    events += told(event("host.unreachable", {"host": "secret-host"}, about))
    assert not any("secret" in str(each) for each in events)
