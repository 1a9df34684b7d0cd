"""What is measured of crowds of simulated hosts is measured here of small ones."""

import json
import subprocess
import sys
from typing import Any

import pytest
from benchmarks.trouble import SILENT_S, Trouble

LIMIT_S = 240


def measured(*words: str) -> tuple[int, Any]:
    """The exit code, and the JSON on the last line."""
    command = [sys.executable, "-m", *words, "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_hosts_that_stall_and_lose_datagrams_are_not_fenced() -> None:
    code, found = measured("benchmarks.calm", "--hosts", "20", "--minutes", "0.1", "--loss", "5")
    assert code == 0
    assert found["power-offs"] == 0
    assert found["stalls"] == 6
    assert 0 < found["lost"] < found["sent"] / 10
    assert found["taken"] > found["sent"] / 2


@pytest.mark.long
def test_hosts_that_stall_for_too_long_are_fenced_and_that_is_told() -> None:
    stalled = ("--stall", "30", "--loss", "0")
    code, found = measured("benchmarks.calm", "--hosts", "40", "--minutes", "0.3", *stalled)
    assert code == 1
    assert found["power-offs"] > 0
    assert found["unreachable in a stall"] >= found["power-offs"]


@pytest.mark.long
def test_hosts_that_die_are_fenced_and_their_servers_come_back() -> None:
    code, rows = measured("benchmarks.crashes", "--hosts", "20")
    assert code == 0
    measures = [row["measured"] for row in rows]
    assert measures[0].startswith("p50 ")
    assert [measures[3], measures[-1]] == ["0", "0"]
    assert [row["goal"] for row in rows if row["goal"]] == [
        "p99 <= 0.95 s", "p99 <= 6 s", "0", "<= 30 s", "0",
    ]  # fmt: skip


def test_a_host_that_stands_still_is_told_as_silent_in_a_stall() -> None:
    trouble = Trouble(loss=0.0)
    trouble.went_out("a")
    trouble.went_out("b")
    trouble.stand_still("a", 60)
    trouble.stand_still("a", 1)  # which ends no longer one
    assert trouble.still_for("a") > 59
    assert trouble.still_for("b") == 0
    for name in trouble._last:
        trouble._last[name] -= SILENT_S + 0.1
    silent = [("a", True), ("b", False)]
    assert [(each.host, each.stalled) for each in trouble.told()["going_on"]] == silent
    trouble.went_out("b")
    told = trouble.told()
    assert [(each.host, each.stalled) for each in told["going_on"]] == silent[:1]
    assert [(each.host, each.stalled) for each in told["ended"]] == silent[1:]
    assert trouble.told()["ended"] == []


def test_a_share_of_all_that_is_sent_is_lost() -> None:
    trouble = Trouble(loss=0.01)
    lost = sum(trouble.loses("lost") for _ in range(100_000))
    assert 900 < lost == trouble.counts["lost"] < 1100
