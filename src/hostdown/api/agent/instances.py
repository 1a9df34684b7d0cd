"""What agents ask and say about instances: what should be here, and what became of it."""

from collections.abc import Mapping
from datetime import datetime

from falcon import Response

from hostdown.api.agent import wire
from hostdown.api.agent.messages import json_object, number, session_of, text
from hostdown.api.agent.watchdogs import order_form
from hostdown.api.agent.wire import Answer, Envelope
from hostdown.domain.assignment import Outcome
from hostdown.domain.assignment_forms import (
    HAD_MAX,
    NUMBER_MAX,
    OUTCOMES_MAX,
    assignment_form,
    had,
    outcome,
)
from hostdown.domain.errors import MessageMalformed
from hostdown.domain.ha import Resume
from hostdown.domain.model import HostRecord
from hostdown.services import assignments, outcomes, server_lookup
from hostdown.services.hearings import Question
from hostdown.services.hosts import Deployment
from hostdown.services.image_ports import ImageLibrary
from hostdown.services.reports import ReportIntake


class Instances:
    """The agents' side of instances in `/agent/v1`."""

    def __init__(
        self,
        deployment: Deployment,
        intake: ReportIntake,
        images: ImageLibrary,
        resume: Resume,
    ) -> None:
        self._deployment = deployment
        self._intake = intake
        self._images = images
        self._resume = resume

    def assignments(self, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        """`POST /agent/v1/hosts/{id}/assignments`."""
        fields = json_object(envelope.body)
        record = self._intake.in_session(record, session_of(fields))
        cell = self._deployment.cells.named(record.cell)
        served = assignments.fetch(cell, record, _question(fields), self._resume, now)
        content: dict[str, object] = {
            "database_id": served.database_id,
            "commit": served.commit,
            "version": served.version,
            "ended": served.ended,
            "tell": served.is_asked,
        }
        if served.instances is None:
            content["unchanged"] = True
        else:
            content["held"] = served.held
            content["instances"] = [assignment_form(each) for each in served.instances]
            content["moved"] = served.moved
        if served.slot_orders:
            content["slot_orders"] = [order_form(each) for each in served.slot_orders]
        return wire.told(200, content, record.secret)

    def outcomes(self, envelope: Envelope, record: HostRecord, now: datetime) -> Answer:
        """`POST /agent/v1/hosts/{id}/outcomes`; answered once it is durable."""
        fields = json_object(envelope.body)
        record = self._intake.in_session(record, session_of(fields))
        said = _outcomes(fields.get("outcomes"))
        cell = self._deployment.cells.named(record.cell)

        def known(host_id: str) -> HostRecord | None:
            found = self._intake.hosts.get(host_id, now)
            return None if found is None or found.deleted_at is not None else found

        for gone in outcomes.take(cell, record, said, now, known):
            server_lookup.forget(self._deployment.directory, gone.uuid)
        database_id, commit = cell.read(lambda rows: rows.ledger.now())
        return wire.told(200, {"database_id": database_id, "commit": commit}, record.secret)

    def image(
        self, envelope: Envelope, record: HostRecord, now: datetime, image_id: str, resp: Response
    ) -> Answer:
        """`GET /agent/v1/hosts/{id}/images/{image}`: the bytes, which the host compares with what
        its assignment says of them; they are signed by nobody.
        """
        del envelope, now
        source, chunks = self._images.open(image_id)
        resp.content_type = "application/octet-stream"
        resp.set_stream(chunks, source.size)
        return wire.Answer(200, b"", record.secret)


def _question(fields: Mapping[str, object]) -> Question:
    """An agent that knows no such question is taken to have nothing else."""
    asked = Question(
        known=number(fields, "known", 0, NUMBER_MAX),
        settled=number(fields, "settled", 0, NUMBER_MAX) if "settled" in fields else 0,
    )
    if "seen" not in fields:
        return asked._replace(have=())
    seen, have = fields["seen"], fields.get("have")
    if not isinstance(seen, dict):
        raise MessageMalformed(reason="its field 'seen' must be an object")
    if have is not None and (not isinstance(have, list) or len(have) > HAD_MAX):
        raise MessageMalformed(
            reason=f"its field 'have' must be null or a list of at most {HAD_MAX} lists"
        )
    try:
        return asked._replace(
            database_id=text(seen, "database_id", 0),
            commit=number(seen, "commit", 0, NUMBER_MAX),
            have=None if have is None else [had(form) for form in have],
        )
    except ValueError as error:
        raise MessageMalformed(reason=f"in its field 'have' {error}") from error


def _outcomes(forms: object) -> list[Outcome]:
    if not isinstance(forms, list) or len(forms) > OUTCOMES_MAX:
        raise MessageMalformed(
            reason=f"its field 'outcomes' must be a list of at most {OUTCOMES_MAX} objects"
        )
    try:
        return [outcome(form) for form in forms]
    except ValueError as error:
        raise MessageMalformed(reason=f"in its field 'outcomes' {error}") from error
