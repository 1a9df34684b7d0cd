"""What surrounds a server fails: its disk, its configuration, slow and hostile clients."""

import os
import socket
import sqlite3
import ssl
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import urllib3
from tests.processes.harness import Server, serving, until
from tests.processes.seed import ADMIN, add_hosts, sqlite_file

from hostdown.services.tokens import KEY_NAME

NOAUTH2: dict[str, object] = {"auth_strategy": "noauth2"}


def force_down(server: Server, wanted: bool, host: str = "h0") -> int:
    """The status of one force-down."""
    body = {"host": host, "binary": "nova-compute", "forced_down": wanted}
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        url = f"{server.url}/v2.1/os-services/force-down"
        return pool.request("PUT", url, json=body, headers=ADMIN).status


def refused(place: Path, **sections: dict[str, object]) -> str:
    """The sentence with which a server refuses to start."""
    server = Server(place, {name: dict(values) for name, values in sections.items()})
    assert server.launch().ended() == 1
    return server.log.strip().splitlines()[-1]


def test_beyond_loopback_it_wants_tls_or_says_what_to_do(tmp_path: Path) -> None:
    sentence = refused(tmp_path, server={"bind_host": "0.0.0.0"})
    assert "tls_cert" in sentence
    assert "insecure = true" in sentence


def test_an_address_of_another_machine_is_refused_with_a_sentence(tmp_path: Path) -> None:
    elsewhere: dict[str, object] = {"bind_host": "192.0.2.1", "insecure": True}
    assert "check [server] bind_host" in refused(tmp_path, server=elsewhere)


def test_a_policy_file_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("- not\n- rules\n")
    assert "policy file" in refused(tmp_path)


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "hostdown.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE somebody (a)")
    assert "another program" in refused(tmp_path)


def test_a_database_that_does_not_answer_is_waited_for_and_then_named(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql://u:hunter2@127.0.0.1:{nobody.getsockname()[1]}/db"
        sentence = refused(tmp_path, server={"start_timeout": 1.2}, directory={"connection": url})
    assert "directory database did not answer within [server] start_timeout = 1.2 s" in sentence
    assert "Connection refused" in sentence
    assert "hunter2" not in (tmp_path / "log").read_text()


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database " * 100)
    place: dict[str, object] = {"connection": f"sqlite:///{file}"}
    assert "file is not a database" in refused(
        tmp_path, server={"start_timeout": 0}, directory=place
    )


def test_a_state_path_that_is_a_file_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert f"{tmp_path / 'state'} is no directory" in refused(tmp_path)


def test_it_serves_tls_with_the_certificate_that_was_configured(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    tls: dict[str, object] = {"tls_cert": cert, "tls_key": key}
    with serving(tmp_path, server=tls, api=NOAUTH2) as server:
        assert server.url.startswith("https://")
        with urllib3.PoolManager(ca_certs=str(cert), retries=False) as pool:
            assert pool.request("GET", f"{server.url}/healthz").status == 200
        with pytest.raises((ssl.SSLError, urllib3.exceptions.HTTPError)):
            urllib3.request("GET", f"{server.url}/healthz", retries=False)


def test_clients_that_send_slowly_are_cut_and_keep_nobody_from_working(tmp_path: Path) -> None:
    limits: dict[str, object] = {"threads": 2, "keepalive_timeout": 1, "request_timeout": 1}
    head = b"PUT /v2.1/os-services/disable HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    with serving(tmp_path, server=limits, api=NOAUTH2) as server:
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        slow = [socket.create_connection((host, int(port)), timeout=30) for _ in range(40)]
        for number, connection in enumerate(slow):
            connection.sendall(head if number % 2 else b"GET /healthz HT")
        assert server.get() == 200
        for connection in slow:
            with connection:
                assert not connection.makefile("rb").read().startswith(b"HTTP/1.1 2")
        assert server.get() == 200


def test_what_signs_tokens_is_made_at_the_start_so_a_log_in_needs_no_room(tmp_path: Path) -> None:
    with serving(tmp_path):
        file = tmp_path / "state" / "hostdown.sqlite"
        with closing(sqlite3.connect(file)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM secret_keys")}
    assert KEY_NAME in names


def test_a_full_disk_refuses_changes_until_there_is_room_again(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a mount namespace (unshare -Urm)")
    state = tmp_path / "state"
    state.mkdir()
    mount = f'mount -t tmpfs -o size=4m none {state} && cp {tmp_path}/seed/* {state} && exec "$@"'
    (tmp_path / "seed").mkdir()
    add_hosts(sqlite_file(tmp_path / "seed"), ["h0"])
    server = Server(tmp_path, {"api": dict(NOAUTH2)}, ("unshare", "-Urm", "sh", "-c", mount, "sh"))
    server.start()
    try:
        inside = Path(f"/proc/{server.pid}/root{state}")
        assert force_down(server, True) == 200
        _fill(inside / "filler")
        until(lambda: force_down(server, False) == 503 or force_down(server, True) == 503)
        assert server.get() == 200
        assert len(server.workers()) == 1
        (inside / "filler").unlink()
        until(lambda: force_down(server, False) == 200)
        assert force_down(server, True) == 200
    finally:
        assert server.stop() == 0


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as out:
        for size in (65536, 512, 1):
            try:
                while True:
                    os.write(out.fileno(), b"x" * size)
            except OSError:
                continue
