"""Run by the interpreter that has virtualbmc: one BMC of the machine that libvirt has for tests.

virtual_bmc.py ADDRESS PORT USER, with the password on standard input. That libvirt lives in this
process and forgets its machine with its last connection, so one is kept.
"""

import sys

import libvirt
from virtualbmc.vbmc import VirtualBMC

URI = "test:///default"
kept = libvirt.open(URI)
address, port, user = sys.argv[1:]
bmc = VirtualBMC(user, sys.stdin.read(), int(port), address, "test", URI)
print("ready", flush=True)
bmc.listen()
