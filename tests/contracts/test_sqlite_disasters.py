"""SQLite when its processes are killed and its disk is full."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.stores import fast_directory, sqlite_settings

from hostdown.services.cell_ports import Cell
from hostdown.storage import DatabaseSettings, Storage, open_storage

NOW = datetime(2026, 3, 1, 12)
PATIENCE_S = 30


@pytest.fixture
def settings() -> Iterator[DatabaseSettings]:
    with fast_directory() as directory:
        yield sqlite_settings(Path(directory))


@pytest.fixture
def store(settings: DatabaseSettings) -> Iterator[Storage]:
    opened = open_storage(settings)
    yield opened
    opened.close()


def add(cell: Cell, host: str) -> None:
    cell.write(lambda rows: rows.services.create(host, "nova-compute", NOW, None))


def hosts(cell: Cell) -> set[str]:
    return {service.host for service in cell.read(lambda rows: rows.services.find())}


ANSWERING = """
import sys
from datetime import datetime
from threading import Thread
from hostdown.storage import DatabaseSettings, open_storage

url, mark = sys.argv[1:]
cell = open_storage(DatabaseSettings(url, url)).cells.all()[0]
now = datetime(2026, 3, 1)

def write(thread):
    number = 0
    while True:
        name = f"{mark}-{thread}-{number}"
        cell.write(lambda rows: rows.services.create(name, "nova-compute", now, None))
        sys.stdout.write(name + "\\n")
        sys.stdout.flush()
        number += 1

for thread in range(4):
    Thread(target=write, args=(thread,)).start()
"""


def test_what_was_answered_before_a_kill_is_there(cell: Cell, settings: DatabaseSettings) -> None:
    answered: set[str] = set()
    for mark in range(5):
        command = [sys.executable, "-c", ANSWERING, settings.cell_url, str(mark)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(20 + 37 * mark):
                answered.add(writer.stdout.readline().strip())
            writer.send_signal(signal.SIGKILL)
            answered.update(line.strip() for line in writer.stdout if line.endswith("\n"))
        assert answered <= hosts(cell)
        add(cell, f"next-{mark}")  # nobody's lock is left
    assert len(answered) > 20


FULL = """
import os, sys
from datetime import datetime
from pathlib import Path
from subprocess import run
from hostdown.domain.errors import StorageFull
from hostdown.storage import DatabaseSettings, open_storage, schema

place = Path(sys.argv[1])
run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", place], check=True)
url = f"sqlite:///{place}/hostdown.sqlite"
settings = DatabaseSettings(url, url)
schema.ensure(settings)
cell = open_storage(settings).cells.all()[0]
now = datetime(2026, 3, 1)

def add(name):
    reason = "x" * 255
    cell.write(lambda rows: rows.services.create(name, "nova-compute", now, reason))

def count():
    return len(cell.read(lambda rows: rows.services.find()))

written = 0
try:
    while True:
        add(f"host{written}")
        written += 1
except StorageFull as error:
    print(error)
assert written > 20, written
assert count() == written, (count(), written)
for _ in range(3):
    try:
        add("still full")
        raise SystemExit("there was room")
    except StorageFull:
        pass
assert count() == written
run(["mount", "-o", "remount,size=8m", "none", place], check=True)
add("room again")
assert count() == written + 1
try:
    schema.ensure(DatabaseSettings(f"sqlite:///{place}/new.sqlite", url))
except StorageFull:
    raise SystemExit("no room for a new one")
print("recovered")
"""


def test_a_full_disk_is_told_changes_nothing_and_is_recovered_from(tmp_path: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True, timeout=PATIENCE_S)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no user namespace to mount a small disk in: {error}")
    command = [*alone, sys.executable, "-c", FULL, str(tmp_path)]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert ended.returncode == 0, ended.stderr
    assert "no room left, so nothing was changed; free some disk space" in ended.stdout
    assert ended.stdout.endswith("recovered\n")
