"""A world with hosts that carry out what they are asked for, when a test lets them."""

from datetime import timedelta
from uuid import uuid4

from falcon.testing import Result
from tests.api.world import ADMIN, PROJECT, World

from hostdown.domain.assignment import Assignment, Failure, Outcome, PowerState, Wanted
from hostdown.domain.ha import NOBODY
from hostdown.domain.image import Image, ImageStatus, Visibility
from hostdown.domain.instance import Instance
from hostdown.domain.model import HostRecord, Resources
from hostdown.services import assignments, outcomes, server_lookup
from hostdown.services.hearings import Question

MEMBER = f"member:{PROJECT}"
STRANGER = "member:11111111111111111111111111111111"
LATEST = "2.104"

DONE = {
    Wanted.RUNNING: PowerState.RUNNING,
    Wanted.STOPPED: PowerState.SHUTDOWN,
    Wanted.PAUSED: PowerState.PAUSED,
    Wanted.SUSPENDED: PowerState.SUSPENDED,
    Wanted.GONE: PowerState.NOSTATE,
}


class ServerWorld(World):
    """`World` with an image, and hosts whose agents a test plays."""

    def add_host(self, host: str, memory_mb: int = 65536) -> None:
        service = self.service(host)
        resources = Resources(
            8, memory_mb, 1000, 0, 0, 0, 0, "QEMU", 7002000, host, "127.0.0.1", "{}", None
        )
        self.cell.write(lambda rows: rows.reports.resources(service.id, resources, self.clock.at))

    def add_image(self, **facts: object) -> str:
        made = Image(
            **{  # type: ignore[arg-type] # a table of facts
                **dict.fromkeys(Image._fields),
                "id": str(uuid4()),
                "owner": PROJECT,
                "status": ImageStatus.ACTIVE,
                "visibility": Visibility.PUBLIC,
                "disk_format": "raw",
                "container_format": "bare",
                "size": 1024,
                "virtual_size": 1024,
                "min_disk_gb": 0,
                "min_ram_mb": 0,
                "protected": False,
                "hidden": False,
                "sha256": "ab" * 32,
                "properties": {},
                "tags": (),
                "created_at": self.clock.at,
                "updated_at": self.clock.at,
                **facts,
            }
        )
        self.directory.write(lambda rows: rows.images.add(made))
        return made.id

    def record(self, host: str) -> HostRecord:
        found = self.directory.read(lambda rows: rows.hosts.named(host))
        assert isinstance(found, HostRecord)
        return found

    def asked(self, host: str) -> list[Assignment]:
        """What the host would be told now."""
        served = assignments.fetch(self.cell, self.record(host), Question(), NOBODY, self.clock.at)
        return list(served.instances or ())

    def tell(self, host: str, *said: Outcome) -> None:
        record, now = self.record(host), self.clock.at
        for gone in outcomes.take(self.cell, record, said, now, lambda _: None):
            server_lookup.forget(self.directory, gone.uuid)

    def obey(self, host: str, failure: Failure | None = None) -> None:
        """The host does all that it is asked for, or fails at it."""
        for each in self.asked(host):
            state = DONE[each.wanted] if failure is None else PowerState.NOSTATE
            gone = each.wanted is Wanted.GONE and failure is None
            outcome = Outcome(
                each.uuid, each.generation, each.order, state, True, gone, failure, None
            )
            self.tell(host, outcome)

    def instance(self, uuid: str) -> Instance:
        found = self.cell.read(lambda rows: rows.instances.get(uuid, deleted=True))
        assert isinstance(found, Instance)
        return found

    def later(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def create(self, version: str = LATEST, token: str = ADMIN, **facts: object) -> Result:
        """POST /servers of a server with a name, a flavor and an image."""
        body: dict[str, object] = {"name": "vm", "flavorRef": "1", "imageRef": self.image}
        if float(version.split(".")[1]) >= 37:
            body["networks"] = "none"
        top = {key: facts.pop(key) for key in list(facts) if ":" in key and key != "OS-DCF"}
        body = {key: value for key, value in (body | facts).items() if value is not ...}
        return self.ask("POST", "/v2.1/servers", version, {"server": body, **top}, token)

    def running(self, **facts: object) -> str:
        """A server that its host has started."""
        answer = self.create(**facts)
        assert answer.status_code == 202, answer.text
        uuid = str(answer.json["server"]["id"])
        host = self.instance(uuid).host
        assert host is not None
        self.obey(host)
        return uuid

    def act(
        self,
        uuid: str,
        action: str,
        value: object = None,
        version: str = LATEST,
        token: str = ADMIN,
    ) -> Result:
        path = f"/v2.1/servers/{uuid}/action"
        return self.ask("POST", path, version, {action: value}, token)

    @property
    def image(self) -> str:
        """The one image that is there from the first use on."""
        if not hasattr(self, "_image"):
            self._image = self.add_image()
        return self._image
