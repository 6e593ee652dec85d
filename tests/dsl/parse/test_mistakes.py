"""Each mistake gives its code at its place, a repair where one is certain, and hides nothing of what follows."""

from __future__ import annotations

import pytest
from tradeplan.dsl.diagnostic import diagnostic_kinds
from tradeplan.dsl.repair import apply_fixes

from tests.dsl.parse.broken import ONE_MISTAKE
from tests.dsl.parse.sketch import HEAD, read, sketch

IDS = [f"{code}-{i}" for i, (_, code, _) in enumerate(ONE_MISTAKE)]


@pytest.mark.parametrize(("marked", "code", "repaired"), ONE_MISTAKE, ids=IDS)
def test_one_mistake(marked: str, code: str, repaired: str | None) -> None:
    before, rest = marked.split("⟦")
    wrong, after = rest.split("⟧")
    body = before + wrong + after
    # a statement behind the mistake, where the mistake is not itself about the end of the file
    tail = "" if body.startswith(("GUARD", "ONCE\n", "LET x =", "ONCE # x")) else "\nMAX 7 PER week\n"
    text = HEAD + body + tail
    file, report = read(text)
    found = [(d.code, text[d.span.start : d.span.end], d.span.start - len(HEAD)) for d in report.diagnostics]
    assert found == [(code, wrong, len(before))]
    diagnostic = report.diagnostics[0]
    assert diagnostic.message[0] in "`(" or diagnostic.message[0].islower()
    assert diagnostic.help
    assert diagnostic.found
    if tail:
        assert sketch(file.blocks[0].items[-1]) == "(MaxPer 7 week)", "the next statement is read"
    fixed = apply_fixes(text, report.diagnostics)
    if repaired is None:
        assert fixed == text
    else:
        assert fixed == text.replace(body, repaired)
        assert read(fixed)[1].diagnostics == []


def test_every_code_is_declared() -> None:
    declared = {kind.code for kind in diagnostic_kinds()}
    assert {code for _, code, _ in ONE_MISTAKE} <= declared


MANY = """\
PLAN p "t" TRADE Btc ON m5
LET x = 3 3
let y = close >
WHEN x == 3 && y THN BUY RISK 0.5 STOP 15 pip s, ALERT "gone
WHEN ) THEN CLOSE
COOLDOWN 2 hours
GUARD g
ONCE
WHEN a THEN SELL
WHEN b THEN HALT
"""


@pytest.mark.smoke
def test_all_mistakes_of_a_file_at_once() -> None:
    file, report = read(MANY)
    found = [(report.source.position(d.span.start)[0], d.code) for d in report.diagnostics]
    assert sorted(found) == [
        (1, "name-case"),
        (1, "timeframe-case"),
        (2, "unexpected"),
        (3, "keyword-case"),
        (3, "unexpected"),
        (4, "foreign-sign"),
        (4, "foreign-sign"),
        (4, "keyword-spelling"),
        (4, "missing-unit"),
        (4, "unclosed-text"),
        (4, "unknown-unit"),
        (5, "unexpected"),
        (6, "unknown-unit"),
        (8, "not-in-guard"),
        (9, "unexpected"),
    ]
    # what was whole, or could be repaired, is in the tree, with holes where it could not be read
    assert [sketch(b) for b in file.blocks] == [
        (
            '(Plan p "t" btc M5 [(Let x (Binary + 3 )) (Let y (Compare > close )) (Rule (And [(Compare = x 3) y]) '
            "[(Enter BUY True 0.5% - 15pips - []) (Alert gone)]) (Rule  [(Close -)]) (Cooldown 2h)])"
        ),
        "(Guard g - [(Rule a []) (Rule b [(Halt - -)])] -)",
    ]
    assert [report.source.slice(span) for span in file.holes] == ["3", "", "0.5", ")", "SELL"]


def test_statements_without_a_head() -> None:
    file, report = read("LET x = 3\nWHEN x THEN\nPLAN p TRADE btc ON M5\nONCE")
    assert [d.code for d in report.diagnostics] == ["outside-plan", "unexpected"]
    assert [sketch(b) for b in file.blocks] == ["(Plan p - btc M5 [(Once)])"]


def test_a_broken_head_does_not_hide_its_statements() -> None:
    # all that is needed was legible: the plan stays; else its statements are still read for their syntax
    file, report = read("PLAN p ? TRADE btc ON M5\nWHEN a THEN CLOSE\nWHEN THEN CLOSE")
    assert [d.code for d in report.diagnostics] == ["unexpected", "unexpected"]
    assert [sketch(b) for b in file.blocks] == ["(Plan p - btc M5 [(Rule a [(Close -)]) (Rule  [(Close -)])])"]
    file, report = read("PLAN p TRADE\nWHEN THEN CLOSE\nGUARD g")
    assert [d.code for d in report.diagnostics] == ["unexpected", "unexpected"]
    assert [sketch(b) for b in file.blocks] == ["(Guard g - [] -)"]


def test_a_list_of_mistakes_ends() -> None:
    _, report = read(HEAD + "WHEN THEN CLOSE\n" * 500)
    assert [d.code for d in report.diagnostics] == ["unexpected"] * 100 + ["too-many-errors"]


def test_a_number_is_not_taken_for_more_than_it_is() -> None:
    _, report = read(HEAD + "WHEN a > 5M THEN CLOSE")
    assert [d.code for d in report.diagnostics] == ["unknown-unit"]
    assert not any(f.safe for d in report.diagnostics for f in d.fixes), "`5M` may be five minutes or five million"


@pytest.mark.parametrize(
    ("written", "meant"), [("15m", "M15"), ("1h", "H1"), ("4 H", "H4"), ("m5", "M5"), ("1d", "D1"), ("PERIOD_H4", "H4")]
)
def test_timeframes_as_charts_elsewhere_call_them(written: str, meant: str) -> None:
    text = f"PLAN p TRADE btc ON {written}\nONCE"
    file, report = read(text)
    assert [(d.code, text[d.span.start : d.span.end]) for d in report.diagnostics] == [("timeframe-case", written)]
    assert sketch(file.blocks[0]) == f"(Plan p - btc {meant} [(Once)])"
    assert apply_fixes(text, report.diagnostics) == text.replace(written, meant)


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ("WHEN a < b < c THEN CLOSE", "BETWEEN"),
        ("WHEN NOT a FOR 3 bars THEN CLOSE", "parentheses"),
        ("WHEN a THEN BUY RISK 1% TARGET 2R", "no entry without a stop"),
        ("WHEN a crosses_above b THEN CLOSE", "CROSSES ABOVE"),
        ("EXPIRES 31.12.2026", "year-month-day"),
        ("WHEN a b THEN CLOSE", "operator"),
        ("WHEN 1h.close > 1 THEN CLOSE", "write `H1.`"),
        ("WHEN a THEN HALT 1 day", "`HALT FOR 1d`"),
        ("GUARD g WHEN a THEN BUY RISK 1% STOP 1%", "HALT, FLATTEN and ALERT"),
        ("WHEN a AND NOT OPTIONAL b THEN CLOSE", "OPTIONAL stands first"),
        ("// a remark\nONCE", "comment begins with `#`"),
        ("WHEN close[-1] > open THEN CLOSE", "`close[1]` is one bar ago"),
        ("WHEN a THEN BUY STOP 2 ATR RISK 1%", "size comes first"),
        ("WHEN a THEN TRAIL STOP 2 ATR", "MOVE STOP TO trail"),
        ("MAX 3 TRADES PER day", "MAX 3 PER day"),
        ("WHEN a THEN BUY RISK 0,5% STOP 2 ATR", "decimal point"),
        ("WHEN profit > 1,5R THEN CLOSE", "decimal point"),
        ("WHEN close > 1,000 THEN CLOSE", "nothing between its thousands"),
        ("ONCE\nCLOSE WHEN a", "`WHEN ... THEN CLOSE`"),
    ],
)
def test_the_advice_says_what_to_do(body: str, advice: str) -> None:
    _, report = read(HEAD + body)
    assert advice in report.diagnostics[0].help


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("TRADE btc ON M5\nONCE", "begin with the plan's name"),
        ("PLAN my-plan TRADE btc ON M5", "`my_plan`"),
        ('PLAN "my plan" TRADE btc ON M5', 'PLAN my_plan "my plan"'),
        ("PLAN p TRADE xau/usd ON M5", "`xauusd`"),
        ("Here is it:\nPLAN p TRADE btc ON M5", "remarks stand behind `#`"),
    ],
)
def test_the_advice_about_a_head(text: str, advice: str) -> None:
    _, report = read(text)
    assert advice in report.diagnostics[0].help


def test_a_safe_repair_never_loses_a_digit() -> None:
    _, report = read(HEAD + "WHEN a BETWEEN 3 ANDD5 THEN CLOSE")
    assert all(not fix.safe for d in report.diagnostics for fix in d.fixes)
