"""What docs/howto/monitoring.md says of Prometheus."""

import shlex
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import yaml
from tests.config.test_load import loaded
from tests.processes.harness import serving, until
from tests.processes.test_metrics import get, read
from tests.processes.test_monitoring import ROOT, block
from tests.promtool import promtool

from hostdown.config import MetricsOptions

PASSWORD = "a long password"


def test_a_user_of_the_role_that_the_page_names_may_see_metrics(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    with serving(tmp_path, oslo_policy={"policy_file": policy}) as server:
        policy.write_text(block("policy"))
        for line in block("user").splitlines():
            program, *words = shlex.split(line)
            assert program == "hostdown"
            subprocess.run(
                [sys.executable, "-m", "hostdown", *words, "--config-file", str(server.file)],
                input=f"{PASSWORD}\n", text=True, check=True, capture_output=True, timeout=60,
            )  # fmt: skip
        (job,) = yaml.safe_load(block("scrape with a password"))["scrape_configs"]
        given = f"{job['basic_auth']['username']}:{PASSWORD}".encode()
        header = {"Authorization": f"Basic {b64encode(given).decode()}"}
        until(lambda: get(f"{server.url}/metrics", **header).status == 200)
        answer = get(f"{server.url}/metrics", **header)
        assert read(answer.data.decode())['hostdown_database_up{database="directory"}'] == 1
        assert get(f"{server.url}/v2.1/os-services", **header).status == 401


def test_the_port_that_the_page_configures_is_the_one_that_it_scrapes(tmp_path: Path) -> None:
    found = loaded(tmp_path / "hostdown.conf", block("own port")).settings.metrics
    (job,) = yaml.safe_load(block("scrape"))["scrape_configs"]
    assert found == MetricsOptions("192.0.2.10", 9774)
    assert job["static_configs"][0]["targets"][0] == f"{found.bind_host}:{found.bind_port}"


def test_prometheus_takes_the_configurations_of_the_page(tmp_path: Path) -> None:
    rules = ROOT / "contrib" / "prometheus" / "hostdown.rules.yml"
    for name in ("scrape", "scrape with a password"):
        text = block(name) + block("rules").replace(
            "/etc/prometheus/hostdown.rules.yml", str(rules)
        )
        file = tmp_path / "prometheus.yml"
        file.write_text(text)
        checked = promtool("check", "config", "--syntax-only", file)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert yaml.safe_load(text)["scrape_configs"][0]["job_name"] == "hostdown", "the rules' job"
