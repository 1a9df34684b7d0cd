"""Output for people and for scripts: streams, encodings, pagers that go away."""

import os
import subprocess
import sys

import pytest
from tests.cli.command_line import Run
from tests.cli.fake_cloud import Cloud

HOSTDOWN = [sys.executable, "-m", "hostdown"]


def spawn(*argv: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*HOSTDOWN, *argv],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_force_down_needs_no_keyboard(openrc: Cloud) -> None:
    ended = spawn("service-force-down", "compute1", "nova-compute", "-f", "json")
    assert ended.returncode == 0
    assert b"WARNING" in ended.stderr
    assert b"WARNING" not in ended.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_in_any_script_print_in_any_encoding(openrc: Cloud, encoding: str) -> None:
    openrc.services[0]["host"] = "вычислитель-計算"
    ended = spawn("service", "list", PYTHONIOENCODING=encoding)
    assert (ended.returncode, ended.stderr) == (0, b"")
    name = openrc.services[0]["host"].encode(encoding, "backslashreplace")
    assert name in ended.stdout


def test_a_terminal_is_not_steered_by_what_others_wrote(openrc: Cloud, run: Run) -> None:
    openrc.services[0]["disabled_reason"] = "\x1b[2Jgone\u202e\x07"
    ended = run("service", "list", "--long")
    assert "\\x1b[2Jgone\\u202e\\x07" in ended.out
    assert "\x1b" not in ended.out


def test_no_colours_where_nobody_looks(openrc: Cloud) -> None:
    for argv in (["service", "list"], ["--help"], ["help", "service", "list"]):
        assert b"\x1b" not in spawn(*argv, TERM="xterm-256color").stdout


def test_a_reader_that_goes_away_is_not_talked_about(openrc: Cloud) -> None:
    openrc.services *= 3000
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [*HOSTDOWN, "service", "list"], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    os.read(reader, 100)
    os.close(reader)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (141, b"")


def test_a_table_fits_the_width_that_is_asked_for(openrc: Cloud, run: Run) -> None:
    wide = run("service", "list").out.splitlines()
    narrow = run("service", "list", "--fit-width", "--max-width", "100").out.splitlines()
    assert len(wide[0]) > len(narrow[0])


def test_a_list_of_nothing_is_an_empty_answer_not_an_error(openrc: Cloud, run: Run) -> None:
    openrc.services = []
    assert run("service", "list", "-f", "json").out == "[]\n"
    assert run("service", "list").code == 0


def test_what_is_not_there_to_show_is_said(openrc: Cloud, run: Run) -> None:
    ended = run("service", "list", "-c", "Nonsense")
    assert ended.code == 1
    assert "No recognized column names" in ended.err


def test_a_command_line_that_is_no_text_is_a_usage_error(openrc: Cloud) -> None:
    ended = spawn("service", "list", "--host", os.fsdecode(b"\xff"))  # no UTF-8
    assert (ended.returncode, openrc.asked) == (2, [])
    assert b"not text" in ended.stderr
