"""Whatever is typed, the checker answers with diagnostics inside the text and never raises."""

from __future__ import annotations

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dsl.check.small import check
from tests.dsl.check.test_plans import EXAMPLE

TOKEN = re.compile(r'"[^"]*"|[A-Za-z_]+[0-9]*|[0-9]+(?:\.[0-9]+)?|[^\sA-Za-z0-9"]')
WORDS = TOKEN.findall(EXAMPLE[EXAMPLE.index("PLAN") :])
OTHERS = [
    *set(WORDS),
    *("gap", "bands", "IN", "BETWEEN", "known", "abs", "min", "stop", "size", "bear", "london", "weekday"),
    *("corr", "sequence", "at_least", "SELL", "H1", "W1", "day", "week"),
    *["USC", "eurusd", "value_when", "count", ".mid", "1e9", "R", "[1]", "[9999]", "0"],
    *("CROSSES ABOVE", "WITHIN 3 bars", "15 pips", "AT LIMIT"),
]


def check_well(text: str) -> None:
    checked = check(text)
    for diagnostic in checked.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.message
        for fix in diagnostic.fixes:
            assert all(0 <= e.span.start <= e.span.end <= len(text) for e in fix.edits)
    if checked.ok:
        assert len(checked.plans) + len(checked.guards) == len(checked.file.blocks)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_a_plan_with_words_replaced_dropped_or_doubled(seed: int, edits: int) -> None:
    rng = random.Random(seed)
    words = list(WORDS)
    for _ in range(edits):
        at = rng.randrange(len(words))
        words[at : at + rng.randint(0, 2)] = rng.choices(OTHERS, k=rng.randint(0, 2))
    check_well(" ".join(words))


def test_every_pair_of_names_in_a_comparison() -> None:
    values = ["close", "dxy.close", "rsi", "bands", "gap", "bias", "choch", "time", "weekday", "profit", "held"]
    values += ["size", "1R", "2%", "1h", "08:00", "7", "1.5", "bull", "btc", "M15"]
    values += ["3 pips", "1 ATR", "5 bars", "10 USD", "0.1 lots", "account", "entry + 1R", "at_entry(gap)", "trail(1R)"]
    values += ["-close", "(close > 1)"]
    head = "PLAN p TRADE btc ON M5 WHEN rsi > 30 THEN BUY RISK 1% STOP 1%\n"
    for a in values:
        lines = "".join(
            f'WHEN {a} {op} {b} THEN ALERT "x"\n' for b in values for op in (">", "=", "CROSSES ABOVE", "IN")
        )
        checked = check(head + lines)
        assert checked.file.blocks, a
    for op in "+-*/":
        for a in values:
            for b in values:
                check_well(head + f'WHEN {a} {op} {b} > 1 THEN ALERT "x"\nWHEN {a} > {a} {op} {b} THEN CLOSE')
