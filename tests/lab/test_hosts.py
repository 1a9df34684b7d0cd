"""Hosts of a lab are machines of their own, and can be cut off and switched off."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.lab.bench import Bench, processes_in, until_true
from tests.lab.conftest import HOSTS
from tests.processes.harness import pools_of

from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.lab.plan import POOL, SERVER_PORT, WATCHDOG

_MACHINE = (
    "from hostdown.drivers.linux_machine import LinuxMachine as M; import socket, os;"
    "m = M(); print(m.sources()[0], m.machine_id(m.sources()[0]), m.boot_id(),"
    "socket.gethostname(), os.readlink('/proc/self/ns/pid'))"
)


def test_status_is_told_in_every_form(lab: Bench) -> None:
    assert "| lab1 | on    |" in lab.type("status")
    [row, _] = json.loads(lab.type("status", "--long", "-f", "json"))
    assert row == lab.status()["lab1"]
    host = lab.plan.host("lab1")
    assert row["BMC"] + row["System"] == (
        f"https://{host.bmc_address}:8443/redfish/v1/Systems/{host.uuid}"
    )
    assert lab.type("cut", "nobody", status=1) == (
        f"hostdown: The lab in {lab.directory} has no host 'nobody'; 'hostdown lab status'.\n"
    )


def test_a_second_up_changes_nothing(lab: Bench) -> None:
    before = lab.status()
    told = lab.up(len(HOSTS))
    assert "lab2 is up at" in told
    assert lab.status() == before
    assert "keeps them" in lab.type("up", "--hosts", "3", status=1)


def test_each_host_is_a_machine_of_its_own(lab: Bench) -> None:
    rows = lab.status()
    here = LinuxMachine()
    machines, boots = {here.machine_id(here.sources()[0])}, {here.boot_id()}
    for host in HOSTS:
        words = lab.inside(host, sys.executable, "-c", _MACHINE).split()
        assert words[3] == host
        assert words[4] != os.readlink("/proc/self/ns/pid")
        assert words[2] == rows[host]["Boot ID"]
        machines.add(words[1])
        boots.add(words[2])
    assert (len(machines), len(boots)) == (3, 3)


def test_each_host_has_a_libvirt_of_its_own_and_all_have_one_pool(lab: Bench) -> None:
    found = set()
    for host in lab.plan.hosts:
        told = lab.inside(host.name, "virsh", "-c", "qemu:///system", "capabilities")
        assert host.uuid in told
        found.add(lab.inside(host.name, "cat", POOL / "hostdown-pool"))
    assert found == {(lab.directory / "pool" / "hostdown-pool").read_text()}
    assert json.loads(found.pop())["version"] == 1


def test_all_hosts_say_that_they_have_one_pool_whose_locks_work(lab: Bench) -> None:
    pool = json.loads((lab.directory / "pool" / "hostdown-pool").read_text())["id"]
    expected = dict.fromkeys(HOSTS, (pool, "locks"))
    until_true(lambda: pools_of(lab.directory / "server") == expected)


def test_a_cut_host_reaches_nobody_until_it_is_healed(lab: Bench) -> None:
    gateway, other = lab.plan.gateway, lab.plan.host("lab2").address
    assert lab.hears("lab1", gateway)
    assert lab.hears("lab1", other)
    lab.type("cut", "lab1")
    assert lab.status()["lab1"]["Link"] == "cut"
    assert not lab.hears("lab1", gateway)
    assert not lab.hears("lab1", other)
    assert lab.hears("lab2", gateway)
    fetch = ("curl", "-sf", "-m", "5", f"http://{gateway}:{SERVER_PORT}/healthz")
    assert lab.try_inside("lab1", *fetch).returncode
    lab.until_state("lab1", "down")
    lab.type("cut", "lab1", "--heal")
    assert lab.hears("lab1", gateway)
    lab.until_state("lab1", "up")


def test_a_host_that_is_cut_one_way_still_hears(lab: Bench) -> None:
    address, gateway = lab.plan.host("lab1").address, lab.plan.gateway
    listen = (
        "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(20);"
        f"s.bind(('{address}', 9)); print('listening', flush=True);"
        f"said, whence = s.recvfrom(9); s.sendto(b'back', whence); print(said.decode())"
    )
    words = lab.enter("lab1", sys.executable, "-c", listen)
    subprocess.run(["ping", "-n", "-c", "1", "-W", "5", address], check=True, capture_output=True)
    lab.type("cut", "lab1", "--one-way")
    with (
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as host,
        socket.socket(type=socket.SOCK_DGRAM) as here,
    ):
        assert host.stdout is not None
        assert host.stdout.readline() == "listening\n"
        here.bind((gateway, 0))
        here.settimeout(1)
        here.sendto(b"hello", (address, 9))
        assert host.stdout.readline() == "hello\n"
        try:
            answer = here.recv(9)
        except TimeoutError:
            answer = b""
    assert answer == b""
    assert lab.status()["lab1"]["Link"] == "cut from the host"
    lab.type("cut", "lab1", "--heal")


_GUEST = f"""
<domain type='qemu'>
  <name>guest</name> <memory unit='MiB'>8</memory> <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='{POOL}/guest.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
"""


def test_power_off_kills_everything_and_power_on_is_a_new_boot(lab: Bench) -> None:
    before = lab.status()["lab2"]
    first = lab.record("lab2")["boot"]
    namespace = os.readlink(f"/proc/{before['PID']}/ns/pid")
    (lab.directory / "pool" / "guest.img").write_bytes(bytes(4096))
    (lab.directory / "guest.xml").write_text(_GUEST)
    lab.inside("lab2", "virsh", "-c", "qemu:///system", "create", lab.directory / "guest.xml")
    (lab.directory / "guest.xml").unlink()
    daemons = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in processes_in(namespace)}
    assert {"libvirtd", "virtlockd", "qemu-system-x86"} <= daemons
    lab.type("power", "off", "lab2")
    assert processes_in(namespace) == []
    off = lab.status()["lab2"]
    assert (off["Power"], off["PID"], off["Agent PID"]) == ("off", None, None)
    lab.type("power", "off", "lab2")
    lab.until_state("lab2", "down")
    lab.type("power", "on", "lab2")
    lab.until_state("lab2", "up")
    after = lab.status()["lab2"]
    assert after["Boot"] == before["Boot"] + 1
    assert after["Boot ID"] != before["Boot ID"]
    assert lab.record("lab2")["boot"] == first + 1


def test_a_daemon_that_dies_is_started_anew(lab: Bench) -> None:
    before = lab.status()["lab1"]
    lab.inside("lab1", "sh", "-c", "kill -9 $(cat /proc/1/task/1/children)")
    until_true(lambda: lab.status()["lab1"]["Agent PID"] not in (None, before["Agent PID"]))
    assert lab.status()["lab1"]["PID"] == before["PID"]


_PET = f"""
import socket, threading
dog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
dog.bind("")
dog.settimeout(10)
dog.connect("{WATCHDOG}")
def say(text):
    dog.send(text.encode())
    return dog.recv(64).decode()
print(say("pet"), say("arm 1.5"), say("arm 3"), sep="|")
pause = threading.Event()
for _ in range(10):
    pause.wait(0.25)
    print(say("pet"), flush=True)
"""


def test_the_watchdog_fires_when_it_is_not_petted_any_more(lab: Bench) -> None:
    """Although whoever petted it has closed its end."""
    namespace = os.readlink(f"/proc/{lab.status()['lab2']['PID']}/ns/pid")
    first, *pets = lab.inside("lab2", sys.executable, "-c", _PET).splitlines()
    assert first.split("|") == [
        "refused: it is not armed",
        "armed 1.5",
        "refused: it is armed with 1.5 seconds until the next boot",
    ]
    assert pets == ["armed 1.5"] * 10
    until_true(lambda: lab.status()["lab2"]["Power"] == "off")
    assert processes_in(namespace) == []
    assert "not petted for 1.5 s" in (lab.directory / "hosts/lab2/console.log").read_text()
    lab.type("power", "on", "lab2")
