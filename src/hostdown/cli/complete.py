"""`hostdown complete`: a completion script for bash, made from the commands' own parsers.

cliff's own script needs the bash-completion package and takes `service list` and `service-list` for
one command; this one needs bash 4 alone.
"""

import argparse
import shlex
from collections.abc import Iterable

from hostdown.cli.base import Command
from hostdown.cli.table import ENTRIES

_FUNCTION = r"""
_hostdown() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local key=hostdown word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n ${_hostdown_words["$key $word"]:-} ]]; then key="$key $word"; fi
  done
  local choices=${_hostdown_words["$key"]}
  if [[ -n ${_hostdown_words["$key ${previous}="]:-} ]]; then
    choices=${_hostdown_words["$key ${previous}="]}
  elif [[ $current == -* ]]; then
    choices="$choices ${_hostdown_words["-"]}"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}
complete -o default -F _hostdown hostdown
"""


class Complete(Command):
    """Prints the script; every command is loaded for it."""

    details = (
        "For this shell:           source <(hostdown complete)\n"
        "For all of yours, once:   hostdown complete "
        "> ~/.local/share/bash-completion/completions/hostdown\n"
    )

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        words: dict[str, set[str]] = {"-": set(_options(self.app.parser))}
        for name, entry in ENTRIES.items():
            path = ["hostdown", *name.split()]
            for length in range(1, len(path)):
                words.setdefault(" ".join(path[:length]), set()).add(path[length])
            parser = entry.load()(self.app, self.app_args, cmd_name=name).get_parser(name)
            words[" ".join(path)] = set(_options(parser))
            for action in parser._actions:
                for option in action.option_strings if action.choices else ():
                    words[f"{' '.join(path)} {option}="] = set(map(str, action.choices or ()))
        rows = (f"  [{_quoted(key)}]={_quoted(*sorted(words[key]))}\n" for key in sorted(words))
        self.app.stdout.write(f"declare -A _hostdown_words=(\n{''.join(rows)})\n{_FUNCTION}")
        return 0


def _options(parser: argparse.ArgumentParser) -> Iterable[str]:
    return (option for action in parser._actions for option in action.option_strings)


def _quoted(*words: str) -> str:
    return shlex.quote(" ".join(words))
