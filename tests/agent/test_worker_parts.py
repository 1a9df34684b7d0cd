"""The worker's small parts: turns that wait, notes, and how much of the database was seen."""

import threading
from pathlib import Path

import pytest
from tests.agent.worker_bed import ASKED, MINE, UUID, Bed, BedClock

from hostdown.agent.commits import CommitFile
from hostdown.agent.errors import ServerBehind, Stopped
from hostdown.agent.notes import Note, NoteFiles
from hostdown.agent.work import WorkQueue
from hostdown.agent.worker import WorkerThreads
from hostdown.domain.assignment import Assignments, Failure, Holder, Outcome, PowerState


@pytest.fixture
def clock() -> BedClock:
    return BedClock()


@pytest.fixture
def queue(clock: BedClock) -> WorkQueue:
    return WorkQueue(clock)


def test_a_key_has_one_turn_however_often_it_was_put(queue: WorkQueue) -> None:
    for key in ("a", "b", "a"):
        queue.put(key)
    assert [queue.take(wait=False) for _ in range(3)] == ["a", "b", None]


def test_a_key_that_is_worked_on_waits_for_the_end_of_its_turn(queue: WorkQueue) -> None:
    queue.put("a")
    assert queue.take(wait=False) == "a"
    queue.put("a")
    assert queue.take(wait=False) is None
    queue.done("a")
    assert queue.take(wait=False) == "a"
    queue.done("a")
    assert queue.take(wait=False) is None


def test_a_turn_comes_when_it_is_due_or_sooner_if_something_happened(
    queue: WorkQueue, clock: BedClock
) -> None:
    queue.put("a", 5)
    queue.put("b", 1)
    queue.put("a", 9)
    assert queue.take(wait=False) is None
    clock.forward(1)
    assert queue.take(wait=False) == "b"
    assert queue.take(wait=False) is None
    queue.put("a")
    assert queue.take(wait=False) == "a"
    queue.done("a")
    clock.forward(100)
    assert queue.take(wait=False) is None


def test_who_waits_for_a_turn_is_woken_by_it_and_by_the_end(queue: WorkQueue) -> None:
    got: list[str | None] = []

    def wait() -> None:
        for _ in range(2):
            got.append(queue.take())

    thread = threading.Thread(target=wait)
    thread.start()
    queue.put("a")
    queue.close()
    thread.join(10)
    assert not thread.is_alive()
    assert got in (["a", None], [None, None])


def test_threads_work_and_end(tmp_path: Path) -> None:
    bed = Bed(tmp_path)
    done = threading.Event()
    bed.told.tell = lambda _outcome: done.set()  # type: ignore[method-assign] # a test's own teller
    threads = WorkerThreads(bed.worker, 3)
    threads.start()
    bed.worker.assign(Assignments("db", 1, (ASKED,)))
    assert done.wait(10)
    bed.worker.stop()
    threads.join(10)
    assert bed.state is PowerState.RUNNING


# ------------------------------------------------------------------------------------- notes

TOLD = Outcome(UUID, 2, 3, PowerState.SHUTDOWN, True, False, Failure("c", "m"), Holder(1, "h", 1))
NOTE = Note(UUID, 2, 5, 3, True, True, 1, TOLD)


def test_notes_come_back_and_blank_ones_are_made(tmp_path: Path) -> None:
    notes = NoteFiles(tmp_path / "notes")
    assert notes.get(UUID) == Note(UUID)
    notes.save(NOTE)
    (tmp_path / "notes" / "half.new").write_text("{")
    again = NoteFiles(tmp_path / "notes")
    assert again.get(UUID) == NOTE
    assert list(again.all()) == [NOTE]
    assert [path.name for path in (tmp_path / "notes").iterdir()] == [f"{UUID}.json"]
    again.drop(UUID)
    again.drop(UUID)
    assert list(NoteFiles(tmp_path / "notes").all()) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 2}', '{"version": 1}'])
def test_notes_that_cannot_be_read_are_not_taken_for_none(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{UUID}.json").write_text(content)
    with pytest.raises(Stopped, match="keep servers from running twice"):
        NoteFiles(tmp_path)


def test_a_note_knows_whether_its_permit_is_open(tmp_path: Path) -> None:
    assert (NOTE.open, NOTE.ends) == (True, False)
    given_up = NOTE._replace(done=2)
    assert (given_up.open, given_up.ends) == (False, True)
    gone = given_up._replace(outcome=TOLD._replace(gone=True))
    assert (gone.open, gone.ends) == (False, False)
    assert (Note(UUID).open, Note(UUID).ends) == (False, False)
    assert Note(UUID, 1, MINE.boot).holder(MINE.host) == MINE


# ----------------------------------------------------------------------------------- commits


def test_a_lower_commit_or_another_database_is_refused_also_after_a_restart(
    tmp_path: Path,
) -> None:
    """RACES 30, 36."""
    file = tmp_path / "state" / "commit.json"
    seen = CommitFile(file)
    for commit in (5, 5, 7):
        seen.check("db-1", commit)
    for known in (seen, CommitFile(file)):
        with pytest.raises(ServerBehind, match="its commit 6 is older than 7"):
            known.check("db-1", 6)
        with pytest.raises(ServerBehind, match="speaks for database db-2"):
            known.check("db-2", 9)
        known.check("db-1", 7)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"database_id": "x", "commit": "y"}'])
def test_a_commit_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "commit.json").write_text(content)
    with pytest.raises(Stopped, match="restore it from a backup"):
        CommitFile(tmp_path / "commit.json")


def test_a_commit_that_cannot_be_kept_ends_the_agent(tmp_path: Path) -> None:
    seen = CommitFile(tmp_path / "state" / "commit.json")
    (tmp_path / "state").rmdir()
    with pytest.raises(Stopped, match="cannot be written"):
        seen.check("db-1", 1)
