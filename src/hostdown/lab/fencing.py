"""The fencing file of a lab: each host by its BMC, which knows that it is the right one, and by its
watchdog where hosts have one.
"""

from pathlib import Path

from hostdown.lab.plan import BMC_PORT, Plan
from hostdown.lab.redfish import USER

_HEAD = "# How the hosts of this lab are fenced; written at each start of its server.\nhosts:\n"
_HOST = """\
  - match: {name}
    levels:
      - driver: redfish
        url: https://{address}:{port}
        user: {user}
        password_file: {directory}/bmc-password
        ca_file: {directory}/bmc.crt
        uuid: {uuid}
"""
_WATCHDOG = "      - driver: watchdog\n"


def write_fencing(plan: Plan) -> Path:
    """Write it, for `[fencing] file`."""
    hosts = (
        _HOST.format(
            name=each.name,
            address=each.bmc_address,
            port=BMC_PORT,
            user=USER,
            directory=plan.directory,
            uuid=each.uuid,
        )
        + (_WATCHDOG if plan.watchdog else "")
        for each in plan.hosts
    )
    file = plan.directory / "fencing.yaml"
    file.write_text(_HEAD + "".join(hosts))
    file.chmod(0o600)
    return file
