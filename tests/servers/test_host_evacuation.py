"""All servers of a host at once."""

import pytest
from tests.servers.moving import DEAD, HEARD, MovingScene, on_a
from tests.servers.scene import ADMIN, LIVENESS, WISH

from hostdown.domain.action_errors import ServerChanging, ServerInWrongState
from hostdown.domain.evacuation_errors import SourceInUse
from hostdown.domain.liveness import window
from hostdown.services.evacuations import Asked, Asker, accept_on_dead_host, moving_already
from hostdown.services.hearings import WAITS
from hostdown.services.host_evacuation import PRIORITY_MAX, priority
from hostdown.services.releases import Covers, Silent


def test_a_whole_host_is_moved_the_most_urgent_first(moving: MovingScene) -> None:
    urgent = {"HA_Priority": "7"}
    plain, first = on_a(moving), moving.running(WISH._replace(metadata=urgent))
    never_ran = moving.create()[0]
    moving.later(DEAD, "b")
    results = moving.evacuate_host("a")
    assert [each.instance.uuid for each in results] == [first.uuid, plain.uuid, never_ran.uuid]
    assert [each.migration is not None for each in results] == [True, True, False]
    assert "invalid state" in str(results[2].error) or "vm_state building" in str(results[2].error)
    moving.move()
    assert {each.uuid for each in moving.assigned("b")} == {first.uuid, plain.uuid}
    with pytest.raises(SourceInUse):
        moving.evacuate_host("b")


def test_a_server_that_moves_already_stays_out_of_the_whole(moving: MovingScene) -> None:
    one, other = on_a(moving), on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(one.uuid)
    rehearsed = [each.error for each in moving.plan("a")]
    first, second = moving.evacuate_host("a", to="b")
    assert "task_state rebuilding" in str(first.error)
    assert rehearsed == [first.error, None]
    assert first.instance.uuid == one.uuid
    assert second.migration is not None
    assert second.instance.uuid == other.uuid


def test_who_comes_second_at_the_same_moment_is_told_what_the_first_one_does(
    moving: MovingScene,
) -> None:
    seen = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(seen.uuid)
    assert seen.task_state is None
    asker = Asker(moving.caller(ADMIN), window(moving.now, LIVENESS), moving.now)
    with pytest.raises(ServerInWrongState, match="task_state rebuilding"):
        moving.cell.write(lambda rows: accept_on_dead_host(rows, seen, Asked(), asker))


def test_a_move_that_has_ended_is_no_reason_any_more(moving: MovingScene) -> None:
    seen = on_a(moving)
    told = moving.cell.read(lambda rows: moving_already(rows, seen))
    assert isinstance(told, ServerChanging)


def test_where_one_host_was_asked_for_its_reason_is_told_and_no_others(moving: MovingScene) -> None:
    for name in "cd":
        moving.host(name, 2048)
    on_a(moving)
    moving.later(DEAD, "c", "d")
    (planned,) = moving.plan("a", to="b")
    assert planned.error == "b: it is down."


@pytest.mark.parametrize("said", ["", "high", "99999999999999999999", "-5", "1.5"])
def test_a_priority_is_a_number_within_bounds(said: str) -> None:
    expected = {"99999999999999999999": PRIORITY_MAX, "-5": -5}.get(said, 0)
    assert priority({"HA_Priority": said}) == expected


def test_a_priority_that_is_no_number_is_said_to_count_as_none(moving: MovingScene) -> None:
    for name in "ab":
        moving.pool(name, "pool", "locks")
    on_a(moving)
    moving.running(WISH._replace(metadata={"HA_Priority": "abc"}))
    moving.later(DEAD, "b")
    sentence = "Its metadata HA_Priority is no integer: it counts as 0, as if there were none."
    for results in (moving.plan("a"), moving.evacuate_host("a")):
        assert [(each.priority, each.error) for each in results] == [(0, None), (0, None)]
        assert [each.warning for each in results] == [None, sentence]


def test_a_plan_tells_what_the_servers_would_wait_for(moving: MovingScene) -> None:
    for name in "ab":
        moving.pool(name, "pool", "locks")
    on_a(moving)
    moving.later(DEAD, "b")
    (planned,) = moving.plan("a")
    assert planned.warning is None
    moving.silent = Silent.PROOF
    (planned,) = moving.plan("a")
    assert planned.destination == "b"
    assert "Nothing proves yet that host a is dead" in str(planned.warning)
    moving.force("a", down=True)
    (planned,) = moving.plan("a")
    assert planned.warning is None
    moving.pool("a", "pool", "replay")
    moving.covers = Covers.LOCKS
    (planned,) = moving.plan("a")
    assert "A proof is waited for" in str(planned.warning)
    assert "(X2)" in str(planned.warning)


def test_a_plan_tells_that_hosts_are_heard_first(moving: MovingScene) -> None:
    for name in "ab":
        moving.pool(name, "pool", "locks")
    on_a(moving)
    moving.later(DEAD, "b")
    moving.mover = moving.another_mover("other")
    moving.move()
    moving.later(3, "b")
    moving.move()
    assert [each.warning for each in moving.plan("a")] == [WAITS]
    moving.later(HEARD.total_seconds() + 1, "b")
    moving.move()
    assert [each.warning for each in moving.plan("a")] == [None]
