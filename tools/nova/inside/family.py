"""All processes of a Nova are forks of this one: importing Nova takes longer than starting it.

Reads a line of JSON for each wish and answers with one; ends with everything when its input ends.

    {"name": …, "words": [program, …]}                  start a program; answers its pid
    {"name": …, "words": [program, …], "wait": true}    run it; answers its exit status
    {"name": …}                                         kill what was started; answers its pid

What NAME says goes to NAME.out in the working directory.
"""

import ctypes
import json
import os
import signal
import sys

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"

import fake_host
import gunicorn.app.wsgiapp
import nova.cmd.compute
import nova.cmd.conductor
import nova.cmd.manage
import nova.cmd.scheduler
import nova.compute.manager
import nova.conductor.manager
import nova.scheduler.manager
import placement.cmd.manage
import placement.wsgi

assert fake_host.BootableFakeDriver  # noqa: S101 - it is found where it put itself
PROGRAMS = {
    "gunicorn": gunicorn.app.wsgiapp.run,
    "nova-compute": nova.cmd.compute.main,
    "nova-conductor": nova.cmd.conductor.main,
    "nova-manage": nova.cmd.manage.main,
    "nova-scheduler": nova.cmd.scheduler.main,
    "placement-manage": placement.cmd.manage.main,
}
PR_SET_PDEATHSIG = 1

_running: dict[str, int] = {}


def start(name: str, words: list[str]) -> int:
    """Fork; the child is the first of a process group, and dies with us."""
    child = os.fork()
    if child != 0:
        return child
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    said = os.open(f"{name}.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for new, old in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(new, old)
    sys.argv = words
    sys.exit(PROGRAMS[words[0]]())


def kill(name: str) -> int:
    """End a program with its children, at once."""
    pid = _running.pop(name)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return pid


def answer(name: str, words: list[str] | None = None, wait: bool = False) -> int:
    """Do what a line wishes."""
    if words is None:
        return kill(name)
    child = start(name, words)
    if wait:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _running[name] = child
    return child


def main() -> None:
    """Until the input ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)
    for name in list(_running):
        kill(name)


main()
