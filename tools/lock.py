"""Write the lock files anew from pyproject.toml: `make lock`.

Each lock pins name==version for one virtual environment and names no index. `make lock` resolves
in a fresh environment of the lowest supported Python, so that one file serves every newer one.
"""

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED_EXTRAS = (
    "postgresql",
    "mariadb",
    "libvirt",
    "messaging",
    "keystone",
    "redfish",
    "openstack",
)
NEVER_PINNED = frozenset({"hostdown", "pip"})


def wanted() -> dict[str, list[str]]:
    """The requirements behind each lock file."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = data["project"], data["dependency-groups"]
    extras = [name for extra in LOCKED_EXTRAS for name in project["optional-dependencies"][extra]]
    return {
        "requirements.lock": project["dependencies"] + extras + groups["dev"],
        "requirements-clients.lock": groups["clients"],
        "requirements-novaclient9.lock": groups["novaclient9"],
        "requirements-keystone.lock": groups["keystone"],
        "requirements-nova.lock": groups["nova"],
        "requirements-judge.lock": groups["judge"],
        "requirements-redfish.lock": groups["redfish"],
        "requirements-bmcs.lock": groups["bmcs"],
    }


def resolve(requirements: list[str]) -> list[str]:
    """What pip installs for these requirements, as sorted name==version lines."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        pip = [f"{directory}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "-qq", "uninstall", "--yes", "setuptools"], check=True)
        subprocess.run([*pip, "-qq", "install", *requirements], check=True)
        frozen = subprocess.run(
            [*pip, "freeze", "--all"], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    keep = [line for line in frozen if line.partition("==")[0] not in NEVER_PINNED]
    return sorted(keep, key=str.lower)


def main() -> None:
    """Resolve and write every lock."""
    if sys.version_info[:2] != (3, 11):
        sys.exit("Locks are made with the lowest supported Python: make lock PYTHON=python3.11")
    for name, requirements in wanted().items():
        lines = resolve(requirements)
        joined = "\n".join(lines)
        text = f"# Made by 'make lock' from pyproject.toml; do not edit.\n{joined}\n"
        (ROOT / name).write_text(text)
        print(f"{name}: {len(lines)} packages")


if __name__ == "__main__":
    main()
