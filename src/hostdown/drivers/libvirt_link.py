"""A connection to libvirt that comes back by itself, and calls on it that end in time.

One thread keeps it: it opens a connection for events, tells the watcher, waits until the connection
breaks and begins again, ever more slowly. A daemon that hangs is found by libvirt's own keepalive,
which breaks connections and thereby frees the calls that hang on them; a driver within this process
(`embed`, `test:`) knows none. Everything that libvirt tells comes from its event loop's thread.

Calls use further connections, one call at a time each: libvirt 9.0 crashes the process when a
connection breaks while two calls hang on it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import libvirt

from hostdown.domain.guest_errors import HypervisorSilent
from hostdown.drivers.bounded_calls import BoundedCalls, TookTooLong

LOG = logging.getLogger("hostdown.libvirt")

CALL_LIMIT_S = 5.0
"""Longest wait for an answer of libvirt; what moves a guest's whole memory has its own limit."""
LOOK_LIMIT_S = 1.5
"""The same of a look at what is there: a report does not wait longer for one that hangs."""
OPEN_LIMIT_S = 60.0
"""Longest wait for a new connection: at its first contact libvirt tries what QEMU can do."""
CALLS_MAX = 16
"""Calls to libvirt at a time, those included that hang."""
KEEPALIVE_S = 2
"""Seconds of silence after which libvirt asks whether the other side is there."""
KEEPALIVE_TRIES = 3
"""Such questions without an answer before it breaks the connection."""
BACKOFF_FIRST_S = 0.25
"""Wait before a connection is tried again; it doubles each time."""
BACKOFF_MAX_S = 10.0
"""Longest wait before a connection is tried again."""

T = TypeVar("T")
Work = Callable[["libvirt.virConnect"], T]

_loop_lock = threading.Lock()
_loop: list[threading.Thread] = []


class LibvirtLink:
    """Calls of several threads side by side are fine. `close` ends it."""

    def __init__(self, uri: str, call_limit_s: float = CALL_LIMIT_S) -> None:
        self.uri = uri
        self._limit_s = call_limit_s
        self._calls = BoundedCalls("libvirt-call", CALLS_MAX)
        self._changed = threading.Condition()
        self._events: libvirt.virConnect | None = None
        self._idle: list[libvirt.virConnect] = []
        self._reason = "it is asked for the first time"
        self._tried = self._closed = False
        self._callback: Callable[[], None] | None = None
        _run_event_loop()
        self._keeper = threading.Thread(target=self._keep, name="libvirt-keeper", daemon=True)
        self._keeper.start()

    def call(self, work: Work[T], limit_s: float | None = None) -> T:
        """What `work` makes of a connection; raises HypervisorSilent, and libvirt's own errors.

        The limit is that of the link, if no other is given. While the first connection is being
        made, this waits for it, too.
        """
        limit_s = limit_s or self._limit_s
        with self._changed:
            self._changed.wait_for(lambda: self._tried, limit_s)
            if self._events is None:
                raise HypervisorSilent(reason=self._reason)
        try:
            return self._calls.run(lambda: self._work(work), limit_s)
        except TookTooLong as error:
            raise HypervisorSilent(reason=str(error)) from error

    def lost(self) -> str | None:
        """Why there is no connection; "" if there is one, None before the first was tried."""
        with self._changed:
            if not self._tried:
                return None
            return "" if self._events is not None else self._reason

    def watch(self, callback: Callable[[], None]) -> None:
        """See `agent.guests.GuestEvents`."""
        self._callback = callback

    def close(self) -> None:
        """No call succeeds after this; guests go on as they are."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._keeper.join(CALL_LIMIT_S)

    # ------------------------------------------------------------------------- the connection

    def _work(self, work: Work[T]) -> T:
        connection = None
        try:
            connection = self._taken() or self._open()
            result = work(connection)
        except libvirt.libvirtError as error:
            # Without a code it is no answer of libvirt's: of a connection that broke in the middle
            # of the call there is no more. What is alive is one whose socket is open.
            is_answer = error.get_error_code() is not None
            if connection is not None and is_answer and connection.isAlive():
                self._give_back(connection)
                raise
            if connection is not None:
                _shut(connection)
            raise HypervisorSilent(reason=_sentence(error)) from error
        self._give_back(connection)
        return result

    def _taken(self) -> "libvirt.virConnect | None":
        with self._changed:
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: "libvirt.virConnect") -> None:
        with self._changed:
            kept = self._events is not None
            if kept:
                self._idle.append(connection)
        if not kept:
            _shut(connection)

    def _keep(self) -> None:
        wait_s = BACKOFF_FIRST_S
        while not self._closed:
            try:
                connection = self._calls.run(self._open_for_events, OPEN_LIMIT_S)
            except (libvirt.libvirtError, TookTooLong) as error:
                self._failed(_sentence(error))
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, wait_s)
                wait_s = min(BACKOFF_MAX_S, wait_s * 2)
                continue
            wait_s = BACKOFF_FIRST_S
            self._hold(connection)

    def _open(self) -> "libvirt.virConnect":
        connection = libvirt.open(self.uri)
        with _where_supported():
            connection.setKeepAlive(KEEPALIVE_S, KEEPALIVE_TRIES)
        return connection

    def _open_for_events(self) -> "libvirt.virConnect":
        connection = self._open()
        with _where_supported():
            connection.registerCloseCallback(self._told_closed, None)
        lifecycle = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        connection.domainEventRegisterAny(None, lifecycle, self._told_event, None)
        return connection

    def _hold(self, connection: "libvirt.virConnect") -> None:
        """Let calls be made until it breaks."""
        with self._changed:
            if self._tried:
                LOG.warning("libvirt at %s answers again", self.uri)
            self._events, self._tried = connection, True
            self._changed.notify_all()
        self._tell()
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._events is not connection)
            self._events, idle, self._idle = None, self._idle, []
        for each in (connection, *idle):
            try:
                self._calls.run(partial(_shut, each), CALL_LIMIT_S)
            except TookTooLong:
                LOG.warning("A connection to libvirt at %s could not be closed", self.uri)
        if not self._closed:
            self._tell()

    def _failed(self, reason: str) -> None:
        with self._changed:
            told = self._tried
            if not told:  # later, why it was lost says more than that nobody is there
                LOG.warning("libvirt at %s does not answer: %s", self.uri, reason)
                self._tried, self._reason = True, f"Failed to connect to libvirt: {reason}"
                self._changed.notify_all()
        if not told:
            self._tell()

    def _lost(self, connection: "libvirt.virConnect", reason: str) -> None:
        with self._changed:
            if self._events is connection:
                LOG.warning("libvirt at %s does not answer any more: %s", self.uri, reason)
                self._events, self._reason = None, f"Connection to libvirt lost: {reason}"
                self._changed.notify_all()

    # --------------------------------------------------------------- told by the event loop

    def _told_closed(self, connection: "libvirt.virConnect", reason: int, opaque: object) -> None:
        known = {
            libvirt.VIR_CONNECT_CLOSE_REASON_EOF: "it closed the connection",
            libvirt.VIR_CONNECT_CLOSE_REASON_KEEPALIVE: "it hangs",
        }
        self._lost(connection, known.get(reason, "the connection broke"))

    def _told_event(self, *event: object) -> None:
        self._tell()

    def _tell(self) -> None:
        callback = self._callback
        if callback is None:
            return
        try:
            callback()
        except Exception:
            LOG.exception("What waits for events of guests failed")


@contextmanager
def _where_supported() -> Iterator[None]:
    """Drivers within this process know neither keepalive nor a broken connection."""
    try:
        yield
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise


def _shut(connection: "libvirt.virConnect") -> None:
    """Without its callbacks, or it would live on in them."""
    events = list(getattr(connection, "domainEventCallbackID", ()))
    for step in (
        *(partial(connection.domainEventDeregisterAny, event) for event in events),
        connection.unregisterCloseCallback,
        connection.close,
    ):
        try:
            step()
        except libvirt.libvirtError as error:
            LOG.debug("A connection to libvirt was not closed: %s", error)


def _sentence(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _run_event_loop() -> None:
    """libvirt has one event loop in a process; it must be there before the first connection."""
    with _loop_lock:
        if not _loop:
            libvirt.virEventRegisterDefaultImpl()
            libvirt.registerErrorHandler(_ignore, None)
            _loop.append(threading.Thread(target=_loop_for_ever, name="libvirt-loop", daemon=True))
            _loop[0].start()


def _loop_for_ever() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def _ignore(context: object, error: object) -> None:
    """libvirt would print each error to stderr, beside raising it."""
