"""The units hold together, are as closed as they say, and leave the programs what they need."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.debian import need
from tests.processes.harness import Server, serving, until
from tests.stores import fast_directory
from tests.watchdog.processes import Host

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "packaging" / "systemd"
EXAMPLE = ROOT / "packaging" / "etc" / "hostdown.conf"
SERVICES = {"hostdown-server": 20, "hostdown-agent": 30, "hostdown-petter": 30}
"""The most that `systemd-analyze security` may say of each, in tenths of its points."""

PR_SET_MDWE = 65
"""What MemoryDenyWriteExecute= comes to (prctl(2), Linux 6.3)."""
MDWE_REFUSE_EXEC_GAIN = 1

_PATHS = [str(ROOT / "src"), *(path for path in sys.path if path.endswith("site-packages"))]
ENVIRON = os.environ | {"PYTHONPATH": os.pathsep.join(_PATHS)}


def directives(service: str, name: str) -> list[str]:
    text = (UNITS / f"{service}.service").read_text()
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_systemd_understands_every_line(tmp_path: Path, service: str) -> None:
    analyze = need("systemd-analyze", "systemd")
    text = (UNITS / f"{service}.service").read_text()
    copy = tmp_path / f"{service}.service"
    copy.write_text(text.replace("/usr/bin/hostdown", "/bin/true"))
    told = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize(("service", "most"), SERVICES.items())
def test_a_service_is_exposed_no_more_than_it_must_be(service: str, most: int) -> None:
    analyze = need("systemd-analyze", "systemd")
    words = ["security", "--offline=yes", f"--threshold={most}", "--no-pager"]
    told = subprocess.run(
        [analyze, *words, UNITS / f"{service}.service"], capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stdout[-200:]


def test_the_user_and_the_directories_can_be_made(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root may make users and give directories to them")
    (tmp_path / "etc").mkdir()
    for program, words in (("systemd-sysusers", []), ("systemd-tmpfiles", ["--create"])):
        kind = program.removeprefix("systemd-")
        file = UNITS / f"hostdown.{kind}.conf"
        subprocess.run(
            [need(program, "systemd"), f"--root={tmp_path}", *words, file], check=True, timeout=60
        )
    assert "hostdown:x:" in (tmp_path / "etc/passwd").read_text()
    assert (tmp_path / "etc/hostdown/secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "etc/hostdown").stat().st_mode & 0o777 == 0o750


def test_limits_of_the_unit_leave_the_server_the_time_it_takes_by_default() -> None:
    from hostdown.config import load
    from hostdown.server.family import KILL_MARGIN_S

    server = load([EXAMPLE], {}).settings.server
    (stop,), (start,) = (directives("hostdown-server", f"Timeout{w}Sec") for w in ("Stop", "Start"))
    assert int(stop) > server.drain_timeout.total_seconds() + 2 * KILL_MARGIN_S
    assert int(start) > server.start_timeout.total_seconds()
    assert directives("hostdown-server", "Type") == ["notify"]
    assert directives("hostdown-agent", "RestartPreventExitStatus") == ["10 11 12"]


def test_the_example_configuration_is_right_and_so_is_what_it_suggests(tmp_path: Path) -> None:
    """Every option that it has in a comment exists, too."""
    from hostdown.config.options import OPTIONS

    check = [sys.executable, "-m", "hostdown", "config", "check", "--config-file"]
    subprocess.run([*check, EXAMPLE], check=True, timeout=60, stdout=subprocess.DEVNULL)
    section, suggested = "", set()
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif found := re.match(r"#?(\w+) = ", line):
            suggested.add((section, found[1]))
    assert suggested <= {(option.section, option.name) for option in OPTIONS}
    assert len(suggested) > 8


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that another user may enter, with a state directory of `nobody`."""
    if os.geteuid():
        pytest.skip("only root may run a program as another user")
    with fast_directory() as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "state").mkdir(mode=0o700)
        yield place


def as_the_unit_does(python: str, *traced: str) -> tuple[str, ...]:
    """Its user, rights and view of the file system, as far as they can be had without systemd."""
    deny = (
        f"import ctypes, os, sys; ctypes.CDLL(None).prctl({PR_SET_MDWE}, {MDWE_REFUSE_EXEC_GAIN},"
        " 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])"
    )
    return (
        *("unshare", "-m", "sh", "-c", 'mount -o remount,bind,ro / || exit 1; exec "$@"', "sh"),
        *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs"),
        *("--bounding-set=-all", "--inh-caps=-all"),
        *traced,
        *(python, "-c", deny),
    )


@pytest.fixture
def python() -> str:
    """An interpreter that the user of the unit can reach, and the sources with it."""
    told = ""
    for python in (sys.executable, "/usr/bin/python3"):
        words = [*as_the_unit_does(python), python, "-c", "import hostdown.server.serve"]
        tried = subprocess.run(words, capture_output=True, text=True, timeout=60, env=ENVIRON)
        if tried.returncode == 0:
            return python
        told = tried.stderr.strip()[-200:]
    pytest.skip(f"another user cannot reach an interpreter with all packages: {told}")


def traced_into(summary: Path) -> tuple[str, ...]:
    return need("strace", "strace"), "-D", "-f", "-c", "-o", str(summary)


def calls_made(summary: Path) -> set[str]:
    """The names in what `strace -c` wrote."""
    until(lambda: summary.exists() and "total" in summary.read_text(), 30)
    rows = [line.split() for line in summary.read_text().splitlines()]
    return {row[-1] for row in rows if len(row) > 3 and row[0][0].isdigit()} - {"total"}


def allowed(*names: str) -> set[str]:
    """The system calls of sets and names as SystemCallFilter= has them, denials last."""
    analyze = need("systemd-analyze", "systemd")
    told = subprocess.run(
        [analyze, "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    ).stdout
    sets: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=@)", "\n" + told):
        words = [line.split("#")[0].strip() for line in block.splitlines()]
        head, *members = [word for word in words if word] or [""]
        sets[head] = members

    def members(name: str) -> set[str]:
        inner = (members(each) for each in sets[name]) if name.startswith("@") else [{name}]
        return set().union(*inner)

    result: set[str] = set()
    for name in names:
        result = result - members(name[1:]) if name[0] == "~" else result | members(name)
    return result


def test_the_server_needs_no_more_than_its_unit_gives(place: Path, python: str) -> None:
    """From the first start over requests and a reload to the end."""
    summary = place / "state" / "calls"
    prefix = as_the_unit_does(
        python, need("strace", "strace"), "-D", "-f", "-c", "-o", str(summary)
    )
    shutil.chown(place / "state", "nobody", "nogroup")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(place / "notify"))
        (place / "notify").chmod(0o777)
        environ = {"NOTIFY_SOCKET": str(place / "notify"), "WATCHDOG_USEC": "4000000"}
        server = Server(
            place,
            {"server": {"workers": 2}},
            prefix=prefix,
            environ=ENVIRON | environ,
            python=python,
        )
        server.start()
        assert server.get() == 200
        assert server.get("/v2.1/os-services") == 401
        before = server.workers()
        server.signal(signal.SIGHUP)
        until(lambda: server.workers() and not before.keys() & server.workers(), 30)
        assert server.get() == 200
        assert server.stop() == 0
    filters = " ".join(directives("hostdown-server", "SystemCallFilter")).replace("~", " ~")
    assert filters.split() == ["@system-service", "~@privileged"]
    made = calls_made(summary)
    assert len(made) > 40
    assert made - allowed(*filters.split()) == set()


def test_the_agent_needs_no_more_than_its_unit_gives(place: Path, python: str) -> None:
    """It is root in the unit; here it shows that even without any right it gets as far."""
    summary = place / "state" / "calls"
    tracer = as_the_unit_does(
        python, need("strace", "strace"), "-D", "-f", "-c", "-o", str(summary)
    )
    shutil.chown(place / "state", "nobody", "nogroup")
    times: dict[str, object] = {"report_interval": 0.2, "state_path": place / "state"}
    with serving(
        place / "server", DEFAULT=times | {"state_path": place / "server" / "s"}
    ) as server:
        secret = place / "state" / "secret"
        shutil.copy(place / "server" / "s" / "enrolment-secret", secret)
        shutil.chown(secret, "nobody", "nogroup")
        agent = Server(
            place / "agent",
            {
                "DEFAULT": times,
                "agent": {"server_url": server.url, "enrolment_secret_file": secret},
            },
            prefix=tracer,
            environ=ENVIRON,
            python=python,
            command=("hostdown", "agent", "--name", "compute1"),
        ).launch()
        until(lambda: "session 1" in agent.log, 30)
        assert agent.stop() == 0
    made = calls_made(summary)
    assert len(made) > 40
    assert made - allowed(*directives("hostdown-agent", "SystemCallFilter")) == set()


def test_the_petter_needs_no_more_than_its_unit_gives(place: Path, python: str) -> None:
    """With a pool and a timer; it is root in the unit, and nobody here."""
    summary = place / "state" / "calls"
    tracer = as_the_unit_does(
        python, need("strace", "strace"), "-D", "-f", "-c", "-o", str(summary)
    )
    with closing(Host(place / "state")) as host:
        host.put_terms()
        for path in (place / "state", *(place / "state").rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
        host.start(tracer, python)
        host.until_armed()
        host.end()
    made = calls_made(summary)
    assert "mlockall" in made
    assert made - allowed(*directives("hostdown-petter", "SystemCallFilter")) == set()


def test_a_petter_is_not_stopped_by_mistake_and_is_back_at_once() -> None:
    """Once its timer runs, without it the machine is reset."""
    assert directives("hostdown-petter", "RefuseManualStop") == ["yes"]
    assert directives("hostdown-petter", "Restart") == ["always"]
    assert directives("hostdown-petter", "StartLimitIntervalSec") == ["0"]
    assert directives("hostdown-petter", "RestartSec") == ["100ms"]
    for name in ("PartOf", "BindsTo", "Requires"):
        assert directives("hostdown-petter", name) == []
