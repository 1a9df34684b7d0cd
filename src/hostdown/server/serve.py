"""`hostdown serve` from its first line to its last."""

import logging
import os
import resource
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from hostdown import compose
from hostdown.config import ConfigInvalid, Problem, Settings, load
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import worker
from hostdown.server.child import Ready, set_name
from hostdown.server.listen import listen, lock, lock_files
from hostdown.server.logs import log_to_stderr
from hostdown.server.slots import Kind
from hostdown.server.supervisor import Plan, Supervisor

LOG = logging.getLogger(__name__)


def serve(files: Sequence[str]) -> int:
    """Run a server until it is told to stop; returns the exit status.

    Raises ConfigInvalid, or StartFailed with a sentence that says what to do.
    """
    log_to_stderr(debug=False)
    settings = _read(files)
    set_name("hostdown")
    os.umask(0o077)
    _allow_many_files()
    first = not settings.state_path.exists()
    locked = lock_files(settings)
    held = lock(locked)
    listeners = listen(settings.server)
    workers, port = len(listeners), listeners[0].getsockname()[1]

    def api(settings: Settings, index: int, ready: Ready) -> int:
        for other in {*range(workers)} - {index}:
            listeners[other].close()
        return worker.run(settings, index, listeners[index], ready)

    def release() -> None:
        for descriptor in held:
            os.close(descriptor)

    plan = Plan(
        kinds=[Kind("api", lambda _: workers, api)],
        prepare=compose.prepare,
        reload=lambda: _read_again(files, locked, workers).listening_on(port),
        release=release,
        started=lambda settings: _announce(settings, listeners[0], first),
        monotonic=SystemClock().monotonic,
    )
    try:
        return Supervisor(settings.listening_on(port), plan).run()
    finally:
        for listener in listeners:
            listener.close()


def _read(files: Sequence[str]) -> Settings:
    loaded = load(files)
    log_to_stderr(loaded.settings.debug)
    for warning in loaded.warnings:
        LOG.warning("%s", warning)
    return loaded.settings


def _read_again(files: Sequence[str], locked: Sequence[Path], workers: int) -> Settings:
    """Refuse what needs a start: locks, a schema, sockets."""
    settings = _read(files)
    if settings.server.workers != workers:
        what = f"the number of workers changes only with a restart; it is {workers} now."
        raise ConfigInvalid([Problem("[server] workers", what)])
    if lock_files(settings) != locked:
        what = "the state directory and SQLite files change only with a restart."
        raise ConfigInvalid([Problem("[DEFAULT] state_path, [directory], [cell]", what)])
    return settings


def _allow_many_files() -> None:
    """A connection is a file; the usual soft limit of 1024 is below what a worker may take."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _announce(settings: Settings, listener: socket.socket, first: bool) -> None:
    """One line for logs and scripts; at a terminal's first start also what to do next."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    state = settings.state_path
    lines = [f"Serving {settings.server.scheme}://{shown}:{port}, state in {state}"]
    clouds = state / "clouds.yaml"
    is_ours = settings.api.auth_strategy == "embedded" and clouds.exists()
    if is_ours:
        lines[0] += f", credentials in {clouds}"
    if first and sys.stdout.isatty() and is_ours:
        lines += [
            "Try, in another terminal:",
            f"  export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=hostdown",
            "  hostdown service list",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
