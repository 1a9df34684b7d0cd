"""Addresses of guests: all different, and none that a card could have from its maker."""

import re

import pytest

from hostdown.domain.mac import SERVERS_PER_COMMIT_MAX, mac_address


def test_no_two_servers_of_a_database_have_the_same() -> None:
    commits = [*range(300), 2**24, 2**32 - 1]
    made = [mac_address("d", n, i) for n in commits for i in range(SERVERS_PER_COMMIT_MAX)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch("52(:[0-9a-f]{2}){5}", each) for each in made)
    first_octet = int(made[0][:2], 16)
    assert first_octet & 1 == 0  # of one card
    assert first_octet & 2 == 2  # given locally


def test_databases_begin_elsewhere() -> None:
    one = {mac_address("d1", n, 0) for n in range(1000)}
    assert one.isdisjoint(mac_address("d2", n, 0) for n in range(1000))


@pytest.mark.parametrize("index", [-1, SERVERS_PER_COMMIT_MAX])
def test_more_than_one_commit_can_number_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="One commit numbers 256 servers"):
        mac_address("d", 1, index)
