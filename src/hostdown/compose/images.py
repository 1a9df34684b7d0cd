"""The parts that have to do with images: our own store, or a Glance."""

from collections.abc import Callable
from typing import NamedTuple

from hostdown.api.image.app import ImageApi, ImageParts
from hostdown.api.policy import NovaPolicy
from hostdown.api.ports import Authenticator
from hostdown.compose.parts import Job
from hostdown.config import Settings
from hostdown.domain.identity_errors import LoginRefused
from hostdown.domain.image_errors import GlanceUnavailable
from hostdown.domain.roles import ADMIN
from hostdown.drivers.glance import Glance
from hostdown.drivers.image_files import DirectoryImages
from hostdown.drivers.qemu_img import QemuImg
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.directory_ports import Directory
from hostdown.services.image_data import ImageStore, OwnLibrary
from hostdown.services.image_ports import ImageLibrary
from hostdown.services.images import tidy
from hostdown.services.login import Logins

TIDY_EVERY_S = 600.0
"""How often bytes are looked for that a server which was killed left behind."""


class Images(NamedTuple):
    """`library`: where servers get theirs from. `store`: our own, None where a Glance is used."""

    library: ImageLibrary
    store: ImageStore | None

    def api(
        self, settings: Settings, authenticator: Authenticator, policy: NovaPolicy
    ) -> tuple[ImageApi, ...]:
        """What serves /image, if we do."""
        if self.store is None:
            return ()
        api = settings.api
        parts = ImageParts(
            authenticator,
            policy,
            self.store,
            api.compute_link_prefix,
            api.max_limit,
            api.max_request_body_bytes,
        )
        return (ImageApi(parts),)

    def jobs(self) -> tuple[Job, ...]:
        """What one process of a server does."""
        if self.store is None:
            return ()
        store = self.store

        def run() -> None:
            tidy(store.directory, store.files, store.now())

        return (Job("remove what uploads left", TIDY_EVERY_S, run),)


def own_token(settings: Settings, logins: Logins) -> Callable[[], str]:
    """How a server asks a Glance for what a host wants: as the user of its configuration.

    With an identity of our own, that is the first administrator.
    """
    clock = SystemClock()
    keystone = settings.keystone
    if keystone is not None:
        from hostdown.drivers.keystone_validator import KeystoneValidator  # an extra, and large

        return KeystoneValidator(keystone.middleware).own_token
    if settings.api.auth_strategy == "noauth2":
        return lambda: f"{ADMIN}:{ADMIN}"

    def token() -> str:
        try:
            return logins.without_password(ADMIN, clock.now()).text
        except LoginRefused:
            reason = f"there is no user '{ADMIN}' that may ask it for hosts"
            raise GlanceUnavailable(reason=reason) from None

    return token


def images(settings: Settings, directory: Directory, token: Callable[[], str]) -> Images:
    """Where images are, as configured; nothing is looked at yet. `token`: as `Glance` has it."""
    options = settings.image
    if options.api is not None:
        return Images(Glance(options.api, options.ca_file, options.bytes_max, token), None)
    files = DirectoryImages(options.path)
    inspector = QemuImg(options.virtual_bytes_max)
    clock = SystemClock()
    store = ImageStore(directory, files, inspector, options.bytes_max, clock.now)
    return Images(OwnLibrary(directory, files), store)
