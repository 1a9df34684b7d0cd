"""Signed requests over kept connections, and answers of which only authentic ones count."""

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.connection import HTTPConnection

from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.settings import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, ServerAddress
from hostdown.domain.signing import answer_mac, request_mac, same
from hostdown.services.ports import Clock

ANSWER_BYTES_MAX = 4 * 1024 * 1024
"""What an agent reads of an answer; the assignments of 1,000 instances have some 700,000."""
CHUNK_BYTES = 2**20
"""What is read of an image at a time."""
_ACKNOWLEDGED = (
    socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(CONNECT_TIMEOUT_S * 1000)
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1)
_SEE_OTHER_FAULTS = 500
_OK = 200


class _Raw(NamedTuple):
    status: int
    body: bytes
    mac: str


class ServerClient:
    """One server at a time, of several; safe between threads, which share `connections`
    connections to each.

    Whoever was not heard is left for the next one: the request fails, and the caller, who tries
    again in any case, reaches that. So nobody waits for a server that is known to be away.
    """

    def __init__(self, server: ServerAddress, clock: Clock, connections: int = 1) -> None:
        self._urls = tuple(url.rstrip("/") for url in server.urls)
        self.url = self._urls[0]
        """Of the server that is asked now."""
        self._clock = clock
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=ANSWER_TIMEOUT_S),
            ca_certs=str(server.ca_file) if server.ca_file else None,
            cert_reqs="CERT_REQUIRED",
            # A machine that is gone ends no connection: what it does not acknowledge, nobody hears.
            socket_options=[*HTTPConnection.default_socket_options, _ACKNOWLEDGED],
        )

    @property
    def host(self) -> str:
        """Of the server that is asked now: its name or address."""
        return urlsplit(self.url).hostname or ""

    def post(
        self,
        path: str,
        content: Mapping[str, object],
        secret: bytes,
        unsigned_refusals: bool = False,
    ) -> Mapping[str, object]:
        """What the server answers.

        Raises Refused, if `unsigned_refusals` also by an answer without a signature (an enrolment
        that failed cannot have one); NotHeard for everything else that is not a good answer.
        """
        body = orjson.dumps(content)
        nonce = secrets.token_hex(16)
        with self._or_next():
            raw = self._send(path, body, self._headers("POST", path, body, nonce, secret))
            return self._answer(raw, nonce, secret, unsigned_refusals)

    def download(self, path: str, secret: bytes, to: BinaryIO, bytes_max: int) -> None:
        """Write what the server has at `path` into a file; whether it is right is not known then.

        Raises Refused, NotHeard, also where it goes on after `bytes_max`; OSError of the file.
        """
        with self._or_next():
            self._download(path, secret, to, bytes_max)

    def _download(self, path: str, secret: bytes, to: BinaryIO, bytes_max: int) -> None:
        nonce = secrets.token_hex(16)
        headers = self._headers("GET", path, b"", nonce, secret)
        try:
            answer = self._pool.request(
                "GET", self.url + path, headers=headers, redirect=False, preload_content=False
            )
            try:
                if answer.status != _OK:
                    content = answer.read(ANSWER_BYTES_MAX)
                    mac = answer.headers.get("X-Hostdown-Mac", "")
                    self._answer(_Raw(answer.status, content, mac), nonce, secret, False)
                    raise NotHeard(f"The server at {self.url} answers in an odd way.")
                for chunk in answer.stream(CHUNK_BYTES):
                    to.write(chunk)
                    if to.tell() > bytes_max:
                        raise NotHeard(f"The server at {self.url} sends more than it said.")
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise self._silent(error) from error

    @contextmanager
    def _or_next(self) -> Iterator[None]:
        """If it is not heard, the next one is asked from then on; unless somebody saw to that."""
        asked = self.url
        try:
            yield
        except NotHeard:
            if self.url == asked:
                self.url = self._urls[(self._urls.index(asked) + 1) % len(self._urls)]
            raise

    def _headers(
        self, method: str, path: str, body: bytes, nonce: str, secret: bytes
    ) -> dict[str, str]:
        time_ms = (self._clock.now() - _EPOCH) // timedelta(milliseconds=1)
        return {
            "Content-Type": "application/json",
            "X-Hostdown-Time": str(time_ms),
            "X-Hostdown-Nonce": nonce,
            "X-Hostdown-Mac": request_mac(secret, method, path, body, time_ms, nonce),
        }

    def _answer(
        self, raw: _Raw, nonce: str, secret: bytes, unsigned_refusals: bool
    ) -> Mapping[str, object]:
        authentic = same(raw.mac, answer_mac(secret, raw.status, nonce, raw.body))
        answer = _object(raw.body)
        if raw.status < 300 and authentic:
            return answer
        error = answer.get("error")
        facts = error if isinstance(error, dict) else {}
        message = str(facts.get("message", f"HTTP status {raw.status}"))
        if 400 <= raw.status < _SEE_OTHER_FAULTS and (authentic or unsigned_refusals):
            raise Refused(raw.status, str(facts.get("code", "")), message, facts)
        how = (
            "" if authentic else ", in an answer without a good signature, which is not acted upon"
        )
        raise NotHeard(f"The server at {self.url} says: {message}{how}")

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> _Raw:
        try:
            answer = self._pool.request(
                "POST",
                self.url + path,
                body=body,
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            try:
                content = answer.read(ANSWER_BYTES_MAX + 1)
                if len(content) > ANSWER_BYTES_MAX:
                    answer.close()
                    raise NotHeard(f"The server at {self.url} answers at too great a length.")
                return _Raw(answer.status, content, answer.headers.get("X-Hostdown-Mac", ""))
            finally:
                answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise self._silent(error) from error

    def _silent(self, error: urllib3.exceptions.HTTPError) -> NotHeard:
        # Before its words, some of urllib3's errors have the connection itself.
        cause = str((error.args or (error,))[-1]).rpartition(": ")[2].rstrip(".")
        return NotHeard(f"The server at {self.url} does not answer: {cause}.")


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
