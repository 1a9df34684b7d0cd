"""docs/reference/metrics.md: every metric, from the table by which the program counts."""

from collections.abc import Iterable

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.domain.deliveries import Channel, Verdict
from hostdown.domain.metric_table import METRICS, STAGE_SECONDS, STAGES
from hostdown.domain.metrics import Kind, Metric
from hostdown.domain.recovery import Held, Stage
from hostdown.domain.stage_times import Took
from hostdown.services.gauges import HOST_STATES

INTRODUCTION = """\
What `/metrics` tells, in Prometheus's text format: at the API's port to whom the rule
`hostdown:metrics:show` lets, and at a port of its own if `[metrics] bind_port` gives it one
([how, and alerts](../howto/monitoring.md#prometheus)).

*Counters* and *histograms* count what one server has done since it started, all its processes
together; a process that dies takes nothing with it. Add those of several servers up. *Gauges* say
what stands in the databases, so each server of a deployment tells the same: take the largest, as in
`max by (state) (hostdown_hosts)`. They are read when somebody asks, once a second at most. Of a
database that does not answer within two seconds nothing is told but `hostdown_database_up` 0.

Labels hold no name of a host, server, user or project. Routes are paths as `/openapi.json` has
them, with `{id}` for whatever stands there, never the path that somebody sent.
"""


def page() -> str:
    """The page."""
    return markdown.page(
        "Metrics",
        INTRODUCTION,
        "## Counters\n\n" + _table(Kind.COUNTER),
        "## Histograms\n\n" + _table(Kind.HISTOGRAM),
        "## Gauges\n\n" + _table(Kind.GAUGE),
        "## Values of labels\n\n" + table(("label", "of", "values"), _values()),
    )


def _table(kind: Kind) -> str:
    headings = ["name", "labels", "meaning"]
    rows = []
    for each in METRICS:
        if each.kind is kind:
            rows.append([code(each.name), _codes(each.labels), each.meaning, *_buckets(each)])
    return table([*headings, *(["buckets, s"] if kind is Kind.HISTOGRAM else [])], rows)


def _buckets(metric: Metric) -> list[str]:
    return [", ".join(f"{bound:g}" for bound in metric.bounds)] if metric.bounds else []


def _codes(words: Iterable[str]) -> str:
    return ", ".join(map(code, words))


def _values() -> list[tuple[str, str, str]]:
    """Where the values come from a list of the program's."""
    return [
        ("`state`", "hosts", _codes(HOST_STATES)),
        ("`stage`", f"recoveries, {code(STAGES.name)}", _codes(Stage)),
        ("`stage`", code(STAGE_SECONDS.name), _codes(Took)),
        ("`held`", "recoveries that are held, else empty", _codes(Held)),
        ("`channel`", "deliveries", _codes(Channel)),
        ("`verdict`", "attempts at a delivery", _codes(Verdict)),
        ("`database`", "everything that is kept", "`directory`, and the name of each cell"),
    ]
