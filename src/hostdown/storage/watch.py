"""Whether a database answers at all, found out beside the requests that wait for it.

A request that waits does not know whether its database works hard or is gone. So once nothing has
come back for a while, a thread asks by a connection of its own. While that is answered, everybody
may wait for as long as statements may take; if it is not, and nothing else came back meanwhile, the
database is silent: who waits is let go, who comes is refused at once, and the thread goes on asking
until there is an answer.
"""

import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""How often a thread looks whether anything came back from a database."""
PATIENCE_LOOKS_MAX = 2
"""How often the thread looks, and finds that nothing came back, before it asks."""


class Watch:
    """`answers()` asks the database and returns whether anything came back within its limit.

    `on_silence` is called once each time the database falls silent.
    """

    def __init__(
        self, name: str, answers: Callable[[], bool], on_silence: Callable[[], None]
    ) -> None:
        self.silent = False
        self._name = name
        self._answers = answers
        self._on_silence = on_silence
        self._lock = Lock()
        self._looks = 0
        self._heard = 0
        self._heard_at_look = 0
        self._waiting: dict[int, int] = {}
        """The look in which somebody began to wait, by a copy of the socket's descriptor."""
        self._stop = Event()
        self._thread: Thread | None = None

    def begin(self, descriptor: int) -> int:
        """Somebody uses this connection from now on; to be given to `end`.

        A copy, because a driver may close its own at any moment, and its number be used anew.
        """
        copy = os.dup(descriptor)
        with self._lock:
            self._waiting[copy] = self._looks
            self._be_there()
        return copy

    def end(self, copy: int, heard: bool) -> None:
        """It is not used any more; `heard`: the database said something."""
        with self._lock:
            del self._waiting[copy]
            if heard:
                self._heard += 1
                self._heard_at_look = self._looks
        os.close(copy)

    @property
    def heard(self) -> int:
        """How often something came back so far."""
        return self._heard

    def unanswered(self, heard_before: int) -> None:
        """Somebody else asked for a connection in vain, and had `heard` this before."""
        self._judge(self._heard != heard_before)

    def close(self) -> None:
        """Ask no more."""
        self._stop.set()

    def _be_there(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._loop, name="database", daemon=True)
            self._thread.start()

    def _loop(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            if self.silent or self._too_quiet():
                self._ask()

    def _too_quiet(self) -> bool:
        with self._lock:
            self._looks += 1
            began = min(self._waiting.values(), default=self._looks)
            return self._looks - max(began, self._heard_at_look) > PATIENCE_LOOKS_MAX

    def _ask(self) -> None:
        heard_before = self._heard
        self._judge(self._answers() or self._heard != heard_before)

    def _judge(self, lives: bool) -> None:
        with self._lock:
            fell_silent = not lives and not self.silent
            if lives and self.silent:
                log.warning("The database %s answers again", self._name)
            self.silent = not lives
            self._heard_at_look = self._looks
            if not lives:
                self._let_go()
                self._be_there()
        if fell_silent:
            log.warning(
                "The database %s does not answer; requests for it are refused at once, while it is "
                "asked again and again",
                self._name,
            )
            self._on_silence()

    def _let_go(self) -> None:
        for copy in self._waiting:
            with suppress(OSError), socket.socket(fileno=os.dup(copy)) as sock:
                sock.shutdown(socket.SHUT_RDWR)
