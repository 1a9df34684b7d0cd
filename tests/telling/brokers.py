"""RabbitMQs for tests: a virtual host in the machine's own, or a broker that a test may stop."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
MACHINES = "127.0.0.1:5672"
SECRET = "s3cr3t-0f-the-bus"
START_S = 60.0
LOOK_EVERY_S = 0.05


def until(condition: Callable[[], bool], seconds: float = START_S) -> None:
    """Wait for something that another process or thread brings about."""
    pause = threading.Event()
    for _ in range(round(seconds / LOOK_EVERY_S)):
        if condition():
            return
        pause.wait(LOOK_EVERY_S)
    raise AssertionError(f"It did not happen within {seconds:g} s.")


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def virtual_host() -> Iterator[str]:
    """The URL of an empty one in the machine's RabbitMQ, with a user of its own; skips where there
    is no RabbitMQ."""
    if shutil.which("rabbitmqctl") is None:
        pytest.skip("rabbitmq-server is not installed")
    name = f"hostdown-{uuid4().hex[:12]}"
    made = _control("add_vhost", name)
    if made.returncode != 0:
        pytest.skip(f"RabbitMQ does not answer: {made.stdout}{made.stderr}")
    try:
        assert _control("add_user", name, SECRET).returncode == 0
        assert _control("set_permissions", "-p", name, name, ".*", ".*", ".*").returncode == 0
        yield f"rabbit://{name}:{SECRET}@{MACHINES}/{name}"
    finally:
        _control("delete_vhost", name)
        _control("delete_user", name)


def _control(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["rabbitmqctl", "--quiet", *words], capture_output=True, text=True, timeout=START_S
    )


class Broker:
    """A RabbitMQ of the test's own, on ports of its own. It keeps what is durable when it stops."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._dist, self._epmd = free_port(), free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of its only virtual host."""
        return f"rabbit://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Returns once it listens. One that was stopped is there still, and starts in a second."""
        if not self._is_gone():
            self.control("start_app")
        else:
            self._launch()
        until(lambda: self._listens() or self._is_gone())
        if self._is_gone():
            said = (self._folder / "output").read_text()[-2000:]
            raise AssertionError(f"RabbitMQ did not start: {said}")

    def _launch(self) -> None:
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [SERVER], env=self._environment(), stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """As an operator does: it takes leave of everybody, and listens no more."""
        self.control("stop_app")
        until(lambda: not self._listens())

    def kill(self) -> None:
        """As a machine that fails; returns once it is gone."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(START_S)
        until(lambda: not self._listens())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _is_gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def control(self, *words: str) -> None:
        """What an operator does with rabbitmqctl."""
        done = subprocess.run(
            ["/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", *words],
            env=self._environment(), capture_output=True, text=True, timeout=START_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def end(self) -> None:
        """All that was started."""
        if not self._is_gone():
            self.kill()
        subprocess.run(
            ["epmd", "-port", str(self._epmd), "-kill"], capture_output=True, timeout=START_S
        )

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "HOME": folder,
            "RABBITMQ_NODENAME": f"hostdown{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/none",
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }


@contextmanager
def own_broker(folder: Path) -> Iterator[Broker]:
    """One that runs; skips where RabbitMQ is not installed."""
    if not SERVER.exists():
        pytest.skip("rabbitmq-server is not installed")
    broker = Broker(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.end()
