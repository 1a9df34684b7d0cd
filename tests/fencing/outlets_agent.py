#!/usr/bin/python3 -tt
"""A fence agent on Debian's library, of a PDU whose outlets are files: DIR/NAME holds on or off."""

import atexit
import sys
from pathlib import Path

sys.path.append("/usr/share/fence")
from fencing import all_opt, atexit_handler, check_input, fence_action, process_input, show_docs


def outlet(options):
    return Path(options["--ip"]) / options["--plug"]


def status(_connection, options):
    return outlet(options).read_text() if outlet(options).exists() else "unknown"


def switch(_connection, options):
    if not outlet(options).with_suffix(".stuck").exists():
        outlet(options).write_text(options["--action"])


def outlets(_connection, options):
    return {path.name: ("", path.read_text()) for path in Path(options["--ip"]).iterdir()}


atexit.register(atexit_handler)
device = ["ipaddr", "login", "passwd", "port", "web"]
given = check_input(device, process_input(device))
all_opt["power_wait"]["default"] = "0"
docs = {"shortdesc": "Outlets", "longdesc": "Outlets that are files", "vendorurl": ""}
show_docs(given, docs)
if given["--password"] != "geh3im/+=x":
    sys.exit("Unable to connect/login to fencing device with " + given["--password"])
sys.exit(fence_action(None, given, switch, status, outlets))
