"""The page of the Python names: its example runs, and it says of each name what the name is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.beside import tool
from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "reference" / "api.md"
TOOL = tool("api_pages")
NAMES = [name for _, _, names in TOOL.PUBLIC for name in names]


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    example = next(block for block in blocks(PAGE) if block.words == ("python",))
    monkeypatch.chdir(tmp_path)
    plan = 'PLAN mine "One entry a day."\nTRADE eurusd ON H1\nWHEN time(utc) = 09:00 THEN BUY 0.1 lots STOP 1%\n'
    (tmp_path / "my.plan").write_text(plan + "WHEN held > 4h THEN CLOSE\n", encoding="utf-8")
    exec(compile(example.text, example.place, "exec"), {})
    assert "eurusd" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there_with_its_import(name: str) -> None:
    module, _, own = name.partition(":")
    text = PAGE.read_text(encoding="utf-8")
    assert f"\n### {own}\n\n`from {module} import {own}`\n" in text
    assert "<function" not in text
    assert " object at " not in text


def test_a_public_name_without_a_docstring_is_refused() -> None:
    with pytest.raises(ValueError, match="`here` is public and has no docstring"):
        TOOL._text(lambda: None, "here")
