"""What a Nova has in MariaDB and RabbitMQ: made under a name of its own, and removed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

MARIADB = "mariadb://root@127.0.0.1:3306/mysql"
RABBITMQ = "rabbit://guest:guest@127.0.0.1:5672"
DATABASES = ("api", "cell0", "cell1", "placement")
RABBITMQ_S = 30.0


def missing() -> str | None:
    """Why there can be no Nova on this machine, if there cannot."""
    if shutil.which("rabbitmqctl") is None:
        return "RabbitMQ is not installed"
    try:
        _administer("SELECT 1")
    except OperationalError as error:
        return f"MariaDB does not answer: {error.orig}"
    done = _rabbitmqctl("list_vhosts")
    return None if done.returncode == 0 else f"RabbitMQ does not answer: {done.stderr}"


@contextmanager
def databases() -> Iterator[str]:
    """Empty ones; the URL of each is what is given and one of DATABASES."""
    prefix = f"hostdown_nova_{uuid4().hex[:12]}_"
    with ExitStack() as stack:
        for name in DATABASES:
            _administer(f"CREATE DATABASE {prefix}{name} CHARACTER SET utf8mb3")
            stack.callback(_administer, f"DROP DATABASE {prefix}{name}")
        url = _mariadb().set(drivername="mysql+pymysql", database=prefix)
        yield url.render_as_string(hide_password=False)


@contextmanager
def virtual_host() -> Iterator[str]:
    """The URL of one in RabbitMQ that nobody else uses."""
    name = f"hostdown-nova-{uuid4().hex[:12]}"
    url = make_url(os.environ.get("HOSTDOWN_TEST_RABBITMQ", RABBITMQ))
    _must("add_vhost", name)
    try:
        _must("set_permissions", "-p", name, str(url.username), ".*", ".*", ".*")
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _must("delete_vhost", name)


def _mariadb() -> URL:
    url = make_url(os.environ.get("HOSTDOWN_TEST_MARIADB", MARIADB))
    return url.set(drivername="mariadb+pymysql")


def _administer(statement: str) -> None:
    engine = create_engine(_mariadb(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def _must(*words: str) -> None:
    done = _rabbitmqctl(*words)
    if done.returncode != 0:
        raise RuntimeError(f"rabbitmqctl {words[0]}: {done.stdout}{done.stderr}")


def _rabbitmqctl(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["rabbitmqctl", "--quiet", *words],
        capture_output=True, text=True, timeout=RABBITMQ_S, check=False,
    )  # fmt: skip
