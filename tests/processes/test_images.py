"""Images in a real server: nothing is kept in memory, no hang is seen where a line is slow, and a
kill -9 leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.processes.harness import Server, gone, serving, until

NOAUTH2: dict[str, object] = {"auth_strategy": "noauth2"}
TOKEN = {"X-Auth-Token": "admin:" + "0" * 32}
STREAM = {**TOKEN, "Content-Type": "application/octet-stream"}
MIB = 2**20
PIECE = bytes(MIB)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    tmp_path = tmp_path_factory.mktemp("images")
    limits: dict[str, object] = {"threads": 2, "request_timeout": 2, "worker_timeout": 4}
    with serving(tmp_path, server=limits, api=NOAUTH2) as started:
        yield started


def ask(server: Server, method: str, path: str, **how: Any) -> urllib3.BaseHTTPResponse:  # noqa: ANN401 - urllib3's
    how.setdefault("headers", TOKEN)
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        return pool.request(method, f"{server.url}/image/v2/images{path}", **how)


def make(server: Server) -> str:
    formats = {"disk_format": "raw", "container_format": "bare"}
    image_id: str = ask(server, "POST", "", json=formats).json()["id"]
    return image_id


def shown(server: Server, image_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(server, "GET", f"/{image_id}").json()
    return found


def files(server: Server, *ids: str) -> list[str]:
    """What there is of these images."""
    place = server.directory / "state" / "images"
    there = os.listdir(place) if place.exists() else []
    return sorted(name for name in there if name.partition(".")[0] in ids)


def memory_kb(server: Server) -> int:
    """The most that the worker ever had in memory."""
    (pid,) = server.workers()
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


class Line:
    """An upload whose sender a test plays."""

    def __init__(self, server: Server, image_id: str, length: str) -> None:
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        self.sock = socket.create_connection((host, int(port)), timeout=30)
        head = f"PUT /image/v2/images/{image_id}/file HTTP/1.1\r\nHost: x\r\n{length}\r\n"
        more = "".join(f"{name}: {value}\r\n" for name, value in STREAM.items())
        self.sock.sendall(f"{head}{more}\r\n".encode())

    def status(self) -> int:
        with self.sock.makefile("rb") as answer:
            return int(answer.readline().split()[1])


Lines = Callable[[str, str], Line]


@pytest.fixture
def line(server: Server) -> Iterator[Lines]:
    """Begins an upload of an image, with a line that tells its length."""
    with contextlib.ExitStack() as stack:

        def begin(image_id: str, length: str) -> Line:
            begun = Line(server, image_id, length)
            stack.callback(begun.sock.close)
            return begun

        yield begin


def pieces(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield PIECE


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(True, id="a length is told", marks=pytest.mark.long),
        pytest.param(False, id="chunked"),
    ],
)
def test_an_image_of_300_mb_is_never_in_memory(server: Server, told: bool) -> None:
    length = {"Content-Length": str(300 * MIB)} if told else {}
    image_id, before = make(server), memory_kb(server)
    answer = ask(server, "PUT", f"/{image_id}/file", body=pieces(300), headers=STREAM | length)
    assert answer.status == 204, answer.data
    assert shown(server, image_id)["size"] == 300 * MIB
    received = 0
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        url = f"{server.url}/image/v2/images/{image_id}/file"
        answer = pool.request("GET", url, headers=TOKEN, preload_content=False)
        for chunk in answer.stream(MIB):
            received += len(chunk)
    assert received == 300 * MIB
    assert memory_kb(server) - before < 40_000
    assert ask(server, "DELETE", f"/{image_id}").status == 204
    assert files(server, image_id) == []


def test_slow_uploads_are_no_hang_and_are_not_cut_while_they_bring_something(
    server: Server, line: Lines
) -> None:
    """More of them than there are seats, for longer than every limit on silence."""
    count = 12
    ids = [make(server) for _ in range(4)]
    lines = [line(each, f"Content-Length: {count * MIB}") for each in ids]
    pid, pause = next(iter(server.workers())), threading.Event()
    for _ in range(count):
        for each in lines:
            each.sock.sendall(PIECE)
        pause.wait(0.6)
        assert server.get() == 200
    assert [each.status() for each in lines] == [204] * 4
    assert next(iter(server.workers())) == pid
    assert "Cut" not in server.log
    assert {shown(server, each)["status"] for each in ids} == {"active"}


def test_a_silent_upload_is_cut_and_keeps_nothing(server: Server, line: Lines) -> None:
    image_id = make(server)
    begun = line(image_id, f"Content-Length: {10 * MIB}")
    begun.sock.sendall(b"some")
    with contextlib.suppress(ConnectionResetError):
        assert begun.sock.recv(100) == b""
    until(lambda: shown(server, image_id)["status"] == "queued")
    until(lambda: files(server, image_id) == [])


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_that_breaks_off_is_not_taken_for_a_whole_one(
    server: Server, line: Lines, chunked: bool
) -> None:
    image_id = make(server)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {2 * MIB}"
    begun = line(image_id, length)
    begun.sock.sendall(b"100000\r\n" + PIECE + b"\r\n" if chunked else PIECE)
    until(lambda: shown(server, image_id)["status"] == "saving")
    begun.sock.close()
    until(lambda: shown(server, image_id)["status"] != "saving")
    assert shown(server, image_id)["status"] == "queued"
    until(lambda: files(server, image_id) == [])


RESET = struct.pack("ii", 1, 0)
BREAKS: dict[str, Callable[[socket.socket], object]] = {
    "close": lambda sock: sock.close(),
    "half": lambda sock: sock.shutdown(socket.SHUT_WR),
    "reset": lambda sock: (
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET),
        sock.close(),
    ),
}


@pytest.mark.parametrize("break_off", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("sent", [b"1388\r\n" + bytes(5000) + b"\r\n", b"1388\r\n" + bytes(99)])
def test_a_connection_beside_it_does_not_hide_that_an_upload_broke_off(
    server: Server, line: Lines, sent: bytes, break_off: Callable[[socket.socket], object]
) -> None:
    image_id, other = make(server), make(server)
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        url = f"{server.url}/image/v2/images/{other}/file"
        assert pool.request("PUT", url, body=bytes(12 * MIB), headers=STREAM).status == 204
        begun = line(image_id, "Transfer-Encoding: chunked")
        begun.sock.sendall(sent)
        until(lambda: shown(server, image_id)["status"] == "saving")
        break_off(begun.sock)
        until(lambda: shown(server, image_id)["status"] != "saving")
        assert shown(server, image_id)["status"] == "queued"
        assert pool.request("GET", url, headers=TOKEN).status == 200
        answer = pool.request("PUT", url.replace(other, image_id), body=pieces(1), headers=STREAM)
        assert answer.status == 204, answer.data


def test_a_kill_in_the_middle_of_uploads_leaves_nothing_for_ever(
    server: Server, line: Lines
) -> None:
    ids = [make(server) for _ in range(3)]
    for each in ids:
        line(each, f"Content-Length: {9 * MIB}").sock.sendall(PIECE)
    until(lambda: len([name for name in files(server, *ids) if name.endswith(".part")]) == 3)
    (pid,) = server.workers()
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid))
    until(lambda: server.workers() and pid not in server.workers())
    # The new worker removes what it finds, whether or not somebody asks for it before.
    assert ask(server, "DELETE", f"/{ids[0]}").status == 204
    again = ask(server, "PUT", f"/{ids[1]}/file", body=b"whole", headers=STREAM)
    assert again.status == 204, again.data
    until(lambda: files(server, *ids) == [ids[1]])
    until(lambda: shown(server, ids[2])["status"] == "queued")
    assert ask(server, "GET", f"/{ids[1]}/file").data == b"whole"
    assert json.loads(ask(server, "GET", "?status=active").data)["images"][0]["id"] == ids[1]


def test_who_has_no_token_sends_nothing_to_anybody(server: Server) -> None:
    image_id = make(server)
    headers = {"Content-Type": "application/octet-stream"}
    path = f"/{image_id}/file"
    assert ask(server, "PUT", path, body=PIECE, headers=headers).status == 401
    assert ask(server, "PUT", path, body=b"x", headers=STREAM).status == 204
