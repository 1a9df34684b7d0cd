"""Our own Image API, or a Glance in its place, as the configuration says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient
from tests.stores import fast_directory

from hostdown import compose
from hostdown.compose.images import images, own_token
from hostdown.config import ConfigInvalid, Settings, load
from hostdown.domain.image import Viewer
from hostdown.domain.image_errors import GlanceUnavailable
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.image_ports import Asker
from hostdown.services.login import Logins
from hostdown.services.looks import Looks
from hostdown.services.token_checks import TokenChecks
from hostdown.storage import open_storage

GLANCE = "http://127.0.0.1:1"

Composed = Callable[[str], tuple[TestClient, Settings]]


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[Composed]:
    """A worker's application; its argument is `[image]`."""
    with ExitStack() as stack:

        def make(section: str) -> tuple[TestClient, Settings]:
            state = stack.enter_context(fast_directory())
            file = tmp_path / "hostdown.conf"
            file.write_text(f"[DEFAULT]\nstate_path = {state}\n[image]\n{section}\n")
            settings = load([file]).settings
            compose.prepare(settings)
            worker = compose.api_worker(settings, 0)
            stack.callback(worker.close)
            assert worker.is_transfer("PUT", "//image/v2/images/x/file/")
            assert not worker.is_transfer("GET", "/image/v2/images/x")
            return TestClient(worker.application), settings

        yield make


def image_url(client: TestClient, settings: Settings) -> Any:  # noqa: ANN401 - JSON
    """Where the catalog says that images are."""
    openrc = (settings.state_path / "openrc").read_text()
    password = openrc.partition("OS_PASSWORD=")[2].split()[0].strip("'\"")
    user = {"name": "admin", "domain": {"id": "default"}, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    answer = client.simulate_post("/identity/v3/auth/tokens", json={"auth": {"identity": identity}})
    (found,) = [s for s in answer.json["token"]["catalog"] if s["type"] == "image"]
    return found["endpoints"][0]["url"]


def test_without_a_word_it_is_our_own(composed: Composed) -> None:
    client, settings = composed("")
    assert client.simulate_get("/image").status_code == 300
    assert image_url(client, settings).endswith("/image")
    assert settings.image.path == settings.state_path / "images"


def test_a_glance_takes_its_place_in_the_catalog_and_for_servers(composed: Composed) -> None:
    client, settings = composed(f"api = {GLANCE}/")
    answer = client.simulate_get("/image/v2/images")
    assert "choices" in answer.json, "the Compute API answers so where nothing is"
    assert image_url(client, settings) == GLANCE
    storage = open_storage(compose.database_settings(settings))
    try:
        asked: list[str] = []

        def token() -> str:
            asked.append("token")
            return "t"

        found = images(settings, storage.directory, token)
        with pytest.raises(GlanceUnavailable):
            found.library.open("x")
        with pytest.raises(GlanceUnavailable):
            found.library.usable(Asker(Viewer("p", is_admin=False), "t"), "x")
        assert (asked, found.jobs(), found.store) == (["token"], (), None)
    finally:
        storage.close()


def test_with_an_identity_of_our_own_a_host_asks_as_the_first_administrator(
    composed: Composed,
) -> None:
    _, settings = composed("")
    storage = open_storage(compose.database_settings(settings))
    try:
        checks = TokenChecks(storage.directory)
        looks = Looks(BcryptPasswords())
        lifetime = settings.identity.token_lifetime
        logins = Logins(storage.directory, checks, looks, lifetime)
        text = own_token(settings, logins)()
        now = SystemClock().now()
        checks.refresh(now)
        claims = checks.claims(text, now)
        assert (claims.user_name, "admin" in claims.roles) == ("admin", True)
    finally:
        storage.close()


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("api = ftp://x", "must be an http:// or https:// URL"),
        ("ca_file = /no/such/file", "cannot be read"),
        ("max_bytes = 0", "[image] max_bytes"),
    ],
)
def test_what_cannot_be_used_is_told(composed: Composed, section: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        composed(section)
    assert said in str(refused.value)
