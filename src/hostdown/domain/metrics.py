"""What a metric is, and the text by which Prometheus is told of it.

The format is Prometheus's text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats).
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Kind(StrEnum):
    """What its numbers do: grow, go up and down, or say how many were how large."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """One row of `metric_table.METRICS`. `meaning` is a sentence that says the unit.

    `labels` tell its series apart; each has few values, and none a secret. `bounds`: of a
    histogram, the largest value that each bucket counts, in ascending order; one more bucket takes
    what is larger.
    """

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """How many numbers a series has: one, or the counts of all buckets and the sum of all
        values."""
        return len(self.bounds) + 2 if self.kind is Kind.HISTOGRAM else 1

    def bucket(self, value: float) -> int:
        """Which of a histogram's numbers counts this value."""
        return bisect_left(self.bounds, value)


class Series(NamedTuple):
    """A metric with one value for each of its labels, and its `Metric.width` numbers."""

    metric: Metric
    values: tuple[str, ...]
    numbers: Sequence[float]


def one(metric: Metric, number: float, *values: str) -> Series:
    """A series that has one number."""
    return Series(metric, values, (number,))


def text(series: Iterable[Series]) -> str:
    """All of them, those of one metric together, in the order of names and values."""
    by_metric: dict[Metric, list[Series]] = {}
    for each in series:
        by_metric.setdefault(each.metric, []).append(each)
    lines: list[str] = []
    for metric in sorted(by_metric):
        lines.append(f"# HELP {metric.name} {_escaped(metric.meaning)}")
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        for each in sorted(by_metric[metric], key=lambda one: one.values):
            lines += _lines(each)
    return "".join(f"{line}\n" for line in lines)


def _lines(series: Series) -> Iterator[str]:
    metric, values, numbers = series
    labels = list(zip(metric.labels, values, strict=True))
    if metric.kind is not Kind.HISTOGRAM:
        yield f"{metric.name}{_braced(labels)} {_number(numbers[0])}"
        return
    *counts, total = numbers
    bounds = [*map(_number, metric.bounds), "+Inf"]
    upto = list(accumulate(counts))
    for bound, count in zip(bounds, upto, strict=True):
        yield f"{metric.name}_bucket{_braced([*labels, ('le', bound)])} {_number(count)}"
    yield f"{metric.name}_sum{_braced(labels)} {_number(total)}"
    yield f"{metric.name}_count{_braced(labels)} {_number(upto[-1])}"


def _braced(labels: Sequence[tuple[str, str]]) -> str:
    inside = ",".join(f'{name}="{_quoted(value)}"' for name, value in labels)
    return f"{{{inside}}}" if inside else ""


def _quoted(value: str) -> str:
    return _escaped(value).replace('"', '\\"')


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
