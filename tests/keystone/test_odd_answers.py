"""What answers in Keystone's place, or a Keystone that is broken, is told in one sentence."""

import json

import pytest
from tests.keystone.cloud import question
from tests.keystone.odd_keystone import OURS, PROJECT, Odd, odd_keystone

from hostdown.domain.identity_errors import KeystoneSilent, KeystoneUnavailable


def token(**changed: object) -> bytes:
    """The document of a good token of a project, changed."""
    found = {**OURS, "project": PROJECT, "roles": [{"id": "r", "name": "member"}]}
    return json.dumps({"token": {**found, **changed}}).encode()


def test_the_document_that_the_others_differ_from_is_good() -> None:
    with odd_keystone(Odd(token())) as validator:
        verdict = validator.verdict(question("x"))
    assert verdict.identity is not None
    assert (verdict.identity.user_name, verdict.identity.roles) == ("hostdown", ("member",))


@pytest.mark.parametrize(
    "odd",
    [
        Odd(b"<html>It works!</html>"),
        Odd(b"{}"),
        Odd(b"[]"),
        Odd(b"\x00\xff"),
        Odd(b"[" * 200_000),
        Odd(b"", 204),
        Odd(token(user=None)),
        Odd(token(user={"id": "u"})),
        Odd(token(roles="admin")),
        Odd(token(roles=[{}])),
        Odd(token(project={**PROJECT, "domain": None})),
        Odd(token(system=5)),
        Odd(token(expires_at=None)),
        Odd(token(expires_at="tomorrow")),
        Odd(token(expires_at="9999-12-31T23:59:59-12:00")),
        Odd(token(expires_at="0001-01-01T00:00:00+14:00")),
    ],
    ids=lambda odd: repr(odd.body[-40:]),
)
def test_an_answer_that_makes_no_sense_is_no_answer(odd: Odd) -> None:
    with odd_keystone(odd) as validator, pytest.raises(KeystoneUnavailable) as caught:
        validator.verdict(question("x"))
    assert caught.value.facts["reason"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_the_same_trouble_has_the_same_words(status: int) -> None:
    """So that it is told once, however many ask."""
    reasons = set()
    for request_id in ("req-1", "req-2"):
        body = {"error": {"message": "no", "code": status, "title": "No"}}
        odd = Odd(json.dumps(body).encode(), status, request_id=request_id)
        with odd_keystone(odd) as validator, pytest.raises(KeystoneUnavailable) as caught:
            validator.verdict(question("x"))
        assert not isinstance(caught.value, KeystoneSilent)
        reasons.add(caught.value.facts["reason"])
    assert len(reasons) == 1
    assert f"(HTTP {status})" in str(reasons)


@pytest.mark.parametrize(
    ("piece", "what"),
    [(b" " * 1_000_000, "is longer than 4194304 bytes"), (b" ", "took longer than 1 s")],
    ids=["long", "slow"],
)
def test_an_answer_that_does_not_end_is_broken_off(piece: bytes, what: str) -> None:
    with odd_keystone(Odd(piece, endless=True)) as validator, pytest.raises(KeystoneSilent) as told:
        validator.verdict(question("x"))
    assert what in str(told.value.facts["reason"])
