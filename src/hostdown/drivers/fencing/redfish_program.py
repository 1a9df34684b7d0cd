"""Questions to BMCs by Redfish: JSON requests on standard input, a JSON answer to each on output.

A program of its own because neither sushy nor requests bounds a whole exchange: `redfish.py` kills
it. It imports nothing of ours, so that it starts as fast as sushy does, and stays for the next
question, for that is slow. What sushy would do beyond one exchange is taken from it: it sends a
request again, a power-off too, that found no answer, and it follows redirects.
"""

import json
import logging
import select
import ssl
import sys
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

try:
    import requests
    import sushy
    import urllib3
    from requests.adapters import HTTPAdapter
    from sushy import auth, connector
    from sushy import exceptions as told
except ModuleNotFoundError as error:
    if __name__ != "__main__":
        raise
    _SENTENCE = f"The driver 'redfish' needs sushy: pip install 'hostdown[redfish]' ({error})."
    print(json.dumps({"failed": _SENTENCE, "retry": False}))  # noqa: T201 - it is the answer
    sys.exit()

ANSWER_BYTES_MAX = 1 << 20
"""Of one answer of a BMC; a computer system of a large server has some 20 kB."""
QUIET_TIMEOUT_S = 60.0
"""Seconds without a byte from a BMC; the program's own end comes sooner."""
IDLE_S = 60.0
"""It ends if it is asked nothing for so long."""
SYSTEMS_SHOWN_MAX = 16
"""Systems that an error lists."""

_PIECE_BYTES = 1 << 14
_ALREADY_OFF = (400, 405, 409, 412, 500)
"""What BMCs answer to a power-off of what is off."""
_LOSES_POST = (301, 302, 303)
"""Redirects that would be followed by asking, which could look as if it was sent."""
_UNSET = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""What firmware tells that nobody gave an identity."""


class Failed(Exception):
    """A sentence for the operator, and whether trying again can help."""

    def __init__(self, sentence: str, retry: bool) -> None:
        super().__init__(sentence)
        self.retry = retry


class OneBmc(HTTPAdapter):
    """Speaks with one BMC and nobody else, and reads no more than is sane."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._origin = _origin(url)
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base
        """Raises Failed, which sushy lets through and so does not try again."""
        if _origin(request.url) != self._origin:
            where = urlsplit(request.url).netloc
            raise Failed(f"{self._url} sends us on to {where}, and we do not go.", retry=False)
        kwargs["stream"] = True
        try:
            answer = super().send(request, *args, **kwargs)
            answer._content = self._content(answer)
        except requests.exceptions.SSLError as error:
            raise self._untrusted(error) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Failed(f"{self._url} is not reached: {_cause(error)}.", retry=True) from None
        answer._content_consumed = True
        if request.method == "POST" and answer.status_code in _LOSES_POST:
            raise Failed(f"{self._url} redirects the power-off and does not take it.", retry=False)
        return answer

    def _content(self, answer: Any) -> bytes:  # noqa: ANN401 - a response of requests
        content = b""
        while piece := answer.raw.read1(_PIECE_BYTES, decode_content=True):
            content += piece
            if len(content) > ANSWER_BYTES_MAX:
                answer.close()
                what = f"answered more than {ANSWER_BYTES_MAX} bytes"
                raise Failed(f"{self._url} {what}.", retry=True)
        return content

    def _untrusted(self, error: BaseException) -> Failed:
        cause = _cause(error)
        if not isinstance(_deepest(error), ssl.SSLCertVerificationError):
            return Failed(f"{self._url} breaks off its TLS: {cause}.", retry=True)
        what = "name in 'ca_file' who signed it, or say 'verify: false'"
        return Failed(f"The certificate of {self._url} is not good: {cause}; {what}.", retry=False)


def answer(request: Mapping[str, Any]) -> dict[str, object]:
    """What to say to one request."""
    link = None
    try:
        link = _link(request)
        system = _system(request, link)
        if request["action"] == "cut":
            _cut(system, request["url"])
            return {}
        return _seen(system, request["url"])
    except Failed as failed:
        return {"failed": str(failed), "retry": failed.retry}
    except told.HTTPError as error:
        sentence, retry = _refusal(error, request)
    except (told.SushyError, ValueError, LookupError, TypeError, AttributeError) as error:
        text = " ".join(str(error).split())[:300]
        sentence, retry = f"{request['url']} does not answer as Redfish does: {text}.", True
    finally:
        if link is not None:  # a BMC has room for few connections
            link.close()
    return {"failed": sentence, "retry": retry}


def _link(request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - sushy has no types
    url, verify = request["url"], request["verify"]
    if isinstance(verify, str):
        _check_authority(verify)
    link = connector.Connector(url, verify=verify)
    link._default_request_timeout = QUIET_TIMEOUT_S
    session = link._session
    # A proxy of the environment would be another place that is told the password.
    session.trust_env = False
    # Few requests in a row: a TLS handshake for each takes a BMC longer than to answer.
    session.headers["Connection"] = "keep-alive"
    for scheme in ("https://", "http://"):
        session.mount(scheme, OneBmc(url))
    return link


def _system(request: Mapping[str, Any], link: Any) -> Any:  # noqa: ANN401 - as above
    url = request["url"]
    login = auth.BasicAuth(request["user"], request["password"])
    root = sushy.Sushy(url, auth=login, connector=link)
    paths = list(root.get_system_collection().members_identities)
    return root.get_system(_chosen(paths, request["system"], url))


def _check_authority(file: str) -> None:
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # as ssl.SSLError is
        reason = error.strerror or error
        raise Failed(f"The 'ca_file' {file} cannot be used: {reason}.", retry=False) from None


def _chosen(paths: list[str], named: str | None, url: str) -> str:
    """The system's path; raises Failed unless it is clear which is meant."""
    fits = [each for each in paths if named in (None, each, each.rstrip("/").rpartition("/")[2])]
    if len(fits) == 1:
        return fits[0]
    there = ", ".join(each.rstrip("/").rpartition("/")[2] for each in paths[:SYSTEMS_SHOWN_MAX])
    if not paths:
        raise Failed(f"{url} has no system.", retry=True)
    if named is None:
        raise Failed(f"{url} has {len(paths)} systems: name one of {there} in 'system'.", False)
    raise Failed(f"{url} has no system '{named}', but {there}.", retry=False)


def _seen(system: Any, url: str) -> dict[str, object]:  # noqa: ANN401 - sushy has no types
    power = system.power_state
    if power is None:
        raise Failed(f"{url} does not say whether the system is on.", retry=True)
    return {
        "power": "off" if power is sushy.PowerState.OFF else "on",
        "uuid": _uuid(system.uuid),
        "serial": (system.serial_number or "").strip() or None,
    }


def _uuid(text: str | None) -> str | None:
    try:
        found = str(uuid.UUID(text or ""))
    except ValueError:
        return None
    return None if found in _UNSET else found


def _cut(system: Any, url: str) -> None:  # noqa: ANN401 - sushy has no types
    """Sent whatever it reads; a BMC that refuses because it reads Off has nothing left to do."""
    try:
        system.reset_system(sushy.ResetType.FORCE_OFF)
    except told.InvalidParameterValueError:
        raise Failed(f"{url} has no 'ForceOff' for the system.", retry=False) from None
    except told.HTTPError as error:
        if error.status_code not in _ALREADY_OFF:
            raise
        system.refresh(force=True)
        if system.power_state is not sushy.PowerState.OFF:
            raise


def _refusal(error: Any, request: Mapping[str, Any]) -> tuple[str, bool]:  # noqa: ANN401 - as above
    url, status = request["url"], error.status_code
    detail = f" ({' '.join(str(error.detail).split())[:200]})" if error.detail else ""
    if status == 401:
        return f"{url} does not know '{request['user']}' by this password.", False
    if status == 403:
        return f"{url} does not let '{request['user']}' do that{detail}.", False
    return f"{url} answered {status}{detail}.", status >= 500 or status == 429


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _deepest(error: BaseException) -> BaseException:
    """What an error of requests, which is one of urllib3, which is one of ssl, is about."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = [getattr(error, "reason", None), *error.args, error.__context__]
        error = next((each for each in inner if isinstance(each, Exception)), error)
    return error


def _cause(error: BaseException) -> str:
    deepest = _deepest(error)
    text = getattr(deepest, "verify_message", None) or getattr(deepest, "strerror", None)
    return str(text or " ".join(str(deepest).split())[:200]).rstrip(".")


if __name__ == "__main__":
    logging.disable()
    while select.select([sys.stdin], [], [], IDLE_S)[0] and (line := sys.stdin.readline()):
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201 - it is the answer
