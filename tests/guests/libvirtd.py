"""A libvirtd of our own, with directories, mounts and process numbers that nobody else has."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.debian import need, need_packages
from tests.processes.harness import children, until

QEMU_CONF = """
stdio_handler = "file"
security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
namespaces = []
"""
LIBVIRTD_CONF = """
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
host_uuid = "5e1f0e0c-0d5c-4f0e-9d0b-5a3d0c6b7f%02d"
"""
# Process 1 of the namespace collects the guests' processes, starts the daemon again when it ends,
# and takes everything with it when it is killed.
INIT = """
mount --make-rprivate / && mount -t proc proc /proc
for each in etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt run:/run/libvirt; do
    mkdir -p "${each#*:}" && mount --bind "$1/${each%%:*}" "${each#*:}"
done
while true; do
    "$2" --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/daemon.pid
    rm -f /run/libvirt/daemon.pid /run/libvirt/libvirt-sock
done
"""
START_S = 60.0
"""On a machine where QEMU was never tried, libvirt's first answer takes long."""


class Libvirtd:
    """`uri` reaches it from this process; `pid` is the daemon's as seen from here."""

    def __init__(self, directory: Path, init: subprocess.Popen[bytes]) -> None:
        self.uri = f"qemu+unix:///system?socket={directory}/run/libvirt-sock"
        self._directory = directory
        self._init = init

    def pid(self) -> int:
        """Of the daemon that runs now."""
        found: list[int] = []

        def look() -> bool:
            for inner in children(self._init.pid):
                found.extend(pid for pid, name in children(inner).items() if name == "libvirtd")
            return bool(found)

        until(look, START_S)
        return found[0]

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """The daemon stands still."""
        pid = self.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The daemon is killed, and another one starts only afterwards."""
        pid = self.pid()
        shell = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(shell, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        try:
            yield
        finally:
            os.kill(shell, signal.SIGCONT)

    @contextmanager
    def record(self, name: str) -> Iterator[Path]:
        """What the daemon keeps of a guest, to be changed: it is killed, and reads it anew then."""
        with self.gone():
            yield self._directory / "run" / "qemu" / f"{name}.xml"

    def killed(self) -> None:
        """The daemon is killed; another one starts by itself."""
        os.kill(self.pid(), signal.SIGKILL)


@contextmanager
def libvirtd(number: int = 1) -> Iterator[Libvirtd]:
    """Runs until the end, then kills all that it started; two of one number are one host."""
    if os.geteuid() != 0:
        pytest.skip("a libvirtd of our own takes root, for a mount namespace")
    pytest.importorskip("libvirt", reason="libvirt-python was not built: make venv says why")
    need_packages("qemu-system-x86", "libvirt-daemon-system", "libvirt-daemon-driver-qemu")
    program = need("libvirtd", "libvirt-daemon")
    # A socket's path has to be short.
    directory = Path(tempfile.mkdtemp(prefix="hd-libvirt-"))
    for name in ("etc", "lib", "run"):
        (directory / name).mkdir()
    share_cache(directory / "cache")
    (directory / "etc" / "qemu.conf").write_text(QEMU_CONF)
    (directory / "etc" / "libvirtd.conf").write_text(LIBVIRTD_CONF % number)
    script = directory / "init"
    script.write_text(INIT)
    # All of it ends with this process, however that ends.
    unshare = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork"]
    with (directory / "log").open("wb") as log:
        init = subprocess.Popen(
            [*unshare, "--kill-child", "bash", script, directory, program], stdout=log, stderr=log
        )
    try:
        until((directory / "run" / "libvirt-sock").exists, START_S)
        yield Libvirtd(directory, init)
    finally:
        init.kill()
        init.wait(10)
        shutil.rmtree(directory, ignore_errors=True)


def share_cache(path: Path) -> None:
    """Let libvirt keep there what it found out about QEMU: it takes seconds, so runs share it."""
    cache = Path.home() / ".cache" / "hostdown-tests" / "libvirt"
    cache.mkdir(parents=True, exist_ok=True)
    path.symlink_to(cache)
