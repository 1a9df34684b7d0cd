"""`[keystone_authtoken]`: what is needed, where the password comes from, what is never shown."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from hostdown.config import ConfigInvalid, KeystoneOptions, Loaded, load

ON = "[api]\nauth_strategy = keystone\n"
GOOD = (
    f"{ON}[keystone_authtoken]\nauth_url = http://k.example:5000\nusername = hostdown\n"
    "project_name = service\npassword = hunter2\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostdown.conf"


def loaded(file: Path, text: str, **environ: str) -> Loaded:
    file.write_text(text)
    return load([file], environ)


def keystone(file: Path, text: str, **environ: str) -> KeystoneOptions:
    found = loaded(file, text, **environ).settings.keystone
    assert found is not None
    return found


def problems(file: Path, text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(file, text)
    return [str(problem).partition(", ")[2] for problem in caught.value.problems]


def test_without_the_strategy_the_section_is_of_no_interest(file: Path) -> None:
    assert loaded(file, GOOD.removeprefix(ON)).settings.keystone is None
    assert loaded(file, "[keystone_authtoken]\nauth_url = x\n").settings.keystone is None


def test_every_credential_that_is_missing_is_named(file: Path) -> None:
    needed = "is needed for [api] auth_strategy = keystone."
    assert problems(file, ON) == [
        f"[keystone_authtoken] {name}: {needed}"
        for name in ("auth_url", "username", "password", "project_name")
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("auth_url = k.example:5000", "auth_url: must be an http:// or https:// URL"),
        ("www_authenticate_uri = ftp://k", "www_authenticate_uri: must be an http"),
        ('www_authenticate_uri = http://k"', "www_authenticate_uri: must be an http"),
        ("cafile = nowhere.pem", "nowhere.pem cannot be read"),
        ("password =\npassword_file = no.such.file", "no.such.file cannot be read"),
        ("certfile = /dev/null", "keyfile: is needed beside the other"),
        ("auth_type = v3totp", "auth_type: "),
        ("token_cache_time = 3601", "token_cache_time: "),
        ("http_connect_timeout = 0", "http_connect_timeout: "),
    ],
)
def test_what_is_wrong_is_told_and_no_password(file: Path, line: str, says: str) -> None:
    (problem,) = problems(file, f"{GOOD}{line}\n")
    assert says in problem
    assert "hunter2" not in problem


def test_a_nova_conf_is_read_as_it_is(file: Path) -> None:
    text = (
        f"{GOOD}auth_type = password\nmemcached_servers = m1:11211\nuser_domain_name = Default\n"
        "project_domain_name = Default\nwww_authenticate_uri = http://public.example/identity\n"
        "service_token_roles = service, admin\ntoken_cache_time = 60\nhttp_connect_timeout = 7\n"
    )
    found = keystone(file, text)
    assert found.www_authenticate_uri == "http://public.example/identity"
    assert found.remembered_for == timedelta(seconds=60)
    assert found.answer_within == timedelta(seconds=7)
    assert found.middleware["user_domain_name"] == "Default"
    assert "user_domain_id" not in found.middleware
    assert "[keystone_authtoken] memcached_servers" in loaded(file, text).ignored


def test_what_is_not_said_is_the_default_domain_and_the_same_url(file: Path) -> None:
    found = keystone(file, GOOD)
    assert found.www_authenticate_uri == "http://k.example:5000"
    assert found.middleware["user_domain_id"] == found.middleware["project_domain_id"] == "default"


def test_the_password_comes_from_the_environment_a_file_or_the_option(file: Path) -> None:
    (file.parent / "secret").write_text("by file\n")
    by_file = GOOD + "password_file = secret\n"
    environ = {"HOSTDOWN_KEYSTONE_AUTHTOKEN_PASSWORD": "by environment"}
    found = [keystone(file, GOOD), keystone(file, by_file), keystone(file, by_file, **environ)]
    passwords = [options.middleware["password"] for options in found]
    assert passwords == ["hunter2", "by file", "by environment"]
    for options, password in zip(found, passwords, strict=True):
        assert str(password) not in repr(options)


def test_a_package_that_is_not_there_is_named(file: Path) -> None:
    file.write_text(GOOD)
    script = (
        "import sys; sys.modules['keystonemiddleware'] = None\n"
        "from hostdown.cli.app import main\n"
        "sys.exit(main(['config', 'check', '--config-file', sys.argv[1]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "[api] auth_strategy: keystone needs the package keystonemiddleware" in done.stdout
    assert "install hostdown[keystone]" in done.stdout


def test_a_server_without_credentials_does_not_start(file: Path) -> None:
    file.write_text(ON)
    done = subprocess.run(
        [sys.executable, "-m", "hostdown", "serve", "--config-file", str(file)],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert "[keystone_authtoken] username: is needed" in done.stderr
    assert "Traceback" not in done.stderr
