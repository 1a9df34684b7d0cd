"""A counting server of a lab in a race: what befalls it, just in time, and what must hold then.

S is the host that the server is on first, D the one that it is to go to, E the third.
"""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.guests.disk import count, counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.raced_hosts import HOSTS, RacedHosts
from tests.lab.setting import Setting

from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import LeaseState
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import PoolDirectory

AT_ONCE_S = 0.001
"""Between two looks for a moment that must not be missed."""
MOMENT_MAX_S = 30.0
ENDED = {"completed", "failed", "error", "done", "confirmed", "reverted"}


class Held(NamedTuple):
    """A permit as the server's database has it; `ended` says by what."""

    generation: int
    host: str
    ended: str | None


class Counting:
    """Watches a disk: what stands there never goes back."""

    def __init__(self, disk: Path) -> None:
        self.back: list[tuple[int, int]] = []
        self._disk = disk
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        last = 0
        while not self._over.wait(0.05):
            with suppress(FileNotFoundError):
                now = count(self._disk).counter
                if now < last:
                    self.back.append((last, now))
                last = now

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


class Race(RacedHosts):
    """One server, from its start to its end."""

    def __init__(self, lab: Bench, people: Setting) -> None:
        super().__init__(lab, people.boot(people.owner))
        self.admin = people.admin
        self._people = people
        self._deleted = False
        self.disk = people.disk(self.uuid)
        self.s = str(self.shown()["OS-EXT-SRV-ATTR:host"])
        self.d, self.e = [each for each in HOSTS if each != self.s]
        self.watch = Counting(self.disk)
        self._leases = LeaseFiles(PoolDirectory(lab.directory / "pool"))

    # ---------------------------------------------------------------------------------- asking

    def shown(self) -> Any:  # noqa: ANN401 - JSON
        return self.admin.ask("GET", f"/v2.1/servers/{self.uuid}")["server"]

    def permits(self) -> list[Held]:
        """All of the server, by generation."""
        asked = (
            "SELECT generation, host, ended_by FROM permits"
            " WHERE instance_uuid = ? ORDER BY generation"
        )
        return [
            Held(generation, host, by and json.loads(by)[0])
            for generation, host, by in self._rows(asked, self.uuid)
        ]

    def ended_by(self, generation: int) -> str | None:
        return next(each.ended for each in self.permits() if each.generation == generation)

    def open(self) -> list[tuple[int, str]]:
        """The generation and the host of what has not ended."""
        return [(each.generation, each.host) for each in self.permits() if each.ended is None]

    def moves(self) -> list[str]:
        """The statuses of its migrations."""
        found = self.admin.ask("GET", f"/v2.1/os-migrations?instance_uuid={self.uuid}")
        return [str(each["status"]) for each in found["migrations"]]

    def lease(self) -> Lease:
        found = self._leases.read(self.uuid)
        assert found is not None
        return found

    def counter(self) -> int:
        """How far it has counted."""
        return count(self.disk).counter

    def mac(self, uuid: str) -> str:
        """The address of a server that is there or was."""
        return str(self._rows("SELECT mac FROM instances WHERE uuid = ?", uuid)[0][0])

    def _rows(self, asked: str, *values: str) -> list[tuple[Any, ...]]:
        file = f"file:{self.lab.directory / 'server' / 'hostdown.sqlite'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as connection:
            return connection.execute(asked, values).fetchall()

    # ----------------------------------------------------------------------------------- doing

    def force(self, host: str, down: bool = True) -> int:
        """The status of the answer."""
        body = {"host": host, "binary": "nova-compute", "forced_down": down}
        return self.admin.request("PUT", "/v2.1/os-services/force-down", body).status

    def act(self, action: str, **facts: object) -> int:
        """The status of the answer to an action on the server."""
        body = {action: facts if facts or action == "evacuate" else None}
        return self.admin.request("POST", f"/v2.1/servers/{self.uuid}/action", body).status

    def delete(self) -> None:
        """It is gone for its owner, whatever is left of it."""
        self._deleted = True
        self.admin.ask("DELETE", f"/v2.1/servers/{self.uuid}")

    def another(self) -> str:
        """One more server of the same name, which counts."""
        return self._people.boot(self._people.owner)

    def evacuate(self) -> None:
        assert self.act("evacuate") == 200

    def only(self, host: str) -> None:
        """Other hosts take no new servers."""
        for each in HOSTS:
            action = "enable" if each == host else "disable"
            self._service(each, action)

    def lose(self) -> None:
        """S has no power, and an operator says so once nobody hears of it any more."""
        self.off(self.s)
        self.until_down(self.s)
        assert self.force(self.s) == 200

    def everywhere(self) -> None:
        """All hosts take servers again."""
        for each in HOSTS:
            self._service(each, "enable")

    def _service(self, host: str, action: str) -> None:
        body = {"host": host, "binary": "nova-compute"}
        self.admin.ask("PUT", f"/v2.1/os-services/{action}", body)

    # --------------------------------------------------------------------------------- waiting

    def until(self, holds: Callable[[], object]) -> None:
        until_true(holds)

    def until_down(self, host: str) -> None:
        self.lab.until_state(host, "down")

    def until_granted(self, generation: int) -> None:
        until_true(lambda: any(each.generation == generation for each in self.permits()))

    def until_claimed(self, generation: int) -> None:
        """At once; the directory of the lease is looked at without a pause."""
        name = self.disk.parent / "lease" / f"after-{generation - 1}"
        moment(name.exists)

    def until_made(self, host: str) -> None:
        """At once: its process is there, paused for a second."""
        space = self.space(host)
        moment(lambda: self.is_made(space))

    def until_gone(self, host: str) -> None:
        """At once: its process is not there any more."""
        space = self.space(host)
        moment(lambda: not self.is_made(space))

    def until_active(self, host: str | None = None) -> None:
        """It is shown there and counts."""

        def shows() -> bool:
            shown = self.shown()
            there = host in (None, shown["OS-EXT-SRV-ATTR:host"])
            return there and (shown["status"], shown["OS-EXT-STS:task_state"]) == ("ACTIVE", None)

        until_true(shows)
        counted(self.disk, beyond=count(self.disk).counter)

    def until_cleared(self, host: str) -> None:
        """Its flag may be cleared, and is."""
        until_true(lambda: self.force(host, down=False) == 200)

    # ------------------------------------------------------------------------------- afterwards

    def calm(self) -> None:
        """Nothing fails any more; raises AssertionError unless all comes to rest as it must."""
        self.mended()
        self.everywhere()
        until_true(lambda: self._deleted or set(self.moves()) <= ENDED)
        for host in HOSTS:
            self.until_cleared(host)
            self.lab.until_state(host, "up")
        if not self._deleted:
            until_true(lambda: "done" not in self.moves())
            self._check()
            self.delete()
        self._is_gone()

    def _check(self) -> None:
        """One process, one permit, one claim, one disk, and a counter that never went back."""
        until_true(lambda: self.shown()["OS-EXT-STS:task_state"] is None)
        until_true(self._is_in_place)
        ((generation, _),) = self.open()
        lease = self.lease()
        assert lease.state is LeaseState.FREE or lease.holder.generation <= generation
        left = {each.name for each in self.disk.parent.iterdir()}
        assert left <= {"disk", "disk.format", "lease"}
        assert not twin_seen(self.disk)

    def _is_in_place(self) -> bool:
        """Whether it runs where it is shown, under its permit, and nowhere else."""
        shown, held = self.shown(), self.open()
        host = str(shown["OS-EXT-SRV-ATTR:host"])
        where = [each for each in HOSTS for _ in self.guests(each)]
        should = [host] if shown["status"] == "ACTIVE" else []
        return where == should and [each for _, each in held] == [host]

    def _is_gone(self) -> None:
        """Without a trace."""
        self.watch.stop()
        assert self.watch.back == []
        until_true(lambda: self.open() == [])
        until_true(lambda: not self.disk.exists())
        assert [each for each in HOSTS if self.guests(each)] == []

    def give_up(self) -> None:
        """After a failure: the next race finds the lab as whole as can be."""
        self.watch.stop()
        self.mended()
        self.everywhere()
        self.delete()
        for host in HOSTS:
            with suppress(AssertionError):
                self.until_cleared(host)
                self.lab.until_state(host, "up")


def moment(holds: Callable[[], object]) -> None:
    """Return as soon as `holds` does."""
    pause = threading.Event()
    for _ in range(int(MOMENT_MAX_S / AT_ONCE_S)):
        if holds():
            return
        pause.wait(AT_ONCE_S)
    raise AssertionError(f"not within {MOMENT_MAX_S:g} s: {holds}")
