"""The listening sockets and the locks: what makes a second server on the same place impossible.

Both are released by the kernel when the process that holds them is gone. Dying children need some
milliseconds for that, so a start waits a moment before it refuses.
"""

import errno
import fcntl
import os
import select
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hostdown.config import MetricsOptions, ServerSettings, Settings
from hostdown.drivers.pulse_socket import prepare
from hostdown.server.child import StartFailed

WAIT_S = 2.0
"""How long a port or lock may be held by processes that are just ending."""
STEP_S = 0.05
"""How often it is looked at meanwhile."""

METRICS_BACKLOG = 16
"""Connections that wait to be asked for metrics."""

_LISTENS = {"tcp": "0A", "udp": "07"}
"""The state of a socket that hears everybody, as /proc writes it."""

T = TypeVar("T")


def listen(server: ServerSettings) -> list[socket.socket]:
    """A listening socket for each worker, all on one port; StartFailed names who holds the port.

    The kernel spreads connections over them, where of workers that share a socket whichever wakes
    first takes a whole burst. This process keeps them all: what waits at a worker that dies is
    taken by the next worker in its place.
    """
    family, address = _address(server.bind_host, server.bind_port, socket.SOCK_STREAM)

    def attempt() -> list[socket.socket] | None:
        try:
            return _bound(family, address, server)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return None
            raise StartFailed(_cannot_bind(server, error)) from error

    def refuse() -> StartFailed:
        who = _holders(server.bind_port, "tcp")
        return StartFailed(
            f"{server.bind_host}:{server.bind_port} is in use by {who}; stop it, or set "
            "[server] bind_port to a free port."
        )

    return _patiently(attempt, refuse)


def listen_for_pulses(server: ServerSettings, port: int) -> socket.socket:
    """The socket on which hosts' pulses arrive; StartFailed names who holds its port.

    `port` is the API's, whose number is taken unless another one was configured. Where the API took
    any port, a number that is in use for UDP gives way to any other: hosts are told which.
    """
    wanted = port if server.pulse_port is None else server.pulse_port
    family, address = _address(server.bind_host, wanted, socket.SOCK_DGRAM)
    may_be_any = server.pulse_port is None and server.bind_port == 0

    def attempt() -> socket.socket | None:
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.bind(address)
            prepare(sock)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE:
                return None
            raise StartFailed(
                f"Cannot hear pulses on {server.bind_host}:{wanted}/udp: {error.strerror}; check "
                "[server] bind_host and pulse_port, or set pulses = false."
            ) from error
        return sock

    def refuse() -> StartFailed:
        return StartFailed(
            f"{server.bind_host}:{wanted}/udp is in use by {_holders(wanted, 'udp')}; stop it, set "
            "[server] pulse_port to a free port, or set pulses = false."
        )

    if may_be_any:
        return attempt() or listen_for_pulses(replace(server, pulse_port=0), 0)
    return _patiently(attempt, refuse)


def listen_for_metrics(metrics: MetricsOptions) -> socket.socket | None:
    """Where metrics are asked for; None if they have no port of their own. StartFailed names who
    holds it."""
    host, port = metrics.bind_host, metrics.bind_port
    if port is None:
        return None
    family, address = _address(host, port, socket.SOCK_STREAM, "metrics")

    def attempt() -> socket.socket | None:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen(METRICS_BACKLOG)
            sock.setblocking(False)
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRINUSE:
                return None
            raise StartFailed(
                f"Cannot tell metrics on {host}:{port}: {error.strerror}; check [metrics] "
                "bind_host and bind_port."
            ) from error
        return sock

    def refuse() -> StartFailed:
        return StartFailed(
            f"{host}:{port} is in use by {_holders(port, 'tcp')}; stop it, or set [metrics] "
            "bind_port to a free port."
        )

    return _patiently(attempt, refuse)


def _address(
    host: str, port: int, kind: socket.SocketKind, section: str = "server"
) -> tuple[int, tuple[object, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartFailed(
            f"[{section}] bind_host = {host} is no address of this machine: {error.strerror}."
        ) from error
    family, _, _, _, address = found[0]
    return family, address


def _bound(family: int, address: tuple[object, ...], server: ServerSettings) -> list[socket.socket]:
    """Raises OSError, EADDRINUSE if anybody else has the port."""
    sockets: list[socket.socket] = []
    try:
        with socket.socket(family, socket.SOCK_STREAM) as alone:
            # Sockets that share a port would also share it with another server of this user.
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(address)
            address = alone.getsockname()
        for _ in range(server.workers):
            sock = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.bind(address)
            sock.setblocking(False)
        for sock in sockets:
            sock.listen(server.backlog)
        if _shared(sockets):
            raise OSError(errno.EADDRINUSE, "another process took the port at the same moment")
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def _shared(sockets: list[socket.socket]) -> bool:
    """Whether anybody else listens where these do; other addresses of the machine do not matter."""
    listeners = _listeners(sockets[0].getsockname()[1])
    ours = {f"socket:[{os.fstat(each.fileno()).st_ino}]" for each in sockets}
    places = {place for each, place in listeners.items() if each in ours}
    return any(place in places for each, place in listeners.items() if each not in ours)


def _cannot_bind(server: ServerSettings, error: OSError) -> str:
    return (
        f"Cannot listen on {server.bind_host}:{server.bind_port}: {error.strerror}; "
        "check [server] bind_host and bind_port."
    )


def lock_files(settings: Settings) -> list[Path]:
    """What only one server may have: its state directory, and each SQLite database."""
    databases = {settings.directory.sqlite_file, settings.cell.sqlite_file} - {None}
    beside = [file.with_name(f"{file.name}.serve-lock") for file in databases if file is not None]
    return [settings.state_path / "serve.lock", *sorted(beside)]


def lock(paths: Iterable[Path]) -> list[int]:
    """Hold every file of `paths`; returns descriptors. StartFailed names who holds one."""
    return [_patiently(*_lock_attempt(path)) for path in paths]


def _unwritable(path: Path, error: OSError) -> str:
    advice = "set [DEFAULT] state_path to a directory that this user may write."
    if isinstance(error, PermissionError):
        advice = f"give this user the right to, or {advice}"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{path.parent} is no directory; {advice}"
    return f"Cannot write {path}: {error.strerror}; {advice}"


def _lock_attempt(path: Path) -> tuple[Callable[[], int | None], Callable[[], StartFailed]]:
    def attempt() -> int | None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartFailed(_unwritable(path, error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        _write_pid(descriptor)
        return descriptor

    def refuse() -> StartFailed:
        return StartFailed(
            f"Process {path.read_text().strip() or '(unknown)'} already serves with {path}; stop "
            "it, or give this server a [DEFAULT] state_path and a database of its own."
        )

    return attempt, refuse


def _write_pid(descriptor: int) -> None:
    """Only a help for people: the lock counts, so a full disk does not matter here."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise


def _patiently(attempt: Callable[[], T | None], refuse: Callable[[], Exception]) -> T:
    for _ in range(int(WAIT_S / STEP_S)):
        got = attempt()
        if got is not None:
            return got
        select.select((), (), (), STEP_S)
    raise refuse()


def _holders(port: int, protocol: str) -> str:
    """Who listens on a port, as far as this user may see."""
    sockets = _listeners(port, protocol).keys()
    pids = sorted(pid for pid in _pids() if sockets & _open_files(pid))
    return f"process {', '.join(map(str, pids))}" if pids else "another process"


def _listeners(port: int, protocol: str = "tcp") -> dict[str, str]:
    """The sockets that listen on a port and their addresses, both as /proc writes them."""
    sockets = {}
    for table in (f"/proc/net/{protocol}", f"/proc/net/{protocol}6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENS[protocol] and int(fields[1].rpartition(":")[2], 16) == port:
                sockets[f"socket:[{fields[9]}]"] = fields[1]
    return sockets


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _open_files(pid: int) -> set[str]:
    found: set[str] = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            found.add(os.readlink(f"/proc/{pid}/fd/{name}"))
    except OSError:
        pass  # it ended, or is not ours to look at
    return found
