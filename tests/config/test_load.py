"""Configuration files: what is taken from them, what is wrong with them, what is never shown."""

from datetime import timedelta
from pathlib import Path

import pytest

from hostdown.config import ConfigInvalid, Loaded, load
from hostdown.config.settings import WatchdogOptions
from hostdown.config.text import sample


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostdown.conf"


def loaded(file: Path, text: str, **environ: str) -> Loaded:
    file.write_text(text)
    return load([file], environ)


def problems(file: Path, text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(file, text)
    return [str(problem) for problem in caught.value.problems]


def test_the_sample_says_the_defaults(file: Path) -> None:
    assert loaded(file, sample()).settings == loaded(file, "").settings


def test_later_files_win(file: Path, tmp_path: Path) -> None:
    file.write_text("[server]\nthreads = 3\nbacklog = 99\n")
    (tmp_path / "b.conf").write_text("[server]\nthreads = 4\n")
    server = load([file, tmp_path / "b.conf"], {}).settings.server
    assert (server.threads, server.backlog) == (4, 99)


def test_quotas_are_novas_and_limit_nothing_unless_they_are_set(file: Path) -> None:
    assert set(loaded(file, "").settings.quotas) == {-1}
    text = "[quota]\ninstances = 3\ninjected_file_path_length = 0\nrecheck_quota = true\n"
    quotas = loaded(file, text).settings.quotas
    assert (quotas.instances, quotas.injected_file_path_bytes, quotas.cores) == (3, 0, -1)
    (problem,) = problems(file, "[quota]\ncores = -2\n")
    assert "cores" in problem


def test_alarms_may_call_networks_that_are_named_and_no_others(file: Path) -> None:
    alarms = loaded(file, "").settings.alarms
    assert (alarms.allowed_networks, alarms.project_quota, alarms.user_quota) == ((), 5000, -1)
    text = "[alarms]\nallowed_networks = 10.20.0.0/16, fd00::/8\nproject_alarm_quota = -1\n"
    alarms = loaded(file, text).settings.alarms
    assert [str(each) for each in alarms.allowed_networks] == ["10.20.0.0/16", "fd00::/8"]
    assert alarms.project_quota == -1
    (problem,) = problems(file, "[alarms]\nallowed_networks = 10.20.0.1/16\n")
    assert "[alarms] allowed_networks: 10.20.0.1/16 has host bits set." in problem


def test_names_of_nova_are_ignored_and_counted_and_its_database_never_ours(file: Path) -> None:
    found = loaded(
        file,
        "[DEFAULT]\nreport_interval = 5\ncompute_driver = x\n[libvirt]\ncpu_mode = none\n"
        "[database]\nconnection = mysql://nova:secret@db/nova\n",
    )
    assert found.settings.report_interval == timedelta(seconds=5)
    assert found.ignored == (
        "[DEFAULT] compute_driver",
        "[libvirt] cpu_mode",
        "[database] connection",
    )
    assert found.settings.directory.url.startswith("sqlite:///")


def test_an_unknown_name_in_a_section_of_ours_is_an_error_with_the_choices(file: Path) -> None:
    (problem,) = problems(file, "[server]\nbind_hots = 127.0.0.1\n")
    assert problem.startswith(f"{file}, [server] bind_hots: ")
    assert "bind_host" in problem


def test_a_section_that_is_nearly_ours_is_warned_of(file: Path) -> None:
    (warning,) = loaded(file, "[cel]\nname = cell2\n[libvirt]\ncpu_mode = none\n").warnings
    assert str(warning).endswith("[cel]: is ignored; did you mean [cell]?")


def test_every_problem_is_told_at_once(file: Path) -> None:
    found = problems(file, "[DEFAULT]\nreport_interval = x\n[server]\nworkers = 900\nfoo = 1\n")
    assert [problem.split(": ")[0].split(", ")[1] for problem in found] == [
        "[server] foo",
        "[DEFAULT] report_interval",
        "[server] workers",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[DEFAULT\nx", "cannot be read"),
        ("[DEFAULT]\nhost = $my_ip\n", "write its value instead"),
        ("[DEFAULT]\nhost =\n", "must not be empty"),
        ("[api]\nauth_strategy = kerberos\n", "embedded"),
        ("[api]\ncompute_link_prefix = nowhere\n", "https://"),
        ("[server]\ntls_cert = /dev/null\n", "tls_key: is needed"),
        ("[server]\ntls_cert = /nowhere\ntls_key = /dev/null\n", "/nowhere cannot be read"),
        ("[server]\nbind_host = 0.0.0.0\n", "insecure = true"),
        ("[server]\nbind_host = no.such.host.invalid\n", "insecure = true"),
        (
            "[server]\nbind_host = 0.0.0.0\ninsecure = true\n[api]\nauth_strategy = noauth2\n",
            "not a loopback address",
        ),
        (
            "[cell]\nname = directory\n",
            "[cell] name: 'directory' is taken; choose another. Name of",
        ),
        ("[DEFAULT]\nreport_interval = nan\n", "'nan' is not a number"),
        ("[server]\nworkers = two\n", "'two' is not a whole number"),
        (
            "[server]\ntls_cert = /etc/hostname\ntls_key = /etc/hostname\n",
            "not the PEM files of a certificate and its key",
        ),
        ("[directory]\nconnection = oracle://u:hunter2@h/d\n", "oracle"),
        ("[directory]\nconnection = nonsense hunter2\n", "postgresql://"),
    ],
)
def test_a_problem_says_what_to_do_and_repeats_no_password(
    file: Path, text: str, says: str
) -> None:
    (problem,) = problems(file, text)
    assert says in problem
    assert "hunter2" not in problem


def test_nothing_is_read_from_where_the_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may write there, and make themselves administrators."""
    for name in ("hostdown.conf", "policy.yaml"):
        (tmp_path / name).write_text("x")
    (tmp_path / "policy.d").mkdir()
    monkeypatch.chdir(tmp_path)
    found = load([], {})
    read = {*found.files, found.settings.api.policy_file, found.settings.api.policy_dir}
    assert not any(each.is_relative_to(tmp_path) for each in read)


def test_a_policy_file_that_was_named_and_is_not_there_is_warned_of(file: Path) -> None:
    (warning,) = loaded(file, "[oslo_policy]\npolicy_file = /etc/nova/policy.yaml\n").warnings
    assert "/etc/nova/policy.yaml does not exist; the default rules apply" in warning.what
    assert not loaded(file, "[oslo_policy]\npolicy_file = policy.yaml\n").warnings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_needs_no_tls(file: Path, host: str) -> None:
    text = f"[server]\nbind_host = {host}\n[api]\nauth_strategy = noauth2\n"
    assert loaded(file, text).settings.server.bind_host == host


@pytest.mark.parametrize(
    ("interval", "down_time", "used"),
    [(10, 60, 60), (10, 10, 25), (10, 5, 25), (3, 3, 7), (0.2, 0.1, 0.5), (0.2, 0.3, 0.3)],
)
def test_a_down_time_that_cannot_work_is_replaced_with_a_warning(
    file: Path, interval: float, down_time: float, used: float
) -> None:
    """Contract 2.4: the whole number of 2.5 intervals; below a second there is no whole number."""
    text = f"[DEFAULT]\nreport_interval = {interval}\nservice_down_time = {down_time}\n"
    found = loaded(file, text)
    assert found.settings.service_down_time == timedelta(seconds=used)
    assert bool(found.warnings) == (used != down_time)


def test_a_password_comes_from_a_file_or_the_environment_and_is_never_shown(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("p@ss/word\n")
    text = "[directory]\nconnection = postgresql://u@h/d\npassword_file = secret\n"
    by_file = loaded(file, text).settings
    assert by_file.directory.url == "postgresql+psycopg://u:p%40ss%2Fword@h/d"
    assert by_file.cell.url == by_file.directory.url
    by_environment = loaded(file, text, HOSTDOWN_DIRECTORY_PASSWORD="other").settings
    assert "u:other@h" in by_environment.directory.url
    assert "p%40ss" not in repr(by_file)
    assert "other" not in repr(by_environment)


def test_workers_default_to_one_on_sqlite_and_to_at_most_two_elsewhere(file: Path) -> None:
    assert loaded(file, "").settings.server.workers == 1
    elsewhere = loaded(file, "[directory]\nconnection = postgresql://u@h/d\n")
    assert elsewhere.settings.server.workers in (1, 2)
    assert loaded(file, "[server]\nworkers = 5\n").settings.server.workers == 5


def test_the_fencing_file_is_beside_the_configuration_and_need_not_be_on_hosts(file: Path) -> None:
    assert loaded(file, "").settings.fencing.file is None
    found = loaded(file, "[fencing]\nfile = fencing.yaml\n").settings.fencing.file
    assert found == file.with_name("fencing.yaml")
    (problem,) = problems(file, "[fencing]\nfiles = x\n")
    assert "use one of check_interval, file" in problem


@pytest.mark.parametrize("given", ["control1", "http://a, ftp://b", "http://[::1, http://b", ","])
def test_servers_of_an_agent_are_urls(file: Path, given: str) -> None:
    (problem,) = problems(file, f"[agent]\nserver_url = {given}\n")
    assert "[agent] server_url: must be http:// or https:// URLs" in problem


def test_an_agent_may_have_several_servers_and_a_watchdog(file: Path) -> None:
    assert loaded(file, "").settings.agent.watchdog == WatchdogOptions(None, 2, 2.0, False)
    text = (
        "[agent]\nserver_url = http://a, https://[::1]:8774\n"
        "watchdog = /dev/watchdog1\nwatchdog_timeout = 5\nself_fence_after = 3.5\n"
        "watchdog_without_pools = true\n"
    )
    agent = loaded(file, text).settings.agent
    assert agent.server_urls == ("http://a", "https://[::1]:8774")
    assert agent.watchdog == WatchdogOptions(Path("/dev/watchdog1"), 5, 3.5, True)
