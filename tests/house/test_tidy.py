"""Files and functions stay small enough to be read in one go, and locks free of anybody's index."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.bench import LAB_PROGRAMS

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
LONG_FILES: dict[str, str] = {}
"""Files that may be longer, each with the reason."""

SOURCES = sorted(
    path for top in ("src", "tests", "tools", "benchmarks") for path in (ROOT / top).rglob("*.py")
)
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def test_files_are_short() -> None:
    """All in one test, as below: more than a thousand files would be a fourth of all tests."""
    lines = {name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {
        each: count
        for each, count in lines.items()
        if count >= FILE_LINES_MAX and each not in LONG_FILES
    } == {}


def test_functions_are_short() -> None:
    assert [
        (name(path), function, count)
        for path in SOURCES
        for function, count in functions(path)
        if count >= FUNCTION_LINES_MAX
    ] == []


def test_a_suppressed_check_says_why() -> None:
    bare = re.compile(r"#\s*(noqa|type: ignore)(:\s*[A-Z0-9, ]+|\[[a-z-]+\])?\s*$")
    assert [
        (name(path), line)
        for path in SOURCES
        for line in path.read_text().splitlines()
        if bare.search(line)
    ] == []


@pytest.mark.parametrize("path", LOCKS, ids=name)
def test_a_lock_pins_names_and_versions_and_nothing_else(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.]+", line)] == []


def test_the_lock_holds_every_direct_requirement() -> None:
    """A requirement added to pyproject.toml needs `make lock`."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = data["project"], data["dependency-groups"]
    extras = project["optional-dependencies"]
    direct = {
        "requirements.lock": [
            *project["dependencies"], *groups["dev"],
            *extras["postgresql"], *extras["mariadb"], *extras["libvirt"], *extras["keystone"],
            *extras["redfish"], *extras["openstack"], *extras["messaging"],
        ],
        "requirements-clients.lock": groups["clients"],
        "requirements-novaclient9.lock": groups["novaclient9"],
        "requirements-keystone.lock": groups["keystone"],
        "requirements-nova.lock": groups["nova"],
        "requirements-judge.lock": groups["judge"],
        "requirements-redfish.lock": groups["redfish"],
        "requirements-bmcs.lock": groups["bmcs"],
    }  # fmt: skip
    for lock, requirements in direct.items():
        pinned = {_canonical(line) for line in (ROOT / lock).read_text().splitlines()}
        assert {_canonical(each) for each in requirements} <= pinned


def _canonical(requirement: str) -> str:
    bare = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", bare).lower()


def test_every_package_states_its_law() -> None:
    packages = [path for path in SOURCES if path.name == "__init__.py" and "src" in path.parts]
    assert [
        name(path) for path in packages if ast.get_docstring(ast.parse(path.read_text())) is None
    ] == []


def test_what_tests_need_of_debian_is_there_before_the_first_one() -> None:
    """Or it depends on their order what is tested on a new machine."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    (listed,) = re.findall(r"^PACKAGES := (.*)", makefile, re.MULTILINE)
    text = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    needed = set(re.findall(r'\bneed\("[^"]+", "([^"]+)"\)', text))
    for names in re.findall(r'\bneed_packages\(("[^)]+")\)', text):
        needed |= set(re.findall(r'"([^"]+)"', names))
    assert len(needed) > 10
    assert needed | set(LAB_PROGRAMS.values()) <= set(listed.split())
