"""Orders come and outcomes go, whatever the wire and the server's database do."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from tests.agent.worker_bed import ASKED, HERE, UUID, Bed, moved
from tests.processes.harness import until

from hostdown.agent.commits import CommitFile
from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.exchange import POLL_EVERY_S, Exchange
from hostdown.agent.surroundings import Session
from hostdown.agent.tidings import Tidings
from hostdown.api.agent.wire import BODY_BYTES_MAX
from hostdown.domain.assignment import Assignment, Failure, Outcome, PowerState, Wanted
from hostdown.domain.assignment_forms import OUTCOMES_MAX, assignment_form, outcome

SESSION = Session(HERE.host, b"secret", 4, HERE.boot, HERE.boot_id)
OTHER = "6ee78d05-7a41-4a59-9b41-000000000000"


@dataclass
class SmallServer:
    """The server's side of the two requests, with a wire that can be cut before and after it."""

    asked: tuple[Assignment, ...] = ()
    version: int = 1
    commit: int = 10
    database_id: str = "db-1"
    held: bool = False
    cut: bool = False
    answers_lost: int = 0
    refuses: Refused | None = None
    unreadable: str = ""
    bytes_max: int = BODY_BYTES_MAX
    answer: dict[str, object] = field(default_factory=dict)
    said: list[Outcome] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    settled: list[object] = field(default_factory=list)
    haves: list[object] = field(default_factory=list)
    lost: tuple[str, ...] = ()
    """Instances of which the database lost the permits."""
    tell: bool = False
    seen: list[object] = field(default_factory=list)

    def post(
        self,
        path: str,
        content: Mapping[str, object],
        secret: bytes,
        unsigned_refusals: bool = False,
    ) -> Mapping[str, object]:
        if self.cut:
            raise NotHeard("The wire is cut.")
        assert (secret, content["session"]) == (b"secret", 4)
        what = path.removeprefix(f"/agent/v1/hosts/{HERE.host}/")
        self.requests.append(what)
        if self.refuses is not None:
            raise self.refuses
        if "seen" in content:
            self.seen.append(content["seen"])
        answer = self._outcomes(content) if what == "outcomes" else self._assignments(content)
        if self.answers_lost:
            self.answers_lost -= 1
            raise NotHeard("The answer was lost.")
        return {"database_id": self.database_id, "commit": self.commit, **answer, **self.answer}

    def _outcomes(self, content: Mapping[str, object]) -> dict[str, object]:
        forms = content["outcomes"]
        assert isinstance(forms, list)
        if any(form["uuid"] == self.unreadable for form in forms):
            raise Refused(400, "malformed", "The message was refused.", {})
        if len(orjson.dumps(forms)) > self.bytes_max:
            raise Refused(413, "too-large", "The message was refused.", {})
        self.said += map(outcome, forms)
        return {}

    def _assignments(self, content: Mapping[str, object]) -> dict[str, object]:
        self.settled.append(content["settled"])
        have = content["have"]
        self.haves.append(have)
        asked = {each.uuid for each in self.asked} | set(self.lost)
        assert have is None or isinstance(have, list)
        ended = [[uuid, generation] for uuid, generation, *_ in have or () if uuid not in asked]
        said = {"version": self.version, "ended": ended, "tell": self.tell and have is None}
        if content["known"] == self.version:
            return {"unchanged": True, **said}
        instances = [assignment_form(each) for each in self.asked]
        return {"held": self.held, "instances": instances, **said}

    def give(self, *asked: Assignment) -> None:
        self.asked, self.version, self.commit = asked, self.version + 1, self.commit + 1


class Pair:
    """An agent's exchange and worker, and its server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.server = SmallServer()
        self.tidings = Tidings()
        self.bed = Bed(root, forward=self.tidings)
        self.begin()

    def begin(self) -> None:
        commits = CommitFile(self.root / "state" / "commit.json")
        self.exchange = Exchange(
            self.server, self.bed.worker, self.tidings, commits, self.bed.clock
        )

    def reporting(self) -> None:
        self.exchange.began(SESSION)
        self.exchange.answered(self.server.version)

    def turn(self) -> float:
        """What the agent's threads would do now."""
        self.exchange.turn()
        self.bed.turns()
        return self.exchange.turn()


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_nothing_is_asked_before_the_server_took_a_complete_inventory(pair: Pair) -> None:
    """W2."""
    pair.server.give(ASKED)
    for _ in range(2):
        assert pair.turn() == POLL_EVERY_S
        pair.exchange.began(SESSION)
    assert pair.server.requests == []
    pair.exchange.hint(2)  # a report without an inventory was answered: notes are told (P5)
    for _ in range(2):
        pair.turn()
    assert (pair.server.requests, pair.server.haves) == (["assignments"], [[]])
    assert pair.bed.state is None
    pair.exchange.answered(2)
    pair.turn()
    assert pair.bed.state is PowerState.RUNNING


def test_an_order_is_carried_out_and_its_outcome_told_once(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    assert pair.turn() == POLL_EVERY_S
    assert pair.server.said == [Outcome(UUID, 1, 1, PowerState.RUNNING, True)]
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.turn()
    assert pair.server.requests == ["assignments", "outcomes", "assignments", "assignments"]
    assert len(pair.server.said) == 1


def test_without_a_hint_the_next_order_is_seen_with_the_next_poll(pair: Pair) -> None:
    pair.reporting()
    pair.turn()
    pair.server.give(ASKED)
    assert pair.turn() == POLL_EVERY_S
    assert pair.bed.state is None
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.turn()
    assert pair.bed.state is PowerState.RUNNING
    pair.server.give(ASKED._replace(order=2, wanted=Wanted.STOPPED))
    pair.exchange.hint(pair.server.version)
    pair.turn()
    assert pair.bed.state is None


def test_a_hint_of_what_is_known_asks_nothing(pair: Pair) -> None:
    pair.reporting()
    pair.turn()
    pair.server.requests.clear()
    pair.exchange.hint(pair.server.version)
    pair.exchange.hint(pair.server.version - 1)
    pair.turn()
    assert pair.server.requests == []


def test_outcomes_are_told_until_they_are_answered(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    pair.exchange.turn()
    pair.bed.turns()
    pair.server.answers_lost = 1
    assert 0 < pair.exchange.turn() < POLL_EVERY_S
    pair.server.cut = True
    waits = [pair.exchange.turn() for _ in range(10)]
    assert waits == sorted(waits)
    assert waits[-1] == 10
    pair.server.cut = False
    pair.exchange.turn()
    pair.exchange.turn()
    assert len(pair.server.said) == 2
    assert len(set(pair.server.said)) == 1


def test_a_server_that_takes_a_report_again_is_told_at_once_what_waits(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    pair.exchange.turn()
    pair.bed.turns()
    pair.server.cut = True
    assert [pair.exchange.turn() for _ in range(10)][-1] == 10
    pair.tidings.wait(0)
    stopping = threading.Event()
    thread = threading.Thread(target=pair.exchange.run, args=(stopping,))
    thread.start()
    try:
        until(lambda: pair.exchange._failures == 11)
        pair.server.cut = False
        pair.exchange.answered(pair.server.version)
        until(lambda: pair.server.said, timeout_s=5)
    finally:
        stopping.set()
        pair.tidings.wake()
        thread.join(5)


def test_a_newer_outcome_is_not_taken_for_an_answered_one(pair: Pair) -> None:
    first = Outcome(UUID, 1, 1, PowerState.RUNNING, True)
    pair.tidings.tell(first)
    pair.tidings.tell(first._replace(state=PowerState.SHUTDOWN))
    pair.tidings.answered(first)
    assert pair.tidings.some(9) == [first._replace(state=PowerState.SHUTDOWN)]


def test_an_outcome_that_the_server_cannot_read_holds_up_no_other(pair: Pair) -> None:
    pair.reporting()
    for uuid in (UUID, OTHER):
        pair.tidings.tell(Outcome(uuid, 1, 1, PowerState.RUNNING, True))
    pair.server.unreadable = UUID
    pair.turn()
    assert [each.uuid for each in pair.server.said] == [OTHER]
    assert pair.tidings.some(9) == []


def test_outcomes_that_do_not_fit_into_one_message_go_in_several(pair: Pair) -> None:
    pair.reporting()
    many = [
        Outcome(f"{n:036}", 1, 1, PowerState.NOSTATE, True, failure=Failure("c", "€" * 2000))
        for n in range(OUTCOMES_MAX)
    ]
    for each in many:
        pair.tidings.tell(each)
    pair.turn()
    assert pair.server.said == many
    assert pair.tidings.some(9) == []
    assert len(pair.server.requests) < 30


@pytest.mark.parametrize("fall", [{"commit": 3}, {"database_id": "db-2"}])
def test_a_server_that_lost_commits_moves_nothing(pair: Pair, fall: dict[str, object]) -> None:
    """P5, RACES 30 and 36: also after the agent was started again."""
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.server.give()
    pair.server.answer = fall
    for _ in range(2):
        pair.exchange.answered(99)
        pair.turn()
        assert pair.bed.state is PowerState.RUNNING
        pair.begin()
        pair.reporting()
    pair.server.answer = {}
    pair.exchange.answered(99)
    pair.turn()
    assert pair.bed.state is None


def test_a_server_that_lost_commits_is_told_what_is_here_and_seen(pair: Pair) -> None:
    """P5: at once, and again with each poll; also while something waits to be told."""
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.tidings.tell(Outcome(UUID, 1, 1, PowerState.SHUTDOWN, True))
    pair.server.commit = 3
    pair.server.haves.clear()
    mine = [[UUID, 1, HERE.boot, 1, 1, True]]
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
    assert pair.server.haves == [None, [[UUID, 1, HERE.boot, 1, 1, True]]]


@pytest.mark.parametrize(
    "answer",
    [
        {"instances": None},
        {"instances": [{}]},
        {"version": "1"},
        {"commit": None},
        {"commit": -1},
        {"database_id": 1},
        {"instances": [assignment_form(ASKED._replace(uuid="../../etc"))]},
        {"instances": [assignment_form(ASKED._replace(name="a/b"))]},
    ],
)
def test_an_answer_that_makes_no_sense_moves_nothing(pair: Pair, answer: dict[str, object]) -> None:
    pair.server.give(ASKED)
    pair.server.answer = answer
    pair.reporting()
    assert pair.turn() < POLL_EVERY_S
    assert (pair.bed.state, pair.bed.files) == (None, [])


def test_a_session_that_is_over_asks_no_more(pair: Pair) -> None:
    pair.server.refuses = Refused(410, "session-ended", "It ended.", {})
    pair.reporting()
    assert pair.turn() == POLL_EVERY_S
    assert pair.server.requests == ["assignments"]
    pair.server.refuses = Refused(503, "cell-unavailable", "Later.", {})
    pair.reporting()
    assert pair.turn() < POLL_EVERY_S


def test_a_host_that_is_forced_down_is_told_so(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.server.held = True
    pair.reporting()
    pair.turn()
    assert pair.bed.state is None


def test_a_report_names_the_instances(pair: Pair) -> None:
    pair.reporting()
    assert pair.exchange.rows() == []
