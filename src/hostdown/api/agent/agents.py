"""The three things an agent asks: to be enrolled, to begin a session, to have its report taken.

Each refusal is counted under its error code, for the host only if a signature proves it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from hostdown.api.agent import messages, wire
from hostdown.api.agent.wire import Answer, Envelope
from hostdown.api.request import request_id as this_request
from hostdown.domain.errors import (
    HostDeleted,
    HostdownError,
    HostForked,
    HostUnknown,
    SessionEnded,
    SignatureRefused,
)
from hostdown.domain.model import Caller, HostRecord
from hostdown.services.forks import Witness
from hostdown.services.hosts import Deployment, begin_session, enrol
from hostdown.services.observers import Offers, no_offer
from hostdown.services.reports import ReportIntake

Environ = Mapping[str, object]
Act = Callable[[Envelope, HostRecord, datetime], Answer]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

COUNTED = frozenset(
    {
        "bad-signature",
        "boot-over",
        "enrolment-refused",
        "host-deleted",
        "host-forked",
        "host-unknown",
        "malformed",
        "replayed",
        "session-ended",
        "session-unknown",
        "stale-time",
        "too-large",
    }
)
"""Error codes that count as refused reports. A database that is away refuses nothing."""


class Agents:
    """The agents' side of `/agent/v1`."""

    def __init__(
        self, deployment: Deployment, intake: ReportIntake, offers: Offers = no_offer
    ) -> None:
        self._deployment = deployment
        self._intake = intake
        self._offers = offers
        self._interval_s = deployment.tolerances.report_interval.total_seconds()

    def enrol(self, environ: Environ, now: datetime) -> tuple[Answer, str]:
        """`POST /agent/v1/enrolments`; the answer is signed with the enrolment secret."""
        try:
            envelope = wire.read(environ)
            envelope.check_time(now)
            wanted = messages.enrolment(envelope.body)
            enrolled = enrol(self._deployment, wanted, envelope.authentic, now)
        except HostdownError as error:
            self._refused(None, error, now)
            return wire.failed(error), ""
        record = enrolled.record
        self._intake.hosts.put(record)
        content = {
            "host": {"id": record.id, "name": record.name, "session": record.session},
            "server_nonce": enrolled.server_nonce,
        }
        return wire.told(201, content, enrolled.proven_by), envelope.nonce

    def session(self, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        """`POST /agent/v1/hosts/{id}/sessions`."""
        claim = messages.session(envelope.body)
        caller = _agent_of(record, this_request.get())
        begun = begin_session(self._deployment, record.id, claim, caller, envelope.moment(now))
        self._intake.hosts.put(begun.record, begun.service)
        content = {
            "session": begun.record.session,
            "boot": begun.record.boot,
            "report_interval": self._interval_s,
        }
        return wire.told(201, content, record.secret)

    def report(self, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        """`POST /agent/v1/hosts/{id}/report`."""
        flags = self._intake.take(record, messages.report(envelope.body), now, this_request.get())
        content = {
            "forced_down": flags.forced_down,
            "disabled": flags.disabled,
            "assignments_version": self._intake.versions.of(record.id),
            "report_interval": self._interval_s,
            "pulse": self._pulse(record, now),
        }
        return wire.told(200, content, record.secret)

    def _pulse(self, record: HostRecord, now: datetime) -> dict[str, object] | None:
        # The report may have told this worker of a session that `record` does not know yet.
        offer = self._offers(self._intake.hosts.get(record.id, now) or record)
        if offer is None:
            return None
        interval_ms = offer.interval // timedelta(milliseconds=1)
        observers = [each._asdict() | {"nonce": each.nonce.hex()} for each in offer.ears]
        return {"interval_ms": interval_ms, "observers": observers}

    def proven(
        self,
        environ: Environ,
        host_id: str,
        now: datetime,
        act: Act,
    ) -> tuple[Answer, str]:
        """Let `act` answer a request that a host has signed; also the nonce to sign for."""
        record: HostRecord | None = None
        nonce = ""
        try:
            envelope = wire.read(environ)
            found = self._intake.hosts.get(host_id, now) if _UUID.fullmatch(host_id) else None
            if found is None:
                raise HostUnknown(host_id=host_id[:36])
            if not envelope.authentic(found.secret):
                raise SignatureRefused(reason="its signature is wrong")
            record, nonce = found, envelope.nonce
            envelope.check_time(now)
            if record.deleted_at is not None:
                raise HostDeleted(name=record.name)
            if record.forked_at is not None:
                raise HostForked(name=record.name)
            return self._act(act, envelope, record, now), nonce
        except HostdownError as error:
            self._refused(record, error, now)
            return wire.failed(error, record.secret if record else None), nonce

    def _act(self, act: Act, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        try:
            return act(envelope, record, now)
        except SessionEnded as ended:
            parts, moment = self._deployment, envelope.moment(now)
            caller = _agent_of(record, this_request.get())
            Witness(parts.cells, parts.directory, record, caller, moment).check_session(ended)
            raise

    def _refused(self, record: HostRecord | None, error: HostdownError, now: datetime) -> None:
        if error.code in COUNTED:
            self._intake.refusals.count(record, error.code, now)


def _agent_of(record: HostRecord, request_id: str) -> Caller:
    return Caller("", f"agent of {record.name}", None, (), request_id)
