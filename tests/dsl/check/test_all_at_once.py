"""A part that cannot be read hides no mistake of another part: both together give what each gives alone, no more."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.dsl.check.small import check

PLAN = """\
PLAN p TRADE btc ON M15
LET level = {let}
WHEN {first} AND {second} THEN BUY {size} {at} STOP {stop} TARGET {target} TAKE {take}
WHEN {when} THEN {act}, {also}
COOLDOWN {cooldown}
"""
GOOD = {
    "let": "close - 2 ATR",
    "first": "rsi > 30",
    "second": "close > level",
    "size": "RISK 0.5%",
    "at": "AT LIMIT close - 1 ATR FOR 3 bars",
    "stop": "2 ATR",
    "target": "3R",
    "take": "50% AT 1R",
    "when": "profit >= 1R",
    "act": "MOVE STOP TO entry",
    "also": 'ALERT "safe"',
    "cooldown": "2h",
}
UNREAD = {
    "let": ["close - ", "close 3", ") + 2 ATR", "close ? 2"],
    "first": ["rsi > > 30", "rsi(14 > 30", "rsi ? 30", "", "rsi > 30 40", "NOT NOT choch(bull)", "? > 3"],
    "second": [
        "close > ",
        "close > [",
        "close[x] > open",
        "highest(3, close +) < 5000",
        "known(rsi >) OR close > level",
    ],
    "size": ["RISK", "RISK ?", "RISK 0.5 %% of", "", "half"],
    "at": ["AT LIMIT FOR 3 bars", "AT LIMIT close - FOR 3 bars", "AT LIMIT close ? 2 FOR 3 bars", "AT LIMIT close"],
    "stop": ["", "close -", "? ATR", "2 ATR ?", "close ? 2 ATR"],
    "target": ["", "3R ?", "level + ?", "TARGET 3R"],
    "take": ["50%", "50% AT", "AT 1R", "50% AT 1R ? 3"],
    "when": ["profit >= ", "profit >= 1R ?", "profit is good", "", "profit >= 1R AND"],
    "act": ["", "MOVE", "MOVE STOP", "MOVE STOP TO", "MOVE STOP TO ?", "FROB x"],
    "also": ['"safe"', "ALERT", "ALERT safe", "?"],
    "cooldown": ["", "? h", "2 3"],
}
MISTAKEN = {
    "let": ["nosuch - 2 ATR", "close - 2h"],
    "first": ["nosuch > 30", "rsi > 30h"],
    "second": ["close > dxy.close", "nosuch CROSSES ABOVE level"],
    "size": ["RISK 30 bars", "RISK nosuch"],
    "at": ["AT LIMIT nosuch FOR 3 bars", "AT LIMIT close - 1 ATR FOR 3%"],
    "stop": ["nosuch", "2h"],
    "target": ["nosuch", "2h"],
    "take": ["50 USD AT 1R", "50% AT nosuch"],
    "when": ["nosuch >= 1R", "profit >= 2h"],
    "act": ["MOVE STOP TO nosuch", "ADD 50 bars"],
    "also": ["CLOSE nosuch", "CLOSE 5h"],
    "cooldown": ["2%", "nosuch"],
}
WRITTEN = list(GOOD)
SLOTS = sorted(GOOD)


def found(**parts: str) -> list[tuple[str, str, str]]:
    """Code, marked text and message of all that is said about the plan with these parts."""
    checked = check(PLAN.format(**{**GOOD, **parts}))
    assert not any("``" in d.message or "``" in d.help for d in checked.diagnostics), "a hole is no word of the author"
    return sorted((d.code, checked.source.slice(d.span), d.message) for d in checked.diagnostics)


def test_the_plan_is_good_before_anything_is_broken() -> None:
    assert found() == []


@pytest.mark.parametrize("slot", SLOTS)
def test_each_mistake_alone_is_told_once(slot: str) -> None:
    for part in (*UNREAD[slot], *MISTAKEN[slot]):
        assert len(found(**{slot: part})) == 1, (part, found(**{slot: part}))


@pytest.mark.parametrize("slot", SLOTS)
def test_an_unread_part_hides_no_mistake_of_another(slot: str) -> None:
    for part in UNREAD[slot]:
        alone = found(**{slot: part})
        for other in SLOTS:
            for mistaken in MISTAKEN[other] if other != slot else ():
                both = found(**{slot: part, other: mistaken})
                assert both == sorted([*alone, *found(**{other: mistaken})]), (part, mistaken)


def test_two_unread_parts_are_both_told() -> None:
    for one, other in permutations(SLOTS, 2):
        if abs(WRITTEN.index(one) - WRITTEN.index(other)) == 1:
            continue  # side by side they may be one gap: `RISK ? STOP`, `THEN , ?`
        assert found(**{one: UNREAD[one][0], other: "?"}) == sorted(
            [*found(**{one: UNREAD[one][0]}), *found(**{other: "?"})]
        )
