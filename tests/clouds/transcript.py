"""Blocks of docs/howto/beside-nova.md, played anew: commands, and what happens between them."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.clouds.settings import VERSION
from tools.nova import Nova

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/howto/beside-nova.md"
CLIENT_S = 60.0
CHANGING = (
    (re.compile(r"\d\d:\d\d:\d\d\.\d+"), "TIME"),
    (re.compile(r"[+-] *\d+\.\d\d s"), "SECONDS"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]TIME"), "TIME"),
    (re.compile(r"LAB-[0-9A-F]{12}"), "SERIAL"),
    (re.compile(r"fake[23]"), "OTHER"),
    (re.compile(r" +\||-+\+"), " |"),
)
"""What is another one each time, and the tables drawn around it."""

Events = Mapping[str, Callable[[], object]]
Environs = Mapping[str, Mapping[str, str]]


def check(name: str, events: Events, environs: Environs) -> None:
    """The block of this name shows what commands print and what happens, by the lines with `#`.

    `environs`: what each program reads. HOSTDOWN_REWRITE=1 writes the page anew.
    """
    page = PAGE.read_text()
    (written,) = re.findall(rf"(?<=<!-- test: {name} -->\n\n)(?:    .*\n)+", page)
    found = _played(written, events, environs)
    if os.environ.get("HOSTDOWN_REWRITE"):
        PAGE.write_text(page.replace(written, found))
    else:
        assert _lasting(found) == _lasting(written)


def of_nova(nova: Nova) -> dict[str, str]:
    """What its clients read."""
    return nova.environ | {"OS_COMPUTE_API_VERSION": VERSION}


def _lasting(block: str) -> str:
    for what, name in CHANGING:
        block = what.sub(name, block)
    return block


def _played(written: str, events: Events, environs: Environs) -> str:
    lines = []
    for line in (each[4:] for each in written.splitlines()):
        if line.startswith("# "):
            events[line[2:]]()
            lines.append(line)
        if line.startswith("$ "):
            lines += [line, *_said(line[2:], environs)]
    return "".join(f"    {line}\n" for line in lines)


def _said(line: str, environs: Environs) -> list[str]:
    """What a command prints, errors as well."""
    program, *words = shlex.split(line)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("OS_")}
    done = subprocess.run(
        [*_program(program), *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=CLIENT_S, check=False,
        env=kept | environs[program],
    )  # fmt: skip
    return [each.rstrip() for each in done.stdout.splitlines() if each.strip()]


def _program(name: str) -> list[str]:
    if name == "hostdown":
        return [sys.executable, "-m", "hostdown"]
    clients = os.environ.get("HOSTDOWN_CLIENTS", str(ROOT / ".venv-clients" / "bin"))
    return [f"{clients}/{name}"]
