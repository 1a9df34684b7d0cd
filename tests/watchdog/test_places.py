"""Where a petter asks for grants."""

import socket

from tests.watchdog.things import Clock

from hostdown.agent.pulser import RESOLVE_EVERY_S
from hostdown.agent.pulses import Where
from hostdown.agent.watch_places import Places


def test_names_become_addresses_each_once() -> None:
    where = Where(("127.0.0.1", "127.0.0.1", "nobody.invalid"), 8775)
    assert Places(Clock().monotonic)(where) == (("127.0.0.1", 8775),)


def test_what_was_found_stands_while_no_name_server_answers() -> None:
    clock, answers = Clock(), iter([["192.0.2.1"], []])

    def resolve(path: str, port: int) -> list[tuple[int, tuple[object, ...]]]:
        return [(socket.AF_INET, (host, port)) for host in next(answers)]

    places, where = Places(clock.monotonic, resolve), Where(("server",), 8775)
    assert places(where) == (("192.0.2.1", 8775),)
    assert places(where) == (("192.0.2.1", 8775),)
    clock.seconds += RESOLVE_EVERY_S
    assert places(where) == (("192.0.2.1", 8775),)


def test_each_observer_has_its_own() -> None:
    places = Places(Clock().monotonic)
    assert places(Where(("127.0.0.1",), 8775)) == (("127.0.0.1", 8775),)
    assert places(Where(("127.0.0.2",), 8776)) == (("127.0.0.2", 8776),)
