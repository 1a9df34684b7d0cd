"""Tokens say what they were told to say, to whoever has the key, and nothing to anybody else."""

import base64
import json
from datetime import datetime, timedelta

import jwt
import pytest

from hostdown.domain.identity_errors import TokenRefused
from hostdown.services.tokens import TOKEN_CHARS_MAX, Claims, read_token, write_token

KEY = bytes(range(32))
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901)
CLAIMS = Claims(
    token_id="t" * 22,
    parent_id=None,
    user_id="a" * 32,
    user_name="ann",
    project_id="b" * 32,
    project_name="demo",
    project_stamp="d" * 24,
    grant_stamp="e" * 24,
    system=False,
    roles=("member", "reader"),
    methods=("password",),
    stamp="c" * 24,
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_comes_back_as_it_went_in_to_the_microsecond() -> None:
    assert read_token(KEY, write_token(KEY, CLAIMS)) == CLAIMS
    nothing = dict.fromkeys(("project_id", "project_name", "project_stamp", "grant_stamp"))
    unscoped = CLAIMS._replace(**nothing, roles=(), parent_id="p" * 22)
    for other in (unscoped, unscoped._replace(system=True, roles=("admin",))):
        assert read_token(KEY, write_token(KEY, other)) == other


def test_the_longest_names_there_can_be_fit_into_the_longest_token() -> None:
    """A character of four bytes takes twelve in JSON."""
    longest = CLAIMS._replace(
        user_name="\U0001f600" * 63 + "abc",
        project_name="\U0001f600" * 16,
        parent_id="p" * 22,
        grant_stamp="e" * 64,
        roles=("admin", "manager", "member", "reader", "service"),
        methods=("token", "password"),
    )
    text = write_token(KEY, longest)
    assert len(text) <= TOKEN_CHARS_MAX
    assert read_token(KEY, text) == longest


@pytest.mark.parametrize("index", range(3))
def test_an_altered_token_is_refused(index: int) -> None:
    parts = write_token(KEY, CLAIMS).split(".")
    middle = len(parts[index]) // 2
    changed = "A" if parts[index][middle] != "A" else "B"
    parts[index] = parts[index][:middle] + changed + parts[index][middle + 1 :]
    with pytest.raises(TokenRefused):
        read_token(KEY, ".".join(parts))


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenRefused):
        read_token(KEY, write_token(bytes(32), CLAIMS))


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_our_key(algorithm: str) -> None:
    payload = jwt.decode(write_token(KEY, CLAIMS), options={"verify_signature": False})
    long_key = KEY * 2
    forged = jwt.encode(payload, None if algorithm == "none" else long_key, algorithm=algorithm)
    for key in (KEY, long_key):
        with pytest.raises(TokenRefused):
            read_token(key, forged)


def test_an_unsigned_token_is_refused_however_it_spells_its_algorithm() -> None:
    body = write_token(KEY, CLAIMS).split(".")[1]
    for algorithm in ("none", "None", "NONE", ""):
        with pytest.raises(TokenRefused):
            read_token(KEY, f"{part({'alg': algorithm, 'typ': 'JWT'})}.{body}.")


@pytest.mark.parametrize(
    "text", ["", ".", "..", "abc", "a.b.c", "x" * TOKEN_CHARS_MAX, "é.è.à", "\ud800", "a" * 10**6]
)
def test_what_is_no_token_at_all_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        read_token(KEY, text)


def test_a_token_of_another_format_of_ours_is_refused() -> None:
    with pytest.raises(TokenRefused):
        read_token(KEY, jwt.encode({"v": 2, "sub": "a"}, KEY, algorithm="HS256"))
