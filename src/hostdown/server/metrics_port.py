"""Tells metrics on a port of their own, to anybody who reaches it."""

import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hostdown.domain.metrics import CONTENT_TYPE

LOG = logging.getLogger(__name__)

PATH = "/metrics"
AT_ONCE_MAX = 8
"""Connections that are served at the same time; the next ones are closed."""
SILENT_MAX_S = 5.0
"""A connection that says nothing, or takes nothing, for so long is closed."""
SPOKEN_MAX_S = 15.0
"""What one connection may take in all."""


class MetricsPort(ThreadingHTTPServer):
    """One answer for each connection, each in a thread that ends with it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, scrape: Callable[[], str]) -> None:
        """`listener` listens already; the process before this one may still take from it, too."""
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.scrape = scrape
        self._free = threading.BoundedSemaphore(AT_ONCE_MAX)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self.serve_forever, name="metrics", daemon=True).start()

    def stop(self) -> None:
        """Take no more connections; those that are open end by themselves."""
        self.shutdown()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's types
        """See ThreadingMixIn."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's types
        """See ThreadingMixIn."""
        cut = threading.Timer(SPOKEN_MAX_S, _cut, [request])
        cut.daemon = True
        cut.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            cut.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's types
        """Whoever asked is gone, or was cut off."""
        LOG.debug("Metrics were not told to %s", client_address, exc_info=True)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    timeout = SILENT_MAX_S
    server: MetricsPort

    def do_GET(self) -> None:
        """Tell them."""
        path = self.path.partition("?")[0]
        if path != PATH:
            self._answer(404, "text/plain", f"Metrics are at {PATH}.\n")
            return
        try:
            text = self.server.scrape()
        except Exception:
            LOG.exception("Metrics could not be told for a reason that nobody foresaw")
            self._answer(500, "text/plain", "The server's log says why.\n")
            return
        self._answer(200, CONTENT_TYPE, text)

    do_HEAD = do_GET

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """In every answer; which Python it is is nobody's business."""
        return "hostdown"

    def log_message(self, format: str, *args: object) -> None:
        """Asked every few seconds: nobody would find anything else in the log."""
        LOG.debug(format, *args)
