"""The life of an API worker: build, serve, leave."""

import logging
import signal
import socket
from collections.abc import Callable
from functools import partial

from hostdown import compose
from hostdown.compose import Worker
from hostdown.config import Settings
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import garbage
from hostdown.server.child import Ready
from hostdown.server.connections import Sweep, all_open
from hostdown.server.gate import Gate
from hostdown.server.http import HttpServer
from hostdown.server.jobs import JobThread
from hostdown.server.nudges import LEAVE
from hostdown.server.pulse import Line, Pulse
from hostdown.server.transfers import Transfers

LOG = logging.getLogger(__name__)

RETIRE_GRACE_S = 1.0
"""A worker that is replaced lets clients finish with their open connections for so long."""
STOP_GRACE_S = 0.1
"""Enough to read what connections that were just accepted have sent."""
FLUSH_S = 2.0
"""What the last run of the jobs may take."""
LINGER_S = 1.0
"""What connections may take to end once no request is inside."""
SWEEP_EVERY_S = 5.0
"""How often connections are looked through for those that are too slow."""


def run(
    made: Callable[[], Worker],
    settings: Settings,
    index: int,
    listener: socket.socket,
    ready: Ready,
) -> int:
    """An API worker, from its making to its end; returns the exit status."""
    signal.pthread_sigmask(signal.SIG_BLOCK, LEAVE)
    return serve(made(), settings, index, listener, ready)


def serve(
    worker: Worker, settings: Settings, index: int, listener: socket.socket, ready: Ready
) -> int:
    """Serve an application until told to leave; returns the exit status."""
    clock = SystemClock()
    server = settings.server
    port = listener.getsockname()[1]
    transfers = Transfers(worker.is_transfer, partial(all_open, port))
    gate = Gate(
        worker.application, server.threads, worker.body_bytes_max, transfers, worker.turned_away
    )
    line = Line(_own_address(listener), server.tls_cert is not None, gate)
    limit_s = server.request_timeout.total_seconds()
    sweep = Sweep(port, limit_s, clock.monotonic)
    cut = compose.Job("cut slow connections", SWEEP_EVERY_S, sweep)
    jobs = JobThread([*worker.jobs, cut], clock.monotonic)
    jobs.start()
    http = HttpServer(index, listener, gate, server)
    http.start()
    listener.close()
    garbage.settle()
    ready()
    pulse = Pulse(
        line,
        {
            "no seat of a request came free": gate.progress,
            "one background job has not ended": jobs.progress,
        },
        ready,
    )
    pulse.start()
    told = signal.sigwait(LEAVE)
    pulse.stop()
    _leave(http, gate, told, server.drain_timeout.total_seconds(), clock.monotonic)
    jobs.stop(FLUSH_S)
    worker.close()
    return 0


def _own_address(listener: socket.socket) -> tuple[str, int]:
    """Where a listener is reached from its own machine."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - not listened on


def _leave(
    http: HttpServer, gate: Gate, told: int, drain_s: float, monotonic: Callable[[], float]
) -> None:
    """No connection is taken any more; those that are open end with their next answer."""
    deadline = monotonic() + drain_s
    http.stop_accepting()
    gate.close_connections()
    grace = STOP_GRACE_S if told == signal.SIGTERM else RETIRE_GRACE_S
    signal.sigtimedwait({signal.SIGTERM}, grace)
    http.stop()
    if not gate.wait_empty(max(deadline - monotonic(), 0.0)):
        LOG.warning(
            "Requests did not end within [server] drain_timeout = %g s; they are cut", drain_s
        )
        return
    http.wait_stopped(min(LINGER_S, max(deadline - monotonic(), 0.0)))
