"""Which database the server speaks for, and how much of it an agent has seen (NEVER-TWICE P5).

A server that was restored from a backup, or fell back to a replica that lacks commits, may grant
what was granted already. So the agent keeps the highest commit on disk, and takes no word of less.
"""

import threading
from pathlib import Path
from typing import NamedTuple

import orjson

from hostdown.agent.errors import ServerBehind, Stopped
from hostdown.agent.state import replace


class Seen(NamedTuple):
    """The highest commit of a database."""

    database_id: str
    commit: int


class Commits:
    """The highest commit, for as long as this process lives. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Seen | None = None

    @property
    def seen(self) -> Seen:
        """The highest so far; nothing of no database before the first answer."""
        return self._seen or Seen("", 0)

    def check(self, database_id: str, commit: int) -> None:
        """Keep what an answer says, durably; raises ServerBehind if it is less than was seen."""
        with self._lock:
            seen = self._seen
            if seen is not None and seen.database_id != database_id:
                raise ServerBehind(
                    reason=f"it speaks for database {database_id}, this host belongs to "
                    f"{seen.database_id}{self._where()}"
                )
            if seen is not None and seen.commit > commit:
                raise ServerBehind(
                    reason=f"its commit {commit} is older than {seen.commit}, which was seen before"
                )
            if seen is None or commit > seen.commit:
                self._keep(Seen(database_id, commit))

    def _where(self) -> str:
        return ""

    def _keep(self, seen: Seen) -> None:
        self._seen = seen


class CommitFile(Commits):
    """The same in a file of the state directory."""

    def __init__(self, file: Path) -> None:
        """Raises Stopped if what is there cannot be understood."""
        super().__init__()
        self._file = file
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fields = orjson.loads(file.read_bytes())
            self._seen = Seen(str(fields["database_id"]), int(fields["commit"]))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Stopped(
                f"{file} cannot be read ({error}); restore it from a backup.", "state-unreadable"
            ) from error

    def _where(self) -> str:
        return f" (kept in {self._file})"

    def _keep(self, seen: Seen) -> None:
        try:
            replace(self._file, orjson.dumps(seen._asdict()) + b"\n")
        except OSError as error:
            raise Stopped(f"{self._file} cannot be written: {error.strerror}.", "state") from error
        super()._keep(seen)
