"""A worker's sign of life: it is given only for what was proven.

Each time, the worker asks itself over the network, so that the HTTP library's loop, the threads
behind it and the interpreter's lock have all had their turn; and neither the seats of its requests
nor its background jobs may stand still. What is at work, however long it takes, is not proven dead:
it gives no sign, and the supervisor decides how long that may last.
"""

import http.client
import logging
import socket
import threading
from collections.abc import Mapping

from hostdown.server.child import Ready
from hostdown.server.gate import OWN_HEADER, Gate
from hostdown.server.progress import Progress

LOG = logging.getLogger(__name__)

BEAT_EVERY_S = 0.5
"""How often a worker gives a sign of life."""
NEIGHBOUR_S = 2.0
"""How long a question may take that may have reached another worker."""
NEXT_TRY_S = 0.01
"""Between two questions of which the first reached nobody."""


class Line:
    """A connection of a worker to itself.

    The kernel spreads connections over all workers, so they are made until one comes out here; that
    one is kept.
    """

    def __init__(self, address: tuple[str, int], tls: bool, gate: Gate) -> None:
        self._address = address
        self._tls = tls
        self._gate = gate
        self._kept: http.client.HTTPConnection | None = None

    def ask(self) -> bool:
        """Whether the worker answered itself, however long that takes.

        False also where a connection came out at another worker: ask again. OSError if there is no
        way to ask, which says nothing of the worker.
        """
        kept, self._kept = self._kept, None
        connection = kept or http.client.HTTPConnection(*self._address)
        if kept is None:
            connection.sock = socket.create_connection(self._address, NEIGHBOUR_S)
        try:
            if kept is None and self._tls:
                connection.sock = _without_proof(connection.sock)
            here = self._came_out_here(connection)
        except (OSError, http.client.HTTPException):
            here = False
        if here and connection.sock is not None:
            connection.sock.settimeout(None)
            self._kept = connection
        else:
            connection.close()
        return here

    def _came_out_here(self, connection: http.client.HTTPConnection) -> bool:
        before = self._gate.own_questions
        connection.request("GET", "/", headers={OWN_HEADER: self._gate.own_name})
        connection.getresponse().read()
        return self._gate.own_questions != before


def _without_proof(sock: socket.socket) -> socket.socket:
    """TLS to whoever answers: it is this machine, and nothing is told."""
    import ssl  # large, and seldom needed

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock)


class Pulse:
    """Tells the supervisor, about each BEAT_EVERY_S, that the worker lives, or what stands still.

    `parts` are by what to say of them if they do.
    """

    def __init__(self, line: Line, parts: Mapping[str, Progress], tell: Ready) -> None:
        self._line = line
        self._parts = parts
        self._tell = tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No more signs; one that is under way is not waited for."""
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.wait(BEAT_EVERY_S):
            self._ask()
            still = [what for what, part in self._parts.items() if part.stands_still()]
            self._tell(", and ".join(still))

    def _ask(self) -> None:
        try:
            while not self._line.ask() and not self._stop.wait(NEXT_TRY_S):
                pass
        except OSError as error:
            LOG.debug("This worker cannot ask itself: %s", error)
