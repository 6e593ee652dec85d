"""The pages of decisions: each number once, in the title as in the file's name, and on the list."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.blocks import ROOT

FOLDER = ROOT / "docs" / "adr"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def _line(path: Path) -> str:
    """The line of the list that belongs to a page."""
    title = path.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2]
    return f"- [{path.name[:4]}]({path.name}) {title}"


def test_the_numbers_run_on_and_each_is_given_once() -> None:
    assert [path.name[:5] for path in PAGES] == [f"{number:04}-" for number in range(2, len(PAGES) + 2)]


def test_a_page_has_its_number_in_its_title() -> None:
    for path in PAGES:
        assert re.match(rf"# {int(path.name[:4])}\. \S", path.read_text(encoding="utf-8")), path.name


def test_the_list_names_every_page_and_no_other() -> None:
    listed = [x for x in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if x.startswith("- ")]
    assert listed == [_line(path) for path in PAGES]
