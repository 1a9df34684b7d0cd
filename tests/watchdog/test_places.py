"""Where a petter asks for grants."""

import socket

from tests.watchdog.things import Clock

from hostdown.agent.pulser import RESOLVE_EVERY_S
from hostdown.agent.watch_places import Places


def test_names_become_addresses_each_once() -> None:
    places = Places(["127.0.0.1", "127.0.0.1", "nobody.invalid"], Clock().monotonic)
    assert places(8775) == (("127.0.0.1", 8775),)


def test_what_was_found_stands_while_no_name_server_answers() -> None:
    clock, answers = Clock(), iter([["192.0.2.1"], []])

    def resolve(path: str, port: int) -> list[tuple[int, tuple[object, ...]]]:
        return [(socket.AF_INET, (host, port)) for host in next(answers)]

    places = Places(["server"], clock.monotonic, resolve)
    assert places(8775) == (("192.0.2.1", 8775),)
    assert places(8775) == (("192.0.2.1", 8775),)
    clock.seconds += RESOLVE_EVERY_S
    assert places(8775) == (("192.0.2.1", 8775),)


def test_another_port_is_followed_at_once() -> None:
    places = Places(["127.0.0.1"], Clock().monotonic)
    places(8775)
    assert places(8776) == (("127.0.0.1", 8776),)
