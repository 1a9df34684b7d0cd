"""Addresses, certificates and programs for devices on loopback, apart from those of other tests."""

import itertools
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.debian import need

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "geh3im/+=x"
_numbers = itertools.count()


def address() -> str:
    """A loopback address that no other test has."""
    pid, number = os.getpid() % (1 << 15), next(_numbers) % 64
    return f"127.{64 + number}.{pid >> 8}.{pid & 0xFF or 256 - 1}"


def certificate(place: Path, of: str) -> tuple[Path, Path]:
    """A certificate for an address that is its own authority; the same with its key in one file."""
    crt, key, both = place / f"{of}.crt", place / f"{of}.key", place / f"{of}.pem"
    if not both.exists():
        subprocess.run(
            [need("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=BMC",
             "-addext", f"subjectAltName=IP:{of}", "-keyout", str(key), "-out", str(crt)],
            check=True, capture_output=True,
        )  # fmt: skip
        both.write_text(key.read_text() + crt.read_text())
    return crt, both


def password_file(place: Path, text: str = PASSWORD) -> Path:
    path = place / f"password-{len(text)}"
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def bmcs_python() -> str:
    """The interpreter that has BMCs of others; skips without."""
    found = Path(os.environ.get("HOSTDOWN_BMCS", ROOT / ".venv-bmcs" / "bin")) / "python"
    if not found.exists():
        pytest.skip(f"{found} is not there: 'make bmcs' sets it up")
    return str(found)


@contextmanager
def program(words: Sequence[str], log: Path, told: str = "") -> Iterator[subprocess.Popen[str]]:
    """Runs until the end; what it says goes to `log`, its standard output to who reads it."""
    with (
        log.open("w") as err,
        subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        ) as started,
    ):
        assert started.stdin is not None
        started.stdin.write(told)
        started.stdin.close()
        try:
            yield started
        finally:
            started.kill()


@contextmanager
def black_hole(kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[tuple[str, int]]:
    """Where one is heard and never answered."""
    with socket.socket(socket.AF_INET, kind) as listening:
        listening.bind((address(), 0))
        if kind == socket.SOCK_STREAM:
            listening.listen()
        yield listening.getsockname()


def nobody() -> tuple[str, int]:
    """Where nothing listens."""
    with socket.socket() as gone:
        gone.bind((address(), 0))
        found: tuple[str, int] = gone.getsockname()
        return found
