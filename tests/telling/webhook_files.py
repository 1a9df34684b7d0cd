"""Webhooks files for tests, and who reads them."""

from pathlib import Path

from hostdown.drivers.webhook_file import WebhookFile
from hostdown.services.metric_ports import NOTHING_COUNTED, Counts

WHOLE = """\
webhooks:
- name: pager
  url: https://pager.example/hook
  secret_env: PAGER_KEY
  events: [host.*, recovery.*]
  hosts: rack1-*
  projects: [6f70656e737461636b20342065766572]
  severity: warning
- name: log
  url: http://127.0.0.1:9000/
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "webhooks.yaml"
    path.write_text(text)
    path.chmod(0o640)
    return path


KEY = "geheim und lang genug"
OTHER = "webhooks:\n- name: log\n  url: http://other.example/\n"


def reopened(folder: Path, key: str = KEY, counts: Counts = NOTHING_COUNTED) -> WebhookFile:
    path, kept = folder / "webhooks.yaml", folder / "kept.yaml"
    return WebhookFile(path, kept, lambda: 1_800_000_000.9, {"PAGER_KEY": key}, counts)


def opened(folder: Path, text: str = WHOLE, key: str = KEY) -> WebhookFile:
    written(folder, text)
    return reopened(folder, key)
