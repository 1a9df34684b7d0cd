"""A lab comes up whatever was there before, and goes down without a trace."""

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.lab.bench import Bench, bench, until_true, up_words

from hostdown.lab import programs
from hostdown.lab.errors import LabError


@contextmanager
def killed(place: Bench, moment: str) -> Iterator[None]:
    """An `up` that is killed when it says this."""
    with subprocess.Popen(
        place.words(*up_words(1)), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as up:
        assert up.stdout is not None
        assert any(moment in line for line in up.stdout)
        up.kill()
    yield


def test_up_that_is_killed_at_once_is_cleared_by_down(place: Bench) -> None:
    with killed(place, "network"):
        made = {f"link {place.names.bridge}", f"table inet {place.names.table}"}
        assert made <= set(place.remains())
        place.type("down")
        assert place.remains() == []


def test_the_network_that_up_tells_of_stays(place: Bench) -> None:
    """So a kill finds it whole from then on, and whoever listens on it is not cut off."""
    with subprocess.Popen(place.words(*up_words(1)), stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        assert any("network" in line for line in up.stdout)
        told = network_number(place)
        assert "lab1 is up" in up.stdout.read()
    assert (up.returncode, network_number(place)) == (0, told)


def network_number(place: Bench) -> str:
    """Of its bridge; one that is made anew has another."""
    return Path(f"/sys/class/net/{place.names.bridge}/ifindex").read_text()


@pytest.mark.long
def test_whatever_is_killed_the_next_up_makes_it_whole_and_down_leaves_nothing(
    place: Bench,
) -> None:
    with killed(place, "server"):
        old = place.status()["lab1"]
        keeper = next(each for each in place.remains_of_processes() if "lab.keeper" in each)
        os.kill(int(keeper.partition(":")[0]), signal.SIGKILL)
        until_true(lambda: place.remains_of_processes() == [])
        assert "is not running" in place.type("status", status=1)
        assert "lab1 is up" in place.up(1)
        assert place.status()["lab1"]["Boot ID"] != old["Boot ID"]
    pid = int(place.status()["lab1"]["PID"])
    spaces = {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("net", "mnt", "pid", "uts")}
    place.type("down")
    assert place.remains() == []
    assert spaces & set(namespaces()) == set()
    assert {each.name for each in place.directory.iterdir()} == {"cache", "lock"}
    assert "There is no lab" in place.type("status", status=1)


def test_a_server_that_was_killed_is_started_by_the_next_up_and_hosts_run_on(place: Bench) -> None:
    place.up(1)
    boot = place.status()["lab1"]["Boot ID"]
    os.kill(int((place.directory / "server" / "serve.lock").read_text()), signal.SIGKILL)
    assert "answers" in place.up(1)
    place.until_state("lab1", "up")
    assert place.status()["lab1"]["Boot ID"] == boot


@pytest.mark.long
def test_what_somebody_mounted_in_a_lab_stays_and_down_says_so(place: Bench) -> None:
    place.up(1)
    mounted = place.directory / "pool" / "their own"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "theirs", mounted], check=True, timeout=10)
    try:
        (mounted / "kept").touch()
        assert f"('umount {shlex.quote(str(mounted))}')" in place.type("down", status=1)
        (left,) = place.remains()
        assert left.startswith("mount")
        assert {each.name for each in place.directory.iterdir()} == {"cache", "lock", "pool"}
        assert list(mounted.iterdir()) == [mounted / "kept"]
    finally:
        subprocess.run(["umount", mounted], check=True, timeout=10)
    place.type("down")
    assert {each.name for each in place.directory.iterdir()} == {"cache", "lock"}


def namespaces() -> Iterator[str]:
    """Of all processes of the machine."""
    for entry in Path("/proc").glob("[0-9]*/ns/*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            yield os.readlink(entry)


def test_another_lab_beside_it_reports_to_a_server_that_runs_already(
    place: Bench, shared_lab: Bench
) -> None:
    secret = str(shared_lab.directory / "enrolment-secret")
    server = ("--server", shared_lab.plan.server_url, "--enrolment-secret-file", secret)
    place.up(1, "--prefix", "beside", *server)
    assert place.plan.subnet != shared_lab.plan.subnet
    shared_lab.until_state("beside1", "up")
    assert not (place.directory / "server").exists()


def test_a_lab_without_root_says_so() -> None:
    if os.geteuid():
        with pytest.raises(LabError, match="Only root"):
            programs.ready(install=False)
    else:
        pid = os.fork()
        if pid == 0:
            os.setuid(65534)
            try:
                programs.ready(install=False)
            except LabError as error:
                os._exit(0 if str(error).startswith("Only root") else 2)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--hosts", "0"), 1, "1 to 100 hosts"),
        (("--hosts", "101"), 1, "1 to 100 hosts"),
        (("--subnet", "10.99.1.0/25"), 1, "has a /24"),
        (("--subnet", "fish"), 1, "is not a subnet"),
        (("--hypervisor", "xen"), 2, "not 'xen'"),
        (("--server", "http://127.0.0.1:8774"), 2, "this machine's loopback"),
        (("--server", "fish"), 2, "is not the URL of a server"),
        (("--server", "http://192.0.2.7", "--enrolment-secret-file", "/no"), 2, "no enrolment"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    place: Bench, words: tuple[str, ...], status: int, told: str
) -> None:
    assert told in place.type("up", *words, status=status)
    assert place.remains() == []


def test_a_state_directory_that_hosts_would_not_see_is_refused() -> None:
    with bench(Path("/dev/shm/hostdown-lab-refused")) as made:
        assert "cannot be under /dev" in made.type("up", status=1)
        assert not made.directory.exists()
