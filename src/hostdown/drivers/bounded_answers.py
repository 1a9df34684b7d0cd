"""Answers to requests of a client library, bounded in size and in time.

The library waits for each piece of an answer anew and takes as many as come: one that never ends
would keep a thread for ever, or fill the memory.
"""

import math

import requests
import urllib3
from keystoneauth1.session import TCPKeepAliveAdapter
from requests import PreparedRequest, Response

from hostdown.drivers.system_clock import SystemClock

ANSWER_BYTES_MAX = 4 << 20
"""Of Keystone; a token of a cloud with hundreds of endpoints has some 100 kB."""

_PIECE_BYTES = 1 << 16

Timeout = float | tuple[float | None, float | None] | None
"""As requests has it; the library gives one number."""


class BoundedAdapter(TCPKeepAliveAdapter):
    """Reads each whole answer within the seconds that the library gives for one piece."""

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Timeout = None,
        verify: bool | str = True,
        cert: str | tuple[str, str] | None = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Raises requests.ConnectionError for an answer that is too long or too slow."""
        clock = SystemClock()
        end_s = clock.monotonic() + timeout if isinstance(timeout, int | float) else math.inf
        answer = super().send(request, stream, timeout, verify, cert, proxies)
        pieces, size = [], 0
        try:
            while piece := answer.raw.read1(_PIECE_BYTES, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > ANSWER_BYTES_MAX:
                    raise _broken_off(answer, f"is longer than {ANSWER_BYTES_MAX} bytes")
                if clock.monotonic() > end_s:
                    raise _broken_off(answer, f"took longer than {timeout:g} s")
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(error) from error
        answer._content = b"".join(pieces)
        answer._content_consumed = True
        return answer


def _broken_off(answer: Response, what: str) -> requests.ConnectionError:
    answer.close()
    return requests.ConnectionError(f"its answer {what}")
