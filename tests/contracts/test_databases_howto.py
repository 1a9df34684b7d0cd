"""What docs/howto/databases.md says to type makes a database that works, and brings it back."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool
from tests.contracts.own_servers import Mariadb, Postgresql, Server
from tests.processes.certificates import self_signed
from tests.stores import fast_directory

from hostdown.storage.settings import database_url

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "databases.md"
PASSWORD = "not so easy to guess 7"


def block(name: str) -> str:
    """What is to be typed, by the mark before it."""
    found = re.search(rf"<!-- test: {name} -->\n\n((?:    .*\n)+)", PAGE.read_text())
    assert found is not None, name
    return textwrap.dedent(found[1]).replace("…", PASSWORD)


class Made(NamedTuple):
    """A server that speaks TLS and asks for passwords, and where its authority's certificate is."""

    kind: str
    server: Server
    place: Path
    authority: Path

    @property
    def url(self) -> URL:
        return make_url(self.server.url)

    def administer(self, sql: str, database: str | None = None) -> None:
        url = database_url(self.server.url)
        url = url.set(database=database) if database else url
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in filter(str.strip, sql.split(";\n")):
                connection.execute(text(statement))

    def configured(self, authority: Path | None = None) -> Path:
        """A file with the page's configuration, for this server."""
        password = self.place / "password"
        password.write_text(PASSWORD + "\n")
        shown = block(f"{self.kind} configuration")
        for there, here in (
            ("db.example", f"localhost:{self.url.port}"),
            ("/etc/hostdown/db-ca.pem", str(authority or self.authority)),
            ("/etc/hostdown/secrets/directory-password", str(password)),
        ):
            assert there in shown
            shown = shown.replace(there, here)
        file = self.place / "hostdown.conf"
        file.write_text(f"[DEFAULT]\nstate_path = {self.place}/state\n\n{shown}")
        return file


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    with fast_directory() as name:
        place = Path(name)
        place.chmod(0o755)
        cert, key = self_signed(place)
        (place / "server").mkdir()
        server: Server
        if request.param == "postgresql":
            hba = place / "hba"
            hba.write_text(
                "hostssl all hostdown 127.0.0.1/32 scram-sha-256\n"
                "host all hostdown all reject\nhost all postgres all trust\n"
            )
            if os.geteuid() == 0:
                shutil.chown(key, "postgres")
            tls = (f"ssl_cert_file={cert}", f"ssl_key_file={key}", "ssl=on", f"hba_file={hba}")
            server = Postgresql(place / "server", tls)
        else:
            tls = (f"ssl-cert={cert}", f"ssl-key={key}", "skip-name-resolve")
            server = Mariadb(place / "server", tls)
        server.start()
        try:
            found = Made(request.param, server, place, cert)
            found.administer(block(f"{request.param} create"))
            yield found
        finally:
            server.stop()


def hostdown(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hostdown", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_configuration_is_right_and_the_database_takes_the_schema(made: Made) -> None:
    file = made.configured()
    assert hostdown("config", "check", "--config-file", file).returncode == 0
    upgraded = hostdown("db", "upgrade", "--config-file", file)
    assert upgraded.returncode == 0, upgraded.stderr
    assert PASSWORD not in upgraded.stdout + upgraded.stderr


def test_a_server_with_another_authority_is_not_believed(made: Made, tmp_path: Path) -> None:
    other, _ = self_signed(tmp_path)
    refused = hostdown("db", "version", "--config-file", made.configured(other))
    assert refused.returncode != 0
    assert "certificate verify failed" in refused.stderr


@pytest.mark.long
def test_a_backup_comes_back_whole(made: Made) -> None:
    file = made.configured()
    assert hostdown("db", "upgrade", "--config-file", file).returncode == 0
    before = hostdown("db", "version", "--config-file", file).stdout
    save, bring_back = block(f"{made.kind} backup").splitlines()
    url = made.url
    environ = os.environ | {"PGHOST": "127.0.0.1", "PGPORT": str(url.port), "PGUSER": "postgres"}
    login = made.place / "my.cnf"
    login.write_text(f"[client]\nhost=127.0.0.1\nport={url.port}\nuser=root\n")
    words = f"--defaults-file={login}"
    for name in ("mariadb-dump ", "mariadb "):
        save = re.sub(rf"^{name}", f"{name}{words} ", save)
        bring_back = re.sub(rf"^{name}", f"{name}{words} ", bring_back)
    recreate = block(f"{made.kind} create")
    (create,) = [line for line in recreate.splitlines() if line.startswith("CREATE DATABASE")]
    for step in (save, None, bring_back):
        if step is None:
            made.administer("DROP DATABASE hostdown;\n" + create)
        else:
            subprocess.run(step, shell=True, check=True, cwd=made.place, env=environ, timeout=60)  # noqa: S602 - the page's own line
    assert hostdown("db", "version", "--config-file", file).stdout == before
    assert "(empty)" not in before
