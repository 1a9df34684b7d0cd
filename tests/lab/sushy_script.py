"""Run by the interpreter that has sushy: looks at a system, switches it off, on, and resets it."""

import os
import sys

import sushy

connection = sushy.Sushy(
    f"https://{sys.argv[1]}:8443/redfish/v1",
    username="admin",
    password=sys.stdin.read(),
    verify=os.environ["CERTIFICATE"],
)
[system] = connection.get_system_collection().get_members()
print(system.uuid, system.serial_number, system.system_type.value, system.power_state.value)
for reset in (sushy.RESET_FORCE_OFF, sushy.RESET_ON, sushy.RESET_FORCE_RESTART):
    system.reset_system(reset)
    system.refresh(force=True)
    print(system.power_state.value)
