"""`hostdown watch`: what it shows, what it prints, and how it ends."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud, fault

from hostdown.cli.watch_view import NOTHING, Seen, changes, screen

HOSTS, RECOVERIES = "GET /agent/v1/hosts", "GET /agent/v1/recoveries"


def host(name: str, **more: object) -> dict[str, Any]:
    return {
        "name": name, "state": "up", "host_status": "UP", "status": "enabled",
        "disabled_reason": None, "forced_down": False, "unreachable_at": None,
        "last_seen_up": "2026-01-02T03:04:05.678901",
    } | more  # fmt: skip


def recovery(number: int, **more: object) -> dict[str, Any]:
    return {
        "id": number, "host": "b", "stage": "held", "held": "gate", "reason": "too\nmany\x1b[2J",
        "silent_at": "2026-01-02T03:04:05.678901", "begun_at": "2026-01-02T03:04:06.000000",
        "ended_at": None,
    } | more  # fmt: skip


def seen(*records: dict[str, Any]) -> Seen:
    hosts = {each["name"]: each for each in records if "name" in each}
    return Seen(hosts, {each["id"]: each for each in records if "id" in each})


LOST = host("b", host_status="UNKNOWN", unreachable_at="2026-01-02T03:04:05.678901")


def test_hosts_with_trouble_come_first_and_open_recoveries_below() -> None:
    over = recovery(1, ended_at="2026-01-02T03:05:05.678901")
    lines = screen(seen(host("a"), LOST, recovery(2), over), 200, 24, "now")
    assert lines[0] == "now"
    assert re.match(
        r"HOST +STATE +HOST STATUS +FORCED DOWN +UNREACHABLE SINCE +LAST HEARD", lines[2]
    )
    assert re.match(r"b +up +UNKNOWN +False +2026-01-02 03:04:05 +2026-01-02 03:04:05", lines[3])
    assert re.match(r"a +up +UP +False +- +2026-01-02 03:04:05", lines[4])
    assert re.match(r"RECOVERY +HOST +STAGE +HELD BY +SINCE +REASON", lines[6])
    assert re.match(r"2 +b +held +gate +2026-01-02 03:04:05 +too many\\x1b\[2J", lines[7])
    assert len(lines) == 8


@pytest.mark.parametrize("height", [3, 5, 8, 12, 24, 60])
@pytest.mark.parametrize("hosts", [0, 3, 500])
@pytest.mark.parametrize("recoveries", [0, 3, 500])
def test_whatever_there_is_fits(height: int, hosts: int, recoveries: int) -> None:
    many = [host(f"h{number:03}") for number in range(hosts)]
    open_ones = [recovery(number) for number in range(recoveries)]
    lines = screen(seen(*many, *open_ones), 60, height, "now")
    assert len(lines) <= height
    assert all(len(each) <= 60 for each in lines)
    if height >= 12:
        assert sum(each.startswith("... and") for each in lines) == (hosts > 3) + (recoveries > 3)


def test_a_change_tells_what_was_and_what_is() -> None:
    first = seen(host("a"), recovery(2))
    before = {
        name: value for name, value in host("a").items() if name not in ("name", "last_seen_up")
    }
    told = changes(NOTHING, first)
    assert told[0] == {"host": "a", "before": None, "after": before}
    assert (told[1]["recovery"], told[1]["before"]) == (2, None)
    assert told[1]["after"]["held"] == "gate"
    assert changes(first, first) == []
    down = seen(host("a", forced_down=True), recovery(2))
    assert changes(first, down) == [
        {"host": "a", "before": before, "after": before | {"forced_down": True}}
    ]
    assert changes(first, seen(recovery(2))) == [{"host": "a", "before": before, "after": None}]


def test_that_a_host_was_heard_once_more_is_no_change() -> None:
    assert changes(seen(host("a")), seen(host("a", last_seen_up="2026-01-03"))) == []


def test_the_end_of_an_open_recovery_is_told_once_and_an_old_one_never() -> None:
    over = recovery(2, stage="returned", ended_at="2026-01-02T04:00:00.000000")
    (told,) = changes(seen(recovery(2)), seen(over))
    assert (told["before"]["stage"], told["after"]["stage"]) == ("held", "returned")
    assert changes(seen(over), seen(over)) == []
    assert changes(NOTHING, seen(over)) == []


def test_a_first_look_that_fails_ends_it(openrc: Cloud, run: Run) -> None:
    openrc.bodies[HOSTS] = {"servers": []}
    ended = run("watch", "-f", "json")
    assert (ended.code, "is it another Compute API?" in ended.err) == (1, True)


# ---------------------------------------------------------------------------------- as a process


@contextmanager
def watching(*words: str, out: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "hostdown", "watch", *words]
    process = subprocess.Popen(
        command, stdout=out, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for each in (process.stdout, process.stderr):
            if each is not None:
                each.close()


def lines_of(pipe: IO[str] | None) -> Callable[[], dict[str, Any]]:
    assert pipe is not None
    return lambda: json.loads(pipe.readline())


def test_a_pipe_gets_a_line_for_each_change_over_a_restart_of_the_server(
    openrc: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, open_ones = [host("a")], [recovery(2)]
    openrc.bodies |= {HOSTS: lambda: {"hosts": hosts}, RECOVERIES: {"recoveries": open_ones}}
    with watching() as process:
        line = lines_of(process.stdout)
        assert line()["after"]["state"] == "up"
        assert line()["recovery"] == 2
        openrc.faults["/agent/v1/hosts"] = fault(503, "serviceUnavailable", "It restarts.")
        assert process.stderr is not None
        assert "It restarts." in process.stderr.readline()
        hosts[0] = host("a", state="down")
        openrc.faults.clear()
        assert process.stderr.readline() == "hostdown: the server answers again\n"
        told = line()
        assert (told["before"]["state"], told["after"]["state"]) == ("up", "down")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stdout is not None
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_it_logs_in_again_where_its_token_is_over(openrc: Cloud) -> None:
    hosts = [host("a")]
    openrc.bodies |= {HOSTS: lambda: {"hosts": hosts}, RECOVERIES: {"recoveries": []}}
    with watching("-f", "json") as process:
        line = lines_of(process.stdout)
        line()
        once = fault(401, "error", "No.")._replace(times=1)
        openrc.faults["/agent/v1/hosts"] = once
        hosts[0] = host("a", state="down")
        assert line()["after"]["state"] == "down"
    log_ins = [each for each in openrc.asked if each.path == "/identity/v3/auth/tokens"]
    assert len(log_ins) == 2


def test_a_terminal_gets_a_screen_and_is_left_as_it_was(openrc: Cloud, tmp_path: Path) -> None:
    hosts = [host("a")]
    openrc.bodies |= {HOSTS: lambda: {"hosts": hosts}, RECOVERIES: {"recoveries": []}}
    ours, theirs = pty.openpty()
    try:
        with watching(out=theirs) as process:
            shown = ""

            def until(text: str) -> None:
                nonlocal shown
                while text not in shown:
                    shown += os.read(ours, 65536).decode()

            until("LAST HEARD")
            assert shown.startswith("\x1b[?1049h\x1b[?25l\x1b[H")
            hosts[0] = host("a", forced_down=True, host_status="DOWN")
            until("DOWN ")
            openrc.faults["/agent/v1/hosts"] = fault(503, "serviceUnavailable", "It restarts.")
            until("It restarts.")
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            until("\x1b[?25h\x1b[?1049l")
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_table_into_a_pipe_has_all_columns(openrc: Cloud) -> None:
    openrc.bodies |= {HOSTS: {"hosts": [host("a"), LOST]}, RECOVERIES: {"recoveries": []}}
    with watching("-f", "table") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
    assert "LAST HEARD" in lines[2]
    assert lines[3].count("2026-01-02 03:04:05") == 2
