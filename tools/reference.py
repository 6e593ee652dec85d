"""Writes docs/reference/, docs/KNOWLEDGE.md and plans/README.md from what is registered: functions and diagnostics."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import api_pages
import function_pages
import knowledge
from tradeplan.dsl.diagnostic import diagnostic_kinds

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "This page is generated: `python tools/reference.py` writes it, a test compares it.\n"
OWNED = ("functions", "drawings")
"""Folders below docs/reference in which every file is generated: what is of no function any more is removed."""

DIAGNOSTICS = """\
Codes are stable: they stand in the text of a message, in `--format json` and in SARIF. An error refuses the plan, a
warning does not. The message itself says what was found, what was expected and what to do.
"""


def pages() -> dict[str, str]:
    """The text of every generated page by its path below docs/reference."""
    for name in _declaring_modules():
        importlib.import_module(name)
    return function_pages.pages() | {
        "diagnostics.md": diagnostics_page(),
        "api.md": api_pages.page(),
        "../KNOWLEDGE.md": knowledge.page(),
        "../../plans/README.md": knowledge.plans_page(),
    }


def left_over(wanted: dict[str, str]) -> list[str]:
    """Files of the generated folders that are no page of anything."""
    there = [path.relative_to(FOLDER).as_posix() for name in OWNED for path in sorted((FOLDER / name).glob("*"))]
    return [name for name in there if name not in wanted]


def diagnostics_page() -> str:
    """Every code that `plan check` may report."""
    for module in _declaring_modules():
        importlib.import_module(module)
    lines = ["# Diagnostics", "", NOTE]
    lines += [DIAGNOSTICS, "| code | severity | why it is reported |", "|---|---|---|"]
    lines += [f"| `{kind.code}` | {kind.severity} | {_cell(_clause(kind.why))} |" for kind in diagnostic_kinds()]
    return "\n".join(lines) + "\n"


def _declaring_modules() -> list[str]:
    """The modules that declare codes, so that the page does not depend on what else was imported."""
    found = []
    for folder in ("dsl", "runtime"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "= diagnostic_kind(" in path.read_text(encoding="utf-8"):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found.append(".".join(("tradeplan", *(p for p in parts if p != "__init__"))))
    return found


def _clause(text: str) -> str:
    """A reason without the capital and the stop of a sentence, so that all of them look alike."""
    lowered = text if text[1:2].isupper() else text[:1].lower() + text[1:]
    return lowered.rstrip(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the pages; with `--check` write nothing and fail where one is out of date."""
    wanted = pages()
    stale = []
    for name, text in wanted.items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    for name in left_over(wanted):
        stale.append(name)
        if "--check" not in sys.argv:
            (FOLDER / name).unlink()
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; `python tools/reference.py` writes them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
