"""The Compute API at one microversion: the newest that both sides know, or the one asked for."""

import re
from functools import cached_property
from typing import Any

from hostdown.cli.client.http import Http, HttpError
from hostdown.cli.client.identity import Login
from hostdown.cli.errors import CliError, UsageError

Version = tuple[int, int]

OLDEST: Version = (2, 1)
NEWEST: Version = (2, 104)

_ENDPOINT = re.compile(r"^(\w+://[^/]*(?:/[^?]*?)?)/(v2(?:\.\d+)?)(?:/[^?]*)?$")
"""What is before the version, the version, and perhaps a project."""
_NUMBER = re.compile(r"^2\.(\d{1,4})$")
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Whether this can only be meant as an id."""
    return _UUID.match(text) is not None


class Compute:
    """One Compute API, for one command."""

    def __init__(self, http: Http, login: Login, wanted: Version | None) -> None:
        self._http = http
        self._token = {"X-Auth-Token": login.token} if login.token else {}
        base = login.endpoint.rstrip("/")
        found = _ENDPOINT.match(base)
        self.base = base if found else f"{base}/v2.1"
        self._origin = found[1] if found else base
        self._root = f"{found[1]}/{found[2]}" if found else self.base
        self._wanted = wanted

    @cached_property
    def version(self) -> Version:
        """The microversion to speak; asks the server once, unless one was wanted."""
        return self._wanted or self._negotiated()

    def at_most(self, newest: Version) -> Version:
        """The version to speak for what `newest` was the last to have; one asked for stays."""
        return self._wanted or min(self.version, newest)

    def call(
        self, method: str, path: str, body: object = None, version: Version | None = None
    ) -> Any:  # noqa: ANN401 - parsed JSON
        """The body of a 2xx answer, at `version` if it is given; raises CliError."""
        number = "{}.{}".format(*(version or self.version))
        versions = {
            "OpenStack-API-Version": f"compute {number}",
            "X-OpenStack-Nova-API-Version": number,
        }
        return self._http.request(method, self.base + path, self._token | versions, body).body

    def call_ours(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - parsed JSON
        """The same for a path of hostdown's own, beside the Compute API."""
        try:
            return self._http.request(method, self._origin + path, self._token, body).body
        except HttpError as error:
            if error.status in (300, 404, 405) and not isinstance(error.fault, dict):
                raise CliError(f"{self._origin} is not a hostdown server: {error}") from None
            raise

    def _negotiated(self) -> Version:
        answer = self._http.request("GET", f"{self._root}/", {})
        document = answer.body.get("version") if isinstance(answer.body, dict) else None
        if not isinstance(document, dict):
            raise CliError(f"{self._root}/ answered, but not as a Compute API does")
        # A Compute API without microversions leaves both ends empty.
        newest = _number(document.get("version") or "2.1")
        oldest = _number(document.get("min_version") or "2.1")
        if newest is None or oldest is None or oldest > NEWEST or newest < OLDEST:
            raise CliError(
                f"{self._root} speaks microversions {document.get('min_version')} to "
                f"{document.get('version')}, this command 2.1 to 2.104"
            )
        return min(newest, NEWEST)


def asked(text: str | None) -> Version | None:
    """A pinned version; None to negotiate, which `2` and `latest` ask for; raises UsageError."""
    if text in (None, "2", "latest", "2.latest"):
        return None
    version = _number(str(text))
    if version is None or not OLDEST <= version <= NEWEST:
        raise UsageError(f"'{text}' is not a microversion: give 2.1 to 2.104, or latest")
    return version


def _number(text: object) -> Version | None:
    found = _NUMBER.match(str(text))
    return (2, int(found[1])) if found else None
