"""Two machines with the identity of one host (NEVER-TWICE D4, RACES 62).

It shows when an older boot is heard after a newer one has begun. Which of the two is the host,
nobody but an operator can tell: both are refused from then on, and go on with what they run.
"""

from functools import partial
from typing import NamedTuple

from hostdown.domain.boots import Boot, Moment, after_session, outlived
from hostdown.domain.errors import BootOver, HostForked, SessionEnded
from hostdown.domain.model import Caller, HostRecord
from hostdown.services import doubts
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.ports import Cells


class Witness(NamedTuple):
    """Who looks at what a host has said, and where it is written down."""

    cells: Cells
    directory: Directory
    record: HostRecord
    caller: Caller
    moment: Moment

    def check_session(self, ended: SessionEnded) -> None:
        """An ended session is heard; raises as `check` if it is of an older boot."""
        boots = self.directory.read(lambda rows: rows.boots.of(self.record.id))
        self.check(after_session(boots, int(str(ended.facts["session"]))))

    def check(self, newer: Boot | None) -> None:
        """The boot before `newer` is heard. Raises HostForked if that shows two machines.

        Raises BootOver if it does not, or not yet: an agent that lives asks again after it.
        """
        if newer is None:
            return
        if not outlived(newer, self.moment):
            raise BootOver(name=self.record.name)
        now = self.moment.heard_at
        fork = partial(
            doubts.fork, record=self.record, boot=newer.number - 1, caller=self.caller, now=now
        )
        # The cell first: who hears of it from the directory may rely on what is withdrawn there.
        self.cells.named(self.record.cell).write(fork)
        self.directory.write(self._hold)
        raise HostForked(name=self.record.name)

    def _hold(self, rows: DirectoryRows) -> None:
        while (seen := rows.hosts.get(self.record.id)) is not None and seen.forked_at is None:
            if rows.hosts.replace(seen, seen._replace(forked_at=self.moment.heard_at)):
                return
