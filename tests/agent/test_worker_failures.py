"""An order that cannot be carried out is told once, with its cause, and nothing half-made stays."""

import errno
import os
from pathlib import Path

import pytest
from tests.agent.worker_bed import ASKED, MINE, UUID, Bed

from hostdown.agent.guest_errors import GuestRefused
from hostdown.agent.patience import IMAGE_AWAY_MAX_S
from hostdown.domain.assignment import Assignments, Failure, ImageSource, PowerState, Reboot, Wanted
from hostdown.domain.disk_errors import ImageAway, ImageMissing
from hostdown.domain.lease_text import LeaseState, bulletins_of

IMAGE = ImageSource("image-1", "0" * 64, 4, "raw")
WITH_IMAGE = ASKED._replace(image=IMAGE)
LEASE_FILES = ["lease", "lease/after-0", "lease/current"]
REFUSED = GuestRefused(Failure("hypervisor", "No such machine type. " * 200))


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def missing(image: ImageSource, to: Path) -> None:
    to.write_bytes(b"ha")
    raise ImageMissing(image=image.id)


def bad(_image: ImageSource, to: Path) -> None:
    to.write_bytes(b"evil")


def full(_image: ImageSource, _to: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def broken(_image: ImageSource, _to: Path) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def half_made(bed: Bed) -> list[str]:
    """What lies on the pool that should not."""
    base = bed.pool / "_base"
    images = [path.name for path in base.iterdir()] if base.exists() else []
    return images + [name for name in bed.files if name not in LEASE_FILES]


@pytest.mark.parametrize(
    ("fetch", "code"),
    [
        (missing, "image-missing"),
        (bad, "image-bad"),
        (full, "disk-full"),
        (broken, "pool-failed"),
    ],
)
def test_a_disk_that_cannot_be_made(bed: Bed, fetch: object, code: str) -> None:
    bed.fetch = fetch  # type: ignore[assignment] # one of those above
    bed.ask(WITH_IMAGE)
    (told,) = bed.told.outcomes
    assert told.failure is not None
    assert (told.failure.code, told.state, told.claimed) == (code, PowerState.NOSTATE, False)
    assert half_made(bed) == []
    assert bed.state is None
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state) == (MINE, LeaseState.FREE)
    bed.restart()
    bed.ask(WITH_IMAGE)
    bed.later(60)
    assert bed.told.outcomes == [told]


def test_a_server_that_was_never_made_goes_to_its_tombstone_without_being_held_again(
    bed: Bed,
) -> None:
    bed.fetch = full
    bed.ask(WITH_IMAGE)
    bed.ask(WITH_IMAGE._replace(order=2, wanted=Wanted.GONE))
    assert bed.told.last.gone
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state) == (MINE, LeaseState.DELETED)
    written = bulletins_of((bed.pool / UUID / "lease" / "current").read_bytes())
    assert [each.state for each in written if each] == [LeaseState.DELETED, LeaseState.FREE]


def test_a_guest_that_the_hypervisor_refuses(bed: Bed) -> None:
    bed.guests.fails["create"] = REFUSED
    bed.ask(ASKED)
    assert bed.told.last.failure is not None
    assert bed.told.last.failure.code == "hypervisor"
    assert len(bed.told.last.failure.message) == 2000
    assert half_made(bed) == []
    bed.ask(ASKED._replace(order=2))
    assert bed.state is PowerState.RUNNING
    assert bed.told.last.failure is None
    assert bed.lease is not None
    assert bed.lease.state is LeaseState.HELD


def test_a_server_that_ran_keeps_its_disk(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(ASKED._replace(order=2, wanted=Wanted.STOPPED))
    bed.guests.fails["create"] = REFUSED
    bed.ask(ASKED._replace(order=3))
    assert bed.told.last.failure is not None
    assert bed.told.last.state is PowerState.SHUTDOWN
    assert half_made(bed) == ["disk", "disk.format"]
    bed.ask(ASKED._replace(order=4))
    assert bed.state is PowerState.RUNNING


def test_a_disk_that_is_gone_is_not_made_anew(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(ASKED._replace(order=2, wanted=Wanted.STOPPED))
    (bed.pool / UUID / "disk").unlink()
    bed.ask(ASKED._replace(order=3))
    assert bed.told.last.failure is not None
    assert bed.told.last.failure.code == "disk-missing"


@pytest.mark.parametrize(("wanted", "call"), [(Wanted.PAUSED, "pause"), (Wanted.SUSPENDED, "save")])
def test_a_guest_goes_on_where_it_cannot_be_paused(bed: Bed, wanted: Wanted, call: str) -> None:
    bed.ask(ASKED)
    bed.guests.fails[call] = REFUSED
    bed.ask(ASKED._replace(order=2, wanted=wanted))
    assert bed.told.last.failure is not None
    assert (bed.told.last.state, bed.told.last.claimed) == (PowerState.RUNNING, True)
    assert bed.state is PowerState.RUNNING
    assert bed.lease is not None
    assert bed.lease.state is LeaseState.HELD


def test_a_reboot_that_fails_leaves_the_server_off(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.guests.fails["create"] = REFUSED
    bed.ask(ASKED._replace(order=2, reboot=Reboot.HARD))
    assert (bed.told.last.state, bed.told.last.claimed) == (PowerState.SHUTDOWN, False)
    assert bed.state is None


def test_an_image_that_does_not_come_now_comes_later(bed: Bed) -> None:
    def away(image: ImageSource, _to: Path) -> None:
        raise ImageAway(image=image.id, reason="no answer")

    bed.fetch = away
    bed.ask(WITH_IMAGE)
    bed.later(1)
    assert bed.told.outcomes == []
    bed.ask(WITH_IMAGE._replace(order=2, wanted=Wanted.GONE))
    assert bed.told.last.gone
    assert half_made(bed) == []


def test_an_image_that_never_comes_is_told_of_at_last(bed: Bed) -> None:
    def away(image: ImageSource, _to: Path) -> None:
        raise ImageAway(image=image.id, reason="no answer")

    bed.fetch = away
    bed.ask(WITH_IMAGE)
    bed.later(IMAGE_AWAY_MAX_S - 2)
    assert [each for each in bed.told.outcomes if each.waits is None] == []
    bed.later(3)
    failure = bed.told.last.failure
    assert failure is not None
    assert (failure.code, "did not arrive: no answer" in failure.message) == ("image-away", True)
    assert half_made(bed) == []


def test_a_turn_that_breaks_down_breaks_nothing_else(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    bed.guests.fails["create"] = ZeroDivisionError("a bug")
    bed.ask(ASKED)
    assert "its turn broke down" in caplog.text
    bed.later(10)
    assert bed.state is PowerState.RUNNING


def test_notes_that_cannot_be_kept_end_the_worker(bed: Bed) -> None:
    (bed.root / "state/notes").rename(bed.root / "state/elsewhere")
    bed.worker.assign(Assignments("db", 1, (ASKED,)))
    while bed.worker.step(wait=False):
        continue
    assert bed.worker.broken is not None
    assert "cannot be written" in str(bed.worker.broken)
    assert bed.state is None


def test_what_an_earlier_agent_began_to_fetch_is_removed_at_the_start(bed: Bed) -> None:
    base = bed.pool / "_base"
    base.mkdir()
    for host in (MINE.host, "host-there"):
        (base / f"tmp-{host}-1").touch()
    bed.restart()
    assert [path.name for path in base.iterdir()] == ["tmp-host-there-1"]
