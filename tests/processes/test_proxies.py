"""The proxies' configurations in docs/howto/tls.md do what the page says."""

import re
import socket
import subprocess
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from tests.debian import need
from tests.processes.harness import Server, serving, until

pytestmark = pytest.mark.long

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "tls.md"
NAME = "api.example"
BEHIND: dict[str, dict[str, object]] = {
    "api": {"auth_strategy": "noauth2"},
    "oslo_middleware": {"enable_proxy_headers_parsing": True},
}


def block(name: str) -> str:
    """A configuration on the page, by the mark before it."""
    found = re.search(rf"<!-- test: {name} -->\n\n((?:    .*\n|\n(?=    ))+)", PAGE.read_text())
    assert found is not None, name
    return textwrap.dedent(found[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def placed(text: str, server: Server, port: int, certificate: tuple[Path, Path]) -> str:
    """The configuration with addresses and files of the test's."""
    cert, key = certificate
    both = cert.with_name("both.pem")
    both.write_text(cert.read_text() + key.read_text())
    inner = server.url.rpartition(":")[2]
    for there, here in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("bind :443", f"bind 127.0.0.1:{port}"),
        ("/etc/ssl/api.pem", str(cert)),
        ("/etc/ssl/api.key", str(key)),
        ("/etc/haproxy/api.pem", str(both)),
        (":8774", f":{inner}"),
    ):
        text = text.replace(there, here)
    return text


@contextmanager
def proxy(words: list[str], place: Path, port: int) -> Iterator[str]:
    """A running proxy; gives the address of what it serves."""
    with (place / "proxy.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        until(lambda: process.poll() is not None or _listens(port), 20)
        assert process.poll() is None, (place / "proxy.log").read_text()
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx(place: Path, text: str, port: int) -> Iterator[str]:
    program = need("nginx", "nginx-light")
    temporary = "\n".join(
        f"{kind}_temp_path {place}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = place / "nginx.conf"
    file.write_text(
        f"daemon off; pid {place}/nginx.pid; error_log stderr; worker_processes 1; user root;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}\n{text}\n}}\n"
    )
    with proxy([program, "-p", str(place), "-c", str(file)], place, port) as url:
        yield url


@contextmanager
def haproxy(place: Path, text: str, port: int) -> Iterator[str]:
    program = need("haproxy", "haproxy")
    file = place / "haproxy.cfg"
    file.write_text(text)
    checked = subprocess.run([program, "-c", "-f", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    with proxy([program, "-db", "-f", str(file)], place, port) as url:
        yield url


@pytest.fixture
def outside(certificate: tuple[Path, Path]) -> Iterator[urllib3.PoolManager]:
    """A client that trusts the proxy's certificate, and came by another name."""
    with urllib3.PoolManager(
        retries=False, timeout=30, ca_certs=str(certificate[0]), assert_hostname="localhost"
    ) as pool:
        yield pool


def served(pool: urllib3.PoolManager, url: str, base: str) -> None:
    """What any proxy must let through whole: links, request ids, our limits and our errors."""
    wanted = {"Host": NAME}
    until(lambda: pool.request("GET", f"{url}/healthz", headers=wanted).status == 200, 20)
    answer = pool.request("GET", f"{url}/", headers=wanted)
    assert answer.json()["versions"][0]["links"][0]["href"] == f"{base}/v2/"
    admin = wanted | {"X-Auth-Token": f"admin:{'0' * 32}"}
    listed = pool.request("GET", f"{url}/v2.1/os-services", headers=admin)
    assert listed.status == 200
    assert listed.headers["x-openstack-request-id"].startswith("req-")
    enable = f"{url}/v2.1/os-services/enable"
    large = pool.request("PUT", enable, headers=admin, body=b"x" * 200_000)
    assert (large.status, b"Request is too large." in large.data) == (413, True)
    for _ in range(20):
        assert pool.request("GET", f"{url}/", headers=wanted).status == 200


@pytest.mark.parametrize("start", [nginx, haproxy])
def test_a_proxy_that_says_so_gets_links_that_lead_back_to_it(
    tmp_path: Path,
    start: object,
    certificate: tuple[Path, Path],
    outside: urllib3.PoolManager,
) -> None:
    assert callable(start)
    port = free_port()
    with serving(tmp_path / "server", **BEHIND) as server:
        text = placed(block(start.__name__), server, port, certificate)
        with start(tmp_path, text, port) as url:
            served(outside, url, f"https://{NAME}")


def test_a_path_of_its_own_needs_the_prefix(
    tmp_path: Path, certificate: tuple[Path, Path], outside: urllib3.PoolManager
) -> None:
    port = free_port()
    prefix: dict[str, object] = {"compute_link_prefix": f"https://{NAME}/compute"}
    with serving(tmp_path / "server", api=BEHIND["api"] | prefix) as server:
        text = block("nginx").replace("location / {", block("nginx-path") + "location / {")
        with nginx(tmp_path, placed(text, server, port, certificate), port) as url:
            served(outside, f"{url}/compute", f"https://{NAME}/compute")
