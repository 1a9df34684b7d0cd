"""Which servers run again after their host has failed."""

import pytest

from hostdown.domain.ha import Resume, is_brought_back, stays

CASES = [
    ({}, True, True),
    ({}, False, False),
    ({"HA_Enabled": " FALSE "}, True, False),
    ({"HA_Enabled": "true"}, False, True),
    ({"HA_Enabled": "perhaps"}, True, True),
    ({"HA_Enabled": "true", "HA_Recovery": "Consumer"}, True, False),
    ({"HA_Recovery": "other"}, True, True),
]


@pytest.mark.parametrize(("metadata", "default", "again"), CASES)
def test_owners_say_so(metadata: dict[str, str], default: bool, again: bool) -> None:
    assert is_brought_back(metadata, default) is again
    assert Resume(ha_default=default).starts(metadata) is again


@pytest.mark.parametrize(
    ("metadata", "default", "why"),
    [
        ({}, False, "ha_default = false"),
        ({"HA_Enabled": "No"}, True, "HA_Enabled = no"),
        ({"HA_Recovery": "consumer"}, True, "HA_Recovery = consumer"),
        ({}, True, None),
    ],
)
def test_who_stays_is_told_why(metadata: dict[str, str], default: bool, why: str | None) -> None:
    said = stays(metadata, default)
    assert said is None if why is None else why in str(said)


def test_where_hosts_are_not_recovered_nobody_is_started_unless_everybody_is() -> None:
    assert not Resume().starts({"HA_Enabled": "true"})
    assert Resume(everybody=True).starts({"HA_Enabled": "false"})
