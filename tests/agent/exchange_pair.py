"""An agent's exchange and worker on real files, and a small server that they talk to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from tests.agent.worker_bed import HERE, Bed

from hostdown.agent.commits import CommitFile
from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.exchange import POLL_EVERY_S, Exchange
from hostdown.agent.surroundings import NoWatch, Session
from hostdown.agent.tidings import Tidings
from hostdown.api.agent.wire import BODY_BYTES_MAX
from hostdown.domain.assignment import Assignment, Outcome
from hostdown.domain.assignment_forms import assignment_form, outcome

SESSION = Session(HERE.host, b"secret", 4, HERE.boot, HERE.boot_id)
OTHER = "6ee78d05-7a41-4a59-9b41-000000000000"


@dataclass
class SmallServer:
    """The server's side of the two requests, with a wire that can be cut before and after it."""

    asked: tuple[Assignment, ...] = ()
    version: int = 1
    commit: int = 10
    database_id: str = "db-1"
    held: bool = False
    cut: bool = False
    answers_lost: int = 0
    refuses: Refused | None = None
    unreadable: str = ""
    bytes_max: int = BODY_BYTES_MAX
    answer: dict[str, object] = field(default_factory=dict)
    said: list[Outcome] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    settled: list[object] = field(default_factory=list)
    haves: list[object] = field(default_factory=list)
    lost: tuple[str, ...] = ()
    """Instances of which the database lost the permits."""
    tell: bool = False
    seen: list[object] = field(default_factory=list)

    def post(
        self,
        path: str,
        content: Mapping[str, object],
        secret: bytes,
        unsigned_refusals: bool = False,
    ) -> Mapping[str, object]:
        if self.cut:
            raise NotHeard("The wire is cut.")
        assert (secret, content["session"]) == (b"secret", 4)
        what = path.removeprefix(f"/agent/v1/hosts/{HERE.host}/")
        self.requests.append(what)
        if self.refuses is not None:
            raise self.refuses
        if "seen" in content:
            self.seen.append(content["seen"])
        answer = self._outcomes(content) if what == "outcomes" else self._assignments(content)
        if self.answers_lost:
            self.answers_lost -= 1
            raise NotHeard("The answer was lost.")
        return {"database_id": self.database_id, "commit": self.commit, **answer, **self.answer}

    def _outcomes(self, content: Mapping[str, object]) -> dict[str, object]:
        forms = content["outcomes"]
        assert isinstance(forms, list)
        if any(form["uuid"] == self.unreadable for form in forms):
            raise Refused(400, "malformed", "The message was refused.", {})
        if len(orjson.dumps(forms)) > self.bytes_max:
            raise Refused(413, "too-large", "The message was refused.", {})
        self.said += map(outcome, forms)
        return {}

    def _assignments(self, content: Mapping[str, object]) -> dict[str, object]:
        self.settled.append(content["settled"])
        have = content["have"]
        self.haves.append(have)
        asked = {each.uuid for each in self.asked} | set(self.lost)
        assert have is None or isinstance(have, list)
        ended = [[uuid, generation] for uuid, generation, *_ in have or () if uuid not in asked]
        said = {"version": self.version, "ended": ended, "tell": self.tell and have is None}
        if content["known"] == self.version:
            return {"unchanged": True, **said}
        instances = [assignment_form(each) for each in self.asked]
        return {"held": self.held, "instances": instances, **said}

    def give(self, *asked: Assignment) -> None:
        self.asked, self.version, self.commit = asked, self.version + 1, self.commit + 1


class Watched(NoWatch):
    """What is heard of watchdogs."""

    def __init__(self) -> None:
        self.answers: list[Mapping[str, object]] = []

    def asked(self, session: Session, answer: Mapping[str, object]) -> None:
        self.answers.append(answer)


class Pair:
    """An agent's exchange and worker, and its server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.server = SmallServer()
        self.tidings = Tidings()
        self.watch = Watched()
        self.bed = Bed(root, forward=self.tidings)
        self.begin()

    def begin(self, poll_every_s: float = POLL_EVERY_S) -> None:
        commits = CommitFile(self.root / "state" / "commit.json")
        parts = (self.server, self.bed.worker, self.tidings, commits, self.bed.clock)
        self.exchange = Exchange(*parts, poll_every_s, self.watch)

    def reporting(self) -> None:
        self.exchange.began(SESSION)
        self.exchange.answered(self.server.version)

    def turn(self) -> float:
        """What the agent's threads would do now."""
        self.exchange.turn()
        self.bed.turns()
        return self.exchange.turn()
