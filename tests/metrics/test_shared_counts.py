"""Counts of several processes: none is lost when one is killed, none is counted twice."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from hostdown.domain.metric_table import (
    PULSES_REFUSED,
    REPORTS,
    REQUEST_SECONDS,
    REQUESTS,
    SERIES_LOST,
)
from hostdown.domain.metrics import Metric
from hostdown.drivers import shared_counts
from hostdown.drivers.shared_counts import SharedCounts

LIST = ("GET", "/v2.1/os-services", "200")


@pytest.fixture
def counts() -> SharedCounts:
    return SharedCounts(3)


def numbers(counts: SharedCounts, metric: Metric, *values: str) -> list[float]:
    found = [list(each.numbers) for each in counts.read() if each[:2] == (metric, values)]
    assert len(found) <= 1, "a series is there twice"
    return found[0] if found else []


def forked(work: Callable[[], None]) -> int:
    """A child that does it and then waits to be killed."""
    done, doing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os.write(doing, b"!")
            signal.pause()
        finally:
            os._exit(1)
    os.close(doing)
    assert os.read(done, 1) == b"!"
    os.close(done)
    return pid


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_what_was_counted_is_read(counts: SharedCounts) -> None:
    mine = counts.mine()
    mine.add(REQUESTS, LIST)
    mine.add(REQUESTS, LIST, 4)
    mine.add(REPORTS)
    mine.observe(REQUEST_SECONDS, LIST[:2], 0.002)
    mine.observe(REQUEST_SECONDS, LIST[:2], 60.0)
    assert numbers(counts, REQUESTS, *LIST) == [5]
    assert numbers(counts, REPORTS) == [1]
    assert numbers(counts, PULSES_REFUSED, "x") == []
    seconds = numbers(counts, REQUEST_SECONDS, *LIST[:2])
    assert (seconds[1], seconds[-2], seconds[-1]) == (1, 1, pytest.approx(60.002))
    assert sum(seconds[:-1]) == 2


def test_all_processes_are_added_up_and_a_killed_one_loses_nothing(counts: SharedCounts) -> None:
    counts.mine().add(REQUESTS, LIST)
    for _ in range(20):  # more than there are places: those of the dead are taken again
        pid = forked(lambda: counts.mine().add(REQUESTS, LIST, 10))
        killed(pid)
    assert numbers(counts, REQUESTS, *LIST) == [201]


def test_no_two_processes_that_live_have_one_place(counts: SharedCounts) -> None:
    first = forked(lambda: counts.mine().add(REPORTS))
    second = forked(lambda: counts.mine().add(REPORTS))
    counts.mine().add(REPORTS)
    third = forked(lambda: counts.mine().add(REPORTS))
    assert numbers(counts, REPORTS) == [3], "the fourth found no place, and disturbs nobody"
    for pid in (first, second, third):
        killed(pid)


def test_threads_of_a_process_lose_nothing(counts: SharedCounts) -> None:
    mine = counts.mine()

    def work() -> None:
        for _ in range(5000):
            mine.add(REPORTS)
            mine.observe(REQUEST_SECONDS, LIST[:2], 0.5)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(counts, REPORTS) == [20_000]
    assert numbers(counts, REQUEST_SECONDS, *LIST[:2])[-1] == 10_000


def test_series_for_which_there_is_no_room_are_counted_and_harm_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_counts, "PLACE_BYTES_MAX", 256)
    monkeypatch.setattr(shared_counts, "_WORDS", 32)
    counts = SharedCounts(2)
    mine = counts.mine()
    for number in range(10):
        mine.add(PULSES_REFUSED, (f"reason {number}",))
    told = [each for each in counts.read() if each.metric == PULSES_REFUSED]
    (lost,) = numbers(counts, SERIES_LOST)
    assert 0 < len(told) < 10
    assert lost == 10 - len(told)
    mine.add(PULSES_REFUSED, ("reason 9",))
    assert numbers(counts, SERIES_LOST) == [lost], "a series is lost once"
