"""The alert rules and the dashboard that come along: they ask for what there is, and make sense."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.promtool import promtool

from hostdown.domain.metric_table import METRICS
from hostdown.domain.metrics import Kind, Metric

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "contrib" / "prometheus" / "hostdown.rules.yml"
CASES = Path(__file__).with_name("rules_test.yml")
DASHBOARD = ROOT / "contrib" / "grafana" / "hostdown.json"
REFERENCE = (ROOT / "docs" / "reference" / "metrics.md").read_text()
MONITORING = (ROOT / "docs" / "howto" / "monitoring.md").read_text()

SELECTED = re.compile(r"\b(hostdown_\w+|up)\b(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"job", "instance", "le"}
"""Labels that every series has, or every histogram."""


def rules() -> list[dict[str, Any]]:
    return [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def asked() -> Iterator[tuple[str, str]]:
    """Where, and which expression."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def series() -> dict[str, Metric]:
    """Metrics by the names under which their series are kept."""
    found = {}
    for each in METRICS:
        histogram = each.kind is Kind.HISTOGRAM
        for end in ("_bucket", "_sum", "_count") if histogram else ("",):
            found[each.name + end] = each
    return found


@pytest.mark.parametrize(("where", "expression"), list(asked()))
def test_every_metric_and_label_that_is_asked_for_is_there(where: str, expression: str) -> None:
    known = series()
    labels: set[str] = set()
    for name, selectors in SELECTED.findall(expression):
        if name != "up":
            assert name in known, (where, name)
            labels |= set(known[name].labels)
            wanted = set(LABEL.findall(selectors))
            assert wanted <= {*known[name].labels, *OF_PROMETHEUS}, (where, name)
    for names in GROUPED.findall(expression):
        assert {each.strip() for each in names.split(",")} <= labels | OF_PROMETHEUS, where
    assert SELECTED.search(expression), where


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_in_the_reference(metric: Metric) -> None:
    assert f"`{metric.name}`" in REFERENCE


def test_a_counter_is_asked_how_fast_it_grows_and_never_how_high_it_is() -> None:
    counters = [name for name, each in series().items() if each.kind is not Kind.GAUGE]
    grows = re.compile(r"(?:rate|increase)\(\s*(hostdown_\w+)")
    for where, expression in asked():
        for name in counters:
            times = len(re.findall(rf"\b{name}\b", expression))
            if (where, name) != ("HostdownSeriesLost", "hostdown_series_lost_total"):
                assert grows.findall(expression).count(name) == times, where


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["alert"].startswith("Hostdown")
    assert rule["labels"]["severity"] in ("page", "ticket")
    summary, description = rule["annotations"]["summary"], rule["annotations"]["description"]
    assert 10 < len(summary) < 100
    assert len(description) > len("Look at it.")
    assert description.endswith(".")
    assert f"`{rule['alert']}`" in MONITORING, "docs/howto/monitoring.md lists it"


def test_commands_that_alerts_name_are_there() -> None:
    commands = (ROOT / "docs" / "reference" / "cli.md").read_text()
    named = re.findall(r"'hostdown ([a-z -]+?)(?: --\S+| HOST)?'", RULES.read_text())
    assert "recovery list" in named
    assert [each for each in named if f"### hostdown {each}\n" not in commands] == []


def test_prometheus_reads_the_rules() -> None:
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules())} rules found" in checked.stdout


def test_alerts_go_off_when_they_should_and_not_before(tmp_path: Path) -> None:
    cases = tmp_path / "cases.yml"
    cases.write_text(CASES.read_text().replace("RULES", str(RULES)))
    tested = promtool("test", "rules", cases)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_expression_of_the_dashboard_is_one(tmp_path: Path) -> None:
    """As rules, for there Prometheus reads them."""
    found = [t["expr"] for panel in panels() for t in panel.get("targets", ())]
    plain = [re.sub(r"\$__\w+", "5m", each) for each in found]
    recorded = [{"record": f"panel:{place}", "expr": each} for place, each in enumerate(plain)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    checked = promtool("check", "rules", file)
    assert f"{len(plain)} rules found" in checked.stdout, checked.stdout + checked.stderr


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    board = json.loads(DASHBOARD.read_text())
    assert board["title"] == board["uid"] == "hostdown"
    assert board["schemaVersion"] >= 39
    variables = {each["name"] for each in board["templating"]["list"]}
    assert variables == {"datasource", "job"}
    assert len({panel["id"] for panel in panels()}) == len(panels())
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, f"{panel['title']} lies upon another panel"
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"].endswith("."), panel["title"]
            assert panel["datasource"]["uid"] == "${datasource}"
