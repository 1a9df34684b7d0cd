"""The crash matrix: what is done to an instance, by which steps, and what must be there afterwards.

Run as a program it is an agent that dies: it takes a case a line, forks, and the fork does the
case's last order and kills itself at the given step. Nothing of it is told to those who come after.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.agent.worker_bed import ASKED, HERE, MINE, SOURCE, UUID, Bed, moved, ran_elsewhere

from hostdown.agent.guest_errors import GuestRefused
from hostdown.agent.pools import PoolSeen
from hostdown.agent.site import Step
from hostdown.domain.assignment import (
    Assignment,
    Failure,
    Holder,
    PowerState,
    Reboot,
    Wanted,
)
from hostdown.domain.lease_text import LeaseState

TAKEN = Holder(2, HERE.host, HERE.boot)
LEASE_FILES = ["lease", "lease/after-0", "lease/current"]
DISK_FILES = ["disk", "disk.format", *LEASE_FILES]


class Case(NamedTuple):
    """`before` is asked one after the other and comes to its end; `last` is what is killed."""

    steps: tuple[Step, ...]
    before: tuple[Assignment, ...]
    last: tuple[Assignment, ...]
    check: Callable[[Bed], None]
    prepare: Callable[[Bed], None] = lambda _bed: None
    """Makes the last order meet what it is to meet; also after each restart."""


def asked(order: int, wanted: Wanted, reboot: Reboot | None = None) -> Assignment:
    return ASKED._replace(order=order, wanted=wanted, reboot=reboot)


def at_rest(bed: Bed, state: PowerState | None, lease: LeaseState, holder: Holder) -> None:
    """What holds at the end of every case."""
    assert bed.state is state
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state, bed.lease.current) == (holder, lease, True)
    assert not [name for name in bed.files if "tmp" in name or "new" in name]
    assert not [path for path in (bed.root / "state/notes").iterdir() if path.suffix != ".json"]
    outcome = bed.told.last
    assert (outcome.uuid, outcome.generation) == (UUID, holder.generation)
    assert bed.note.outcome == outcome


def runs(bed: Bed) -> None:
    at_rest(bed, PowerState.RUNNING, LeaseState.HELD, MINE)
    assert bed.files == DISK_FILES
    assert bed.told.last.state is PowerState.RUNNING
    assert bed.lease is not None
    assert bed.lease.data_gen == 1


def took_over(bed: Bed) -> None:
    at_rest(bed, PowerState.RUNNING, LeaseState.HELD, TAKEN)
    assert (bed.pool / UUID / "disk").read_text() == "data of the source"


def stopped(bed: Bed) -> None:
    at_rest(bed, None, LeaseState.HELD, MINE)
    assert bed.files == DISK_FILES
    assert bed.told.last.state is PowerState.SHUTDOWN


def suspended(bed: Bed) -> None:
    at_rest(bed, None, LeaseState.HELD, MINE)
    assert "saved" in bed.files
    assert bed.told.last.state is PowerState.SUSPENDED


def deleted(bed: Bed) -> None:
    at_rest(bed, None, LeaseState.DELETED, MINE)
    assert bed.files == LEASE_FILES
    assert bed.told.last.gone


def given_up(bed: Bed) -> None:
    at_rest(bed, None, LeaseState.FREE, MINE)
    assert bed.files == DISK_FILES
    assert bed.told.last.gone


def never_begun(bed: Bed) -> None:
    assert (bed.state, bed.lease) == (None, None)
    assert (bed.told.last.gone, bed.told.last.generation) == (True, 1)
    assert (bed.note.done, bed.note.outcome) == (1, bed.told.last)


def put_aside(bed: Bed) -> None:
    at_rest(bed, None, LeaseState.FREE, MINE)
    assert bed.files == ["disk.evacuated-1", "disk.evacuated-1.format", *LEASE_FILES]


def undone(bed: Bed) -> None:
    at_rest(bed, None, LeaseState.FREE, MINE)
    assert bed.files == LEASE_FILES
    assert bed.told.last.failure == Failure("hypervisor", "No.")


def elsewhere(bed: Bed) -> None:
    if bed.lease is None:
        ran_elsewhere(bed)


def refuses(bed: Bed) -> None:
    def refuse(call: str, _uuid: str) -> None:
        if call == "create":
            raise GuestRefused(Failure("hypervisor", "No."))

    bed.guests.before = refuse


def has_moved(bed: Bed) -> None:
    bed.pool_seen, bed.moved = PoolSeen("pool-1", "local"), frozenset({UUID})


S = Step
FRESH = (S.BEGUN, S.CLAIM, S.BULLETIN, S.DISK, S.CREATE, S.RAN, S.READ, S.GO)
AGAIN = (S.CREATE, S.READ, S.GO)
TOLD = (S.NOTE, S.TELL)

CASES: dict[str, Case] = {
    "boot": Case((*FRESH, *TOLD), (), (ASKED,), runs),
    "take over": Case(
        (S.BEGUN, S.CLAIM, S.BULLETIN, S.CREATE, S.RAN, S.SETTLE, S.READ, S.GO, *TOLD),
        (),
        (moved(SOURCE),),
        took_over,
        elsewhere,
    ),
    "refused": Case((*FRESH[:5], S.KILL, S.REMOVE, S.FREE, *TOLD), (), (ASKED,), undone, refuses),
    "stop": Case((S.END, S.SYNC, *TOLD), (ASKED,), (asked(2, Wanted.STOPPED),), stopped),
    "start": Case(
        (*AGAIN, *TOLD), (ASKED, asked(2, Wanted.STOPPED)), (asked(3, Wanted.RUNNING),), runs
    ),
    "reboot": Case(
        (S.END, S.SYNC, *AGAIN, *TOLD),
        (ASKED,),
        (asked(2, Wanted.RUNNING, Reboot.HARD),),
        runs,
    ),
    "suspend": Case((S.SAVE, *TOLD), (ASKED,), (asked(2, Wanted.SUSPENDED),), suspended),
    "resume": Case(
        (S.CREATE, S.UNSAVE, S.READ, S.GO, *TOLD),
        (ASKED, asked(2, Wanted.SUSPENDED)),
        (asked(3, Wanted.RUNNING),),
        runs,
    ),
    "delete": Case(
        (S.END, S.TOMBSTONE, S.REMOVE, *TOLD), (ASKED,), (asked(2, Wanted.GONE),), deleted
    ),
    "asked back": Case(
        (S.SURRENDER, S.KILL, S.SYNC, S.FREE, *TOLD),
        (ASKED,),
        (asked(1, Wanted.ELSEWHERE),),
        given_up,
    ),
    "asked back, never seen": Case(
        (S.SURRENDER, S.KILL, *TOLD), (), (asked(1, Wanted.ELSEWHERE),), never_begun
    ),
    "asked back, stopped": Case(
        (S.SURRENDER, S.KILL, S.SYNC, S.FREE, *TOLD),
        (ASKED, asked(2, Wanted.STOPPED)),
        (asked(3, Wanted.ELSEWHERE),),
        given_up,
    ),
    "set aside": Case(
        (S.SURRENDER, S.KILL, S.SYNC, S.FREE, *TOLD, S.ASIDE),
        (ASKED,),
        (),
        put_aside,
        has_moved,
    ),
    "surrender": Case((S.SURRENDER, S.KILL, S.SYNC, S.FREE, *TOLD), (ASKED,), (), given_up),
}

PAIRS = [(name, step) for name, case in CASES.items() for step in case.steps]


def prepared(root: Path, name: str) -> Bed:
    """An agent that found things as the case begins."""
    bed = Bed(root)
    for assignment in CASES[name].before:
        if assignment.order > bed.note.order:
            bed.ask(assignment)
    CASES[name].prepare(bed)
    bed.steps.clear()
    return bed


def again(root: Path, name: str) -> Bed:
    """The next agent, which finishes what the one before began."""
    bed = Bed(root)
    CASES[name].prepare(bed)
    bed.ask(*CASES[name].last)
    bed.later(2)
    return bed


def die_at(root: Path, name: str, step: str) -> None:
    """Does the case's last order and does not come back."""

    def kill(reached: Step, _uuid: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    bed = prepared(root, name)
    bed.at = kill
    bed.ask(*CASES[name].last)
    os._exit(1)


def serve() -> None:
    """A line in: root, case, step. A line out: the signal that ended the agent."""
    for line in sys.stdin:
        root, name, step = json.loads(line)
        pid = os.fork()
        if pid == 0:
            die_at(Path(root), name, step)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
