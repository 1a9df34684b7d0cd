"""An agent tells its server what is here, and goes on with what that does not know (P5)."""

from pathlib import Path

import pytest
from tests.agent.exchange_pair import Pair
from tests.agent.worker_bed import ASKED, HERE, UUID, moved

from hostdown.agent.exchange import POLL_EVERY_S
from hostdown.domain.assignment import Outcome, PowerState


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_a_server_that_lost_commits_is_told_what_is_here_and_seen(pair: Pair) -> None:
    """P5: at once, and again with each poll; also while something waits to be told."""
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.tidings.tell(Outcome(UUID, 1, 1, PowerState.SHUTDOWN, True))
    pair.server.commit = 3
    pair.server.haves.clear()
    mine = [[UUID, 1, HERE.boot, 1, 1, True, False]]
    for polls in (1, 2):
        pair.bed.clock.forward(POLL_EVERY_S)
        assert pair.exchange.turn() == POLL_EVERY_S
        assert pair.server.haves[-1] == mine
        assert pair.server.haves.count(mine) == polls
    assert len(pair.server.haves) == 3
    assert pair.server.seen[-1] == {"database_id": "db-1", "commit": 11}


def test_what_a_list_knows_nothing_of_goes_on_until_it_is_said_to_be_ended(pair: Pair) -> None:
    """P5, RACES 36: the list may be of a database that lost it. It is told of at once."""
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.server.give()
    pair.server.lost = (UUID,)
    pair.exchange.hint(pair.server.version)
    pair.server.haves.clear()
    for _ in range(3):
        assert pair.turn() == POLL_EVERY_S
        pair.bed.clock.forward(POLL_EVERY_S)
    assert pair.bed.state is PowerState.RUNNING
    assert pair.server.haves[0] is None
    assert all(pair.server.haves[1:])
    assert pair.bed.worker.is_settled()  # nobody waits for the end of what nobody knows
    pair.server.lost = ()
    pair.turn()
    assert pair.bed.state is None
    assert pair.server.said[-1].gone


def test_a_list_that_knows_only_an_older_permit_starts_and_ends_nothing(pair: Pair) -> None:
    pair.server.give(moved(generation=2))
    pair.reporting()
    pair.turn()
    pair.server.lost = (UUID,)
    pair.server.give(ASKED)
    pair.exchange.hint(pair.server.version)
    pair.turn()
    assert pair.bed.note.generation == 2
    assert pair.server.haves[-1] is not None


def test_a_server_that_asks_is_told_at_once_what_is_here(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.server.tell = True
    pair.server.haves.clear()
    pair.exchange.turn()
    assert pair.server.haves == [None, [[UUID, 1, HERE.boot, 1, 1, True, False]]]
