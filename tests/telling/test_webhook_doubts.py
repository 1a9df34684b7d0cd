"""What can be used of a webhooks file, but can hardly be meant."""

import base64
from pathlib import Path

import pytest
from tests.telling.webhook_files import KEY, OTHER, WHOLE, opened, written

from hostdown.drivers.webhook_file import doubts


def test_a_check_says_which_keys_are_missing_or_too_short(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    assert doubts(path, {"PAGER_KEY": KEY}) == []
    (sentence,) = doubts(path, {})
    assert sentence == f"{path}, webhook pager: The environment variable PAGER_KEY is not set."
    (sentence,) = doubts(path, {"PAGER_KEY": ""})
    assert sentence == f"{path}, webhook pager: The key in PAGER_KEY is empty."
    (sentence,) = doubts(path, {"PAGER_KEY": "geh\u00e4m"})
    assert sentence == (
        f"{path}, webhook pager: Its key has 6 bytes, fewer than 16: whoever sees a message that "
        "it signed may find it by trying."
    )
    short, enough = (f"whsec_{base64.b64encode(b'k' * size).decode()}" for size in (15, 16))
    (sentence,) = doubts(path, {"PAGER_KEY": short})
    assert "Its key has 15 bytes" in sentence
    assert doubts(path, {"PAGER_KEY": enough}) == []


def test_a_check_says_what_is_hardly_a_project_s_id(tmp_path: Path) -> None:
    path = written(tmp_path, f"{OTHER}  projects: [pann, {'0' * 31}g, {'0f' * 16}]\n")
    assert doubts(path) == [
        f"{path}, webhook log: 'projects' names '{each}', which is no id of 32 hexadecimal digits: "
        "of a project that is named so nothing is told."
        for each in ("pann", f"{'0' * 31}g")
    ]


def test_what_a_check_warns_of_is_in_the_log_once_for_each_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = opened(tmp_path, key="short")
    (told,) = caplog.messages
    assert told.startswith(f"{tmp_path}/webhooks.yaml, webhook pager: Its key has 5 bytes")
    caplog.clear()
    file.refresh()
    assert caplog.messages == []
    written(tmp_path, f"{WHOLE}  projects: pann\n")
    file.refresh()
    assert len(caplog.messages) == 2
    caplog.clear()
    written(tmp_path, "webhooks: [")
    for _ in range(3):
        file.refresh()
    assert len(caplog.messages) == 1
