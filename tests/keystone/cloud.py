"""What the tests of tokens need of a Keystone, real or not: the same users, projects and roles."""

from datetime import datetime, timedelta
from typing import Protocol

from tools.keystone import PASSWORD, Keystone, Login

from hostdown.domain.identity_errors import KeystoneSilent
from hostdown.domain.roles import with_implied
from hostdown.services.keystone_ports import Identity, Question, Validator, Verdict

SERVICE = Login("hostdown", "service")
ANN = Login("ann", "demo")
GUEST = Login("guest", "demo")
ADMIN = Login("admin", "admin")
SYSTEM_ADMIN = Login("admin", system=True)
DOMAIN_ADMIN = Login("admin", domain=True)
UNSCOPED = Login("ann")

START = datetime(2026, 1, 2, 3, 4, 5)
PATH = "/v2.1/os-services"


def question(token: str, service_token: str | None = None) -> Question:
    """A request that brings this token."""
    return Question(token, service_token, "GET", PATH)


class Cloud(Protocol):
    """A validator, and the operator's side of the Keystone behind it."""

    @property
    def validator(self) -> Validator: ...
    def token(self, login: Login) -> str: ...
    def expired_token(self) -> str: ...
    def revoke(self, token: str) -> None: ...
    def enable(self, user: str, enabled: bool) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class RealCloud:
    """Around a started Keystone that has no users of ours yet."""

    def __init__(self, keystone: Keystone) -> None:
        from hostdown.drivers.keystone_validator import KeystoneValidator

        self.keystone = keystone
        self.users: dict[str, str] = {}
        self.projects: dict[str, str] = {}
        for project in ("service", "demo"):
            self.projects[project] = keystone.make_project(project)
        for login, role in ((SERVICE, "service"), (ANN, "member"), (GUEST, "reader")):
            self.users[login.user] = keystone.make_user(login.user)
            where = f"projects/{self.projects[str(login.project)]}"
            keystone.assign(role, self.users[login.user], where)
        admin = keystone.ask("GET", "/users?name=admin")["users"][0]["id"]
        keystone.assign("admin", admin, "domains/default")
        self.validator: Validator = KeystoneValidator(self.options())
        self.token, self.revoke = keystone.token, keystone.revoke
        self.pause, self.resume = keystone.pause, keystone.resume

    def options(self, **changed: object) -> dict[str, object]:
        """`[keystone_authtoken]` for this Keystone."""
        return {
            "auth_url": self.keystone.url, "username": SERVICE.user, "password": PASSWORD,
            "project_name": SERVICE.project, "user_domain_id": "default",
            "project_domain_id": "default", "http_connect_timeout": 3, "service_type": "compute",
            **changed,
        }  # fmt: skip

    def expired_token(self) -> str:
        return self.keystone.token_of_yesterday(self.users["ann"], self.projects["demo"])

    def enable(self, user: str, enabled: bool) -> None:
        self.keystone.ask("PATCH", f"/users/{self.users[user]}", {"user": {"enabled": enabled}})


class FakeCloud:
    """Keystone in a dictionary; implements `Validator` itself."""

    def __init__(self) -> None:
        self.validator: Validator = self
        self.asked = 0
        self.running = True
        self.lasting = True
        self._made = 0
        self._disabled: set[str] = set()
        self._given: dict[str, tuple[Identity, datetime]] = {}

    def token(self, login: Login) -> str:
        return self.give(identity_of(login), START + timedelta(hours=1))

    def expired_token(self) -> str:
        return self.give(identity_of(ANN), START - timedelta(hours=20))

    def give(self, identity: Identity, expires_at: datetime) -> str:
        """A new token."""
        self._made += 1
        token = f"token-{self._made}"
        self._given[token] = (identity, expires_at)
        return token

    def revoke(self, token: str) -> None:
        del self._given[token]

    def enable(self, user: str, enabled: bool) -> None:
        (self._disabled.discard if enabled else self._disabled.add)(user)

    def pause(self) -> None:
        self.running = False

    def resume(self) -> None:
        self.running = True

    def verdict(self, question: Question) -> Verdict:
        self.asked += 1
        if not self.running:
            raise KeystoneSilent(reason="paused")
        lasting = self.lasting and question.service_token is None
        vouched = False
        if question.service_token is not None:
            service = self._found(question.service_token, expired_too=False)
            vouched = service is not None and "service" in service[0].roles
            if not vouched:
                return Verdict(None, None, lasting)
        found = self._found(question.token, expired_too=vouched)
        return Verdict(*found, lasting) if found else Verdict(None, None, lasting)

    def _found(self, token: str, expired_too: bool) -> tuple[Identity, datetime] | None:
        found = self._given.get(token)
        if found is None or found[0].user_name in self._disabled:
            return None
        return found if expired_too or found[1] > START else None


def identity_of(login: Login) -> Identity:
    """Whom the fake's tokens belong to."""
    given = {"ann": "member", "guest": "reader", "hostdown": "service", "admin": "admin"}
    scoped = login.project or login.system or login.domain
    return Identity(
        user_id=f"id-of-{login.user}",
        user_name=login.user,
        user_domain_id="default",
        project_id=login.project and f"id-of-{login.project}",
        project_domain_id="default" if login.project else None,
        roles=with_implied([given[login.user]]) if scoped else (),
        system_scope="all" if login.system else None,
    )
