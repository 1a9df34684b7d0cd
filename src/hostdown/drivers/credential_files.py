"""The first admin's credentials as `clouds.yaml` and `openrc`, which only their owner can read.

A file appears whole or not at all, with mode 0600 from its first moment, and never replaces one
that is there.
"""

import os
import re
import secrets
from pathlib import Path

import yaml

from hostdown.domain.identity_errors import CredentialsNotKept
from hostdown.drivers.durable import sync_directory
from hostdown.services.identity_ports import Credentials

CLOUD = "hostdown"
MODE = 0o600

_OPENRC = """\
# For stock OpenStack clients:     . {path}; openstack compute service list
# For curl, as in the manuals:     token=$(hostdown_token); tenant_id=$OS_PROJECT_ID
export OS_IDENTITY_API_VERSION=3
export OS_AUTH_TYPE=password
export OS_AUTH_URL={auth_url}
export OS_USERNAME={username}
export OS_PASSWORD={password}
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_ID={project_id}
export OS_PROJECT_NAME={project_name}
export OS_PROJECT_DOMAIN_NAME=Default
export OS_REGION_NAME={region}
{cacert}unset OS_TOKEN OS_CLOUD

# Prints a new token. The password goes through a pipe: command lines are public.
hostdown_token() {{
    printf '{{"auth": {{
        "identity": {{"methods": ["password"], "password": {{"user": {{
            "name": "%s", "domain": {{"id": "default"}}, "password": "%s"}}}}}},
        "scope": {{"project": {{"id": "%s"}}}}}}}}' \\
        "$OS_USERNAME" "$OS_PASSWORD" "$OS_PROJECT_ID" |
        curl -sS -o /dev/null -D - ${{OS_CACERT:+--cacert "$OS_CACERT"}} \\
            -H 'Content-Type: application/json' -d @- "$OS_AUTH_URL/auth/tokens" |
        sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: *\\([^[:space:]]*\\).*/\\1/p'
}}
"""


class CredentialFiles:
    """Implements `services.identity_ports.CredentialKeeper` in one directory, which must exist.

    `auth_url` ends in `/v3`; `cacert` is the certificate that clients shall trust, if they need it.
    """

    def __init__(
        self, folder: Path, auth_url: str, region: str, cacert: Path | None = None
    ) -> None:
        self.clouds_yaml = folder / "clouds.yaml"
        self.openrc = folder / "openrc"
        self._auth_url = auth_url
        self._region = region
        self._cacert = cacert
        self._written: list[Path] = []

    def kept(self) -> Credentials | None:
        """What `clouds.yaml` says of the cloud `hostdown`; None if there is no file."""
        path = self.clouds_yaml
        try:
            parsed = yaml.safe_load(path.read_text())
            auth = parsed["clouds"][CLOUD]["auth"]
            found = Credentials(*(str(auth[name]) for name in Credentials._fields))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CredentialsNotKept(path=path, reason=error.strerror) from error
        except (yaml.YAMLError, UnicodeDecodeError, LookupError, TypeError) as error:
            reason = (
                f"the file is there and holds no credentials of the cloud '{CLOUD}'; move it away"
            )
            raise CredentialsNotKept(path=path, reason=reason) from error
        if not re.fullmatch("[0-9a-f]{32}", found.project_id):
            raise CredentialsNotKept(path=path, reason="its project_id is not 32 hex digits")
        return found

    def keep(self, credentials: Credentials) -> None:
        """Write the files that are not there; raises CredentialsNotKept and then leaves none."""
        contents = (
            (self.clouds_yaml, self._clouds(credentials)),
            (self.openrc, self._shell(credentials)),
        )
        for path, text in contents:
            try:
                if _write_new(path, text):
                    self._written.append(path)
            except OSError as error:
                self.discard()
                reason = error.strerror or str(error)
                raise CredentialsNotKept(path=path, reason=reason) from error

    def discard(self) -> None:
        """Remove what this object has written."""
        while self._written:
            self._written.pop().unlink(missing_ok=True)

    def _clouds(self, credentials: Credentials) -> str:
        cloud: dict[str, object] = {
            "auth_type": "password",
            "auth": {
                "auth_url": self._auth_url,
                **credentials._asdict(),
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": self._region,
            "identity_api_version": "3",
        }
        if self._cacert is not None:
            cloud["cacert"] = str(self._cacert)
        head = f"# For stock OpenStack clients: openstack --os-cloud {CLOUD} …\n"
        return head + yaml.safe_dump({"clouds": {CLOUD: cloud}}, sort_keys=False)

    def _shell(self, credentials: Credentials) -> str:
        words = credentials._asdict() | {
            "path": str(self.openrc),
            "auth_url": self._auth_url,
            "region": self._region,
        }
        quoted = {name: _quoted(word) for name, word in words.items()}
        cacert = f"export OS_CACERT={_quoted(str(self._cacert))}\n" if self._cacert else ""
        return _OPENRC.format(**quoted, cacert=cacert)


def _quoted(word: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


def _write_new(path: Path, text: str) -> bool:
    """Write a file durably unless it is there; False if it is."""
    if path.exists():
        return False
    for leftover in path.parent.glob(f".{path.name}.*"):
        leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(temporary, text)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)
    return True


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with open(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, MODE)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
