"""Looks at the slots of other hosts on this host's pool, and marks them, as the server orders.

They have a thread of their own, so a pool that hangs holds up nothing else.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.settings import BACKOFF_FIRST_S
from hostdown.agent.surroundings import Server, Session
from hostdown.agent.watch_ports import WatchSlots
from hostdown.domain.errors import HostdownError
from hostdown.domain.pool_errors import PoolAbsent
from hostdown.domain.watchdog import Mark, Renewal, SlotContent, forbids

LOG = logging.getLogger("hostdown.agent")

ORDERS_MAX = 16
"""Taken from one answer, and told in one request."""
FAILURE_LENGTH_MAX = 255
"""Characters of the reason why nothing came of an order."""
_HOST = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SlotOrder(NamedTuple):
    """`do` is read or mark; `boot` and `recovery` are what a mark says."""

    order: int
    do: str
    host: str
    pool: str
    boot: int
    recovery: str


class SlotAnswer(NamedTuple):
    """What came of an order."""

    order: int
    renewal: Renewal | None = None
    marked: bool = False
    failure: str | None = None


class SlotOrders:
    """`take` is called by any thread, `turn` by one."""

    def __init__(self, server: Server, slots: WatchSlots, wake: Callable[[], None]) -> None:
        """`slots` raises PoolFailed where the pool hangs."""
        self._server = server
        self._slots = slots
        self._wake = wake
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._open: dict[int, SlotOrder] = {}
        self._done: dict[int, SlotAnswer] = {}

    def take(self, session: Session, answer: Mapping[str, object]) -> None:
        """What is to be done, from an answer of the server; all else is not wanted any more."""
        listed = answer.get("slot_orders", [])
        orders = list(_orders(listed if isinstance(listed, list) else []))
        with self._lock:
            self._session = session
            self._open = {each.order: each for each in orders[:ORDERS_MAX]}
            self._done = {number: self._done[number] for number in self._done.keys() & self._open}
        if orders:
            self._wake()

    def turn(self) -> bool:
        """Do what is to be done, and tell; whether all was told."""
        with self._lock:
            session, orders = self._session, list(self._open.values())
        for order in orders:
            if order.order not in self._done:
                answer = self._carried_out(order)
                with self._lock:
                    if order.order in self._open:
                        self._done[order.order] = answer
        return session is None or self._tell(session)

    def _tell(self, session: Session) -> bool:
        with self._lock:
            answers = list(self._done.values())
        if not answers:
            return True
        content = {"session": session.number, "answers": [_form(each) for each in answers]}
        try:
            self._server.post(f"/agent/v1/hosts/{session.host}/slots", content, session.secret)
        except NotHeard:
            return False
        except Refused as error:
            LOG.warning("What came of orders for slots is refused: %s", error)
        with self._lock:
            for each in answers:
                self._open.pop(each.order, None)
                self._done.pop(each.order, None)
        return True

    def _carried_out(self, order: SlotOrder) -> SlotAnswer:
        try:
            content = self._do(order)
        except HostdownError as error:
            return SlotAnswer(order.order, failure=str(error)[:FAILURE_LENGTH_MAX])
        if order.do == "read":
            return SlotAnswer(order.order, content.renewal)
        return SlotAnswer(order.order, marked=forbids(content.mark, order.boot))

    def _do(self, order: SlotOrder) -> SlotContent:
        found = self._slots.pool_id()
        if found != order.pool:
            raise PoolAbsent(path=order.pool, reason=f"the pool here is {found}")
        if order.do == "mark":
            return self._slots.mark(order.host, Mark(order.boot, order.recovery))
        return self._slots.read(order.host)


def _orders(listed: Sequence[object]) -> Iterable[SlotOrder]:
    """Those that can be understood; a newer server finds another reader for the others."""
    for each in listed:
        if not isinstance(each, dict):
            continue
        try:
            order = SlotOrder(
                int(each["order"]),
                str(each["do"]),
                str(each["host"]),
                str(each["pool"]),
                int(each["boot"]),
                str(each["recovery"]),
            )
        except (KeyError, TypeError, ValueError):
            continue
        if order.do in ("read", "mark") and _HOST.fullmatch(order.host):
            yield order


def _form(answer: SlotAnswer) -> dict[str, object]:
    renewal = None if answer.renewal is None else answer.renewal._asdict()
    return {**answer._asdict(), "renewal": renewal}


class SlotThread:
    """`agent.runner.Beside`: takes turns with `SlotOrders` whenever there is something to do."""

    def __init__(self, orders: SlotOrders, woken: threading.Event) -> None:
        """`woken` is set by `orders`."""
        self._orders = orders
        self._woken = woken
        self._stopping = False

    def start(self) -> None:
        """Once."""
        threading.Thread(target=self._run, name="slot orders", daemon=True).start()

    def stop(self) -> None:
        """What is not told is asked for again of the next agent."""
        self._stopping = True
        self._woken.set()

    def _run(self) -> None:
        wait_s: float | None = None
        while not self._stopping:
            self._woken.wait(wait_s)
            self._woken.clear()
            try:
                wait_s = None if self._orders.turn() else BACKOFF_FIRST_S
            except Exception:
                LOG.exception("A look at slots broke down")
                wait_s = BACKOFF_FIRST_S
