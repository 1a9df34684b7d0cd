"""The agent's side of a watchdog: what the petter needs to know, and what the server does (F6).

It never waits for the petter, nor the petter for it: they have two files between them.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.pools import Pool
from hostdown.agent.pulses import Pulses, Pulsing, Where
from hostdown.agent.surroundings import Server, Session
from hostdown.agent.watch_terms import (
    GrantingObserver,
    GrantTerms,
    PetterDone,
    PoolTerms,
    WatchTerms,
)
from hostdown.domain.pulse import key_bytes
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.agent")

TURN_EVERY_S = 0.5
"""Between two looks at what the petter has done."""
ASK_EVERY_S = 2.0
"""Between two requests to confirm a pool."""
TELL_EVERY_S = 60.0
"""Between two times that the same is told: a database may have lost it."""
POOLS_MAX = 16
"""Of a boot."""


class WatchSetting(NamedTuple):
    """How this host's watchdog is configured, and W as it was measured on this machine."""

    device: str
    device_timeout_s: int
    self_fence_after_s: float
    reset_s: float
    without_pools: bool
    pool_path: str


class Files(Protocol):
    """`agent.watch_terms.WatchFiles`."""

    def terms(self) -> WatchTerms | None: ...
    def put_terms(self, terms: WatchTerms) -> None: ...
    def done(self) -> PetterDone | None: ...


Resolve = Callable[[Where], tuple[tuple[str, int], ...]]
"""Where an observer hears pulses: addresses, no names. May wait for a name server."""


class WatchDesk:
    """`turn` is called by one thread, the rest by any. Without a `setting` nothing new is armed."""

    def __init__(
        self,
        server: Server,
        files: Files,
        setting: WatchSetting | None,
        pool: Pool,
        resolve: Resolve,
        clock: Clock,
    ) -> None:
        self._server = server
        self._files = files
        self._setting = setting
        self._pool = pool
        self._resolve = resolve
        self._clock = clock
        self._session: Session | None = None
        self._pulsing: Pulsing | None = None
        self._terms: WatchTerms | None = None
        self._told: tuple[Session, PetterDone] | None = None
        self._tell_due = self._again_at = 0.0
        self._said = ""

    def began(self, session: Session) -> None:
        """A session began: all is told anew."""
        self._session, self._again_at = session, 0.0

    def pulses(self, pulsing: Pulsing | None) -> None:
        """How pulses are made from now on; None: no server hears any."""
        self._pulsing = pulsing

    def turn(self) -> None:
        """Write down what is new for the petter, and tell the server; raises OSError."""
        session = self._session
        if session is None:
            return
        done = self._files.done()
        if done is None or done.boot_id != session.boot_id:
            done = PetterDone(session.boot_id)
        terms = self._now(session, done)
        if terms is None:
            return
        self._put(terms)
        if done.renewed or done.armed:
            self._tell(session, terms, done)

    def _now(self, session: Session, done: PetterDone) -> WatchTerms | None:
        """What is to be written; None where there is nothing to watch."""
        before = self._terms or self._files.terms()
        if before is None or before.boot_id != session.boot_id:
            before = self._first(session)
        if before is None:
            return None
        setting, pools = self._setting, self._pools(before)
        armable = any(pool.confirmed for pool in pools) or (setting and setting.without_pools)
        return before._replace(
            may_open=setting is not None and bool(armable),
            grants=self._grants(before, session),
            pools=pools,
        )

    def _first(self, session: Session) -> WatchTerms | None:
        """Of a boot; C and W never change within it, whatever is configured later."""
        setting = self._setting
        if setting is None:
            return None
        device = setting.device, setting.device_timeout_s
        return WatchTerms(
            session.host,
            session.boot,
            session.boot_id,
            *device,
            setting.self_fence_after_s,
            setting.reset_s,
        )

    def _pools(self, terms: WatchTerms) -> tuple[PoolTerms, ...]:
        """None leaves within a boot."""
        found = self._pool.seen().pool_id
        known = found in {pool.id for pool in terms.pools}
        if not found or known or self._setting is None or len(terms.pools) >= POOLS_MAX:
            return terms.pools
        return (*terms.pools, PoolTerms(found, self._setting.pool_path, False))

    def _grants(self, terms: WatchTerms, session: Session) -> GrantTerms | None:
        """The newest that are known: an agent that starts does not take away what there is."""
        pulsing = self._pulsing
        if pulsing is None or pulsing.boot_id != session.boot_id:
            return terms.grants
        observers = tuple(
            GrantingObserver(nonce, self._resolve(where))
            for where, nonce in pulsing.terms.nonces.items()
        )
        return GrantTerms(*key_bytes(pulsing.secret), observers)

    def _put(self, terms: WatchTerms) -> None:
        if terms != self._terms:
            self._files.put_terms(terms)
            self._terms = terms

    def _tell(self, session: Session, terms: WatchTerms, done: PetterDone) -> None:
        """What changed is told at once; the rest now and then."""
        waits = any(not pool.confirmed and pool.id in done.renewed for pool in terms.pools)
        now = self._clock.monotonic()
        told = session, done
        if now < self._again_at or (told == self._told and now < self._tell_due):
            return
        self._tell_due = now + (ASK_EVERY_S if waits else TELL_EVERY_S)
        content = {
            "session": session.number,
            "self_fence_after_ms": round(terms.self_fence_after_s * 1000),
            "reset_ms": round(terms.reset_s * 1000),
            "pools": list(done.renewed),
            "armed": done.armed,
        }
        path = f"/agent/v1/hosts/{session.host}/watchdog"
        try:
            answer = self._server.post(path, content, session.secret)
        except (NotHeard, Refused) as error:
            if isinstance(error, Refused) and str(error) != self._said:
                self._said = str(error)
                LOG.warning("What is known of the watchdog is refused: %s", error)
            self._again_at = now + ASK_EVERY_S
            return
        self._told = told
        self._confirm(terms, answer)

    def _confirm(self, terms: WatchTerms, answer: Mapping[str, object]) -> None:
        named = answer.get("pools")
        confirmed = set(named) if isinstance(named, list) else set()
        pools = tuple(p._replace(confirmed=p.confirmed or p.id in confirmed) for p in terms.pools)
        self._put(terms._replace(pools=pools))


class WatchedPulses:
    """`agent.pulses.Pulses` of which a desk hears, too."""

    def __init__(self, pulses: Pulses, desk: WatchDesk) -> None:
        self._pulses = pulses
        self._desk = desk

    def go_on(self, pulsing: Pulsing) -> None:
        self._desk.pulses(pulsing)
        self._pulses.go_on(pulsing)

    def end(self, name: str) -> None:
        self._desk.pulses(None)
        self._pulses.end(name)

    def known(self, name: str, version: int) -> None:
        self._pulses.known(name, version)


class DeskThread:
    """`agent.runner.Beside`: the desk's turns."""

    def __init__(self, desk: WatchDesk) -> None:
        self._desk = desk
        self._stopping = threading.Event()

    def start(self) -> None:
        """Once."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """The petter goes on with what it knows."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._desk.turn()
            except Exception:
                LOG.exception("The look at the watchdog broke down")
            self._stopping.wait(TURN_EVERY_S)
