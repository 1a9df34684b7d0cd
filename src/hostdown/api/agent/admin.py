"""What `hostdown host list|show|enroll` asks."""

from hostdown.api.agent import disarmings, wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.messages import flag
from hostdown.api.agent.wire import Answer
from hostdown.domain.disarming import standing
from hostdown.domain.fault_events import FaultEvent
from hostdown.domain.liveness import is_unreachable, state_in, window
from hostdown.domain.model import Change
from hostdown.domain.reserves import is_reserved
from hostdown.domain.server_status import HostStatus, host_status
from hostdown.services.hearing_ports import Stranger
from hostdown.services.host_view import HostDetail, HostSeen, list_hosts, show_host
from hostdown.services.hosts import open_enrolment
from hostdown.services.watchdog_ports import Watchdog


def hosts(asked: Asked) -> Answer:
    """`GET /agent/v1/hosts`."""
    found = list_hosts(asked.deployment, asked.now)
    return wire.told(200, {"hosts": [_host(seen, asked) for seen in found]})


def host(asked: Asked) -> Answer:
    """`GET /agent/v1/hosts/{name}`."""
    detail = show_host(asked.deployment, asked.name, asked.now)
    return wire.told(200, {"host": _detail(detail, asked)})


def enrolment(asked: Asked) -> Answer:
    """`POST /agent/v1/hosts/{name}/enrolment`."""
    replace = flag({"replace": False, **asked.fields()}, "replace")
    opened = open_enrolment(asked.deployment, asked.name, replace, asked.now)
    content = {
        "name": opened.name,
        "secret": opened.secret.decode(),
        "replace": opened.replace,
        "expires_at": opened.expires_at,
    }
    return wire.told(201, {"enrolment": content})


def _host(seen: HostSeen, asked: Asked) -> dict[str, object]:
    record, service = seen.record, seen.service
    shown: dict[str, object] = {
        "id": record.id,
        "name": record.name,
        "cell": record.cell,
        "boot": record.boot,
        "session": record.session,
        "agent_version": record.agent_version,
        "machine_id": record.machine_id,
        "enrolled_at": record.enrolled_at,
        "forked_at": record.forked_at,
        "sleeps": record.sleeps,
        "host_status": HostStatus.UNKNOWN.value if seen.silent else HostStatus.NONE.value,
        "state": "unknown" if seen.silent else "down",
        "status": "unknown" if seen.silent else "enabled",
        "disabled_reason": None,
        "forced_down": None if seen.silent else False,
        "last_seen_up": None,
        "unreachable_at": None,
        "reserved": False,
        "domain": seen.domain,
        "recovery": None if seen.silent else standing(service, seen.disarmed),
    }
    if service is not None:
        life = window(asked.now, asked.liveness)
        shown |= {
            "host_status": host_status(record.name, service, life, asked.precedence).value,
            "state": state_in(service, life),
            "status": "disabled" if service.disabled else "enabled",
            "disabled_reason": service.disabled_reason,
            "forced_down": service.forced_down,
            "last_seen_up": service.last_seen_up,
            "unreachable_at": service.unreachable_at if is_unreachable(service) else None,
            "reserved": is_reserved(service),
        }
    return shown


def _detail(detail: HostDetail, asked: Asked) -> dict[str, object]:
    refused = [
        {"reason": refusal.reason, "times": refusal.times, "last_at": refusal.last_at}
        for refusal in detail.refused
    ]
    changes = [_change(change) for change in detail.changes]
    unknown = [_unknown(each) for each in detail.strangers]
    disarmed = [disarmings.shown(each) for each in detail.seen.disarmed]
    events = [_event(each) for each in detail.events]
    more = {
        "watchdog": None if detail.watchdog is None else _watchdog(detail.watchdog),
        "refused": refused,
        "changes": changes,
        "unknown_servers": unknown,
        "disarmed": disarmed,
        "events": events,
    }
    return _host(detail.seen, asked) | more


def _watchdog(seen: Watchdog) -> dict[str, object]:
    return {
        "armed_at": seen.armed_at,
        "self_fence_after_ms": seen.self_fence_after_ms,
        "reset_ms": seen.reset_ms,
        "pools": seen.pools,
    }


def _unknown(seen: Stranger) -> dict[str, object]:
    return {
        "uuid": seen.had.uuid,
        "generation": seen.had.generation,
        "boot": seen.had.boot,
        "power_state": int(seen.had.state),
        "since": seen.seen_at,
    }


def _event(seen: FaultEvent) -> dict[str, object]:
    return {
        "id": seen.id,
        "kind": seen.kind.value,
        "source": seen.source,
        "event_id": seen.event_id,
        "said_at": seen.said_at or None,
        "first_at": seen.first_at,
        "last_at": seen.last_at,
        "times": seen.times,
        "user": seen.user_name,
        "user_id": seen.user_id,
        "request_id": seen.request_id,
        "details": dict(seen.details),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "at": change.at,
        "user": change.caller.user_name,
        "user_id": change.caller.user_id,
        "project_id": change.caller.project_id,
        "request_id": change.caller.request_id,
        "event_type": change.event_type,
        "before": dict(change.before),
        "after": dict(change.after),
    }
