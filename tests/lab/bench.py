"""A lab for tests: what is typed, what is seen from inside a host, what is left on the machine."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from tests.debian import need
from tests.processes.harness import until

from hostdown.cli.app import main
from hostdown.lab.plan import Names, Plan, must_load, names
from hostdown.lab.status import LONG_COLUMNS, rows

COMMAND_TIMEOUT_S = 120
REPORT_INTERVAL_S = 0.4
SERVICE_DOWN_TIME_S = 2.0

_HTTP = urllib3.PoolManager(retries=False, timeout=10)

LAB_PROGRAMS = {
    "ip": "iproute2",
    "nft": "nftables",
    "openssl": "openssl",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "libvirtd": "libvirt-daemon-system",
    "virtlockd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "ping": "iputils-ping",
}


def need_everything() -> None:
    """Skips where a lab cannot be."""
    if os.geteuid():
        pytest.skip("only root may make the namespaces and networks of a lab")
    for program, package in LAB_PROGRAMS.items():
        need(program, package)
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True
    )
    if tried.returncode:
        pytest.skip(f"no namespaces can be made here: {tried.stderr.strip()}")


class Bench:
    """One lab by its state directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def plan(self) -> Plan:
        return must_load(self.directory)

    @property
    def names(self) -> Names:
        return names(self.directory)

    def words(self, *words: str) -> list[str]:
        place = ["--state-dir", str(self.directory)]
        return [sys.executable, "-m", "hostdown", "lab", *words, *place]

    def type(self, *words: str, status: int = 0) -> str:
        """`hostdown lab WORDS`; what it printed, standard error included."""
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with redirect_stdout(said), redirect_stderr(said):
            code = main(self.words(*words)[3:])
        said.seek(0)
        text = said.read()
        assert code == status, text
        return text

    def up(self, hosts: int, *words: str) -> str:
        """In a process of its own: what it starts outlives it."""
        done = subprocess.run(
            self.words(*up_words(hosts), *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def record(self, host: str) -> dict[str, Any]:
        """What the lab's server knows of a host: `state`, `boot` and more."""
        headers = {"X-Auth-Token": self.token}
        answer = _HTTP.request("GET", f"{self.plan.server_url}/agent/v1/hosts", headers=headers)
        assert answer.status == 200, answer.data
        return {each["name"]: each for each in answer.json()["hosts"]}[host]

    @cached_property
    def token(self) -> str:
        return token_by(self.directory / "server" / "clouds.yaml", self.plan.server_url)

    def status(self) -> dict[str, dict[str, Any]]:
        """By host."""
        found = [dict(zip(LONG_COLUMNS, row, strict=True)) for row in rows(self.directory)]
        return {str(row["Host"]): row for row in found}

    def until_state(self, host: str, state: str) -> None:
        """Until the server says so of the host's service."""
        until_true(lambda: self.record(host)["state"] == state)

    def inside(self, host: str, *words: str | Path, status: int = 0) -> str:
        """What a program prints in the namespaces of a host."""
        done = self.try_inside(host, *words)
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout

    def try_inside(self, host: str, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.enter(host, *words), capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S
        )

    def enter(self, host: str, *words: str | Path) -> list[str | Path]:
        pid = str(self.status()[host]["PID"])
        return ["nsenter", "--target", pid, "--all", "--", *words]

    def hears(self, host: str, address: str) -> bool:
        """Whether an address answers to a ping from inside the host."""
        done = self.try_inside(host, "ping", "-n", "-c", "1", "-W", "0.5", address)
        assert (done.stderr, "1 packets transmitted" in done.stdout) == ("", True)
        return done.returncode == 0

    def guests(self, host: str) -> list[int]:
        """The QEMU processes in a host."""
        init = int(self.status()[host]["PID"])
        inside = processes_in(os.readlink(f"/proc/{init}/ns/pid"))
        return [pid for pid in inside if name_of(pid).startswith("qemu-system")]

    def remains_of_processes(self) -> list[str]:
        """Command lines that name the directory, a pid before each."""
        return processes_with(str(self.directory))

    def remains(self) -> list[str]:
        """Everything of this lab that is outside its directory."""
        found = self.remains_of_processes()
        links = Path("/sys/class/net").iterdir()
        found += [f"link {e.name}" for e in links if e.name.startswith(self.names.bridge)]
        listed = subprocess.run(
            ["nft", "list", "tables"], capture_output=True, text=True, check=True
        )
        found += [line for line in listed.stdout.splitlines() if self.names.table in line]
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        return found + [f"mount {line}" for line in mounts if str(self.directory) in line]


def token_by(clouds: Path, url: str) -> str:
    """Of the administrator whom a server wrote into its clouds.yaml."""
    auth = yaml.safe_load(clouds.read_text())["clouds"]["hostdown"]["auth"]
    user = {"name": auth["username"], "password": auth["password"], "domain": {"id": "default"}}
    project = {"name": auth["project_name"], "domain": {"id": "default"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, "scope": {"project": project}}}
    answer = _HTTP.request("POST", f"{url}/identity/v3/auth/tokens", json=body)
    assert answer.status == 201, answer.data
    return str(answer.headers["X-Subject-Token"])


def up_words(hosts: int) -> tuple[str, ...]:
    return (
        *("up", "--hosts", str(hosts), "--prefix", "lab"),
        *("--report-interval", str(REPORT_INTERVAL_S)),
        *("--service-down-time", str(SERVICE_DOWN_TIME_S)),
    )


def processes_with(text: str) -> list[str]:
    """Command lines that contain a text; a zombie has none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if text.encode() in words and entry.parent.name != str(os.getpid()):
            found.append(f"{entry.parent.name}: {words.replace(bytes(1), b' ').decode()}")
    return found


def name_of(pid: int) -> str:
    """Of a process; "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def processes_in(namespace: str) -> list[int]:
    """Whose PID namespace it is, as `readlink /proc/PID/ns/pid` spells it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/ns/pid"):
        try:
            if os.readlink(entry) == namespace:
                found.append(int(entry.parts[2]))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


@contextmanager
def bench(directory: Path) -> Iterator[Bench]:
    """A lab that is brought down in the end, whatever became of it."""
    made = Bench(directory)
    try:
        yield made
    finally:
        made.type("down")


def until_true(holds: Callable[[], object]) -> None:
    """Longer than anything takes on a machine that others use as well."""
    until(holds, 90)
