"""Delivers, over one channel, what is to be delivered.

What is sent is chosen by `lanes`; what became of it is written in batches, so that a receiver that
takes thousands a second is not held up by a commit for each. Until it is written that something was
taken, a crash makes that it is sent once more.
"""

from collections.abc import Callable, Sequence

from hostdown.domain.deliveries import Channel, Delivery, Ended, Verdict, judge
from hostdown.domain.metric_table import ATTEMPTS, DELIVERY_SECONDS
from hostdown.services.delivery_ports import Sender
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.lanes import Lanes
from hostdown.services.metric_ports import NOTHING_COUNTED, Counts
from hostdown.services.ports import Clock

PAGE = 1000
"""Deliveries that are read at a time."""
HELD_MAX = 2000
"""Of one receiver, in memory; the others wait in the database."""
WRITE_AFTER = 1000
WRITE_AFTER_S = 0.1
"""So many ends are written at once, or what there is so long after the first one."""
IDLE_S = 0.5
"""How often it looks whether there is something, if nobody says so."""


class Deliverer:
    """Run by one thread; `wake` may be called by any.

    `leads` says whether this one delivers, or another server's.
    """

    def __init__(
        self,
        directory: Directory,
        channel: Channel,
        sender: Sender,
        leads: Callable[[], bool],
        clock: Clock,
        counts: Counts = NOTHING_COUNTED,
    ) -> None:
        self._directory = directory
        self._channel = channel
        self._sender = sender
        self._leads = leads
        self._clock = clock
        self._counts = counts
        self._forget()

    def wake(self) -> None:
        """There is something new to deliver."""
        self._look_due = float("-inf")
        self._sender.wake()

    def close(self) -> None:
        """Write what has ended, so that it is not sent again; raises what databases raise."""
        try:
            self._hear(0.0)
            if self._ended:
                self._write()
        finally:
            self._sender.close()

    def held(self, receiver: str) -> int:
        """How many of a receiver's are in memory."""
        return self._lanes.held(receiver)

    def _forget(self) -> None:
        self._lanes = Lanes()
        self._read = 0
        """The newest delivery that was read."""
        self._behind: dict[str, int] = {}
        """Receivers of which some wait in the database, and the last one of each that is here."""
        self._ended: list[Ended] = []
        self._write_due = 0.0
        self._sent = 0
        self._look_due = float("-inf")

    def turn(self) -> None:
        """Send what may be sent, and take what has ended; raises what databases raise."""
        if not self._leads():
            self._stand_by()
            return
        self._fetch()
        self._begin()
        self._hear(self._pause_s())
        self._begin()  # what follows in a lane waits for no commit
        if self._ended and (len(self._ended) >= WRITE_AFTER or self._is_write_due()):
            self._write()

    def _hear(self, timeout_s: float) -> None:
        ended = self._sender.wait(timeout_s)
        self._sent -= len(ended)
        if ended and not self._ended:
            self._write_due = self._clock.monotonic() + WRITE_AFTER_S
        self._ended += self._take(ended)

    def _is_write_due(self) -> bool:
        return not self._sent or self._clock.monotonic() >= self._write_due

    def _begin(self) -> None:
        due = self._lanes.next(self._clock.monotonic())
        self._sent += len(due)
        self._sender.begin(due)

    def _stand_by(self) -> None:
        """Another one reads what this one did not write; what is on its way ends meanwhile."""
        self._hear(IDLE_S)
        if self._ended:
            self._write()
        if not self._sent:
            self._forget()

    def _pause_s(self) -> float:
        if self._ended and not self._sent:
            return 0.0
        now, due = self._clock.monotonic(), self._lanes.due()
        pauses = [IDLE_S] if due is None else [IDLE_S, due - now]
        return max(min([*pauses, self._write_due - now] if self._ended else pauses), 0.0)

    def _fetch(self) -> None:
        now = self._clock.monotonic()
        if now < self._look_due and not self._behind:
            return
        self._look_due = now + IDLE_S
        while found := self._page(self._read):
            self._read = found[-1].number
            self._hold(found)
            if len(found) < PAGE:
                break
        for receiver in [each for each in self._behind if self._has_room(each)]:
            page = self._page_of(receiver, self._behind.pop(receiver))
            self._hold(page)
            if len(page) == PAGE:
                self._behind.setdefault(receiver, page[-1].number)

    def _page(self, after: int) -> list[Delivery]:
        return self._directory.read(lambda rows: rows.deliveries.after(self._channel, after, PAGE))

    def _page_of(self, receiver: str, after: int) -> list[Delivery]:
        """No further than what was read of all receivers: the others come with the next page."""
        page = self._directory.read(
            lambda rows: rows.deliveries.next_of(self._channel, receiver, after, PAGE)
        )
        return [each for each in page if each.number <= self._read]

    def _has_room(self, receiver: str) -> bool:
        return self._lanes.held(receiver) <= HELD_MAX - PAGE

    def _hold(self, found: Sequence[Delivery]) -> None:
        for each in found:
            if each.receiver in self._behind:
                continue
            if self._lanes.held(each.receiver) >= HELD_MAX:
                self._behind[each.receiver] = each.number - 1
            else:
                self._lanes.add([each])

    def _take(self, ended: Sequence[Ended]) -> list[Ended]:
        """The same; what has failed for too long counts as refused from now on."""
        now, at = self._clock.now(), self._clock.monotonic()
        judged = [judge(each, now) for each in ended]
        for each in judged:
            self._count(each)
            match each.verdict:
                case Verdict.TAKEN:
                    self._lanes.taken(each.delivery)
                case Verdict.REFUSED:
                    self._lanes.given_up(each.delivery)
                case Verdict.FAILED:
                    self._lanes.failed(each.delivery, at, each.reached)
        return judged

    def _count(self, ended: Ended) -> None:
        channel = self._channel.value
        self._counts.add(ATTEMPTS, (channel, ended.verdict.value))
        if ended.verdict is Verdict.TAKEN and ended.at is not None:
            took_s = (ended.at - ended.delivery.created_at).total_seconds()
            self._counts.observe(DELIVERY_SECONDS, (channel,), max(took_s, 0.0))

    def _write(self) -> None:
        now = self._clock.now()
        by = {
            verdict: [each for each in self._ended if each.verdict is verdict]
            for verdict in Verdict
        }

        def work(rows: DirectoryRows) -> None:
            rows.deliveries.failed(by[Verdict.FAILED])
            rows.deliveries.drop([each.delivery.id for each in by[Verdict.TAKEN]])
            rows.tellings.arrived(by[Verdict.TAKEN])
            rows.dead_letters.bury(by[Verdict.REFUSED], now)

        self._directory.write(work)
        self._ended = []
