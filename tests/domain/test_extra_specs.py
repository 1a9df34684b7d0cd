"""Which extra specs mean something, and with which values (microversion 2.86)."""

import pytest

from hostdown.domain.extra_specs import check
from hostdown.domain.flavor_errors import ExtraSpecInvalid

ENDLESS = "1-2,3-4," * 31


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hide_hypervisor_id", "True"), ("group_policy", "none"), ("accel:device_profile", "any"),
        ("hw:cpu_policy", "mixed"), ("hw:numa_nodes", "1"), ("hw:numa_cpus.0", "1,^2,3-5"),
        ("hw:numa_mem.17", "1024"), ("hw:cpu_realtime_mask", "^0-1"), ("hw:mem_page_size", "2MB"),
        ("hw:redirected_usb_ports", "15"), ("hw:pmem", "a,b"), ("hw_rng:rate_bytes", "0"),
        ("hw_video:ram_max_mb", "64"), ("os:secure_boot", "required"),
        ("pci_passthrough:alias", "a1:2, a2:1"), ("quota:cpu_shares_level", "high"),
        ("quota:cpu_limit", "-1"), ("quota:disk_read_bytes_sec", "1"),
        ("resources:VGPU", "1"), ("resources1:CUSTOM_X", "2"), ("trait:HW_CPU_X86_AVX", "required"),
        ("trait_a:CUSTOM_X", "forbidden"),
    ],
)  # fmt: skip
def test_values_with_a_meaning_pass(name: str, value: str) -> None:
    check(name, value)


@pytest.mark.parametrize(
    "name", ["colour", "team:cost_centre", "aggregate_instance_extra_specs:ssd", "vmware:x", "h:w"]
)
def test_an_operators_own_names_have_any_value(name: str) -> None:
    check(name, "whatever")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("hw:numa_nodes", "0", "'0' is less than the min value of '1'"),
        ("hw:numa_nodes", "two", "'two' is not a valid integer value"),
        ("hw:redirected_usb_ports", "16", "'16' is greater than the max value of '15'"),
        ("hw:cpu_policy", "sharrred", "'sharrred' is not one of: dedicated, shared, mixed"),
        ("hw:pmu", "perhaps", "'perhaps' is not a valid boolean-like value"),
        (
            "hw:mem_page_size", "huge",
            "'huge' is not of the format 'large|small|any|\\d+([kKMGT]i?)?(b|bit|B)?'",
        ),
        ("hw:cpu_polic", "x", "extra spec 'hw:cpu_polic' does not appear to be a valid extra spec"),
        ("trait1:x", "required", "extra spec 'trait1:x' does not appear to be a valid extra spec"),
        ("trait:CUSTOM_X", "maybe", "'maybe' is not one of: required, forbidden"),
    ],
)  # fmt: skip
def test_values_without_a_meaning_are_refused(name: str, value: str, reason: str) -> None:
    with pytest.raises(ExtraSpecInvalid) as raised:
        check(name, value)
    assert raised.value.message == f"Validation failed; {reason}."


@pytest.mark.parametrize("name", ["hw:cpu_realtime_mask", "hw:pmem", "pci_passthrough:alias"])
@pytest.mark.parametrize("value", [ENDLESS, "a:1, " * 50 + "!", "a," * 120 + "!"])
def test_a_long_value_is_judged_at_once(name: str, value: str) -> None:
    """Forms that can be read in two ways would take as long as there are ways."""
    with pytest.raises(ExtraSpecInvalid):
        check(name, value)
