"""An agent tells the newest version at which it has nothing that it was not told to have."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.agent.guests_in_files import SILENT
from tests.agent.test_exchange import OTHER, Pair
from tests.agent.worker_bed import ASKED, HERE, UUID, Bed, moved

from hostdown.agent.exchange import POLL_EVERY_S
from hostdown.agent.guest_errors import NotGone
from hostdown.agent.site import Step
from hostdown.domain.assignment import Assignment, Assignments, Holder, Wanted
from hostdown.domain.guests import GuestSpec

ELSEWHERE = ASKED._replace(wanted=Wanted.ELSEWHERE)


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def answer(bed: Bed) -> None:
    """The server hears of everything that was told."""
    for outcome in bed.told.outcomes:
        bed.worker.told(outcome)


def test_nobody_knows_before_the_server_asked(bed: Bed) -> None:
    assert not bed.worker.is_settled()
    bed.ask()
    assert bed.worker.is_settled()


def test_what_is_asked_for_is_not_left_over(bed: Bed) -> None:
    bed.give(Assignments("db", 1, (ASKED,)))
    assert bed.worker.is_settled()
    bed.turns()
    assert bed.worker.is_settled()


@pytest.mark.parametrize("last", [(), (ELSEWHERE,)], ids=["ended", "asked back"])
def test_what_is_not_is_left_until_the_server_heard_of_its_surrender(
    bed: Bed, last: tuple[Assignment, ...]
) -> None:
    bed.ask(ASKED)
    bed.give(Assignments("db", 2, last))
    assert not bed.worker.is_settled()
    bed.turns()
    assert bed.told.last.gone
    assert not bed.worker.is_settled()
    answer(bed)
    assert bed.worker.is_settled()
    bed.ask()
    assert bed.worker.is_settled()


def test_a_permit_that_was_never_seen_is_left_until_it_is_given_back(bed: Bed) -> None:
    bed.give(Assignments("db", 1, (ELSEWHERE,)))
    assert not bed.worker.is_settled()
    bed.turns()
    assert not bed.worker.is_settled()
    answer(bed)
    assert bed.worker.is_settled()


def test_an_earlier_surrender_is_none_of_a_later_permit(bed: Bed) -> None:
    bed.ask(ELSEWHERE)
    answer(bed)
    again = ELSEWHERE._replace(generation=3)
    bed.give(Assignments("db", 2, (again,)))
    assert not bed.worker.is_settled()
    bed.turns()
    bed.ask()
    assert not bed.worker.is_settled()
    assert bed.note.generation == 3
    answer(bed)
    assert bed.worker.is_settled()


def test_an_agent_that_starts_again_waits_for_the_answer_anew(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask()
    bed.restart()
    bed.ask()
    assert not bed.worker.is_settled()
    answer(bed)
    assert bed.worker.is_settled()


def test_a_process_that_does_not_end_is_left(bed: Bed) -> None:
    """RACES 50; also where the server has come back by then."""
    bed.ask(ASKED)
    bed.guests.fails["end"] = NotGone(uuid=UUID, pid=1)
    bed.ask(moved(generation=3, order=2))
    assert not bed.worker.is_settled()
    bed.later(1)
    assert bed.worker.is_settled()


def test_a_hypervisor_that_is_silent_has_nothing_settled(bed: Bed) -> None:
    """RACES 44: unknown is not none."""
    bed.ask()
    bed.guests.fails["inventory"] = SILENT
    assert not bed.worker.is_settled()
    assert bed.worker.is_settled()


@pytest.mark.parametrize(
    ("holder", "settled"),
    [
        (Holder(1, HERE.host, HERE.boot), False),
        (Holder(1, HERE.host, HERE.boot - 1), False),
        (Holder(1, "another-host", HERE.boot), True),
    ],
    ids=["this boot", "an older boot", "another host"],
)
def test_a_guest_of_this_host_that_nobody_asked_for_is_left(
    bed: Bed, holder: Holder, settled: bool
) -> None:
    bed.ask()
    bed.guests.create(guest_of(bed, holder))
    assert bed.worker.is_settled() is settled


def guest_of(bed: Bed, holder: Holder) -> GuestSpec:
    (bed.root / "disk").touch()
    return GuestSpec(
        uuid=OTHER,
        name="instance-00000002",
        holder=holder,
        vcpus=1,
        memory_mb=64,
        disk=bed.root / "disk",
        disk_format="raw",
        network="none",
        mac="",
        saved=None,
        locking=True,
    )


def test_a_turn_that_an_older_list_began_may_yet_do_what_that_said(bed: Bed) -> None:
    seen: list[bool] = []

    def meanwhile(step: Step, _uuid: str) -> None:
        if step is Step.BEGUN:
            bed.give(Assignments("db", 2, ()))
            bed.site.notes.drop(UUID)  # as if it had not been written yet
            seen.append(bed.worker.is_settled())

    bed.at = meanwhile
    bed.ask(ASKED)
    assert seen == [False]
    bed.at = lambda _step, _uuid: None
    bed.later(1)
    answer(bed)
    assert bed.state is None
    assert bed.worker.is_settled()


# ------------------------------------------------------------------------------------ the wire


@pytest.mark.parametrize("poll_every_s", [POLL_EVERY_S, 600.0], ids=["host", "swarm"])
def test_it_is_told_at_once_after_a_session_began_and_then_soon(
    pair: Pair, poll_every_s: float
) -> None:
    pair.begin(poll_every_s)
    pair.reporting()
    pair.turn()
    assert pair.server.settled == [0, 1]
    pair.server.give(ASKED)
    pair.exchange.hint(2)
    pair.turn()
    assert pair.server.settled == [0, 1, 1]
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.turn()
    assert pair.server.settled == [0, 1, 1, 2]


def lost(pair: Pair) -> None:
    pair.server.answers_lost = 1


def heard(pair: Pair) -> None:
    del pair


@pytest.mark.parametrize("befalls", [heard, lost])
@pytest.mark.parametrize("last", [(), (ELSEWHERE,)], ids=["ended", "asked back"])
def test_it_is_told_at_once_when_the_last_surrender_was_heard_of(
    pair: Pair, last: tuple[Assignment, ...], befalls: Callable[[Pair], None]
) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.server.give(*last)
    pair.exchange.hint(3)
    pair.exchange.turn()
    pair.bed.turns()
    befalls(pair)
    pair.server.settled.clear()
    for _ in range(3):
        if not pair.server.settled:
            pair.exchange.turn()
    assert pair.server.settled == [3]
    assert pair.server.said[-1].gone


def test_a_session_that_begins_has_settled_nothing_yet(pair: Pair) -> None:
    pair.reporting()
    pair.turn()
    pair.server.settled.clear()
    pair.reporting()
    pair.turn()
    assert pair.server.settled == [0, 1]
