"""Guests that outlive their agent: each is a file, and what befell it is a line in a journal."""

import json
import os
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from hostdown.agent.guest_errors import GuestRefused, GuestUnknown, HypervisorSilent
from hostdown.agent.guests import Guest, GuestSpec
from hostdown.domain.assignment import Failure, Holder, PowerState


class GuestsInFiles:
    """`agent.guests.Guests` over a directory, which several agents may use one after another."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)
        self._lock = threading.Lock()
        self.fails: dict[str, Exception] = {}
        """What a call of this name raises next."""
        self.before: Callable[[str, str], None] = lambda _call, _uuid: None

    def inventory(self) -> Sequence[Guest]:
        self._called("inventory", "")
        with self._lock:
            return [self._read(file) for file in self._directory.glob("*.guest")]

    def create(self, spec: GuestSpec) -> None:
        self._called("create", spec.uuid)
        assert spec.disk.exists()
        if self._file(spec.uuid).exists():
            raise GuestRefused(Failure("hypervisor", "It is there already."))
        how = "restore" if spec.saved else "create"
        self._write(Guest(spec.uuid, spec.holder, PowerState.PAUSED), how)

    def go(self, uuid: str) -> None:
        self._called("go", uuid)
        self._write(self._known(uuid)._replace(state=PowerState.RUNNING), "go")

    def pause(self, uuid: str) -> None:
        self._called("pause", uuid)
        self._write(self._known(uuid)._replace(state=PowerState.PAUSED), "pause")

    def save(self, uuid: str, path: Path) -> None:
        self._called("save", uuid)
        self._known(uuid)
        path.write_text("memory")
        self.die(uuid, "save")

    def end(self, uuid: str, grace: timedelta) -> None:
        self._called("end", uuid)
        if self._file(uuid).exists():
            self.die(uuid, f"end {grace.total_seconds():g}")

    def die(self, uuid: str, how: str = "die") -> None:
        """Also by itself."""
        with self._lock:
            self._file(uuid).unlink()
        self._journal(uuid, how)

    def befell(self, uuid: str) -> list[str]:
        """The journal of one guest."""
        file = self._directory / f"{uuid}.journal"
        return file.read_text().splitlines() if file.exists() else []

    def _called(self, call: str, uuid: str) -> None:
        self.before(call, uuid)
        if call in self.fails:
            raise self.fails.pop(call)

    def _known(self, uuid: str) -> Guest:
        if not self._file(uuid).exists():
            raise GuestUnknown(uuid=uuid)
        return self._read(self._file(uuid))

    def _file(self, uuid: str) -> Path:
        return self._directory / f"{uuid}.guest"

    def _read(self, file: Path) -> Guest:
        uuid, holder, state, in_transit = json.loads(file.read_text())
        return Guest(uuid, Holder(*holder), PowerState(state), in_transit)

    def _write(self, guest: Guest, how: str) -> None:
        with self._lock:
            temporary = self._directory / "new"
            temporary.write_text(json.dumps(guest))
            os.replace(temporary, self._file(guest.uuid))
        self._journal(guest.uuid, how)

    def _journal(self, uuid: str, line: str) -> None:
        with (self._directory / f"{uuid}.journal").open("a") as out:
            out.write(f"{line}\n")


SILENT = HypervisorSilent(reason="libvirtd is gone")
