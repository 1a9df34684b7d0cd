"""What an agent and its server say about instances: orders come one way, outcomes go the other.

Assignments are asked for when a report's answer or a pulse's names a newer version, and every two
seconds in any case; outcomes are posted until they are answered. Nothing is asked before the server
took a complete inventory in this session (NEVER-TWICE W2), and no answer counts that knows less
than one before it (P5).
"""

import logging
import re
import threading
from collections.abc import Mapping, Sequence

from hostdown.agent.commits import Commits
from hostdown.agent.errors import NotHeard, Refused, ServerBehind, Stopped
from hostdown.agent.settings import BACKOFF_FIRST_S, BACKOFF_MAX_S
from hostdown.agent.site import Standing
from hostdown.agent.surroundings import Server, Session
from hostdown.agent.worker import Row, Worker
from hostdown.domain.assignment import Assignment, Assignments, Outcome
from hostdown.domain.assignment_forms import OUTCOMES_MAX, assignment, outcome_form
from hostdown.domain.errors import MessageMalformed, MessageTooLarge
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.agent")

POLL_EVERY_S = 2.0
"""Between two questions for assignments, where no hint says that there are newer ones."""

_UNREADABLE = frozenset({MessageMalformed.code, MessageTooLarge.code})
_SESSION_OVER = frozenset({"session-unknown", "session-ended", "host-deleted"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Tidings:
    """`agent.site.Teller`: outcomes that wait to be told, the newest of each instance."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._lock = threading.Lock()
        self._woken = threading.Event()

    def tell(self, outcome: Outcome) -> None:
        """Take it over, in place of an older one of the same instance."""
        with self._lock:
            self._outcomes[outcome.uuid] = outcome
        self.wake()

    def some(self, most: int) -> list[Outcome]:
        """Those to tell next."""
        with self._lock:
            return list(self._outcomes.values())[:most]

    def answered(self, outcome: Outcome) -> None:
        """It was heard; a newer one of the same instance stays."""
        with self._lock:
            if self._outcomes.get(outcome.uuid) == outcome:
                del self._outcomes[outcome.uuid]

    def wake(self) -> None:
        """Whoever waits has something to do."""
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Until woken, or so long."""
        self._woken.wait(seconds)
        self._woken.clear()


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
    ) -> None:
        self._server = server
        self._worker = worker
        self._tidings = tidings
        self._commits = commits
        self._clock = clock
        self._poll_every_s = poll_every_s
        self._session: Session | None = None
        self._may_ask = False
        self._known = 0
        self._settled = 0
        self._is_awaited = False
        self._due = 0.0
        self._batch = OUTCOMES_MAX
        self._failures = 0

    def began(self, session: Session) -> None:
        """A session began; the server's whole word is asked for anew."""
        self._session, self._may_ask, self._known = session, False, 0
        self._settled, self._is_awaited = 0, True
        self._worker.begin(Standing(session.host, session.boot, session.boot_id))

    def rows(self) -> Sequence[Row] | None:
        """For a report: every instance; None if the hypervisor does not say.

        Raises what ended the worker: a host whose work is over must not go on reporting.
        """
        if self._worker.broken is not None:
            raise self._worker.broken
        return self._worker.rows()

    def answered(self, version: int) -> None:
        """A report with a complete inventory was taken; `version` is that of the assignments."""
        self._may_ask = True
        if self._failures:
            self._tidings.wake()  # a server that takes reports again need not be waited for
        self.hint(version)

    def hint(self, version: int) -> None:
        """A report's or a pulse's answer names this version; it may be older than what is known."""
        if version > self._known:
            self._due = self._clock.monotonic()
            self._tidings.wake()

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
        if session is None or not self._may_ask:
            return self._poll_every_s
        try:
            self._say(session)
            self._settle()
            if self._clock.monotonic() >= self._due:
                self._ask(session)
                self._settle()
        except Refused as error:
            if error.reason in _SESSION_OVER:
                self._session = None  # the next report finds out, and begins another or ends
                return self._poll_every_s
            return self._failed(f"The server refuses: {error}")
        except (NotHeard, ServerBehind) as error:
            return self._failed(str(error))
        self._failures = 0
        return max(0.0, self._due - self._clock.monotonic())

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
        it is told at once, else with the next question.
        """
        if self._settled == self._known:
            return
        if not self._worker.is_settled():
            self._is_awaited = True
            return
        self._settled = self._known
        if self._is_awaited:
            self._due = self._clock.monotonic()
        self._is_awaited = False

    def _ask(self, session: Session) -> None:
        question = {"known": self._known, "settled": self._settled}
        asked_at = self._worker.asks()
        answer = self._post(session, "assignments", question)
        database_id, commit = self._check(answer)
        if answer.get("unchanged") is not True:
            instances = answer.get("instances")
            if not isinstance(instances, list):
                raise NotHeard("The server's answer has no usable 'instances'.")
            given = tuple(map(_assignment, instances))
            held = answer.get("held") is True
            version = _number(answer, "version")
            moved = _moved(answer.get("moved", []))
            self._worker.assign(Assignments(database_id, commit, given, held, moved))
            self._known = version
        self._worker.heard(asked_at)
        self._due = self._clock.monotonic() + self._poll_every_s

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
        commit = _number(answer, "commit")
        self._commits.check(database_id, commit)
        return database_id, commit

    def _failed(self, sentence: str) -> float:
        if not self._failures:
            LOG.warning("%s It is asked again until it answers.", sentence)
        wait_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * float(2 ** min(self._failures, 16)))
        self._failures += 1
        return wait_s


def _number(answer: Mapping[str, object], name: str) -> int:
    value = answer.get(name)
    if type(value) is not int or value < 0:
        raise NotHeard(f"The server's answer has no usable '{name}'.")
    return value


def _moved(uuids: object) -> frozenset[str]:
    """Raises NotHeard."""
    if not isinstance(uuids, list):
        raise NotHeard("The server's answer has no usable 'moved'.")
    found = frozenset(each for each in uuids if isinstance(each, str) and _UUID.fullmatch(each))
    if len(found) < len(uuids):
        raise NotHeard("The server's answer has no usable 'moved'.")
    return found


def _assignment(form: object) -> Assignment:
    """What names of files are made of is looked at once more. Raises NotHeard."""
    try:
        made = assignment(form)
    except ValueError as error:
        raise NotHeard(f"The server's assignments are not understood: {error}.") from error
    image = made.image
    whole = _UUID.fullmatch(made.uuid) and _NAME.fullmatch(made.name)
    if not whole or (image is not None and not _SHA256.fullmatch(image.sha256)):
        raise NotHeard("The server's assignments are not understood: a name is not one.")
    return made
