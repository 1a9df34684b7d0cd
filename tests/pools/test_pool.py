"""What is a pool, and what does not become one."""

import multiprocessing
from pathlib import Path

import pytest

from hostdown.cli.app import main
from hostdown.domain.pool_errors import PoolAbsent, PoolForeign
from hostdown.drivers.pool import MARKER, PoolDirectory, init_pool, make_pool, pool_of


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_directory_or_none_becomes_a_pool(tmp_path: Path, there: bool) -> None:
    root = tmp_path / "pool"
    if there:
        (root / "lost+found").mkdir(parents=True)
    made = init_pool(root)
    assert made == pool_of(root) == PoolDirectory(root).id() == init_pool(root)
    assert {each.name for each in root.iterdir()} - {"lost+found"} == {MARKER}


def test_a_pool_in_use_keeps_its_id(tmp_path: Path) -> None:
    made = init_pool(tmp_path)
    (tmp_path / "instance").mkdir()
    assert init_pool(tmp_path) == made


def test_what_holds_other_files_does_not_become_a_pool(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(PoolForeign, match="it holds other files; take an empty directory"):
        init_pool(tmp_path)
    assert pool_of(tmp_path) is None
    (tmp_path / "file").write_text("")
    with pytest.raises(PoolForeign, match="File exists"):
        init_pool(tmp_path / "file")
    with pytest.raises(PoolForeign, match="No such file"):
        init_pool(tmp_path / "none" / "below")


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2, "id": "x"}', '{"version": 1}'])
def test_a_marker_that_is_not_known_makes_no_pool(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(content)
    assert pool_of(tmp_path) is None
    with pytest.raises(PoolForeign, match="not one that this version can read"):
        init_pool(tmp_path)
    assert (tmp_path / MARKER).read_text() == content


def test_where_nothing_is_mounted_there_is_no_pool(tmp_path: Path) -> None:
    assert pool_of(tmp_path) is None
    assert pool_of(tmp_path / "none") is None
    with pytest.raises(PoolAbsent, match="mount it, or make one there with 'hostdown pool init"):
        PoolDirectory(tmp_path).id()
    with pytest.raises(PoolAbsent, match="No such file"):
        PoolDirectory(tmp_path / "none").id()


def test_an_agent_makes_a_pool_only_of_a_directory_that_it_made(tmp_path: Path) -> None:
    make_pool(tmp_path)
    assert pool_of(tmp_path) is None
    make_pool(tmp_path / "var" / "instances")
    assert pool_of(tmp_path / "var" / "instances") is not None
    (tmp_path / "file").write_text("")
    with pytest.raises(PoolForeign):
        make_pool(tmp_path / "file" / "instances")


def test_many_that_try_at_once_agree_on_one_pool(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as processes:
        assert len(set(processes.map(init_pool, [tmp_path] * 16))) == 1


def test_the_command_prints_the_id_or_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pool", "init", str(tmp_path / "p")]) == 0
    assert capsys.readouterr().out.strip() == pool_of(tmp_path / "p")
    assert main(["pool", "init", str(tmp_path)]) == 1
    assert "cannot become a pool: it holds other files" in capsys.readouterr().err
