"""Fence paths are looked at before they are needed, by whoever leads, and never in the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.servers.moving import SceneClock
from tests.servers.recovering import RecoveringScene

from hostdown.domain.errors import DirectoryUnavailable
from hostdown.domain.fence_checks import AGAIN
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services.fence_check_ports import Looked
from hostdown.services.fence_checks import PACE_MAX_S, PLAN_EVERY_S, FenceChecks, fence_status
from hostdown.services.leadership import Leadership
from hostdown.services.lease import LEASE_S
from hostdown.storage import Storage

HOUR = timedelta(hours=1)


class SilentDirectory:
    def read(self, work: object) -> object:
        raise DirectoryUnavailable(retry_after_s=5)


class Lookers:
    """`CheckCrew` that does at once what it is asked, or as many as it is let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.busy = False
        self._done: list[Looked] = []

    def begin(self, host: str, work: Callable[[], Looked], /) -> bool:
        if not self.busy:
            self.begun.append(host)
            self._done.append(work())
        return not self.busy

    def results(self) -> list[Looked]:
        done, self._done = self._done, []
        return done


class Checked(RecoveringScene):
    """Four hosts whose fencing is checked each hour."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.lookers = Lookers()
        self.checks = self.checked_by(self._leadership, self.lookers)

    def checked_by(self, leadership: Leadership, lookers: Lookers) -> FenceChecks:
        return FenceChecks(
            self.cell, self.storage.directory, leadership, self.paths, lookers, HOUR,
            SceneClock(self),
        )  # fmt: skip

    def go_on(self, seconds: float, step_s: float = 0.25) -> None:
        for _ in range(round(seconds / step_s)):
            self.wait(step_s)
            self.checks.turn(self.now)

    def go_on_for_hours(self, hours: int) -> None:
        """And some, until what is due by then has been begun."""
        self.go_on(hours * HOUR.total_seconds() + 2 * PLAN_EVERY_S, 1.0)

    def problems(self, host: str) -> list[str]:
        found = dict(fence_status(self.storage.cells, self.storage.directory))[host]
        return [] if found is None else found.problems

    def events(self, host: str) -> list[str]:
        """Oldest first."""
        history = self.cell.read(lambda rows: rows.journal.history(host, 10))
        return [each.event_type for each in reversed(history)]


@pytest.fixture
def scene(store: Storage) -> Checked:
    made = Checked(store)
    for name in ("a", "b", "c", "d"):
        made.host(name, 4096)
        made.fenced_by_bmc(name)
    return made


def test_each_host_is_checked_once_in_an_interval_one_after_another(scene: Checked) -> None:
    scene.go_on(PACE_MAX_S * 2)
    assert scene.lookers.begun == ["a", "b"]
    scene.go_on(PLAN_EVERY_S * 2)
    assert scene.lookers.begun == ["a", "b", "c", "d"]
    scene.go_on_for_hours(1)
    assert scene.lookers.begun == ["a", "b", "c", "d"] * 2
    assert all(path.sent == 0 for path in scene.bmcs.values())
    assert all(scene.problems(host) == [] for host in "abcd")


def test_one_that_breaks_is_told_once_and_so_is_that_it_works_again(scene: Checked) -> None:
    scene.go_on(10)
    scene.bmcs["b"].fault = FakeFault.DEAD
    scene.go_on_for_hours(1)
    assert "did not answer in time" in scene.problems("b")[0]
    assert scene.events("b") == []
    scene.go_on(AGAIN.total_seconds() + PLAN_EVERY_S)
    assert scene.events("b") == ["host.fencing_broken"]
    scene.go_on_for_hours(2)
    assert scene.events("b") == ["host.fencing_broken"]
    scene.bmcs["b"].fault = FakeFault.NONE
    scene.go_on_for_hours(1)
    assert scene.events("b") == ["host.fencing_broken", "host.fencing_works"]
    assert scene.problems("b") == []


def test_one_that_the_file_forgets_is_a_problem_and_one_that_is_gone_is_none(
    scene: Checked,
) -> None:
    del scene.paths.levels["c"]
    scene.go_on(10)
    assert "No rule" in scene.problems("c")[0]
    seen = scene.record("c")
    gone = seen._replace(deleted_at=scene.now)
    assert scene.storage.directory.write(lambda rows: rows.hosts.replace(seen, gone))
    scene.go_on(PLAN_EVERY_S * 2)
    kept = scene.cell.read(lambda rows: rows.fence_checks.all())
    assert [each.host for each in kept] == ["a", "b", "d"]


def test_while_a_host_is_about_to_be_fenced_nobody_is_checked(scene: Checked) -> None:
    scene.lose("a")
    scene.recoverer.turn(scene.now)
    assert scene.stage() == "holding-off"
    scene.go_on(20)
    assert scene.lookers.begun == []
    scene.heard("a")
    scene.report("a")
    scene.recoverer.turn(scene.now)
    assert scene.stage() == "cancelled"
    scene.go_on(20)
    assert len(scene.lookers.begun) == 4


def test_a_directory_that_does_not_answer_is_no_problem_of_a_device(scene: Checked) -> None:
    scene.checks.turn(scene.now)
    directory, scene.checks._directory = scene.checks._directory, SilentDirectory()  # type: ignore[assignment] # as one
    for _ in range(3):
        scene.wait(AGAIN.total_seconds())
        with pytest.raises(DirectoryUnavailable):
            scene.checks.turn(scene.now)
    scene.checks._directory = directory
    scene.go_on(10)
    assert scene.lookers.begun == ["a", "b", "c", "d"]
    assert all(scene.problems(host) == [] for host in "abcd")


def test_a_host_that_has_no_service_yet_is_not_asked_again_and_again(scene: Checked) -> None:
    scene.cell.write(lambda rows: rows.services.delete(scene.service("b"), scene.now))
    scene.go_on(PLAN_EVERY_S * 3)
    assert scene.lookers.begun == ["a", "c", "d"]


def test_a_crew_that_is_busy_is_asked_again(scene: Checked) -> None:
    scene.lookers.busy = True
    scene.go_on(5)
    scene.lookers.busy = False
    scene.go_on(0.25)
    assert scene.lookers.begun == ["a"]


def test_only_who_leads_checks_and_writes(scene: Checked) -> None:
    lookers, leads = Lookers(), scene.checks
    scene.checks = scene.checked_by(Leadership(scene.cell, "other", SceneClock(scene)), lookers)
    scene.go_on(1)
    assert lookers.begun == []
    leads.turn(scene.now)
    first = scene.now
    assert scene.lookers.begun == ["a"]
    scene.go_on(LEASE_S + 1)  # what was begun ends while another one leads
    assert lookers.begun == ["a"]
    leads.turn(scene.now)
    _, kept = fence_status(scene.storage.cells, scene.storage.directory)[0]
    assert kept is not None
    assert kept.checked_at > first


def test_a_host_that_nobody_has_checked_yet_is_listed(scene: Checked) -> None:
    found = fence_status(scene.storage.cells, scene.storage.directory)
    assert found == [(name, None) for name in "abcd"]
