"""What [cloud] says."""

from importlib.util import find_spec

from hostdown.config.cloud_options import SECTION
from hostdown.config.reading import Reading
from hostdown.config.settings import CloudOptions

PACKAGE = "openstack"


class CloudReading(Reading):
    """Reads that section as well."""

    def _cloud(self) -> CloudOptions | None:
        """None for our own. Whether the file is there is for the server to say: a host may have the
        same configuration."""
        if self._text(SECTION, "driver") == "own":
            return None
        if find_spec(PACKAGE) is None:
            what = "openstack takes the Python package openstacksdk; install hostdown[openstack]."
            self.problems.append((f"[{SECTION}] driver", what))
        name = self._optional(SECTION, "os_cloud")
        if name is None:
            what = "must name a cloud of [cloud] clouds_yaml, where driver is openstack."
            self.problems.append((f"[{SECTION}] os_cloud", what))
        return CloudOptions(
            self._base / self._text(SECTION, "clouds_yaml"),
            name or "",
            self._number(SECTION, "timeout"),
        )
