"""Fills a directory that has a keystone.conf: database, keys, first admin, by Keystone's Python.

It is what `keystone-manage` does, called four times: importing Keystone takes longer than all that.
"""

import grp
import os
import pwd
import sys

from keystone.cmd.manage import main

URL = "$(public_endpoint)s/v3"
"""Keystone puts its own address in when it answers, so the database is good for any port."""


def commands() -> list[list[str]]:
    """The words of each call; the first admin's password is in OS_BOOTSTRAP_PASSWORD."""
    owner = ["--keystone-user", pwd.getpwuid(os.getuid()).pw_name]
    owner += ["--keystone-group", grp.getgrgid(os.getgid()).gr_name]
    urls = [f"--bootstrap-{kind}-url={URL}" for kind in ("public", "internal", "admin")]
    return [
        ["db_sync"],
        ["fernet_setup", *owner],
        ["credential_setup", *owner],
        ["bootstrap", "--bootstrap-region-id=RegionOne", *urls],
    ]


for words in commands():
    child = os.fork()
    if child == 0:
        sys.argv = ["keystone-manage", "--config-file", "keystone.conf", *words]
        sys.exit(main())
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"keystone-manage {words[0]} failed")
