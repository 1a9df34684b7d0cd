"""Signals that end a program from outside, while a stage is set and cleared."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a program from outside, other than SIGKILL."""


@contextmanager
def _on_ending(work: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """What a signal to end does, until the block is done."""
    before = {number: signal.signal(number, work) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals to end wait until the block is done: what it makes must not be lost sight of."""
    waiting: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        waiting.append(number)

    try:
        with _on_ending(note):
            yield
    finally:
        if waiting:
            signal.raise_signal(waiting[0])


@contextmanager
def interruptible() -> Iterator[None]:
    """A signal to end becomes KeyboardInterrupt, so that the stage is cleared first."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _on_ending(interrupt):
        yield


def ignore_endings() -> None:
    """While it clears the stage, a second Ctrl-C must not stop it half-way."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
