"""What is judged: a real server with two workers, and a swarm of hosts that run made-up guests."""

from pathlib import Path
from urllib import request

import yaml
from tools.judge.tempest import Cloud
from tools.keystone import ADMIN, PASSWORD, Keystone

from hostdown.cli.demo.stage import Stage, Timing

HOSTS_COUNT = 20
SERVERS_PER_HOST = 8
TIMING = Timing(report_interval_s=2.0, service_down_time_s=30.0)
UP_S = 60.0
MADE_COUNT = 8
"""Users, projects, aggregates and servers that are there to be changed."""
IMAGES_COUNT = 2
IMAGE_BYTES = bytes(2**20)
FLAVOR = "1"
"""The smallest of those that every server has."""


class Bed(Stage):
    """Use as a context, as any Stage: entering it starts everything and waits for the hosts."""

    def __init__(self, directory: Path, settings: str = "") -> None:
        directory.mkdir()
        super().__init__(
            directory, TIMING, f"workers = 2\n[quota]\nmetadata_items = 128\n{settings}"
        )

    def __enter__(self) -> "Bed":
        self.start_server()
        text = (
            f"[DEFAULT]\nstate_path = {self.directory / 'swarm'}\n"
            f"report_interval = {self.timing.report_interval_s}\n"
            f"[agent]\nserver_url = {self.url}\n"
            f"enrolment_secret_file = {self.directory / 'enrolment-secret'}\n"
        )
        counts = {"--count": HOSTS_COUNT, "--servers-per-host": SERVERS_PER_HOST}
        words = [word for name, count in counts.items() for word in (name, str(count))]
        self._start("swarm", ["swarm", *words], text)
        self.until("all hosts are up", self._all_up, UP_S)
        self.images = [self._make_image(f"image {number}") for number in range(IMAGES_COUNT)]
        return self

    def fill(self) -> None:
        """Make something of each kind that a judge may then change and delete."""
        for number in range(MADE_COUNT):
            for kind in ("project", "user"):
                self._call("POST", f"/identity/v3/{kind}s", {kind: {"name": f"{kind} {number}"}})
            aggregate = {"name": f"aggregate {number}", "availability_zone": f"zone {number}"}
            self._call("POST", "/v2.1/os-aggregates", {"aggregate": aggregate})
            server = {
                "name": f"server {number}", "networks": "none",
                "imageRef": self.images[0], "flavorRef": FLAVOR,
            }  # fmt: skip
            self._call("POST", "/v2.1/servers", {"server": server})
        self.until("all servers run", self._all_run, UP_S)

    def _make_image(self, name: str) -> str:
        """One that all may use; returns its id."""
        described = {
            "name": name, "disk_format": "raw", "container_format": "bare", "visibility": "public",
        }  # fmt: skip
        image_id: str = self._call("POST", "/image/v2/images", described)["id"]
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/octet-stream"}
        url = f"{self.url}/image/v2/images/{image_id}/file"
        self._answer(request.Request(url, IMAGE_BYTES, headers, method="PUT"))  # noqa: S310 - http
        return image_id

    def _all_run(self) -> bool:
        servers = self.get("/v2.1/servers/detail")["servers"]
        return [each["status"] for each in servers] == ["ACTIVE"] * MADE_COUNT

    def _all_up(self) -> bool:
        return [each["state"] for each in self.services().values()] == ["up"] * HOSTS_COUNT

    @property
    def cloud(self) -> Cloud:
        """What Tempest is told."""
        cloud = yaml.safe_load((self.directory / "clouds.yaml").read_text())["clouds"]["hostdown"]
        return Cloud(cloud["auth"]["auth_url"], cloud["auth"]["password"], *self.images)

    @property
    def admins_ids(self) -> list[str]:
        """What a judge must not take away: its own user and project."""
        users = self.get("/identity/v3/users?name=admin")["users"]
        return [self.project_id, *(str(user["id"]) for user in users)]


class KeystoneBed(Bed):
    """The same, with a Keystone that runs instead of the embedded identity."""

    def __init__(self, directory: Path, keystone: Keystone) -> None:
        project = keystone.make_project("service")
        keystone.assign("service", keystone.make_user("hostdown"), f"projects/{project}")
        super().__init__(
            directory,
            "[api]\nauth_strategy = keystone\n[keystone_authtoken]\n"
            f"www_authenticate_uri = {keystone.url}\nauth_url = {keystone.url}\n"
            f"username = hostdown\npassword = {PASSWORD}\nproject_name = service\n"
            "user_domain_id = default\nproject_domain_id = default\nservice_type = compute\n",
        )
        keystone.make_service("compute", "nova", f"{self.url}/v2.1")
        keystone.make_service("image", "glance", f"{self.url}/image")
        self._keystone = keystone

    def _logged_in(self) -> tuple[str, str]:
        if self._token is None:
            projects = self._keystone.ask("GET", "/projects?name=admin")["projects"]
            self._token = (self._keystone.token(ADMIN), str(projects[0]["id"]))
        return self._token

    @property
    def cloud(self) -> Cloud:
        return Cloud(self._keystone.auth_url, PASSWORD, *self.images)
