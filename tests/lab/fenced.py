"""A counting server of a lab that recovers its hosts: what befalls them, and what must hold then.

S is the host that the server is on first, as in races; nobody types anything that is not a fault.
"""

import os
import signal
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import urllib3
from tests.guests.disk import counted, twin_seen
from tests.lab.bench import processes_with, until_true
from tests.lab.racing import Race
from tests.processes.harness import gone, until

from hostdown.lab.control import ask

BMC_GIVES_UP_S = 90.0
"""A level is tried for 20 s, and begun again after 30 s, beside whatever else the machine does."""
OVER = {"cancelled", "returned", "void"}


class Fenced(Race):
    """One server, and the recoveries of its hosts."""

    # ------------------------------------------------------------------------------- recoveries

    def recoveries(self, host: str) -> list[Mapping[str, Any]]:
        """Of a host, the newest first."""
        found = self.admin.ask("GET", "/agent/v1/recoveries")["recoveries"]
        return [each for each in found if each["host"] == host]

    def stage(self, host: str) -> str:
        """Of its newest recovery; "" if it never had one."""
        return next((str(each["stage"]) for each in self.recoveries(host)), "")

    def held(self, host: str) -> str | None:
        return next((each["held"] for each in self.recoveries(host)), None)

    def timeline(self, host: str) -> list[str]:
        """What happened in its newest recovery."""
        number = self.recoveries(host)[0]["id"]
        shown = self.admin.ask("GET", f"/agent/v1/recoveries/{number}")["recovery"]
        return [str(each["what"]) for each in shown["timeline"]]

    def word(self, host: str, word: str) -> None:
        """What an operator says of its recovery."""
        number = self.recoveries(host)[0]["id"]
        self.admin.ask("POST", f"/agent/v1/recoveries/{number}/{word}", {"reason": "a test"})

    def never_fenced(self) -> bool:
        """Whether no power-off was ever written down, for any host."""
        rows = self._rows("SELECT count(*) FROM recoveries WHERE attempted_at IS NOT NULL")
        return bool(rows[0][0] == 0)

    # ------------------------------------------------------------------------------------ faults

    def hang(self, host: str) -> None:
        """All of it, guests too, as a machine does whose kernel waits for something."""
        self.stop(*self.inside(host))

    def fault(self, host: str, which: str) -> None:
        """Of its BMC."""
        self.lab.type("fault", host, which)

    def black_hole(self, host: str) -> None:
        """Nothing comes from its BMC any more."""
        self.lab.type("cut", host, "--bmc")

    def lose_pool(self, host: str) -> None:
        """Storage goes with the network."""
        self.lab.inside(host, "umount", "-l", "/run/hostdown/instances")

    def server(self) -> int:
        """The process of the lab's own server."""
        config = str(self.lab.directory / "server" / "hostdown.conf")
        lines = [each for each in processes_with(config) if " serve " in each]
        return min(int(each.partition(":")[0]) for each in lines)

    def kill(self, pid: int) -> None:
        """With all that belongs to it."""
        os.kill(pid, signal.SIGKILL)
        until_true(lambda: gone(pid))

    def start_server(self) -> None:
        ask(self.lab.directory, "serve")
        until_true(self._answers)

    def _answers(self) -> bool:
        with suppress(urllib3.exceptions.HTTPError):
            return bool(self.recoveries(self.s))
        return False

    def is_proven(self, host: str) -> bool:
        """Whether it is written down that the host is off; quick, and whoever serves."""
        with suppress(sqlite3.OperationalError):  # it is being written
            asked = "SELECT count(*) FROM recoveries WHERE host = ? AND proof IS NOT NULL"
            return bool(self._rows(asked, host)[0][0])
        return False

    def end_agent(self, host: str, how: int) -> None:
        """By a signal; the host starts another one, and that is heard."""
        before, pid = self.lab.record(host)["session"], self.agent(host)
        os.kill(pid, how)
        until_true(lambda: gone(pid))
        until_true(lambda: self.lab.record(host)["session"] > before)
        until_true(lambda: self.lab.record(host)["unreachable_at"] is None)

    # ----------------------------------------------------------------------------------- the end

    def brought_back(self, dead: str) -> None:
        """Fenced, forced down, and it counts on elsewhere."""
        until(lambda: self.stage(dead) in ("done", "returned"), BMC_GIVES_UP_S)
        assert self.lab.record(dead)["forced_down"] or self.stage(dead) == "returned"
        counted(self.disk, beyond=self.counter())
        assert self.shown()["OS-EXT-SRV-ATTR:host"] != dead

    def recovered(self, dead: str) -> None:
        """All of it, until it is switched on again."""
        self.brought_back(dead)
        self.comes_back_clean(dead)

    def held_by_its_device(self, dead: str) -> None:
        """Which proves nothing, so that nothing is moved."""
        until(lambda: self.held(dead) == "failed", BMC_GIVES_UP_S)
        assert self.moves() == []

    def comes_back_clean(self, dead: str) -> None:
        """Switched on again it runs nothing of its own accord, and says so."""
        self.mended()
        until_true(lambda: set(self.moves()) <= {"completed", "failed", "error"})
        until_true(lambda: self.lab.record(dead)["boot"] > 1)
        assert self.guests(dead) == []

    def left_alone(self, host: str) -> None:
        """Nobody fenced it, it runs on under the boot that it had, and its server with it."""
        until_true(lambda: {each["stage"] for each in self.recoveries(host)} <= {"cancelled"})
        assert self.never_fenced()
        assert self.lab.status()[host]["Power"] == "on"
        counted(self.disk, beyond=self.counter())
        assert self.shown()["OS-EXT-SRV-ATTR:host"] == host
        assert self.moves() == []
        assert self.lab.record(host)["boot"] == 1

    def never_twice(self) -> None:
        """One process, one permit, one writer; a counter that never went back."""
        until_true(lambda: self.shown()["OS-EXT-STS:task_state"] is None)
        until_true(self._is_in_place)
        assert not twin_seen(self.disk)
        assert self.watch.back == []
        ((generation, _),) = self.open()
        assert self.lease().holder.generation <= generation
