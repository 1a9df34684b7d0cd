"""What monitors, alerts and kernels say of real hosts, to a real server."""

import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from tests.agent.test_processes import agent, ask, hosts, running
from tests.debian import need
from tests.processes.harness import Server, serving, until
from tests.processes.test_proxies import free_port
from tests.processes.test_unreachable import LONG, pulse_on, unreachable

from hostdown.domain.kdump import MAGIC

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/howto/events-from-outside.md").read_text()
NOAUTH2: dict[str, object] = {"auth_strategy": "noauth2"}
HOLD_OFF_S = 60


def doctors(host: str) -> list[dict[str, Any]]:
    """As Doctor's sample monitor sends it."""
    details = {
        "hostname": host, "status": "down", "monitor": "monitor_sample",
        "monitor_event_id": "monitor_sample_event1",
    }  # fmt: skip
    at = "2026-11-20T11:00:00.123456"
    return [{"id": "1", "time": at, "type": "compute.host.down", "details": details}]


def said_of(server: Server, host: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(server, "GET", f"/agent/v1/hosts/{host}")["host"]["events"]
    return found


@contextmanager
def watching(server: Server) -> Iterator["subprocess.Popen[str]"]:
    """`hostdown watch` into a pipe."""
    environ = os.environ | {"OS_AUTH_TYPE": "admin_token", "OS_TOKEN": "admin:p"}
    words = ["watch", "--os-endpoint", server.url]
    process = subprocess.Popen(
        [sys.executable, "-m", "hostdown", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_host_that_dies_is_recovered_sooner_and_one_that_lives_is_left_alone(
    tmp_path: Path,
) -> None:
    """With a third of the hold-off left, nothing has to wait for a minute."""
    recovery: dict[str, object] = {"enabled": "true", "hold_off": HOLD_OFF_S}
    others = ",".join(f"s{number}" for number in range(12))
    with (
        serving(tmp_path, DEFAULT=LONG, api=NOAUTH2, recovery=recovery) as server,
        running(server, "swarm", "--names", others),
        agent(server, "compute1") as dies,
    ):
        until(lambda: len(hosts(server)) == 13, 30)
        pulse_on(server)
        with watching(server) as watch:
            assert watch.stdout is not None
            first = [json.loads(watch.stdout.readline()) for _ in range(13)]
            assert {each["after"]["host_status"] for each in first} == {"UP"}
            (lie,) = ask(server, "PUT", "/events", doctors("s1"))["events"]
            assert lie["meaning"] == "heard"
            dies.process.kill()
            until(lambda: unreachable(server) == ["compute1"])
            until(lambda: ask(server, "GET", "/agent/v1/recoveries")["recoveries"])
            said = {"type": "compute.host.kdump", "details": {"hostname": "compute1"}}
            assert ask(server, "POST", "/events", said)["events"][0]["meaning"] == "counts"
            (found,) = ask(server, "GET", "/agent/v1/recoveries")["recoveries"]
            until(lambda: stage_of(server, found["id"]) == ("held", "no-level"), 20)
            shown = ask(server, "GET", f"/agent/v1/recoveries/{found['id']}")["recovery"]
            told = [each["what"] for each in shown["timeline"]]
            assert "doctor says compute.host.kdump." in told
            assert "What others say of it ends the hold-off early." in told
            assert unreachable(server) == ["compute1"]
            ends_well(watch)


def ends_well(watch: "subprocess.Popen[str]") -> None:
    """It has told of the host and its recovery, and Ctrl-C is no failure."""
    assert watch.stdout is not None
    line: dict[str, Any] = {}
    while line.get("after", {}).get("held") != "no-level":
        line = json.loads(watch.stdout.readline())
    watch.send_signal(signal.SIGINT)
    assert watch.wait(10) == 0


def stage_of(server: Server, number: int) -> tuple[str, str | None]:
    found = ask(server, "GET", f"/agent/v1/recoveries/{number}")["recovery"]
    return found["stage"], found["held"]


def test_a_kernel_that_dumps_its_memory_is_heard_by_its_address(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    detect: dict[str, object] = {"kdump_port": port}
    with (
        serving(tmp_path, DEFAULT=LONG, api=NOAUTH2, detect=detect) as server,
        agent(server, "compute1"),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kernel,
    ):
        until(lambda: hosts(server) == {"compute1": "up"})
        for packet in (b"noise", struct.pack("<II", MAGIC, 1)):
            kernel.sendto(packet, ("127.0.0.1", port))
        until(lambda: said_of(server, "compute1"))
        (said,) = said_of(server, "compute1")
        assert (said["kind"], said["source"]) == ("compute.host.kdump", "fence_kdump")
        assert ask(server, "GET", "/agent/v1/recoveries")["recoveries"] == []
        server.signal(signal.SIGHUP)  # the worker after this one hears as well

        def heard_again() -> bool:
            kernel.sendto(struct.pack(">II", MAGIC, 2), ("127.0.0.1", port))
            return bool(said_of(server, "compute1")[0]["times"] > 1)

        until(heard_again)


def test_alertmanager_tells_by_the_configuration_that_the_page_shows(tmp_path: Path) -> None:
    program = need("prometheus-alertmanager", "prometheus-alertmanager")
    place = tmp_path / "server"
    with (
        serving(place, DEFAULT=LONG, alertmanager=of_page("alertmanager")) as server,
        agent(server, "compute1"),
    ):
        add_watcher(server)
        (place / "policy.yaml").write_text(block("policy"))
        until(lambda: "the new rules are in force" in server.log, 20)
        port = free_port()
        password = tmp_path / "password"
        password.write_text("correct horse battery")
        file = tmp_path / "alertmanager.yml"
        file.write_text(yaml.safe_dump(routed(server, password)))
        words = [program, f"--config.file={file}", f"--storage.path={tmp_path / 'alerts'}",
                 f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]  # fmt: skip
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
            try:
                until(lambda: is_told(port, "compute1"), 20)
                until(lambda: "'/alertmanager' 200" in server.log, 20)
            finally:
                process.kill()
        assert said_in_database(server) == [
            ("compute.host.down", "alertmanager/HostDown", "watcher")
        ]


def of_page(section: str) -> dict[str, object]:
    """A section of the configuration that the page shows."""
    (text,) = re.findall(rf"^    \[{section}\]\n((?:    \w+ = .*\n)+)", PAGE, re.MULTILINE)
    pairs = (line.split(" = ") for line in textwrap.dedent(text).splitlines())
    return {name: value for name, value in pairs}


def block(name: str) -> str:
    """What the page shows under this name."""
    found = re.search(rf"<!-- test: {name} -->\n\n((?:    .*\n)+)", PAGE)
    assert found is not None, name
    return textwrap.dedent(found[1])


def routed(server: Server, password: Path) -> dict[str, Any]:
    """Alertmanager's configuration: the page's receiver, and a route to it without waiting."""
    found: dict[str, Any] = yaml.safe_load(block("alertmanager"))
    (hook,) = found["receivers"][0]["webhook_configs"]
    assert hook["url"].endswith("/alertmanager")
    hook["url"] = f"{server.url}/alertmanager"
    hook["http_config"]["basic_auth"]["password_file"] = str(password)
    return found | {"route": {"receiver": "hostdown", "group_wait": "0s"}}


def add_watcher(server: Server) -> None:
    """As the page has it."""
    for command in block("watcher").splitlines():
        program, *words = shlex.split(command)
        assert program == "hostdown"
        subprocess.run(
            [sys.executable, "-m", program, *words, "--config-file", str(server.file)],
            input="correct horse battery\n", text=True, check=True, timeout=60,
        )  # fmt: skip


def is_told(port: int, host: str) -> bool:
    """Whether Alertmanager took the alert."""
    labels = {"alertname": "HostDown", "instance": f"{host}:9100"}
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        try:
            url = f"http://127.0.0.1:{port}/api/v2/alerts"
            return pool.request("POST", url, json=[{"labels": labels}]).status == 200
        except urllib3.exceptions.HTTPError:
            return False


def said_in_database(server: Server) -> list[tuple[str, str, str]]:
    """Kind, source and user of all events."""
    file = f"file:{server.directory / 'state' / 'hostdown.sqlite'}?mode=ro"
    connection = sqlite3.connect(file, uri=True)
    try:
        return connection.execute("SELECT kind, source, user_name FROM fault_events").fetchall()
    finally:
        connection.close()
