"""What becomes of a server that moves while it runs (contract 4.5, 5.3)."""

import pytest
from tests.domain.things import NOW, instance, migration

from hostdown.domain.instance import Fault
from hostdown.domain.live_moves import accepted, again, end_of, ended, handed_over
from hostdown.domain.migration import Migration, MigrationType, Status


def move(status: Status = Status.RUNNING, cancelled: bool = False, **facts: object) -> Migration:
    made = migration(type=MigrationType.LIVE, status=status, **facts)
    return made._replace(wish=made.wish._replace(cancelled=cancelled))


def test_it_migrates_until_it_is_there_or_stays() -> None:
    seen = accepted(instance())
    assert seen == instance(task_state="migrating")
    assert ended(seen, move(reason=None), NOW) == instance()
    there = handed_over(seen, move(dest_host="b", dest_node="b.example"))
    assert (there.host, there.node, there.task_state) == ("b", "b.example", "migrating")


def test_a_task_that_somebody_began_after_a_reset_goes_on() -> None:
    seen = instance(task_state="pausing")
    assert ended(seen, move(), NOW).task_state == "pausing"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (Status.ACCEPTED, "No valid host was found. full"),
        (Status.QUEUED, "No valid host was found. full"),
        (Status.PREPARING, "full"),
        (Status.RUNNING, "full"),
    ],
)
def test_what_went_wrong_is_told_by_its_fault(status: Status, message: str) -> None:
    failed = ended(accepted(instance()), move(status, reason="full"), NOW)
    assert failed == instance(fault=Fault(500, message, "full", NOW))


def test_one_that_was_called_off_has_no_fault() -> None:
    assert ended(accepted(instance()), move(cancelled=True, reason="why"), NOW) == instance()


def test_what_lost_its_memory_is_asked_for_again() -> None:
    assert again(instance(reboot="hard")) == instance(order=6, reboot=None)


@pytest.mark.parametrize(
    ("status", "cancelled", "end"),
    [
        (Status.ACCEPTED, False, Status.ERROR),
        (Status.QUEUED, False, Status.ERROR),
        (Status.PREPARING, False, Status.ERROR),
        (Status.RUNNING, False, Status.FAILED),
        (Status.POST_MIGRATING, False, Status.FAILED),
        (Status.ACCEPTED, True, Status.CANCELLED),
        (Status.RUNNING, True, Status.CANCELLED),
        (Status.POST_MIGRATING, True, Status.FAILED),
    ],
)
def test_how_it_ends_depends_on_how_far_it_came(
    status: Status, cancelled: bool, end: Status
) -> None:
    assert end_of(move(status, cancelled)) is end
