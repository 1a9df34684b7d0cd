"""Counts in memory that all processes of a server share, and that outlive each of them.

The supervisor makes it before any fork. It is divided into places; a process that counts takes one
that nobody has and is then its only writer, so that nothing is waited for and nothing is lost. The
kernel frees the place when the process is gone, however it ended, and whoever takes it next counts
on. A reader adds up what stands in all places.

A place is a row of words of 8 bytes. The first says how many are written; series follow, each a
word with the lengths of its name and of its numbers, the name, and the numbers.
"""

import fcntl
import logging
import mmap
import os
import threading
from collections.abc import Iterator, Sequence

from hostdown.domain.metric_table import METRICS, SERIES_LOST
from hostdown.domain.metrics import Metric, Series

LOG = logging.getLogger(__name__)

PLACE_BYTES_MAX = 1 << 19
"""Of one process: some thousand series. Memory that nothing was written to does not exist."""
WORD = 8
_DIVIDER = "\x1f"
_BY_NAME = {metric.name: metric for metric in METRICS}
_WORDS = PLACE_BYTES_MAX // WORD


class SharedCounts:
    """`services.metric_ports.AllCounts`, and what a process counts with."""

    def __init__(self, places: int) -> None:
        """`places`: of so many processes that count at one time."""
        self._places = places
        self._file = os.memfd_create("hostdown-counts")
        os.ftruncate(self._file, places * PLACE_BYTES_MAX)
        self._memory = mmap.mmap(self._file, places * PLACE_BYTES_MAX)
        self._bytes = memoryview(self._memory)
        self._words = self._bytes.cast("Q")
        self._numbers = self._bytes.cast("d")
        self._mine: tuple[int, Place] | None = None

    def mine(self) -> "Place":
        """The place of this process; its first call, while it has one thread, takes one.

        Where all are taken, what it counts is seen by nobody.
        """
        if self._mine is None or self._mine[0] != os.getpid():
            self._mine = os.getpid(), self._take()
        return self._mine[1]

    def _take(self) -> "Place":
        for index in range(self._places):
            try:
                # Of the process, not of the descriptor: a child that was forked does not have it.
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, index)
            except (BlockingIOError, PermissionError):
                continue
            begin, end = index * PLACE_BYTES_MAX, (index + 1) * PLACE_BYTES_MAX
            return Place(self._bytes[begin:end])
        LOG.warning("All %d places for counts are taken; this process counts apart", self._places)
        return Place(memoryview(bytearray(PLACE_BYTES_MAX)))

    def read(self) -> Sequence[Series]:
        """Every series once."""
        sums: dict[tuple[str, ...], list[float]] = {}
        for index in range(self._places):
            begin = index * _WORDS
            for name, at, width in _series(self._bytes, self._words, begin):
                numbers = self._numbers[at : at + width].tolist()
                known = sums.setdefault(name, [0.0] * width)
                sums[name] = [mine + more for mine, more in zip(known, numbers, strict=True)]
        return [Series(_BY_NAME[key[0]], key[1:], numbers) for key, numbers in sums.items()]


class Place:
    """`services.metric_ports.Counts`: where one process counts."""

    def __init__(self, memory: memoryview) -> None:
        self._bytes = memory
        self._words = memory.cast("Q")
        self._numbers = memory.cast("d")
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], int | None] = {
            name: at for name, at, _ in _series(memory, self._words, 0)
        }
        """Where the numbers of each series begin; None: there was no room for it."""
        self._find(SERIES_LOST, ())

    def add(self, metric: Metric, values: tuple[str, ...] = (), times: int = 1) -> None:
        """See `Counts`."""
        with self._lock:
            at = self._find(metric, values)
            if at is not None:
                self._numbers[at] += times

    def observe(self, metric: Metric, values: tuple[str, ...], number: float) -> None:
        """See `Counts`."""
        with self._lock:
            at = self._find(metric, values)
            if at is not None:
                self._numbers[at + metric.bucket(number)] += 1
                self._numbers[at + metric.width - 1] += number

    def _find(self, metric: Metric, values: tuple[str, ...]) -> int | None:
        key = (metric.name, *values)
        try:
            return self._known[key]
        except KeyError:
            at = self._known[key] = self._append(metric, key)
            return at

    def _append(self, metric: Metric, key: tuple[str, ...]) -> int | None:
        """A series more; the reader sees it with the last line."""
        name = _DIVIDER.join(key).encode()
        begin = max(self._words[0], 1)
        at = begin + 1 + -(-len(name) // WORD)
        end = at + metric.width
        if end > len(self._words):
            lost = self._known.get((SERIES_LOST.name,))
            if lost is not None:
                self._numbers[lost] += 1
            return None
        self._words[begin] = len(name) << 32 | metric.width
        self._bytes[(begin + 1) * WORD : (begin + 1) * WORD + len(name)] = name
        self._words[0] = end
        return at


def _series(
    memory: memoryview, words: memoryview, begin: int
) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Of the place that begins with this word: the names, where the numbers begin, how many."""
    at, end = begin + 1, begin + max(words[begin], 1)
    while at < end:
        length, width = words[at] >> 32, words[at] & 0xFFFFFFFF
        name = bytes(memory[(at + 1) * WORD : (at + 1) * WORD + length]).decode()
        at += 1 + -(-length // WORD)
        yield tuple(name.split(_DIVIDER)), at, width
        at += width
