"""What operators may write about webhooks, and what is refused with its line."""

from pathlib import Path

import pytest
from tests.processes.certificates import self_signed

from hostdown.domain.notification_errors import WebhooksFileUnusable
from hostdown.drivers.webhook_parts import check_authorities, webhooks_in

PATH = Path("/etc/hostdown/webhooks.yaml")
A = "webhooks:\n- name: a\n  url: https://x/\n"


def refused(text: str) -> str:
    with pytest.raises(WebhooksFileUnusable) as caught:
        check_authorities(PATH, webhooks_in(PATH, text.encode()))
    return str(caught.value)


def test_there_may_be_none_yet() -> None:
    assert webhooks_in(PATH, b"webhooks: []") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it needs 'webhooks:'"),
        ("webhooks:", "a list with a '-'"),
        ("webhooks: pager", "a list with a '-'"),
        ("webhooks:\n- name: a", "webhook a needs 'url'"),
        (f"{A}  severity: bad", "webhook a: 'severity' must be one of info, warning, critical"),
        (f"{A}  secret_env: A\n  secret_file: b", "both"),
        (f"{A}  secret: b", "webhook a has no 'secret'"),
        (f"webhooks:\n- name: {'a' * 101}\n  url: https://x/", "longer than 100"),
        ("webhooks:\n- {name: a, url: https://x/}\n- {name: a, url: https://y/}", "there twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, why: str) -> None:
    sentence = refused(text)
    assert why in sentence
    assert str(PATH) in sentence


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://x/", "must begin with https:// or http://"),
        ("https://", "name a host"),
        ("https://[::1", "name a host"),
        ("https://me:pw@x/", "no password, for which the file is no place"),
        ("https://x:70000/", "names a port that there is not"),
        ("https://x:0/", "names a port that there is not"),
        ("https://x:pager/", "names a port that there is not"),
        ("https://x/a b", "%XX"),
        ("https://x/\u00e4", "%XX"),
    ],
)
def test_a_url_must_be_one(url: str, why: str) -> None:
    sentence = refused(f"webhooks:\n- name: a\n  url: '{url}'")
    assert "line 3: webhook a: 'url' " in sentence
    assert why in sentence
    assert "pw" not in sentence


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("events: hosts.*", "'hosts.*' fits the name of no event"),
        ("events: [host.*, hostdown.recovery.*]", "'hostdown.recovery.*' fits the name of no"),
        ("hosts: [rack1-*, rack2/*]", "'rack2/*' fits the name of no host"),
        ("hosts: ' rack1'", "' rack1' fits the name of no host"),
        ("projects: [p1, p2*]", "'p2*' is no project's id: patterns are for hosts"),
    ],
)
def test_what_can_fit_nothing_is_a_slip(line: str, why: str) -> None:
    sentence = refused(A + f"  {line}")
    assert f"line 4: webhook a: '{line.partition(':')[0]}': {why}" in sentence


def test_an_authority_must_be_one(tmp_path: Path) -> None:
    authority, key = self_signed(tmp_path)
    good = webhooks_in(PATH, f"{A}  ca_file: {authority}".encode())
    check_authorities(PATH, good)
    assert good["a"].ca_file == str(authority)
    nothing = tmp_path / "nothing"
    for file, why in (
        (nothing, "which is no file that can be read"),
        (tmp_path, "which is no file that can be read"),
        (key, "which holds no certificate in the form PEM"),
    ):
        sentence = refused(f"{A}  ca_file: {file}")
        assert f"{PATH} cannot be used: webhook a: 'ca_file' names {file}, {why}" in sentence
