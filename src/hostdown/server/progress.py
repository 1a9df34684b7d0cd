"""Whether something that can be at several things at a time gets on with them."""

import threading


class Progress:
    """Counts what begins and ends in `places` places. Safe between threads; one thread asks."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._taken = 0
        self._ended = 0
        self._ended_before = 0

    def begin(self) -> None:
        """A place is taken."""
        with self._lock:
            self._taken += 1

    def end(self) -> None:
        """A place is given back."""
        with self._lock:
            self._taken -= 1
            self._ended += 1

    def stands_still(self) -> bool:
        """Every place is taken, and none was given back since this was asked last."""
        with self._lock:
            moved = self._ended != self._ended_before
            self._ended_before = self._ended
            return self._taken >= self._places and not moved
