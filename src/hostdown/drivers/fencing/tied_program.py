"""Becomes a program that ends when its parent does: tied_program.py PARENT PROGRAM WORD...

`setpriv` does this, too, but it also sets its capabilities, which the server's unit forbids.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, *words = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("The parent is gone already.")
    # Python ignores these, and a program inherits what is ignored or blocked.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(words[0], words)  # noqa: S606 - found on the PATH by whoever calls
