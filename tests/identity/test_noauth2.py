"""The strategy for test beds: whoever calls is believed."""

import pytest

from hostdown.api.authenticators import Noauth2Authenticator
from hostdown.api.ports import Unauthenticated
from hostdown.domain.roles import ALL

PROJECT = "6f70656e737461636b20342065766572"


def caller(token: str | None):  # type: ignore[no-untyped-def] # a Caller
    environ = {} if token is None else {"HTTP_X_AUTH_TOKEN": token}
    return Noauth2Authenticator("http://127.0.0.1:8774/identity/v3").caller(environ, "req-1")


@pytest.mark.parametrize(
    ("token", "roles"),
    [
        (f"admin:{PROJECT}", ALL),
        (f"reader1:{PROJECT}", ("reader",)),
        (f"ann:{PROJECT}", ("member", "reader")),
        (f"ann:{PROJECT}:admin,own", ("admin", "own")),
        (f"admin:{PROJECT}:reader", ("reader",)),
        ("admin:demo", ALL),
    ],
)
def test_the_token_names_user_project_and_roles(token: str, roles: tuple[str, ...]) -> None:
    found = caller(token)
    assert (found.user_id, found.project_id) == tuple(token.split(":")[:2])
    assert found.roles == roles


@pytest.mark.parametrize("token", [None, "", "admin", "admin:", ":x", "a:b:c:d", "a b:c", "a:b\n"])
def test_no_token_or_one_of_another_form_is_refused(token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        caller(token)
