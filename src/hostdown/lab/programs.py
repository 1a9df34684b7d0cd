"""Programs of the machine that a lab uses: run one, see that all are there, install what is not."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from hostdown.lab.errors import LabError

PROGRAM_TIMEOUT_S = 30.0
"""What a small program of the machine may take: `ip`, `nft`, `openssl`."""
INSTALL_TIMEOUT_S = 900.0
"""What the installation of the missing packages may take."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_PACKAGES = {
    "ip": ("iproute2",),
    "nft": ("nftables",),
    "openssl": ("openssl",),
    "qemu-system-x86_64": ("qemu-system-x86", "seabios", "ipxe-qemu"),
    "qemu-img": ("qemu-utils",),
    "libvirtd": ("libvirt-daemon-system", "libvirt-daemon-driver-qemu"),
    "virtlockd": ("libvirt-daemon-system",),
    "virsh": ("libvirt-clients",),
    "unshare": ("util-linux",),
    "mount": ("mount",),
}
"""Debian's packages by program."""

_POLICY = Path("/usr/sbin/policy-rc.d")


def environment() -> dict[str, str]:
    """The caller's, without what would lead our processes elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "HOSTDOWN_", "LIBVIRT_"))
        and not name.lower().endswith("_proxy")
    }
    return kept | {"PATH": PATH, "LC_ALL": "C.UTF-8"}


def run(*words: str, text: str = "") -> str:
    """What a program printed; raises LabError with what it complained of."""
    try:
        done = subprocess.run(  # noqa: S603 - a program of the machine, words of our own
            words,
            input=text,
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT_S,
            env=environment(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"'{' '.join(words)}' cannot be run: {error}.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise LabError(f"'{' '.join(words)}' failed: {said or done.returncode}.")
    return done.stdout


def ready(install: bool) -> None:
    """See that this machine can have a lab, and with `install` make it so; raises LabError."""
    if os.geteuid():
        raise LabError(
            "Only root can make the networks and namespaces of a lab; run it with sudo, or in a "
            "container or a virtual machine of your own."
        )
    if find_spec("libvirt") is None:
        raise LabError(
            "A lab's hosts take the Python package libvirt-python, which is missing here: "
            "pip install 'hostdown[libvirt]' (it is built: gcc, pkg-config, libvirt-dev)."
        )
    packages = _missing()
    if packages and install:
        _install(packages)
        packages = _missing()
    if packages:
        raise LabError(
            f"A lab needs Debian's packages {', '.join(packages)}, which are missing here; "
            "'hostdown lab up --install' installs them, or: apt-get install "
            f"--no-install-recommends {' '.join(packages)}"
        )


def _missing() -> list[str]:
    lacking = [each for each in _PACKAGES if shutil.which(each, path=PATH) is None]
    return list(dict.fromkeys(package for each in lacking for package in _PACKAGES[each]))


def _install(packages: Sequence[str]) -> None:
    if shutil.which("apt-get", path=PATH) is None:
        raise LabError(
            f"There is no apt-get on this machine; install what Debian calls {', '.join(packages)}."
        )
    options = ["-qq", "install", "-y", "--no-install-recommends"]
    with _nothing_starts():
        for words in (["-qq", "update"], [*options, *packages]):
            done = subprocess.run(  # noqa: S603 - packages of our own list
                ["apt-get", *words],  # noqa: S607 - found in the PATH of `environment`
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_TIMEOUT_S,
                env=environment() | {"DEBIAN_FRONTEND": "noninteractive"},
                check=False,
            )
            if done.returncode:
                raise LabError(f"'apt-get {' '.join(words)}' failed: {done.stderr.strip()[-500:]}")


@contextlib.contextmanager
def _nothing_starts() -> Iterator[None]:
    """What is installed for a lab must not begin to serve: hosts of the lab start their own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
