"""Hosts have what the database lost (NEVER-TWICE L3, P5; RACES 30, 33, 36)."""

import pytest
from tests.servers.moving import DEAD, HEARD, MovingScene, on_a

from hostdown.domain.assignment import Had, Holder, PowerState, Wanted
from hostdown.domain.instance import Instance
from hostdown.domain.migration import Status
from hostdown.domain.permit_errors import GrantsWait
from hostdown.domain.server_actions import STOP
from hostdown.services.hearing_ports import Stranger
from hostdown.services.hearings import Question

UNKNOWN = "6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1"


def had(server: Instance | str, generation: int = 2, **facts: object) -> Had:
    uuid = server if isinstance(server, str) else server.uuid
    plain = Had(uuid, generation, 1, 4, PowerState.RUNNING, True)
    return plain._replace(**facts)  # type: ignore[arg-type] # a table of facts


def strangers(moving: MovingScene, host: str) -> list[Stranger]:
    return moving.cell.read(lambda rows: rows.strangers.of_host(moving.record(host).id))


def test_a_later_holder_becomes_the_open_permit_and_ends_the_one_before(
    moving: MovingScene,
) -> None:
    server = on_a(moving)
    served = moving.fetch("b", have=[had(server)])
    assert served.instances is not None
    (told,) = served.instances
    assert (told.generation, told.order, told.wanted) == (2, 4, Wanted.RUNNING)
    first, second = moving.permits(server.uuid)
    assert first.ended is not None
    assert (first.ended.kind, first.ended.by) == ("found", "generation 2 on b")
    assert (second.host, second.boot, second.confirmed, second.ended) == ("b", 1, True, None)
    seen = moving.get(server.uuid)
    assert (seen.host, seen.node, seen.vm_state, seen.order) == ("b", "b", "active", 4)
    assert moving.fetch("a", have=[had(server, 1)]).ended == ((server.uuid, 1),)
    assert moving.assigned("a") == ()
    assert moving.act(server.uuid, STOP).order == 5


def test_taking_the_same_in_again_changes_nothing(moving: MovingScene) -> None:
    server = on_a(moving)

    def now() -> object:
        return moving.permits(server.uuid), moving.get(server.uuid), moving.fetch("b").commit

    moving.fetch("b", have=[had(server)])
    before = now()
    moving.fetch("b", have=[had(server)])
    assert now() == before


def test_the_next_permit_is_over_it_and_only_once_it_has_ended(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.fetch("b", have=[had(server, 7)])
    moving.later(DEAD, "a")
    moving.evacuate(server.uuid)
    moving.move()
    _, adopted, third = moving.permits(server.uuid)
    assert adopted.ended is not None
    assert adopted.ended.kind == "word"
    assert (third.generation, third.host, third.over) == (8, "a", (adopted.holder,))


def test_a_permit_that_was_never_claimed_has_to_be_given_back_as_well(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.fetch("b", have=[had(server, claimed=False, order=0, state=PowerState.NOSTATE)])
    (held,) = moving.open(server.uuid)
    assert (held.host, held.confirmed) == ("b", False)


def test_a_move_that_is_lost_has_ended_where_the_server_was_found(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.fetch("b", have=[had(server)])
    seen = moving.migration(server.uuid)
    assert (seen.status, seen.due_at) == (Status.ERROR, None)
    assert "found on host b" in str(seen.reason)
    assert moving.get(server.uuid).task_state is None
    assert moving.told(server.uuid)[-1][1] == "Error"
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b"]


def test_who_was_granted_it_meanwhile_gives_it_back_first(moving: MovingScene) -> None:
    """RACES 31: of one generation there are two, and one has the disk."""
    server = on_a(moving)
    moving.boot("a")
    moving.assigned("a")
    assert [each.generation for each in moving.open(server.uuid)] == [2]
    moving.fetch("b", have=[had(server)])
    (asked,) = moving.assigned("a")
    assert asked.wanted is Wanted.ELSEWHERE
    assert [each.had.generation for each in strangers(moving, "b")] == [2]
    moving.gone("a", server.uuid, claimed=False)
    (held,) = moving.open(server.uuid)
    assert (held.generation, held.host) == (2, "b")
    assert strangers(moving, "b") == []
    assert moving.get(server.uuid).host == "b"


def test_a_claim_that_another_holder_refused_finds_that_one(moving: MovingScene) -> None:
    """L3: also where its host is dead and says nothing."""
    server = on_a(moving)
    moving.boot("a")
    moving.assigned("a")
    other = Holder(2, moving.record("b").id, 1)
    moving.say("a", server.uuid, PowerState.NOSTATE, claimed=False, holder=other)
    assert [each.wanted for each in moving.assigned("a")] == [Wanted.ELSEWHERE]
    moving.gone("a", server.uuid, claimed=False)
    (held,) = moving.open(server.uuid)
    assert held.holder == other
    assert moving.get(server.uuid).host == "b"


def test_a_deletion_that_another_holder_refused_is_that_one_s(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.delete(server.uuid)
    other = Holder(2, moving.record("b").id, 1)
    moving.say("a", server.uuid, PowerState.NOSTATE, claimed=False, holder=other)
    (told,) = moving.assigned("b")
    assert (told.wanted, told.generation) == (Wanted.GONE, 2)
    moving.gone("b", server.uuid)
    assert moving.get(server.uuid).deleted


def test_a_holder_of_no_known_host_changes_nothing(moving: MovingScene) -> None:
    server = on_a(moving)
    other = Holder(2, "nobody", 1)
    moving.say("a", server.uuid, PowerState.NOSTATE, holder=other)
    assert [each.host for each in moving.open(server.uuid)] == ["a"]
    assert [each.wanted for each in moving.assigned("a")] == [Wanted.STOPPED]


def test_orders_that_are_lost_are_not_given_a_second_time(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.fetch("a", have=[had(server, 1, order=9, state=PowerState.SHUTDOWN)])
    assert moving.states(server.uuid) == ("stopped", None, "stopped", 9)
    moving.fetch("a", have=[had(server, 1, order=8)])
    assert moving.states(server.uuid) == ("stopped", None, "stopped", 9)


def test_a_move_goes_on_from_an_older_order(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.fetch("a", have=[had(server, 1, order=9)])
    seen = moving.get(server.uuid)
    assert (seen.order, seen.task_state) == (10, "rebuilding")


@pytest.mark.parametrize("deleted", [False, True])
def test_a_server_that_nobody_knows_is_kept_for_an_operator_to_see(
    moving: MovingScene, deleted: bool
) -> None:
    uuid = UNKNOWN
    if deleted:
        uuid = on_a(moving).uuid
        moving.delete(uuid)
        moving.gone("a", uuid)
    for _ in range(2):
        assert moving.fetch("b", have=[had(uuid)]).ended == ()
        (seen,) = strangers(moving, "b")
        assert (seen.host, seen.had, seen.seen_at) == ("b", had(uuid), moving.now)
    moving.fetch("b", have=[])
    assert strangers(moving, "b") == []


def test_where_two_hosts_run_it_an_operator_has_to_decide(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.boot("a")
    moving.assigned("a")
    moving.say("a", server.uuid)
    assert moving.fetch("b", have=[had(server)]).ended == ()
    assert [each.host for each in moving.open(server.uuid)] == ["a"]
    assert len(strangers(moving, "b")) == 1


def test_a_host_of_another_database_has_nothing_of_ours(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.fetch("b", database_id="another", commit=99, have=[had(server)])
    assert [each.host for each in moving.open(server.uuid)] == ["a"]


# ----------------------------------------------------------------------- while hosts are heard


def behind(moving: MovingScene) -> None:
    """b has seen a commit that is lost."""
    database_id = moving.fetch("b").database_id
    moving.fetch("b", database_id=database_id, commit=99, have=[])


def test_who_has_seen_more_has_all_hosts_asked_and_the_number_passes_it(
    moving: MovingScene,
) -> None:
    on_a(moving)
    moving.report("a")
    moving.mover.turn(moving.now)
    moving.answer()
    moving.mover.turn(moving.now)
    behind(moving)
    assert moving.fetch("a").is_asked
    assert not moving.fetch("b").is_asked  # it has said so with its question
    moving.later(1, "a", "b")
    moving.mover.turn(moving.now)
    assert moving.fetch("a").commit < 99
    moving.fetch("a", have=[had(each, 1, order=0) for each in [p.instance for p in held(moving)]])
    moving.mover.turn(moving.now)
    assert moving.fetch("a").commit == 100
    assert not moving.fetch("a").is_asked


def held(moving: MovingScene) -> list[object]:
    return list(moving.cell.read(lambda rows: rows.permits.held(moving.record("a").id)))


def test_meanwhile_no_boot_gets_another_permit_and_no_surrender_does(moving: MovingScene) -> None:
    server, other = on_a(moving), on_a(moving)
    behind(moving)
    with pytest.raises(GrantsWait):
        moving.gone("a", other.uuid)
    moving.boot("a")
    assert moving.assigned("a") == ()
    assert [each.generation for each in moving.permits(server.uuid)] == [1]
    moving.later(1, "a", "b")
    moving.move()
    assert [each.generation for each in moving.assigned("a")] == [2, 2]


def test_meanwhile_nothing_is_moved_and_new_servers_are_made(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.host("c")
    moving.later(DEAD, "b", "c")
    moving.move()
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    behind(moving)
    moving.later(1)
    moving.move()
    assert len(moving.permits(server.uuid)) == 1
    (made,) = moving.create()
    assert len(moving.open(made.uuid)) == 1
    moving.later(HEARD.total_seconds() + 1, "b", "c")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["c"]


def test_a_host_that_is_down_is_waited_for_no_longer_than_a_live_one_would_take(
    moving: MovingScene,
) -> None:
    on_a(moving)
    behind(moving)
    moving.later(DEAD, "b")
    moving.move()
    assert moving.fetch("b").commit < 100
    moving.later(HEARD.total_seconds() + 1, "b")
    moving.move()
    assert moving.fetch("b").commit == 100


def test_a_database_that_was_put_back_is_noticed_by_who_leads(moving: MovingScene) -> None:
    """Its own row is not as it was left."""
    moving.later(1, "a", "b")
    moving.move()
    asked = moving.cell.read(lambda rows: rows.hearing.now())
    assert not asked.goes_on
    older = moving.cell.read(lambda rows: rows.leaders.get("controller"))
    moving.later(1, "a", "b")
    moving.mover.turn(moving.now)
    newer = moving.cell.read(lambda rows: rows.leaders.get("controller"))
    assert older is not None
    assert newer is not None
    assert moving.cell.write(lambda rows: rows.leaders.put("controller", newer, older))
    moving.later(1, "a", "b")
    moving.mover.turn(moving.now)
    assert moving.cell.read(lambda rows: rows.hearing.now()).goes_on
    moving.move()
    assert not moving.cell.read(lambda rows: rows.hearing.now()).goes_on


def test_a_question_without_a_word_of_what_is_there_answers_nothing(moving: MovingScene) -> None:
    behind(moving)
    assert moving.fetch("a").is_asked
    assert moving.fetch("a", have=[]).is_asked is False
    assert Question().have is None
