"""A world with a clock of its own: actors that take turns, and a seed that says whose turn it is.

Each actor is a thread, but only one of them ever runs: it has been handed the turn, and hands it
back wherever it would wait, or wherever the real thing could be interrupted (`step`). So a scenario
is one order of events, it takes no time but the processor's, and the same seed gives it again.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from heapq import heappop, heappush

import pytest

START = datetime(2026, 3, 1, 12)
CALM_STEP_S = 0.01
"""What a step takes where no seed makes it take longer."""

HURRIES = ((0.80, 0.02), (0.96, 0.3), (1.0, 1.6))
"""How long a step takes at most, by a number from 0 to 1: as a rule it takes next to nothing."""

EVENTS_MAX = 400_000
"""More than any scenario has; a world that turns in circles ends."""


class Killed(BaseException):
    """The process of this actor was killed here: nothing more of it is done."""


class Broken(AssertionError):
    """A property does not hold, or something that must come did not."""


class Group:
    """A process: its actors are killed, stopped and continued together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.stopped = False
        self.late: list[Actor] = []
        """Whose turn came while it was stopped."""


class Actor:
    """One thread of a process. `done` is set once its work has ended."""

    def __init__(self, group: Group, name: str, work: Callable[[], object]) -> None:
        self.group = group
        self.name = name
        self.done = False
        self.due = 0.0
        self.waiting: Actor | None = None
        """Who waits for its end."""
        self.go = _taken()
        self.work = work
        self.thread: threading.Thread | None = None


class Bell:
    """What actors with nothing to do wait for."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._waiting: list[Actor] = []

    def wait(self, seconds: float) -> None:
        """Until it rings, or so long."""
        actor = self._world.current
        if actor is not None:
            self._waiting.append(actor)
            self._world.sleep(seconds)
            if actor in self._waiting:
                self._waiting.remove(actor)

    def ring(self) -> None:
        """Who waits has its turn soon."""
        waiting, self._waiting = self._waiting, []
        for actor in waiting:
            self._world.wake(actor, self._world.seconds + self._world.hurry())


def _taken() -> threading.Lock:
    """A lock by which one thread wakes another: who waits for it takes it a second time."""
    lock = threading.Lock()
    lock.acquire()
    return lock


class World:
    """Time, chance and turns. `seed` None is the calm world, in which every step takes as long."""

    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed or 0)
        self.calm = seed is None
        self.seconds = 0.0
        self.checks: list[Callable[[], None]] = []
        """What holds after each turn; they raise Broken."""
        self._queue: list[tuple[float, float, int, Actor]] = []
        self._number = 0
        self._back = _taken()
        self.current: Actor | None = None
        self._failure: BaseException | None = None
        self._actors: list[Actor] = []

    # ------------------------------------------------------------------------------- the clock

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def boottime(self) -> float:
        return self.seconds

    # ------------------------------------------------------------------------------ for actors

    def spawn(self, group: Group, name: str, work: Callable[[], object]) -> Actor:
        """A new actor; its first turn comes soon."""
        actor = Actor(group, name, work)
        self._actors.append(actor)
        self.wake(actor, self.seconds)
        return actor

    def sleep(self, seconds: float) -> None:
        """Hand the turn on for so long; for who is no actor, nothing."""
        actor = self.current
        if actor is None:
            return
        if actor.group.dead:
            raise Killed
        self.wake(actor, self.seconds + seconds)
        self._hand_back(actor)

    def step(self) -> None:
        """Others may have their turn here: a seed says for how long."""
        self.sleep(self.hurry())

    def hurry(self) -> float:
        """How long a step takes."""
        if self.calm:
            return CALM_STEP_S
        chance = self.random.random()
        most = next(most for share, most in HURRIES if chance <= share)
        return self.random.random() * most

    def join(self, actor: Actor, seconds: float) -> bool:
        """Wait for another actor's end, for so long at most; whether it came."""
        me = self.current
        if me is None or actor.done:
            return actor.done
        actor.waiting = me
        self.sleep(seconds)
        actor.waiting = None
        return actor.done

    # ----------------------------------------------------------------------------- from outside

    def kill(self, group: Group) -> None:
        """None of its actors has another turn; who kills itself ends at once."""
        group.dead = True
        for actor in group.late:
            self.wake(actor, self.seconds)
        group.late = []
        if self.current is not None and self.current.group is group:
            raise Killed

    def stop(self, group: Group) -> None:
        """As SIGSTOP does."""
        group.stopped = True
        if self.current is not None and self.current.group is group:
            self.sleep(0.0)

    def proceed(self, group: Group) -> None:
        """As SIGCONT does."""
        group.stopped = False
        for actor in group.late:
            self.wake(actor, self.seconds)
        group.late = []

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self.until(lambda: False, seconds)

    def until(self, holds: Callable[[], object], seconds: float) -> bool:
        """Let time pass until something holds; whether it did within `seconds`."""
        end = self.seconds + seconds
        for _ in range(EVENTS_MAX):
            if holds():
                return True
            if not self._queue or self._queue[0][0] > end:
                self.seconds = max(self.seconds, end)
                return bool(holds())
            self._turn()
        raise Broken("the world turns in circles")

    def close(self) -> None:
        """End every actor's thread."""
        for actor in self._actors:
            actor.group.dead, actor.group.stopped = True, False
        for actor in list(self._actors):  # each that ends leaves it
            if actor.thread is not None:
                self._resume(actor)

    # ---------------------------------------------------------------------------------- within

    def wake(self, actor: Actor, at: float) -> None:
        """Its turn comes then, and not at the time that was set before."""
        self._number += 1
        tie = 0.0 if self.calm else self.random.random()
        actor.due = at
        heappush(self._queue, (at, tie, self._number, actor))

    def _turn(self) -> None:
        at, _, _, actor = heappop(self._queue)
        if actor.done or actor.due != at:
            return  # it ended, or was woken earlier
        self.seconds = max(self.seconds, at)
        if actor.group.stopped and not actor.group.dead:
            actor.group.late.append(actor)
            return
        actor.due = -1.0
        self._resume(actor)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        for check in self.checks:
            check()

    def _resume(self, actor: Actor) -> None:
        self.current = actor
        if actor.thread is None:
            actor.thread = threading.Thread(
                target=self._live, args=(actor,), name=actor.name, daemon=True
            )
            actor.thread.start()
        else:
            actor.go.release()
        self._back.acquire()
        self.current = None
        if actor.done:
            actor.thread.join()
            self._actors.remove(actor)

    def _hand_back(self, actor: Actor) -> None:
        self._back.release()
        actor.go.acquire()
        if actor.group.dead:
            raise Killed

    def _live(self, actor: Actor) -> None:
        try:
            if not actor.group.dead:
                actor.work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the world is run
            self._failure = error
        actor.done = True
        if actor.waiting is not None:
            self.wake(actor.waiting, self.seconds)
        self._back.release()


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Threads that hand on a turn take a fourth less of it there than on several."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def chance_of(seed: int) -> Iterator[None]:
    """Whatever this process makes of the machine's chance comes from the seed: ids, nonces."""
    source = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", source.randbytes)
        patch.setattr(random, "_urandom", source.randbytes)
        yield
