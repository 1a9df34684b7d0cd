"""What docs/howto/monitoring.md says of /healthz and of tools that look at it."""

import json
import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest
import urllib3
import yaml
from tests.debian import need, need_packages
from tests.processes.harness import Server, serving, until
from tests.processes.test_proxies import free_port

from hostdown.api.health import CHECK_S

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "monitoring.md").read_text()
NOAUTH2: dict[str, object] = {"auth_strategy": "noauth2"}
OK, CRITICAL = 0, 2


def block(name: str) -> str:
    found = re.search(rf"<!-- test: {name} -->\n\n((?:    .*\n)+)", PAGE)
    assert found is not None, name
    return textwrap.dedent(found[1])


def lose_directory(server: Server) -> None:
    """Take its database file away under the server."""
    (server.directory / "state" / "hostdown.sqlite").rename(server.directory / "away")
    until(lambda: server.get() == 503)


def test_the_page_shows_what_a_server_that_is_well_says(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^    (\{.*\})$", PAGE, re.MULTILINE)
    with serving(tmp_path, api=NOAUTH2) as server:
        said = urllib3.request("GET", f"{server.url}/healthz", retries=False).json()
    assert said == json.loads(shown) | {"version": said["version"]}


def test_nagios_check_is_critical_unless_all_is_well(tmp_path: Path) -> None:
    plugins = Path("/usr/lib/nagios/plugins")
    need_packages("monitoring-plugins-basic")
    with serving(tmp_path, api=NOAUTH2) as server:
        port = server.url.rpartition(":")[2]
        program, *words = shlex.split(block("nagios").replace("8774", port))
        command = [str(plugins / program), *words]
        assert subprocess.run(command, timeout=60, capture_output=True).returncode == OK
        lose_directory(server)
        assert subprocess.run(command, timeout=60, capture_output=True).returncode == CRITICAL


def test_prometheus_succeeds_only_while_all_is_well(tmp_path: Path) -> None:
    exporter = need("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
    file, port = tmp_path / "blackbox.yml", free_port()
    file.write_text(block("blackbox"))
    listening = f"--web.listen-address=127.0.0.1:{port}"
    words = [exporter, f"--config.file={file}", listening]
    with (
        serving(tmp_path / "server", api=NOAUTH2) as server,
        subprocess.Popen(words, stderr=subprocess.DEVNULL) as process,
        urllib3.PoolManager(retries=False, timeout=30) as pool,
    ):
        probe = f"http://127.0.0.1:{port}/probe?module=hostdown&target={server.url}/healthz"

        def success() -> str:
            try:
                answer = pool.request("GET", probe)
            except urllib3.exceptions.HTTPError:
                return ""
            (value,) = re.findall(r"^probe_success (\d)", answer.data.decode(), re.MULTILINE)
            return str(value)

        try:
            until(lambda: success() == "1")
            lose_directory(server)
            assert success() == "0"
        finally:
            process.kill()


def test_probes_of_kubernetes_ask_what_exists_and_wait_long_enough(tmp_path: Path) -> None:
    probes = yaml.safe_load(block("kubernetes"))
    with serving(tmp_path, api=NOAUTH2) as server:
        for probe in probes.values():
            assert server.get(probe["httpGet"]["path"]) == 200
            assert probe["timeoutSeconds"] > CHECK_S
    assert set(probes) == {"startupProbe", "readinessProbe"}


def test_lines_of_the_log_that_the_page_names_are_what_the_program_says() -> None:
    phrases = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("| line has |")[2], re.MULTILINE)
    sources = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*"', "", sources)
    assert len(phrases) >= 5
    assert [phrase for phrase in phrases if phrase not in joined] == []


def test_reasons_that_the_page_names_exist() -> None:
    errors = "\n".join(path.read_text() for path in (ROOT / "src/hostdown/domain").glob("*.py"))
    for reason in ("stale-time", "bad-signature", "replayed"):
        assert f"`{reason}`" in PAGE
        assert f'code = "{reason}"' in errors
