"""The text by which Prometheus is told, judged by Prometheus's own programs."""

import pytest
from tests.promtool import promtool

from hostdown.domain.metric_table import METRICS
from hostdown.domain.metrics import Kind, Metric, Series, one, text

WAITS = Metric("waits_seconds", Kind.HISTOGRAM, "Seconds.", ("where",), (0.5, 1.0))
COUNT = Metric("things_total", Kind.COUNTER, "Things, by \\ and\nwhat.", ("kind",))
LEVEL = Metric("level", Kind.GAUGE, "How high.")

ALL = [
    Series(WAITS, ("there",), [1, 2, 1, 4.75]),
    one(COUNT, 7, 'a "quoted" \\ word\n'),
    one(COUNT, 3, "a"),
    one(LEVEL, 0.25),
]


def test_it_is_as_the_format_says() -> None:
    assert text(ALL) == (
        "# HELP level How high.\n"
        "# TYPE level gauge\n"
        "level 0.25\n"
        "# HELP things_total Things, by \\\\ and\\nwhat.\n"
        "# TYPE things_total counter\n"
        'things_total{kind="a"} 3\n'
        'things_total{kind="a \\"quoted\\" \\\\ word\\n"} 7\n'
        "# HELP waits_seconds Seconds.\n"
        "# TYPE waits_seconds histogram\n"
        'waits_seconds_bucket{where="there",le="0.5"} 1\n'
        'waits_seconds_bucket{where="there",le="1"} 3\n'
        'waits_seconds_bucket{where="there",le="+Inf"} 4\n'
        'waits_seconds_sum{where="there"} 4.75\n'
        'waits_seconds_count{where="there"} 4\n'
    )


def test_prometheus_own_library_reads_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    read = {each.name: each for each in parser.text_string_to_metric_families(text(ALL))}
    assert [(each.labels["kind"], each.value) for each in read["things"].samples] == [
        ("a", 3.0),
        ('a "quoted" \\ word\n', 7.0),
    ]
    assert read["waits_seconds"].type == "histogram"
    assert len(read["waits_seconds"].samples) == 5
    assert read["things"].documentation == "Things, by \\ and\nwhat."


def test_prometheus_own_tool_finds_nothing_wrong_with_the_table() -> None:
    every = [Series(each, ("x",) * len(each.labels), (1.0,) * each.width) for each in METRICS]
    checked = promtool("check", "metrics", text=text(every))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_names_and_labels_say_what_kind_and_unit_they_are() -> None:
    assert len({each.name for each in METRICS}) == len(METRICS)
    for each in METRICS:
        assert each.name.startswith("hostdown_")
        assert each.name.endswith("_total") == (each.kind is Kind.COUNTER)
        assert each.meaning.endswith(".")
        assert "le" not in each.labels
        assert bool(each.bounds) == (each.kind is Kind.HISTOGRAM)
        assert list(each.bounds) == sorted(each.bounds)


@pytest.mark.parametrize(
    ("value", "bucket"), [(0.0, 0), (0.5, 0), (0.6, 1), (1.0, 1), (1.1, 2), (1e9, 2)]
)
def test_a_bucket_counts_what_is_no_larger_than_its_bound(value: float, bucket: int) -> None:
    assert WAITS.bucket(value) == bucket


@pytest.mark.parametrize(("value", "bucket"), [(0.1, 0), (0.5, 0), (0.51, 1), (1.0, 1), (9.0, 2)])
def test_a_value_is_counted_by_the_first_bound_that_it_does_not_exceed(
    value: float, bucket: int
) -> None:
    assert WAITS.bucket(value) == bucket


def test_a_histogram_has_a_number_for_each_bucket_one_for_what_is_larger_and_the_sum() -> None:
    assert (WAITS.width, COUNT.width, LEVEL.width) == (4, 1, 1)
