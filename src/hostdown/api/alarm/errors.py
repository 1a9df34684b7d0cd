"""What is answered, as by Aodh, where something is wrong with a request to the Alarming API."""

import orjson
from falcon import Response, code_to_http_status

from hostdown.api import faults
from hostdown.api.described import Schema, record
from hostdown.domain import alarm_errors as alarm
from hostdown.domain.errors import DirectoryUnavailable, HostdownError


class MetricsDisabled(HostdownError):
    """Nobody counts how often alarms were looked at; Aodh does not either, unless it is told to."""

    template = "metrics endpoint is disabled"
    code = "alarm-metrics-disabled"


STATUS: dict[type[HostdownError], int] = {
    MetricsDisabled: 403,
    alarm.AlarmMalformed: 400,
    alarm.AlarmNotFound: 404,
    alarm.AlarmNotInProject: 404,
    alarm.AlarmQuotaExceeded: 403,
    alarm.TooManyAlarms: 403,
    alarm.TooManyAlarmsOfServer: 403,
    alarm.TooManyWideAlarms: 403,
    alarm.OwnerNotAuthorized: 401,
    alarm.AlarmTypeUnsupported: 501,
    alarm.TimeConstraintsUnsupported: 501,
    alarm.TrustUnsupported: 501,
    alarm.ActionUnparsable: 400,
    alarm.ActionUnsupported: 400,
    alarm.ActionNotPublic: 400,
    alarm.ActionForbidden: 401,
    alarm.TooManyActions: 400,
}


def answer(resp: Response, error: HostdownError) -> None:
    """Answer by an error in Aodh's form; one that is nobody's fault is raised again."""
    status = STATUS.get(type(error)) or faults.status_of(error)
    if status == 500:
        raise error
    if isinstance(error, DirectoryUnavailable):
        resp.set_header("Retry-After", str(error.facts["retry_after_s"]))
    who = "Client" if status < 500 else "Server"
    fault = {"debuginfo": None, "faultcode": who, "faultstring": error.message}
    resp.status = code_to_http_status(status)
    resp.content_type = faults.JSON
    resp.data = orjson.dumps({"error_message": fault})


_TEXT: Schema = {"type": "string"}
FAULT = record(
    {
        "error_message": record(
            {"debuginfo": {"type": "null"}, "faultcode": _TEXT, "faultstring": _TEXT}
        )
    }
)
"""The body of an answer that refuses something, but for the want of a token."""
