"""Every metric, once: the program counts by this table, and the reference is printed from it."""

from hostdown.domain.metrics import Kind, Metric

REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: a list of services takes some milliseconds, a client gives up after some seconds."""
STAGE_BOUNDS = (
    0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0, 300.0,
    600.0,
)  # fmt: skip
"""Seconds, around the times of DESIGN §9: 1 until owners are told, 8 and 17 until the first
server is back."""
DELIVERY_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0)
"""Seconds: a receiver that is well takes some hundredths, one that was away some hours."""

DIRECTORY_NAME = "directory"
"""Of the label `database`, where a cell has its own name."""

BUILD = Metric(
    "hostdown_build_info", Kind.GAUGE, "1, with the version of the program.", ("version",)
)
DATABASE_UP = Metric(
    "hostdown_database_up",
    Kind.GAUGE,
    "1 if the database has answered in time, else 0; then what is read from it is left out.",
    ("database",),
)
LEADS = Metric(
    "hostdown_leads",
    Kind.GAUGE,
    "1 if this server does what only one does: as controller it recovers the hosts of a cell, as "
    "notifier it tells others what happened; else 0.",
    ("role", "database"),
)
SERIES_LOST = Metric(
    "hostdown_series_lost_total",
    Kind.COUNTER,
    "Series for which there was no room in memory: what they count is not told.",
)

REQUESTS = Metric(
    "hostdown_api_requests_total",
    Kind.COUNTER,
    "Requests that were answered, by method, by the route as /openapi.json has it (other: "
    "none), and by the status of the answer.",
    ("method", "route", "status"),
)
REQUEST_SECONDS = Metric(
    "hostdown_api_request_seconds",
    Kind.HISTOGRAM,
    "Seconds that answers took, without the way and the wait for a free seat.",
    ("method", "route"),
    REQUEST_BOUNDS,
)
TURNED_AWAY = Metric(
    "hostdown_api_turned_away_total",
    Kind.COUNTER,
    "Requests that were answered before anybody looked at them, and are not among the others: 503, "
    "all seats, or all places for files, were taken; 400, the sender left midway.",
    ("status",),
)
REPORTS = Metric("hostdown_reports_total", Kind.COUNTER, "Reports of hosts that were taken.")
WRITES_FAILED = Metric(
    "hostdown_report_writes_failed_total",
    Kind.COUNTER,
    "How often reports that were taken could not be written; they are tried again at once.",
)
REFUSED = Metric(
    "hostdown_reports_refused_total",
    Kind.COUNTER,
    "Requests of agents that were refused, by reason (the agent protocol's reference has them).",
    ("reason",),
)
PULSES = Metric("hostdown_pulses_total", Kind.COUNTER, "Pulses of hosts that counted.")
PULSES_LOST = Metric(
    "hostdown_pulses_lost_total", Kind.COUNTER, "Pulses for which the kernel had no room."
)
PULSES_UNANSWERED = Metric(
    "hostdown_pulses_unanswered_total", Kind.COUNTER, "Pulses whose answer could not be sent."
)
PULSES_REFUSED = Metric(
    "hostdown_pulses_refused_total",
    Kind.COUNTER,
    "Pulses that counted for nothing, by reason.",
    ("reason",),
)

HOSTS = Metric(
    "hostdown_hosts",
    Kind.GAUGE,
    "Compute hosts, each once, by the first of these that holds: forced_down; unreachable (most "
    "observers find it silent); down (it reports no more); maintenance; disabled; up.",
    ("cell", "state"),
)
RECOVERIES = Metric(
    "hostdown_recoveries",
    Kind.GAUGE,
    "Recoveries that are not over, by stage, and if one is held by what holds it.",
    ("cell", "stage", "held"),
)
RECOVERY_AGE = Metric(
    "hostdown_recoveries_oldest_seconds",
    Kind.GAUGE,
    "Seconds since the oldest recovery that is at this stage began; 0 if there is none.",
    ("cell", "stage"),
)
STAGES = Metric(
    "hostdown_recovery_stages_total",
    Kind.COUNTER,
    "How often recoveries came to a stage; of several servers that see it one counts it.",
    ("stage",),
)
STAGE_SECONDS = Metric(
    "hostdown_recovery_stage_seconds",
    Kind.HISTOGRAM,
    "Seconds that stages of recoveries took: detected (from a host's last pulse to the verdict), "
    "fenced (from the verdict), forced-down (from fenced), first-server-back and all-servers-back "
    "(from forced down), distributed and received (from the verdict until its news was given to "
    "all receivers, and until the last one had taken it). Of several servers one counts each.",
    ("stage",),
    STAGE_BOUNDS,
)
FENCING_BROKEN = Metric(
    "hostdown_hosts_fencing_broken",
    Kind.GAUGE,
    "Hosts that could not be fenced if they had to be, by their last check.",
    ("cell",),
)
OUTBOX = Metric(
    "hostdown_outbox_events",
    Kind.GAUGE,
    "Events that are still to be given to their receivers, by the database that keeps them.",
    ("database",),
)
OUTBOX_AGE = Metric(
    "hostdown_outbox_oldest_seconds",
    Kind.GAUGE,
    "Seconds since the oldest of these events happened; 0 if there is none.",
    ("database",),
)
DELIVERIES = Metric(
    "hostdown_deliveries_waiting",
    Kind.GAUGE,
    "Deliveries that were not taken yet, by channel.",
    ("channel",),
)
DELIVERIES_AGE = Metric(
    "hostdown_deliveries_oldest_seconds",
    Kind.GAUGE,
    "Seconds since the oldest of these deliveries was made; 0 if there is none.",
    ("channel",),
)
DEAD_LETTERS = Metric(
    "hostdown_dead_letters",
    Kind.GAUGE,
    "Deliveries that were given up, by channel; they are kept for a week.",
    ("channel",),
)
ATTEMPTS = Metric(
    "hostdown_delivery_attempts_total",
    Kind.COUNTER,
    "Attempts at a delivery, by channel and by what came of each: taken, failed (it is tried "
    "again), refused (it is given up).",
    ("channel", "verdict"),
)
DELIVERY_SECONDS = Metric(
    "hostdown_delivery_seconds",
    Kind.HISTOGRAM,
    "Seconds from when a delivery was made until it was taken, with all its attempts.",
    ("channel",),
    DELIVERY_BOUNDS,
)
WEBHOOKS_FILE_BROKEN = Metric(
    "hostdown_webhooks_file_broken_total",
    Kind.COUNTER,
    "Looks at the webhooks file, one in two seconds, by which it could not be used: what it said "
    "before counts as long as this grows.",
)

METRICS: tuple[Metric, ...] = (
    BUILD,
    DATABASE_UP,
    LEADS,
    SERIES_LOST,
    REQUESTS,
    REQUEST_SECONDS,
    TURNED_AWAY,
    REPORTS,
    WRITES_FAILED,
    REFUSED,
    PULSES,
    PULSES_LOST,
    PULSES_UNANSWERED,
    PULSES_REFUSED,
    HOSTS,
    RECOVERIES,
    RECOVERY_AGE,
    STAGES,
    STAGE_SECONDS,
    FENCING_BROKEN,
    OUTBOX,
    OUTBOX_AGE,
    DELIVERIES,
    DELIVERIES_AGE,
    DEAD_LETTERS,
    ATTEMPTS,
    DELIVERY_SECONDS,
    WEBHOOKS_FILE_BROKEN,
)
