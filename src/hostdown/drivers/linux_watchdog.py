"""A hardware timer of this machine by the kernel's watchdog device (Linux, watchdog-api.rst).

Opening it starts it, and with `nowayout` nothing ends it before the next boot; closing it pets it
once. So nothing is opened to find out what it is: sysfs tells that.
"""

import fcntl
import os
import re
import struct
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from hostdown.domain.watchdog_errors import WatchdogUnfit

_SETTIMEOUT = 0xC0045706
"""WDIOC_SETTIMEOUT: _IOWR('W', 6, int)."""
_KEEPALIVE = 0x80045705
"""WDIOC_KEEPALIVE: _IOR('W', 5, int)."""
_INT = struct.Struct("i")

_SOFT = "Software Watchdog"
"""What softdog says it is: a timer of the kernel that it is to guard."""
_NAME = re.compile(r"/dev/(watchdog\d+)")
_SYSTEMD_KEYS = ("RuntimeWatchdogUSec", "RebootWatchdogUSec", "KExecWatchdogUSec")
_SYSTEMD_OFF = "0"
"""Another one is a time, or the timer's own, which is what `infinity` stands for."""
_SYSTEMCTL_S = 5.0

Ioctl = Callable[[int, int, bytes], object]
Settings = Callable[[], Mapping[str, str]]
"""What systemd says of its own watchdogs: `_SYSTEMD_OFF` for each where it does not run."""


def systemd_settings() -> dict[str, str]:
    """What it knows by these names; raises OSError, subprocess.SubprocessError."""
    if not os.path.isdir("/run/systemd/system"):
        return dict.fromkeys(_SYSTEMD_KEYS, _SYSTEMD_OFF)
    words = ["systemctl", "show", *(f"--property={name}" for name in _SYSTEMD_KEYS)]
    told = subprocess.run(  # noqa: S603 - words of our own
        words, check=True, capture_output=True, text=True, timeout=_SYSTEMCTL_S
    )
    return dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line)


class LinuxWatchdog:
    """`agent.watch_ports.Timer` of the device `/dev/watchdogN`. Called by one thread.

    `root` is where the machine's file system begins.
    """

    def __init__(
        self,
        device: Path,
        timeout_s: int,
        root: Path = Path("/"),
        ioctl: Ioctl = fcntl.ioctl,
        settings: Settings = systemd_settings,
    ) -> None:
        self._device = device
        self._timeout_s = timeout_s
        self._root = root
        self._ioctl = ioctl
        self._settings = settings
        self._descriptor: int | None = None

    def check(self) -> None:
        """See `Timer`."""
        for look in (self._check_device, self._check_machine, self._check_systemd):
            reason = look()
            if reason:
                raise self._unfit(reason)

    def open(self) -> None:
        """See `Timer`. What it cannot set is petted all the same, for the timer runs by then."""
        try:
            if self._descriptor is None:
                path = self._root / self._device.relative_to("/")
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            self._ioctl(self._descriptor, _SETTIMEOUT, _INT.pack(self._timeout_s))
        except OSError as error:
            if self._descriptor is not None:
                self.pet()
            raise self._unfit(f"it does not obey ({error.strerror})") from error
        self.pet()

    def pet(self) -> None:
        """See `Timer`."""
        if self._descriptor is None:
            raise self._unfit("it is not open")
        try:
            self._ioctl(self._descriptor, _KEEPALIVE, _INT.pack(0))
        except OSError as error:
            raise self._unfit(f"it cannot be petted ({error.strerror})") from error

    def _check_device(self) -> str:
        found = _NAME.fullmatch(str(self._device))
        if found is None:
            return "give it as /dev/watchdogN, for /dev/watchdog may become another one"
        place = f"sys/class/watchdog/{found[1]}"
        identity = self._read(f"{place}/identity")
        if identity is None:
            return "the kernel knows none of that name, or was built without CONFIG_WATCHDOG_SYSFS"
        if identity == _SOFT:
            return "softdog is a timer of the kernel that it is to guard; it takes hardware"
        if self._read(f"{place}/nowayout") != "1":
            return (
                "whoever closes it can stop it; load its driver with nowayout=1 (a line "
                f"'options DRIVER nowayout=1' in /etc/modprobe.d; it is '{identity}')"
            )
        return ""

    def _check_machine(self) -> str:
        flags = re.search(r"^(?:flags|Features)\s*:.*\bhypervisor\b", self._cpuinfo(), re.MULTILINE)
        if flags or self._read("sys/hypervisor/type"):
            return "this is a virtual machine, whose timer stands still when its host does"
        return ""

    def _check_systemd(self) -> str:
        try:
            settings = self._settings()
        except (OSError, subprocess.SubprocessError) as error:
            return f"systemd does not say whether it has a hand in watchdogs ({error})"
        for name in _SYSTEMD_KEYS:
            value = settings.get(name)
            if value is None:
                return f"systemd does not say what {name} is; older ones had it by another name"
            if value != _SYSTEMD_OFF:
                option = name.replace("USec", "Sec")
                return (
                    f"systemd may set it to another time-out ({name} is {value}); say {option}=off "
                    "in /etc/systemd/system.conf, then 'systemctl daemon-reexec'"
                )
        return ""

    def _cpuinfo(self) -> str:
        return self._read("proc/cpuinfo") or ""

    def _read(self, file: str) -> str | None:
        try:
            return (self._root / file).read_text().strip()
        except OSError:
            return None

    def _unfit(self, reason: str) -> WatchdogUnfit:
        return WatchdogUnfit(device=self._device, reason=reason)
