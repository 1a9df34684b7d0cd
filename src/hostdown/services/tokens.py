"""Tokens: signed values that say who asks, for which project and until when.

A token holds all that a request needs, so that checking one reads no database. It carries the
stamps of its user, of its project and of the roles there (`stamps`).
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import jwt

from hostdown.domain.identity_errors import TokenRefused

ALGORITHM = "HS256"
FORMAT = 3
KEY_NAME = "token-signing"
KEY_BYTES = 32
TOKEN_CHARS_MAX = 2560
"""Longer texts are refused unread. The longest token we make, with names of 255 and 64 bytes that
JSON has to escape, is shorter (a test makes it)."""


class Claims(NamedTuple):
    """What a token says. Times are naive UTC; `project_*` are None in a token without a project.

    `system`: it is for the system as a whole, which is no project's. `parent_id` is the id of
    the token that this one was exchanged for, or None.
    """

    token_id: str
    parent_id: str | None
    user_id: str
    user_name: str
    project_id: str | None
    project_name: str | None
    project_stamp: str | None
    grant_stamp: str | None
    system: bool
    roles: tuple[str, ...]
    methods: tuple[str, ...]
    stamp: str
    issued_at: datetime
    expires_at: datetime


def write_token(key: bytes, claims: Claims) -> str:
    """The signed text of a token."""
    payload = {
        "v": FORMAT,
        "jti": claims.token_id,
        "par": claims.parent_id,
        "sub": claims.user_id,
        "usr": claims.user_name,
        "prj": claims.project_id,
        "prn": claims.project_name,
        "prs": claims.project_stamp,
        "grs": claims.grant_stamp,
        "sys": claims.system,
        "rol": list(claims.roles),
        "amr": list(claims.methods),
        "stm": claims.stamp,
        "iat": claims.issued_at.replace(tzinfo=UTC).timestamp(),
        "exp": claims.expires_at.replace(tzinfo=UTC).timestamp(),
    }
    return jwt.encode(payload, key, algorithm=ALGORITHM)


def read_token(key: bytes, text: str) -> Claims:
    """What an authentic token says; raises TokenRefused. Expiry and revocation are not looked at.

    PyJWT would compare times with a clock of its own, so that is switched off.
    """
    if len(text) > TOKEN_CHARS_MAX:
        raise TokenRefused
    unchecked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        payload = jwt.decode(text, key, algorithms=[ALGORITHM], options=unchecked)  # type: ignore[arg-type] # a TypedDict of options
    except (jwt.InvalidTokenError, ValueError) as error:
        raise TokenRefused from error
    if payload.get("v") != FORMAT:
        raise TokenRefused
    return _claims(payload)


def _claims(payload: dict[str, Any]) -> Claims:
    return Claims(
        token_id=payload["jti"],
        parent_id=payload["par"],
        user_id=payload["sub"],
        user_name=payload["usr"],
        project_id=payload["prj"],
        project_name=payload["prn"],
        project_stamp=payload["prs"],
        grant_stamp=payload["grs"],
        system=payload["sys"],
        roles=tuple(payload["rol"]),
        methods=tuple(payload["amr"]),
        stamp=payload["stm"],
        issued_at=_time(payload["iat"]),
        expires_at=_time(payload["exp"]),
    )


def _time(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None)
