"""What an agent tells its petter and its server of the host's watchdog."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from tests.watchdog.things import BOOT_ID, HOST, TERMS, Clock

from hostdown.agent.errors import NotHeard
from hostdown.agent.pools import FixedPool, PoolSeen
from hostdown.agent.pulses import NO_PULSES, Pulsing, Terms, Where
from hostdown.agent.surroundings import Session
from hostdown.agent.watch_desk import (
    ASK_EVERY_S,
    TELL_EVERY_S,
    WatchDesk,
    WatchedPulses,
    WatchSetting,
)
from hostdown.agent.watch_terms import PetterDone, PoolTerms, WatchTerms
from hostdown.domain.pulse import key_bytes

SESSION = Session(HOST, b"secret", 4, 3, BOOT_ID)
SETTING = WatchSetting("/dev/watchdog0", 2, 2.0, 2.3, False, "/pool")
PLACES = (("192.0.2.1", 8775),)
WHERE = Where(("192.0.2.1",), 8775)
RENEWED = PetterDone(BOOT_ID, False, ("the pool",))


@dataclass
class MemoryFiles:
    """`agent.watch_desk.Files`."""

    written: WatchTerms | None = None
    said: PetterDone | None = None
    writes: int = 0

    def terms(self) -> WatchTerms | None:
        return self.written

    def put_terms(self, terms: WatchTerms) -> None:
        self.written, self.writes = terms, self.writes + 1

    def done(self) -> PetterDone | None:
        return self.said


@dataclass
class Server:
    """`agent.surroundings.Server` that confirms some pools."""

    confirms: list[str] = field(default_factory=list)
    told: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    is_away: bool = False
    meanwhile: Callable[[], None] = lambda: None

    def post(
        self, path: str, content: Mapping[str, object], secret: bytes, unsigned: bool = False
    ) -> Mapping[str, object]:
        assert secret == b"secret"
        if self.is_away:
            raise NotHeard("Nobody is there.")
        self.told.append((path, content))
        self.meanwhile()
        return {"pools": self.confirms}


class Desk:
    """A desk and all that it has to do with."""

    def __init__(self, setting: WatchSetting | None = SETTING, pool: str = "the pool") -> None:
        self.files, self.server, self.clock = MemoryFiles(), Server(), Clock()
        self.pool = pool
        self.start(setting)

    def start(self, setting: WatchSetting | None) -> None:
        """Another run of the agent."""
        pool = FixedPool(PoolSeen(self.pool, "locks"))
        self.desk = WatchDesk(
            self.server, self.files, setting, pool, lambda where: PLACES, self.clock
        )
        self.desk.began(SESSION)

    def turn(self, seconds: float = 0.5) -> None:
        self.clock.seconds += seconds
        self.desk.turn()


def pulsing(nonce: bytes = b"n" * 8) -> Pulsing:
    return Pulsing("compute1", HOST, b"secret", BOOT_ID, Terms(0.1, {WHERE: nonce}))


def test_before_a_session_nothing_is_written() -> None:
    here = Desk()
    desk = WatchDesk(here.server, here.files, SETTING, FixedPool(), lambda where: (), here.clock)
    desk.turn()
    assert here.files.written is None


def test_a_host_without_a_watchdog_tells_nothing() -> None:
    here = Desk(None)
    here.turn()
    assert (here.files.written, here.server.told) == (None, [])


def test_the_petter_hears_of_the_pool_and_the_server_of_its_renewals() -> None:
    here = Desk()
    here.turn()
    pool = PoolTerms("the pool", "/pool", False)
    assert here.files.written == WatchTerms(
        HOST, 3, BOOT_ID, "/dev/watchdog0", 2, 2.0, 2.3, False, None, (pool,)
    )
    assert here.server.told == []
    here.files.said, here.server.confirms = RENEWED, ["the pool"]
    here.turn()
    said = {"session": 4, "self_fence_after_ms": 2000, "reset_ms": 2300}
    said |= {"pools": ["the pool"], "armed": False}
    assert here.server.told == [(f"/agent/v1/hosts/{HOST}/watchdog", said)]
    here.turn()
    assert here.files.written is not None
    assert here.files.written.pools == (pool._replace(confirmed=True),)
    assert here.files.written.may_open


def test_what_the_server_does_not_confirm_lets_nothing_be_opened() -> None:
    here = Desk()
    here.files.said = RENEWED
    for _ in range(20):
        here.turn()
    assert here.files.written is not None
    assert not here.files.written.may_open
    assert len(here.server.told) == 10.0 // ASK_EVERY_S


def test_without_a_pool_it_takes_the_site_s_word() -> None:
    here = Desk(pool="")
    here.turn()
    assert here.files.written is not None
    assert (here.files.written.may_open, here.files.written.pools) == (False, ())
    other = Desk(SETTING._replace(without_pools=True), pool="")
    other.turn()
    assert other.files.written is not None
    assert other.files.written.may_open


def test_that_the_device_is_open_is_told_at_once_and_all_again_now_and_then() -> None:
    here = Desk()
    here.files.said, here.server.confirms = RENEWED, ["the pool"]
    here.turn()
    here.files.said = RENEWED._replace(armed=True)
    here.turn()
    assert [content["armed"] for _, content in here.server.told] == [False, True]
    for _ in range(int(TELL_EVERY_S)):
        here.turn(1.0)
    assert len(here.server.told) == 3
    here.desk.began(SESSION._replace(number=5))
    here.turn()
    assert here.server.told[-1][1]["session"] == 5


def test_a_session_that_begins_while_the_server_answers_is_told_as_well() -> None:
    here = Desk()
    here.files.said, here.server.confirms = RENEWED, ["the pool"]
    here.turn()
    here.files.said = RENEWED._replace(armed=True)
    here.server.meanwhile = lambda: here.desk.began(SESSION._replace(number=5))
    here.turn()
    here.turn()
    assert [content["session"] for _, content in here.server.told] == [4, 4, 5]


def test_a_server_that_is_away_is_told_later() -> None:
    here = Desk()
    here.files.said, here.server.is_away = RENEWED, True
    here.turn()
    here.server.is_away = False
    here.turn()
    assert here.server.told == []
    here.turn(ASK_EVERY_S)
    assert len(here.server.told) == 1


def test_what_the_petter_did_in_an_earlier_boot_is_not_told() -> None:
    here = Desk()
    here.files.said = PetterDone("the boot before", True, ("the pool",))
    here.turn()
    assert here.server.told == []


@pytest.mark.parametrize("setting", [None, SETTING._replace(self_fence_after_s=9.0, reset_s=9.0)])
def test_c_and_w_never_change_within_a_boot(setting: WatchSetting | None) -> None:
    here = Desk()
    here.turn()
    before = here.files.written
    assert before is not None
    here.start(setting)
    here.files.said = RENEWED
    here.turn()
    after = here.files.written
    assert after is not None
    assert (after.self_fence_after_s, after.reset_s) == (2.0, 2.3)
    assert here.server.told[-1][1]["reset_ms"] == 2300
    assert not after.may_open or setting is not None


def test_another_boot_has_terms_of_its_own() -> None:
    here = Desk()
    here.files.written = TERMS._replace(boot_id="the boot before", self_fence_after_s=9.0)
    here.turn()
    assert here.files.written is not None
    assert here.files.written.self_fence_after_s == 2.0
    assert [pool.confirmed for pool in here.files.written.pools] == [False]


def test_a_pool_never_leaves_within_a_boot() -> None:
    here = Desk()
    here.turn()
    here.pool = "another pool"
    here.start(SETTING)
    here.turn()
    assert here.files.written is not None
    assert [pool.id for pool in here.files.written.pools] == ["the pool", "another pool"]


def test_how_to_ask_for_grants_follows_the_pulses_and_outlives_them() -> None:
    here = Desk()
    pulses = WatchedPulses(NO_PULSES, here.desk)
    pulses.go_on(pulsing())
    here.turn()
    assert here.files.written is not None
    first = here.files.written.grants
    assert first is not None
    assert first == (*key_bytes(b"secret"), ((b"n" * 8, PLACES),))
    pulses.end("compute1")
    pulses.known("compute1", 1)
    here.turn()
    assert here.files.written.grants == first
    pulses.go_on(pulsing(b"m" * 8))
    here.turn()
    assert here.files.written.grants == first._replace(observers=((b"m" * 8, PLACES),))


def test_nothing_is_written_that_is_written_already() -> None:
    here = Desk()
    for _ in range(5):
        here.turn()
    assert here.files.writes == 1
