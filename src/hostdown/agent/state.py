"""An agent's state directory: held by one agent at a time, written whole or not at all."""

import fcntl
import os
from pathlib import Path

import orjson

from hostdown.agent.errors import Stopped
from hostdown.agent.ports import Identity

IDENTITY_FILE = "identity.json"
LOCK_FILE = "lock"
_VERSION = 1


class StateDirectory:
    """`agent.ports.IdentityStore` in files of mode 0600, in a directory of mode 0700.

    The lock ends with the process, however it ends. Raises Stopped if another agent holds it or
    the directory cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = hold(path, "agent", LOCK_FILE)

    def close(self) -> None:
        """Let another agent have the directory."""
        os.close(self._lock)

    def load(self) -> Identity | None:
        """The identity; None before the enrolment. Raises Stopped if it is unreadable."""
        file = self._path / IDENTITY_FILE
        try:
            return decode(orjson.loads(file.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Stopped(
                f"{file} cannot be read as this host's identity ({error}); restore it from a "
                "backup, or enroll this machine anew with 'hostdown host enroll --replace'.",
                "state-unreadable",
            ) from error

    def save(self, identity: Identity) -> None:
        """Durable before it returns: a host that forgot its identity could not come back."""
        try:
            replace(self._path / IDENTITY_FILE, orjson.dumps(encode(identity)) + b"\n")
        except OSError as error:
            raise Stopped(
                f"{self._path / IDENTITY_FILE} cannot be written: {error.strerror}.", "state"
            ) from error

    def forget(self) -> None:
        """Put the identity aside, for an administrator's order to enroll anew."""
        file = self._path / IDENTITY_FILE
        if file.exists():
            os.replace(file, file.with_suffix(".old"))
            _sync_directory(self._path)


def hold(path: Path, who: str, file: str) -> int:
    """Make the directory, and be the only one of its kind; the descriptor of the lock.

    Raises Stopped.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Stopped(
            f"The agent's state directory {path} cannot be used: {error.strerror}.", "state"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise Stopped(
            f"Another {who} is running with the state directory {path}; if this machine is to "
            "be several hosts, give each agent its own --state-dir.",
            "state-locked",
        ) from error
    return lock


def encode(identity: Identity) -> dict[str, object]:
    """The identity as JSON fields."""
    return {"version": _VERSION, **identity._asdict(), "secret": identity.secret.hex()}


def decode(fields: dict[str, object]) -> Identity:
    """The identity from JSON fields; raises ValueError, KeyError, TypeError."""
    if fields["version"] != _VERSION:
        raise ValueError(f"it has version {fields['version']}, not {_VERSION}")
    return Identity(
        id=str(fields["id"]),
        name=str(fields["name"]),
        secret=bytes.fromhex(str(fields["secret"])),
        machine_source=str(fields["machine_source"]),
        session=int(str(fields["session"])),
    )


def replace(file: Path, content: bytes) -> None:
    """Whole or not at all, and durable; raises OSError."""
    temporary = file.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, file)
    _sync_directory(file.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
