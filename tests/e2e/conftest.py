"""A real server with real hosts, and the stock clients as their users have them."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hostdown.cli.demo.stage import Stage, Timing

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ("compute1", "compute2", "compute3")
CLIENT_TIMEOUT_S = 60

Client = Callable[..., str]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server and three hosts that report; every test leaves them up and enabled."""
    timing = Timing(report_interval_s=0.5, service_down_time_s=5)
    with Stage(tmp_path_factory.mktemp("stage"), timing) as made:
        made.start_server()
        for host in HOSTS:
            made.start_host(host)
        made.until("all hosts are up", lambda: all(made.state(h) == "up" for h in HOSTS), 30)
        yield made


@pytest.fixture(autouse=True)
def everything_as_before(stage: Stage) -> Iterator[None]:
    """A test that leaves one of the three hosts changed would break the next one: it fails."""
    yield
    left = {
        host: (record["status"], record["forced_down"])
        for host, record in stage.services().items()
        if host in HOSTS
    }
    assert left == dict.fromkeys(HOSTS, ("enabled", False))


@pytest.fixture(scope="session")
def clients() -> Path:
    """Where python-openstackclient, openstacksdk and python-novaclient 18.13.1 are."""
    return programs("HOSTDOWN_CLIENTS", ".venv-clients")


@pytest.fixture(scope="session")
def openstack(stage: Stage, clients: Path) -> Client:
    """`openstack --os-cloud hostdown …`; returns what it printed."""
    return lambda *words: run(stage, clients / "openstack", "--os-cloud", "hostdown", *words)


@pytest.fixture(scope="session")
def nova(stage: Stage, clients: Path) -> Client:
    """`nova` 18.13.1 with the openrc that the server wrote."""
    return lambda *words: _nova(stage, clients, *words)


@pytest.fixture(scope="session")
def nova9(stage: Stage) -> Client:
    """`nova` 9.1.3, of 2017."""
    found = programs("HOSTDOWN_NOVACLIENT9", ".venv-novaclient9")
    return lambda *words: _nova(stage, found, *words)


def programs(variable: str, directory: str) -> Path:
    """Where clients of one kind are; without them the test is skipped."""
    found = Path(os.environ.get(variable, ROOT / directory / "bin"))
    if not found.is_dir():
        pytest.skip(f"{found} is not there: 'make test' sets it up")
    return found


def _nova(stage: Stage, programs: Path, *words: str) -> str:
    openrc = str(stage.directory / "openrc")
    return run(stage, "sh", "-c", '. "$0" && exec "$@"', openrc, programs / "nova", *words)


def run(stage: Stage, *command: str | Path, status: int = 0) -> str:
    """What a command printed on standard output; its exit status must be `status`."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CLIENT_TIMEOUT_S,
        env=stage.environment,
        check=False,
    )
    assert done.returncode == status, done.stderr + done.stdout
    return done.stdout
