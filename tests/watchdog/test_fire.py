"""A test fire, and what the next boot makes of it."""

from pathlib import Path

import pytest
from tests.watchdog.things import Clock

from hostdown.agent.watch_fire import Fire, FireFile, fire, measured
from hostdown.domain.watchdog_errors import WatchdogUnfit
from hostdown.drivers.fake_watchdog import FakeTimer

PLANNED = Fire("machine", "boot 1", "/dev/watchdog0", 2)
NEXT_BOOT = PLANNED._replace(boot_id="boot 2")


class Gone(BaseException):
    """The machine is not there any more: nothing else is done."""


class Dying:
    """A machine with a timer, on which each look at the clock takes a while."""

    def __init__(self, state: Path, fires_after_s: float = 2.1, look_s: float = 0.05) -> None:
        self.clock, self.file = Clock(), FireFile(state)
        self.timer = FakeTimer(fires_after_s, self.clock.boottime)
        self._look_s = look_s
        self.kept: bytes | None = None

    def goes_on(self) -> bool:
        self.clock.seconds += self._look_s
        if self.clock.seconds >= self.timer.due_at_s:
            self.kept = self.file.path.read_bytes()
            raise Gone
        return True

    def fire(self) -> Fire | None:
        """What the next boot finds."""
        with pytest.raises(Gone):
            fire(self.timer, self.file, PLANNED, self.clock, self.goes_on)
        assert self.kept is not None
        self.file.path.write_bytes(self.kept)
        return self.file.load()


def test_the_next_boot_knows_how_long_the_machine_lived_on(tmp_path: Path) -> None:
    found = Dying(tmp_path).fire()
    assert found is not None
    assert 2.0 < found.lasted_s <= 2.1
    assert 2.1 <= measured(found, NEXT_BOOT) <= 2.2


def test_what_was_not_written_any_more_counts_as_lived(tmp_path: Path) -> None:
    """The timer fires at 2.9 s, between two looks that are a second apart."""
    found = Dying(tmp_path, fires_after_s=2.9, look_s=1.0).fire()
    assert found is not None
    assert found.lasted_s == 2.0
    assert measured(found, NEXT_BOOT) == 3.0


def test_w_is_never_less_than_the_time_out() -> None:
    assert measured(PLANNED._replace(lasted_s=1.7, gap_s=0.1), NEXT_BOOT) == 2.0


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "nobody has seen it"),
        (NEXT_BOOT._replace(lasted_s=2.1), "has not reset this machine"),
        (PLANNED._replace(lasted_s=1.5), "too soon"),
        (PLANNED._replace(lasted_s=2.1, machine="another"), "another machine"),
        (PLANNED._replace(lasted_s=2.1, device="/dev/watchdog1"), "/dev/watchdog1"),
        (PLANNED._replace(lasted_s=3.1, timeout_s=3), "time-out of 3 s"),
    ],
)
def test_what_was_not_measured_here_counts_for_nothing(found: Fire | None, why: str) -> None:
    with pytest.raises(WatchdogUnfit, match=why) as refused:
        measured(found, NEXT_BOOT)
    assert "watchdog fire" in str(refused.value)


def test_a_timer_that_does_not_fire_is_told_and_leaves_no_measurement(tmp_path: Path) -> None:
    dying = Dying(tmp_path, fires_after_s=1e9, look_s=1.0)
    with pytest.raises(WatchdogUnfit, match="has not reset the machine in 37 s"):
        fire(dying.timer, dying.file, PLANNED, dying.clock, dying.goes_on)
    assert dying.file.load() is None


def test_a_test_that_is_broken_off_leaves_no_measurement(tmp_path: Path) -> None:
    dying = Dying(tmp_path)
    left = iter([True, True, False])
    fire(dying.timer, dying.file, PLANNED, dying.clock, lambda: next(left))
    assert dying.file.load() is None
    assert dying.timer.opened == 1


def test_an_unfit_timer_is_not_opened_and_an_older_measurement_stays(tmp_path: Path) -> None:
    dying = Dying(tmp_path)
    dying.file.save(PLANNED._replace(lasted_s=2.1))
    dying.timer.unfit = "it is a joke"
    with pytest.raises(WatchdogUnfit, match="a joke"):
        fire(dying.timer, dying.file, PLANNED, dying.clock, dying.goes_on)
    assert dying.timer.opened == 0
    assert dying.file.load() == PLANNED._replace(lasted_s=2.1)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1}'])
def test_a_file_that_cannot_be_read_is_no_test(tmp_path: Path, content: bytes) -> None:
    file = FireFile(tmp_path)
    file.path.write_bytes(content)
    assert file.load() is None
