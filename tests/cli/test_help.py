"""The help page teaches, the command table holds, and completion is a script that bash accepts."""

import shutil
import subprocess
import sys

import pytest
from tests.cli.command_line import Run

import hostdown
from hostdown.cli.app import Hostdown
from hostdown.cli.errors import MEANINGS, Exit
from hostdown.cli.table import ENTRIES, GROUPS


def test_the_first_page_names_every_command_with_its_sentence(run: Run) -> None:
    page = " ".join(run("--help").out.split())
    for words, entry in ENTRIES.items():
        assert f"{words} {entry.sentence}" in page
    for part in ("First steps", "clouds.yaml", "OS_CLOUD", "Exit codes"):
        assert part in page


def test_no_command_and_help_alone_print_the_first_page(run: Run) -> None:
    assert run() == run("help") == run("--help") == run("-h")


@pytest.mark.parametrize("words", ENTRIES)
def test_every_command_explains_itself(run: Run, words: str) -> None:
    asked = run(*words.split(), "--help")
    assert asked == run("help", *words.split())
    assert asked.code == 0
    assert ENTRIES[words].sentence in asked.out


@pytest.mark.parametrize("sentence", [entry.sentence for entry in ENTRIES.values()])
def test_a_sentence_is_one_sentence(sentence: str) -> None:
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert ". " not in sentence


def test_no_command_has_the_words_of_another_before_its_own() -> None:
    """`a b` and `a` cannot both be commands: which one `a b` is would depend on the table."""
    for words in ENTRIES:
        assert not any(other.startswith(f"{words} ") for other in ENTRIES)


def test_no_command_takes_a_global_options_name_away() -> None:
    app = Hostdown()
    taken = set(app.parser._option_string_actions) - {"-h", "--help"}
    for words, entry in ENTRIES.items():
        parser = entry.load()(app, None, cmd_name=words).get_parser(words)
        assert not taken & set(parser._option_string_actions), words


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Exit)


def test_groups_share_no_command() -> None:
    assert len(ENTRIES) == sum(len(rows) for rows in GROUPS.values())


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["service", "lsit"], "did you mean 'service list' or 'service set' or 'service delete'?"),
        (["servcie", "list"], "did you mean 'service list'"),
        (["xyzzy"], "see hostdown --help"),
        (["image", "list"], "see hostdown --help"),
        (["service", "del", "5"], "'service del' is not a command"),
    ],
)
def test_an_unknown_command_gets_a_hint(run: Run, argv: list[str], told: str) -> None:
    ended = run(*argv)
    assert ended.code == 2
    assert told in ended.err


BEGINNINGS = sorted({w.rsplit(" ", n)[0] for w in ENTRIES for n in range(1, w.count(" ") + 1)})


@pytest.mark.parametrize("words", BEGINNINGS)
def test_words_that_several_commands_begin_with_explain_these(run: Run, words: str) -> None:
    asked = run(*words.split(), "--help")
    assert asked == run("help", *words.split())
    alone = run(*words.split())
    assert (asked.code, asked.err, alone.code, alone.out) == (0, "", 2, "")
    for each, entry in ENTRIES.items():
        line = f"{each} {entry.sentence}"
        for shown in (asked.out, alone.err):
            assert (line in " ".join(shown.split())) == each.startswith(f"{words} ")


def test_options_are_not_abbreviated(run: Run) -> None:
    assert run("service", "list", "--lon").code == 2


def test_version(run: Run) -> None:
    assert run("--version").out == f"hostdown {hostdown.__version__}\n"


def test_help_and_lists_load_neither_the_server_nor_an_interactive_shell() -> None:
    code = (
        "import sys; from pathlib import Path; from hostdown.cli.app import main\n"
        "from hostdown.cli.client import clouds; clouds.SYSTEM_STATE = Path('/nonexistent')\n"
        "main(['--help']); main(['service', 'list'])\n"
        "heavy = ('cmd2', 'sqlalchemy', 'oslo_config', 'falcon', 'granian', 'urllib3')\n"
        "print('\\nloaded:', [name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "loaded: []"
    assert ended.stderr.startswith("hostdown: no credentials")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["service-d"], "service-delete service-disable"),
        (["service", ""], "delete list set"),
        (["service-force-down", "--u"], "--unset"),
        (["service-list", "--l"], ""),
        (["service", "list", "--l"], "--long"),
        (["service", "list", "-f", ""], "csv json table value yaml"),
        (["service", "set", "compute1", "--di"], "--disable --disable-reason"),
        (["--os-cl"], "--os-cloud"),
        (["service", "$(echo list)", "--lo"], ""),
    ],
)
def test_completion_offers_commands_options_and_choices(
    run: Run, typed: list[str], offered: str
) -> None:
    script = run("complete").out
    drive = 'COMP_WORDS=(hostdown "$@"); COMP_CWORD=$#; _hostdown; echo "${COMPREPLY[*]}"'
    ended = subprocess.run(
        ["bash", "-euc", script + drive, "bash", *typed], capture_output=True, text=True, check=True
    )
    assert (ended.stdout.strip(), ended.stderr) == (offered, "")
