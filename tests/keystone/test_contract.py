"""What every validator of tokens keeps to: the fake as the real one."""

from datetime import datetime

import pytest
from tests.keystone.cloud import (
    ADMIN,
    ANN,
    DOMAIN_ADMIN,
    GUEST,
    PATH,
    SERVICE,
    SYSTEM_ADMIN,
    UNSCOPED,
    Cloud,
    RealCloud,
    question,
)

from hostdown.domain.identity_errors import KeystoneSilent, KeystoneUnavailable
from hostdown.drivers.keystone_validator import KeystoneValidator
from hostdown.services.keystone_ports import Identity, Verdict

REFUSED = Verdict(None, None, lasting=True)


def identity(cloud: Cloud, token: str) -> Identity:
    verdict = cloud.validator.verdict(question(token))
    assert verdict.lasting
    assert isinstance(verdict.expires_at, datetime)
    assert verdict.expires_at.tzinfo is None
    assert verdict.identity is not None
    return verdict.identity


def test_a_token_of_a_project_says_who_asks_for_which_with_all_implied_roles(cloud: Cloud) -> None:
    found = identity(cloud, cloud.token(ANN))
    assert found.user_name == "ann"
    assert found.user_id
    assert found.project_id
    assert (found.user_domain_id, found.project_domain_id) == ("default", "default")
    assert set(found.roles) == {"member", "reader"}
    assert found.system_scope is None
    admin = identity(cloud, cloud.token(ADMIN))
    assert set(admin.roles) == {"admin", "manager", "member", "reader"}
    assert admin.project_id != found.project_id


def test_a_token_of_the_system_has_no_project(cloud: Cloud) -> None:
    found = identity(cloud, cloud.token(SYSTEM_ADMIN))
    assert (found.project_id, found.project_domain_id, found.system_scope) == (None, None, "all")
    assert "admin" in found.roles


def test_a_token_of_a_domain_has_roles_and_neither_project_nor_system(cloud: Cloud) -> None:
    found = identity(cloud, cloud.token(DOMAIN_ADMIN))
    assert (found.project_id, found.system_scope) == (None, None)
    assert "admin" in found.roles


def test_an_unscoped_token_has_no_roles(cloud: Cloud) -> None:
    found = identity(cloud, cloud.token(UNSCOPED))
    assert (found.project_id, found.system_scope, found.roles) == (None, None, ())


@pytest.mark.parametrize("token", ["x", "gAAAAA" + "b" * 180, "%00", "a/../b", "é\xff", "{}"])
def test_what_is_no_token_is_refused(cloud: Cloud, token: str) -> None:
    assert cloud.validator.verdict(question(token)) == REFUSED


def test_a_revoked_token_is_refused(cloud: Cloud) -> None:
    token = cloud.token(ANN)
    assert identity(cloud, token)
    cloud.revoke(token)
    assert cloud.validator.verdict(question(token)) == REFUSED


def test_the_tokens_of_a_disabled_user_are_refused(cloud: Cloud) -> None:
    token = cloud.token(GUEST)
    assert identity(cloud, token)
    cloud.enable("guest", False)
    assert cloud.validator.verdict(question(token)) == REFUSED
    cloud.enable("guest", True)


def test_an_expired_token_is_refused_unless_a_service_vouches_for_it(cloud: Cloud) -> None:
    expired, service, ann = cloud.expired_token(), cloud.token(SERVICE), cloud.token(ANN)
    assert cloud.validator.verdict(question(expired)) == REFUSED
    vouched = cloud.validator.verdict(question(expired, service))
    assert vouched.identity is not None
    assert vouched.identity.user_name == "ann"
    assert not vouched.lasting
    for by in (ann, "x"):
        assert cloud.validator.verdict(question(expired, by)) == Verdict(None, None, lasting=False)


def test_a_bad_service_token_spoils_a_good_token(cloud: Cloud) -> None:
    verdict = cloud.validator.verdict(question(cloud.token(ANN), "x"))
    assert verdict == Verdict(None, None, lasting=False)


def test_a_keystone_that_hangs_is_silent_and_then_back(cloud: Cloud) -> None:
    token = cloud.token(ANN)
    assert identity(cloud, token)
    cloud.pause()
    try:
        with pytest.raises(KeystoneSilent) as caught:
            cloud.validator.verdict(question(token))
    finally:
        cloud.resume()
    assert caught.value.facts["reason"]
    assert identity(cloud, token)


def test_a_keystone_that_refuses_us_has_answered(real_cloud: RealCloud) -> None:
    token = real_cloud.token(ADMIN)
    by_ann = {"username": "ann", "project_name": "demo"}
    for changed, says in (({"password": "wrong"}, "rejected"), (by_ann, "403")):
        with pytest.raises(KeystoneUnavailable, match="temporarily unavailable") as caught:
            KeystoneValidator(real_cloud.options(**changed)).verdict(question(token))
        assert not isinstance(caught.value, KeystoneSilent)
        assert says in str(caught.value.facts["reason"])
        assert "wrong" not in str(caught.value.facts["reason"])


def test_what_is_not_a_keystone_has_not_answered(real_cloud: RealCloud) -> None:
    elsewhere = KeystoneValidator(real_cloud.options(auth_url="http://127.0.0.1:1/nothing"))
    with pytest.raises(KeystoneSilent):
        elsewhere.verdict(question("x"))


def test_a_token_for_some_requests_only_is_good_for_those_and_not_to_be_remembered(
    real_cloud: RealCloud,
) -> None:
    keystone, user = real_cloud.keystone, real_cloud.users["ann"]
    service_id = keystone.make_service("compute", "nova", "http://127.0.0.1:1/v2.1")
    rules = [{"service": "compute", "method": "GET", "path": PATH}]
    wanted = {"name": "for one path", "secret": "s", "access_rules": rules}
    path, body = f"/users/{user}/application_credentials", {"application_credential": wanted}
    made, _ = keystone.call("POST", path, body, real_cloud.token(ANN))
    used = {"id": made["application_credential"]["id"], "secret": "s"}
    methods = {"methods": ["application_credential"], "application_credential": used}
    _, headers = keystone.call("POST", "/auth/tokens", {"auth": {"identity": methods}})
    asked = question(headers["X-Subject-Token"])
    verdict = real_cloud.validator.verdict(asked)
    assert verdict.identity is not None
    assert not verdict.lasting
    for other in (asked._replace(method="PUT"), asked._replace(path=PATH + "/1")):
        assert real_cloud.validator.verdict(other) == Verdict(None, None, lasting=False)
    keystone.ask("DELETE", f"/services/{service_id}")


def test_our_own_token_is_one_of_the_configured_user(real_cloud: RealCloud) -> None:
    """With it, images of a Glance are fetched for hosts."""
    validator = KeystoneValidator(real_cloud.options())
    own = validator.verdict(question(validator.own_token())).identity
    assert own is not None
    assert own.user_name == real_cloud.options()["username"]
    nowhere = KeystoneValidator(real_cloud.options(auth_url="http://127.0.0.1:1/nothing"))
    with pytest.raises(KeystoneUnavailable):
        nowhere.own_token()
