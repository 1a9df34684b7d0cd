"""`services.image_ports.ImageInspector` by `qemu-img`, which is told what to expect and held short.

The header is read here first (domain/qcow2.py): what names other files never gets to a program that
would open them. The program gets a format, so it guesses none, and limits of the kernel's.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hostdown.domain import qcow2
from hostdown.domain.image import RAW
from hostdown.domain.image_errors import ImageRefused

MEMORY_BYTES_MAX = 1 << 30
"""Address space of one `qemu-img`."""
CPU_S_MAX = 30
"""Seconds of processor time of one `qemu-img`."""
TIMEOUT_S = 60.0
"""Seconds for one `qemu-img`."""
ANSWER_BYTES_MAX = 1 << 20
"""What one `qemu-img` may write; a file that is sane takes some 2 kB."""

_LEAKED = 3
"""Status of `qemu-img check` where room is wasted and nothing is wrong."""


class QemuImg:
    """`virtual_bytes_max`: of a disk made from an image; `program` is looked for at each use."""

    def __init__(self, virtual_bytes_max: int, program: str = "qemu-img") -> None:
        self._virtual_bytes_max = virtual_bytes_max
        self._program = program

    def virtual_size(self, path: Path, disk_format: str, size: int) -> int:
        with path.open("rb") as file:
            head = file.read(qcow2.HEAD_BYTES)
        if disk_format == RAW:
            return self._raw(head, size)
        if reason := qcow2.refusal(head, size, self._virtual_bytes_max):
            raise ImageRefused(reason=reason)
        found = json.loads(self._run("info", path, (0,)))
        if reason := _odd(found):
            raise ImageRefused(reason=reason)
        self._run("check", path, (0, _LEAKED))
        return int(found["virtual-size"])

    def _raw(self, head: bytes, size: int) -> int:
        if head.startswith(qcow2.MAGIC):
            raise ImageRefused(reason="it is qcow2, not raw")
        if size > self._virtual_bytes_max:
            reason = f"its disk has {size} bytes, more than [image] max_virtual_bytes"
            raise ImageRefused(reason=reason)
        return size

    def _run(self, action: str, path: Path, good: tuple[int, ...]) -> bytes:
        """What it printed. Raises ImageRefused, with its words, for any other status."""
        program, bounds = shutil.which(self._program), shutil.which("prlimit")
        if program is None or bounds is None:
            missing = "'qemu-img' (Debian: qemu-utils)" if bounds else "'prlimit' (util-linux)"
            reason = f"this server cannot check qcow2 without {missing}; install it"
            raise ImageRefused(reason=reason)
        limits = [f"--as={MEMORY_BYTES_MAX}", f"--cpu={CPU_S_MAX}", "--core=0", "--fsize=0"]
        words = [action, "-U", "-f", "qcow2", "--output=json", str(path)]
        try:
            done = subprocess.run(  # noqa: S603 - found on the PATH; its words are ours
                [bounds, *limits, program, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ImageRefused(reason=f"'qemu-img {action}' took too long") from None
        if done.returncode not in good or len(done.stdout) > ANSWER_BYTES_MAX:
            said = done.stderr.decode(errors="replace").replace(str(path), "the file").strip()
            last = said.splitlines()[-1][-200:] if said else f"status {done.returncode}"
            raise ImageRefused(reason=f"'qemu-img {action}' found it broken ({last})")
        return done.stdout


def _odd(found: Mapping[str, Any]) -> str | None:
    """What `qemu-img info` says beyond the header that may not be."""
    data = found.get("format-specific", {}).get("data", {})
    if found.get("format") != "qcow2":
        return "it is not qcow2"
    if "backing-filename" in found or "full-backing-filename" in found:
        return "it has a backing file"
    if found.get("encrypted") or "encrypt" in data:
        return "it is encrypted"
    if "data-file" in data:
        return "it has an external data file"
    return None
