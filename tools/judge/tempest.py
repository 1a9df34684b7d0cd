"""Tempest against a bed: configured, run, and its results told test by test."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tools.judge import programs, selection
from tools.judge.selection import Selection, plain

RUN_S = 600.0
CONCURRENCY = "2"
RESULTS = Path(__file__).parent / "inside" / "results.py"

CONF = """\
[DEFAULT]
log_dir = {place}
log_file = tempest.log
use_stderr = false
[auth]
use_dynamic_credentials = {dynamic}
{accounts}
create_isolated_networks = false
admin_username = admin
admin_password = {password}
admin_project_name = admin
admin_domain_name = Default
default_credentials_domain_name = Default
[identity]
auth_version = v3
uri_v3 = {auth_url}
region = RegionOne
[compute]
region = RegionOne
min_microversion = 2.1
max_microversion = latest
flavor_ref = 1
flavor_ref_alt = 2
image_ref = {image}
image_ref_alt = {image_alt}
build_timeout = 60
min_compute_nodes = 2
[compute-feature-enabled]
console_output = false
shelve = false
cold_migration = true
resize = true
live_migration = true
block_migration_for_live_migration = true
rescue = false
interface_attach = false
snapshot = false
swap_volume = false
hostname_fqdn_sanitization = true
[validation]
run_validation = false
[service_available]
nova = true
glance = true
# Else what asks for a network of its own would not run; nobody makes one, so servers have none.
neutron = true
cinder = false
swift = false
[oslo_concurrency]
lock_path = {place}/lock
"""


class Cloud(NamedTuple):
    """Where to log in, with what password as `admin`, and two images that are there."""

    auth_url: str
    password: str
    image: str
    image_alt: str


class Result(NamedTuple):
    """Of one test: `success`, `fail`, `skip` or `absent`, and the reason or traceback."""

    name: str
    status: str
    why: str


def run(place: Path, cloud: Cloud, dynamic: bool) -> tuple[Selection, list[Result]]:
    """Judge in `place`, a new directory.

    `dynamic`: Tempest makes accounts as it goes; else they are prepared, in a file.
    """
    tempest = programs.program("tempest")
    known = f"{place.parent}/workspaces.yaml"
    programs.output([tempest, "init", "--workspace-path", known, str(place)], place.parent)
    conf = place / "etc" / "tempest.conf"
    accounts = "" if dynamic else f"test_accounts_file = {place}/etc/accounts.yaml"
    conf.write_text(CONF.format(place=place, dynamic=dynamic, accounts=accounts, **cloud._asdict()))
    if not dynamic:
        _prepare(tempest, place, conf, cloud)
    names = programs.output([tempest, "run", "--list-tests"], place).decode().splitlines()
    chosen = selection.select(names, selection.read(selection.LEFT_OUT.read_text()))
    (place / "chosen").write_text("\n".join(chosen.run))
    log = place / "output"
    words = [tempest, "run", "--load-list", "chosen", "--concurrency", CONCURRENCY]
    programs.run(words, place, log, RUN_S, lambda: f"{_done(log)} of {len(chosen.run)} tests")
    return chosen, results(chosen.run, _told(place))


def _prepare(tempest: str, place: Path, conf: Path, cloud: Cloud) -> None:
    """Accounts for each of the processes, and for what a test asks beside its own."""
    words = [tempest, "account-generator", "--config-file", str(conf), "--with-admin",
             "--concurrency", CONCURRENCY, "etc/accounts.yaml"]  # fmt: skip
    names = {"USERNAME": "admin", "PROJECT_NAME": "admin", "DOMAIN_NAME": "Default"}
    login = {f"OS_{name}": value for name, value in (names | {"PASSWORD": cloud.password}).items()}
    programs.output(words, place, more=login)


def _done(log: Path) -> int:
    return sum(" ... " in line for line in log.read_text(errors="replace").splitlines())


def _told(place: Path) -> list[Result]:
    stream = programs.output([programs.program("stestr"), "last", "--subunit"], place)
    lines = programs.output([programs.program("python"), str(RESULTS)], place, stream)
    return [Result(**json.loads(line)) for line in lines.splitlines()]


def results(chosen: Iterable[str], told: Iterable[Result]) -> list[Result]:
    """One for each chosen test; what befell the set-up of a class befell all its tests."""
    by_name = {plain(each.name): each for each in told}
    found = []
    for name in map(plain, chosen):
        of_class = by_name.get(f"setUpClass ({name.rpartition('.')[0]})")
        status, why = "absent", "it did not run"
        if result := by_name.get(name) or of_class:
            status, why = result.status, result.why
        found.append(Result(name, status, why))
    return found
