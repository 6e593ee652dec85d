"""Which edits only reduce risk, and which do not: one edit of each kind, and mixed ones."""

from __future__ import annotations

import pytest
from tradeplan.runtime.live.reduction import guard_only_reduces, only_reduces

from tests.runtime.live.world import checked

PLAN = """
PLAN p
TRADE btc ON M1
WHEN close > ema(20) THEN BUY RISK 1% STOP 50 pips TARGET 3R
WHEN close < ema(50) THEN BUY 0.4 lots STOP 50 pips
WHEN held > 2h THEN CLOSE
WHEN best >= 1R THEN MOVE STOP TO entry
WHEN profit > 0.5R THEN ADD 50%
WHEN rsi(14) > 70 THEN CLOSE 50%
COOLDOWN 1h
MAX 3 PER day
EXPIRES 2026-12-31
"""
GUARD = """
GUARD g
COVERS btc
LIMIT account.worst_loss <= 10%
LIMIT account.margin_level >= 200%
WHEN account.drawdown(day) > 5% THEN FLATTEN, HALT FOR 1d PROBE 50%
"""
SMALLER = ("RISK 1%", "RISK 0.5%")
EXIT = ("WHEN held > 2h", "WHEN rsi(14) < 20 THEN CLOSE\nWHEN held > 2h")
REDUCTIONS = {
    "smaller risk": [SMALLER],
    "fewer lots": [("0.4 lots", "0.3 lots")],
    "a tighter stop of a size in lots": [("0.4 lots STOP 50 pips", "0.4 lots STOP 40 pips")],
    "an entry taken out": [("WHEN close < ema(50) THEN BUY 0.4 lots STOP 50 pips\n", "")],
    "an exit added": [EXIT],
    "a stop rule added": [("WHEN held > 2h", "WHEN best >= 2R THEN MOVE STOP TO trail(20 pips)\nWHEN held > 2h")],
    "a part close added": [("WHEN held > 2h", "WHEN held > 1h THEN CLOSE 25%\nWHEN held > 2h")],
    "a halt added": [("WHEN held > 2h", "WHEN rsi(14) > 90 THEN HALT FOR 1h\nWHEN held > 2h")],
    "more of a part closed": [("CLOSE 50%", "CLOSE 75%")],
    "a smaller ADD": [("ADD 50%", "ADD 25%")],
    "an ADD taken out": [("WHEN profit > 0.5R THEN ADD 50%\n", "")],
    "a nearer target": [("TARGET 3R", "TARGET 2R")],
    "a longer COOLDOWN": [("COOLDOWN 1h", "COOLDOWN 2h")],
    "a lower MAX": [("MAX 3 PER day", "MAX 2 PER day")],
    "an earlier end": [("2026-12-31", "2026-11-30")],
    "ONCE": [("MAX 3 PER day", "MAX 3 PER day\nONCE")],
    "an alert": [("THEN CLOSE\n", 'THEN CLOSE, ALERT "late"\n')],
    "nothing but words": [("PLAN p", 'PLAN p "Other words."')],
    "two reductions": [SMALLER, EXIT],
}
OTHERS = {
    "larger risk": [("RISK 1%", "RISK 1.5%")],
    "risk as money": [("RISK 1%", "RISK 1 USD")],
    "more lots": [("0.4 lots", "0.5 lots")],
    "a wider stop": [("0.4 lots STOP 50 pips", "0.4 lots STOP 60 pips")],
    "a tighter stop of RISK: more lots, and more is lost in a gap": [("RISK 1% STOP 50", "RISK 1% STOP 40")],
    "a stop of another kind": [("0.4 lots STOP 50 pips", "0.4 lots STOP 0.1%")],
    "an entry added": [("WHEN held > 2h", "WHEN rsi(14) < 10 THEN BUY 0.1 lots STOP 10 pips\nWHEN held > 2h")],
    "another condition of an entry": [("close > ema(20)", "close > ema(20) AND rsi(14) > 50")],
    "an exit taken out": [("WHEN held > 2h THEN CLOSE\n", "")],
    "a later exit": [("held > 2h", "held > 3h")],
    "a stop rule taken out": [("WHEN best >= 1R THEN MOVE STOP TO entry\n", "")],
    "less of a part closed": [("CLOSE 50%", "CLOSE 25%")],
    "an ADD added": [("WHEN held > 2h THEN CLOSE", "WHEN held > 2h THEN CLOSE\nWHEN held > 1h THEN ADD 10%")],
    "a larger ADD": [("ADD 50%", "ADD 60%")],
    "an ADD on another condition": [("profit > 0.5R", "profit > 0.2R")],
    "a farther target": [("TARGET 3R", "TARGET 4R")],
    "a target taken out": [(" TARGET 3R", "")],
    "a shorter COOLDOWN": [("COOLDOWN 1h", "COOLDOWN 30m")],
    "no COOLDOWN": [("COOLDOWN 1h\n", "")],
    "a higher MAX": [("MAX 3 PER day", "MAX 4 PER day")],
    "MAX of another span": [("MAX 3 PER day", "MAX 3 PER week")],
    "no MAX": [("MAX 3 PER day\n", "")],
    "a later end": [("2026-12-31", "2027-12-31")],
    "no end": [("EXPIRES 2026-12-31\n", "")],
    "another timeframe": [("ON M1", "ON M5")],
    "another market": [("TRADE btc", "TRADE gold")],
    "mixed: smaller risk, and an exit taken out": [SMALLER, ("WHEN held > 2h THEN CLOSE\n", "")],
    "mixed: an exit added, and more lots": [EXIT, ("0.4 lots", "0.5 lots")],
    "mixed: a tighter stop, and more lots": [("0.4 lots STOP 50 pips", "0.8 lots STOP 20 pips")],
}


def edited(text: str, edits: list[tuple[str, str]]) -> str:
    for found, put in edits:
        assert text.count(found) == 1, found
        text = text.replace(found, put)
    return text


@pytest.mark.parametrize(
    ("edits", "expected"),
    [pytest.param(e, True, id=name) for name, e in REDUCTIONS.items()]
    + [pytest.param(e, False, id=name) for name, e in OTHERS.items()],
)
def test_plans(edits: list[tuple[str, str]], expected: bool) -> None:
    (old,), _, graph = checked(PLAN)
    (new,), _, _ = checked(edited(PLAN, edits), graph=graph)
    assert only_reduces(old, new) == expected


def test_the_way_back_of_a_reduction_is_none() -> None:
    for name, edits in REDUCTIONS.items():
        if name in ("an alert", "nothing but words"):
            continue  # they change no risk, either way
        (old,), _, graph = checked(PLAN)
        (new,), _, _ = checked(edited(PLAN, edits), graph=graph)
        assert not only_reduces(new, old), name


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([("<= 10%", "<= 8%")], True),
        ([(">= 200%", ">= 300%")], True),
        ([("LIMIT account.margin", "LIMIT account.exposure <= 500%\nLIMIT account.margin")], True),
        ([("FOR 1d", "FOR 2d")], True),
        ([("PROBE 50%", "PROBE 25%")], True),
        ([("COVERS btc\n", "")], True),
        ([("COVERS btc", "COVERS btc, gold")], True),
        ([(" FOR 1d PROBE 50%", "")], True),
        ([("<= 10%", "<= 12%")], False),
        ([(">= 200%", ">= 100%")], False),
        ([("LIMIT account.worst_loss <= 10%\n", "")], False),
        ([("FOR 1d", "FOR 12h")], False),
        ([(" PROBE 50%", "")], False),
        ([("FLATTEN, ", "")], False),
        ([("COVERS btc", "COVERS gold")], False),
        ([("> 5%", "> 6%")], False),
        ([("<= 10%", "<= 8%"), ("FOR 1d", "FOR 12h")], False),
    ],
)
def test_guards(edits: list[tuple[str, str]], expected: bool) -> None:
    _, (old,), graph = checked(GUARD)
    _, (new,), _ = checked(edited(GUARD, edits), graph=graph)
    assert guard_only_reduces(old, new) == expected


def test_a_guard_of_everything_that_covers_less_is_no_reduction() -> None:
    _, (old,), graph = checked(GUARD.replace("COVERS btc\n", ""))
    _, (new,), _ = checked(GUARD, graph=graph)
    assert not guard_only_reduces(old, new)
