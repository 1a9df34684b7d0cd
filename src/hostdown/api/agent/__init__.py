"""What hosts' agents talk to, and what administrators ask about hosts: `/agent/v1`.

Agents sign what they send (`domain.signing`; `docs/reference/agent-protocol.md` has every message).
Administrators come with a token, as in the Compute API; policy rules `hostdown:hosts:list`, `show`
and `enroll`, all for admin.

    GET /agent/v1/hosts                         200 {"hosts": [Host, ...]}, by name
    GET /agent/v1/hosts/{name}                  200 {"host": Host and refused, changes}
    POST /agent/v1/hosts/{name}/enrolment       201 {"enrolment": Enrolment}
        {} or {"replace": true}: take the name over from a machine that no longer reports

    Host       {"id", "name", "cell", "state": "up"|"down"|"unknown" (its cell is silent),
                "status": "enabled"|"disabled"|"unknown", "disabled_reason": text|null,
                "forced_down": bool|null, "last_seen_up": time|null, "boot": int, "session": int,
                "unreachable_at": time|null, since when most observers find it silent,
                "agent_version": text, "machine_id": text, "enrolled_at": time,
                "forked_at": time|null, since when two machines are known to have its identity,
                "sleeps": bool|null, whether its machine may go to sleep; null: nobody knows}
    refused    [{"reason", "times": int, "last_at": time}, ...], by reason
    changes    the last 10, newest first: [{"at": time, "user": name, "user_id", "project_id",
                "request_id", "event_type": "service.update", "before": {}, "after": {}}, ...]
    Enrolment  {"name", "secret": text, "replace": bool, "expires_at": time}; the secret is shown
                this once and works for this name until it expires or the host's first session
    time       "2026-01-02T03:04:05.678901", UTC

`name` is percent-encoded UTF-8. A failure is {"error": {"code", "message", ...}}: 400 malformed,
401 no valid token, 403 policy, 404 `host-not-mapped`, 409 `host-name-taken` (without `replace`) or
`host-is-live` (with it), 503 a database is away.
"""
