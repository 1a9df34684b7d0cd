"""The whole API around a store, and a small server for it on loopback."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from hostdown.api.app import create_app
from hostdown.api.authenticators import EmbeddedAuthenticator, Noauth2Authenticator
from hostdown.api.identity.app import IdentityApi, IdentityParts
from hostdown.api.parts import ApiParts, ApiSettings
from hostdown.api.policy import NovaPolicy
from hostdown.api.policy_files import PolicySettings
from hostdown.domain.liveness import LivenessPolicy
from hostdown.domain.zones import ZonePolicy
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.drivers.image_files import DirectoryImages
from hostdown.services.image_data import OwnLibrary
from hostdown.services.login import Logins
from hostdown.services.looks import Looks
from hostdown.services.ports import Clock
from hostdown.services.token_checks import TokenChecks
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage

AUTH_URL = "http://cloud.example/identity/v3"


@cache
def _policy() -> NovaPolicy:
    return NovaPolicy(PolicySettings(Path("/nonexistent/policy.yaml")))


def application(
    store: Storage, clock: Clock, strategy: str = "embedded", link_prefix: str | None = None
) -> Callable[..., object]:
    """What an API worker serves, with quick password hashes."""
    checks = TokenChecks(store.directory)
    looks = Looks(BcryptPasswords(4))
    logins = Logins(store.directory, checks, looks, timedelta(hours=1))
    embedded = EmbeddedAuthenticator(checks, clock, AUTH_URL)
    identity = IdentityApi(
        IdentityParts(store.directory, clock, checks, looks, logins, "RegionOne", link_prefix)
    )
    return create_app(
        ApiParts(
            cells=store.cells,
            directory=store.directory,
            clock=clock,
            authenticator=embedded if strategy == "embedded" else Noauth2Authenticator(AUTH_URL),
            policy=_policy(),
            liveness=LivenessPolicy(timedelta(seconds=60), timedelta(seconds=5)),
            zones=ZoneMap(store.directory, ZonePolicy()),
            settings=ApiSettings(link_prefix),
            version="1.0",
            images=OwnLibrary(store.directory, DirectoryImages(Path("/nonexistent"))),
            applications=(identity,) if strategy == "embedded" else (),
        )
    )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Not into the output of the tests."""


@contextmanager
def served(app: Callable[..., object]) -> Iterator[str]:
    """The address of a server that runs the application until the block ends."""
    server = make_server("127.0.0.1", 0, app, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
