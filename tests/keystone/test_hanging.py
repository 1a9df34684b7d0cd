"""A Keystone that hangs holds up few, and one question of many that hangs holds up nobody else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.keystone.bed import LIMITS, Bed
from tests.keystone.cloud import ANN, SERVICE, FakeCloud, identity_of
from tests.processes.harness import until

from hostdown.domain.identity_errors import KeystoneSilent, KeystoneUnavailable
from hostdown.services.keystone_checks import GIVEN_UP_MAX, KeystoneChecks, Limits
from hostdown.services.keystone_ports import Identity, Question, Verdict


class Hanging(FakeCloud):
    """Takes questions, and answers once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.reached = threading.Semaphore(0)

    def verdict(self, question: Question) -> Verdict:
        self.reached.release()
        self.go_on.wait()
        return super().verdict(question)


class HangingBed(Bed):
    """Keystone hangs after a first token became known."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.cloud: Hanging = Hanging()
        self.checks = KeystoneChecks(self.cloud, limits)
        self.known = self.cloud.token(ANN)
        self.cloud.go_on.set()
        self.ask(self.known)
        assert self.cloud.reached.acquire(timeout=5)
        self.cloud.go_on.clear()

    def hung(self, count: int) -> None:
        """Return once Keystone has been given so many more questions."""
        for _ in range(count):
            assert self.cloud.reached.acquire(timeout=5)


@contextmanager
def asking(bed: HangingBed, count: int) -> Iterator[list[Callable[[], Identity]]]:
    """`count` requests at once, each with a token of its own that is good."""
    tokens = [bed.cloud.token(ANN) for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        waiting = [pool.submit(bed.ask, token) for token in tokens]
        try:
            yield [future.result for future in waiting]
        finally:
            bed.cloud.go_on.set()


def test_a_keystone_that_hangs_is_given_up_and_only_so_many_wait_for_it() -> None:
    bed = HangingBed(Limits(remember_s=300.0, answer_s=0.5, places=3))
    with asking(bed, 8) as answers:
        bed.hung(3)
        assert bed.ask(bed.known) == identity_of(ANN)
        for answer in answers:
            with pytest.raises(KeystoneSilent):
                answer()
        assert bed.cloud.asked == 1
        assert not bed.cloud.reached.acquire(blocking=False)


def test_once_keystone_hangs_nobody_waits_for_whoever_finds_out_whether_it_still_does() -> None:
    bed = HangingBed(Limits(remember_s=300.0, answer_s=1.0, places=3))
    with asking(bed, 1) as answers:
        bed.hung(1)
        with pytest.raises(KeystoneSilent):
            answers[0]()
        with asking(bed, 1):
            bed.hung(1)
            for _ in range(5):
                with pytest.raises(KeystoneSilent):
                    bed.ask(bed.cloud.token(ANN))
            assert not bed.cloud.reached.acquire(blocking=False)


class OneHangs(FakeCloud):
    """Of several behind one address, the one that gets the first question hangs, then breaks."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.ended = threading.Event()

    def verdict(self, question: Question) -> Verdict:
        self.asked += 1
        if self.asked > 1:
            return super().verdict(question)
        self.go_on.wait()
        self.ended.set()
        raise KeystoneSilent(reason="broken")


def test_a_question_that_was_given_up_stands_in_nobodys_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bed = Bed()
    bed.cloud = cloud = OneHangs()
    bed.checks = KeystoneChecks(cloud, Limits(remember_s=300.0, answer_s=0.2, places=1))
    with pytest.raises(KeystoneSilent):
        bed.ask(cloud.token(ANN))
    assert bed.ask(cloud.token(ANN)) == identity_of(ANN)
    cloud.go_on.set()
    assert cloud.ended.wait(5)
    assert bed.ask(cloud.token(SERVICE)) == identity_of(SERVICE)
    assert [record.getMessage() for record in caplog.records] == [
        "Keystone does not answer (no answer within 0.2 s); only tokens seen lately are good now",
        "Keystone answers again",
    ]


def test_questions_that_were_given_up_do_not_pile_up() -> None:
    bed = HangingBed(Limits(remember_s=300.0, answer_s=0.001, places=1))
    try:
        for _ in range(GIVEN_UP_MAX + 20):
            with pytest.raises(KeystoneSilent):
                bed.ask(bed.cloud.token(ANN))
        bed.hung(1 + GIVEN_UP_MAX)
        assert not bed.cloud.reached.acquire(blocking=False)
    finally:
        bed.cloud.go_on.set()


class Stumbling(FakeCloud):
    """The library fails in a way that nobody foresaw."""

    def verdict(self, question: Question) -> Verdict:
        raise ZeroDivisionError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_waits_is_told_at_once_of_what_nobody_foresaw() -> None:
    bed = Bed()
    bed.checks = KeystoneChecks(Stumbling(), LIMITS._replace(answer_s=600.0))
    with pytest.raises(KeystoneUnavailable) as caught:
        bed.ask("x")
    assert not isinstance(caught.value, KeystoneSilent)
    until(lambda: "keystone" not in {thread.name for thread in threading.enumerate()})


def test_an_answer_that_came_too_late_for_one_is_there_for_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bed = HangingBed(Limits(remember_s=300.0, answer_s=0.2, places=1))
    late = bed.cloud.token(SERVICE)
    with pytest.raises(KeystoneSilent):
        bed.ask(late)
    bed.cloud.go_on.set()
    until(lambda: "answers again" in caplog.text)
    assert bed.ask(late) == identity_of(SERVICE)
    assert bed.cloud.asked == 2
