"""clouds.yaml, secure.yaml and the OS_* variables, as openstacksdk reads them.

Each returns one flat mapping with the names that clouds.yaml uses inside `auth`.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from hostdown.cli.errors import UsageError

FILE_SIZE_MAX = 1 << 20
"""Bytes of `clouds.yaml` and `secure.yaml`."""

SYSTEM_STATE = Path("/var/lib/hostdown")
"""Where a server that root runs keeps its state by default."""

_VARIABLES = {
    "auth_type", "auth_url", "username", "user_id", "password", "token", "user_domain_name",
    "user_domain_id", "project_name", "project_id", "project_domain_name", "project_domain_id",
    "default_domain", "region_name", "interface", "endpoint", "cacert", "cert", "key",
    "compute_api_version",
}  # fmt: skip
"""Each is a variable too: `auth_url` is OS_AUTH_URL."""

_ALIASES = {
    "tenant_name": "project_name",
    "tenant_id": "project_id",
    "endpoint_type": "interface",
    "url": "endpoint",
    "endpoint_override": "endpoint",
    "compute_endpoint_override": "endpoint",
    "auth_token": "token",
}
"""Older and other names of the same."""


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the OS_* variables say; an empty variable says nothing."""
    found = {
        name: environ[f"OS_{name.upper()}"]
        for name in (*_ALIASES, *_VARIABLES)
        if environ.get(f"OS_{name.upper()}")
    }
    if environ.get("OS_INSECURE", "").lower() in ("true", "yes", "on", "1"):
        found["verify"] = "false"
    return _plain_names(found)


def named(name: str, environ: Mapping[str, str]) -> tuple[dict[str, Any], Path]:
    """The cloud of this name and the file it is in; raises UsageError."""
    path = _first(_search("clouds", environ, "OS_CLIENT_CONFIG_FILE"))
    if path is None:
        own = _first(written_by_serve(environ))
        if own is None or name not in _clouds(own):
            raise UsageError(
                f"there is no clouds.yaml that defines the cloud '{name}'; looked for "
                + ", ".join(map(str, _search("clouds", environ, "OS_CLIENT_CONFIG_FILE")))
            )
        path = own
    return _cloud(path, name, environ), path


def only_one(environ: Mapping[str, str], tell: Callable[[str], None]) -> tuple[dict[str, Any], str]:
    """The cloud to use when nothing names one; raises UsageError."""
    path = _first(_search("clouds", environ, "OS_CLIENT_CONFIG_FILE"))
    if path is None:
        path = _first(written_by_serve(environ))
        if path is None:
            raise UsageError(
                "no credentials: name a cloud of your clouds.yaml with --os-cloud or OS_CLOUD, or "
                "set OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME"
            )
        tell(f"using {path}, because no credentials were given")
    names = list(_clouds(path))
    if len(names) != 1:
        raise UsageError(
            f"{path} defines {len(names)} clouds ({', '.join(names)}): choose one with --os-cloud "
            "or OS_CLOUD"
        )
    return _cloud(path, names[0], environ), f"cloud '{names[0]}' in {path}"


def _search(stem: str, environ: Mapping[str, str], variable: str) -> list[Path]:
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config")
    folders = [Path.cwd(), home / "openstack", Path("/etc/openstack")]
    files = [folder / f"{stem}{end}" for folder in folders for end in (".yaml", ".yml", ".json")]
    chosen = environ.get(variable)
    return [Path(chosen), *files] if chosen else files


def written_by_serve(environ: Mapping[str, str]) -> list[Path]:
    """Where `hostdown serve` leaves its clouds.yaml by default; the reader's own server first."""
    home = Path(environ.get("HOME", "/"))
    folders = [home / ".local/state/hostdown", SYSTEM_STATE]
    if os.geteuid() == 0:
        folders.reverse()
    return [folder / "clouds.yaml" for folder in folders]


def _first(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if os.access(path, os.R_OK) and path.is_file()), None)


def _cloud(path: Path, name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    defined = _clouds(path)
    if name not in defined:
        raise UsageError(f"{path} does not define the cloud '{name}', only {', '.join(defined)}")
    cloud = _settings(path, name, defined[name])
    secure = _first([*_search("secure", environ, "OS_CLIENT_SECURE_FILE")])
    if secure is not None:
        cloud |= _settings(secure, name, _clouds(secure).get(name))
    return cloud


def _settings(path: Path, name: str, cloud: object) -> dict[str, Any]:
    cloud = {} if cloud is None else cloud
    auth = cloud.get("auth") or {} if isinstance(cloud, dict) else None
    if not isinstance(cloud, dict) or not isinstance(auth, dict):
        raise UsageError(f"{path}: the cloud '{name}' is not a mapping with a mapping 'auth'")
    flat = _plain_names({**cloud, **auth})
    if str(cloud.get("insecure", "")).lower() in ("true", "yes", "on", "1"):
        flat["verify"] = "false"
    return flat


def _clouds(path: Path) -> dict[str, Any]:
    import yaml

    try:
        with path.open("rb") as file:
            content = file.read(FILE_SIZE_MAX + 1)
        if len(content) > FILE_SIZE_MAX:
            raise UsageError(f"{path} is larger than {FILE_SIZE_MAX} bytes")
        parsed = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        # The parser's own text would quote the file, and with it perhaps a password.
        raise UsageError(f"{path} is not valid YAML{line}") from None
    found = parsed.get("clouds") if isinstance(parsed, dict) else None
    if not isinstance(found, dict) or not found:
        raise UsageError(f"{path} has no mapping 'clouds'")
    return found


def _plain_names(settings: Mapping[str, Any]) -> dict[str, Any]:
    """With today's name for each older one, which loses where both are given."""
    old = {_ALIASES[key]: value for key, value in settings.items() if key in _ALIASES}
    return old | {key: value for key, value in settings.items() if key not in _ALIASES}
