"""How agents and servers sign what they say to each other (DESIGN §6).

A signature is HMAC-SHA256 under the host's own secret over method, path with query, body, time and
nonce, each length-prefixed, so that no two different requests give the same bytes. An answer is
signed over its status, the request's nonce and its body: it cannot be replayed to another request.
"""

import hashlib
import hmac

TIME_SKEW_MAX_S = 30
"""How far a request's time may be from the server's clock, either way."""


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def request_mac(
    secret: bytes, method: str, path: str, body: bytes, time_ms: int, nonce: str
) -> str:
    """The MAC of a request, hexadecimal. `time_ms`: milliseconds since 1970 UTC."""
    message = _joined(
        b"hostdown-request-1",
        method.encode(),
        path.encode(),
        str(time_ms).encode(),
        nonce.encode(),
        body,
    )
    return hmac.digest(secret, message, hashlib.sha256).hex()


def answer_mac(secret: bytes, status: int, nonce: str, body: bytes) -> str:
    """The MAC of the answer to the request that carried `nonce`, hexadecimal."""
    message = _joined(b"hostdown-answer-1", str(status).encode(), nonce.encode(), body)
    return hmac.digest(secret, message, hashlib.sha256).hex()


def same(mac: str, expected: str) -> bool:
    """Compare two MACs in constant time."""
    return hmac.compare_digest(mac.encode(), expected.encode())


def host_secret(
    enrolment_secret: bytes, host_id: str, agent_nonce: str, server_nonce: str
) -> bytes:
    """The 32-byte secret of a host, which both sides derive at enrolment and nobody sends.

    Even where an operator runs without TLS, a listener learns no host's secret from an enrolment.
    """
    message = _joined(
        b"hostdown-host-1", host_id.encode(), agent_nonce.encode(), server_nonce.encode()
    )
    return hmac.digest(enrolment_secret, message, hashlib.sha256)
