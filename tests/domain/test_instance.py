"""What hypervisors and claims call an instance and whoever holds it."""

from tests.domain.things import NOW, instance

from hostdown.domain.assignment import Holder
from hostdown.domain.instance import RUN, Permit, TaskState, VmState, instance_name

VM_STATES = """active building paused suspended stopped rescued resized soft-delete deleted error
shelved shelved_offloaded"""
TASK_STATES = """scheduling block_device_mapping networking spawning rebooting rebooting_hard
pausing unpausing suspending resuming powering-off powering-on deleting rebuilding
rebuild_spawning resize_migrating resize_finish resize_reverting migrating"""


def test_the_words_are_the_contracts() -> None:
    assert {each.value for each in VmState} == set(VM_STATES.split())
    assert {each.value for each in TaskState} <= set(TASK_STATES.split())


def test_a_hypervisor_knows_an_instance_by_its_number() -> None:
    assert instance_name(instance(id=255)) == "instance-000000ff"
    assert instance_name(instance(id=2**40)) == "instance-10000000000"


def test_a_permit_is_held_by_one_boot_of_one_host() -> None:
    made = Permit(1, "u", 3, "h1", "compute1", 7, RUN, (), "keep", 0, "granted", None, NOW)
    assert made.holder == Holder(3, "h1", 7)
