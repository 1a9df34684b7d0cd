"""Who hears pulses, on every database."""

from datetime import datetime, timedelta

from hostdown.services.directory_ports import Directory
from hostdown.services.observer_ports import Observer

NOW = datetime(2026, 3, 1, 12, 0, 0, 5)
FIRST = Observer("control-1", 8774, bytes(range(16)), NOW)


def put(directory: Directory, observer: Observer) -> None:
    directory.write(lambda rows: rows.observers.put(observer))


def test_an_observer_comes_back_as_it_was_put(directory: Directory) -> None:
    put(directory, FIRST)
    assert directory.read(lambda rows: rows.observers.get("control-1")) == FIRST
    for other in ("Control-1", "control-1 ", "control-2", "a\0b"):
        assert directory.read(lambda rows, o=other: rows.observers.get(o)) is None


def test_a_server_has_one_observer_the_newest(directory: Directory) -> None:
    second = Observer("control-1", 65535, b"\0'\"\\%" + b"x" * 11, NOW + timedelta(seconds=1))
    second = second._replace(addresses=("192.0.2.1", "2001:db8::1", "control1.example"))
    other = FIRST._replace(host="Control-1")
    for observer in (FIRST, other, second):
        put(directory, observer)
    found = directory.read(lambda rows: rows.observers.all())
    assert found == [other, second]
