"""Leases as files beside the disks: `<pool>/<instance>/lease/` (NEVER-TWICE L1-L5).

A claim is made by `link`, which of all hosts lets one succeed, on NFS too, and needs neither locks
nor clocks. The bulletin is written in place and never gets another inode, so that no reader can
hold on to an old one. Everything is opened anew at each use.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from hostdown.domain.assignment import Holder
from hostdown.domain.lease import ChainBroken, Lease, end_of_chain
from hostdown.domain.lease_text import (
    BULLETIN_BYTES,
    CLAIM_BYTES_MAX,
    SLOT_BYTES,
    Bulletin,
    Claim,
    LeaseState,
    bulletins_of,
    claim_of,
    claim_text,
    newest,
    next_write,
    slot_text,
)
from hostdown.domain.pool_errors import LeaseUnreadable, PoolFailed
from hostdown.drivers.durable import sync_directory
from hostdown.drivers.pool import PoolDirectory, write_new

PURGE_AFTER = timedelta(days=1)
"""How long claims that others followed, attempts that never ended, and tombstones are kept."""

_BULLETIN = "current"
_CLAIM = "after-"
_ATTEMPT = "tmp-"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class LeaseFiles:
    """`agent.ports.Leases` on one pool. Each method raises PoolAbsent without the pool's marker."""

    def __init__(self, pool: PoolDirectory) -> None:
        self._pool = pool

    def read(self, instance: str) -> Lease | None:
        """The end of the chain; None if nobody ever claimed. Raises LeaseUnreadable."""
        try:
            with self._pool.root() as root, _opened(root, instance) as lease:
                return None if lease is None else _read(lease, instance)
        except (PoolFailed, ChainBroken) as error:
            raise LeaseUnreadable(instance=instance, reason=error) from error

    def claim(self, claim: Claim, after: int) -> Claim:
        """Who follows generation `after`: this claim, durable, or one that was there before it.

        The first claim of all makes the directory. Raises PoolFull, PoolFailed, LeaseUnreadable.
        """
        with self._pool.root() as root:
            if after == 0:
                _make_directories(root, claim.instance)
            with _opened(root, claim.instance) as lease:
                if lease is None:
                    raise LeaseUnreadable(instance=claim.instance, reason="it is gone")
                found = _made(lease, claim, f"{_CLAIM}{after}")
        if found is None:
            raise LeaseUnreadable(instance=claim.instance, reason="the claim is not there")
        return found

    def write(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
    ) -> None:
        """The bulletin; durable when it returns. One writer of a host at a time.

        Raises PoolFull, PoolFailed, LeaseUnreadable.
        """
        with self._pool.root() as root, _opened(root, instance) as lease:
            if lease is None:
                raise LeaseUnreadable(instance=instance, reason="it is gone")
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(_BULLETIN, flags, 0o644, dir_fd=lease)
            try:
                _write(descriptor, lambda now: next_write(now, holder, state, following, data_gen))
            finally:
                os.close(descriptor)
            os.fsync(lease)

    def clean(self, instance: str, host: str) -> None:
        """Remove what attempts of this host to claim left behind; not while one is made."""
        with self._pool.root() as root, _opened(root, instance) as lease:
            if lease is None:
                return
            for name in os.listdir(lease):
                if name.startswith(f"{_ATTEMPT}{host}-"):
                    _remove(name, lease)

    def sweep(self, now: datetime) -> None:
        """Remove what is older than a day and means nothing any more (L5); of all instances."""
        before = (now.replace(tzinfo=UTC) - PURGE_AFTER).timestamp()
        with self._pool.root() as root:
            instances = os.listdir(root)
        for instance in instances:
            with (
                suppress(PoolFailed),
                self._pool.root() as root,
                _opened(root, instance) as lease,
            ):
                if lease is not None and _purge(lease, before):
                    shutil.rmtree(instance, dir_fd=root, ignore_errors=True)


@contextmanager
def _opened(root: int, instance: str) -> Iterator[int | None]:
    """A descriptor of the lease's directory; None if it is not there."""
    try:
        lease = os.open(os.path.join(instance, "lease"), _DIRECTORY, dir_fd=root)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield lease
    finally:
        os.close(lease)


def _make_directories(root: int, instance: str) -> None:
    for name, above in ((instance, "."), (os.path.join(instance, "lease"), instance)):
        with suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=root)
        sync_directory(above, root)


def _made(lease: int, claim: Claim, name: str) -> Claim | None:
    """The claim under `name` afterwards, read back.

    EEXIST is not yet a defeat: NFS repeats a call whose answer was lost, and then mine is there.
    """
    attempt = f"{_ATTEMPT}{claim.nonce}"
    write_new(attempt, claim_text(claim), lease)
    try:
        with suppress(FileExistsError):
            os.link(attempt, name, src_dir_fd=lease, dst_dir_fd=lease)
        os.fsync(lease)
    finally:
        _remove(attempt, lease)
    return _claim(lease, name, claim.instance)


def _read(lease: int, instance: str) -> Lease | None:
    written = _bulletins(lease)
    found = end_of_chain(written, lambda after: _claim(lease, f"{_CLAIM}{after}", instance))
    if found is None and any(each.startswith((_BULLETIN, _CLAIM)) for each in os.listdir(lease)):
        raise ChainBroken("neither its bulletin nor its first claim is whole")
    return found


def _bulletins(lease: int) -> list[Bulletin | None]:
    try:
        return bulletins_of(_content(lease, _BULLETIN, BULLETIN_BYTES))
    except FileNotFoundError:
        return [None, None]


def _claim(lease: int, name: str, instance: str) -> Claim | None:
    """The claim, None if there is no such file; raises ChainBroken if it is another thing."""
    try:
        content = _content(lease, name, CLAIM_BYTES_MAX)
    except FileNotFoundError:
        return None
    claim = claim_of(content)
    if claim is None or claim.instance != instance:
        raise ChainBroken(f"{name} is no claim of this instance")
    return claim


def _content(lease: int, name: str, length_max: int) -> bytes:
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=lease)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(length_max)


def _write(
    descriptor: int, following: Callable[[list[Bulletin | None]], tuple[int, Bulletin]]
) -> None:
    """One slot in place. The file only ever grows to its one size."""
    slot, bulletin = following(bulletins_of(os.pread(descriptor, BULLETIN_BYTES, 0)))
    if os.fstat(descriptor).st_size < BULLETIN_BYTES:
        os.ftruncate(descriptor, BULLETIN_BYTES)
    text = slot_text(bulletin)
    done = os.pwrite(descriptor, text, slot * SLOT_BYTES)
    if done != len(text):
        os.pwrite(descriptor, text[done:], slot * SLOT_BYTES + done)
    os.fsync(descriptor)


def _purge(lease: int, before: float) -> bool:
    """Remove old claims and attempts; whether the whole instance is an old tombstone.

    Claims from the older of both slots on stay: the newer one may be torn some day.
    """
    written = [each for each in _bulletins(lease) if each is not None]
    kept_from = min((each.holder.generation for each in written), default=0)
    for name in os.listdir(lease):
        after = name.removeprefix(_CLAIM)
        superseded = after.isdecimal() and int(after) < kept_from
        if (superseded or name.startswith(_ATTEMPT)) and _older(lease, name, before):
            _remove(name, lease)
    last = newest(written)
    deleted = last is not None and last.state is LeaseState.DELETED
    return deleted and _older(lease, _BULLETIN, before)


def _older(lease: int, name: str, before: float) -> bool:
    try:
        return os.stat(name, dir_fd=lease).st_mtime < before
    except FileNotFoundError:
        return False


def _remove(name: str, lease: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=lease)
