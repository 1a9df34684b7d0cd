"""Counts that a test looks at."""

from collections import Counter

from hostdown.domain.metrics import Kind, Metric


class KeptCounts:
    """`services.metric_ports.Counts`."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        """By the metric's name without what all have in common, and values of labels."""
        self.times: dict[tuple[str, ...], list[float]] = {}

    def add(self, metric: Metric, values: tuple[str, ...] = (), times: int = 1) -> None:
        assert metric.kind is Kind.COUNTER
        assert len(values) == len(metric.labels)
        self.counts[_name(metric), *values] += times

    def observe(self, metric: Metric, values: tuple[str, ...], number: float) -> None:
        assert metric.kind is Kind.HISTOGRAM
        assert len(values) == len(metric.labels)
        self.times.setdefault((_name(metric), *values), []).append(round(number, 3))


def _name(metric: Metric) -> str:
    return metric.name.removeprefix("hostdown_")
