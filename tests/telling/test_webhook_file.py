"""What operators write about webhooks, and what is sent by it."""

import base64
import hashlib
import hmac
import logging
import os
import re
import textwrap
from datetime import datetime
from pathlib import Path

import pytest
from tests.metrics.kept import KeptCounts
from tests.processes.certificates import self_signed
from tests.telling.webhook_files import KEY, OTHER, WHOLE, opened, reopened, written

from hostdown.cli.app import main
from hostdown.domain.deliveries import Channel, Delivery
from hostdown.domain.notification_errors import WebhooksFileUnusable
from hostdown.domain.severity import Severity
from hostdown.domain.webhooks import Wanted
from hostdown.drivers.http_sender import NoRequest
from hostdown.drivers.webhook_file import WebhookFile


def names(file: WebhookFile) -> list[str]:
    file.refresh()
    return list(file.wanted())


def delivery(receiver: str) -> Delivery:
    return Delivery(
        1, "d1", Channel.WEBHOOK, receiver, "h", 1, "", b'{"a":1}', datetime(2026, 3, 10)
    )


def test_all_that_a_webhook_may_say(tmp_path: Path) -> None:
    file = opened(tmp_path)
    assert file.wanted() == {
        "pager": Wanted(
            ("host.*", "recovery.*"),
            ("rack1-*",),
            ("6f70656e737461636b20342065766572",),
            Severity.WARNING,
        ),
        "log": Wanted(),
    }
    sent = file.request_of(delivery("pager"))
    assert (sent.url, sent.ca_file) == ("https://pager.example/hook", None)
    assert sent.body == b'{"a":1}'


@pytest.mark.parametrize(
    ("key", "secret"),
    [(KEY, KEY.encode()), ("whsec_" + base64.b64encode(b"k\0y").decode(), b"k\0y")],
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
    written(tmp_path, WHOLE)
    file = WebhookFile(tmp_path / "webhooks.yaml", tmp_path / "kept.yaml", lambda: 0.0, {})
    with pytest.raises(NoRequest, match="PAGER_KEY is not set") as caught:
        file.request_of(delivery("pager"))
    assert caught.value.retry


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
    assert "warning: " in (said := capsys.readouterr().out)
    assert "webhook pager: The environment variable PAGER_KEY" in said
    written(tmp_path, f"{OTHER}  ca_file: {tmp_path}/ca.pem\n")
    assert main(words) == 1
    assert "webhook log: 'ca_file' names" in capsys.readouterr().out
    written(tmp_path, "webhooks: []\n")
    assert main(words) == 0


@pytest.mark.parametrize(("key", "why"), [("whsec_?", "base64"), ("whsec_", "Nothing stands")])
def test_a_key_that_signs_nothing_is_a_failure_that_says_so(
    tmp_path: Path, key: str, why: str
) -> None:
    with pytest.raises(NoRequest, match=why) as caught:
        opened(tmp_path, key=key).request_of(delivery("pager"))
    assert caught.value.retry


def test_a_webhook_that_is_gone_gets_nothing_any_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = opened(tmp_path)
    assert names(file) == ["pager", "log"]
    assert caplog.text == ""
    written(tmp_path, OTHER)
    assert names(file) == ["log"]
    assert "webhooks.yaml is read anew: 1 webhooks." in caplog.text
    with pytest.raises(NoRequest, match="names no webhook pager any more") as caught:
        file.request_of(delivery("pager"))
    assert not caught.value.retry


def test_a_file_that_cannot_be_used_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = opened(tmp_path)
    written(tmp_path, "webhooks:\n- name: log\n")
    assert names(file) == ["pager", "log"]
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert "line 2: webhook log needs 'url'" in caplog.text
    assert "What it said before counts until it can be used." in caplog.text
    caplog.clear()
    assert names(file) == ["pager", "log"]
    assert caplog.text == ""
    (tmp_path / "webhooks.yaml").unlink()
    assert names(file) == names(file) == ["pager", "log"]
    (told,) = caplog.messages
    assert "No such file" in told
    written(tmp_path, OTHER)
    assert names(file) == ["log"]


def test_whoever_starts_with_a_file_that_cannot_be_used_goes_on_by_what_could_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened(tmp_path)
    written(tmp_path, "webhooks: [")
    file = reopened(tmp_path)
    assert names(file) == ["pager", "log"]
    assert file.request_of(delivery("pager")).url == "https://pager.example/hook"
    (told,) = caplog.messages
    assert "webhooks.yaml cannot be used: line 2: it is not YAML" in told
    assert f"kept in {tmp_path}/kept.yaml, counts" in told
    written(tmp_path, OTHER)
    assert names(file) == ["log"]
    written(tmp_path, "")
    assert names(reopened(tmp_path)) == ["log"]


def test_it_is_counted_how_often_it_could_not_be_used(tmp_path: Path) -> None:
    opened(tmp_path)
    written(tmp_path, "webhooks: [")
    counts = KeptCounts()
    file = reopened(tmp_path, counts=counts)
    file.refresh()
    file.refresh()
    written(tmp_path, OTHER)
    file.refresh()
    file.refresh()
    assert counts.counts == {("webhooks_file_broken_total",): 2}


def test_what_is_kept_is_for_its_owner_s_eyes_only(tmp_path: Path) -> None:
    opened(tmp_path)
    assert (tmp_path / "kept.yaml").stat().st_mode & 0o777 == 0o600


def test_where_nothing_is_kept_a_file_must_be_good(tmp_path: Path) -> None:
    with pytest.raises(WebhooksFileUnusable, match="cannot be used: line 2: it is not YAML"):
        opened(tmp_path, "webhooks: [")
    (tmp_path / "kept.yaml").write_text("webhooks: what is this?")
    with pytest.raises(WebhooksFileUnusable, match="cannot be used: line 2: it is not YAML"):
        reopened(tmp_path)


def test_nobody_waits_for_a_pipe_that_stands_in_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = opened(tmp_path)
    (tmp_path / "webhooks.yaml").unlink()
    os.mkfifo(tmp_path / "webhooks.yaml", 0o640)
    assert names(file) == ["pager", "log"]
    (told,) = caplog.messages
    assert "webhooks.yaml cannot be used: it is not a file." in told


def test_what_cannot_be_kept_counts_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, WHOLE)
    file = WebhookFile(path, tmp_path / "nowhere" / "kept.yaml", lambda: 0.0, {"PAGER_KEY": KEY})
    assert names(file) == ["pager", "log"]
    (told,) = caplog.messages
    assert "is not kept for a restart" in told


def test_an_authority_that_is_gone_ends_nothing_and_is_seen_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority, _ = self_signed(tmp_path)
    with_it = f"{OTHER}  ca_file: {authority}\n"
    assert opened(tmp_path, with_it).request_of(delivery("log")).ca_file == str(authority)
    aside = authority.rename(tmp_path / "aside.pem")
    file = reopened(tmp_path)
    assert names(file) == ["log"]
    (told,) = caplog.messages
    assert f"webhook log: 'ca_file' names {authority}, which is no file" in told
    caplog.set_level(logging.INFO)
    aside.rename(authority)
    assert names(file) == ["log"]
    assert "is read anew: 1 webhooks." in caplog.text


def test_a_file_that_others_could_write_is_used_once_they_cannot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = opened(tmp_path)
    path = tmp_path / "webhooks.yaml"
    path.write_text(OTHER)
    path.chmod(0o666)
    assert names(file) == ["pager", "log"]
    assert str(path) in caplog.text
    path.chmod(0o640)
    assert names(file) == ["log"]


def test_the_file_of_the_howto_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/howto/webhooks.md").read_text()
    _, _, below = page.partition("<!-- test: webhooks -->\n")
    block = re.match(r"\n((?:    .*\n|\n)+)", below)
    assert block is not None
    authority, _ = self_signed(tmp_path)
    text = textwrap.dedent(block[1]).replace("/etc/hostdown/our-ca.pem", str(authority))
    wanted = opened(tmp_path, text).wanted()
    assert list(wanted) == ["pager", "rack1-log", "billing"]
    assert wanted["pager"] == Wanted(("host.*", "recovery.*"), (), (), Severity.CRITICAL)
