"""What an agent knows of each instance when it starts again: one small file each, whole or not.

A note says which order is done, so that nothing is done twice over; which generation was given up,
so that it never starts again (NEVER-TWICE W3); and what came of it last, which the server is told
again when the agent starts, because nobody knows whether it heard.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import orjson

from hostdown.agent.errors import Stopped
from hostdown.agent.state import replace
from hostdown.domain import assignment_forms
from hostdown.domain.assignment import Holder, Outcome
from hostdown.domain.assignment_forms import outcome_form

_VERSION = 1
_SUFFIX = ".json"


class Note(NamedTuple):
    """One instance. Generation and boot are those of the permit that was acted upon last."""

    uuid: str
    generation: int = 0
    boot: int = 0
    order: int = 0
    """The last one that was brought about, or given up."""
    begun: bool = False
    """A claim of `generation` may lie on the pool."""
    claimed: bool = False
    """It was made and is held."""
    done: int = 0
    """The highest generation that was surrendered."""
    outcome: Outcome | None = None
    """What came of it last."""
    to: Holder | None = None
    """Whom it may be on its way to: the bulletin may say so, and the other host may have it."""
    sent: bool = False
    """It is whole there, and gone here: nothing is left but to hand it over (NEVER-TWICE M2)."""
    kept: int = 0
    """The highest generation that it was to be sent to, and never will be."""
    incoming: bool = False
    """Its permit was one to be sent the guest, when it was heard of first."""

    @property
    def open(self) -> bool:
        """Whether the permit was not surrendered."""
        return self.generation > self.done

    @property
    def ends(self) -> bool:
        """Whether a surrender was begun and did not come to its end."""
        outcome = self.outcome
        gone = outcome is not None and outcome.gone and outcome.generation == self.generation
        return not self.open and not gone and self.generation > 0

    def holder(self, host: str) -> Holder:
        """The permit's."""
        return Holder(self.generation, host, self.boot)


class Notes(Protocol):
    """The notes of one host. Safe between threads, for other instances."""

    def get(self, uuid: str) -> Note:
        """The note; a blank one where there is none."""
        ...

    def all(self) -> Sequence[Note]:
        """Every note there is."""
        ...

    def save(self, note: Note) -> None:
        """Durable when it returns; raises Stopped if that cannot be."""
        ...

    def drop(self, uuid: str) -> None:
        """Forget an instance."""
        ...


class MemoryNotes:
    """`Notes` of a simulated host, whose instances end with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: dict[str, Note] = {}

    def get(self, uuid: str) -> Note:
        """See `Notes`."""
        with self._lock:
            return self._notes.get(uuid) or Note(uuid)

    def all(self) -> Sequence[Note]:
        """See `Notes`."""
        with self._lock:
            return list(self._notes.values())

    def save(self, note: Note) -> None:
        """See `Notes`."""
        with self._lock:
            self._notes[note.uuid] = note

    def drop(self, uuid: str) -> None:
        """See `Notes`."""
        with self._lock:
            self._notes.pop(uuid, None)


class NoteFiles(MemoryNotes):
    """The notes of one host, in its state directory. Safe between threads, for other instances."""

    def __init__(self, directory: Path) -> None:
        """Read what is there; raises Stopped if that cannot be understood."""
        super().__init__()
        self._directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in directory.glob("*.new"):
                left.unlink()
            files = list(directory.glob(f"*{_SUFFIX}"))
            self._notes = {file.stem: _decode(file.read_bytes()) for file in files}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Stopped(
                f"The notes in {directory} cannot be read ({error}). They keep servers from "
                "running twice; restore them, or remove them once no guest runs here.",
                "state-unreadable",
            ) from error

    def save(self, note: Note) -> None:
        """See `Notes`."""
        file = self._directory / f"{note.uuid}{_SUFFIX}"
        try:
            replace(file, _encode(note))
        except OSError as error:
            raise Stopped(f"{file} cannot be written: {error.strerror}.", "state") from error
        super().save(note)

    def drop(self, uuid: str) -> None:
        """See `Notes`."""
        (self._directory / f"{uuid}{_SUFFIX}").unlink(missing_ok=True)
        super().drop(uuid)


def _encode(note: Note) -> bytes:
    outcome = None if note.outcome is None else outcome_form(note.outcome)
    to = None if note.to is None else list(note.to)
    fields = {"version": _VERSION, **note._asdict(), "outcome": outcome, "to": to}
    return orjson.dumps(fields) + b"\n"


def _decode(content: bytes) -> Note:
    fields = orjson.loads(content)
    if fields.pop("version") != _VERSION:
        raise ValueError("a note has another version")
    outcome, to = fields["outcome"], fields.get("to")
    fields["outcome"] = None if outcome is None else assignment_forms.outcome(outcome)
    return Note(**{**fields, "to": None if to is None else Holder(*to)})
