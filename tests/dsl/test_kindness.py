"""The habits of other platforms are told with the right code on the right line, and offered repairs make good plans."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tradeplan.dsl.diagnostic import Severity
from tradeplan.dsl.repair import apply_fixes

from tests.dsl.kind_files import FILES, HEAD, RULE
from tests.dsl.kindness import ACTIONS, CONDITIONS, ENTRIES, ENTRY_CONDITIONS, STATEMENTS
from tests.fuzz.seeds import check

# where a row stands, and on which line
PLACES = [
    (ENTRY_CONDITIONS, HEAD + "WHEN @ THEN BUY RISK 0.5% STOP 2 ATR\n", 2),
    (ENTRIES, HEAD + "WHEN rsi(14) > 30 THEN @\n", 2),
    (CONDITIONS, HEAD + RULE + "WHEN @ THEN CLOSE\n", 3),
    (ACTIONS, HEAD + RULE + "WHEN profit > 1R THEN @\n", 3),
    (STATEMENTS, HEAD + "@\n" + RULE, 2),
]
ROWS = [
    (place.replace("@", wrong), codes, line, right, place)
    for rows, place, line in PLACES
    for wrong, codes, right in rows
]


def repaired(text: str) -> str:
    """The text after the first fix of each mistake, asked for or not, again and again."""
    for _ in range(6):
        found = [replace(d, fixes=(d.fixes[0]._replace(safe=True),)) for d in check(text).diagnostics if d.fixes]
        fixed = apply_fixes(text, found)
        if fixed == text:
            break
        text = fixed
    return text


@pytest.mark.parametrize(("text", "codes", "line", "right", "place"), ROWS, ids=[r[0] for r in ROWS])
def test_a_habit_is_told_and_its_repair_is_good(
    text: str, codes: str, line: int, right: str | None, place: str
) -> None:
    checked = check(text)
    assert " ".join(d.code for d in checked.diagnostics) == codes
    assert {checked.source.position(d.span.start)[0] for d in checked.diagnostics} == {line}
    assert all(d.help for d in checked.diagnostics)
    if right is not None:
        assert repaired(text) == place.replace("@", right)
        assert not [d.code for d in check(repaired(text)).diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize(("text", "told", "right"), FILES)
def test_a_file_is_told_line_by_line(text: str, told: str, right: str | None) -> None:
    checked = check(text)
    assert " ".join(f"{d.code}:{checked.source.position(d.span.start)[0]}" for d in checked.diagnostics) == told
    if right is not None:
        assert repaired(text) == right
        assert check(right).ok


def test_the_rows_are_many_and_most_are_repaired() -> None:
    rows = [row for rows, _, _ in PLACES for row in rows]
    assert len(rows) > 200
    assert sum(right is not None for _, _, right in rows) > 100
