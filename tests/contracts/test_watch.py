"""When a database counts as silent, and when it does not any more."""

import socket
from collections.abc import Iterator
from threading import Event, Semaphore

import pytest
from tests.contracts.own_servers import wait_until

from hostdown.storage.watch import Watch

WAIT_S = 30


class Asked:
    """A database that answers when it is told to, and counts what became of it."""

    def __init__(self) -> None:
        self.answer = True
        self.times = 0
        self.silences = 0
        self.held: Semaphore | None = None

    def __call__(self) -> bool:
        self.times += 1
        if self.held is not None:
            assert self.held.acquire(timeout=WAIT_S)
        return self.answer

    def fell_silent(self) -> None:
        self.silences += 1


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def watch(asked: Asked) -> Iterator[Watch]:
    made = Watch("db", asked, asked.fell_silent)
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_who_waits_for_a_database_that_answers_goes_on_waiting(
    watch: Watch, asked: Asked, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    waiting = watch.begin(ours.fileno())
    wait_until(lambda: asked.times >= 2)
    theirs.sendall(b"late")
    assert ours.recv(10) == b"late"
    watch.end(waiting, heard=True)
    assert not watch.silent


def test_who_waits_for_a_silent_database_is_let_go_until_it_answers(
    watch: Watch, asked: Asked, pair: tuple[socket.socket, socket.socket]
) -> None:
    asked.answer = False
    ours, _ = pair
    waiting = watch.begin(ours.fileno())
    ours.settimeout(WAIT_S)
    assert ours.recv(10) == b""
    watch.end(waiting, heard=False)
    assert watch.silent
    times = asked.times
    wait_until(lambda: asked.times > times + 1)
    assert (watch.silent, asked.silences) == (True, 1)
    asked.answer = True
    wait_until(lambda: not watch.silent)


def test_anything_that_comes_back_while_it_is_asked_counts_as_its_answer(
    watch: Watch, asked: Asked, pair: tuple[socket.socket, socket.socket]
) -> None:
    asked.answer, asked.held = False, Semaphore(0)
    ours, _ = pair
    waiting, other = watch.begin(ours.fileno()), watch.begin(ours.fileno())
    wait_until(lambda: asked.times == 1)
    watch.end(other, heard=True)
    asked.held.release()
    wait_until(lambda: asked.times == 2)
    assert (watch.silent, asked.silences) == (False, 0)
    asked.held.release()
    wait_until(lambda: watch.silent)
    watch.end(waiting, heard=False)
    asked.held = None


def test_nobody_is_asked_while_nobody_waits(watch: Watch, asked: Asked) -> None:
    with socket.socket() as sock:
        watch.end(watch.begin(sock.fileno()), heard=True)
    pause = Event()
    pause.wait(2)
    assert asked.times == 0
