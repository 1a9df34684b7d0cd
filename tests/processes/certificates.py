"""Certificates of the tests' own."""

import shutil
import subprocess
from pathlib import Path

import pytest


def self_signed(place: Path) -> tuple[Path, Path]:
    """A certificate for localhost that is its own authority, and its key; skips without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    cert, key = place / "cert.pem", place / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key
