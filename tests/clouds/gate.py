"""A way to a real Nova that lets through what a test wants, in a region of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3
from tools.nova import Nova

REGION = "Gated"
ANSWER_S = 60.0
AT_ONCE = 16
NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})

Shut = Callable[[str, str], bool]
"""Whether a request by this method for this path is answered with 503."""


class Gate(ThreadingHTTPServer):
    """`asked`: methods and paths of what came through."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.http = urllib3.PoolManager(retries=False, timeout=ANSWER_S, maxsize=AT_ONCE)
        self.asked: list[tuple[str, str]] = []
        self.open()

    def open(self) -> None:
        """For everything."""
        self.shut: Shut = lambda _method, _path: False


class _Handler(BaseHTTPRequestHandler):
    server: Gate

    def _pass(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size) if size else None
        if self.server.shut(self.command, self.path):
            self.send_error(503)
            return
        self.server.asked.append((self.command, self.path))
        sent = {k: v for k, v in self.headers.items() if k.lower() not in NOT_PASSED_ON}
        url = self.server.behind + self.path
        answer = self.server.http.request(
            self.command, url, body=body, headers=sent, redirect=False, decode_content=False
        )
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.data)))
        self.end_headers()
        self.wfile.write(answer.data)

    do_GET = do_POST = do_PUT = _pass

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def gate(nova: Nova) -> Iterator[Gate]:
    """In the catalog of its Keystone, under REGION; one at a time."""
    url = nova.urls["compute"]
    with Gate(url.removesuffix("/v2.1")) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        endpoint = _publish(nova, f"http://127.0.0.1:{made.server_port}/v2.1")
        try:
            yield made
        finally:
            nova.keystone.ask("DELETE", f"/endpoints/{endpoint}")
            made.shutdown()
            thread.join()


def _publish(nova: Nova, url: str) -> str:
    ask = nova.keystone.ask
    if REGION not in {each["id"] for each in ask("GET", "/regions")["regions"]}:
        ask("POST", "/regions", {"region": {"id": REGION}})
    (service,) = ask("GET", "/services?type=compute")["services"]
    wanted = {
        "service_id": service["id"], "interface": "internal", "url": url, "region_id": REGION,
    }  # fmt: skip
    return str(ask("POST", "/endpoints", {"endpoint": wanted})["endpoint"]["id"])
