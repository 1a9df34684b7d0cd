"""What an agent and its server say about instances: orders come one way, outcomes go the other.

Assignments are asked for when a report's answer or a pulse's names a newer version, and every two
seconds in any case; outcomes are posted until they are answered. Nothing is asked before the server
took a complete inventory in this session (NEVER-TWICE W2), and no answer counts that knows less
than one before it (P5).
"""

import logging
import threading
from collections.abc import Mapping, Sequence

from hostdown.agent import answers
from hostdown.agent.commits import Commits
from hostdown.agent.errors import NotHeard, Refused, ServerBehind, Stopped
from hostdown.agent.seeing import Row
from hostdown.agent.settings import BACKOFF_FIRST_S, BACKOFF_MAX_S
from hostdown.agent.site import Standing
from hostdown.agent.surroundings import NO_WATCH, Server, Session, Watch
from hostdown.agent.tidings import Tidings
from hostdown.agent.worker import Worker
from hostdown.domain.assignment import Assignments, Had, Outcome
from hostdown.domain.assignment_forms import HAD_MAX, OUTCOMES_MAX, had_form, outcome_form
from hostdown.domain.errors import MessageMalformed, MessageTooLarge
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.agent")

POLL_EVERY_S = 2.0
"""Between two questions for assignments, where no hint says that there are newer ones."""

QUESTIONS = 2
"""In one turn: the answer to the first may be that the server wants to know what is here."""

_UNREADABLE = frozenset({MessageMalformed.code, MessageTooLarge.code})
_SESSION_OVER = frozenset({"session-unknown", "session-ended", "host-deleted"})


class Exchange:
    """`agent.surroundings.Work`. `turn` is called by one thread at a time, the rest by any."""

    def __init__(
        self,
        server: Server,
        worker: Worker,
        tidings: Tidings,
        commits: Commits,
        clock: Clock,
        poll_every_s: float = POLL_EVERY_S,
        watch: Watch = NO_WATCH,
    ) -> None:
        self._server = server
        self._worker = worker
        self._tidings = tidings
        self._commits = commits
        self._clock = clock
        self._poll_every_s = poll_every_s
        self._watch = watch
        self._session: Session | None = None
        self._may_ask = False
        self._newest = 0
        self._told = 0
        self._known = 0
        self._settled = self._settled_told = 0
        self._is_awaited = False
        self._tells = True
        self._due = 0.0
        self._batch = OUTCOMES_MAX
        self._failures = 0

    def began(self, session: Session) -> None:
        """A session began; the server's whole word is asked for anew."""
        self._session, self._may_ask, self._known, self._told = session, False, 0, 0
        self._settled = self._settled_told = 0
        self._is_awaited, self._tells = True, True
        self._watch.began(session)
        self._worker.begin(Standing(session.host, session.boot, session.boot_id))

    def rows(self) -> Sequence[Row] | None:
        """For a report: every instance; None if the hypervisor does not say.

        Raises what ended the worker: a host whose work is over must not go on reporting.
        """
        if self._worker.broken is not None:
            raise self._worker.broken
        return self._worker.rows()

    def answered(self, version: int) -> None:
        """A report with a complete inventory was taken; `version` is that of the assignments.

        The first question of a session follows at once: so the server knows whom to ask (P5). A
        server that takes reports again need not be waited for.
        """
        if self._failures or not self._may_ask:
            self._tidings.wake()
        self._may_ask = True
        self.hint(version)

    def hint(self, version: int) -> None:
        """A report's or a pulse's answer names this version; it may be older than what is known."""
        self._newest = max(self._newest, version)
        if version > self._known:
            self._due = self._clock.monotonic()
            self._tidings.wake()

    @property
    def rests(self) -> bool:
        """Whether there is nothing to poll for: no instance, and all was said."""
        untold = self._tells or self._settled != self._settled_told
        waits = untold or self._failures or self._clock.monotonic() >= self._due
        return not (waits or self._worker.has_any())

    def run(self, stopping: threading.Event) -> None:
        """Turn after turn, until told to stop and woken."""
        while not stopping.is_set():
            try:
                wait_s = self.turn()
            except Stopped as error:
                self._worker.end(error)
                return
            except Exception:
                LOG.exception("An exchange with the server broke down")
                wait_s = BACKOFF_MAX_S
            self._tidings.wait(wait_s)

    def turn(self) -> float:
        """Say and ask what is to be said and asked; seconds until the next turn is due.

        Raises Stopped if what was seen cannot be kept.
        """
        session = self._session
        if session is None:
            return self._poll_every_s
        try:
            if not self._may_ask:
                return self._only_tell(session)
            self._talk(session)
        except Refused as error:
            if error.reason in _SESSION_OVER:
                self._session = None  # the next report finds out, and begins another or ends
                return self._poll_every_s
            return self._failed(f"The server refuses: {error}")
        except ServerBehind as error:
            # It is told at each poll what this host has, until it has caught up.
            self._failed(str(error))
            self._due = self._clock.monotonic() + self._poll_every_s
            return self._poll_every_s
        except NotHeard as error:
            return self._failed(str(error))
        self._failures = 0
        return max(0.0, self._due - self._clock.monotonic())

    def _talk(self, session: Session) -> None:
        """A server that is behind is asked as well: it has to hear what this host has."""
        behind: ServerBehind | None = None
        try:
            self._say(session)
        except ServerBehind as error:
            behind = error
        self._settle()
        for _ in range(QUESTIONS):
            if self._clock.monotonic() < self._due:
                break
            tells = self._tells
            try:
                self._ask(session)
                self._settle()
                behind = None
            except ServerBehind as error:
                behind = error
            if tells or not self._tells:
                break
        if behind is not None:
            raise behind

    def _only_tell(self, session: Session) -> float:
        """Before there is an inventory nothing is done; who asks hears of every note (P5)."""
        newest = self._newest
        if newest > self._told:
            question = self._question(self._worker.have())
            self._post(session, "assignments", {**question, "known": newest})
            self._told = newest
        return self._poll_every_s

    def _question(self, told: Sequence[Had] | None) -> dict[str, object]:
        return {
            "known": self._known,
            "settled": self._settled,
            "seen": self._commits.seen._asdict(),
            "have": None if told is None else [had_form(each) for each in told[:HAD_MAX]],
        }

    def _say(self, session: Session) -> None:
        while said := self._tidings.some(self._batch):
            forms = [outcome_form(outcome) for outcome in said]
            try:
                answer = self._post(session, "outcomes", {"outcomes": forms})
            except Refused as error:
                if error.reason not in _UNREADABLE:
                    raise
                self._unreadable(said, error)
                continue
            self._check(answer)
            for outcome in said:
                self._tidings.answered(outcome)
                self._worker.told(outcome)
            self._batch = min(OUTCOMES_MAX, 2 * self._batch)

    def _unreadable(self, said: Sequence[Outcome], error: Refused) -> None:
        """One that the server cannot read must not keep all others from being told."""
        if len(said) > 1:
            self._batch = len(said) // 2
            return
        LOG.error("Instance %s: its outcome is not taken: %s", said[0].uuid, error)
        self._tidings.answered(said[0])

    def _settle(self) -> None:
        """Find out whether nothing is left but what the newest list asks for.

        Where that was to be waited for, or a session has just begun, moves may wait for it: then
        it is told at once, else with the next question, which is not far even for those who poll
        rarely: the host is not let up before.
        """
        if self._settled == self._known:
            return
        if not self._worker.is_settled():
            self._is_awaited = True
            return
        self._settled = self._known
        wait_s = 0.0 if self._is_awaited else POLL_EVERY_S
        self._due = min(self._due, self._clock.monotonic() + wait_s)
        self._is_awaited = False

    def _ask(self, session: Session) -> None:
        told = self._worker.have() if self._tells or self._worker.unlisted() else None
        asked_at, settled = self._worker.asks(), self._settled
        answer = self._post(session, "assignments", self._question(told))
        self._tells = True  # until it is known that the server took it
        database_id, commit = self._check(answer)
        self._watch.asked(session, answer)
        self._settled_told = settled
        version = answers.number(answer, "version")
        if answer.get("unchanged") is not True:
            instances = answer.get("instances")
            if not isinstance(instances, list):
                raise NotHeard("The server's answer has no usable 'instances'.")
            given = tuple(map(answers.read, instances))
            held = answer.get("held") is True
            moved = answers.moved(answer.get("moved", []))
            self._worker.assign(Assignments(database_id, commit, given, held, moved))
        self._known = version
        self._worker.heard(asked_at)
        self._worker.end_permits(told or (), answers.ended(answer.get("ended", [])))
        said = {(each.uuid, each.generation) for each in told or ()}
        self._tells = answer.get("tell") is True or not self._worker.unlisted() <= said
        self._due = self._clock.monotonic() + (0.0 if self._tells else self._poll_every_s)

    def _post(
        self, session: Session, what: str, content: Mapping[str, object]
    ) -> Mapping[str, object]:
        path = f"/agent/v1/hosts/{session.host}/{what}"
        return self._server.post(path, {"session": session.number, **content}, session.secret)

    def _check(self, answer: Mapping[str, object]) -> tuple[str, int]:
        """Raises ServerBehind, NotHeard, Stopped."""
        database_id = answer.get("database_id")
        if not isinstance(database_id, str):
            raise NotHeard("The server's answer has no usable 'database_id'.")
        commit = answers.number(answer, "commit")
        self._commits.check(database_id, commit)
        return database_id, commit

    def _failed(self, sentence: str) -> float:
        if not self._failures:
            LOG.warning("%s It is asked again until it answers.", sentence)
        wait_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * float(2 ** min(self._failures, 16)))
        self._failures += 1
        return wait_s
