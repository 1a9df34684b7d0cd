"""What an agent keeps: held by one, whole or not at all, readable by its owner alone."""

import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from hostdown.agent.errors import Stopped
from hostdown.agent.ports import Identity
from hostdown.agent.state import StateDirectory
from hostdown.agent.swarm_state import SwarmState
from hostdown.compose_hosts import played
from hostdown.domain.errors import MachineUnreadable, SecretFileUnusable
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.secret_file import read_secret, write_secret
from hostdown.drivers.simulated_machine import SimulatedMachine
from hostdown.drivers.system_clock import SystemClock

ME = Identity("id-1", "узел", b"\x00secret\xff", "firmware", 7)


def test_what_is_kept_comes_back_and_is_private(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "a" / "agent")
    assert state.load() is None
    state.save(ME)
    state.save(ME._replace(session=8))
    assert state.load() == ME._replace(session=8)
    modes = {
        path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "a/agent").iterdir()
    }
    assert modes == {"identity.json": "0o600", "lock": "0o600"}
    state.close()


def test_two_agents_never_share_a_directory(tmp_path: Path) -> None:
    first = StateDirectory(tmp_path)
    with pytest.raises(Stopped, match="give each agent its own --state-dir"):
        StateDirectory(tmp_path)
    first.close()
    StateDirectory(tmp_path).close()


def test_an_identity_put_aside_is_gone_but_not_lost(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    state.forget()
    state.save(ME)
    state.forget()
    assert state.load() is None
    assert (tmp_path / "identity.old").exists()
    state.close()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 2}', b"[1]", b"\xff"])
def test_an_identity_that_cannot_be_read_is_not_taken_for_none(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "identity.json").write_bytes(content)
    state = StateDirectory(tmp_path)
    with pytest.raises(Stopped, match="cannot be read as this host's identity"):
        state.load()
    state.close()


def test_a_directory_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Stopped, match="cannot be used"):
        StateDirectory(tmp_path / "file" / "agent")


SAVE_FOR_EVER = """
import sys
from datetime import datetime
from pathlib import Path
from hostdown.agent.ports import Identity
from hostdown.agent.state import StateDirectory
state = StateDirectory(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    state.save(Identity("id", "n" * 5000, b"s" * 32, "firmware", number))
    print(number, flush=True)
"""


def test_a_killed_agent_leaves_a_whole_identity(tmp_path: Path) -> None:
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        last = int(([b"0", *process.stdout.read().split()])[-1])
        process.stdout.close()
        state = StateDirectory(tmp_path)
        kept = state.load()
        state.close()
        assert kept is not None
        assert len(kept.name) == 5000
        assert kept.session >= last


def test_a_swarm_finds_its_hosts_again_and_survives_a_torn_line(tmp_path: Path) -> None:
    first = SwarmState(tmp_path)
    for number in range(3):
        first.store("узел").save(ME._replace(session=number))
    first.store("b").save(ME._replace(name="b"))
    second = SwarmState(tmp_path)
    assert second.store("узел").load() == ME._replace(session=2)
    for state in (first, second):
        os.close(state._file)
    with (tmp_path / "swarm.jsonl").open("ab") as file:
        file.write(b'{"version": 1, "id": "cu')
    third = SwarmState(tmp_path)
    assert third.store("b").load() == ME._replace(name="b")
    assert third.store("c").load() is None
    assert len((tmp_path / "swarm.jsonl").read_bytes().splitlines()) == 2
    os.close(third._file)


def files(root: Path, **content: str) -> LinuxMachine:
    places = {
        "uuid": "sys/class/dmi/id/product_uuid",
        "serial": "sys/class/dmi/id/product_serial",
        "machine": "etc/machine-id",
        "name": "proc/sys/kernel/hostname",
        "boot": "proc/sys/kernel/random/boot_id",
        "stat": "proc/stat",
    }
    for name, text in content.items():
        path = root / places[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return LinuxMachine(root)


def test_the_most_telling_source_that_can_be_read_comes_first(tmp_path: Path) -> None:
    every = files(tmp_path / "1", uuid="U", serial="S", machine="M", name="N", boot="B\n")
    assert every.sources() == ["firmware", "machine-id", "host-name"]
    assert len({every.machine_id(source) for source in every.sources()}) == 3
    assert every.boot_id() == "B"
    assert files(tmp_path / "2", uuid="U", machine="M").sources() == ["machine-id"]
    assert files(tmp_path / "3", machine="\n", name="N").sources() == ["host-name"]
    bare = files(tmp_path / "4")
    with pytest.raises(MachineUnreadable, match="hostname: No such file"):
        bare.machine_id(bare.sources()[0])


def test_a_machine_is_told_by_a_hash_that_does_not_show_it(tmp_path: Path) -> None:
    machine = files(tmp_path, machine="3d1219c7c4c5404aaa1f6d2a48adfda4")
    shown = machine.machine_id("machine-id")
    assert len(shown) == 64
    assert "3d1219c7" not in shown


def test_simulated_hosts_are_a_machine_each_and_real_ones_are_this_machine(tmp_path: Path) -> None:
    def told(hypervisor: str, name: str) -> str:
        machine = played(hypervisor, name, linux)
        return machine.machine_id(machine.sources()[0])

    linux = files(tmp_path, machine="M", name="N", boot="B")
    real = linux.machine_id("machine-id")
    assert {told("libvirt", name) for name in "ab"} == {real}
    simulated = [told(kind, name) for kind in ("fake", "simulated") for name in "ab"]
    assert simulated[:2] == simulated[2:]
    assert len({*simulated, real}) == 3
    assert {len(each) for each in simulated} == {64}


def test_a_simulated_host_of_before_is_still_known(tmp_path: Path) -> None:
    linux = files(tmp_path, machine="M", boot="B")
    host = SimulatedMachine(linux, "a")
    assert host.machine_id("machine-id") == linux.machine_id("machine-id")
    assert (host.boot_id(), SimulatedMachine(linux, "a", "C").boot_id()) == ("B", "C")


def test_this_machine_can_be_told() -> None:
    machine = LinuxMachine()
    assert len(machine.machine_id(machine.sources()[0])) == 64
    assert len(machine.boot_id()) == 36
    assert datetime(2000, 1, 1) < machine.booted_at() < SystemClock().now()


def test_a_machine_knows_when_it_was_started(tmp_path: Path) -> None:
    machine = files(tmp_path / "1", stat="cpu  1 2\nctxt 5\nbtime 1772366400\nprocesses 3\n")
    assert machine.booted_at() == datetime(2026, 3, 1, 12)
    for number, content in enumerate(("cpu 1 2", "btime", "btime soon")):
        with pytest.raises(MachineUnreadable, match="does not say when it started"):
            files(tmp_path / f"wrong{number}", stat=content).booted_at()
    with pytest.raises(MachineUnreadable, match="No such file"):
        files(tmp_path / "none").booted_at()


def test_a_secret_file_is_private_and_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "enrolment-secret"
    write_secret(file, b"0123456789abcdef")
    before = file.stat()
    write_secret(file, b"0123456789abcdef")
    assert file.stat().st_ino == before.st_ino
    assert oct(before.st_mode & 0o777) == "0o600"
    assert read_secret(file) == b"0123456789abcdef"
    for content in (b"short", b"x" * 5000):
        file.write_bytes(content)
        with pytest.raises(SecretFileUnusable, match="must hold"):
            read_secret(file)
    with pytest.raises(SecretFileUnusable, match="No such file"):
        read_secret(tmp_path / "none")
    with pytest.raises(SecretFileUnusable, match="No such file"):
        write_secret(tmp_path / "none" / "file", b"0123456789abcdef")
