"""One host's agent: enrols once, begins a session, then reports for ever.

It does one exchange a `turn` and says when the next is due; who calls it, one loop or a swarm, does
not matter. A server that is away is asked again, ever more slowly and for ever. Only an authentic
word ends an agent: the host was deleted, another agent took over, this is not the machine.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from hostdown.agent.answers import number
from hostdown.agent.errors import NotHeard, Refused, Stopped
from hostdown.agent.ports import Identity
from hostdown.agent.pulses import Pulsing, terms_of
from hostdown.agent.settings import BACKOFF_FIRST_S, BACKOFF_MAX_S, JITTER, AgentSettings
from hostdown.agent.surroundings import Session, Surroundings
from hostdown.domain.errors import MachineUnreadable
from hostdown.domain.model import Resources
from hostdown.domain.signing import host_secret

LOG = logging.getLogger("hostdown.agent")

ENROLMENT_ENDS = frozenset(
    {"enrolment-refused", "host-name-taken", "host-is-live", "host-name-invalid"}
    | {"machine-enrolled"}
)
"""Answers to an enrolment that asking again would not change. They cannot be signed."""

SESSION_ENDS = frozenset({"host-deleted", "host-machine-changed", "host-is-live"})
REPORT_ENDS = frozenset({"host-deleted", "session-ended"})

LIVE_MARGIN_S = 0.5
"""Waited beyond the time in which another agent would have reported again."""
OTHER_SEEN_MAX = 2
"""Reports that are waited out: one report of a machine that is back by now may come late."""


class HostAgent:
    """`turn` raises Stopped when it is over. Not safe between threads: one turn at a time.

    `spread` shortens the time to the second report to that fraction, so that the hosts of a swarm
    that begin together do not go on together.
    """

    def __init__(
        self,
        settings: AgentSettings,
        around: Surroundings,
        spread: float = 1.0,
        log: logging.Logger = LOG,
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._around = around
        self._spread = spread
        self._log = log
        self._identity = around.store.load()
        self._session: int | None = None
        self._boot_id = ""
        self._sequence = 0
        self._taken = False
        self._resources: Resources | None = None
        self._resources_since = 0
        self._silence: str | None = None
        self._forced_down = False
        self._failures = 0
        self._other_seen_until, self._other_seen = 0.0, 0
        self._corrected = False
        self._check_name()

    @property
    def reporting(self) -> bool:
        """Whether the last exchange was a report that was taken."""
        return self._session is not None and self._taken and self._failures == 0

    @property
    def outdated(self) -> bool:
        """Whether the hypervisor fell silent, or answers again, since the last report."""
        return self._around.hypervisor.silence() != self._silence

    def drop(self) -> None:
        """It is over: it does not report any more."""
        self._session = None
        self._around.pulses.end(self.name)

    def turn(self) -> float:
        """One exchange with the server; seconds until the next one is due."""
        started = self._around.clock.monotonic()
        try:
            wait_s = self._step()()
        except NotHeard as error:
            return self._away(error)
        if self._failures:
            self._log.warning("%s: The server answers again.", self.name)
        self._failures = 0
        return max(0.0, wait_s - (self._around.clock.monotonic() - started))

    def _step(self) -> Callable[[], float]:
        if self._identity is None:
            return self._enrol
        return self._begin if self._session is None else self._report

    def _check_name(self) -> None:
        if self._identity is not None and self._identity.name != self.name:
            raise Stopped(
                f"This machine is enrolled as host '{self._identity.name}', not '{self.name}'; a "
                "host keeps its name for life. Configure the old name again, or enroll the machine "
                "as a new host with an empty state directory.",
                "host-renamed",
            )

    # ------------------------------------------------------------------------------- enrolment

    def _enrol(self) -> float:
        secret = self._settings.enrolment_secret
        if secret is None:
            raise Stopped(
                f"Host '{self.name}' is not enrolled and there is no enrolment secret; run "
                f"'hostdown host enroll {self.name}' where the administrator works, and name the "
                "file with the secret in [agent] enrolment_secret_file.",
                "no-enrolment-secret",
            )
        source = self._around.machine.sources()[0]
        nonce = secrets.token_hex(16)
        content = {
            "name": self.name,
            "machine_id": self._around.machine.machine_id(source),
            "agent_nonce": nonce,
        }
        try:
            answer = self._around.server.post(
                "/agent/v1/enrolments", content, secret, unsigned_refusals=True
            )
        except Refused as error:
            raise _ended(error, ENROLMENT_ENDS, source) from error
        host = answer["host"]
        if not isinstance(host, dict):
            raise NotHeard("The server answers an enrolment in a form that is not understood.")
        key = host_secret(secret, str(host["id"]), nonce, str(answer["server_nonce"]))
        self._keep(Identity(str(host["id"]), self.name, key, source, int(host["session"])))
        self._log.info("%s: enrolled as host %s", self.name, host["id"])
        return 0.0

    def _keep(self, identity: Identity) -> Identity:
        self._around.store.save(identity)
        self._identity = identity
        return identity

    # --------------------------------------------------------------------------------- session

    def _begin(self) -> float:
        identity = self._known()
        self._boot_id = self._around.machine.boot_id()
        content = {
            "after": identity.session,
            "machine_id": self._machine_id(identity),
            "boot_id": self._boot_id,
            "agent_version": self._settings.agent_version,
            "sleeps": self._settings.sleeps,
        }
        path = f"/agent/v1/hosts/{identity.id}/sessions"
        try:
            answer = self._around.server.post(path, content, identity.secret)
        except Refused as error:
            return self._not_begun(identity, error)
        identity = self._keep(identity._replace(session=number(answer, "session")))
        self._session, self._sequence, self._taken = identity.session, 0, False
        self._resources = None
        self._other_seen_until, self._other_seen, self._corrected = 0.0, 0, False
        boot = number(answer, "boot")
        self._log.info("%s: session %d, boot %d", self.name, identity.session, boot)
        if self._around.work is not None:
            begun = identity.id, identity.secret, identity.session, boot, self._boot_id
            self._around.work.began(Session(*begun))
        return 0.0

    def _not_begun(self, identity: Identity, error: Refused) -> float:
        if error.reason == "session-unknown":
            self._identity = identity._replace(session=number(error.details, "newest"))
            if not self._corrected:
                self._corrected = True
                return 0.0
        if error.reason == "host-is-live":
            now = self._around.clock.monotonic()
            live_until = now + _seconds(error.details, "retry_after_s")
            if not self._other_seen:
                self._log.warning("%s: %s This one waits: does it go on?", self.name, error)
            if live_until > self._other_seen_until:  # for the first time, or it has reported again
                self._other_seen_until = live_until + LIVE_MARGIN_S
                self._other_seen += 1
            if self._other_seen <= OTHER_SEEN_MAX:
                return self._other_seen_until - now
        raise _ended(error, SESSION_ENDS) from error

    def _machine_id(self, identity: Identity) -> str:
        try:
            return self._around.machine.machine_id(identity.machine_source)
        except MachineUnreadable as error:
            raise Stopped(
                f"Host '{self.name}' was enrolled by this machine's {identity.machine_source}, "
                f"which cannot be read now ({error}); start the agent as the user who enrolled it.",
                "machine-unreadable",
            ) from error

    # ---------------------------------------------------------------------------------- report

    def _report(self) -> float:
        identity = self._known()
        self._sequence += 1
        pool = self._around.pool.seen()
        resources = self._around.hypervisor.resources()._replace(**pool._asdict())
        if resources != self._resources:
            self._resources, self._resources_since = resources, self._sequence
        self._silence = self._around.hypervisor.silence()
        instances = None if self._silence else self._instances()
        content = {
            "session": self._session,
            "sequence": self._sequence,
            "resources_since": self._resources_since,
            "resources": resources._asdict(),
            "instances": instances,
            "silence": self._silence,
        }
        path = f"/agent/v1/hosts/{identity.id}/report"
        try:
            answer = self._around.server.post(path, content, identity.secret)
        except Refused as error:
            if error.reason in ("session-unknown", "replayed"):
                self._log.warning("%s: %s A new session begins.", self.name, error)
                self._session = None
            raise _ended(error, REPORT_ENDS) from error
        self._taken = True
        self._tell_forced_down(answer.get("forced_down") is True)
        self._pulse(identity, answer)
        if self._around.work is not None:
            told = self._around.work.answered if instances is not None else self._around.work.hint
            told(number(answer, "assignments_version"))
        interval_s = min(
            self._settings.report_interval.total_seconds(), _seconds(answer, "report_interval")
        )
        spread, self._spread = self._spread, 1.0
        return interval_s * spread * _jitter()

    def _pulse(self, identity: Identity, answer: Mapping[str, object]) -> None:
        """A server that does not answer ends no pulses, only one that wants none."""
        terms = terms_of(answer, self._around.server.host)
        if terms is None:
            self._around.pulses.end(self.name)
            return
        self._around.pulses.go_on(
            Pulsing(self.name, identity.id, identity.secret, self._boot_id, terms)
        )

    def _instances(self) -> Sequence[object] | None:
        work = self._around.work
        return self._around.hypervisor.instances() if work is None else work.rows()

    def _tell_forced_down(self, forced_down: bool) -> None:
        if forced_down != self._forced_down:
            what = "was forced down" if forced_down else "is not forced down any more"
            self._log.warning("%s: this host %s; it goes on reporting", self.name, what)
        self._forced_down = forced_down

    def _known(self) -> Identity:
        if self._identity is None:
            raise RuntimeError("an agent without an identity has to enrol first")
        return self._identity

    def _away(self, error: NotHeard) -> float:
        if not self._failures:
            self._log.warning("%s: %s It is asked again until it answers.", self.name, error)
        most = min(BACKOFF_MAX_S, max(1.0, self._settings.report_interval.total_seconds()))
        wait_s = min(most, BACKOFF_FIRST_S * float(2 ** min(self._failures, 16)))
        self._failures += 1
        return wait_s * _jitter()


def _ended(error: Refused, ends: frozenset[str], source: str = "") -> Stopped | NotHeard:
    """What a refusal means: the end, or (a clock that is not set yet, a bug) another try."""
    if error.reason in ends:
        by = f" The id is by its {source}." if error.reason == "machine-enrolled" else ""
        return Stopped(error.message + by, error.reason)
    return NotHeard(f"The server refuses: {error.message}")


def _jitter() -> float:
    return 1.0 - JITTER * (secrets.randbelow(1000) / 1000)


def _seconds(answer: Mapping[str, object], name: str) -> float:
    value = answer.get(name)
    if not isinstance(value, int | float) or not 0 < value <= timedelta(days=1).total_seconds():
        raise NotHeard(f"The server's answer has no usable '{name}'.")
    return float(value)
