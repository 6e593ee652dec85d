"""What the guides show of a terminal is what the commands print: every `console` block is run and compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

_PARTS = re.compile(
    r'^<!-- edit (?P<file>\S+): "(?P<old>[^"]*)" -> "(?P<new>[^"]*)" -->$|^```console\n(?P<shown>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
PAGES = [p for p in sorted((ROOT / "docs").rglob("*.md")) if "```console" in p.read_text(encoding="utf-8")]


def _run(words: list[str], folder: Path) -> str:
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "tradeplan.runtime.cli", *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def _matches(printed: str, shown: list[str]) -> bool:
    """Whether the lines are those shown; a shown line `...` stands for any number of lines."""
    lines = [line.rstrip() for line in printed.rstrip().splitlines()]
    pattern = "\n".join("(?:.*\n)*?.*" if line == "..." else re.escape(line) for line in shown)
    return re.fullmatch(pattern, "\n".join(lines)) is not None


def _calls(shown: str) -> list[tuple[list[str], list[str]]]:
    calls: list[tuple[list[str], list[str]]] = []
    for line in shown.splitlines():
        if line.startswith("$ "):
            calls.append((shlex.split(line[2:]), []))
        else:
            calls[-1][1].append(line.rstrip())
    return calls


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_console_blocks_show_what_is_printed(page: Path, tmp_path: Path) -> None:
    for part in _PARTS.finditer(page.read_text(encoding="utf-8")):
        if part["file"] is not None:
            edited = tmp_path / part["file"]
            text = edited.read_text(encoding="utf-8")
            assert part["old"] in text, f"{page.name} edits a text that `{part['file']}` does not hold"
            edited.write_text(text.replace(part["old"], part["new"]), encoding="utf-8")
            continue
        for words, shown in _calls(part["shown"]):
            assert words[0] == "plan"
            printed = _run(words, tmp_path)
            assert _matches(printed, "\n".join(shown).rstrip().splitlines()), f"{shlex.join(words)}\n{printed}"


def test_a_page_with_a_first_plan_is_among_them() -> None:
    assert "first-plan.md" in [p.name for p in PAGES]


def test_lines_left_out_match_any_number_of_lines_and_nothing_else() -> None:
    assert _matches("a\nb\nc\n", ["a", "...", "c"])
    assert _matches("a\nc\n", ["a", "c"])
    assert not _matches("a\nb\nd\n", ["a", "...", "c"])
    assert not _matches("a\nb\n", ["a"])
