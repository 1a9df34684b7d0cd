"""The Identity API as a client of it sees it, without a server."""

from falcon.testing import Result, TestClient
from tests.identity.cloud import application
from tests.identity.people import PASSWORD, ManualClock, add_project, add_user

from hostdown.storage import Storage

TOKENS = "/identity/v3/auth/tokens"
DEFAULT = {"id": "default"}
SYSTEM = {"system": {"all": True}}


class Api:
    """The application, with users admin, ann (member of demo) and sam (service of demo)."""

    def __init__(self, store: Storage, clock: ManualClock) -> None:
        self.clock = clock
        self.directory = store.directory
        self.client = TestClient(application(store, clock), headers={"Host": "cloud.example"})
        add_project(store.directory, "demo")
        for name, role in (("admin", "admin"), ("ann", "member"), ("sam", "service")):
            add_user(store.directory, name, role=role)

    def log_in(self, name: str = "ann", password: str = PASSWORD, **scope: object) -> Result:
        user = {"name": name, "domain": DEFAULT, "password": password}
        return self.send({"methods": ["password"], "password": {"user": user}}, **scope)

    def send(self, identity: object, **scope: object) -> Result:
        return self.client.simulate_post(TOKENS, json={"auth": {"identity": identity, **scope}})

    def token(self, name: str = "ann", **scope: object) -> str:
        return self.log_in(name, **scope).headers["X-Subject-Token"]

    def call(self, path: str, token: str, method: str = "GET", **headers: str) -> Result:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.simulate_request(
            method, f"/identity/v3{path}", headers={"X-Auth-Token": token, **named}
        )

    def ask(self, method: str, path: str, body: object = None, token: str | None = None) -> Result:
        """As the admin, unless another token is given."""
        headers = {"X-Auth-Token": self.token("admin") if token is None else token}
        arguments = {} if body is None else {"json": body}
        return self.client.simulate_request(
            method, f"/identity/v3{path}", headers=headers, **arguments
        )
