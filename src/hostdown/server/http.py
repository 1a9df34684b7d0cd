"""Granian's worker, run by a process of ours on a socket that the supervisor holds.

Granian's own parent process is not used: it gives up when workers end often, and it knows no
hand-over. This file is the only one that knows granian's inner parts.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from granian.http import HTTP1Settings

from hostdown.config import ServerSettings

_granian: Any = import_module("granian._granian")  # its type stubs describe another version
_futures: Any = import_module("granian._futures")

IO_THREADS = 1
"""Threads of the event loop: one carries thirty thousand small requests a second."""
FILE_THREADS = 1
"""For granian's own file serving, which is not used."""
CALL_THREADS_MAX = 512
"""Threads that receive bodies and run the application; made when needed."""
THREAD_IDLE_S = 30
"""After which a thread that has nothing to do ends."""
HEAD_BYTES_MAX = 64 * 1024
"""A request's line and headers, of which there may be some 100. It is looked at between two reads,
so up to some 128 KiB pass."""


class HttpServer:
    """Serves `callback` on `listener` until `stop`."""

    def __init__(
        self,
        index: int,
        listener: socket.socket,
        callback: Callable[..., None],
        server: ServerSettings,
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._scheduler = _futures._new_cbscheduler(self._loop, callback, impl_asyncio=True)
        self._signal = _granian.WorkerSignal()
        self._done = threading.Event()
        self._signal.add_cb(self._done.set)
        self._descriptor = os.dup(listener.fileno())
        tls = server.tls_cert is not None
        self._worker = _granian.WSGIWorker(
            index + 1,
            (None, _granian.SocketHolder(self._descriptor, False, server.backlog)),
            None,
            IO_THREADS,
            FILE_THREADS,
            CALL_THREADS_MAX,
            THREAD_IDLE_S,
            server.connections,
            "1",
            HTTP1Settings(
                header_read_timeout=int(server.keepalive_timeout.total_seconds() * 1000),
                max_buffer_size=HEAD_BYTES_MAX,
            ),
            None,
            None,
            tls,
            str(server.tls_cert) if tls else None,
            str(server.tls_key) if tls else None,
            None,
            "tls1.2",
            None,
            [],
            False,
            (None, None),
        )

    def start(self) -> None:
        """Take connections from now on, in threads of granian."""
        self._worker.serve_mtr(self._scheduler, self._loop, self._signal)

    def stop_accepting(self) -> None:
        """Take no more connections, while those that are open go on.

        Granian can only stop both at once, and then closes connections that were accepted but not
        read yet. So its descriptor is made to mean a socket to which nobody connects: the shared
        one stays with the other workers, and every connection that waits there is theirs.
        """
        nobody = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with nobody:
            nobody.bind(("127.0.0.1", 0))
            nobody.listen(1)
            nobody.setblocking(False)
            os.dup2(nobody.fileno(), self._descriptor, inheritable=False)

    def stop(self) -> None:
        """End idle connections; those at work end with their answer."""
        self._signal.set()

    def wait_stopped(self, timeout_s: float) -> bool:
        """Whether all connections have ended."""
        return self._done.wait(timeout_s)
