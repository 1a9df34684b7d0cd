"""What monitoring systems say of hosts: Doctor's events, and Alertmanager's alerts.

    PUT or POST /events    Doctor's Inspector: {"type", "time", "id", "details": {"hostname", ...}},
                           a list of them, or {"events": [...]}
    POST /alertmanager     Alertmanager's webhook, version 4

Both: 200 {"events": [Event, ...], "ignored": [{"alert", "host", "reason"}, ...]}

    Event      {"id", "host", "kind", "source", "times", "meaning"}; "meaning" is noted, heard,
               counts or forced-down (`services.fault_events.Meaning`)

A token is wanted as by the Compute API, in `X-Auth-Token` or as `Authorization: Bearer`; users of
the embedded identity may give name and password (`Authorization: Basic`) instead. A failure is
{"error": {"code", "message"}}: 400 malformed, of an unknown type, or too many; 401, 403; 404 an
unknown host; 413 too large; 429 too many wrong passwords; 503 a database is away. Nothing of a
request of Doctor's is taken if anything of it is wrong; of alerts, what is not for us is ignored.
"""
