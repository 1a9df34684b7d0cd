"""Timers: one contract for the made-up one, that of a lab's host, and a machine's by its device."""

import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import TimeoutExpired

import pytest
from tests.watchdog.processes import LabHost

from hostdown.agent.watch_ports import Timer
from hostdown.domain.watchdog_errors import WatchdogUnfit
from hostdown.drivers.fake_watchdog import FakeTimer
from hostdown.drivers.lab_watchdog import LabWatchdog
from hostdown.drivers.linux_watchdog import LinuxWatchdog, systemd_settings
from hostdown.drivers.system_clock import SystemClock

DEVICE = Path("/dev/watchdog0")
SETTIMEOUT, KEEPALIVE = 0xC0045706, 0x80045705
SYSTEMD = ("RuntimeWatchdog", "RebootWatchdog", "KExecWatchdog")


class Board:
    """What the kernel's driver is told, and what sysfs says of it, below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[tuple[int, int]] = []
        self.fails: set[int] = set()
        self.systemd = dict.fromkeys((f"{name}USec" for name in SYSTEMD), "0")
        self.write("dev/watchdog0", "")
        self.write("sys/class/watchdog/watchdog0/identity", "iTCO_wdt\n")
        self.write("sys/class/watchdog/watchdog0/nowayout", "1\n")
        self.write("proc/cpuinfo", "flags\t\t: fpu vme\n")

    def write(self, file: str, text: str) -> None:
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text)

    def ioctl(self, descriptor: int, request: int, argument: bytes) -> bytes:
        if request in self.fails:
            raise OSError(22, "Invalid argument")
        self.calls.append((request, struct.unpack("i", argument)[0]))
        return argument

    def timer(self) -> LinuxWatchdog:
        return LinuxWatchdog(DEVICE, 2, self.root, self.ioctl, lambda: self.systemd)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path / "root")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[LabHost]:
    with closing(LabHost(tmp_path / "run" / "watchdog")) as host:
        yield host


@pytest.fixture(params=["fake", "lab", "linux"])
def made(request: pytest.FixtureRequest, board: Board, lab: LabHost) -> Callable[[], Timer]:
    """Another process' view of the same timer, each time."""
    clock = SystemClock()
    fake = FakeTimer(2.0, clock.monotonic)
    makers: dict[str, Callable[[], Timer]] = {
        "fake": lambda: fake,
        "lab": lambda: LabWatchdog(lab.path, 2),
        "linux": board.timer,
    }
    return makers[request.param]


def test_a_fit_timer_is_opened_and_petted(made: Callable[[], Timer]) -> None:
    timer = made()
    timer.check()
    timer.open()
    timer.pet()
    timer.pet()


def test_it_is_petted_only_once_it_is_open(made: Callable[[], Timer]) -> None:
    with pytest.raises(WatchdogUnfit):
        made().pet()


def test_the_next_petter_opens_it_again(made: Callable[[], Timer]) -> None:
    made().open()
    timer = made()
    timer.open()
    timer.pet()


# ------------------------------------------------------------------------------------ a lab's


def test_the_timer_of_a_lab_is_armed_and_held_off(lab: LabHost) -> None:
    timer = LabWatchdog(lab.path, 2)
    timer.open()
    first = lab.timer.due_at
    timer.pet()
    assert lab.timer.timeout_s == 2.0
    assert lab.timer.due_at > first


def test_a_lab_s_timer_says_why_it_does_not_obey(lab: LabHost, tmp_path: Path) -> None:
    LabWatchdog(lab.path, 2).open()
    with pytest.raises(WatchdogUnfit, match="armed with 2 seconds"):
        LabWatchdog(lab.path, 3).open()
    nowhere = LabWatchdog(tmp_path / "nowhere", 2)
    with pytest.raises(WatchdogUnfit, match="no such socket"):
        nowhere.check()
    with pytest.raises(WatchdogUnfit, match="does not answer"):
        nowhere.open()


# --------------------------------------------------------------------------------- a machine's


def test_opening_sets_its_time_out_and_pets(board: Board) -> None:
    board.timer().open()
    assert board.calls == [(SETTIMEOUT, 2), (KEEPALIVE, 0)]


def test_one_that_cannot_be_set_is_petted_and_told_about(board: Board) -> None:
    """It runs by then: who closed it would only wait for the reset."""
    timer = board.timer()
    board.fails = {SETTIMEOUT}
    for _ in range(2):
        with pytest.raises(WatchdogUnfit, match="does not obey"):
            timer.open()
    assert board.calls == [(KEEPALIVE, 0)] * 2
    board.fails = {KEEPALIVE}
    with pytest.raises(WatchdogUnfit, match="cannot be petted"):
        timer.pet()


def test_a_device_that_is_not_there_is_told_about(board: Board) -> None:
    (board.root / "dev/watchdog0").unlink()
    with pytest.raises(WatchdogUnfit, match="No such file"):
        board.timer().open()


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("sys/class/watchdog/watchdog0/identity", "Software Watchdog\n", "softdog"),
        ("sys/class/watchdog/watchdog0/nowayout", "0\n", "nowayout=1"),
        ("proc/cpuinfo", "flags\t\t: fpu hypervisor vme\n", "virtual machine"),
        ("sys/hypervisor/type", "xen\n", "virtual machine"),
    ],
)
def test_what_proves_nothing_is_refused(board: Board, file: str, text: str, why: str) -> None:
    board.write(file, text)
    with pytest.raises(WatchdogUnfit, match=why):
        board.timer().check()
    assert board.calls == []


@pytest.mark.parametrize("name", SYSTEMD)
@pytest.mark.parametrize("value", ["10min", "infinity"])
def test_a_systemd_that_has_a_hand_in_it_is_refused(board: Board, name: str, value: str) -> None:
    board.systemd[f"{name}USec"] = value
    with pytest.raises(WatchdogUnfit, match=f"{name}Sec=off"):
        board.timer().check()


@pytest.mark.parametrize("name", SYSTEMD)
def test_a_systemd_that_has_it_by_another_name_is_refused(board: Board, name: str) -> None:
    """Before it was RebootWatchdogSec it was ShutdownWatchdogSec, with ten minutes by default."""
    del board.systemd[f"{name}USec"]
    with pytest.raises(WatchdogUnfit, match=f"does not say what {name}USec is"):
        board.timer().check()


def test_a_systemd_that_says_nothing_is_no_yes(board: Board) -> None:
    def hangs() -> dict[str, str]:
        raise TimeoutExpired("systemctl", 5)

    timer = LinuxWatchdog(DEVICE, 2, board.root, board.ioctl, hangs)
    with pytest.raises(WatchdogUnfit, match="systemd does not say"):
        timer.check()


def test_where_no_systemd_runs_it_has_no_hand_in_it(board: Board) -> None:
    if Path("/run/systemd/system").is_dir():
        pytest.skip("this machine runs systemd")
    assert set(systemd_settings().values()) == {"0"}


@pytest.mark.parametrize("device", ["/dev/watchdog", "/dev/null", "watchdog0"])
def test_a_device_is_named_in_full(board: Board, device: str) -> None:
    with pytest.raises(WatchdogUnfit, match="/dev/watchdogN"):
        LinuxWatchdog(Path(device), 2, board.root, board.ioctl, list).check()


def test_a_device_that_sysfs_does_not_know_is_refused(board: Board) -> None:
    with pytest.raises(WatchdogUnfit, match="knows none of that name"):
        LinuxWatchdog(Path("/dev/watchdog7"), 2, board.root, board.ioctl, list).check()
