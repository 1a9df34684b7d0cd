"""Every command: its words, where its class is, and the sentence that explains it.

One line each. The class is imported when its command runs, and never to print help; the sentence is
what both `hostdown --help` and `hostdown help COMMAND` say. A class derives from `cli.base`.
"""

import textwrap
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

_CLI = "hostdown.cli"

GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Run it": {
        "serve": (f"{_CLI}.serve:Serve", "Run a server: the Compute API and its processes."),
        "agent": (f"{_CLI}.agent:Agent", "Run the agent of a compute host."),
        "watchdog fire": (
            f"{_CLI}.petter:WatchdogFire",
            "Let the timer of this host reset it, to measure how long that takes.",
        ),
        "petter": (f"{_CLI}.petter:Petter", "Hold off the timer that resets this host."),
        "swarm": (f"{_CLI}.agent:Swarm", "Run simulated compute hosts, many in one process."),
        "demo": (
            f"{_CLI}.demo.command:Demo",
            "Show the main job: hosts report, one is forced down.",
        ),
        "lab up": (
            f"{_CLI}.lab:Up",
            "Bring up virtual compute hosts on this machine, each with a BMC.",
        ),
        "lab status": (f"{_CLI}.lab:Status", "Show the hosts of the lab, their power and links."),
        "lab cut": (f"{_CLI}.lab:Cut", "Cut the link of a host of the lab, or heal it."),
        "lab power on": (f"{_CLI}.lab:PowerOn", "Switch a host of the lab on: it boots."),
        "lab power off": (
            f"{_CLI}.lab:PowerOff",
            "Switch a host of the lab off: everything in it dies at once.",
        ),
        "lab fault": (f"{_CLI}.lab:Fault", "Let the BMC of a host fail as real ones do."),
        "lab down": (f"{_CLI}.lab:Down", "End the lab and remove every trace of it."),
        "config check": (f"{_CLI}.config:Check", "Say what is wrong with the server's settings."),
        "config sample": (f"{_CLI}.config:Sample", "Print a configuration file with every option."),
    },
    "See and change compute services": {
        "service list": (f"{_CLI}.services:ListServices", "List services and their state."),
        "service set": (
            f"{_CLI}.services:SetService",
            "Enable, disable, force down or bring up a service.",
        ),
        "service delete": (f"{_CLI}.services:DeleteServices", "Delete services."),
    },
    "See and move servers": {
        "server list": (f"{_CLI}.servers:ListServers", "List servers and what their hosts are."),
        "server show": (f"{_CLI}.servers:ShowServer", "Show a server and what its host is."),
        "server migrate": (
            f"{_CLI}.moving:MigrateServer",
            "Move a server to another host, with --live while it runs.",
        ),
        "migration list": (
            f"{_CLI}.migrations:ListMigrations",
            "List moves of servers from host to host.",
        ),
        "migration abort": (f"{_CLI}.moving:AbortMigration", "Call a live migration off."),
        "migration force-complete": (
            f"{_CLI}.moving:ForceCompleteMigration",
            "Let a server stand still until its live migration is over.",
        ),
    },
    "See and steer recoveries": {
        "watch": (
            f"{_CLI}.watch:Watch",
            "Show hosts and open recoveries as they are, until Ctrl-C.",
        ),
        "recovery list": (
            f"{_CLI}.recoveries:ListRecoveries",
            "List what is, and was, done about hosts that failed.",
        ),
        "recovery show": (
            f"{_CLI}.recoveries:ShowRecovery",
            "Show a recovery with every decision and its evidence.",
        ),
        "recovery profile": (
            f"{_CLI}.profiles:Profile",
            "Show how long each step took, by the checkpoints of OPNFV Doctor.",
        ),
        "recovery plan": (
            f"{_CLI}.rehearsals:PlanRecovery",
            "Say what would happen were a host to die now, and change nothing.",
        ),
        "capacity": (
            f"{_CLI}.rehearsals:Capacity",
            "Say whether the other hosts bear the loss of any K, or of any failure domain.",
        ),
        "recovery hold": (
            f"{_CLI}.recoveries:HoldRecovery",
            "Do nothing about the host of a recovery until it is released.",
        ),
        "recovery release": (
            f"{_CLI}.recoveries:ReleaseRecovery",
            "Let a recovery go on that is held, by the storm gate for one.",
        ),
        "recovery confirm-off": (
            f"{_CLI}.recoveries:ConfirmOff",
            "Say that the host of a recovery is off, where nothing else can.",
        ),
        "recovery disarm": (
            f"{_CLI}.disarming:Disarm",
            "Have nothing done about hosts that fail: one, those of a domain, or all.",
        ),
        "recovery arm": (f"{_CLI}.disarming:Arm", "Take that back."),
        "recovery disarmed": (
            f"{_CLI}.disarming:ListDisarmed",
            "List where recovery is disarmed, by whom, why, and until when.",
        ),
    },
    "See what others are told": {
        "delivery list": (
            f"{_CLI}.deliveries:ListDeliveries",
            "List which receivers of notifications something waits for, since when, and why.",
        ),
        "delivery dead": (
            f"{_CLI}.deliveries:ListDeadLetters",
            "List what could not be delivered and is not tried any more.",
        ),
        "delivery replay": (
            f"{_CLI}.deliveries:Replay",
            "Have dead letters tried again: some, those of a receiver, or all.",
        ),
        "delivery drop": (
            f"{_CLI}.deliveries:Drop",
            "Drop dead letters: some, those of a receiver, or all.",
        ),
    },
    "See what compute hosts have": {
        "hypervisor list": (f"{_CLI}.hypervisors:ListHypervisors", "List hypervisors."),
        "hypervisor show": (
            f"{_CLI}.hypervisors:ShowHypervisor",
            "Show a hypervisor and what of it is used.",
        ),
        "hypervisor stats": (
            f"{_CLI}.hypervisors:ShowTotals",
            "Show what all hypervisors have in total.",
        ),
    },
    "Group hosts": {
        "aggregate list": (f"{_CLI}.aggregates:ListAggregates", "List aggregates of hosts."),
        "aggregate show": (f"{_CLI}.aggregates:ShowAggregate", "Show one aggregate."),
        "aggregate create": (
            f"{_CLI}.aggregates:CreateAggregate",
            "Make an aggregate, and with --zone an availability zone.",
        ),
        "aggregate set": (
            f"{_CLI}.aggregates:SetAggregate",
            "Change the name, the zone or properties of an aggregate.",
        ),
        "aggregate unset": (
            f"{_CLI}.aggregates:UnsetAggregate",
            "Take properties away from an aggregate.",
        ),
        "aggregate add host": (f"{_CLI}.aggregates:AddHost", "Add a host to an aggregate."),
        "aggregate remove host": (
            f"{_CLI}.aggregates:RemoveHost",
            "Remove a host from an aggregate.",
        ),
        "aggregate delete": (f"{_CLI}.aggregates:DeleteAggregates", "Delete empty aggregates."),
        "zone list": (f"{_CLI}.aggregates:ListZones", "List availability zones."),
    },
    "The same in the words of the nova command": {
        "service-list": (f"{_CLI}.nova:ServiceList", "List services and their state."),
        "service-force-down": (
            f"{_CLI}.nova:ServiceForceDown",
            "Declare that a fenced host's service is down, or with --unset no longer.",
        ),
        "service-enable": (f"{_CLI}.nova:ServiceEnable", "Let servers be placed on a host."),
        "service-disable": (f"{_CLI}.nova:ServiceDisable", "Place no new servers on a host."),
        "service-delete": (f"{_CLI}.nova:ServiceDelete", "Delete a service by its id."),
        "host-update": (
            f"{_CLI}.nova:HostUpdate",
            "Report a host down with its servers, disable it, or put it into maintenance.",
        ),
    },
    "Compute hosts": {
        "host list": (f"{_CLI}.hosts:ListHosts", "List the hosts that are enrolled."),
        "host show": (f"{_CLI}.hosts:ShowHost", "Show one host and the last changes to it."),
        "host enroll": (f"{_CLI}.hosts:EnrollHost", "Make a secret with which a host enrols."),
        "host fence-test": (
            f"{_CLI}.fencing:FenceTest",
            "Ask each device that would fence a host, and switch nothing.",
        ),
        "host fence-status": (
            f"{_CLI}.fencing:FenceStatus",
            "List whether each host could be fenced when its devices were asked last.",
        ),
        "host set": (
            f"{_CLI}.host_changes:SetHost",
            "Say with which other hosts a host fails.",
        ),
        "host reserve": (
            f"{_CLI}.host_changes:ReserveHost",
            "Keep an empty host for recoveries, or keep it no more.",
        ),
        "host maintenance": (
            f"{_CLI}.maintenance:MaintainHost",
            "Begin work on a host, with its servers moved away, or end it.",
        ),
        "host report-fault": (
            f"{_CLI}.faults:ReportFault",
            "Say that a host does not answer, or does again: evidence, not an order.",
        ),
        "host evacuate": (
            f"{_CLI}.evacuation:EvacuateHost",
            "Run the servers of a dead host on other hosts.",
        ),
        "host release": (
            f"{_CLI}.evacuation:ReleaseHost",
            "Let a host that was forced down up again, once it has cleaned up.",
        ),
        "pool init": (f"{_CLI}.pool:Init", "Make a file system a pool for the disks of servers."),
    },
    "Administer": {
        "user add": (f"{_CLI}.users:AddUser", "Make a user with roles in a project."),
        "user list": (f"{_CLI}.users:ListUsers", "List users and their roles."),
        "user set-password": (f"{_CLI}.users:SetPassword", "Change a user's password."),
        "user enable": (f"{_CLI}.users:EnableUser", "Let a user log in again."),
        "user disable": (f"{_CLI}.users:DisableUser", "Keep a user from logging in."),
        "user grant": (f"{_CLI}.users:GrantRole", "Give a user a role."),
        "user revoke": (f"{_CLI}.users:RevokeRole", "Take a role from a user."),
        "identity rotate-key": (f"{_CLI}.users:RotateKey", "Sign tokens with a new key."),
        "project add": (f"{_CLI}.users:AddProject", "Make a project."),
        "policy show": (
            f"{_CLI}.policy:Show",
            "Show the rules of who may do what, and which operations ask them.",
        ),
        "policy check": (
            f"{_CLI}.policy:Check",
            "Say what is wrong with the policy files, or whether somebody may do something.",
        ),
        "db upgrade": (f"{_CLI}.db:Upgrade", "Bring both schemas to this version's revision."),
        "db version": (f"{_CLI}.db:Version", "Show the schemas' revisions, and those needed."),
    },
    "Help": {
        "help": (f"{_CLI}.help:Help", "Explain a command and its options."),
        "complete": (f"{_CLI}.complete:Complete", "Print the completion script for bash."),
    },
}
"""Groups in the order of the help page."""


class Entry(NamedTuple):
    """One row of the table, in the form that cliff's command manager wants."""

    name: str
    value: str
    sentence: str

    def load(self) -> Any:  # noqa: ANN401 - a class, whichever the row names
        """The command's class, imported now."""
        module, _, attribute = self.value.partition(":")
        return getattr(import_module(module), attribute)


ENTRIES: dict[str, Entry] = {
    words: Entry(words, target, sentence)
    for rows in GROUPS.values()
    for words, (target, sentence) in rows.items()
}


def members(words: str) -> dict[str, str]:
    """The commands that begin with these words and go on, with their sentences."""
    return {each: entry.sentence for each, entry in ENTRIES.items() if each.startswith(f"{words} ")}


def explained(sentences: Mapping[str, str], width: int) -> list[str]:
    """Lines for commands, by words, that fill `width`, each with its sentence beside it."""
    lines = []
    for words, sentence in sentences.items():
        lines += textwrap.wrap(
            sentence,
            width=98,
            initial_indent=f"  {words:<{width}}  ",
            subsequent_indent=" " * (width + 4),
        )
    return lines
