"""The identities of a swarm's hosts: one file of lines, the last line of a name counts.

Several swarms may append to it. It is made compact at a start when no other swarm holds it. It is
not synced to disk host by host: what a power cut loses are simulated hosts.
"""

import fcntl
import os
from pathlib import Path

import orjson

from hostdown.agent.errors import Stopped
from hostdown.agent.ports import Identity
from hostdown.agent.state import decode, encode

FILE_NAME = "swarm.jsonl"


class SwarmState:
    """The file; raises Stopped if it cannot be used."""

    def __init__(self, directory: Path) -> None:
        path = directory / FILE_NAME
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o600)
            self._identities = self._read(path)
        except OSError as error:
            raise Stopped(
                f"The swarm's state {path} cannot be used: {error.strerror}.", "state"
            ) from error

    def store(self, name: str) -> "HostStore":
        """The place of one host."""
        return HostStore(self, name)

    def get(self, name: str) -> Identity | None:
        """The identity of a host, if it has one."""
        return self._identities.get(name)

    def put(self, identity: Identity) -> None:
        """Append; one write call is one whole line, also beside other writers."""
        os.write(self._file, _line(identity))

    def _read(self, path: Path) -> dict[str, Identity]:
        alone = self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not alone:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        identities: dict[str, Identity] = {}
        for line in path.read_bytes().splitlines():
            try:
                identity = decode(orjson.loads(line))
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a kill or a full disk; that host enrolls anew
            identities[identity.name] = identity
        if alone:
            os.ftruncate(self._file, 0)
            os.write(self._file, b"".join(map(_line, identities.values())))
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return identities

    def _lock(self, how: int) -> bool:
        try:
            fcntl.flock(self._file, how)
        except BlockingIOError:
            return False
        return True


class HostStore:
    """`agent.ports.IdentityStore` of one host of a swarm."""

    def __init__(self, state: SwarmState, name: str) -> None:
        self._state = state
        self._name = name

    def load(self) -> Identity | None:
        """What was kept last."""
        return self._state.get(self._name)

    def save(self, identity: Identity) -> None:
        """Keep it for the next start."""
        self._state.put(identity)


def _line(identity: Identity) -> bytes:
    return orjson.dumps(encode(identity)) + b"\n"
