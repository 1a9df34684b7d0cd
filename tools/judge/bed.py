"""What is judged: a real server with two workers, and a swarm of hosts that report to it."""

from pathlib import Path

import yaml
from tools.judge.tempest import Admin
from tools.keystone import ADMIN, PASSWORD, Keystone

from hostdown.cli.demo.stage import Stage, Timing

HOSTS_COUNT = 20
TIMING = Timing(report_interval_s=2.0, service_down_time_s=30.0)
UP_S = 60.0
MADE_COUNT = 8
"""Users, projects and aggregates that are there to be changed."""


class Bed(Stage):
    """Use as a context, as any Stage: entering it starts everything and waits for the hosts."""

    def __init__(self, directory: Path, settings: str = "") -> None:
        directory.mkdir()
        super().__init__(directory, TIMING, f"workers = 2\n{settings}")

    def __enter__(self) -> "Bed":
        self.start_server()
        text = (
            f"[DEFAULT]\nstate_path = {self.directory / 'swarm'}\n"
            f"report_interval = {self.timing.report_interval_s}\n"
            f"[agent]\nserver_url = {self.url}\n"
            f"enrolment_secret_file = {self.directory / 'enrolment-secret'}\n"
        )
        self._start("swarm", ["swarm", "--count", str(HOSTS_COUNT)], text)
        self.until("all hosts are up", self._all_up, UP_S)
        return self

    def fill(self) -> None:
        """Make something of each kind that a judge may then change and delete."""
        for number in range(MADE_COUNT):
            for kind in ("project", "user"):
                self._call("POST", f"/identity/v3/{kind}s", {kind: {"name": f"{kind} {number}"}})
            aggregate = {"name": f"aggregate {number}", "availability_zone": f"zone {number}"}
            self._call("POST", "/v2.1/os-aggregates", {"aggregate": aggregate})

    def _all_up(self) -> bool:
        return [each["state"] for each in self.services().values()] == ["up"] * HOSTS_COUNT

    @property
    def admin(self) -> Admin:
        """Who administers the identity."""
        cloud = yaml.safe_load((self.directory / "clouds.yaml").read_text())["clouds"]["hostdown"]
        return Admin(cloud["auth"]["auth_url"], cloud["auth"]["password"])

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
        keystone.make_compute(f"{self.url}/v2.1")
        self._keystone = keystone

    def _logged_in(self) -> tuple[str, str]:
        if self._token is None:
            projects = self._keystone.ask("GET", "/projects?name=admin")["projects"]
            self._token = (self._keystone.token(ADMIN), str(projects[0]["id"]))
        return self._token

    @property
    def admin(self) -> Admin:
        return Admin(self._keystone.auth_url, PASSWORD)
