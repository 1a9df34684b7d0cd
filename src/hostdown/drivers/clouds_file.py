"""How to log in at a cloud, out of a `clouds.yaml`: with a user and a password.

The library would read more files and the environment of who runs us; here one file says it all.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from hostdown.domain.cloud_errors import CloudsFileUnusable
from hostdown.drivers.openstack_cloud import CloudAccess

FILE_BYTES_MAX = 1 << 20
"""Of a `clouds.yaml`."""
NEEDED = ("auth_url", "username", "password", "project_name")


def cloud_access(file: Path, name: str, timeout_s: float) -> CloudAccess:
    """Of the cloud of this name; raises CloudsFileUnusable, whose sentence holds no value."""
    cloud = _mapping(_clouds(file), name, file, "it has no cloud '{}'")
    auth = _mapping(cloud, "auth", file, f"cloud '{name}' has no mapping '{{}}'")
    missing = [each for each in NEEDED if not isinstance(auth.get(each), str) or not auth[each]]
    if missing:
        raise _unusable(file, f"cloud '{name}' says no {' and no '.join(missing)} in 'auth'")
    if cloud.get("verify") is False or cloud.get("insecure"):
        reason = f"cloud '{name}' takes any certificate; name the right one's authority in 'cacert'"
        raise _unusable(file, reason)
    cacert = cloud.get("cacert")
    return CloudAccess(
        auth_url=auth["auth_url"],
        username=auth["username"],
        password=auth["password"],
        project=auth["project_name"],
        timeout_s=timeout_s,
        user_domain=auth.get("user_domain_name", "Default"),
        project_domain=auth.get("project_domain_name", "Default"),
        user_domain_id=auth.get("user_domain_id"),
        project_domain_id=auth.get("project_domain_id"),
        region=cloud.get("region_name"),
        interface=cloud.get("interface", "public"),
        ca_file=None if cacert is None else str(file.parent / str(cacert)),
    )


def _clouds(file: Path) -> Mapping[str, Any]:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as opened:
            if os.fstat(descriptor).st_mode & stat.S_IRWXO:
                reason = f"everybody may read or change it; 'chmod o= {file}' mends that"
                raise _unusable(file, reason)
            content = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise _unusable(file, f"it cannot be read: {error.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise _unusable(file, f"it is longer than {FILE_BYTES_MAX} bytes")
    try:
        parsed = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        # The parser's own text would quote the file, and with it perhaps a password.
        raise _unusable(file, f"it is not valid YAML{line}") from None
    return _mapping(parsed, "clouds", file, "it has no mapping '{}'")


def _mapping(within: object, key: str, file: Path, reason: str) -> Mapping[str, Any]:
    found = within.get(key) if isinstance(within, dict) else None
    if not isinstance(found, dict):
        raise _unusable(file, reason.format(key))
    return found


def _unusable(file: Path, reason: str) -> CloudsFileUnusable:
    return CloudsFileUnusable(path=file, reason=reason)
