"""Who is told what happens, by which options; no sentence holds the broker's password."""

from pathlib import Path

import pytest

from hostdown.config import ConfigInvalid, Loaded, load
from hostdown.config.notification_settings import BusOptions

ON = "[oslo_messaging_notifications]\ndriver = messagingv2\n"
URL = "transport_url = rabbit://nova:s3cret@192.0.2.1:5672/\n"


def loaded(tmp_path: Path, *texts: str) -> Loaded:
    files = [tmp_path / f"{number}.conf" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return load(files, {})


def bus(tmp_path: Path, *texts: str) -> BusOptions:
    found = loaded(tmp_path, *texts).settings.notifications.bus
    assert found is not None
    return found


def problem(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(tmp_path, text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[oslo_messaging_notifications]\ndriver = noop\n", f"[x]\n{URL}"]
)
def test_nothing_goes_to_a_bus_unless_it_is_asked_for(tmp_path: Path, text: str) -> None:
    found = loaded(tmp_path, text)
    assert (found.settings.notifications.bus, found.warnings) == (None, ())


def test_what_others_of_novas_drivers_do_is_not_promised(tmp_path: Path) -> None:
    found = loaded(tmp_path, "[oslo_messaging_notifications]\ndriver = log\n")
    assert found.settings.notifications.bus is None
    (warning,) = found.warnings
    assert "only messagingv2 keeps what is promised" in str(warning)


def test_the_defaults_are_novas(tmp_path: Path) -> None:
    found = bus(tmp_path, ON + URL)
    assert (found.topics, found.versioned_topics) == (("notifications",), ())
    assert (found.on_state_change, found.exchange) == (None, "nova")
    assert found.rabbit == {}


def test_each_form_goes_to_its_topics(tmp_path: Path) -> None:
    text = (
        f"{ON}topics = a, b\n{URL}[notifications]\nversioned_notifications_topics = v,w\n"
        "notify_on_state_change = vm_and_task_state\nnotification_format = "
    )
    both = bus(tmp_path, text + "both")
    assert (both.topics, both.versioned_topics) == (("a", "b"), ("v", "w"))
    assert both.on_state_change == "vm_and_task_state"
    assert bus(tmp_path, text + "versioned").topics == ()
    assert bus(tmp_path, text + "unversioned").versioned_topics == ()


def test_commas_alone_are_no_topics(tmp_path: Path) -> None:
    text = f"{ON}{URL}[notifications]\nversioned_notifications_topics = , ,\n"
    found = problem(tmp_path, text)
    assert "[notifications] versioned_notifications_topics: names no topic." in found


def test_the_broker_of_everything_is_taken_where_no_other_is_named(tmp_path: Path) -> None:
    every = "[DEFAULT]\ntransport_url = rabbit://every:p@192.0.2.9/\n"
    assert bus(tmp_path, every + ON).transport_url == "rabbit://every:p@192.0.2.9/"
    assert bus(tmp_path, every + ON + URL).transport_url == "rabbit://nova:s3cret@192.0.2.1:5672/"


def test_what_is_oslo_messagings_is_passed_on_as_it_is(tmp_path: Path) -> None:
    first = f"{ON}{URL}[oslo_messaging_rabbit]\nssl = true\nheartbeat_rate = 3\n"
    second = "[oslo_messaging_rabbit]\nheartbeat_rate = 4\nnot_known_here = 1\n"
    found = loaded(tmp_path, first, second)
    assert found.ignored == ()
    assert found.settings.notifications.bus is not None
    assert found.settings.notifications.bus.rabbit == {
        "ssl": "true",
        "heartbeat_rate": "4",
        "not_known_here": "1",
    }


def test_a_bus_needs_a_broker_that_says_what_it_has_taken(tmp_path: Path) -> None:
    assert "is needed for driver = messagingv2" in problem(tmp_path, ON)
    for url in ("kafka://nova:s3cret@192.0.2.1", "nova:s3cret", "rabbit:", "rabbit://[s3cret"):
        found = problem(tmp_path, f"{ON}transport_url = {url}\n")
        assert "must begin with rabbit://" in found
        assert "s3cret" not in found


def test_the_password_shows_nowhere(tmp_path: Path) -> None:
    found = loaded(tmp_path, ON + URL)
    assert "s3cret" not in repr(found)
