"""Every path of the Alarming API: what answers it."""

from hostdown.api.alarm import alarms, history, quotas
from hostdown.api.alarm.calls import PREFIX, Call
from hostdown.api.alarm.documents import CAPABILITIES
from hostdown.api.alarm.errors import MetricsDisabled
from hostdown.api.tabled import Reply, Route


def _capabilities(_: Call) -> Reply:
    return Reply(document=CAPABILITIES)


def _metrics(_: Call) -> Reply:
    raise MetricsDisabled


def _rules(*names: str) -> tuple[str, ...]:
    return tuple(f"{PREFIX}{name}" for name in names)


_ALARMS = "/v2/alarms"
_ALARM = "/v2/alarms/{id}"
_QUERY = "/v2/query/alarms"
_QUOTAS = "/v2/quotas"

ROUTES: tuple[Route[Call], ...] = (
    Route("GET", _ALARMS, _rules("get_alarms", "get_alarms:all_projects"), alarms.list_alarms),
    Route("POST", _ALARMS, _rules("create_alarm"), alarms.create),
    Route("GET", _ALARM, _rules("get_alarm"), alarms.show),
    Route("PUT", _ALARM, _rules("change_alarm"), alarms.update),
    Route("DELETE", _ALARM, _rules("delete_alarm"), alarms.delete),
    Route("GET", f"{_ALARM}/state", _rules("get_alarm_state"), alarms.show_state),
    Route("PUT", f"{_ALARM}/state", _rules("change_alarm_state"), alarms.set_state),
    Route("GET", f"{_ALARM}/history", _rules("alarm_history"), history.of_alarm),
    Route("POST", _QUERY, _rules("query_alarm"), alarms.query),
    Route("POST", f"{_QUERY}/history", _rules("query_alarm_history"), history.query),
    Route("GET", _QUOTAS, _rules("get_quotas"), quotas.show),
    Route("POST", _QUOTAS, _rules("update_quotas"), quotas.change),
    Route("GET", f"{_QUOTAS}/{{id}}", _rules("get_quotas"), quotas.show),
    Route("DELETE", f"{_QUOTAS}/{{id}}", _rules("delete_quotas"), quotas.reset),
    Route("GET", "/v2/capabilities", (), _capabilities),
    Route("GET", "/v2/metrics", (), _metrics),
)
