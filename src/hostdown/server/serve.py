"""`hostdown serve` from its first line to its last."""

import logging
import os
import resource
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hostdown import compose
from hostdown.config import ConfigInvalid, Problem, Settings, load
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import garbage, notifier, observer, worker
from hostdown.server.child import Ready, set_name
from hostdown.server.listen import (
    listen,
    listen_for_metrics,
    listen_for_pulses,
    lock,
    lock_files,
)
from hostdown.server.logs import log_to_stderr
from hostdown.server.nudges import Nudges, nudge_pair
from hostdown.server.observer import Shared
from hostdown.server.slots import Kind
from hostdown.server.supervisor import Plan, Supervisor

LOG = logging.getLogger(__name__)

SPARE_PLACES = 4
"""Processes that count and still leave after others have taken over from them, beyond one each."""


class Made(NamedTuple):
    """What is made before the first fork, because processes share it or have it one after another.

    `shared`: what an observer needs; None if nobody is to hear pulses. `metrics`: where metrics are
    asked for; None if they have no port of their own.
    """

    listeners: Sequence[socket.socket]
    shared: Shared | None
    nudges: Nudges
    metrics: socket.socket | None
    counted: SharedCounts

    @property
    def pulses(self) -> compose.Pulses | None:
        """What others have of the observer."""
        if self.shared is None:
            return None
        return compose.Pulses(self.shared.tally.read, self.shared.nudges.tell)


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
    port = listeners[0].getsockname()[1]
    with _closing(listeners):
        places = 2 * (len(listeners) + 1) + SPARE_PLACES
        made = Made(
            listeners,
            _share(settings, port),
            nudge_pair(),
            listen_for_metrics(settings.metrics),
            SharedCounts(places),
        )

        def release() -> None:
            for descriptor in held:
                os.close(descriptor)

        plan = Plan(
            kinds=_kinds(made),
            prepare=compose.prepare,
            reload=lambda: _read_again(files, locked, settings).listening_on(port),
            release=release,
            started=lambda settings: _announce(settings, made, first),
            monotonic=SystemClock().monotonic,
        )
        compose.get_ready(settings)
        garbage.settle()
        return Supervisor(settings.listening_on(port), plan).run()


@contextmanager
def _closing(listeners: Sequence[socket.socket]) -> Iterator[None]:
    try:
        yield
    finally:
        for listener in listeners:
            listener.close()


def _share(settings: Settings, port: int) -> Shared | None:
    """What an observer needs; None if nobody is to hear pulses."""
    if not settings.server.pulses:
        return None
    return observer.share(listen_for_pulses(settings.server, port))


def _kinds(made: Made) -> list[Kind]:
    """Each process closes what is the others'."""
    listeners, shared, nudges, metrics, counted = made
    pulses = made.pulses
    of_metrics = [] if metrics is None else [metrics]

    def api(settings: Settings, index: int, ready: Ready) -> int:
        _let_go([each for other, each in enumerate(listeners) if other != index])
        _let_go(of_metrics)
        _let_go([nudges.heard, *([] if shared is None else [shared.pulses, shared.nudges.heard])])

        def work() -> compose.Worker:
            return compose.api_worker(settings, index, pulses, nudges.tell, counted)

        return worker.run(work, settings, index, listeners[index], ready)

    def hear(settings: Settings, _index: int, ready: Ready) -> int:
        assert shared is not None  # noqa: S101 - else there are none of this kind
        _let_go([*listeners, *nudges, *of_metrics])
        return observer.run(settings, shared, ready)

    def tell(settings: Settings, _index: int, ready: Ready) -> int:
        _let_go([*listeners, nudges.said])
        if shared is not None:
            shared.close()
        parts = partial(compose.notifier, settings, counted, pulses)
        return notifier.run(parts, nudges, metrics, ready)

    return [
        Kind("api", lambda _: len(listeners), api),
        Kind("observer", lambda _: 0 if shared is None else 1, hear),
        Kind("notifier", lambda _: 1, tell),
    ]


def _let_go(sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        each.close()


def _read(files: Sequence[str]) -> Settings:
    loaded = load(files)
    log_to_stderr(loaded.settings.debug)
    for warning in loaded.warnings:
        LOG.warning("%s", warning)
    return loaded.settings


def _read_again(files: Sequence[str], locked: Sequence[Path], before: Settings) -> Settings:
    """Refuse what needs a start: locks, a schema, sockets."""
    settings = _read(files)
    now, was = settings.server, before.server
    if now.workers != was.workers:
        what = f"the number of workers changes only with a restart; it is {was.workers} now."
        raise ConfigInvalid([Problem("[server] workers", what)])
    if (now.pulses, now.pulse_port) != (was.pulses, was.pulse_port):
        what = "whether and where pulses are heard changes only with a restart."
        raise ConfigInvalid([Problem("[server] pulses, pulse_port", what)])
    if settings.metrics != before.metrics:
        what = "where metrics have a port of their own changes only with a restart."
        raise ConfigInvalid([Problem("[metrics] bind_host, bind_port", what)])
    if lock_files(settings) != locked:
        what = "the state directory and SQLite files change only with a restart."
        raise ConfigInvalid([Problem("[DEFAULT] state_path, [directory], [cell]", what)])
    return settings


def _allow_many_files() -> None:
    """A connection is a file; the usual soft limit of 1024 is below what a worker may take."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _announce(settings: Settings, made: Made, first: bool) -> None:
    """One line for logs and scripts; at a terminal's first start also what to do next."""
    state, url = settings.state_path, _place(made.listeners[0])
    lines = [f"Serving {settings.server.scheme}://{url}, state in {state}"]
    clouds = state / "clouds.yaml"
    is_ours = settings.api.auth_strategy == "embedded" and clouds.exists()
    if is_ours:
        lines[0] += f", credentials in {clouds}"
    if made.metrics is not None:
        lines[0] += f", metrics at http://{_place(made.metrics)}/metrics"
    if first and sys.stdout.isatty() and is_ours:
        lines += [
            "Try, in another terminal:",
            f"  export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=hostdown",
            "  hostdown service list",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _place(listener: socket.socket) -> str:
    """Host and port, as a URL has them."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
