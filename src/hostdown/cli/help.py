"""`hostdown --help` and `hostdown help COMMAND`."""

import argparse

from hostdown.cli.base import Command
from hostdown.cli.errors import MEANINGS
from hostdown.cli.table import GROUPS, explained, members

FIRST_STEPS = """\
First steps, on one machine:
  hostdown serve                     start a server, which says when it serves; at its first
                                     start it writes a clouds.yaml with an admin's password
  hostdown swarm --count 3           in another terminal: three simulated hosts that report to it
  hostdown service list              in a third: see them
  hostdown service-force-down HOST nova-compute
                                     tell everybody that HOST is down, after fencing it
"""

CONFIGURATION = """\
Where configuration is looked for:
  servers and agents   --config-file FILE; see 'hostdown help config check'
  client commands      --os-cloud NAME or OS_CLOUD, from clouds.yaml (and secure.yaml) in the
                       current directory, ~/.config/openstack, /etc/openstack, or the file that
                       OS_CLIENT_CONFIG_FILE names; else the OS_* variables of an openrc; else
                       the clouds.yaml that 'hostdown serve' wrote, if you may read it
"""


def commands() -> str:
    """The groups of commands, a line each."""
    width = max(len(words) for rows in GROUPS.values() for words in rows)
    lines = []
    for title, rows in GROUPS.items():
        if not rows:
            continue
        lines += ["", f"{title}:"]
        lines += explained({words: sentence for words, (_, sentence) in rows.items()}, width)
    return "\n".join(lines) + "\n"


def exit_codes() -> str:
    """The exit codes, a line each."""
    lines = [f"  {code.value:<3}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["Exit codes:", *lines]) + "\n"


def page(parser: argparse.ArgumentParser) -> str:
    """The whole first page."""
    return "\n".join(
        [
            "usage: hostdown [options] <command> [options of the command]",
            "",
            "hostdown: notice that a compute host died, mark it down, bring its servers back.",
            commands(),
            FIRST_STEPS,
            CONFIGURATION,
            exit_codes(),
            parser.format_help().partition("\n\n")[2].strip(),
            "",
            "'hostdown help COMMAND' explains one command, 'hostdown complete' prints a completion "
            "script.\n",
        ]
    )


def group_page(words: str) -> str:
    """The commands that begin with these words, a line each; "" if there are none."""
    found = members(words)
    if not found:
        return ""
    lines = explained(found, max(map(len, found)))
    return "\n".join(
        [f"usage: hostdown {words} <command> [options of the command]", "", *lines, ""]
    )


class Help(Command):
    """Prints the first page, or the help of one command, or of those that begin alike."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("command", nargs="*", help="the words of a command")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        if not parsed_args.command:
            self.app.stdout.write(page(self.app.parser))
            return 0
        if group := group_page(" ".join(parsed_args.command)):
            self.app.stdout.write(group)
            return 0
        made, words, _ = self.app.command_manager.find_command(parsed_args.command)
        made(self.app, self.app_args, cmd_name=words).get_parser(f"hostdown {words}").print_help(
            self.app.stdout
        )
        return 0
