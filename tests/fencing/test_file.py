"""The fencing file: what it means, and what it may not say."""

import logging
import os
import re
import textwrap
from pathlib import Path

import pytest

from hostdown.cli.app import main
from hostdown.domain.fence_errors import FencingFileUnusable, HostWithoutFencing
from hostdown.drivers.fencing.fencing_file import FILE_BYTES_MAX, FencingFile
from hostdown.services.fence_ports import NOTHING_FENCES, FenceLevel, Identity

WHOLE = """\
# As in the manual.
hosts:
  - match: "rack1-*"
    levels:
      - driver: redfish
        url: https://{host}-bmc.example
        user: admin
        password_file: bmc/{host}.password
        ca_file: bmc-ca.pem
        timeout: 5
      - driver: ipmi
        address: "{host}-bmc.example"
        user: admin
        password_env: BMC_PASSWORD
        uuid: 0d2b1f0a-6a0e-4b6e-9a51-5b1f5a6c7d8e
      - driver: fence_agent
        agent: fence_apc
        user: apc
        password_file: /etc/hostdown/pdu
        plugs: [3, "{host}"]
        options: {ip: pdu1.example, ssh: 1}
      - driver: watchdog
  - match: [edge1, "store?"]
    levels:
      - driver: none
"""
REDFISH = {
    "driver": "redfish", "url": "https://bmc", "user": "a", "password_env": "P",
}  # fmt: skip
IPMI = {"driver": "ipmi", "address": "bmc", "user": "a", "password_env": "P"}
AGENT = {"driver": "fence_agent", "agent": "fence_apc"}


RULE = "hosts:\n  - match: a\n    "
LAST = "    levels: [{driver: none}]"


def write(place: Path, text: str) -> Path:
    path = place / "fencing.yaml"
    path.write_text(text)
    return path


def one_level(level: dict[str, str | None]) -> str:
    lines = [f"        {name}: {value}\n" for name, value in level.items() if value is not None]
    return "hosts:\n  - match: '*'\n    levels:\n      -\n" + "".join(lines)


def refusal(place: Path, text: str) -> str:
    with pytest.raises(FencingFileUnusable) as refused:
        FencingFile(write(place, text), {})
    assert str(place / "fencing.yaml") in refused.value.message
    return refused.value.message


def test_the_first_rule_that_matches_counts(tmp_path: Path) -> None:
    file = FencingFile(write(tmp_path, WHOLE), {})
    levels = file.of("rack1-07")
    assert [each.number for each in levels] == [1, 2, 3, 4]
    assert [each.driver for each in levels] == ["redfish", "ipmi", "fence_agent", "watchdog"]
    assert [getattr(each.path, "timeout_s", None) for each in levels] == [5, 5, 20, None]
    assert "https://rack1-07-bmc.example" in repr(levels[0].path)
    assert f"{tmp_path}/bmc/rack1-07.password" in repr(levels[0].path)
    assert "BMC_PASSWORD" in repr(levels[1].path)
    assert levels[1].expects == Identity("0d2b1f0a-6a0e-4b6e-9a51-5b1f5a6c7d8e", None)
    assert levels[0].expects is None
    for host in ("edge1", "store7"):
        assert file.of(host) == [FenceLevel(1, "none", None, None)]


@pytest.mark.parametrize("host", ["rack2-1", "EDGE1", "edge11", ""])
def test_a_host_that_no_rule_matches_is_told_what_to_write(tmp_path: Path, host: str) -> None:
    file = FencingFile(write(tmp_path, WHOLE), {})
    with pytest.raises(HostWithoutFencing, match=f"'{host}': add one, or one with 'driver: none'"):
        file.of(host)


@pytest.mark.parametrize(
    "host", ["rack1-@evil.example", "rack1-#", "rack1-a b", "rack1-../x", "rack1-ü"]
)
def test_a_name_that_would_change_what_is_meant_is_not_filled_in(tmp_path: Path, host: str) -> None:
    """Hosts name themselves, and the password goes where the URL says."""
    file = FencingFile(write(tmp_path, WHOLE), {})
    with pytest.raises(FencingFileUnusable, match=r"line 5: the name of host '.*' cannot be put"):
        file.of(host)


@pytest.mark.parametrize("host", ["..", ".hidden", "-o"])
def test_no_more_are_paths_and_options(tmp_path: Path, host: str) -> None:
    level = {**IPMI, "password_env": None, "password_file": "bmc/{host}/password"}
    file = FencingFile(write(tmp_path, one_level(level)), {})
    with pytest.raises(FencingFileUnusable, match="cannot be put into"):
        file.of(host)


def test_where_nothing_is_configured_nothing_fences() -> None:
    assert NOTHING_FENCES.of("any") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty; it needs 'hosts:'"),
        ("hosts", "line 1: the file must be lines"),
        ("hosts:\n  - match: [", "it is not YAML"),
        ("hosts: []", "line 1: the file needs 'hosts', a list"),
        ("hosts:\n  a: b", "line 2: the file needs 'hosts', a list"),
        ("hosts:\n  - x", "line 2: rule must be lines"),
        (WHOLE + "default: none", "line 26: the file has no 'default'; there is hosts"),
        (WHOLE + "hosts: []", "line 26: 'hosts' is there twice"),
        (WHOLE.replace("timeout: 5", "user: b"), "line 10: 'user' is there twice"),
        ("hosts:\n  - levels: [{driver: none}]", "line 2: rule needs 'match'"),
        (RULE, "line 2: rule needs 'levels'"),
        (RULE + "levels: []", "line 3: rule needs 'levels'"),
        ("hosts:\n  - match: []\n" + LAST, "line 2: 'match' is empty"),
        (RULE + "note: x\n" + LAST, "line 3: rule has no 'note'"),
        (RULE + "levels: [{driver: none}, {driver: watchdog}]", "is the only level"),
        (RULE + "levels: [{driver: watchdog}, {driver: watchdog}]", "there twice"),
        (RULE + "levels: [{driver: ilo}]", "there is no driver 'ilo', but redfish"),
        (RULE + "levels: [{url: b}]", "line 3: level needs 'driver'"),
        ("hosts:\n  - match: [a, a]\n" + LAST, "'match' has the same twice"),
        (WHOLE + "  - match: edge1\n" + LAST, "line 26: 'edge1' never counts, for the rule"),
        (WHOLE + "  - match: store1\n" + LAST, "'store1' never counts"),
        (WHOLE + "  - match: rack1-*\n" + LAST, "'rack1-*' never counts"),
        ("hosts: &a\n  - match: *a", "line 2: 'match' needs a value"),
        ("# " + "x" * FILE_BYTES_MAX, "longer than"),
    ],
)  # fmt: skip
def test_what_the_file_may_not_be(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ({**REDFISH, "url": "http://bmc"}, "line 6: over http:// anybody on the way reads"),
        ({**REDFISH, "url": "ftp://bmc"}, "must be an https:// URL"),
        ({**REDFISH, "url": "bmc"}, "must be an https:// URL"),
        ({**REDFISH, "url": "https://"}, "must be an https:// URL"),
        ({**REDFISH, "url": "https://bmc:99999"}, "is no URL"),
        ({**REDFISH, "url": "https://a:b@bmc"}, "has no login"),
        ({**REDFISH, "url": "https://bmc/redfish/v1/Systems/1"}, "ends after the address"),
        ({**REDFISH, "url": "https://{hostname}-bmc"}, "the only thing in braces"),
        ({**REDFISH, "url": None}, "line 5: level needs 'url'"),
        ({**REDFISH, "user": None}, "level needs 'user'"),
        ({**REDFISH, "user": "null"}, "line 7: 'user' needs a value"),
        ({**REDFISH, "user": "[a]"}, "'user' needs a value"),
        ({**REDFISH, "user": '" "'}, "'user' is empty"),
        ({**REDFISH, "password_env": None}, "needs one of 'password_file' and 'password_env'"),
        ({**REDFISH, "password_file": "x"}, "needs one of 'password_file' and 'password_env'"),
        ({**REDFISH, "password": "geheim"}, "line 9: a password does not go into this file"),
        ({**REDFISH, "timeout": "0"}, "'timeout' must be a number from 0.5 to 60"),
        ({**REDFISH, "timeout": "nan"}, "'timeout' must be a number"),
        ({**REDFISH, "timeout": "soon"}, "'timeout' must be a number"),
        ({**REDFISH, "verify": "maybe"}, "'verify' must be true or false"),
        ({**REDFISH, "verify": "false", "ca_file": "x"}, "contradict each other"),
        ({**REDFISH, "uuid": "X"}, "line 9: 'uuid' is five groups"),
        ({**REDFISH, "port": "1"}, "line 9: level has no 'port'; there is ca_file, driver"),
        ({**IPMI, "port": "0"}, "'port' must be a number from 1 to 65535"),
        ({**IPMI, "privilege": "USER"}, "'privilege' is one of OPERATOR, ADMINISTRATOR"),
        ({**IPMI, "cipher_suite": "0"}, "'cipher_suite' is one of 3, 8, 12, 17"),
        ({**AGENT, "agent": "../evil"}, "'agent' is a program's name"),
        ({**AGENT, "agent": "fence_x;y"}, "'agent' is a program's name"),
        ({**AGENT, "agent": "fence_kdump"}, "fence_kdump does not switch the power off"),
        ({**AGENT, "options": "{passwd: x}"}, "'passwd' does not go into 'options'"),
        ({**AGENT, "options": "{snmp-priv-passwd: x}"}, "name a file that holds it"),
        ({**AGENT, "options": "{community: private}"}, "name a file that holds it"),
        ({**AGENT, "option_files": "{password: x}"}, "'password' does not go into 'option_files'"),
        ({**AGENT, "password": "geheim"}, "a password does not go into this file"),
        ({**AGENT, "options": "{action: on}"}, "'action' does not go into 'options'"),
        ({**AGENT, "options": "{debug-file: /x}"}, "'debug-file' does not go into 'options'"),
        ({**AGENT, "options": "{'a b': x}"}, "is not written as agents have it"),
        ({**AGENT, "options": r'{ip: "a\nb"}'}, "'ip' is empty or more than one line"),
        ({**AGENT, "options": "[ip]"}, "'options' must be lines"),
        ({**AGENT, "plugs": "[1, 1]"}, "'plugs' are up to 16 different outlets"),
        ({**AGENT, "plugs": "[]"}, "'plugs' is empty"),
        ({"driver": "watchdog", "timeout": "5"}, "level has no 'timeout'; there is driver"),
    ],
)  # fmt: skip
def test_what_a_level_may_not_say(tmp_path: Path, level: dict[str, str], words: str) -> None:
    sentence = refusal(tmp_path, one_level(level))
    assert words in sentence
    assert "geheim" not in sentence


@pytest.mark.parametrize(
    "level",
    [
        REDFISH,
        {**REDFISH, "url": "http://127.0.0.1:8000/redfish/v1/", "insecure": "true"},
        {**REDFISH, "url": "https://[fd00::1]:8443", "verify": "no", "system": "'{host}'"},
        {**IPMI, "privilege": "ADMINISTRATOR", "cipher_suite": "17", "port": "6230"},
        {**AGENT, "plugs": "7", "options": "{ip: 192.0.2.1}", "serial": "'007'"},
    ],
)
def test_what_a_level_may_say(tmp_path: Path, level: dict[str, str | None]) -> None:
    [found] = FencingFile(write(tmp_path, one_level(level)), {}).of("host1")
    assert found.path is not None
    assert found.expects == (Identity(None, "007") if "serial" in level else None)


# --------------------------------------------------------------------------------- while it changes


def change(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


def test_it_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    file = FencingFile(path, {})
    change(path, "hosts: [{match: '*', levels: [{driver: watchdog}]}]")
    assert file.of("rack1-1") == [FenceLevel(1, "watchdog", None, None)]


def test_a_broken_new_file_changes_nothing_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, WHOLE)
    file = FencingFile(path, {})
    change(path, WHOLE + "oops: 1\n")
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert len(file.of("rack1-1")) == 4
        [record] = caplog.records
        assert "line 26: the file has no 'oops'" in record.getMessage()
        assert "Hosts are fenced by what it said before." in record.getMessage()
        assert file.outdated() == record.getMessage()
        path.unlink()
        assert len(file.of("rack1-1")) == 4
        assert "No such file" in caplog.records[1].getMessage()
        change(path, WHOLE)
        assert file.outdated() is None
        assert file.of("edge1")
        assert "is read anew: 2 rules" in caplog.records[2].getMessage()


def test_a_first_file_must_be_good(tmp_path: Path) -> None:
    with pytest.raises(FencingFileUnusable, match="No such file"):
        FencingFile(tmp_path / "fencing.yaml", {})


# ----------------------------------------------------------------------------- where people see it


def test_the_file_of_the_manual_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/howto/fencing.md").read_text()
    _, _, below = page.partition("<!-- test: file -->\n")
    block = re.split(r"\n(?=\S)", below, maxsplit=1)[0]
    file = FencingFile(write(tmp_path, textwrap.dedent(block)), {})
    drivers = {host: [each.driver for each in file.of(host)] for host in ("rack1-1", "edge2", "x")}
    assert drivers == {
        "rack1-1": ["redfish", "ipmi", "watchdog"],
        "edge2": ["fence_agent"],
        "x": ["none"],
    }


def test_a_check_of_the_configuration_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hostdown.conf"
    config.write_text("[fencing]\nfile = fencing.yaml\n")
    words = ["config", "check", "--config-file", str(config)]
    assert main(words) == 1
    assert f"error: The fencing file {tmp_path}/fencing.yaml cannot" in capsys.readouterr().out
    write(tmp_path, WHOLE)
    assert main(words) == 0
