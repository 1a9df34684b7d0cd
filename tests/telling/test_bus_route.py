"""What a message bus gets of what happened: to which topics, in which form, under which id."""

from datetime import datetime

import orjson
import pytest
from tests.domain.happenings import SERVER, SERVICE, changed, event

from hostdown.domain.deliveries import Channel, Delivery, Event
from hostdown.domain.notifications import OnStateChange
from hostdown.domain.server_status import Precedence
from hostdown.services.bus_route import BusForms, BusRoute

NOW = datetime(2026, 3, 10, 12)
BOTH = BusForms(("v",), ("u",), OnStateChange.VM_STATE, "api1", Precedence.NOVA)
STOPPED = changed(
    SERVER._replace(task_state="powering-off"), SERVER._replace(vm_state="stopped"), True
)


def deliveries(forms: BusForms, *events: Event) -> list[Delivery]:
    return BusRoute(forms).deliveries(None, events, NOW)  # type: ignore[arg-type] # it reads none


def told(found: list[Delivery]) -> list[tuple[str, str]]:
    return [(each.target, orjson.loads(each.body)["event_type"]) for each in found]


def test_one_change_is_told_in_both_forms_and_by_its_name() -> None:
    assert told(deliveries(BOTH, STOPPED)) == [
        ("v.info", "instance.update"),
        ("v.info", "instance.power_off.end"),
        ("u.info", "compute.instance.update"),
    ]


@pytest.mark.parametrize(
    ("forms", "targets"),
    [
        (BOTH._replace(topics=()), ["v.info", "v.info"]),
        (BOTH._replace(versioned_topics=()), ["u.info"]),
        (BOTH._replace(versioned_topics=(), topics=("a", "b")), ["a.info", "b.info"]),
    ],
)
def test_each_topic_of_a_form_that_is_sent_gets_everything(
    forms: BusForms, targets: list[str]
) -> None:
    found = deliveries(forms, STOPPED)
    assert [each.target for each in found] == targets
    assert len({each.id for each in found}) == len(targets)


def test_what_failed_goes_to_the_queue_of_errors() -> None:
    seen = SERVER._replace(task_state="spawning")
    failed = changed(seen, seen._replace(task_state=None, vm_state="error"), True)
    failed = failed._replace(type="instance.create.error")
    assert told(deliveries(BOTH._replace(topics=()), failed))[1] == (
        "v.error",
        "instance.create.error",
    )


def test_a_message_s_id_is_its_deliverys_and_is_the_same_when_it_is_told_again() -> None:
    (first,), (again,) = (deliveries(BOTH, event("service.update", SERVICE)) for _ in range(2))
    assert first == again
    message = orjson.loads(first.body)
    assert message["message_id"] == first.id
    assert message.keys() == {
        "message_id", "publisher_id", "event_type", "priority", "payload", "timestamp"
    }  # fmt: skip
    assert message["publisher_id"] == "nova-compute:compute1"
    assert (first.channel, first.lane, first.batch) == (Channel.BUS, "subject", 7)


def test_what_nova_does_not_tell_goes_nowhere() -> None:
    assert deliveries(BOTH, event("host.unreachable", SERVICE)) == []
