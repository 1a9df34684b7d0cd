"""By which names the steps of moves are told: each kind's way, forwards and back."""

import pytest
from tests.domain.happenings import SERVER, stepped
from tests.domain.nova_samples import DATA
from tests.domain.things import FLAVOR, NOW, migration

from hostdown.domain.migration import Migration, MigrationType, Status
from hostdown.domain.move_events import steps
from hostdown.domain.notifications import OnStateChange
from hostdown.domain.versioned import versioned

HERE, THERE = "compute1", "compute2"
EVACUATION, COLD, RESIZE, LIVE = (
    MigrationType.EVACUATION,
    MigrationType.MIGRATION,
    MigrationType.RESIZE,
    MigrationType.LIVE,
)
PREPARED = ["resize_prep.start", "resize_prep.end", "resize.start"]
ARRIVED = [f"live_migration_post{step}" for step in ("_dest.start", "_dest.end", ".end")]
BACK = [f"live_migration_rollback{step}" for step in (".start", "_dest.start", "_dest.end", ".end")]


def move(kind: MigrationType, status: Status, generation: int = 2) -> Migration:
    return migration(type=kind, status=status, generation=generation, dest_host=THERE)


def told(seen: Migration, after: Migration, host: str = HERE) -> list[str]:
    return [each.kind.removeprefix("instance.") for each in steps(seen, after, host)]


def reached(kind: MigrationType, was: Status, becomes: Status, host: str = HERE) -> list[str]:
    return told(move(kind, was), move(kind, becomes), host)


def test_an_evacuation_is_told_from_when_it_has_a_host() -> None:
    placed = reached(EVACUATION, Status.ACCEPTED, Status.PRE_MIGRATING)
    assert placed == ["rebuild_scheduled", "exists", "rebuild.start"]
    assert reached(EVACUATION, Status.PRE_MIGRATING, Status.DONE, THERE) == ["rebuild.end"]
    assert reached(EVACUATION, Status.PRE_MIGRATING, Status.FAILED) == []
    assert reached(EVACUATION, Status.PRE_MIGRATING, Status.PRE_MIGRATING) == []


@pytest.mark.parametrize("kind", [COLD, RESIZE])
def test_a_cold_move_is_told_step_by_step_and_no_step_is_left_out(kind: MigrationType) -> None:
    sent = ["resize.end", "resize_finish.start"]
    assert reached(kind, Status.PRE_MIGRATING, Status.MIGRATING) == PREPARED
    assert reached(kind, Status.MIGRATING, Status.POST_MIGRATING) == sent
    assert reached(kind, Status.PRE_MIGRATING, Status.POST_MIGRATING) == [*PREPARED, *sent]
    assert reached(kind, Status.POST_MIGRATING, Status.FINISHED) == ["resize_finish.end"]
    confirmed = reached(kind, Status.FINISHED, Status.CONFIRMED)
    assert confirmed == ["resize_confirm.start", "resize_confirm.end"]
    assert reached(kind, Status.FINISHED, Status.REVERTING) == ["resize_revert.start"]
    assert reached(kind, Status.REVERTING, Status.REVERTED) == ["resize_revert.end"]
    assert reached(kind, Status.MIGRATING, Status.ERROR) == []


def test_each_host_that_gets_ready_for_a_live_migration_is_told() -> None:
    placed = move(LIVE, Status.PREPARING)
    assert told(move(LIVE, Status.ACCEPTED, 0), placed) == ["live_migration_pre.start"]
    assert told(placed, placed._replace(generation=3)) == ["live_migration_pre.start"]
    assert reached(LIVE, Status.PREPARING, Status.RUNNING) == ["live_migration_pre.end"]


def test_a_handover_is_told_once_whoever_speaks_of_it_first() -> None:
    handed = ["live_migration_post.start"]
    assert reached(LIVE, Status.RUNNING, Status.POST_MIGRATING) == handed
    assert reached(LIVE, Status.POST_MIGRATING, Status.COMPLETED, THERE) == ARRIVED
    assert reached(LIVE, Status.RUNNING, Status.COMPLETED, THERE) == handed + ARRIVED
    assert reached(LIVE, Status.RUNNING, Status.FAILED, THERE) == handed + ARRIVED


@pytest.mark.parametrize("end", [Status.FAILED, Status.ERROR, Status.CANCELLED])
def test_the_way_back_is_told_of_what_had_a_host_to_go_to(end: Status) -> None:
    assert reached(LIVE, Status.RUNNING, end) == BACK
    assert told(move(LIVE, Status.QUEUED, 0), move(LIVE, end, 0)) == []
    assert reached(LIVE, Status.ACCEPTED, Status.QUEUED) == []


@pytest.mark.parametrize(("asked", "name"), [("cancelled", "abort"), ("hurried", "force_complete")])
def test_what_is_asked_of_one_on_its_way_is_told_once(asked: str, name: str) -> None:
    seen = move(LIVE, Status.RUNNING)
    after = seen._replace(wish=seen.wish._replace(**{asked: True}))  # type: ignore[arg-type] # a flag
    assert told(seen, after) == [f"live_migration_{name}.start", f"live_migration_{name}.end"]
    assert told(after, after._replace(reason="again")) == []


def publishers(seen: Migration, after: Migration, host: str) -> dict[str, tuple[str, object]]:
    """By the names: who says it, and where the server is shown with it."""
    found = {}
    for each in stepped(seen, after, SERVER._replace(host=host, node=f"{host}.node")):
        (ours,) = versioned(each, "api1", OnStateChange.VM_AND_TASK_STATE)  # no update beside it
        data = ours.payload[DATA]
        assert isinstance(data, dict)
        assert data["node"] == f"{data['host']}.node"
        found[ours.event_type.removeprefix("instance.")] = (ours.publisher_id, data["host"])
    return found


def test_each_host_says_its_part_and_a_server_is_shown_where_nova_shows_it() -> None:
    source, dest = "nova-compute:compute1", "nova-compute:compute2"
    assert publishers(move(LIVE, Status.POST_MIGRATING), move(LIVE, Status.COMPLETED), THERE) == {
        "live_migration_post_dest.start": (dest, HERE),
        "live_migration_post_dest.end": (dest, THERE),
        "live_migration_post.end": (source, HERE),
    }
    rolled = publishers(move(LIVE, Status.RUNNING), move(LIVE, Status.FAILED), HERE)
    assert list(rolled.values()) == [(source, HERE), (dest, HERE), (dest, HERE), (source, HERE)]
    accepted, placed = move(EVACUATION, Status.ACCEPTED), move(EVACUATION, Status.PRE_MIGRATING)
    assert publishers(accepted, placed, HERE) == {
        "rebuild_scheduled": ("nova-conductor:api1", HERE),
        "exists": (dest, HERE),
        "rebuild.start": (dest, HERE),
    }
    done = publishers(placed, move(EVACUATION, Status.DONE), THERE)
    assert done == {"rebuild.end": (dest, HERE)}


def test_a_step_tells_who_asked_for_the_move_and_the_flavor_to_come() -> None:
    big = FLAVOR._replace(flavorid="f2")
    seen = move(RESIZE, Status.PRE_MIGRATING)._replace(new_flavor=big)
    prepared = stepped(seen, seen._replace(status=Status.MIGRATING))[0]
    (ours,) = versioned(prepared, "api1", OnStateChange.NONE)
    data = ours.payload[DATA]
    assert isinstance(data, dict)
    assert (data["request_id"], data["action_initiator_user"]) == ("req-1", "a")
    flavors = [data[name][DATA]["flavorid"] for name in ("flavor", "new_flavor")]
    assert flavors == ["f1", "f2"]


def test_of_a_server_that_is_no_more_and_of_what_changes_nothing_no_step_is_told() -> None:
    seen, after = move(LIVE, Status.RUNNING), move(LIVE, Status.FAILED)
    assert stepped(seen, after, server=None) == []
    assert stepped(seen, seen._replace(due_at=NOW, progress={"memory_total_bytes": 8})) == []
