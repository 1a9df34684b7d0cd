"""The Keystone that the other tests use does what they rely on."""

import pytest
import urllib3
from tools.keystone import ADMIN, Keystone, Login


def test_it_knows_its_users_and_their_roles(keystone: Keystone) -> None:
    project = keystone.make_project("itself")
    keystone.assign("member", keystone.make_user("itself"), f"projects/{project}")
    assert keystone.token(Login("itself", "itself"))
    with pytest.raises(RuntimeError, match="401"):
        keystone.token(Login("itself", "admin"))


def test_paused_it_accepts_connections_and_answers_nobody(keystone: Keystone) -> None:
    keystone.pause()
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        urllib3.PoolManager(retries=False, timeout=0.5).request("GET", keystone.url)
    keystone.resume()
    assert keystone.token(ADMIN)
