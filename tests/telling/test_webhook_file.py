"""What operators write about webhooks, and what is sent by it."""

import base64
import hashlib
import hmac
import re
import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from hostdown.cli.app import main
from hostdown.domain.deliveries import Channel, Delivery
from hostdown.domain.notification_errors import WebhooksFileUnusable
from hostdown.domain.severity import Severity
from hostdown.domain.webhooks import Wanted
from hostdown.drivers.http_sender import NoRequest
from hostdown.drivers.webhook_file import WebhookFile

WHOLE = """\
webhooks:
- name: pager
  url: https://pager.example/hook
  secret_env: PAGER_KEY
  events: [host.*, recovery.*]
  hosts: rack1-*
  projects: [p1]
  severity: warning
  ca_file: /etc/ssl/ours.pem
- name: log
  url: http://127.0.0.1:9000/
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "webhooks.yaml"
    path.write_text(text)
    path.chmod(0o640)
    return path


def opened(folder: Path, text: str = WHOLE, key: str = "geheim") -> WebhookFile:
    return WebhookFile(written(folder, text), lambda: 1_800_000_000.9, {"PAGER_KEY": key})


def delivery(receiver: str) -> Delivery:
    return Delivery(
        1, "d1", Channel.WEBHOOK, receiver, "h", 1, "", b'{"a":1}', datetime(2026, 3, 10)
    )


def test_all_that_a_webhook_may_say(tmp_path: Path) -> None:
    file = opened(tmp_path)
    assert file.wanted() == {
        "pager": Wanted(("host.*", "recovery.*"), ("rack1-*",), ("p1",), Severity.WARNING),
        "log": Wanted(),
    }
    sent = file.request_of(delivery("pager"))
    assert (sent.url, sent.ca_file) == ("https://pager.example/hook", "/etc/ssl/ours.pem")
    assert sent.body == b'{"a":1}'


@pytest.mark.parametrize(
    ("key", "secret"),
    [("geheim", b"geheim"), ("whsec_" + base64.b64encode(b"k\0y").decode(), b"k\0y")],
)
def test_what_is_sent_is_signed_over_its_id_its_time_and_its_body(
    tmp_path: Path, key: str, secret: bytes
) -> None:
    headers = opened(tmp_path, key=key).request_of(delivery("pager")).headers
    digest = hmac.new(secret, b'd1.1800000000.{"a":1}', hashlib.sha256).digest()
    assert f"webhook-signature: v1,{base64.b64encode(digest).decode()}" in headers
    assert "webhook-id: d1" in headers
    assert "webhook-timestamp: 1800000000" in headers
    assert not any(
        "signature" in each for each in opened(tmp_path).request_of(delivery("log")).headers
    )


def test_a_key_that_is_missing_is_a_failure_that_may_end(tmp_path: Path) -> None:
    file = WebhookFile(written(tmp_path, WHOLE), lambda: 0.0, {})
    with pytest.raises(NoRequest, match="PAGER_KEY is not set") as caught:
        file.request_of(delivery("pager"))
    assert caught.value.retry


def test_a_check_says_which_keys_are_missing(tmp_path: Path) -> None:
    assert opened(tmp_path).lacking() == []
    file = WebhookFile(tmp_path / "webhooks.yaml", lambda: 0.0, {})
    (sentence,) = file.lacking()
    assert sentence.endswith("webhook pager: The environment variable PAGER_KEY is not set.")


def test_a_check_of_the_configuration_reads_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hostdown.conf"
    config.write_text("[notifications]\nwebhooks_file = webhooks.yaml\n")
    words = ["config", "check", "--config-file", str(config)]
    assert main(words) == 1
    assert f"error: The webhooks file {tmp_path}/webhooks.yaml" in capsys.readouterr().out
    written(tmp_path, WHOLE)
    assert main(words) == 0
    assert "webhook pager: The environment variable PAGER_KEY" in capsys.readouterr().out


@pytest.mark.parametrize(("key", "why"), [("whsec_?", "base64"), ("whsec_", "Nothing stands")])
def test_a_key_that_signs_nothing_is_a_failure_that_says_so(
    tmp_path: Path, key: str, why: str
) -> None:
    with pytest.raises(NoRequest, match=why) as caught:
        opened(tmp_path, key=key).request_of(delivery("pager"))
    assert caught.value.retry


def test_a_webhook_that_is_gone_gets_nothing_any_more(tmp_path: Path) -> None:
    file = opened(tmp_path)
    written(tmp_path, "webhooks:\n- name: log\n  url: http://other.example/\n")
    assert list(file.wanted()) == ["log"]
    with pytest.raises(NoRequest, match="names no webhook pager any more") as caught:
        file.request_of(delivery("pager"))
    assert not caught.value.retry


def test_a_file_that_cannot_be_used_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = opened(tmp_path)
    written(tmp_path, "webhooks:\n- name: log\n")
    assert list(file.wanted()) == ["pager", "log"]
    assert "needs 'url'" in caplog.text
    caplog.clear()
    assert list(file.wanted()) == ["pager", "log"]
    assert caplog.text == ""


def test_a_file_that_others_could_write_is_used_once_they_cannot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = opened(tmp_path)
    path = tmp_path / "webhooks.yaml"
    path.write_text("webhooks:\n- name: log\n  url: http://other.example/\n")
    path.chmod(0o666)
    assert list(file.wanted()) == ["pager", "log"]
    assert str(path) in caplog.text
    path.chmod(0o640)
    assert list(file.wanted()) == ["log"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it needs 'webhooks:'"),
        ("webhooks: []", "a list with a '-'"),
        ("webhooks:\n- name: a\n  url: ftp://x/", "must begin with https:// or http://"),
        ("webhooks:\n- name: a\n  url: 'https://'", "name a host"),
        ("webhooks:\n- name: a\n  url: https://me:pw@x/", "no password"),
        ("webhooks:\n- name: a\n  url: https://x/\n  severity: bad", "info, warning, critical"),
        ("webhooks:\n- name: a\n  url: https://x/\n  secret_env: A\n  secret_file: b", "both"),
        ("webhooks:\n- name: a\n  url: https://x/\n  secret: b", "has no 'secret'"),
        (f"webhooks:\n- name: {'a' * 101}\n  url: https://x/", "longer than 100"),
        ("webhooks:\n- {name: a, url: https://x/}\n- {name: a, url: https://y/}", "there twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(WebhooksFileUnusable) as caught:
        opened(tmp_path, text)
    assert why in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_the_file_of_the_howto_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/howto/webhooks.md").read_text()
    _, _, below = page.partition("<!-- test: webhooks -->\n")
    block = re.match(r"\n((?:    .*\n|\n)+)", below)
    assert block is not None
    wanted = opened(tmp_path, textwrap.dedent(block[1])).wanted()
    assert list(wanted) == ["pager", "rack1-log", "billing"]
    assert wanted["pager"] == Wanted(("host.*", "recovery.*"), (), (), Severity.CRITICAL)
