"""One HTTP request and its answer, with a limit on time and size, and sentences for what fails."""

import http.client
import json
import logging
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hostdown.cli.client.credentials import Tls
from hostdown.cli.errors import CliError, Exit, UsageError

ANSWER_SIZE_MAX = 64 << 20
"""Bytes of an answer that a command reads."""
DEBUG_SIZE_MAX = 2000
"""Bytes of a request, and characters of an answer, that `--debug` shows."""

LOG = logging.getLogger(__name__)

_REPEATABLE = frozenset({"GET", "PUT"})
"""Sent once more if the connection broke: they say what shall be, not what to add or take away."""

_STATUS_CODES = {
    401: Exit.NOT_ALLOWED,
    403: Exit.NOT_ALLOWED,
    404: Exit.NOT_FOUND,
    410: Exit.NOT_FOUND,
    502: Exit.NO_ANSWER,
    503: Exit.NO_ANSWER,
    504: Exit.NO_ANSWER,
}


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is the parsed JSON, or None."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    @property
    def request_id(self) -> str | None:
        """The number under which the server's log knows this request."""
        return self.headers.get("x-openstack-request-id") or self.headers.get(
            "x-compute-request-id"
        )


class HttpError(CliError):
    """The server answered with an error, or with nothing that can be understood."""

    def __init__(self, sentence: str, answer: Answer) -> None:
        facts = f"HTTP {answer.status}"
        if answer.request_id:
            facts += f", request {answer.request_id}"
        super().__init__(f"{sentence} ({facts})", _STATUS_CODES.get(answer.status, Exit.FAILED))
        self.status = answer.status
        self.fault = answer.body.get("error") if isinstance(answer.body, dict) else None
        self.is_explained = _explanation(answer) is not None
        """Whether an API says why, in a fault; a server that has no such path does not."""


class Http:
    """Sends requests. One instance per command."""

    def __init__(self, tls: Tls, timeout_s: float) -> None:
        self._tls = tls
        self._timeout_s = timeout_s

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: object = None
    ) -> Answer:
        """The answer, if it is 2xx or 300; raises HttpError for others, CliError for none."""
        payload = None if body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json", "User-Agent": "hostdown", **headers}
        if payload is not None:
            sent["Content-Type"] = "application/json"
        started = perf_counter()
        answer = self._exchange(method, url, sent, payload)
        _trace(method, url, sent, payload, answer, perf_counter() - started)
        if answer.status >= 300:
            raise HttpError(_sentence(url, answer), answer)
        return answer

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], payload: bytes | None
    ) -> Answer:
        try:
            try:
                return self._once(method, url, headers, payload)
            except (ConnectionResetError, BrokenPipeError, http.client.BadStatusLine):
                if method not in _REPEATABLE:
                    raise
                return self._once(method, url, headers, payload)
        except (OSError, http.client.HTTPException) as error:
            raise CliError(self._unreachable(url, error), Exit.NO_ANSWER) from error

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], payload: bytes | None
    ) -> Answer:
        connection, parts = self._connection(url)
        with closing(connection):
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, payload, dict(headers))
            response = connection.getresponse()
            content = self._read(response)
        text = content.decode("utf-8", "replace")
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, _parsed(text), text)

    def _connection(self, url: str) -> tuple[http.client.HTTPConnection, SplitResult]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise UsageError(f"'{url}' is not an address: {error}") from None
        if parts.username is not None:
            raise UsageError(f"the address of {host} may not hold a user and a password")
        if parts.scheme not in ("http", "https") or not host:
            raise UsageError(f"'{url}' is not an http or https address")
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout_s), parts
        context = self._context()
        secured = http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=context)
        return secured, parts

    def _context(self) -> ssl.SSLContext:
        tls = self._tls
        try:
            context = ssl.create_default_context(cafile=tls.ca_file)
            if tls.cert_file:
                context.load_cert_chain(tls.cert_file, tls.key_file)
        except OSError as error:
            files = ", ".join(filter(None, (tls.ca_file, tls.cert_file, tls.key_file)))
            raise UsageError(f"cannot use the certificates in {files}: {error}") from None
        if not tls.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """The whole body; a server that drips it byte by byte gets no longer than the timeout."""
        deadline = perf_counter() + self._timeout_s
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read1(1 << 16):
            chunks.append(chunk)
            size += len(chunk)
            if size > ANSWER_SIZE_MAX:
                raise http.client.HTTPException(f"answer larger than {ANSWER_SIZE_MAX} bytes")
            if perf_counter() > deadline:
                raise TimeoutError
        if response.length:
            raise http.client.HTTPException("the answer was cut off")
        return b"".join(chunks)

    def _unreachable(self, url: str, error: Exception) -> str:
        where = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if isinstance(error, TimeoutError):
            return f"{where} did not answer within {self._timeout_s:g} s (--timeout)"
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"the certificate of {where} was refused: {error.verify_message}; name the file "
                "that vouches for it with --os-cacert"
            )
        if isinstance(error, ssl.SSLError):
            return f"{where} does not speak TLS as it should: {error.reason or error}"
        if isinstance(error, ConnectionRefusedError):
            return f"nothing listens at {where}: check that the server runs"
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"no answer from {where}: {reason}"


def _parsed(text: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
    try:
        return json.loads(text)
    except ValueError:
        return None


def _sentence(url: str, answer: Answer) -> str:
    """The server's own words; else what kind of answer it was."""
    phrase = http.client.responses.get(answer.status, "an unknown status")
    return _explanation(answer) or f"{url} answered '{phrase}'"


def _explanation(answer: Answer) -> str | None:
    """What a fault of Nova's or Keystone's form says."""
    if not isinstance(answer.body, dict):
        return None
    faults = [fault for fault in answer.body.values() if isinstance(fault, dict)]
    return next((str(each["message"]) for each in faults if each.get("message")), None)


def _trace(
    method: str,
    url: str,
    headers: Mapping[str, str],
    payload: bytes | None,
    answer: Answer,
    seconds: float,
) -> None:
    """One request for `--debug`: no token, and no body where bodies hold secrets."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return
    secret = "/auth/" in url or url.endswith("/enrolment")
    versions = {k: v for k, v in headers.items() if "version" in k.lower()}
    asked = b"" if payload is None else b"(not shown)" if secret else payload[:DEBUG_SIZE_MAX]
    told = "(not shown)" if secret and answer.status < 300 else answer.text[:DEBUG_SIZE_MAX]
    LOG.debug("> %s %s %s %s", method, url, versions or "", asked.decode("utf-8", "replace"))
    LOG.debug("< %d %s in %.3f s %s", answer.status, answer.request_id or "", seconds, told)
