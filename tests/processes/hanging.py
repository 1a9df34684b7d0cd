"""A server whose application hangs when it is asked to: the supervisor and worker that are real."""

import re
import sys
import threading
from collections.abc import Iterable

from hostdown.compose import Job, Worker
from hostdown.config import Settings, load
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import worker
from hostdown.server.child import Ready
from hostdown.server.gate import Environ, StartResponse
from hostdown.server.listen import listen
from hostdown.server.logs import log_to_stderr
from hostdown.server.slots import Kind
from hostdown.server.supervisor import Plan, Supervisor

_for_ever = threading.Lock()
_job_hangs = threading.Event()


def application(environ: Environ, start: StartResponse) -> Iterable[bytes]:
    """`/healthz` answers; the others hang, each in its way."""
    match environ["PATH_INFO"]:
        case "/deadlock":
            _for_ever.acquire()
            _for_ever.acquire()
        case "/loop":
            while True:
                pass
        case "/holds-the-interpreter":
            re.match("(a+)+$", "a" * 64 + "b")
        case "/job":
            _job_hangs.set()
        case "/slow":
            threading.Event().wait(1.5)
    start("200 OK", [])
    return [b""]


def _job() -> None:
    if _job_hangs.is_set():
        threading.Event().wait()


def _run(settings: Settings) -> int:
    listeners = listen(settings.server)

    def api(settings: Settings, index: int, ready: Ready) -> int:
        made = Worker(application, (Job("job", 0.1, _job),), lambda: None, 1000)
        return worker.serve(made, settings, index, listeners[index], ready)

    def started(_: Settings) -> None:
        sys.stdout.write(f"Serving http://127.0.0.1:{listeners[0].getsockname()[1]}, in a test\n")
        sys.stdout.flush()

    plan = Plan(
        kinds=[Kind("api", lambda _: len(listeners), api)],
        prepare=lambda _: None,
        reload=lambda: settings,
        release=lambda: None,
        started=started,
        monotonic=SystemClock().monotonic,
    )
    return Supervisor(settings, plan).run()


if __name__ == "__main__":
    log_to_stderr(debug=False)
    sys.exit(_run(load([sys.argv[2]]).settings))
