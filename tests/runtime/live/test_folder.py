"""The folder of plans: edits, half-written and broken files, names, renames, removal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.source import Source
from tradeplan.runtime.live import folder as folder_module
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

PLAN = "PLAN {name}\nTRADE btc ON M1\nWHEN close > {level} THEN BUY RISK 1% STOP 10 pips\n"


class Folder:
    """A folder of plans and a look at it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plans = PlanFolder(path, catalog(), load_facts(), Graph())

    def write(self, file: str, *names: str, level: int = 1) -> None:
        text = "".join(PLAN.format(name=name, level=level) for name in names)
        (self.path / file).write_text(text, encoding="utf-8")

    def names(self) -> list[str]:
        return [p.name for p in self.plans.plans()]

    def versions(self) -> list[str]:
        return [p.version for p in self.plans.plans()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("a.plan", "a")
    scan = made.plans.scan()
    assert (scan.changed, scan.loaded) == (True, ["a.plan"])
    return made


def test_an_unchanged_file_is_no_news_and_a_comment_is_no_new_version(folder: Folder) -> None:
    before = folder.versions()
    assert folder.plans.scan().changed is False
    file = folder.path / "a.plan"
    file.write_text("# why\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    folder.plans.scan()
    assert folder.versions() == before


@pytest.mark.parametrize("text", ["PLAN a\nTRADE btc ON M1\nWHEN clsoe > 1 THEN BUY", "PLAN", "?"])
def test_a_broken_edit_is_told_once_and_the_last_good_one_stays(folder: Folder, text: str) -> None:
    before = folder.versions()
    (folder.path / "a.plan").write_text(text, encoding="utf-8")
    scan = folder.plans.scan()
    assert [name for name, _ in scan.broken] == ["a.plan"]
    assert scan.changed is False
    assert folder.versions() == before
    assert folder.plans.broken == ("a.plan",)
    assert folder.plans.scan().broken == []
    folder.write("a.plan", "a", level=7)
    assert folder.plans.scan().loaded == ["a.plan"]
    assert folder.versions() != before
    assert folder.plans.broken == ()


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a comment\n", b"\xff\xfe\x00"])
def test_a_file_that_is_empty_for_a_moment_drops_no_plan(folder: Folder, data: bytes) -> None:
    before = folder.versions()
    (folder.path / "a.plan").write_bytes(data)
    scan = folder.plans.scan()
    assert scan.changed is False
    assert len(scan.problems) == 1
    assert "last good version keeps running" in scan.problems[0]
    assert folder.versions() == before


def test_an_atomic_save_is_an_edit_and_a_removed_file_is_gone(folder: Folder) -> None:
    before = folder.versions()
    temporary = folder.path / "a.plan.tmp"
    temporary.write_text(PLAN.format(name="a", level=9), encoding="utf-8")
    temporary.replace(folder.path / "a.plan")
    assert folder.plans.scan().changed is True
    assert folder.versions() != before
    (folder.path / "a.plan").unlink()
    scan = folder.plans.scan()
    assert (scan.changed, scan.removed, folder.names()) == (True, ["a.plan"], [])


@pytest.mark.parametrize("put_there", [None, "a note"])
def test_a_folder_that_is_away_drops_no_plan_and_is_told_once(folder: Folder, put_there: str | None) -> None:
    away = folder.path.with_name("away")
    folder.path.rename(away)
    if put_there is not None:
        folder.path.write_text(put_there, encoding="utf-8")
    scan = folder.plans.scan()
    assert (scan.changed, scan.removed, folder.names()) == (False, [], ["a"])
    assert len(scan.problems) == 1
    assert "what runs goes on" in scan.problems[0]
    assert folder.plans.scan().problems == []
    folder.path.unlink(missing_ok=True)
    away.rename(folder.path)
    folder.write("a.plan", "a", level=2)
    assert folder.plans.scan().loaded == ["a.plan"]


def test_a_name_stands_in_one_file_and_the_other_comes_in_when_it_is_free(folder: Folder) -> None:
    folder.write("0.plan", "a", "b", level=5)
    scan = folder.plans.scan()
    assert len(scan.problems) == 1
    assert "`a` (also in `a.plan`)" in scan.problems[0]
    assert folder.names() == ["a"]
    assert folder.plans.scan().problems == []
    folder.write("a.plan", "c")
    scan = folder.plans.scan()
    assert scan.problems == []
    assert folder.names() == ["a", "b", "c"]


def test_a_plan_that_moves_to_another_file_keeps_its_version(folder: Folder) -> None:
    before = folder.versions()
    (folder.path / "a.plan").rename(folder.path / "z.plan")
    folder.plans.scan()
    assert folder.versions() == before


def test_a_mistake_in_the_checker_leaves_what_runs(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("a bug")

    before = folder.versions()
    monkeypatch.setattr(folder_module, "check_source", failing)
    folder.write("a.plan", "a", level=4)
    scan = folder.plans.scan()
    assert scan.changed is False
    assert "RuntimeError: a bug" in scan.problems[0]
    assert folder.versions() == before


def test_what_ran_before_serves_where_the_file_is_broken_now(tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_text("PLAN a\nTRADE", encoding="utf-8")
    folder = Folder(tmp_path)
    folder.plans.scan()
    assert folder.names() == []
    ran = [Source("a.plan", PLAN.format(name="a", level=1)), Source("gone.plan", PLAN.format(name="g", level=1))]
    folder.plans.keep_good(ran)
    assert folder.names() == ["a"]
